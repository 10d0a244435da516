package nea_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ archive.TableSource = (*nea.Source)(nil)
	_ archive.Prober      = (*nea.Source)(nil)
	_ archive.Counter     = (*nea.Source)(nil)
	_ archive.Resolver    = (*nea.Source)(nil)
	_ archive.Pinger      = (*nea.Source)(nil)
)

const (
	koiTable = "kepid,kepoi_name,koi_disposition\n11904151,\"K00072.01\",\"CONFIRMED\"\n"
	k2Table  = "pl_name,disposition,rowupdate\n\"K2-18 b\",\"CONFIRMED\",\"2025-09-25\"\n"
)

// tap is a TAP service: one function per path.
type tap struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // method, path, query or form, unescaped
}

func serve(t *testing.T, routes map[string]http.HandlerFunc) *tap {
	t.Helper()
	s := &tap{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		s.mu.Lock()
		s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Form.Get("query")+r.Form.Get("PHASE")))
		s.mu.Unlock()
		if h := routes[r.URL.Path]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *tap) log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func source(t *testing.T, s *tap, o nea.Options) *nea.Source {
	t.Helper()
	o.Client = archive.NewClient(archive.Options{Allowed: []string{s.URL}, Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }})
	t.Cleanup(o.Client.Close)
	o.Endpoint.Base = s.URL
	if o.Endpoint.Timeout == 0 {
		o.Endpoint.Timeout = 5 * time.Second
	}
	return nea.New(o)
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, s)
	}
}

func shared(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/nasa/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheWholeTablesAreAskedForByName(t *testing.T) {
	for kind, tc := range map[catalog.Type]struct{ table, query string }{
		catalog.KOI: {koiTable, "select * from cumulative"},
		catalog.K2:  {k2Table, "select * from k2pandc"},
	} {
		s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawQuery, "+") || r.URL.Query().Get("format") != "csv" {
				w.WriteHeader(400)
			}
			w.Header().Set("Last-Modified", "Mon, 29 Sep 2025 18:45:43 GMT")
			io.WriteString(w, tc.table)
		}})
		var b bytes.Buffer
		ans, err := source(t, s, nea.Options{}).Fetch(t.Context(), archive.TableRequest{Type: kind}, &b)
		want := exo.Origin{Archive: "nea", URL: s.URL + "/TAP/sync", Query: tc.query, LastModified: "Mon, 29 Sep 2025 18:45:43 GMT"}
		if err != nil || b.String() != tc.table || ans != (archive.TableAnswer{Origin: want}) {
			t.Errorf("%s: %v, %q, %+v", kind, err, b.String(), ans)
		}
	}
}

func TestOtherTablesAreNotAskedFor(t *testing.T) {
	s := serve(t, nil)
	src := source(t, s, nea.Options{})
	for _, kind := range []catalog.Type{catalog.TOI, catalog.Gaia, "x"} {
		if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: kind}, io.Discard); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", kind, err)
		}
		if _, ok, err := src.Probe(t.Context(), kind); ok || !errors.Is(err, exo.Invalid) {
			t.Errorf("probe %s: %v %v", kind, ok, err)
		}
	}
	if len(s.log()) != 0 {
		t.Errorf("asked %q", s.log())
	}
}

func TestChangedRowsAreAskedForWhereTheTableTells(t *testing.T) {
	cases := map[string]struct {
		kind    catalog.Type
		since   string
		query   string
		partial bool
	}{
		"k2 by day":                      {catalog.K2, "2025-09-01", "select * from k2pandc where rowupdate > '2025-09-01'", true},
		"k2 by second":                   {catalog.K2, "2025-09-01 10:00:00", "select * from k2pandc where rowupdate > '2025-09-01 10:00:00'", true},
		"k2 by what is no date":          {catalog.K2, "x' or '1'='1", "select * from k2pandc", false},
		"koi, which has no such column":  {catalog.KOI, "2025-09-01", "select * from cumulative", false},
		"k2 by nothing, the whole table": {catalog.K2, "", "select * from k2pandc", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			body := koiTable
			if tc.kind == catalog.K2 {
				body = k2Table
			}
			if tc.partial {
				body = body[:strings.IndexByte(body, '\n')+1] // nothing changed
			}
			s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": text(body)})
			ans, err := source(t, s, nea.Options{}).Fetch(t.Context(), archive.TableRequest{Type: tc.kind, Since: tc.since}, io.Discard)
			if err != nil || ans.Partial != tc.partial || ans.Origin.Query != tc.query {
				t.Errorf("%v, %+v", err, ans)
			}
		})
	}
}

// A server whose update column is a date refuses the comparison with a text.
func TestTheDateFormIsLearntFromTheRefusal(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Query().Get("query"), "to_date") {
			w.WriteHeader(400)
			io.WriteString(w, strings.Replace(shared(t, "tap_error_votable.xml"), `ORA-00904: "EPIC_ID": invalid identifier`, "ORA-01861: literal does not match format string", 1))
			return
		}
		io.WriteString(w, k2Table)
	}})
	src := source(t, s, nea.Options{Endpoint: archive.Endpoint{Retries: 3}})
	for _, since := range []string{"2025-09-01 10:00:00", "2025-09-02"} {
		var b bytes.Buffer
		ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.K2, Since: since}, &b)
		if err != nil || b.String() != k2Table || !ans.Partial {
			t.Fatalf("%v, %q, %+v", err, b.String(), ans)
		}
	}
	want := []string{
		"GET /TAP/sync select * from k2pandc where rowupdate > '2025-09-01 10:00:00'",
		"GET /TAP/sync select * from k2pandc where rowupdate > to_date('2025-09-01 10:00:00','yyyy-mm-dd hh24:mi:ss')",
		"GET /TAP/sync select * from k2pandc where rowupdate > to_date('2025-09-02','yyyy-mm-dd')",
	}
	if got := s.log(); !slices.Equal(got, want) {
		t.Errorf("asked %q", got)
	}
}

func TestEveryStyleOfErrorIsTyped(t *testing.T) {
	cases := map[string]struct {
		status int
		body   string
		want   string
	}{
		"A, VOTable with 200": {200, shared(t, "tap_error_votable.xml"), "ORA-00904"},
		"B, JSON with 200":    {200, shared(t, "tap_error_json.json"), "Input 'query' is blank."},
		"C, VOTable with 400": {400, shared(t, "tap_error_votable.xml"), "ORA-00904"},
		"the older service's": {200, shared(t, "legacy_error_recorded.txt"), "not a valid table"},
		"OVERFLOW":            {200, shared(t, "tap_overflow_votable.xml"), "row limit"},
		"a web page":          {200, "<html><head><title>Maintenance</title>", "Maintenance"},
		"a renamed column":    {200, "kepid,kepoi_name,disposition\n1,2,3\n", "koi_disposition"},
		"no rows":             {200, "kepid,kepoi_name,koi_disposition\n", "without rows"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tc.status)
				io.WriteString(w, tc.body)
			}})
			var b bytes.Buffer
			_, err := source(t, s, nea.Options{Endpoint: archive.Endpoint{Retries: 3}}).Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &b)
			if exo.KindOf(err) != exo.Upstream || !strings.Contains(exo.MessageOf(err), tc.want) || b.Len() > 0 || len(s.log()) != 1 {
				t.Errorf("%v (%q), %d bytes, asked %q", err, exo.MessageOf(err), b.Len(), s.log())
			}
		})
	}
}

func TestWhatIsHeldIsNotSentAgain(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		io.WriteString(w, koiTable)
	}})
	src := source(t, s, nea.Options{})
	first, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	again, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI, Known: &first.Origin}, &b)
	if err != nil || !again.NotModified || again.Origin != first.Origin || b.Len() != 0 {
		t.Errorf("%v, %+v, %d bytes", err, again, b.Len())
	}
	other := first.Origin
	other.Query = "select * from cumulative where rowupdate > '2020-01-01'"
	if ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI, Known: &other}, io.Discard); err != nil || ans.NotModified {
		t.Errorf("validators of another question were used: %v, %+v", err, ans)
	}
	other = first.Origin
	other.URL = "https://mirror.example/TAP/sync"
	if ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI, Known: &other}, io.Discard); err != nil || ans.NotModified {
		t.Errorf("validators of another server were used: %v, %+v", err, ans)
	}
}

func TestProbe(t *testing.T) {
	answer := "N,NEWEST\n4004,\"2025-09-25\"\n"
	s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer) }})
	src := source(t, s, nea.Options{})
	p, ok, err := src.Probe(t.Context(), catalog.K2)
	if err != nil || !ok || p != (archive.Probe{Rows: 4004, Newest: "2025-09-25"}) {
		t.Errorf("%+v, %v, %v", p, ok, err)
	}
	if _, ok, err := src.Probe(t.Context(), catalog.KOI); ok || err != nil || len(s.log()) != 1 {
		t.Errorf("koi: %v, %v, asked %q", ok, err, s.log())
	}
	for typ, want := range map[catalog.Type]string{catalog.KOI: "select count(*) as n from cumulative", catalog.K2: "select count(*) as n from k2pandc"} {
		n, ok, err := src.Count(t.Context(), typ)
		if log := s.log(); err != nil || !ok || n != 4004 || !strings.Contains(log[len(log)-1], want) {
			t.Errorf("%s: %d, %v, %v, asked %q", typ, n, ok, err, log)
		}
	}
	for name, bad := range map[string]string{"no rows": "n,newest\n", "no number": "n,newest\nmany,x\n", "negative": "n,newest\n-1,x\n", "ragged": "n,newest\n1\n",
		"an error": shared(t, "tap_error_json.json"), "nothing": "", "a page": "<html>"} {
		answer = bad
		if _, ok, err := src.Probe(t.Context(), catalog.K2); ok || !errors.Is(err, exo.Upstream) {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
		if _, ok, err := src.Count(t.Context(), catalog.KOI); ok || !errors.Is(err, exo.Upstream) {
			t.Errorf("%s: counted: %v, %v", name, ok, err)
		}
	}
}

func TestColumnsAreLearntFromTheDictionary(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": text("column_name,datatype,unit\n\"PL_NAME\",\"char\",\n\"pl_orbper\",\"double\",\"days\"\n")})
	got, err := source(t, s, nea.Options{}).Columns(t.Context(), catalog.K2)
	want := []catalog.Column{{Name: "pl_name", Type: "char"}, {Name: "pl_orbper", Type: "double", Unit: "days"}}
	if err != nil || !slices.Equal(got, want) || !strings.Contains(s.log()[0], "table_name='k2pandc'") {
		t.Errorf("%v, %v, asked %q", got, err, s.log())
	}
}

func TestNamesAreResolvedByTheAliasService(t *testing.T) {
	var name exo.Name
	s := serve(t, map[string]http.HandlerFunc{"/cgi-bin/Lookup/nph-aliaslookup.py": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("objname") == "bet Pic" {
			io.WriteString(w, shared(t, "bpic_aliaslookup.json"))
			return
		}
		io.WriteString(w, `{"manifest":{"lookup_status":"System Not Found"}}`)
	}})
	src := source(t, s, nea.Options{})
	name, _ = exo.ParseName("bet Pic")
	got, err := src.Resolve(t.Context(), name, exo.TESS)
	if err != nil || len(got) != 1 || got[0].ID.String() != "TIC 270577175" || got[0].Name != "bet Pic" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := src.Resolve(t.Context(), name, exo.Kepler); !errors.Is(err, exo.NotFound) {
		t.Errorf("no KIC star: %v", err)
	}
	name, _ = exo.ParseName("no such star")
	if _, err := src.Resolve(t.Context(), name, exo.TESS); !errors.Is(err, exo.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestAPageIsNoAlias(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/cgi-bin/Lookup/nph-aliaslookup.py": text("<html>")})
	name, _ := exo.ParseName("x")
	if _, err := source(t, s, nea.Options{}).Resolve(t.Context(), name, exo.TESS); !errors.Is(err, exo.Upstream) {
		t.Errorf("error %v", err)
	}
}

func ExampleSource_Fetch() {
	s := httptest.NewServer(text(koiTable))
	defer s.Close()
	c := archive.NewClient(archive.Options{Allowed: []string{s.URL}})
	defer c.Close()
	src := nea.New(nea.Options{Client: c, Endpoint: archive.Endpoint{Base: s.URL, Retries: 3}})
	var table bytes.Buffer
	ans, err := src.Fetch(context.Background(), archive.TableRequest{Type: catalog.KOI}, &table)
	fmt.Println(ans.Origin.Query, table.Len(), err)
	// Output: select * from cumulative 66 <nil>
}
