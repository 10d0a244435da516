package sample

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
)

// moved are tables that have left the older interface.
var moved = map[string]bool{"ps": true, "pscomppars": true, "k2pandc": true, "exofop": true, "gaia": true}

// legacy answers the older interface, nph-nstedAPI. Its errors come with
// status 200 and begin with ERROR.
func (s *Server) legacy(w http.ResponseWriter, r *request) {
	w.Header().Set("Content-Type", "text/plain")
	name := strings.ToLower(r.param("table"))
	t, _, err := r.view(name)
	_, broken := r.fault("legacy")
	switch {
	case err != nil:
		legacyError(w, "SystemError", exo.MessageOf(err))
		return
	case name == "" || t == nil || moved[name] || broken:
		legacyError(w, `UserError - "table" parameter`, fmt.Sprintf("%q is not a valid table.", clip(name)))
		return
	}
	res, err := s.legacyRun(r, t)
	if err != nil {
		legacyError(w, "SystemError", exo.MessageOf(err))
		return
	}
	switch format := strings.ToLower(r.param("format")); format {
	case "ipac", "ascii":
		legacyIPAC(w, res)
	case "bar", "pipe":
		writeSeparated(w, res, "|")
	case "xml", "votable":
		w.Header().Set("Content-Type", "text/xml")
		_ = write(w, "votable", res) // the client has gone if this fails
	case "json":
		w.Header().Set("Content-Type", "application/json")
		_ = write(w, "json", res) // the client has gone if this fails
	default:
		_ = csvtab.Write(w, res.names(), res.rows) // the client has gone if this fails
	}
}

func legacyError(w io.Writer, kind, message string) {
	fmt.Fprintf(w, "ERROR<br>\nError Type: %s<br>\nMessage:    %s\n", kind, message)
}

// legacyRun turns the parameters into a query.
func (s *Server) legacyRun(r *request, t *table) (*result, error) {
	cols := r.param("select")
	if cols == "" {
		cols = "*"
	}
	text := "select " + cols + " from " + t.name
	var where []string
	if c := r.param("where"); c != "" {
		where = append(where, "("+c+")")
	}
	if ra, dec := r.param("ra"), r.param("dec"); ra != "" && dec != "" {
		where = append(where, fmt.Sprintf("contains(point('icrs',ra,dec),circle('icrs',%s,%s,%s))=1", ra, dec, leadingNumber(r.param("radius"))))
	}
	if len(where) > 0 {
		text += " where " + strings.Join(where, " and ")
	}
	if o := r.param("order"); o != "" {
		text += " order by " + o
	}
	q, err := parseQuery(text)
	if err != nil {
		return nil, err
	}
	return q.run(t, -1)
}

var reLeading = regexp.MustCompile(`^[0-9.]+`)

// leadingNumber reads "0.1 degree"; without a number it is the interface's 0.
func leadingNumber(s string) string {
	if n := reLeading.FindString(strings.TrimSpace(s)); n != "" {
		return n
	}
	return "0"
}

func (r *result) names() []string {
	names := make([]string, len(r.cols))
	for i, c := range r.cols {
		names[i] = c.name
	}
	return names
}

// legacyIPAC puts the comment lines of the older interface before the table.
func legacyIPAC(w io.Writer, r *result) {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "\\%79s\n\\fixlen = T\n\\RowsRetrieved = %17d\n\\ \n", "", len(r.rows))
	for _, c := range r.cols {
		unit := ""
		if c.unit != "" {
			unit = "(" + c.unit + ") "
		}
		fmt.Fprintf(b, "\\ %s %s\n\\ ___ %s\n", c.name, unit, strings.ReplaceAll(c.desc, "\n", " "))
	}
	b.WriteString("\\ \n")
	writeIPAC(b, r)
	_ = b.Flush() // the client has gone if this fails
}

// writeSeparated writes a table without quotes.
func writeSeparated(w io.Writer, r *result, sep string) {
	b := bufio.NewWriter(w)
	b.WriteString(strings.Join(r.names(), sep) + "\n")
	for _, row := range r.rows {
		b.WriteString(strings.Join(row, sep) + "\n")
	}
	_ = b.Flush() // the client has gone if this fails
}

// aliasSet is a list of names as the alias service gives it.
type aliasSet struct {
	Count   int      `json:"item_count"`
	Default string   `json:"default_name"`
	Aliases []string `json:"aliases"`
}

func newAliasSet(name string, aliases []string) aliasSet {
	return aliasSet{len(aliases), name, aliases}
}

// aliases answers the alias look-up with every name of a star and its planets.
func (s *Server) aliases(w http.ResponseWriter, r *request) {
	w.Header().Set("Content-Type", "application/json")
	asked := r.param("objname")
	manifest := map[string]any{"requested_name": asked, "compilation_date": s.clock().UTC().Format("2006-01-02 15:04:05.000000")}
	found := s.find(asked)
	if len(found) == 0 {
		manifest["lookup_status"] = "System not found"
		_ = json.NewEncoder(w).Encode(map[string]any{"manifest": manifest}) // the client has gone if this fails
		return
	}
	st := found[0]
	hosts, planets := []string{}, []string{}
	for _, n := range st.names {
		if host, letter, ok := cutLast(n, ' '); ok && len(letter) == 1 && host != "" {
			planets = append(planets, n)
		} else {
			hosts = append(hosts, n)
		}
	}
	hosts = append(hosts, st.id.String())
	for _, o := range st.other {
		hosts = append(hosts, o.String())
	}
	host := hosts[0]
	sets := map[string]any{}
	for _, p := range planets {
		sets[p] = map[string]any{"alias_set": newAliasSet(p, []string{p})}
	}
	manifest["resolved_name"], manifest["system_name"], manifest["lookup_status"] = host, host, "OK"
	manifest["system_snapshot"] = map[string]int{"number_of_stars": 1, "number_of_planets": len(planets)}
	_ = json.NewEncoder(w).Encode(map[string]any{"manifest": manifest, "system": map[string]any{
		"system_info": map[string]any{"id": host, "alias_set": newAliasSet(host, []string{host})},
		"objects": map[string]any{
			"stellar_set": map[string]any{"item_count": 1, "stars": map[string]any{host: map[string]any{
				"requested_object": "True", "is_host": "True", "alias_set": newAliasSet(host, hosts)}}},
			"planet_set": map[string]any{"item_count": len(planets), "planets": sets},
		},
	}}) // the client has gone if this fails
}

// cellNumber gives a number's text, or what stands for none.
func cellNumber(f float64, none string) string {
	if f != f {
		return none
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
