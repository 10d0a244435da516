package sample_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

// shape reduces a document to its elements and the names of their attributes.
func shape(t *testing.T, doc string) []string {
	t.Helper()
	var out []string
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return slices.Compact(out)
		}
		if err != nil {
			t.Fatalf("%v in %.300s", err, doc)
		}
		if e, ok := tok.(xml.StartElement); ok {
			s := e.Name.Local
			for _, a := range e.Attr {
				s += " " + a.Name.Local
			}
			out = append(out, s)
		}
	}
}

// fixture reads a recorded answer.
func fixture(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAVOTableIsTheArchivesByteForByte(t *testing.T) {
	_, h := realServer(t)
	q := url.QueryEscape("select kepid,kepoi_name,kepler_name,koi_period from cumulative where kepoi_name in ('K00072.01','K00753.01') order by kepoi_name")
	_, head, got := get(t, h, "/TAP/sync?query="+q)
	if head.Get("Content-Type") != "text/xml" {
		t.Errorf("type %q", head.Get("Content-Type"))
	}
	// The fixture's numbers were shortened by hand; everything else must agree.
	norm := func(s string) string {
		s = regexp.MustCompile(`\d+\.\d{6}\d*`).ReplaceAllStringFunc(s, func(n string) string { return n[:len(n)-3] })
		return regexp.MustCompile(`datatype="(int|long)"`).ReplaceAllString(strings.TrimSpace(s), `datatype="int"`)
	}
	want := norm(fixture(t, "nasa/tap_ok_votable.xml"))
	if g := norm(got); regexp.MustCompile(`\d+\.\d+`).ReplaceAllString(g, "N") != regexp.MustCompile(`\d+\.\d+`).ReplaceAllString(want, "N") {
		t.Errorf("got\n%s\nwant\n%s", g, want)
	}
	_, _, over := get(t, h, "/TAP/sync?query="+q+"&maxrec=1")
	if !strings.Contains(over, `<INFO name="QUERY_STATUS" value="OVERFLOW"/>`) || strings.Count(over, "<TR>") != 1 {
		t.Errorf("maxrec=1 gave %s", over)
	}
	if _, _, exact := get(t, h, "/TAP/sync?query="+q+"&maxrec=2"); strings.Contains(exact, "OVERFLOW") {
		t.Error("a table of just maxrec rows is no overflow")
	}
}

func TestErrorsComeInTheArchivesStyles(t *testing.T) {
	s, h := small(t)
	for style, c := range map[string]struct {
		code int
		kind string
		file string
	}{
		"votable200": {200, "text/xml", "nasa/tap_error_votable.xml"},
		"votable400": {400, "text/xml", "nasa/tap_error_votable.xml"},
		"json200":    {200, "application/json", "nasa/tap_error_json.json"},
	} {
		if err := s.SetFaults(parse(t, "nea.style="+style)...); err != nil {
			t.Fatal(err)
		}
		code, head, body := get(t, h, "/TAP/sync?query=select+epic_id+from+cumulative&format=csv")
		if style == "json200" {
			code, head, body = get(t, h, "/TAP/sync?format=csv")
		}
		if code != c.code || head.Get("Content-Type") != c.kind {
			t.Errorf("%s: status %d, type %q", style, code, head.Get("Content-Type"))
		}
		if want := fixture(t, c.file); strings.TrimSpace(body) != strings.TrimSpace(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", style, body, want)
		}
	}
}

func TestJobDocumentsHaveTheArchivesShape(t *testing.T) {
	s, h := small(t, "nea.executing=1")
	c := *h.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	create := func(query string) string {
		res, err := c.PostForm(h.URL+"/TAP/async", url.Values{"query": {query}, "format": {"csv"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		job := res.Header.Get("Location")
		if res.StatusCode != 303 || !regexp.MustCompile(`/TAP/async/tap_[a-z0-9]{8}$`).MatchString(job) {
			t.Fatalf("status %d, location %q", res.StatusCode, job)
		}
		return strings.TrimPrefix(job, h.URL)
	}
	run := func(job string) {
		res, err := c.PostForm(h.URL+job+"/phase", url.Values{"PHASE": {"RUN"}})
		if err != nil || res.StatusCode != 303 {
			t.Fatalf("%v %v", res, err)
		}
		res.Body.Close()
	}
	same := func(job, file string) {
		t.Helper()
		_, _, doc := get(t, h, job)
		if got, want := shape(t, doc), shape(t, fixture(t, file)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", file, got, want)
		}
	}
	job := create("select kepid from cumulative")
	same(job, "nasa/uws_pending.xml")
	run(job)
	same(job, "nasa/uws_executing.xml") // the first poll
	same(job, "nasa/uws_completed.xml")
	if _, head, phase := get(t, h, job+"/phase"); phase != "COMPLETED" || head.Get("Content-Type") != "text/plain" {
		t.Errorf("phase %q, type %q", phase, head.Get("Content-Type"))
	}
	if _, _, data := get(t, h, job+"/results/result"); data != "kepid\n1\n2\n3\n4\n" {
		t.Errorf("the redirect led to %q", data)
	}
	bad := create("select kepid from nowhere")
	run(bad)
	_, _, _ = get(t, h, bad)
	same(bad, "nasa/uws_error.xml")
	if _, _, doc := get(t, h, bad+"/error"); !strings.Contains(doc, "ORA-00942: table or view does not exist") {
		t.Errorf("error item %s", doc)
	}
	if code, _, _ := get(t, h, bad+"/results/result"); code != 404 {
		t.Errorf("a failed job's result: status %d", code)
	}
	checkSpoiledJobs(t, s.SetFaults, create, run, func(p string) (int, string) { code, _, body := get(t, h, p); return code, body })
}

func checkSpoiledJobs(t *testing.T, set func(...sample.Fault) error, create func(string) string, run func(string), get func(string) (int, string)) {
	t.Helper()
	for how, want := range map[string]string{"error": "ERROR", "abort": "ABORTED"} {
		if err := set(parse(t, "nea.job="+how)...); err != nil {
			t.Fatal(err)
		}
		job := create("select kepid from cumulative")
		run(job)
		if _, phase := get(job + "/phase"); phase != want {
			t.Errorf("nea.job=%s: phase %s", how, phase)
		}
	}
	if err := set(parse(t, "nea.job=gone")...); err != nil {
		t.Fatal(err)
	}
	if code, _ := get(create("select kepid from cumulative")); code != 404 {
		t.Errorf("a vanished job: status %d", code)
	}
}

func TestAJobCanBeAbortedAndDeleted(t *testing.T) {
	_, h := small(t, "nea.executing=100")
	c := *h.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.PostForm(h.URL+"/TAP/async", url.Values{"QUERY": {"select kepid from cumulative"}, "PHASE": {"RUN"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	job := strings.TrimPrefix(res.Header.Get("Location"), h.URL)
	if _, _, phase := get(t, h, job+"/phase"); phase != "EXECUTING" {
		t.Errorf("phase %s", phase)
	}
	if res, err = c.PostForm(h.URL+job+"/phase", url.Values{"PHASE": {"ABORT"}}); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if _, _, phase := get(t, h, job+"/phase"); phase != "ABORTED" {
		t.Errorf("phase %s", phase)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, h.URL+job, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = c.Do(req); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if code, _, _ := get(t, h, job); res.StatusCode != 303 || code != 404 {
		t.Errorf("delete gave %d, then %d", res.StatusCode, code)
	}
}

func TestFiveFormatsHoldTheSameTable(t *testing.T) {
	_, h := realServer(t)
	var out struct {
		Rows  map[string]int
		Names map[string][]string
		Sum   map[string]float64
		Text  map[string][]string
		Nulls map[string]int
	}
	judge(t, h.URL, `
import io, urllib.request, urllib.parse, csv
from astropy.io import ascii
from astropy.io.votable import parse_single_table
import numpy as np
q = "select top 300 toi,tid,tfopwg_disp,pl_orbper,pl_orbpererr1,rowupdate from toi order by tid"
def body(f): return urllib.request.urlopen(base + "/TAP/sync?" + urllib.parse.urlencode({"query": q, "format": f})).read().decode()
tables = {}
tables["votable"] = [[None if v is np.ma.masked or (isinstance(v, float) and np.isnan(v)) or str(v) in ("", "--") else v for v in row] for row in parse_single_table(io.BytesIO(body("votable").encode())).to_table()]
tables["csv"] = [[v or None for v in row] for row in csv.reader(io.StringIO(body("csv")))][1:]
tables["tsv"] = [[v or None for v in line.split("\t")] for line in body("tsv").splitlines()[1:]]
t = ascii.read(body("ipac"), format="ipac")
tables["ipac"] = [[None if v is np.ma.masked else v for v in row] for row in t]
j = json.loads(body("json"))
tables["json"] = [list(r.values()) for r in j]
out["Rows"] = {f: len(t) for f, t in tables.items()}
out["Names"] = {"json": list(j[0]), "ipac": t.colnames, "csv": body("csv").splitlines()[0].split(",")}
out["Sum"] = {f: round(sum(float(r[3]) for r in t if r[3] is not None), 5) for f, t in tables.items()}
out["Nulls"] = {f: sum(1 for r in t if r[3] is None) for f, t in tables.items()}
def text(v): return v.decode() if isinstance(v, bytes) else str(v)
out["Text"] = {f: [text(t[0][2]), text(t[0][5]), text(int(t[0][1]))] for f, t in tables.items()}
`, &out)
	for f, n := range out.Rows {
		if n != 300 || out.Sum[f] != out.Sum["csv"] || out.Nulls[f] != out.Nulls["csv"] || !slices.Equal(out.Text[f], out.Text["csv"]) {
			t.Errorf("%s: %d rows, sum %v, nulls %d, first %v; csv: sum %v, nulls %d, first %v", f, n, out.Sum[f], out.Nulls[f], out.Text[f], out.Sum["csv"], out.Nulls["csv"], out.Text["csv"])
		}
	}
	for f, names := range out.Names {
		if strings.Join(names, ",") != "toi,tid,tfopwg_disp,pl_orbper,pl_orbpererr1,rowupdate" {
			t.Errorf("%s: columns %v", f, names)
		}
	}
}

func TestPyvoRunsAJobAndReadsTheSelfDescription(t *testing.T) {
	_, h := small(t)
	var out struct {
		Rows   int
		Tables []string
		Types  []string
		Up     bool
		Units  map[string]string
	}
	judge(t, h.URL, `
import pyvo
tap = pyvo.dal.TAPService(base + "/TAP")
out["Rows"] = len(tap.run_async("select * from cumulative"))
out["Tables"] = sorted(t.name for t in tap.tables)
out["Types"] = [str(c.datatype.content) for c in tap.tables["cumulative"].columns]
out["Up"] = bool(tap.available)
out["Units"] = {str(r["column_name"]): str(r["unit"]) for r in tap.search("select column_name,unit from TAP_SCHEMA.columns where table_name='cumulative'")}
`, &out)
	if out.Rows != 4 || !slices.Equal(out.Tables, []string{"cumulative", "toi"}) || !slices.Equal(out.Types, []string{"long", "char", "char", "double"}) || !out.Up {
		t.Errorf("%+v", out)
	}
	if out.Units["koi_period"] != "days" {
		t.Errorf("units %v", out.Units)
	}
}
