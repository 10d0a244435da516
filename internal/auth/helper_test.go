package auth_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	password = "canary-horse-4f1d2c"
	address  = "192.0.2.7"
)

var ctx = context.Background()

// world is a database with a clock that the test moves, and the master keys.
type world struct {
	t    testing.TB
	path string
	db   *sqldb.DB
	mu   sync.Mutex // guards what follows
	now  time.Time
	ring *seal.Ring
	fail error // what Ring answers with
}

// maker makes a world.
type maker = func(testing.TB) *world

// onBoth runs a test on SQLite and on Postgres.
func onBoth(t *testing.T, test func(t *testing.T, newWorld maker)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld) })
	t.Run("postgres", func(t *testing.T) {
		test(t, func(t testing.TB) *world { return worldAt(t, sqldb.Options{URL: xtest.Postgres(t)}) })
	})
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldAt(t, sqldb.Options{Path: filepath.Join(t.TempDir(), "x.db")})
}

func worldAt(t testing.TB, at sqldb.Options) *world {
	t.Helper()
	w := &world{t: t, path: at.Path, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	db, err := sqldb.Open(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	w.ring = must(seal.New(nil))(t)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) setRing(r *seal.Ring, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ring, w.fail = r, err
}

func (w *world) keys() (*seal.Ring, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ring, w.fail
}

// service is one process on the database.
func (w *world) service() *auth.Service {
	w.t.Helper()
	return must(auth.Open(ctx, auth.Options{DB: w.db, Ring: w.keys, Clock: w.clock}))(w.t)
}

// people makes ada, an admin, and rob, a researcher.
func people(t testing.TB, s *auth.Service) {
	t.Helper()
	must(s.CreateUser(ctx, "ada", auth.Admin, password))(t)
	must(s.CreateUser(ctx, "rob", auth.Researcher, password))(t)
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

func signIn(t testing.TB, s *auth.Service, name string) auth.Tokens {
	t.Helper()
	return must(s.SignIn(ctx, name, password, address))(t)
}

func bearer(text string) http.Header { return http.Header{"Authorization": {"Bearer " + text}} }

// caller authenticates and expects to succeed.
func caller(t testing.TB, s *auth.Service, text string) auth.Caller {
	t.Helper()
	c, found, err := s.Authenticate(ctx, bearer(text))
	if err != nil || !found {
		t.Fatalf("found %v, %v", found, err)
	}
	return c
}

func wantKind(t testing.TB, what string, err error, kind exo.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func wantRefused(t testing.TB, what string, s *auth.Service, text string) {
	t.Helper()
	c, found, err := s.Authenticate(ctx, bearer(text))
	if !found || !errors.Is(err, exo.Unauthenticated) || c.Name != "" || c.Role != "" || c.UserID != "" {
		t.Errorf("%s: %+v, found %v, %v", what, c, found, err)
	}
}
