package api_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/jobs"
)

var update = flag.Bool("update", false, "write docs/security.md's table anew")

// sample is a request that a route answers well.
type sample struct {
	values map[string]string // of the wildcards
	query  string
	body   string
	absent bool // there is nothing of that name in the fixture: 404 for whoever is let in
	make   func(g *guarded, user string) map[string]string
}

// ownThings makes what a route needs of its caller's: a job, a key, a user.
func ownJob(g *guarded, user string) map[string]string {
	g.seed++
	id := fmt.Sprintf("job%d", g.seed)
	g.queue.set(jobs.Job{ID: id, Kind: "k", State: jobs.Succeeded, CreatedAt: noon})
	if u, err := g.auth.User(context.Background(), user); err == nil {
		if err := g.auth.Own(context.Background(), "job "+id, u.ID); err != nil {
			g.t.Fatal(err)
		}
	}
	return map[string]string{"id": id}
}

func openJob(g *guarded, user string) map[string]string {
	v := ownJob(g, user)
	g.queue.set(jobs.Job{ID: v["id"], Kind: "k", State: jobs.Queued, CreatedAt: noon})
	return v
}

func ownKey(g *guarded, user string) map[string]string {
	if user == "" {
		user = "eve"
	}
	_, info := g.key(user, auth.NewKey{})
	return map[string]string{"id": info.ID}
}

func newUser(g *guarded, _ string) map[string]string {
	g.seed++
	name := fmt.Sprintf("tmp%d", g.seed)
	must(g.auth.CreateUser(context.Background(), name, auth.User, pass))(g.t)
	return map[string]string{"name": name}
}

// samples has one for each route that needs more than its path. A new route with
// wildcards or a body must be given one.
var samples = map[string]sample{
	"GET /api/v1/catalogs/{table}":                 {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/columns":         {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/diff":            {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/feed.atom":       {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/feed.json":       {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/schema":          {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/versions":        {values: map[string]string{"table": "koi"}},
	"GET /api/v1/catalogs/{table}/rows/{key}":      {values: map[string]string{"table": "koi", "key": "K00001.01"}},
	"GET /api/v1/targets/{id}":                     {values: map[string]string{"id": "Kepler-10"}},
	"GET /api/v1/lightcurves/{id}":                 {values: map[string]string{"id": "TIC1"}},
	"GET /api/v1/files/{path...}":                  {values: map[string]string{"path": "checksums/raw.sha256"}},
	"HEAD /api/v1/files/{path...}":                 {values: map[string]string{"path": "checksums/raw.sha256"}},
	"GET /api/v1/data/validate/reports/{name}":     {values: map[string]string{"name": "koi_20260102_030405"}, absent: true},
	"GET /api/v1/data/validate/compare":            {query: "?from=koi_20260102_030405&to=koi_20260103_030405"},
	"GET /api/v1/data/version/{name}":              {values: map[string]string{"name": "v1"}},
	"GET /api/v1/data/version/{name}/cite":         {values: map[string]string{"name": "v1"}},
	"GET /api/v1/data/version/{name}/diff/{other}": {values: map[string]string{"name": "v1", "other": "v2"}},
	"DELETE /api/v1/data/version/{name}":           {values: map[string]string{"name": "v1"}},
	"POST /api/v1/data/version/{name}/verify":      {values: map[string]string{"name": "v1"}},
	"POST /api/v1/data/version/{name}/restore":     {values: map[string]string{"name": "v1"}, body: `{"target":"folder"}`},
	"POST /api/v1/data/version/create":             {body: `{"version_name":"v3"}`},
	"POST /api/v1/data/ingest/table":               {body: `{"table_type":"koi"}`},
	"POST /api/v1/data/ingest/lightcurve":          {body: `{"target_name":"TIC 441420236"}`},
	"POST /api/v1/data/ingest/held/{id}/approve":   {values: map[string]string{"id": "h1"}},
	"POST /api/v1/data/ingest/held/{id}/discard":   {values: map[string]string{"id": "h1"}},
	"POST /api/v1/data/validate":                   {body: `{"data_type":"koi"}`},
	"POST /api/v1/data/preprocess/lightcurve":      {body: `{"target_name":"TIC 441420236"}`},
	"POST /api/v1/data/backup/restore":             {body: `{"folder":"b"}`},
	"POST /api/v1/data/storage/rollback":           {body: `{"what":"koi","to":"v1"}`},
	"GET /api/v1/jobs/{id}":                        {make: ownJob},
	"GET /api/v1/jobs/{id}/events":                 {make: ownJob},
	"DELETE /api/v1/jobs/{id}":                     {make: openJob},
	"POST /api/v1/auth/token":                      {body: `{"username":"eve","password":"` + pass + `"}`},
	"POST /api/v1/auth/logout":                     {},
	"POST /api/v1/users":                           {body: `{"name":"new%d","role":"user","password":"` + pass + `"}`},
	"GET /api/v1/users/{name}":                     {values: map[string]string{"name": "eve"}},
	"PATCH /api/v1/users/{name}":                   {make: newUser, body: `{"disabled":true}`},
	"DELETE /api/v1/users/{name}":                  {make: newUser},
	"PUT /api/v1/users/{name}/password":            {make: func(_ *guarded, user string) map[string]string { return map[string]string{"name": cmp.Or(user, "eve")} }, body: `{"password":"` + pass + `","current_password":"` + pass + `"}`},
	"POST /api/v1/keys":                            {body: `{"name":"n","scopes":["admin"]}`},
	"GET /api/v1/keys/{id}":                        {make: ownKey},
	"DELETE /api/v1/keys/{id}":                     {make: ownKey},
	"POST /api/v1/data/admin/cleanup":              {},
}

// try sends the sample of a route with a credential.
func (g *guarded) try(t *testing.T, a api.Access, credential, user string) *httptest.ResponseRecorder {
	t.Helper()
	s := samples[a.Route]
	values := s.values
	if s.make != nil {
		values = s.make(g, user)
	}
	method, _, _ := strings.Cut(a.Route, " ")
	path := plainPath(a.Route, values)
	if strings.Contains(path, "{") {
		t.Fatalf("%s has no sample", a.Route)
	}
	body := s.body
	if strings.Contains(body, "%d") {
		g.seed++
		body = fmt.Sprintf(body, g.seed)
	}
	g.pass(10 * time.Second) // tries to sign in are counted
	r := httptest.NewRequest(method, "http://localhost:8000"+path+s.query, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	if strings.HasSuffix(a.Route, "/audit/events") { // it goes on until the client leaves
		ctx, cancel = context.WithTimeout(ctx, 30*time.Millisecond)
		defer cancel()
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r.WithContext(ctx))
	return w
}

// who is a caller of the matrix.
type who struct {
	name string
	user string
	role auth.Role     // empty: nobody is recognized
	make func() string // its credential
	only auth.Scope    // the only scope of the key; empty: all
}

func (g *guarded) callers(t *testing.T) []who {
	ctx := context.Background()
	list := []who{{name: "nobody", make: func() string { return "" }}}
	for user, role := range map[string]auth.Role{"una": auth.User, "rob": auth.Researcher, "ada": auth.Admin} {
		list = append(list, who{name: "token of " + string(role), user: user, role: role, make: func() string { return g.token(user) }})
		secret, _ := g.key(user, auth.NewKey{})
		list = append(list, who{name: "key of " + string(role), user: user, role: role, make: func() string { return secret }})
	}
	for _, scope := range auth.Scopes() {
		secret, _ := g.key("ada", auth.NewKey{Scopes: []auth.Scope{scope}})
		list = append(list, who{name: "admin's key for " + string(scope), user: "ada", role: auth.Admin, only: scope, make: func() string { return secret }})
	}
	fixed := func(name, credential string) {
		list = append(list, who{name: name, make: func() string { return credential }})
	}
	must(g.auth.CreateUser(ctx, "gone", auth.Admin, pass))(t)
	gone, goneKey := g.token("gone"), ""
	goneKey, _ = g.key("gone", auth.NewKey{})
	must(g.auth.CreateUser(ctx, "shut", auth.Admin, pass))(t)
	shut := g.token("shut")
	expired := must(g.short.SignIn(ctx, "ada", pass, "192.0.2.9"))(t).AccessToken
	signedOut := must(g.auth.SignIn(ctx, "ada", pass, "192.0.2.9"))(t).AccessToken
	c, _, err := g.auth.Authenticate(ctx, http.Header{"Authorization": {"Bearer " + signedOut}})
	if err != nil || g.auth.SignOut(ctx, c, false) != nil || g.auth.DeleteUser(ctx, "gone") != nil || g.auth.Disable(ctx, "shut") != nil {
		t.Fatal("cannot end what should be ended")
	}
	revoked, info := g.key("ada", auth.NewKey{})
	if err := g.auth.RevokeKey(ctx, info.ID); err != nil {
		t.Fatal(err)
	}
	late, _ := g.key("ada", auth.NewKey{ExpiresAt: g.clock().Add(time.Second)})
	g.pass(time.Hour)
	for name, credential := range map[string]string{
		"expired token": expired, "signed-out token": signedOut, "token of a deleted admin": gone, "key of a deleted admin": goneKey, "token of a disabled admin": shut,
		"revoked key": revoked, "expired key": late, "garbage": "garbage", "key of nobody": "exo_0123456789abcdef_" + strings.Repeat("A", 43),
	} {
		fixed(name, credential)
	}
	return list
}

// TestEveryRouteLetsInWhomTheTableSays is S1: every route with every kind of
// caller. The table is the one that the server decides by; that the decisions
// are the wanted ones is for the reader of docs/security.md.
func TestEveryRouteLetsInWhomTheTableSays(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	g.proc.view = viewOf(sector(1, 10))
	callers, checks := g.callers(t), 0
	for i, c := range callers {
		if i%thin != 0 {
			continue
		}
		credential := c.make()
		for _, a := range api.Matrix() {
			w := g.try(t, a, credential, c.user)
			checks++
			want := "let in"
			switch {
			case a.Role == "":
			case c.role == "":
				want = "401"
			case !c.role.Includes(a.Role), a.Scope != "" && c.only != "" && c.only != a.Scope:
				want = "403"
			}
			if got := verdict(a, w); got != want {
				t.Errorf("%s, %s: %s (%d %s), want %s", a.Route, c.name, got, w.Code, w.Body, want)
			}
			if want != "let in" && (w.Header().Get("WWW-Authenticate") != "") != (w.Code == 401) {
				t.Errorf("%s, %s: %v", a.Route, c.name, w.Header())
			}
			if strings.HasSuffix(a.Route, "/auth/logout") || strings.HasSuffix(a.Route, "/password") { // the session has ended
				credential = c.make()
			}
		}
	}
	counted(t, "calls of every route by every kind of caller (S1)", checks)
	counted(t, "kinds of callers (S1)", len(callers))
}

// verdict says how a route took a caller.
func verdict(a api.Access, w *httptest.ResponseRecorder) string {
	switch {
	case w.Code == 401 || w.Code == 403:
		return fmt.Sprint(w.Code)
	case w.Code < 400, w.Code == 404 && samples[a.Route].absent:
		return "let in"
	case w.Code == 409 && strings.HasSuffix(a.Route, "/logout"): // a key has no session
		return "let in"
	}
	return fmt.Sprintf("failed with %d", w.Code)
}

// TestWhatIsAnothersDoesNotExist is the part of S1 about objects: a user asks
// for what belongs to another, and gets the answer for what there is not.
func TestWhatIsAnothersDoesNotExist(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	checks := 0
	for _, a := range api.Matrix() {
		s := samples[a.Route]
		if !a.Own || !strings.Contains(a.Route, "{") {
			continue
		}
		values := s.make(g, "eve")
		method, _, _ := strings.Cut(a.Route, " ")
		path := plainPath(a.Route, values)
		for _, user := range []string{"una", "rob"} {
			theirs := g.as(g.token(user), method, path, s.body)
			var none string
			for _, v := range values {
				none = strings.Repeat("z", len(v))
				path2 := strings.Replace(path, v, none, 1)
				nothing := g.as(g.token(user), method, path2, s.body)
				same := strings.ReplaceAll(theirs.Body.String(), v, none)
				if cut := func(s string) string { before, _, _ := strings.Cut(s, `"request_id"`); return before }; theirs.Code != 404 || nothing.Code != 404 || cut(same) != cut(nothing.Body.String()) {
					t.Errorf("%s by %s: another's %d %s\nnothing: %d %s", a.Route, user, theirs.Code, theirs.Body, nothing.Code, nothing.Body)
				}
			}
			checks++
		}
		if w := g.as(g.token("ada"), method, path, s.body); w.Code >= 300 {
			t.Errorf("%s by an admin: %d %s", a.Route, w.Code, w.Body)
		}
	}
	if checks < 10 {
		t.Errorf("only %d checks", checks)
	}
	counted(t, "routes and users that asked for another's object (S1)", checks)
	id := ownJob(g, "eve")["id"]
	for _, path := range []string{"/api/v1/jobs", "/api/v1/data/ingestion/status"} {
		if w := g.as(g.token("una"), "GET", path, ""); w.Code != 200 || strings.Contains(w.Body.String(), id) {
			t.Errorf("%s shows another's: %d %s", path, w.Code, w.Body)
		}
		if w := g.as(g.token("eve"), "GET", path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), id) {
			t.Errorf("%s does not show one's own: %d %s", path, w.Code, w.Body)
		}
	}
	_, info := g.key("eve", auth.NewKey{})
	for _, query := range []string{"", "?user=eve", "?user=ada", "?user=zzz"} {
		if w := g.as(g.token("una"), "GET", "/api/v1/keys"+query, ""); w.Code != 200 || strings.Contains(w.Body.String(), info.ID) {
			t.Errorf("keys%s shows another's: %d %s", query, w.Code, w.Body)
		}
	}
	for _, body := range []string{`{"name":"n","user":"eve"}`, `{"name":"n","user":"zzz"}`, `{"name":"n","role":"admin"}`} {
		if w := g.as(g.token("una"), "POST", "/api/v1/keys", body); w.Code != 403 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// securityTable is the matrix as docs/security.md shows it.
func securityTable() string {
	var b strings.Builder
	b.WriteString("| route | least role | scope of a key | recorded | remarks |\n|---|---|---|---|---|\n")
	for _, a := range api.Matrix() {
		role, scope, audited := string(a.Role), string(a.Scope), ""
		if role == "" {
			role = "–"
		}
		if scope == "" {
			scope = "–"
		}
		if a.Audit {
			audited = "yes"
		}
		var notes []string
		for _, n := range []struct {
			is   bool
			text string
		}{
			{a.Own, "another's is 404; admins see all"}, {a.Near, "or the addresses of `security.metrics_from`"}, {a.Free, "not counted by limits"}, {a.Kept, "kept (`X-Cache`, `Age`)"},
			{a.Form, "each try is recorded, 10 a minute"}, {strings.HasSuffix(a.Route, "/restore") && strings.Contains(a.Route, "version"), "`in_place`: admin"},
		} {
			if n.is {
				notes = append(notes, n.text)
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", a.Route, role, scope, audited, strings.Join(notes, "; "))
	}
	return b.String()
}

func TestTheTableOfAccessIsDocumented(t *testing.T) {
	const begin, end = "<!-- access: written by go test ./internal/api -run Documented -update -->\n", "<!-- /access -->\n"
	name := filepath.Join("..", "..", "docs", "security.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table of access", name)
	}
	want := before + begin + securityTable() + end + after
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("docs/security.md does not show the table of access: run the test with -update")
	}
}
