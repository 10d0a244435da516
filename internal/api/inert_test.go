package api_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
)

// hostileTexts are what somebody may have put into a catalog.
var hostileTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `=cmd|'/C calc'!A0`, `+1+1`, `-2+3`, `@SUM(A1)`, "\t=1+1", `]]></TD><TD>x`, `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>&b;`,
	"a\r\nX-Evil: 1\r\n\r\n<html>", `'; DROP TABLE files; --`, `{{7*7}}${7*7}`, "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "a\x00b", `javascript:alert(1)`, "a,b\nc;d\"e",
}

// TestHostileTextsAreInertInEveryOutput is S10: what an archive wrote is text in
// every form of an answer, never markup, a formula or a header field.
func TestHostileTextsAreInertInEveryOutput(t *testing.T) {
	f := newFixture(t)
	checks := 0
	for _, text := range hostileTexts {
		f.cats.text = text
		for _, form := range []string{"json", "csv", "votable", "parquet"} {
			w := f.do("GET", "/api/v1/catalogs/koi?limit=2&format="+form, "")
			if w.Code != 200 || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Fatalf("%s of %q: %d %s", form, text, w.Code, w.Body)
			}
			inert(t, form, text, w.Body.String())
			checks++
		}
		for path, form := range map[string]string{
			"/api/v1/targets/Kepler-10": "json", "/api/v1/feed.atom": "votable", "/api/v1/feed.json": "json", "/api/v1/catalogs/koi/feed.atom": "votable",
		} {
			w := f.do("GET", path, "")
			if w.Code != 200 || strings.Contains(w.Header().Get("Content-Type"), "html") {
				t.Fatalf("%s: %d %v", path, w.Code, w.Header())
			}
			inert(t, form, text, w.Body.String())
			checks++
		}
		checks += echoed(t, f, text)
	}
	counted(t, "answers that carry hostile texts (S10)", checks)
}

// inert looks at an answer with a parser of its form.
func inert(t *testing.T, form, text, body string) {
	t.Helper()
	switch form {
	case "json":
		if !json.Valid([]byte(body)) {
			t.Errorf("%q makes JSON that is none", text)
		}
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil || len(rows) != 3 || len(rows[1]) != 3 {
			t.Errorf("%q makes %d rows of CSV, %v", text, len(rows), err)
			return
		}
		if cell := strings.TrimLeft(rows[1][0], " \t\r\n"); strings.ContainsAny(cell[:1], "=+-@") {
			t.Errorf("%q is a formula in CSV: %q", text, rows[1][0])
		}
	case "votable":
		dec := xml.NewDecoder(strings.NewReader(body))
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Errorf("%q makes XML that is none: %v", text, err)
				break
			}
			if e, ok := tok.(xml.StartElement); ok && slices.Contains([]string{"script", "img", "html"}, strings.ToLower(e.Name.Local)) {
				t.Errorf("%q makes an element %s", text, e.Name.Local)
			}
			if d, ok := tok.(xml.Directive); ok && strings.Contains(string(d), "ENTITY") {
				t.Errorf("%q makes a directive", text)
			}
		}
	}
	if strings.ContainsAny(body, "\x1b\x00") && form != "parquet" {
		t.Errorf("%q: a control character stands in the %s", text, form)
	}
}

// echoed sends the text itself to the routes that speak of what they were asked.
func echoed(t *testing.T, f *fixture, text string) (checks int) {
	t.Helper()
	q := url.QueryEscape(text)
	for _, path := range []string{
		"/api/v1/catalogs/koi?koi_period=" + q, "/api/v1/catalogs/koi?" + q, "/api/v1/catalogs/koi?sort=" + q, "/api/v1/catalogs/koi?version=" + q, "/api/v1/catalogs/koi?koi_period=1&format=" + q,
		"/api/v1/catalogs/" + url.PathEscape(text), "/api/v1/targets/" + url.PathEscape(text), "/api/v1/files/" + url.PathEscape(text), "/api/v1/data/version/" + url.PathEscape(text), "/api/v1/jobs/" + url.PathEscape(text),
		"/api/v1/nothing/" + url.PathEscape(text),
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			w := f.do(method, path, "")
			checks++
			for name, values := range w.Header() {
				for _, v := range values {
					if strings.ContainsAny(v, "\r\n\x00\x1b") || strings.HasPrefix(name, "X-Evil") {
						t.Errorf("%s %s: %s: %q", method, path, name, v)
					}
				}
			}
			ct := w.Header().Get("Content-Type")
			if strings.Contains(ct, "html") || w.Code >= 500 || strings.ContainsAny(w.Body.String(), "\x1b\x00") {
				t.Errorf("%s %s: %d %s %q", method, path, w.Code, ct, w.Body)
			}
			if method == "GET" && strings.Contains(ct, "json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s: %s", method, path, w.Body)
			}
		}
	}
	for _, body := range []map[string]string{{"table_type": text}, {"target_name": text, "table_type": "koi"}, {text: "koi"}} {
		raw := must(json.Marshal(body))(t)
		w := f.do("POST", "/api/v1/data/ingest/table", string(raw))
		checks++
		if codeOf(w) != exo.Invalid || !json.Valid(w.Body.Bytes()) || strings.ContainsAny(w.Body.String(), "\x1b\x00") {
			t.Errorf("%v: %d %q", body, w.Code, w.Body)
		}
	}
	return checks
}
