package sample

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
)

// exofop routes ExoFOP-TESS's pages.
func (s *Server) exofop(w http.ResponseWriter, r *request) {
	switch path.Base(r.URL.Path) {
	case "download_toi.php":
		s.downloadTOI(w, r)
	case "gototicid.php":
		s.gotoTIC(w, r)
	case "target.php":
		s.target(w, r)
	default:
		http.NotFound(w, r.Request)
	}
}

// downloadTOI serves the table of TOIs. The dialect is the page's own, or that
// of the dashboard's export, in which a folder's tables are kept.
func (s *Server) downloadTOI(w http.ResponseWriter, r *request) {
	t, key, err := r.view("exofop")
	if err != nil || t == nil {
		s.log.Warn("sample ExoFOP table missing", "error", err)
		http.Error(w, "The database is not available", http.StatusServiceUnavailable)
		return
	}
	verbatim := t.verb != nil
	if d, ok := r.fault("dialect"); ok && (d == "dashboard") != isDashboard(t) {
		t, verbatim = t.translated(d), false
		key += "&dialect=" + d
	}
	_, notice := r.fault("notice")
	output, order, only := strings.ToLower(clip(r.param("output"))), strings.ToLower(clip(r.param("sort"))), clip(r.param("toi"))
	h := fnv.New64a()
	fmt.Fprintf(h, "%x %s %s %s %t", t.digest, output, order, only, notice)
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	if s.validate(w, r, fmt.Sprintf("%016x", h.Sum64()), "none", made) {
		return
	}
	if notice {
		io.WriteString(w, "The site will be down for maintenance on Tuesday\n")
	}
	if verbatim && output == "csv" && (order == "" || order == "toi") && only == "" && !notice {
		w.Header().Set("Content-Length", strconv.Itoa(len(t.verb)))
		_, _ = w.Write(t.verb) // the client has gone if this fails
		return
	}
	v := s.views.get(fmt.Sprintf("exofop:%x:%s:%s:%s", t.digest, output, order, only), func(v *view) {
		v.body, v.err = s.tois(t, output, order, only)
	})
	if v.err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	if !notice {
		w.Header().Set("Content-Length", strconv.Itoa(len(v.body)))
	}
	_, _ = w.Write(v.body) // the client has gone if this fails
}

// tois formats the rows asked for.
func (s *Server) tois(t *table, output, order, only string) ([]byte, error) {
	rows := slices.Clone(t.rows)
	if only != "" {
		i := t.col("TOI")
		rows = slices.DeleteFunc(rows, func(row []string) bool { return i < 0 || row[i] != only })
	}
	sortTOIs(t, rows, order)
	res := &result{cols: t.cols, rows: rows}
	var b bytes.Buffer
	switch {
	case output == "pipe":
		writeSeparated(&b, res, "|")
	case output != "csv":
		writeSeparated(&b, res, "\t")
	case isDashboard(t):
		writeDashboard(&b, res, s.clock())
	default:
		if err := csvtab.Write(&b, res.names(), res.rows); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// sortTOIs orders rows as the page does; without a word for it by the last
// change, newest first.
func sortTOIs(t *table, rows [][]string, order string) {
	name, numeric, newest := "Date Modified", false, true
	switch order {
	case "toi", "toiasc":
		name, numeric, newest = "TOI", true, false
	case "tid":
		name, numeric, newest = "TIC ID", true, false
	case "tmag":
		name, numeric, newest = "TESS Mag", true, false
	case "disposition":
		name, newest = "TESS Disposition", false
	case "tfopwgdisp":
		name, newest = "TFOPWG Disposition", false
	case "toi_alerted":
		name = "Date TOI Alerted (UTC)"
	case "toi_edited":
		name = "Date TOI Updated (UTC)"
	}
	i := t.col(name)
	if i < 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b []string) int {
		d := strings.Compare(a[i], b[i])
		if numeric {
			d = cmp.Compare(number(a[i]), number(b[i]))
		}
		if newest {
			return -d
		}
		return d
	})
}

// writeDashboard writes the export of the site's dashboard: a byte-order mark,
// a banner, an empty line, all cells quoted, no line end at the end.
func writeDashboard(w io.Writer, r *result, now time.Time) {
	fmt.Fprintf(w, "\ufeffThis file was produced by the Exoplanet Follow-up Observing Program website (exofop.ipac.caltech.edu) on %s\n\n",
		now.UTC().Format("Mon Jan 02 15:04:05 2006"))
	line := func(cells []string) string {
		quoted := make([]string, len(cells))
		for i, c := range cells {
			quoted[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		return strings.Join(quoted, ",")
	}
	io.WriteString(w, line(r.names()))
	for _, row := range r.rows {
		io.WriteString(w, "\n"+line(row))
	}
}

// star finds the star of a page: by TIC number, or by a TOI.
func (s *Server) star(r *request) (star, bool) {
	name := "TIC " + r.param("id")
	if toi := r.param("toi"); toi != "" {
		name = "TOI " + toi
	}
	for _, st := range s.find(name) {
		if st.number(exo.TIC) > 0 {
			return st, true
		}
	}
	return star{}, false
}

// target serves a star's page: JSON if asked for, else HTML for any number.
func (s *Server) target(w http.ResponseWriter, r *request) {
	if _, ok := r.Form["json"]; !ok {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>ExoFOP TIC %s</title></head><body></body></html>\n", htmlText(clip(r.param("id"))))
		return
	}
	st, ok := s.star(r)
	if _, unknown := r.fault("unknown"); unknown || !ok {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		io.WriteString(w, "No TIC object found")
		return
	}
	tic := strconv.FormatUint(st.number(exo.TIC), 10)
	names := append([]string{"TIC " + tic}, st.names...)
	value := func(f float64) string { return cellNumber(f, "") }
	param := func(name string, f float64) map[string]string {
		return map[string]string{name: value(f), "sref": "TICv8.2"}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"basic_info":         map[string]string{"tic_id": tic, "star_names": strings.Join(names, ", "), "confirmed_planets": strings.Join(planetsOf(st), ", ")},
		"coordinates":        map[string]string{"ra": value(st.ra), "dec": value(st.dec)},
		"stellar_parameters": []map[string]string{param("teff", st.teff), param("logg", st.logg), param("srad", st.rad), param("mass", st.mass), param("dist", st.dist)},
		"magnitudes":         []map[string]string{{"band": "TESS", "value": value(st.mag)}},
		"planet_parameters":  s.planetParameters(r, tic),
		"tois":               slices.DeleteFunc(slices.Clone(st.names), func(n string) bool { return !strings.HasPrefix(n, "TOI ") }),
	}) // the client has gone if this fails
}

func planetsOf(st star) []string {
	return slices.DeleteFunc(slices.Clone(st.names), func(n string) bool {
		_, letter, ok := cutLast(n, ' ')
		return !ok || len(letter) != 1
	})
}

// planetParameters lists the star's rows of the TOI table.
func (s *Server) planetParameters(r *request, tic string) []map[string]string {
	out := []map[string]string{}
	t, _, err := r.view("exofop")
	if err != nil || t == nil {
		return out
	}
	first := func(row int, names ...string) string {
		for _, n := range names {
			if v := t.cell(row, n); v != "" {
				return v
			}
		}
		return ""
	}
	for row := range t.rows {
		if t.cell(row, "TIC ID") == tic {
			out = append(out, map[string]string{"name": "TOI " + t.cell(row, "TOI"), "per": t.cell(row, "Period (days)"), "per_e": t.cell(row, "Period (days) err"),
				"epoch": first(row, "Epoch (BJD)", "Transit Epoch (BJD)"), "epoch_e": t.cell(row, "Epoch (BJD) err"),
				"dur": t.cell(row, "Duration (hours)"), "dep_p": t.cell(row, "Depth (ppm)")})
		}
	}
	return out
}

// gotoTIC turns a name into a TIC number; both outcomes have status 200.
func (s *Server) gotoTIC(w http.ResponseWriter, r *request) {
	w.Header().Set("Content-Type", "application/json")
	_, unknown := r.fault("unknown")
	for _, st := range s.find(r.param("target")) {
		if n := st.number(exo.TIC); n > 0 && !unknown {
			fmt.Fprintf(w, `{"status":"OK","TIC":"%d"}`, n)
			return
		}
	}
	io.WriteString(w, `{"status":"Error","message":"No TIC ID found"}`)
}

func htmlText(s string) string { return strings.ReplaceAll(xmlText(s), `"`, "&quot;") }

// hms writes degrees as hours or degrees with two decimals of seconds.
func hms(v float64, sign bool) string {
	if math.IsNaN(v) {
		return ""
	}
	s := ""
	if sign {
		s = "+"
	}
	if v < 0 {
		s, v = "-", -v
	}
	cs := int64(math.Round(v * 360_000))
	return fmt.Sprintf("%s%02d:%02d:%02d.%02d", s, cs/360_000, cs/6000%60, cs/100%60, cs%100)
}
