package cachetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
)

// Clock is a clock that tests move by hand. It is safe for use by several
// goroutines.
type Clock struct{ ns atomic.Int64 }

// NewClock makes a clock that shows 2026-01-02 03:04:05 UTC.
func NewClock() *Clock {
	c := &Clock{}
	c.ns.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	return c
}

// Now is the exo.Clock.
func (c *Clock) Now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

// Add moves the clock.
func (c *Clock) Add(d time.Duration) { c.ns.Add(int64(d)) }

// Run runs the suite. newCache makes an empty cache with room for at least
// 1 MiB and cleans up by itself; the cache must follow the clock.
func Run(t *testing.T, newCache func(t *testing.T, clock exo.Clock) cache.Cache) {
	for name, test := range map[string]func(*testing.T, cache.Cache, *Clock){
		"what was set is served":                      servesWhatWasSet,
		"what was never set is a miss":                missesUnknown,
		"a second value takes the place of the first": replaces,
		"a deleted value is a miss":                   deletes,
		"a value expires":                             expires,
		"a value without time limit stays":            stays,
		"keys of any form are apart":                  separatesKeys,
		"bad keys and values are refused":             refuses,
		"the caller owns the slices":                  copies,
		"hits and misses are counted":                 counts,
		"a cancelled context stops every call":        heedsContext,
		"many goroutines at once see whole values":    concurrent,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, newCache(t, clock.Now), clock)
		})
	}
}

func set(t *testing.T, c cache.Cache, key, value string, ttl time.Duration) {
	t.Helper()
	if err := c.Set(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatalf("set %q: %v", key, err)
	}
}

func want(t *testing.T, c cache.Cache, key, value string) {
	t.Helper()
	got, ok, err := c.Get(t.Context(), key)
	if err != nil || !ok || string(got) != value {
		t.Errorf("get %.40q = %.40q, %t, %v; want %.40q", key, got, ok, err, value)
	}
}

func miss(t *testing.T, c cache.Cache, key string) {
	t.Helper()
	if got, ok, err := c.Get(t.Context(), key); err != nil || ok || got != nil {
		t.Errorf("get %.40q = %.40q, %t, %v; want a miss", key, got, ok, err)
	}
}

func servesWhatWasSet(t *testing.T, c cache.Cache, _ *Clock) {
	set(t, c, "a", "alpha", time.Hour)
	set(t, c, "empty", "", time.Hour)
	set(t, c, "bytes", "\x00\xff\n\r", time.Hour)
	want(t, c, "a", "alpha")
	want(t, c, "empty", "")
	want(t, c, "bytes", "\x00\xff\n\r")
}

func missesUnknown(t *testing.T, c cache.Cache, _ *Clock) { miss(t, c, "nothing") }

func replaces(t *testing.T, c cache.Cache, clock *Clock) {
	set(t, c, "a", "one", time.Minute)
	set(t, c, "a", "two", time.Hour)
	clock.Add(2 * time.Minute)
	want(t, c, "a", "two")
	s, err := c.Stats(t.Context())
	if err != nil || s.Entries != 1 {
		t.Errorf("%d entries after replacing one (%v)", s.Entries, err)
	}
}

func deletes(t *testing.T, c cache.Cache, _ *Clock) {
	set(t, c, "a", "one", time.Hour)
	for range 2 {
		if err := c.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		miss(t, c, "a")
	}
}

func expires(t *testing.T, c cache.Cache, clock *Clock) {
	set(t, c, "a", "one", time.Minute)
	clock.Add(59 * time.Second)
	want(t, c, "a", "one")
	clock.Add(2 * time.Second)
	miss(t, c, "a")
	set(t, c, "a", "two", time.Minute)
	want(t, c, "a", "two")
}

func stays(t *testing.T, c cache.Cache, clock *Clock) {
	set(t, c, "a", "one", 0)
	clock.Add(100 * 365 * 24 * time.Hour)
	want(t, c, "a", "one")
}

func separatesKeys(t *testing.T, c cache.Cache, _ *Clock) {
	keys := []string{"a", "A", "a/b", "a b", "../../etc/passwd", "a\x00b", "ключ", strings.Repeat("k", cache.MaxKey), strings.Repeat("k", cache.MaxKey-1), "con", ".", "-"}
	for i, k := range keys {
		set(t, c, k, fmt.Sprint(i), time.Hour)
	}
	for i, k := range keys {
		want(t, c, k, fmt.Sprint(i))
	}
}

func refuses(t *testing.T, c cache.Cache, _ *Clock) {
	for _, key := range []string{"", strings.Repeat("k", cache.MaxKey+1)} {
		if err := c.Set(t.Context(), key, nil, time.Hour); !errors.Is(err, exo.Invalid) {
			t.Errorf("set with a key of %d bytes: %v, want Invalid", len(key), err)
		}
		if _, _, err := c.Get(t.Context(), key); !errors.Is(err, exo.Invalid) {
			t.Errorf("get with a key of %d bytes: %v, want Invalid", len(key), err)
		}
		if err := c.Delete(t.Context(), key); !errors.Is(err, exo.Invalid) {
			t.Errorf("delete with a key of %d bytes: %v, want Invalid", len(key), err)
		}
	}
	if err := c.Set(t.Context(), "a", make([]byte, cache.MaxValue+1), time.Hour); !errors.Is(err, exo.TooLarge) {
		t.Errorf("set with too large a value: %v, want TooLarge", err)
	}
}

func copies(t *testing.T, c cache.Cache, _ *Clock) {
	v := []byte("one")
	if err := c.Set(t.Context(), "a", v, time.Hour); err != nil {
		t.Fatal(err)
	}
	v[0] = 'X'
	got, _, err := c.Get(t.Context(), "a")
	if err != nil || string(got) != "one" {
		t.Fatalf("got %q, %v", got, err)
	}
	got[0] = 'Y'
	want(t, c, "a", "one")
}

func counts(t *testing.T, c cache.Cache, _ *Clock) {
	set(t, c, "a", "one", time.Hour)
	want(t, c, "a", "one")
	want(t, c, "a", "one")
	want(t, c, "a", "one")
	miss(t, c, "b")
	s, err := c.Stats(t.Context())
	if err != nil || s.Hits != 3 || s.Misses != 1 || s.HitRate != 0.75 || s.Entries != 1 || s.Bytes <= 0 || s.Backend == "" {
		t.Errorf("stats %+v, %v", s, err)
	}
}

func heedsContext(t *testing.T, c cache.Cache, _ *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Set(ctx, "a", []byte("one"), time.Hour); !errors.Is(err, exo.Canceled) {
		t.Errorf("set: %v, want Canceled", err)
	}
	if _, _, err := c.Get(ctx, "a"); !errors.Is(err, exo.Canceled) {
		t.Errorf("get: %v, want Canceled", err)
	}
	if err := c.Delete(ctx, "a"); !errors.Is(err, exo.Canceled) {
		t.Errorf("delete: %v, want Canceled", err)
	}
	if _, err := c.Stats(ctx); !errors.Is(err, exo.Canceled) {
		t.Errorf("stats: %v, want Canceled", err)
	}
	miss(t, c, "a")
}

func concurrent(t *testing.T, c cache.Cache, _ *Clock) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				key := fmt.Sprint("k", i%4)
				value := bytes.Repeat([]byte{byte('a' + g)}, 100+g)
				if err := c.Set(t.Context(), key, value, time.Hour); err != nil {
					t.Error(err)
				}
				got, ok, err := c.Get(t.Context(), key)
				if err != nil {
					t.Error(err)
				}
				if ok && (len(got) != 100+int(got[0]-'a') || len(bytes.Trim(got, string(got[:1]))) != 0) {
					t.Errorf("a mixed value of %d bytes", len(got))
				}
				if i%7 == 0 {
					if err := c.Delete(t.Context(), key); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}
