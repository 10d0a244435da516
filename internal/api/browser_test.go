package api_test

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
)

// headers are those that every answer has, whatever it answers.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
}

// TestEveryAnswerHasTheHeaders is S13: good answers, refusals and errors alike.
func TestEveryAnswerHasTheHeaders(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada, checks := g.token("ada"), 0
	for _, a := range api.Matrix() {
		for _, credential := range []string{ada, "", "garbage"} {
			w := g.try(t, a, credential, "ada")
			checks++
			for name, want := range headers {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s (%d): %s is %q", a.Route, w.Code, name, got)
				}
			}
			for _, name := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Set-Cookie", "Strict-Transport-Security"} {
				if got := w.Header().Get(name); got != "" {
					t.Errorf("%s: %s is %q", a.Route, name, got)
				}
			}
			if w.Header().Get("X-Request-Id") == "" || w.Header().Get("Cache-Control") == "" {
				t.Errorf("%s: %v", a.Route, w.Header())
			}
		}
		if strings.HasSuffix(a.Route, "/password") || strings.HasSuffix(a.Route, "/logout") {
			ada = g.token("ada")
		}
	}
	counted(t, "answers and refusals whose header fields were looked at (S13)", checks)
}

func TestOnlyListedOriginsMayCall(t *testing.T) {
	const good = "https://lab.example.org"
	g := newGuarded(t, func(o *api.Options) { o.CORS = []string{good} })
	g.people()
	ada := g.token("ada")
	pre := g.do("OPTIONS", "/api/v1/data/ingest/table", "", "Origin", good, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	if h := pre.Header(); pre.Code != 204 || h.Get("Access-Control-Allow-Origin") != good || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "DELETE") ||
		!strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", pre.Code, h)
	}
	for _, origin := range []string{"https://evil.example", "http://lab.example.org", "https://lab.example.org.evil.example", "https://LAB.example.org:444", "null", "https://lab.example.org/"} {
		pre := g.do("OPTIONS", "/api/v1/data/ingest/table", "", "Origin", origin, "Access-Control-Request-Method", "POST")
		get := g.as(ada, "GET", "/api/v1/catalogs", "", "Origin", origin)
		post := g.as(ada, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`, "Origin", origin)
		if pre.Code == 204 || pre.Header().Get("Access-Control-Allow-Origin")+get.Header().Get("Access-Control-Allow-Origin")+post.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may read: %d %v", origin, pre.Code, get.Header())
		}
		if post.Code != 403 {
			t.Errorf("%s may write: %d", origin, post.Code)
		}
	}
	if len(g.ingest.calls) > 0 {
		t.Error("a page of another origin reached an ingest")
	}
	for name, w := range map[string]http.Header{
		"a new answer":  g.as(ada, "GET", keptPath, "", "Origin", good).Header(),
		"a kept answer": g.as(ada, "GET", keptPath, "", "Origin", good).Header(),
		"a refusal":     g.as("garbage", "GET", keptPath, "", "Origin", good).Header(),
	} {
		if w.Get("Access-Control-Allow-Origin") != good || !slices.Contains(w.Values("Vary"), "Origin") || !strings.Contains(w.Get("Access-Control-Expose-Headers"), "RateLimit-Remaining") {
			t.Errorf("%s: %v", name, w)
		}
	}
	if other := g.as(ada, "GET", keptPath, ""); other.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("what was kept for a page tells its origin to others")
	}
	if w := g.as(ada, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`, "Origin", good, "Sec-Fetch-Site", "cross-site"); w.Code != 200 {
		t.Errorf("the listed origin: %d %s", w.Code, w.Body)
	}
}

func TestEncryptedConnectionsStaySo(t *testing.T) {
	const hsts = "Strict-Transport-Security"
	g := newGuarded(t, nil)
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		tls    bool
		peer   string
		proto  string
		secure bool
	}{
		"plain": {false, "192.0.2.1", "", false}, "plain, said to be TLS": {false, "192.0.2.1", "https", false}, "own TLS": {true, "192.0.2.1", "", true},
		"a proxy that speaks TLS": {false, "10.0.0.1", "https", true}, "a proxy that does not": {false, "10.0.0.1", "http", false}, "a proxy that says nothing": {false, "10.0.0.1", "", false},
	} {
		g.rebuild(func(o *api.Options) { o.TLS, o.Proxies = c.tls, proxies })
		header := []string{}
		if c.proto != "" {
			header = []string{"X-Forwarded-Proto", c.proto}
		}
		if _, h := g.from(c.peer, "", "GET", "/docs", "", header...); (h.Get(hsts) != "") != c.secure {
			t.Errorf("%s: %q", name, h.Get(hsts))
		}
	}
}

// TestMethodsAndDebugPagesAreClosed is S13.
func TestMethodsAndDebugPagesAreClosed(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	for _, method := range []string{"TRACE", "OPTIONS", "PROPFIND", "PURGE", "get", "BREW"} {
		for _, path := range []string{"/api/v1/catalogs", "/api/v1/users", "/"} {
			if w := g.as(ada, method, path, ""); w.Code != 405 || w.Header().Get("Allow") == "" || strings.Contains(w.Body.String(), ada) {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
	for _, path := range []string{
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/debug", "/.git/config", "/.env", "/admin", "/api/v1/admin", "/server-status", "/api/v2/users", "/api/v1/Users", "/api/v1/users/ada/role",
		"/api/v1/files/metadata/exoplanetai.db", "/api/v1/files/logs/audit.log", "/api/v1/files/metadata", "/api/v1/files/versions/.git/config", "/api/v1/files/staging",
	} {
		if w := g.as(ada, "GET", path, ""); w.Code != 404 && w.Code != 400 { // 400: no path of the tree
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, header := range []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"} {
		if w := g.as(ada, "GET", "/api/v1/users/una", "", header, "DELETE"); w.Code != 200 {
			t.Errorf("%s: %d", header, w.Code)
		}
	}
	if w := g.as(ada, "GET", "/api/v1/users/una?_method=DELETE", ""); w.Code != 400 {
		t.Errorf("_method: %d", w.Code)
	}
	if _, err := g.auth.User(t.Context(), "una"); err != nil {
		t.Error("una is gone")
	}
}

// TestAPanicTellsNothingAndIsRecorded is S13: 500 without detail, a record of
// the failed call, and the server lives.
func TestAPanicTellsNothingAndIsRecorded(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	g.ingest.panics = true
	w := g.as(ada, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`)
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), ".go:") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if e := g.events(audit.Filter{Limit: 1})[0]; e.Outcome != "failed" || e.Code != "Internal" || e.Object != "" && e.Object != "koi" {
		t.Errorf("recorded %+v", e)
	}
	g.ingest.panics = false
	if w := g.as(ada, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

// TestNoAccountIsThereFromTheBeginning is S13: nobody knows a password before
// somebody sets one.
func TestNoAccountIsThereFromTheBeginning(t *testing.T) {
	g := newGuarded(t, nil)
	for _, name := range []string{"admin", "root", "exoplanetai", "user", "test"} {
		for _, password := range []string{"admin", "password", "exoplanetai", "changeme", "", "admin-admin-admin"} {
			g.pass(60e9)
			if w := g.do("POST", signInPath, signInBody(name, password)); w.Code != 401 {
				t.Errorf("%s:%s: %d", name, password, w.Code)
			}
		}
	}
	if w := g.do("GET", "/api/v1/catalogs", ""); w.Code != 401 {
		t.Errorf("a server that others reach, without users: %d", w.Code)
	}
	if w := g.do("POST", "/api/v1/users", `{"name":"eve","role":"admin","password":"`+pass+`"}`); w.Code != 401 {
		t.Errorf("a stranger makes the first user: %d", w.Code)
	}
}

// TestRoutesAreTheDescribedAndTheTabled is S14: what is served, what is
// described, and what the table of access decides are the same routes.
func TestRoutesAreTheDescribedAndTheTabled(t *testing.T) {
	var tabled, pages []string
	for _, a := range api.Matrix() {
		_, path, _ := strings.Cut(a.Route, " ")
		if route := strings.ReplaceAll(a.Route, "...}", "}"); strings.HasPrefix(path, api.Base) && path != api.Base+"/openapi.json" || path == "/metrics" {
			tabled = append(tabled, route)
		} else {
			pages = append(pages, route)
		}
	}
	if slices.Sort(tabled); !slices.Equal(tabled, contract) { // openapi_test compares contract with what is served and described
		t.Errorf("table\n%s", strings.Join(tabled, "\n"))
	}
	if want := []string{"GET /api/v1/openapi.json", "GET /docs", "GET /openapi.json", "GET /static/docs.js", "GET /static/icon.svg", "GET /static/index.js", "GET /static/page.css", "GET /{$}"}; !slices.Equal(pages, want) {
		t.Errorf("pages %v", pages)
	}
	paths := spec(t, newFixture(t))["paths"].(map[string]any)
	for _, a := range api.Matrix() {
		method, path, _ := strings.Cut(strings.ReplaceAll(a.Route, "...}", "}"), " ")
		item, ok := paths[path].(map[string]any)
		if !ok {
			continue // a page
		}
		op := item[strings.ToLower(method)].(map[string]any)
		role, _ := op["x-role"].(string)
		scope, _ := op["x-scope"].(string)
		if _, secured := op["security"]; role != string(a.Role) || scope != string(a.Scope) || secured != (a.Role != "") {
			t.Errorf("%s is described with role %q and scope %q", a.Route, role, scope)
		}
	}
	counted(t, "routes served, described and in the table of access (S14)", len(tabled))
}
