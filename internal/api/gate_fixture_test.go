package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"log/slog"
	"math/rand/v2"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/sqldb"
)

const pass = "canary-horse-4f1d2c"

// stampedShelf is a store that holds checksum files, and says when it changed.
type stampedShelf struct {
	emptyShelf
	mu    sync.Mutex
	stamp int
	asked int
}

func (s *stampedShelf) Checksums(context.Context, string) ([]byte, error) { return []byte("x\n"), nil }

func (s *stampedShelf) Stamp(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return fmt.Sprint(s.stamp), nil
}

func (s *stampedShelf) change() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stamp++
}

// guarded is a server with accounts and a record, and a clock that the test moves.
type guarded struct {
	*fixture
	t     testing.TB
	auth  *auth.Service
	short *auth.Service // of the same accounts; its access tokens live for a second
	audit *audit.Log
	db    *sqldb.DB
	shelf *stampedShelf
	seed  byte
	kept  map[string]string

	mu  sync.Mutex // guards what follows
	now time.Time
}

func (g *guarded) clock() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

func (g *guarded) pass(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = g.now.Add(d)
}

// newGuarded builds it; change may change the options.
func newGuarded(t testing.TB, change func(*api.Options)) *guarded {
	t.Helper()
	ctx := context.Background()
	g := &guarded{t: t, fixture: newFixture(t), shelf: &stampedShelf{}, now: noon}
	db, err := sqldb.Open(ctx, sqldb.Options{Path: filepath.Join(t.TempDir(), "x.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ring := must(seal.New(nil))(t)
	o := auth.Options{DB: db, Ring: func() (*seal.Ring, error) { return ring, nil }, Clock: g.clock, AccessTTL: 1000 * time.Hour, RefreshTTL: 2000 * time.Hour}
	g.db, g.auth = db, must(auth.Open(ctx, o))(t)
	o.AccessTTL = time.Second
	g.short = must(auth.Open(ctx, o))(t)
	g.audit = must(audit.Open(ctx, audit.Options{DB: db, Clock: g.clock}))(t)
	opt := g.options()
	if change != nil {
		change(&opt)
	}
	g.Server = must(api.New(opt))(t)
	return g
}

// once makes something at the first call and remembers it.
func (g *guarded) once(name string, make func() string) string {
	if g.kept == nil {
		g.kept = map[string]string{}
	}
	if g.kept[name] == "" {
		g.kept[name] = make()
	}
	return g.kept[name]
}

// rebuild makes the server anew on the same accounts.
func (g *guarded) rebuild(change func(*api.Options)) {
	g.t.Helper()
	o := g.options()
	change(&o)
	g.Server = must(api.New(o))(g.t)
}

// options are those of a server that needs sign-in.
func (g *guarded) options() api.Options {
	f := g.fixture
	return api.Options{
		Ingest: f.ingest, Process: f.proc, Jobs: f.queue, Library: g.shelf, Version: "test",
		Catalogs: f.cats, Versions: f.cats, History: f.cats, Review: f.review, Reports: f.review, Releases: f.releases, Maintain: f.maintain, Backup: f.backup, Integrity: f.integrity,
		Clock: g.clock, Rand: rand.NewChaCha8([32]byte{1}), Log: slog.New(slog.DiscardHandler), Poll: time.Millisecond,
		Auth: g.auth, Audit: g.audit, Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "up 1") }),
	}
}

// crowd is the accounts of people as they stand in the table: to make them
// takes a tenth of a second each, on purpose.
var crowd struct {
	sync.Mutex
	rows [][]any
}

const accountColumns = "id, name, role, password, gen, created_at, last_sign_in, disabled"

// people makes ada (admin), rob (researcher), una and eve (users).
func (g *guarded) people() {
	g.t.Helper()
	ctx := context.Background()
	crowd.Lock()
	defer crowd.Unlock()
	for _, row := range crowd.rows {
		if _, err := g.db.ExecContext(ctx, `INSERT INTO auth_users(`+accountColumns+`) VALUES(?, ?, ?, ?, ?, ?, ?, ?)`, row...); err != nil {
			g.t.Fatal(err)
		}
	}
	if crowd.rows != nil {
		return
	}
	for _, u := range []struct {
		name string
		role auth.Role
	}{{"ada", auth.Admin}, {"rob", auth.Researcher}, {"una", auth.User}, {"eve", auth.User}} {
		must(g.auth.CreateUser(ctx, u.name, u.role, pass))(g.t)
	}
	rows, err := g.db.QueryContext(ctx, `SELECT `+accountColumns+` FROM auth_users`)
	if err != nil {
		g.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row := make([]any, 8)
		to := make([]any, 8)
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			g.t.Fatal(err)
		}
		crowd.rows = append(crowd.rows, row)
	}
}

// token signs a user in.
func (g *guarded) token(name string) string {
	g.t.Helper()
	g.pass(time.Minute) // ten tries a minute
	return must(g.auth.SignIn(context.Background(), name, pass, "192.0.2.9"))(g.t).AccessToken
}

// key makes an API key.
func (g *guarded) key(user string, k auth.NewKey) (string, auth.KeyInfo) {
	g.t.Helper()
	k.Name, k.User = "a key", user
	info, secret, err := g.auth.CreateKey(context.Background(), k)
	if err != nil {
		g.t.Fatal(err)
	}
	return secret, info
}

// as sends a request with a token or key; empty: with none.
func (g *guarded) as(credential, method, target, body string, header ...string) *httptest.ResponseRecorder {
	if credential != "" {
		header = append(header, "Authorization", "Bearer "+credential)
	}
	return g.do(method, target, body, header...)
}

// events returns what the record holds, newest first.
func (g *guarded) events(f audit.Filter) []audit.Event {
	g.t.Helper()
	return must(g.audit.Query(context.Background(), f))(g.t).Events
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// codeOf is the member code of a problem document.
func codeOf(w *httptest.ResponseRecorder) exo.Kind {
	var p struct{ Code exo.Kind }
	_ = json.Unmarshal(w.Body.Bytes(), &p) // no document, no code
	return p.Code
}

// member reads one member of a JSON answer.
func member(t testing.TB, w *httptest.ResponseRecorder, name string) any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return m[name]
}

// plainPath is a route's path with its wildcards filled.
func plainPath(route string, values map[string]string) string {
	_, path, _ := strings.Cut(route, " ")
	path = strings.ReplaceAll(path, "{$}", "")
	for name, v := range values {
		path = strings.NewReplacer("{"+name+"}", v, "{"+name+"...}", v).Replace(path)
	}
	return path
}
