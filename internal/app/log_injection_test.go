package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// hostile are texts that would make two lines of one, or a terminal do things.
var hostile = []string{
	"a\r\nINJECTED level=ERROR msg=\"a second event\"", "a\n{\"level\":\"ERROR\",\"msg\":\"INJECTED\"}", "\x1b[2J\x1b]0;INJECTED\x07",
	`"},{"msg":"INJECTED`, "\u0085INJECTED\u2028INJECTED", "\u009b31mINJECTED", "\u202eDETCEJNI", "\x00\x08\x7fINJECTED", strings.Repeat("INJECTED", 4000),
}

func TestOneEventIsOneLine(t *testing.T) { // S11
	t.Parallel()
	s := sky(t)
	srv := s.serve(t, "--verbose")
	asked := 0
	send := func(method, path, body string, header http.Header) {
		req, err := http.NewRequest(method, srv.url+path, strings.NewReader(body))
		if err != nil {
			return // the client's library does not let it out
		}
		for k, v := range header {
			req.Header[k] = v
		}
		req.Header.Set("X-Asked", "yes")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		asked++
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	_, document := srv.do(t, "GET", "/openapi.json", "")
	asked++
	for _, bad := range hostile {
		for _, r := range routesWith(t, document, bad) {
			send(r.method, r.path, r.body, http.Header{"Content-Type": {"application/json"}})
		}
		in, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		escaped := (&urlText{bad}).String()
		for _, path := range []string{"/" + escaped, "/api/v1/jobs/" + escaped, "/api/v1/targets/" + escaped, "/api/v1/files/" + escaped, "/api/v1/data/version/" + escaped,
			"/api/v1/catalogs/koi?sort=" + escaped, "/api/v1/catalogs/koi?" + escaped + "=1", "/api/v1/health?" + escaped} {
			send("GET", path, "", nil)
		}
		for path, body := range map[string]string{
			"/api/v1/data/ingest/table":          `{"table_type":%s}`,
			"/api/v1/data/ingest/lightcurve":     `{"target_name":%s,"mission":%s}`,
			"/api/v1/data/preprocess/lightcurve": `{"target_name":%s,"mission":"TESS","processing_params":{"normalize_method":%s}}`,
			"/api/v1/data/validate":              `{"data_type":"koi","target_name":%s}`,
			"/api/v1/data/version/create":        `{"version_name":%s,"description":%s}`,
			"/api/v1/auth/token":                 `{"username":%s,"password":%s}`,
			"/api/v1/users":                      `{"name":%s,"role":"admin","password":%s}`,
		} {
			send("POST", path, strings.ReplaceAll(body, "%s", string(in)), http.Header{"Content-Type": {"application/json"}})
		}
		for _, name := range []string{"X-Request-Id", "User-Agent", "Origin", "Referer", "X-Forwarded-For", "Forwarded", "Authorization", "X-Api-Key", "Content-Type", "Accept"} {
			send("POST", "/api/v1/data/validate", `{}`, http.Header{name: {strings.Map(func(r rune) rune {
				if r == '\r' || r == '\n' || r == 0 {
					return '\t'
				}
				return r
			}, bad)}})
		}
		send("BREW-"+strings.ToUpper(strconv.Quote(bad)), "/", "", nil)
	}
	srv.stop()
	lines := s.lines(t, "access.log")
	if len(lines) != asked || asked < 800 {
		t.Errorf("%d requests made %d lines", asked, len(lines))
	}
	s.lines(t, "data_ingestion.log")
	s.lines(t, "preprocessing.log")
	s.lines(t, "audit.log")
	logs, err := filepath.Glob(s.path("logs/*"))
	if err != nil || len(logs) < 4 {
		t.Fatal(logs, err)
	}
	texts := map[string]string{"standard error": srv.said()}
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if at := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool {
				return r < ' ' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\u202e'
			}); at >= 0 {
				t.Errorf("%s: a character that a terminal obeys: %q", name, line[max(0, at-60):min(len(line), at+20)])
			}
			if strings.HasPrefix(line, "INJECTED") || len(line) > 20_000 {
				t.Errorf("%s: a line of %d bytes: %.80q", name, len(line), line)
			}
		}
	}
}

// route is a call with a text in each place for one.
type route struct{ method, path, body string }

// routesWith fills each route of the interface's own description: every part of the
// path, parameter and member of the body that takes a text gets this one.
func routesWith(t *testing.T, document map[string]any, text string) (list []route) {
	t.Helper()
	in := (&urlText{text}).String()
	for path, methods := range document["paths"].(map[string]any) {
		for method, op := range methods.(map[string]any) {
			if strings.HasSuffix(path, "/events") {
				continue // has no end
			}
			r := route{method: strings.ToUpper(method), path: regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, in)}
			mark := "?"
			parameters, _ := op.(map[string]any)["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(map[string]any); p["in"] == "query" {
					r.path += mark + p["name"].(string) + "=" + in[:min(len(in), 300)]
					mark = "&"
				}
			}
			if body, ok := op.(map[string]any)["requestBody"].(map[string]any); ok {
				if form, ok := body["content"].(map[string]any)["application/json"].(map[string]any); ok {
					doc, err := json.Marshal(filled(document, form["schema"], text, 0))
					if err != nil {
						t.Fatal(err)
					}
					r.body = string(doc)
				}
			}
			list = append(list, r)
		}
	}
	if len(list) < 60 {
		t.Fatalf("only %d routes", len(list))
	}
	return list
}

// filled makes a document of a schema, with the text wherever one may stand.
func filled(document map[string]any, schema any, text string, deep int) any {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		s = document["components"].(map[string]any)["schemas"].(map[string]any)[ref[strings.LastIndex(ref, "/")+1:]].(map[string]any)
	}
	kind, _ := s["type"].(string)
	if kinds, ok := s["type"].([]any); ok {
		kind, _ = kinds[0].(string)
	}
	switch {
	case deep > 4:
		return nil
	case kind == "object":
		out := map[string]any{}
		members, _ := s["properties"].(map[string]any)
		for name, of := range members {
			out[name] = filled(document, of, text, deep+1)
		}
		return out
	case kind == "array":
		return []any{filled(document, s["items"], text, deep+1)}
	case kind == "integer", kind == "number":
		return 1
	case kind == "boolean":
		return true
	}
	return text
}

// urlText writes a text as a part of a path or a query.
type urlText struct{ text string }

func (u *urlText) String() string {
	var b strings.Builder
	for _, c := range []byte(u.text[:min(len(u.text), 1500)]) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func TestSecretsAreFoundNowhere(t *testing.T) { // S11
	t.Parallel()
	s := sky(t)
	const seed = "S3cretSeed"
	secrets := map[string]string{"NASA_API_KEY": seed + "Nasa", "ESA_API_KEY": seed + "Esa"}
	srv := start(t, with(s.getenv, secrets), "serve", "--listen", "127.0.0.1:0", "--verbose")
	srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi"}`)
	srv.do(t, "POST", "/api/v1/auth/token", `{"username":"eve","password":"`+seed+`Password"}`)
	srv.do(t, "POST", "/api/v1/auth/token", `{"refresh_token":"`+seed+`Refresh"}`)
	srv.do(t, "GET", "/api/v1/jobs?token="+seed+"Query&password="+seed+"Query2", "")
	srv.do(t, "GET", "/api/v1/jobs", "", "Authorization", "Bearer "+seed+"Bearer")
	srv.do(t, "GET", "/api/v1/jobs", "", "Authorization", "Bearer exo_aaaaaaaaaaaa_"+seed+"Key")
	srv.do(t, "GET", "/api/v1/jobs", "", "X-API-Key", "exo_aaaaaaaaaaaa_"+seed+"Header")
	srv.do(t, "GET", "/api/v1/jobs", "", "Cookie", "session="+seed+"Cookie")
	texts := map[string]string{"metrics": srv.text(t, "/metrics"), "health": srv.text(t, "/api/v1/health"), "status": srv.text(t, "/api/v1/data/ingestion/status")}
	srv.stop()
	texts["standard error"] = srv.said()
	logs, err := filepath.Glob(s.path("logs/*"))
	if err != nil || len(logs) < 3 {
		t.Fatal(logs, err)
	}
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	for name, text := range texts {
		if text == "" && strings.Contains(name, "access") {
			t.Error("the access log is empty")
		}
		if at := strings.Index(text, seed); at >= 0 {
			t.Errorf("%s tells a secret: %q", name, text[max(0, at-80):min(len(text), at+40)])
		}
	}
}
