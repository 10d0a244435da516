package sample_test

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
)

// Addresses that the tests ask.
const (
	koiQuery  = "/TAP/sync?query=select+kepid,kepoi_name,koi_disposition,koi_period+from+cumulative&format=csv"
	koiVOT    = "/TAP/sync?query=select+kepid,kepoi_name+from+cumulative&format=votable"
	toiTable  = "/tess/download_toi.php?sort=toi&output=csv"
	gaiaQuery = "/tap-server/tap/sync?QUERY=select+source_id,parallax+from+gaiadr3.gaia_source&FORMAT=csv"
	lcURL     = "/api/v0.1/Download/file?uri=mast:TESS/product/" + lcName
	lcName    = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"
	s3URL     = "/stpubdata/tess/public/tid/s0001/0000/0000/2515/5310/" + lcName
)

func invoke(request string) string { return "/api/v0/invoke?request=" + url.QueryEscape(request) }

var (
	obsURL     = invoke(`{"service":"Mast.Caom.Filtered","format":"json","pagesize":1000,"page":1,"params":{"columns":"*","filters":[{"paramName":"target_name","values":["25155310"]}]}}`)
	resolveURL = invoke(`{"service":"Mast.Name.Lookup","params":{"input":"TIC 25155310","format":"json"}}`)
)

// smallFolder is a folder with a row or two of everything.
func smallFolder() fstest.MapFS {
	tess := make([]byte, 40<<10)
	for i := range tess {
		tess[i] = byte(i * 7)
	}
	copy(tess, card("SIMPLE  =                    T")+card("NAXIS   =                    0")+card("RA_OBJ  =                63.37")+card("DEC_OBJ =               -69.22")+
		card("TSTART  =           1325.29365")+card("TSTOP   =           1353.17697")+card("END"))
	day := func(d int) *fstest.MapFile {
		return &fstest.MapFile{Data: tess, ModTime: time.Date(2020, 1, d, 0, 0, 0, 0, time.UTC)}
	}
	return fstest.MapFS{
		"old/cumulative.csv": {Data: []byte("# Sun Jan 20 03:22:26 2019\n#\nkepid,kepoi_name,koi_disposition,koi_period\n1,K00001.01,CANDIDATE,2.5\n")},
		"cumulative_new.csv": {Data: []byte("# This file was produced by the NASA Exoplanet Archive\n# Mon Sep 29 18:45:43 2025\n#\n# COLUMN koi_period:     Orbital Period [days]\n#\n" +
			"kepid,kepoi_name,koi_disposition,koi_period\n1,K00001.01,CONFIRMED,2.5\n2,K00002.01,FALSE POSITIVE,3.500\n3,K00003.01,CANDIDATE,\n4,K00004.01,CANDIDATE,1e-3\n")},
		"toi.csv": {Data: []byte("toi,tid,tfopwg_disp,ra,dec,rowupdate\n114.01,25155310,KP,63.37,-69.22,2025-08-29 16:00:02\n")},
		"exofop.csv": {Data: []byte("\ufeffThis file was produced by the Exoplanet Follow-up Observing Program website (exofop.ipac.caltech.edu) on Tue Apr 01 07:56:52 2025\n\n" +
			"\"TIC ID\",\"TOI\",\"TFOPWG Disposition\",\"RA (deg)\",\"Dec (deg)\",\"Period (days)\",\"Comments\"\n\"25155310\",\"114.01\",\"KP\",\"63.37\",\"-69.22\",\"3.3\",\"WASP-126 b\"\n\"7\",\"200.01\",\"PC\",\"10.5\",\"20.25\",\"\",\"\"")},
		"gaia.csv":              {Data: []byte("source_id,ra,dec,parallax\n4676766017107342336,63.37,-69.22,4.6\n4676766017107342337,63.38,-69.22,1.6\n")},
		"notes.csv":             {Data: []byte("a,b\n1,2\n")},
		"lightcurves/" + lcName: day(1),
		"lightcurves/kplr000000001-2009166043257_llc.fits": day(2),
		"lightcurves/kplr000000001-2009259160929_llc.fits": day(3),
	}
}

func card(s string) string { return s + strings.Repeat(" ", 80-len(s)) }

func small(t testing.TB, faults ...string) (*sample.Server, *httptest.Server) {
	t.Helper()
	return start(t, sample.Options{Data: smallFolder()}, faults...)
}

// answer is what a client saw.
type answer struct {
	code int
	head http.Header
	body string
	err  error
}

// ask fetches an address without following redirects.
func ask(t testing.TB, h *httptest.Server, address string, header ...string) answer {
	t.Helper()
	return askFor(t, h, 30*time.Second, address, header...)
}

// askFor is ask with another patience.
func askFor(t testing.TB, h *httptest.Server, patience time.Duration, address string, header ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c := *h.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b), err}
}

func rows(body string) [][]string {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	r.FieldsPerRecord = -1
	out, _ := r.ReadAll()
	return out
}

// effects holds, for every kind of fault, an address and what must be seen of
// it there. The scope of a case is that of its address.
var effects = map[string]struct {
	value, address string
	header         []string
	shows          func(plain, got answer) bool
}{
	"delay":  {"50ms", koiQuery, nil, nil}, // timed in a test of its own
	"slow":   {"300000", lcURL, nil, nil},  // as well
	"status": {"503:7", lcURL, nil, func(_, got answer) bool { return got.code == 503 && got.head.Get("Retry-After") == "7" }},
	"reset":  {"", lcURL, nil, func(_, got answer) bool { return got.err != nil && got.code == 0 }},
	"html":   {"", obsURL, nil, func(_, got answer) bool { return got.code == 200 && strings.Contains(got.body, "<html>") }},
	"redirect": {"http://127.0.0.2:9", lcURL, nil, func(_, got answer) bool {
		return got.code == 302 && got.head.Get("Location") == "http://127.0.0.2:9"+lcURL
	}},
	"cut":      {"1000", lcURL, nil, func(p, got answer) bool { return got.err != nil && got.body == p.body[:1000] }},
	"stall":    {"1000", lcURL, nil, func(p, got answer) bool { return got.err != nil && got.body == p.body[:1000] }},
	"truncate": {"1000", lcURL, nil, func(p, got answer) bool { return got.err == nil && got.body == p.body[:1000] }},
	"gzipcut":  {"50", toiTable, nil, func(p, got answer) bool { return got.err != nil && len(got.body) < len(p.body) }},
	"corrupt": {"1000", lcURL, nil, func(p, got answer) bool {
		return len(got.body) == len(p.body) && got.body != p.body && got.body[:1000] == p.body[:1000] && got.body[1001:] == p.body[1001:]
	}},
	"nolength":    {"", lcURL, nil, func(p, got answer) bool { return got.head.Get("Content-Length") == "" && got.body == p.body }},
	"wronglength": {"10", lcURL, nil, func(p, got answer) bool { return got.err != nil && got.body == p.body }},
	"validators": {"changing", lcURL, nil, func(p, got answer) bool {
		return got.head.Get("ETag") != p.head.Get("ETag") && got.head.Get("ETag") != ""
	}},
	"norange": {"", lcURL, []string{"Range", "bytes=100-"}, func(p, got answer) bool {
		return p.code == 206 && got.code == 200 && strings.HasSuffix(got.body, p.body) && got.head.Get("Accept-Ranges") == ""
	}},
	"rangestart": {"5", lcURL, []string{"Range", "bytes=100-"}, func(_, got answer) bool {
		return got.code == 206 && strings.HasPrefix(got.head.Get("Content-Range"), "bytes 5-")
	}},

	"empty":   {"", koiQuery, nil, func(p, got answer) bool { return len(rows(p.body)) == 5 && len(rows(got.body)) == 1 }},
	"null":    {"koi_disposition", koiQuery, nil, func(_, got answer) bool { return rows(got.body)[1][2] == "" && rows(got.body)[1][1] != "" }},
	"missing": {"koi_period", "/TAP/sync?query=select+*+from+cumulative&format=csv", nil, func(_, got answer) bool { return strings.HasPrefix(got.body, "kepid,kepoi_name,koi_disposition\n") }},
	"rename": {"koi_period:period", "/TAP/sync?query=select+*+from+cumulative&format=csv", nil, func(_, got answer) bool {
		return strings.HasPrefix(got.body, "kepid,kepoi_name,koi_disposition,period\n")
	}},
	"reorder": {"", "/TAP/sync?query=select+*+from+cumulative&format=csv", nil, func(_, got answer) bool {
		return strings.HasPrefix(got.body, "koi_period,koi_disposition,kepoi_name,kepid\n2.5,")
	}},
	"add": {"extra", "/TAP/sync?query=select+*+from+cumulative&format=csv", nil, func(_, got answer) bool {
		return strings.HasPrefix(got.body, "kepid,kepoi_name,koi_disposition,koi_period,extra\n")
	}},
	"notice": {"", koiQuery, nil, func(p, got answer) bool { return got.body != p.body && strings.HasSuffix(got.body, p.body) }},
	"shrink": {"50", koiQuery, nil, func(_, got answer) bool { return len(rows(got.body)) == 3 }},
	"drop":   {"1", koiQuery, nil, func(_, got answer) bool { return len(rows(got.body)) == 4 }},
	"flip": {"", koiQuery, nil, func(_, got answer) bool {
		return rows(got.body)[1][2] == "FALSE POSITIVE" && rows(got.body)[2][2] == "CONFIRMED"
	}},
	"change": {"", koiQuery, nil, func(p, got answer) bool {
		return rows(got.body)[1][3] == "2.502500" && rows(got.body)[2][3] == rows(p.body)[2][3]
	}},
	"update": {"1", koiQuery, nil, func(p, got answer) bool {
		was, is := rows(p.body), rows(got.body)
		last := len(was) - 1
		return len(was) == len(is) && is[last][3] != was[last][3] && is[last][1] == was[last][1] && is[1][3] == was[1][3]
	}},
	"replace": {"1", koiQuery, nil, func(p, got answer) bool {
		was, is := rows(p.body), rows(got.body)
		return len(was) == len(is) && is[1][1] != was[1][1] && is[1][3] == was[1][3] && is[2][1] == was[2][1]
	}},

	"error": {"json200", koiQuery, nil, func(_, got answer) bool { return got.code == 200 && strings.Contains(got.body, `"status": "error"`) }},
	"style": {"votable200", "/TAP/sync?query=select+x+from+cumulative", nil, func(p, got answer) bool { return p.code == 400 && got.code == 200 && got.body == p.body }},
	"overflow": {"2", koiVOT, nil, func(_, got answer) bool {
		return strings.Contains(got.body, `value="OVERFLOW"`) && strings.Count(got.body, "<TR>") == 2
	}},
	"job":       {"error", "", nil, nil}, // tested with the jobs
	"executing": {"1", obsURL, nil, func(_, got answer) bool { return strings.Contains(got.body, `"status": "EXECUTING"`) }},
	"phantom":   {"cumulative.ghost", "/TAP/sync?format=csv&query=select+column_name+from+TAP_SCHEMA.columns+where+table_name='cumulative'", nil, func(p, got answer) bool { return got.body == p.body+"\"ghost\"\n" }},
	"plus":      {"", "/TAP/sync?format=csv&query=select+kepid+from+cumulative+where+koi_disposition='FALSE+POSITIVE'", nil, func(p, got answer) bool { return p.body == "kepid\n2\n" && got.body == "kepid\n" }},
	"legacy": {"", "/cgi-bin/nstedAPI/nph-nstedAPI?table=cumulative", nil, func(p, got answer) bool {
		return strings.HasPrefix(p.body, "kepid") && strings.HasPrefix(got.body, "ERROR") && got.code == 200
	}},

	"dialect": {"download", toiTable, nil, func(p, got answer) bool {
		return strings.HasPrefix(p.body, "\ufeffThis file") && strings.HasPrefix(got.body, "TIC ID,TOI,Previous CTOI,") && strings.Contains(got.body, ",04:13:28.80,-69:13:12.00,")
	}},
	"unknown": {"", "/tess/target.php?id=25155310&json", nil, func(p, got answer) bool {
		return strings.Contains(p.body, "25155310") && got.code == 200 && got.body == "No TIC object found"
	}},

	"pagesize": {"1", invoke(`{"service":"Mast.Caom.Cone","format":"json","params":{"ra":63.37,"dec":-69.22,"radius":1}}`), nil, func(p, got answer) bool {
		return strings.Contains(p.body, `"pagesFiltered": 1`) && strings.Contains(got.body, `"pagesFiltered": 2`)
	}},
	"resolver": {"absent", resolveURL, nil, func(p, got answer) bool {
		return strings.Contains(p.body, "resolvedCoordinate") && !strings.Contains(got.body, "resolvedCoordinate")
	}},
	"decoys": {"", obsURL[:len(obsURL)-len(url.QueryEscape(`[{"paramName":"target_name","values":["25155310"]}]}}`))] + url.QueryEscape(`[{"paramName":"dataproduct_type","values":["image"]}]}}`), nil, func(p, got answer) bool {
		return !strings.Contains(p.body, "TESS FFI") && strings.Contains(got.body, "TESS FFI")
	}},
	"size": {"1000", "", nil, nil}, // tested with the products

	"koi": {"old", koiQuery, nil, func(_, got answer) bool { return len(rows(got.body)) == 2 && rows(got.body)[1][2] == "CANDIDATE" }},
}

func TestEveryFaultShows(t *testing.T) {
	s, h := small(t)
	for name, c := range effects {
		if c.shows == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if err := s.SetFaults(); err != nil {
				t.Fatal(err)
			}
			plain := ask(t, h, c.address, c.header...)
			if plain.err != nil {
				t.Fatal(plain.err)
			}
			text := scopeOf(c.address) + "." + name
			if name == "koi" {
				text = "data." + name
			}
			if c.value != "" {
				text += "=" + c.value
			}
			if err := s.SetFaults(parse(t, text)...); err != nil {
				t.Fatal(err)
			}
			patience := 30 * time.Second
			if name == "stall" {
				patience = time.Second
			}
			if got := askFor(t, h, patience, c.address, c.header...); !c.shows(plain, got) {
				t.Errorf("%s: status %d, error %v, header %v, body %.300s", text, got.code, got.err, got.head, got.body)
			}
		})
	}
}

func scopeOf(address string) string {
	for prefix, scope := range map[string]string{"/TAP": "nea", "/cgi-bin": "nea", "/tess": "exofop", "/tap-server": "esa", "/api/v0.1": "download", "/stpubdata": "s3"} {
		if strings.HasPrefix(address, prefix) {
			return scope
		}
	}
	return "mast"
}

func TestEveryDocumentedFaultIsTested(t *testing.T) {
	others := []string{"toi", "k2", "ps", "pscomppars"} // as data.koi
	for _, d := range sample.Faults() {
		_, kind, _ := strings.Cut(d.Name, ".")
		_, tested := effects[kind]
		for _, o := range others {
			tested = tested || kind == o
		}
		if !tested {
			t.Errorf("no test shows the effect of %s", d.Name)
		}
		if d.Text == "" {
			t.Errorf("%s has no description", d.Name)
		}
	}
}

func TestTransportFaultsWorkInEveryScope(t *testing.T) {
	for scope, address := range map[string]string{"nea": koiQuery, "exofop": toiTable, "mast": obsURL, "download": lcURL, "s3": s3URL, "esa": gaiaQuery} {
		t.Run(scope, func(t *testing.T) {
			s, h := small(t)
			plain := ask(t, h, address)
			if plain.code != 200 || plain.err != nil {
				t.Fatalf("without faults: %+v", plain)
			}
			for fault, ok := range map[string]func(answer) bool{
				"status=429:3": func(a answer) bool { return a.code == 429 && a.head.Get("Retry-After") == "3" },
				"status=404":   func(a answer) bool { return a.code == 404 },
				"cut=10":       func(a answer) bool { return a.err != nil && len(a.body) <= 10 },
				"truncate=10":  func(a answer) bool { return a.err == nil && len(a.body) == 10 },
				"corrupt=0":    func(a answer) bool { return a.body[0] != plain.body[0] && a.body[1:] == plain.body[1:] },
				"html":         func(a answer) bool { return strings.HasPrefix(a.body, "<!DOCTYPE html>") },
				"nolength":     func(a answer) bool { return a.head.Get("Content-Length") == "" && a.body == plain.body },
			} {
				if err := s.SetFaults(parse(t, scope+"."+fault)...); err != nil {
					t.Fatal(err)
				}
				if got := ask(t, h, address); !ok(got) {
					t.Errorf("%s: status %d, error %v, body %.100q", fault, got.code, got.err, got.body)
				}
			}
		})
	}
}

func TestThePortalsOwnErrorsAndGaps(t *testing.T) {
	s, h := small(t, "mast.error")
	if got := ask(t, h, obsURL); got.code != 200 || !strings.HasPrefix(got.body, `{"status" : "ERROR","msg" : `) {
		t.Errorf("mast.error: %+v", got)
	}
	if err := s.SetFaults(parse(t, "mast.missing=dataRights", "mast.missing=srcDen")...); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, h, obsURL); strings.Contains(got.body, "dataRights") || strings.Contains(got.body, "srcDen") || !strings.Contains(got.body, "t_exptime") {
		t.Errorf("mast.missing: %+v", got)
	}
}

func TestADelayIsWaited(t *testing.T) {
	_, h := small(t, "nea.delay=80ms")
	begin := time.Now()
	if got := ask(t, h, koiQuery); got.code != 200 || time.Since(begin) < 80*time.Millisecond {
		t.Errorf("status %d after %v", got.code, time.Since(begin))
	}
}

func TestASlowAnswerIsWholeAndSlow(t *testing.T) {
	s, h := small(t)
	plain := ask(t, h, lcURL)
	if err := s.SetFaults(parse(t, "download.slow=100000")...); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if got := ask(t, h, lcURL); got.body != plain.body || time.Since(begin) < 350*time.Millisecond {
		t.Errorf("%d of %d bytes after %v", len(got.body), len(plain.body), time.Since(begin))
	}
}

func TestAFaultCanBeCountedAndAimed(t *testing.T) {
	s, h := small(t, "nea.status=503*2@kepoi_name")
	var codes []int
	for _, address := range []string{koiQuery, "/TAP/sync?query=select+toi+from+toi", koiQuery, koiQuery} {
		codes = append(codes, ask(t, h, address).code)
	}
	if want := []int{503, 200, 503, 200}; !equal(codes, want) {
		t.Errorf("statuses %v, want %v", codes, want)
	}
	if err := s.SetFaults(parse(t, "any.status=500")...); err != nil {
		t.Fatal(err)
	}
	if a, b := ask(t, h, koiQuery).code, ask(t, h, lcURL).code; a != 500 || b != 500 {
		t.Errorf("a fault of any scope gave %d and %d", a, b)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestFaultsAreParsedStrictly(t *testing.T) {
	for text, want := range map[string]sample.Fault{
		"nea.error=json200":           {Name: "nea.error", Value: "json200"},
		"mast.executing=3*2":          {Name: "mast.executing", Value: "3", Count: 2},
		"download.reset*4@s0001":      {Name: "download.reset", Count: 4, Match: "s0001"},
		"download.cut=65536":          {Name: "download.cut", Value: "65536"},
		"data.koi=koi_2019*":          {Name: "data.koi", Value: "koi_2019*"},
		"download.redirect=http://a/": {Name: "download.redirect", Value: "http://a/"},
	} {
		f, err := sample.ParseFault(text)
		if err != nil || f != want {
			t.Errorf("%s: %+v, %v", text, f, err)
		}
		if f.String() != text {
			t.Errorf("%s is written as %s", text, f)
		}
	}
	if f, err := sample.ParseFault("down"); err != nil || f.String() != "any.status=503" {
		t.Errorf("down: %v %v", f, err)
	}
	for _, text := range []string{"", "nea", "nea.", "nea.nothing", "download.cut", "download.cut=-1", "download.cut=x", "nea.empty=1", "mast.norange",
		"nea.error=other", "download.status=99", "download.status=503:x", "nea.rename=a", "nea.shrink=101", "nea.delay=1"} {
		if _, err := sample.ParseFault(text); exo.KindOf(err) != exo.Invalid || exo.HintOf(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestASwitchThatPicksNothingIsRefusedAndChangesNothing(t *testing.T) {
	s, h := small(t, "data.koi=old")
	if err := s.SetFaults(parse(t, "data.koi=2031*")...); exo.KindOf(err) != exo.Invalid {
		t.Errorf("got %v", err)
	}
	if got := rows(ask(t, h, koiQuery).body); len(got) != 2 {
		t.Errorf("%d rows, the former switch should hold", len(got))
	}
	if _, err := sample.New(sample.Options{Data: os.DirFS(t.TempDir())}); exo.KindOf(err) != exo.Invalid {
		t.Errorf("an empty folder gave %v", err)
	}
}

// FuzzParseFault holds that a fault reads back as it is written.
func FuzzParseFault(f *testing.F) {
	for _, s := range []string{"nea.error=json200", "mast.executing=3*2@x", "data.koi=koi_2019*", "download.reset*4@s*1@", "nea.add=a*b=c", "down", "any.delay=1h*999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := sample.ParseFault(s)
		if err != nil {
			return
		}
		if b, err := sample.ParseFault(a.String()); err != nil || a != b {
			t.Errorf("%q: %+v, then %+v, %v", s, a, b, err)
		}
	})
}
