package redis_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/cache/cachetest"
	"exoplanetai/internal/cache/file"
	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(spenderAddr) != "" {
		spend()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// patient is a wait that a busy machine keeps.
const patient = 30 * time.Second

// open makes a cache that is closed at the end.
func open(t testing.TB, o redis.Options) *redis.Cache {
	t.Helper()
	if !strings.Contains(o.URL, "://") {
		o.URL = "redis://" + o.URL
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Wait == 0 {
		o.Wait = patient
	}
	c := redis.Open(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// files makes a fallback.
func files(t testing.TB, clock exo.Clock) cache.Cache {
	t.Helper()
	d, err := fsys.OpenDir(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	c, err := file.New(file.Options{FS: d, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// set, want and miss are what a caller sees, who must never see an error.
func set(t testing.TB, c cache.Cache, key, value string) {
	t.Helper()
	if err := c.Set(t.Context(), key, []byte(value), time.Hour); err != nil {
		t.Errorf("set %q: %v", key, err)
	}
}

func want(t testing.TB, c cache.Cache, key, value string) {
	t.Helper()
	if got, ok, err := c.Get(t.Context(), key); err != nil || !ok || string(got) != value {
		t.Errorf("get %q = %.60q, %t, %v; want %.60q", key, got, ok, err, value)
	}
}

func miss(t testing.TB, c cache.Cache, key string) {
	t.Helper()
	if got, ok, err := c.Get(t.Context(), key); err != nil || ok {
		t.Errorf("get %q = %.60q, %t, %v; want a miss", key, got, ok, err)
	}
}

// until waits for Redis to be up, or down.
func until(t testing.TB, c *redis.Cache, up bool) {
	t.Helper()
	for range 1000 {
		if c.State().Up == up {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("still %+v", c.State())
}

func TestConformance(t *testing.T) {
	addr := xtest.Redis(t)
	var n int
	t.Run("on Redis", func(t *testing.T) {
		cachetest.Run(t, func(t *testing.T, clock exo.Clock) cache.Cache {
			n++
			return open(t, redis.Options{URL: addr, Clock: clock, Prefix: fmt.Sprintf("test[%d]*/", n)})
		})
	})
	t.Run("on Redis with a secret", func(t *testing.T) {
		cachetest.Run(t, func(t *testing.T, clock exo.Clock) cache.Cache {
			n++
			return open(t, redis.Options{URL: addr, Clock: clock, Prefix: fmt.Sprint(n, "/"), Key: []byte("secret")})
		})
	})
	t.Run("on the fallback, Redis is absent", func(t *testing.T) {
		cachetest.Run(t, func(t *testing.T, clock exo.Clock) cache.Cache {
			return open(t, redis.Options{URL: "127.0.0.1:1", Clock: clock, Fallback: files(t, clock)})
		})
	})
}

func TestValuesOfEverySizeComeBackOrAreDropped(t *testing.T) {
	c := open(t, redis.Options{URL: xtest.Redis(t)})
	noise := func(n int) string { // does not compress
		b := make([]byte, n)
		x := uint64(n)*2654435761 + 1
		for i := range b {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			b[i] = byte(x)
		}
		return string(b)
	}
	for _, n := range []int{0, 1, 1023, 1024, 1025, 100_000, 1 << 20, 2<<20 - 100} {
		set(t, c, "noise", noise(n))
		want(t, c, "noise", noise(n))
		set(t, c, "text", strings.Repeat("x", n))
		want(t, c, "text", strings.Repeat("x", n))
	}
	set(t, c, "text", strings.Repeat("x", 4<<20))
	want(t, c, "text", strings.Repeat("x", 4<<20))
	s, err := c.Stats(t.Context())
	if err != nil || s.Entries != 2 || s.Bytes > 2<<20+100_000 {
		t.Errorf("a compressible value is not compressed: %+v, %v", s, err)
	}
	set(t, c, "text", strings.Repeat("x", 4<<20+1))
	miss(t, c, "text") // and not the value before
	set(t, c, "noise", noise(2<<20))
	miss(t, c, "noise")
}

func TestAnAddressThatCannotBeUsedIsRefusedWithoutItsPassword(t *testing.T) {
	for _, url := range []string{"", "localhost:6379", "http://localhost", "unix:///run/redis.sock", "redis://h/0/1", "redis://h/zero", "redis://h/-1",
		"rediss://u:s3cret@h?skip_verify=true", "redis://:s3cret@h?addr=other:1", "redis://:s3cret@h:port/%zz"} {
		err := redis.Check(url)
		if !errors.Is(err, exo.Invalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"redis://localhost", "redis://localhost:6379", "rediss://u:p@h:6380/3", "redis://:p@[::1]:6379/0"} {
		if err := redis.Check(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	c := open(t, redis.Options{URL: "http://localhost", Fallback: files(t, time.Now)})
	set(t, c, "key", "value")
	want(t, c, "key", "value")
	if s := c.State(); s.Up || s.Reason == "" {
		t.Errorf("%+v", s)
	}
}

func TestAPasswordIsAskedForAndNeverLogged(t *testing.T) {
	s := xtest.NewRedis(t)
	if got := s.Do("CONFIG", "SET", "requirepass", "right"); got != "+OK" {
		t.Fatal(got)
	}
	var log syncText
	good := open(t, redis.Options{URL: "redis://:right@" + s.Addr})
	set(t, good, "key", "value")
	want(t, good, "key", "value")
	bad := open(t, redis.Options{URL: "redis://:wr0ng@" + s.Addr, Log: slog.New(slog.NewTextHandler(&log, nil))})
	set(t, bad, "key", "value")
	miss(t, bad, "key")
	if text := log.String(); !strings.Contains(text, "WRONGPASS") || strings.Contains(text, "wr0ng") {
		t.Errorf("logged: %s", text)
	}
}

func TestAClosedCacheServesFromTheFallback(t *testing.T) {
	addr := xtest.Redis(t)
	for _, used := range []bool{true, false} {
		c := open(t, redis.Options{URL: addr, Fallback: files(t, time.Now)})
		if used {
			set(t, c, "key", "value")
		}
		for range 2 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		set(t, c, "key", "other")
		want(t, c, "key", "other")
		if c.State().Up {
			t.Error("up after close")
		}
	}
}

func TestACallerWhoLeavesIsNoSignOfAnOutage(t *testing.T) {
	c := open(t, redis.Options{URL: xtest.Redis(t)})
	set(t, c, "key", "value")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			_, _, _ = c.Get(ctx, "key") // served or cancelled
		})
	}
	wg.Wait()
	if s := c.State(); !s.Up {
		t.Errorf("%+v", s)
	}
}

func TestStatsOfManyKeysAreEstimated(t *testing.T) {
	s := xtest.NewRedis(t)
	c := open(t, redis.Options{URL: s.Addr})
	set(t, c, "first", "v")
	const n = 20_000
	fill := fmt.Sprintf(`for i = 1, %d do redis.call('SET', 'exoplanetai/cache/1/' .. i, string.rep('v', 100)) redis.call('SET', 'other/' .. i, '') end`, n)
	if got := s.Do("EVAL", fill, "0"); got != "$-1" {
		t.Fatal(got)
	}
	st, err := c.Stats(t.Context())
	if err != nil || st.Backend != "redis" || st.Entries < n*8/10 || st.Entries > n*12/10 || st.Bytes < 80*n || st.Bytes > 120*n {
		t.Errorf("%+v, %v", st, err)
	}
}

// syncText collects a log.
type syncText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestAServerWithoutAGoodCertificateIsNotTrusted(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	c := open(t, redis.Options{URL: "rediss://" + s.Listener.Addr().String(), Fallback: files(t, time.Now)})
	set(t, c, "key", "value")
	want(t, c, "key", "value")
	if st := c.State(); st.Up || !strings.Contains(st.Reason, "certificate") {
		t.Errorf("%+v", st)
	}
}
