package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// FuzzBody: whatever the body, the answer is the result or a refusal, never a
// fault of ours; and what is accepted has the meaning that a strict reader
// gives it.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"table_type":"koi"}`, `{"table_type":"toi","force_refresh":null}`, `{"table_type":"k2","force_refresh":true}`, `{"table_type":1}`,
		`null`, `[]`, `""`, `{`, `{"table_type":"koi"} `, "\xff", `{"table_type":"koi","table_type":"toi"}`, `{"TABLE_TYPE":"koi"}`, `{"table_type":"k\u006fi"}`, "\ufeff{}",
	} {
		f.Add(seed)
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, body string) {
		fix.ingest.calls = nil
		w := fix.do("POST", "/api/v1/data/ingest/table", body)
		if w.Code != 200 && w.Code != 400 && w.Code != 413 {
			t.Fatalf("%d for %q: %s", w.Code, body, w.Body)
		}
		if (w.Code == 200) != (len(fix.ingest.calls) == 1) {
			t.Fatalf("%d with %d calls", w.Code, len(fix.ingest.calls))
		}
		if w.Code != 200 {
			problem(t, w)
			return
		}
		var strict struct {
			TableType    string `json:"table_type"`
			ForceRefresh *bool  `json:"force_refresh"`
		}
		dec := json.NewDecoder(strings.NewReader(body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&strict); err != nil {
			t.Fatalf("accepted %q: %v", body, err)
		}
	})
}

// FuzzFilePath: no path leads to anything but a refusal where nothing is held.
func FuzzFilePath(f *testing.F) {
	for _, seed := range []string{"raw/nasa/koi.csv", "../etc/passwd", "metadata/exoplanetai.db", "checksums/raw.sha256", "a//b", "raw/\x00", ".lock", "raw/..", "metadata/.json", "metadata/metadata/x.json"} {
		f.Add(seed)
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, path string) {
		w := fix.do("GET", "/api/v1/files/"+(&url.URL{Path: path}).EscapedPath(), "")
		if w.Code != 400 && w.Code != 404 {
			t.Fatalf("%d for %q: %s", w.Code, path, w.Body)
		}
	})
}

// FuzzCatalogQuery sends any query: what is refused is a problem document, what
// is taken is asked again by the link to the next page.
func FuzzCatalogQuery(f *testing.F) {
	for _, seed := range []string{
		"koi_period=1..5&limit=7", "koi_depth>100", "koi_period=%zz", "columns=%22a", "sort=&limit=0", "limit=1&limit=2", "column.limit=3",
		"cone=1,2,3&as_of=2026-01-02&format=csv", "&&==&=&limit", "koi_period=%00", "format=votable&offset=9007199254740993",
	} {
		f.Add(seed)
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, query string) {
		req := httptest.NewRequest("GET", "http://localhost:8000/api/v1/catalogs/koi", nil)
		req.URL.RawQuery = query
		w := httptest.NewRecorder()
		fix.ServeHTTP(w, req)
		switch w.Code {
		case 200:
			next := regexp.MustCompile(`<([^>]*)>; rel="next"`).FindStringSubmatch(w.Header().Get("Link"))
			if next == nil {
				return
			}
			if again := fix.do("GET", next[1], ""); again.Code != 200 {
				t.Errorf("%q leads to %q: %d %s", query, next[1], again.Code, again.Body)
			}
		case 400, 404, 406, 413:
			problem(t, w)
		default:
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
	})
}
