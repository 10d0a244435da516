package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/limit"
)

// sharedPages is a cache that several servers share, and that may fail.
type sharedPages struct {
	mu   sync.Mutex
	m    map[string][]byte
	fail bool
}

func (c *sharedPages) Get(_ context.Context, key string) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail {
		return nil, false, exo.Errorf("fake", exo.Unavailable, nil, "down")
	}
	v, ok := c.m[key]
	return v, ok, nil
}

func (c *sharedPages) Set(_ context.Context, key string, value []byte, _ time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail {
		return exo.Errorf("fake", exo.Unavailable, nil, "down")
	}
	if c.m == nil {
		c.m = map[string][]byte{}
	}
	c.m[key] = value
	return nil
}

func (c *sharedPages) Delete(context.Context, string) error { return nil }

func (c *sharedPages) Stats(context.Context) (cache.Stats, error) { return cache.Stats{}, nil }

const keptPath = "/api/v1/catalogs/koi?limit=10"

// ask reads a page and tells what its head says.
func (g *guarded) ask(t *testing.T, credential, path string, header ...string) (xCache, age, body string) {
	t.Helper()
	w := g.as(credential, "GET", path, "", header...)
	if w.Code != 200 && w.Code != 304 {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Header().Get("X-Cache"), w.Header().Get("Age"), w.Body.String()
}

func TestAnswersAreKeptUntilTheDataChange(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una, rob := g.token("una"), g.token("rob")
	for _, path := range []string{
		"/api/v1/catalogs", keptPath, "/api/v1/catalogs/koi/columns", "/api/v1/catalogs/koi/versions", "/api/v1/catalogs/koi/schema",
		"/api/v1/catalogs/koi/rows/K00001.01", "/api/v1/catalogs/koi/diff", "/api/v1/targets/Kepler-10",
	} {
		first, _, made := g.ask(t, una, path)
		g.pass(7 * time.Second)
		second, age, kept := g.ask(t, rob, path) // what is kept is the same for all who may ask
		if first != "miss" || second != "hit" || age != "7" || kept != made {
			t.Errorf("%s: %s, then %s of age %q, same %v", path, first, second, age, kept == made)
		}
		if other, _, _ := g.ask(t, una, path, "Accept-Encoding", "gzip"); other != "miss" {
			t.Errorf("%s, compressed: %s", path, other)
		}
		g.shelf.change()
		g.pass(200 * time.Millisecond)
		if after, _, _ := g.ask(t, una, path); after != "miss" {
			t.Errorf("%s after new data: %s", path, after)
		}
		if later, _, _ := g.ask(t, una, path); later != "hit" {
			t.Errorf("%s: %s", path, later)
		}
		g.pass(time.Hour)
		if late, _, _ := g.ask(t, una, path); late != "miss" {
			t.Errorf("%s after an hour: %s", path, late)
		}
	}
}

func TestAChangeByThisServerIsSeenAtOnce(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	g.ask(t, ada, keptPath)
	g.shelf.change()
	if w := g.as(ada, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`); w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	if after, _, _ := g.ask(t, ada, keptPath); after != "miss" { // the clock has not moved
		t.Errorf("after an ingest: %s", after)
	}
}

func TestWhatIsKeptIsHeldToAccessAndConditions(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	g.ask(t, una, keptPath)
	ingestOnly, _ := g.key("ada", auth.NewKey{Scopes: []auth.Scope{auth.ScopeIngest}})
	for credential, want := range map[string]int{"": 401, "garbage": 401, ingestOnly: 403, una: 200} {
		if w := g.as(credential, "GET", keptPath, ""); w.Code != want || want != 200 && w.Header().Get("X-Cache") != "" {
			t.Errorf("%.10s: %d %v", credential, w.Code, w.Header())
		}
	}
	w := g.as(una, "GET", keptPath, "")
	tag := w.Header().Get("ETag")
	if same := g.as(una, "GET", keptPath, "", "If-None-Match", tag); same.Code != 304 || same.Body.Len() > 0 || same.Header().Get("X-Cache") != "hit" || same.Header().Get("ETag") != tag {
		t.Errorf("%d %v", same.Code, same.Header())
	}
	fresh := newFixture(t).do("GET", keptPath, "")
	for _, name := range []string{"Content-Type", "ETag", "Link", "X-Total-Count", "Content-Disposition", "Vary", "Cache-Control", "Content-Security-Policy"} {
		if got, want := w.Header()[http.CanonicalHeaderKey(name)], fresh.Header()[http.CanonicalHeaderKey(name)]; strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s of a kept answer: %q, of a new one: %q", name, got, want)
		}
	}
	if head := g.as(una, "HEAD", keptPath, ""); head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("X-Total-Count") == "" {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
	if a, _, _ := g.ask(t, una, "/api/v1/catalogs/koi?limit=11"); a != "miss" {
		t.Errorf("another page: %s", a)
	}
}

func TestErrorsAndTornAnswersAreNotKept(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	for range 2 {
		if w := g.as(una, "GET", "/api/v1/targets/Nobody-7", ""); w.Code != 404 || w.Header().Get("X-Cache") == "hit" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	g.cats.late = exo.Errorf("fake", exo.Corrupt, nil, "torn")
	func() {
		defer func() { _ = recover() }() // the connection is cut
		g.as(una, "GET", "/api/v1/catalogs/koi?limit=250", "")
	}()
	g.cats.late = nil
	if a, _, body := g.ask(t, una, "/api/v1/catalogs/koi?limit=250"); a == "hit" || !json.Valid([]byte(body)) {
		t.Errorf("a torn answer was kept: %s", a)
	}
}

func TestServersShareWhatTheyKeep(t *testing.T) {
	pages := &sharedPages{}
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	g.rebuild(func(o *api.Options) { o.Pages = pages })
	_, _, made := g.ask(t, una, keptPath)
	g.rebuild(func(o *api.Options) { o.Pages = pages }) // another server
	if a, _, kept := g.ask(t, una, keptPath); a != "hit" || kept != made {
		t.Errorf("%s", a)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"rubbish":     func([]byte) []byte { return []byte("rubbish") },
		"from later":  func([]byte) []byte { return []byte(`{"at":"2099-01-01T00:00:00Z","header":{},"body":""}`) },
		"far too old": func([]byte) []byte { return []byte(`{"at":"2020-01-01T00:00:00Z","header":{},"body":""}`) },
	} {
		for key, text := range pages.m {
			pages.m[key] = spoil(text)
		}
		g.rebuild(func(o *api.Options) { o.Pages = pages })
		if a, _, body := g.ask(t, una, keptPath); a != "miss" || body != made {
			t.Errorf("%s: %s", name, a)
		}
	}
	pages.fail = true
	g.rebuild(func(o *api.Options) { o.Pages = pages })
	if a, _, body := g.ask(t, una, keptPath); a != "miss" || body != made {
		t.Errorf("the shared cache is down: %s", a)
	}
	if a, _, _ := g.ask(t, una, keptPath); a != "hit" {
		t.Errorf("memory alone: %s", a)
	}
}

// TestAPageIsMadeOnceForManyWhoAsk lets 30 ask at once for what is not kept.
func TestAPageIsMadeOnceForManyWhoAsk(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	g.cats.slow = 50 * time.Millisecond
	var wait sync.WaitGroup
	for range 30 {
		wait.Go(func() { g.as(una, "GET", "/api/v1/targets/Kepler-10", "") })
	}
	wait.Wait()
	g.cats.mu.Lock()
	defer g.cats.mu.Unlock()
	if n := len(g.cats.asked); n != 1 {
		t.Errorf("the star was looked up %d times", n)
	}
}

func TestMemoryOfWhatIsKeptIsBounded(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	g.LimitKept(1 << 20)
	for i := range 60 { // about 30 kB each
		if w := g.as(una, "GET", "/api/v1/catalogs/koi?limit=250&offset="+strings.Repeat("0", 1+i), ""); w.Code != 200 {
			t.Fatal(w.Code, w.Body)
		}
	}
	if n := g.KeptBytes(); n > 1<<20 || n < 1<<19 {
		t.Errorf("%d bytes are kept", n)
	}
}

// nothing takes an answer and keeps no byte of it.
type nothing struct {
	h      http.Header
	status int
	n      int
}

func (n *nothing) Header() http.Header         { return n.h }
func (n *nothing) Write(b []byte) (int, error) { n.n += len(b); return len(b), nil }
func (n *nothing) WriteHeader(status int)      { n.status = status }

// BenchmarkKeptPage is a page of a table and a star's summary as they are
// answered from what is kept, with sign-in, limits, record and watch on.
func BenchmarkKeptPage(b *testing.B) {
	g := newGuarded(b, nil)
	g.people()
	key, _ := g.key("una", auth.NewKey{})
	budget := func() limit.Limiter { return limit.New(limit.Options{PerMinute: 1e6, Burst: 1e9, Clock: time.Now}) }
	g.rebuild(func(o *api.Options) {
		o.Clock = time.Now
		o.Limits = api.Limits{Address: budget(), User: budget(), Key: budget()}
		o.Watch = audit.NewWatch(audit.WatchOptions{Record: g.audit, Clock: time.Now})
	})
	for _, path := range []string{"/api/v1/catalogs/koi?limit=100", "/api/v1/targets/Kepler-10"} {
		b.Run(filepath.Base(strings.TrimSuffix(path, "?limit=100")), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				r := g.request("GET", path, "", "Authorization", "Bearer "+key)
				r.RequestURI = path
				for pb.Next() {
					w := &nothing{h: http.Header{}}
					if g.ServeHTTP(w, r); w.status >= 400 || w.n == 0 {
						b.Fatal(w.status, w.h)
					}
				}
			})
		})
	}
}
