package api_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

const catalogs = "/api/v1/catalogs"

func TestAQueryReachesTheSelection(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  query.Request
	}{
		"nothing asked": {"", query.Request{Limit: 100}},
		"conditions on columns, in their order": {
			"?koi_period=1..5&koi_depth=%3E100&koi_depth=%3C900&koi_comment=~a%26b&koi_score=null",
			query.Request{Limit: 100, Filters: []query.Filter{{Column: "koi_period", Expr: "1..5"}, {Column: "koi_depth", Expr: ">100"}, {Column: "koi_depth", Expr: "<900"}, {Column: "koi_comment", Expr: "~a&b"}, {Column: "koi_score", Expr: "null"}}},
		},
		"signs as people write them": {
			"?koi_depth>100&koi_teq%3C300=&koi_period>=2&koi_disposition!=CONFIRMED",
			query.Request{Limit: 100, Filters: []query.Filter{{Column: "koi_depth", Expr: ">100"}, {Column: "koi_teq", Expr: "<300"}, {Column: "koi_period", Expr: ">=2"}, {Column: "koi_disposition", Expr: "!CONFIRMED"}}},
		},
		"a column with blanks":                 {"?Period+(days)=1..5", query.Request{Limit: 100, Filters: []query.Filter{{Column: "Period (days)", Expr: "1..5"}}}},
		"a column that has a parameter's name": {"?column.limit=3&limit=7", query.Request{Limit: 7, Filters: []query.Filter{{Column: "limit", Expr: "3"}}}},
		"the parameters": {
			"?sort=koi_period,-koi_depth&columns=a,%22b,+c%22&cone=290.1,%2B44.5,0.5&limit=5&offset=10&version=v3&format=csv",
			query.Request{Limit: 5, Offset: 10, Sort: "koi_period,-koi_depth", Columns: []string{"a", "b, c"}, Cone: "290.1,+44.5,0.5", Ref: tables.Ref{Version: "v3"}},
		},
		"a day": {"?as_of=2026-01-02", query.Request{Limit: 100, Ref: tables.Ref{AsOf: time.Date(2026, 1, 2, 23, 59, 59, 999999999, time.UTC)}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.do("GET", catalogs+"/koi"+c.query, "")
			c.want.Table = catalog.KOI
			if got := f.cats.last(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestWhatCannotBeAskedIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		target, parameter, says string
		status                  int
	}{
		"a table that is none":            {"/kio", "table", "did you mean koi", 404},
		"a column that is none":           {"/koi?koi_perod=1", "koi_perod", "koi_period", 400},
		"a word without a condition":      {"/koi?koi_period", "koi_period", "koi_period=1..5", 400},
		"a parameter nearly spelled":      {"/koi?limt", "limt", "did you mean limit", 400},
		"a limit that is no number":       {"/koi?limit=many", "limit", "1 to 100000", 400},
		"a limit of nothing":              {"/koi?limit=0", "limit", "1 to 100000", 400},
		"a limit that is too large":       {"/koi?limit=100001", "limit", "1 to 100000", 400},
		"an offset below nothing":         {"/koi?offset=-1", "offset", "0 to", 400},
		"a parameter given twice":         {"/koi?limit=1&limit=2", "limit", "twice", 400},
		"a format that is none":           {"/koi?format=xls", "format", "votable", 400},
		"a time that is none":             {"/koi?as_of=yesterday", "as_of", "2026-01-02", 400},
		"a version and a time":            {"/koi?as_of=2026-01-02&version=v1", "as_of", "one of the two", 400},
		"an empty sort":                   {"/koi?sort=", "sort", "empty", 400},
		"a list that does not end":        {"/koi?columns=%22a", "columns", "quotation", 400},
		"a parameter that is not encoded": {"/koi?koi_period=%zz", "koi_period=%zz", "%25", 400},
		"a media type that is not there":  {"/koi", "Accept", "text/csv", 406},
		"a row of no table":               {"/tio/rows/1", "table", "toi", 404},
		"columns as of no time":           {"/koi/columns?as_of=x", "as_of", "2026-01-02", 400},
		"versions of no table":            {"/x/versions", "table", "candidates", 404},
		"a difference from no time":       {"/koi/diff?kinds=newish", "kinds", "disposition", 400},
		"a difference of too much":        {"/koi/diff?limit=1e9", "limit", "100000", 400},
		"a difference as a VOTable":       {"/koi/diff?format=votable", "format", "csv", 400},
		"a feed of no table":              {"/x/feed.atom", "table", "koi", 404},
		"a feed of too much":              {"/koi/feed.json?limit=0", "limit", "1000", 400},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			var header []string
			if c.parameter == "Accept" {
				header = []string{"Accept", "image/png, application/pdf;q=0.5"}
			}
			w := f.do("GET", catalogs+c.target, "", header...)
			p := problem(t, w)
			if w.Code != c.status || p["parameter"] != c.parameter || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestAPageSaysWhereItStands(t *testing.T) {
	f := newFixture(t)
	w := f.do("GET", catalogs+"/koi?koi_period=%3E1&limit=100&offset=100&cone=a,b,c", "")
	var doc struct {
		Table                          string
		Version                        history.State
		Total, Offset, Limit, Returned int
		Next                           *string
		Cone                           *query.Cone
		Columns                        []map[string]any
		Rows                           []json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if doc.Table != "koi" || doc.Total != 250 || doc.Offset != 100 || doc.Limit != 100 || doc.Returned != 100 || len(doc.Rows) != 100 ||
		doc.Version.Number != 2 || doc.Cone == nil || len(doc.Columns) != 3 || doc.Next == nil {
		t.Fatalf("%s", w.Body)
	}
	if *doc.Next != "/api/v1/catalogs/koi?koi_period=%3E1&cone=a%2Cb%2Cc&version=koi_20260102_000000&limit=100&offset=200" {
		t.Errorf("next is %s", *doc.Next)
	}
	h := w.Header()
	for name, want := range map[string]string{
		"X-Total-Count": "250", "Content-Type": "application/json", "Content-Disposition": `inline; filename=koi_20260102_000000_selection.json`,
		"Cache-Control": "no-cache", "Vary": "Accept, Accept-Encoding",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	links := regexp.MustCompile(`<([^>]*)>; rel="(\w+)"`).FindAllStringSubmatch(h.Get("Link"), -1)
	var rels []string
	for _, l := range links {
		rels = append(rels, l[2])
	}
	if strings.Join(rels, " ") != "first prev next" || links[2][1] != *doc.Next {
		t.Errorf("Link: %s", h.Get("Link"))
	}
	last := f.do("GET", *doc.Next, "")
	if strings.Contains(last.Header().Get("Link"), "next") || !strings.Contains(last.Body.String(), `"next":null`) {
		t.Errorf("the last page leads on: %v %.300s", last.Header().Get("Link"), last.Body)
	}
	if asked := f.cats.last().(query.Request); asked.Offset != 200 || asked.Ref.Version != "koi_20260102_000000" || asked.Filters[0].Expr != ">1" {
		t.Errorf("the link asks %+v", asked)
	}
}

func TestAllFormatsHoldTheSameRows(t *testing.T) {
	f := newFixture(t)
	for format, media := range map[string]string{
		"json": "application/json", "csv": "text/csv; charset=utf-8; header=present", "votable": "application/x-votable+xml", "parquet": "application/vnd.apache.parquet",
	} {
		byName := f.do("GET", catalogs+"/koi?limit=100&format="+format, "")
		plain, _, _ := strings.Cut(media, ";")
		byAccept := f.do("GET", catalogs+"/koi?limit=100", "", "Accept", plain)
		if byName.Code != 200 || byName.Header().Get("Content-Type") != media || byAccept.Header().Get("Content-Type") != media {
			t.Fatalf("%s: %d %v %v", format, byName.Code, byName.Header(), byAccept.Header())
		}
		if byName.Header().Get("X-Total-Count") != "250" || !strings.Contains(byName.Header().Get("Link"), `rel="next"`) {
			t.Errorf("%s cuts in silence: %v", format, byName.Header())
		}
		body := byName.Body.String()
		switch format {
		case "csv":
			rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
			if err != nil || len(rows) != 101 || rows[100][0] != "K00099.01" || rows[100][1] != "99.5" {
				t.Errorf("%d rows, %v", len(rows), err)
			}
		case "votable":
			if err := xml.Unmarshal([]byte(body), new(struct{})); err != nil || strings.Count(body, "<TR>") != 100 || !strings.Contains(body, "OVERFLOW") {
				t.Errorf("%v\n%.2000s", err, body)
			}
		case "parquet":
			if !strings.HasPrefix(body, "PAR1") || !strings.HasSuffix(body, "PAR1") {
				t.Errorf("%.20q", body)
			}
		}
	}
}

func TestAnAnswerIsKnownByItsTag(t *testing.T) {
	f := newFixture(t)
	tags := map[string]string{}
	for _, target := range []string{"/koi", "/koi?limit=5", "/koi?format=csv", "/koi?offset=1", "/koi?koi_period=1", "/koi?columns=koi_period"} {
		tag := f.do("GET", catalogs+target, "").Header().Get("ETag")
		if other, ok := tags[tag]; ok || tag == "" {
			t.Errorf("%s has the tag of %s", target, other)
		}
		tags[tag] = target
		again := f.do("GET", catalogs+target, "", "If-None-Match", `W/"x", `+tag)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s again: %d", target, again.Code)
		}
		if zipped := f.do("GET", catalogs+target, "", "If-None-Match", tag, "Accept-Encoding", "gzip"); zipped.Code != 200 || zipped.Header().Get("ETag") == tag {
			t.Errorf("%s: the compressed form has the same tag", target)
		}
	}
}

func TestRowsAreCompressedWhereThatIsTaken(t *testing.T) {
	f := newFixture(t)
	plain := f.do("GET", catalogs+"/koi?format=csv", "").Body.String()
	w := f.do("GET", catalogs+"/koi?format=csv", "", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != plain || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v %d", err, len(text))
	}
}

// TestHeadWorksWhereGetDoes asks all routes of this page for their header fields.
func TestHeadWorksWhereGetDoes(t *testing.T) {
	f := newFixture(t)
	srv := httptest.NewServer(f)
	defer srv.Close()
	for _, target := range []string{
		"/catalogs", "/catalogs/koi", "/catalogs/koi?format=csv", "/catalogs/koi?format=parquet", "/catalogs/koi/rows/K1", "/catalogs/koi/columns",
		"/catalogs/koi/versions", "/catalogs/koi/diff", "/targets/Kepler-10", "/catalogs/koi?koi_perod=1", "/catalogs/x",
	} {
		var headers [2]http.Header
		var status [2]int
		for i, method := range []string{"HEAD", "GET"} {
			req, err := http.NewRequest(method, srv.URL+"/api/v1"+target, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", "identity")
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || method == "HEAD" && len(body) > 0 {
				t.Errorf("HEAD %s has a body or %v", target, err)
			}
			res.Body.Close()
			headers[i], status[i] = res.Header, res.StatusCode
		}
		for _, name := range []string{"Content-Type", "ETag", "X-Total-Count", "Link", "Content-Disposition"} {
			if headers[0].Get(name) != headers[1].Get(name) || status[0] != status[1] {
				t.Errorf("%s: %s %q and %q, %v", target, name, headers[0].Get(name), headers[1].Get(name), status)
			}
		}
	}
}

func TestWhatFailsBeforeTheRowsIsAProblemAndAfterThemATornAnswer(t *testing.T) {
	f := newFixture(t)
	f.cats.err = exo.Errorf("fake", exo.Unavailable, nil, "the query took longer than 10 s").Try("ask for less")
	w := f.do("GET", catalogs+"/koi?format=csv", "")
	if p := problem(t, w); w.Code != 503 || p["hint"] != "ask for less" || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.cats.err, f.cats.late = nil, exo.Errorf("fake", exo.Unavailable, nil, "the query took longer than 10 s")
	w = f.do("GET", catalogs+"/koi?limit=10&format=csv", "") // nothing has left yet
	if problem(t, w); w.Code != 503 || w.Header().Get("ETag") != "" || w.Header().Get("X-Total-Count") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = f.do("GET", catalogs+"/koi?limit=10", "", "Accept-Encoding", "gzip")
	if problem(t, w); w.Code != 503 || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestNamesOfFilesAreSafe(t *testing.T) {
	f := newFixture(t)
	for target, want := range map[string]string{
		"/koi?limit=250&format=csv":                        "attachment; filename=koi_20260102_000000.csv",
		"/koi?format=votable":                              "attachment; filename=koi_20260102_000000_selection.vot",
		"/koi?limit=250&columns=koi_period&format=parquet": "attachment; filename=koi_20260102_000000_selection.parquet",
		"/koi/diff?format=csv":                             "attachment; filename=koi_koi_20260101_000000_koi_20260102_000000_diff.csv",
	} {
		if got := f.do("GET", catalogs+target, "").Header().Get("Content-Disposition"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestTheOtherRoutesOfCatalogs(t *testing.T) {
	f := newFixture(t)
	for target, want := range map[string][]string{
		"":                    {`{"table":"koi","versions":2,"rows":250,"columns":3,"newest":{"id":"koi_20260102_000000"`, `{"table":"candidates","versions":0,"rows":0,"columns":0}`},
		"/koi/rows/K00072.01": {`"row":{"kepoi_name":"K00072.01","koi_period":1.5,"limit":null}`},
		"/koi/rows/K2-18%20b%20%7C%20a%2Fb?version=v1": {`"kepoi_name":"K2-18 b | a/b"`},
		"/koi/columns":  {`{"name":"koi_period","type":"double","unit":"d","description":"orbital period"}`},
		"/koi/schema":   {`"schemas":[{"version":"koi_20260101_000000","number":1,`},
		"/koi/versions": {`"versions":[{"id":"koi_20260102_000000","number":2,`},
	} {
		w := f.do("GET", catalogs+target, "")
		for _, part := range want {
			if w.Code != 200 || !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %d %s", target, w.Code, w.Body)
			}
		}
	}
	if w := f.do("GET", catalogs+"/koi/columns?limit=3", ""); w.Code != 400 {
		t.Errorf("an unknown parameter is taken: %d", w.Code)
	}
}

func TestADifferenceInBothFormats(t *testing.T) {
	f := newFixture(t)
	w := f.do("GET", catalogs+"/koi/diff?from=v1&to=v2&kinds=new,disposition&columns=koi_disposition&limit=50&offset=50", "")
	want := history.DiffRequest{
		Table: catalog.KOI, From: tables.Ref{Version: "v1"}, To: tables.Ref{Version: "v2"}, Kinds: []catalog.EventKind{catalog.EventNew, catalog.EventDisposition},
		Columns: []string{"koi_disposition"}, Limit: 50, Offset: 50,
	}
	if got := f.cats.last(); !reflect.DeepEqual(got, want) || w.Code != 200 || !strings.Contains(w.Body.String(), `"events_total":2`) {
		t.Errorf("%d %+v %s", w.Code, got, w.Body)
	}
	link := w.Header().Get("Link")
	u, err := url.Parse(strings.TrimPrefix(strings.Split(link, ">")[0], "<"))
	if err != nil || u.Query().Get("from") != "koi_20260101_000000" || u.Query().Get("offset") != "100" || u.Query().Get("kinds") != "new,disposition" {
		t.Errorf("Link %s", link)
	}
	w = f.do("GET", catalogs+"/koi/diff", "", "Accept", "text/csv")
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "record" || rows[2][6] != "CANDIDATE" || rows[2][7] != "'=cmd()" || rows[3][0] != "cell" {
		t.Errorf("%v %q", err, rows)
	}
	if w.Header().Get("X-Total-Count") != "2" || w.Header().Get("X-Rows-Count") != "150" {
		t.Errorf("%v", w.Header())
	}
}

func TestTheStoryOfAStar(t *testing.T) {
	f := newFixture(t)
	if w := f.do("GET", "/api/v1/targets/Kepler-10", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"values":{"koi_period":0.8}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("GET", "/api/v1/targets/Nobody", ""); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
