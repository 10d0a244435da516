package sample

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// tap routes the NASA Exoplanet Archive's TAP service.
func (s *Server) tap(w http.ResponseWriter, r *request) {
	rest := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/TAP"), "/")
	head, tail, _ := strings.Cut(rest, "/")
	switch strings.ToLower(head) {
	case "sync":
		s.sync(w, r)
	case "async":
		s.async(w, r, tail)
	case "tables":
		s.vosiTables(w, r)
	case "capabilities":
		s.vosiCapabilities(w, r)
	case "availability":
		vosi(w, availability)
	default:
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, errorVOTable("Invalid TAP path: "+clip(rest)))
	}
}

// ask is one TAP query: what is asked, and how the answer is wanted.
type ask struct {
	query  string
	format string
	maxrec int
}

// asked reads the parameters of a TAP query.
func (r *request) asked() (ask, error) {
	a := ask{query: r.param("query"), maxrec: -1}
	if _, ok := r.fault("plus"); ok {
		a.query = plusKept(r.URL.RawQuery, a.query)
	}
	if len(a.query) > maxQuery {
		return ask{format: "votable"}, oracle("ORA-01704: string literal too long")
	}
	format := r.param("format", "responseformat")
	a.format = formatName(format)
	if a.format == "" {
		a.format = "votable"
		return a, oracle("Response format(%s) must be: votable, ipac, csv, tsv, or json", clip(format))
	}
	if m := r.param("maxrec"); m != "" {
		n, err := strconv.Atoi(m)
		if err != nil {
			return a, oracle("maxrec must be an integer")
		}
		a.maxrec = n
	}
	if lang := r.param("lang"); lang != "" && !strings.HasPrefix(strings.ToUpper(lang), "ADQL") {
		return a, oracle("LANG must be ADQL")
	}
	if req := r.param("request"); req != "" && !strings.EqualFold(req, "doQuery") {
		return a, oracle("REQUEST must be doQuery")
	}
	return a, nil
}

// plusKept reads the query from an address in the way that was reported of the
// archive: a plus is a blank between words and a plus within quotes.
func plusKept(raw, otherwise string) string {
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if !strings.EqualFold(name, "query") {
			continue
		}
		var b strings.Builder
		quoted := false
		for i := 0; i < len(value); i++ {
			switch c := value[i]; {
			case c == '\'' || strings.HasPrefix(value[i:], "%27"):
				quoted = !quoted
				b.WriteByte(c)
			case c == '+' && quoted:
				b.WriteString("%2B")
			default:
				b.WriteByte(c)
			}
		}
		if q, err := url.QueryUnescape(b.String()); err == nil {
			return q
		}
	}
	return otherwise
}

// formatName returns the archive's word for a format; "" for an unknown one.
// Media types are taken as well, for clients that follow TAP 1.1 to the letter.
func formatName(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(s)), ";")
	switch s {
	case "", "votable", "xml", "text/xml", "application/x-votable+xml", "votable/td":
		return "votable"
	case "csv", "text/csv":
		return "csv"
	case "tsv", "text/tab-separated-values":
		return "tsv"
	case "ipac", "ascii":
		return "ipac"
	case "json", "application/json":
		return "json"
	}
	return ""
}

// sync answers a query in the body.
func (s *Server) sync(w http.ResponseWriter, r *request) {
	a, err := r.asked()
	if v, ok := r.fault("error"); ok {
		refuse(w, v, `ORA-12801: error signaled in parallel query server`)
		return
	}
	if err == nil {
		err = s.answer(w, r, a)
	}
	if err != nil {
		style := "votable400"
		if v, ok := r.fault("style"); ok {
			style = v
		}
		refuse(w, style, exo.MessageOf(err))
	}
}

// refuse sends an error in one of the archive's three styles: A, an HTTP 200
// with an error VOTable; B, an HTTP 200 with JSON; C, an HTTP 400 with A's body.
func refuse(w http.ResponseWriter, style, message string) {
	switch style {
	case "json200":
		w.Header().Set("Content-Type", "application/json")
		// The message is pasted in as it is, as the archive does.
		fmt.Fprintf(w, "{\n    \"status\": \"error\",\n    \"msg\": \"%s\"\n}\n", message)
	case "votable200":
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, errorVOTable(message))
	default:
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, errorVOTable(message))
	}
}

func errorVOTable(message string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<INFO name="QUERY_STATUS" value="ERROR">
` + xmlText(message) + `
</INFO>
</RESOURCE>
</VOTABLE>
`
}

// answer runs a query and sends its result. Nothing is sent before an error.
func (s *Server) answer(w http.ResponseWriter, r *request, a ask) error {
	q, err := parseQuery(a.query)
	if err != nil {
		return err
	}
	t, key, err := s.lookup(r, q)
	if err != nil {
		return err
	}
	if v, ok := r.fault("overflow"); ok {
		n, _ := strconv.Atoi(v)
		if a.maxrec < 0 || n < a.maxrec {
			a.maxrec = n
		}
	}
	res, err := q.run(t, a.maxrec)
	if err != nil {
		return err
	}
	_, notice := r.fault("notice")
	w.Header().Set("Content-Type", contentTypes[a.format])
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s %d", t.digest, a.query, a.format, a.maxrec)
	if s.validate(w, r, fmt.Sprintf("%016x", h.Sum64()), "none", made) {
		return nil
	}
	if res.whole != nil && !notice && key != "" {
		v := s.views.get("answer:"+a.format+":"+key, func(v *view) {
			var b bytes.Buffer
			v.err = write(&b, a.format, res)
			v.body = b.Bytes()
		})
		w.Header().Set("Content-Length", strconv.Itoa(len(v.body)))
		_, _ = w.Write(v.body) // the client has gone if this fails
		return nil
	}
	if notice {
		io.WriteString(w, "This service will be unavailable on Tuesday from 09:00 to 12:00 PDT\n")
	}
	_ = write(w, a.format, res) // the client has gone if this fails
	return nil
}

// lookup finds the table of a query, or one of TAP_SCHEMA.
func (s *Server) lookup(r *request, q *query) (*table, string, error) {
	if len(q.joins) > 0 {
		return nil, "", oracle("ORA-00933: SQL command not properly ended") // joins are not played here
	}
	lower := strings.ToLower(q.table)
	if schema, ok := strings.CutPrefix(lower, "tap_schema."); ok {
		if t := s.schema(r, schema); t != nil {
			return t, "", nil
		}
	} else if lower != "exofop" && lower != "gaia" {
		t, key, err := r.view(lower)
		if t != nil || err != nil {
			return t, key, err
		}
	}
	return nil, "", oracle("ORA-00942: table or view does not exist")
}
