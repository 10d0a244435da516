package limit_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hand is a clock that tests move.
type hand struct{ ns atomic.Int64 }

func newHand() *hand {
	h := &hand{}
	h.ns.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	return h
}

func (h *hand) now() time.Time      { return time.Unix(0, h.ns.Load()) }
func (h *hand) add(d time.Duration) { h.ns.Add(int64(d)) }

func ask(t testing.TB, l limit.Limiter, key string, cost int) limit.Decision {
	t.Helper()
	d, err := l.Allow(t.Context(), key, cost)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestABudgetIsSpentAndComesBackEvenly(t *testing.T) {
	h := newHand()
	l := limit.New(limit.Options{PerMinute: 60, Burst: 3, Clock: h.now})
	s := time.Second
	for i, step := range []struct {
		after time.Duration
		cost  int
		want  limit.Decision
	}{
		{0, 0, limit.Decision{Allowed: true, Limit: 3, Remaining: 3}},
		{0, 1, limit.Decision{Allowed: true, Limit: 3, Remaining: 2, Reset: s}},
		{0, 2, limit.Decision{Allowed: true, Limit: 3, Remaining: 0, Reset: 3 * s}},
		{0, 1, limit.Decision{Limit: 3, Reset: 3 * s, RetryAfter: s}},
		{0, 0, limit.Decision{Allowed: true, Limit: 3, Reset: 3 * s}},
		{s / 2, 1, limit.Decision{Limit: 3, Reset: 5 * s / 2, RetryAfter: s / 2}},
		{s / 2, 1, limit.Decision{Allowed: true, Limit: 3, Reset: 3 * s}},
		{2 * s, 3, limit.Decision{Limit: 3, Remaining: 2, Reset: s, RetryAfter: s}},
		{0, 2, limit.Decision{Allowed: true, Limit: 3, Reset: 3 * s}},
		{time.Hour, 9, limit.Decision{Allowed: true, Limit: 3, Reset: 3 * s}}, // as dear as a burst
		{0, 9, limit.Decision{Limit: 3, Reset: 3 * s, RetryAfter: 3 * s}},
		{-24 * time.Hour, 1, limit.Decision{Limit: 3, Reset: 3 * s, RetryAfter: s}}, // the clock was put back: no longer than a burst
		{s, 1, limit.Decision{Allowed: true, Limit: 3, Reset: 3 * s}},
	} {
		h.add(step.after)
		if got := ask(t, l, "key", step.cost); got != step.want {
			t.Errorf("step %d: %+v, want %+v", i, got, step.want)
		}
	}
	if got := ask(t, l, "other", 1); !got.Allowed || got.Remaining != 2 {
		t.Errorf("another key pays, too: %+v", got)
	}
}

func TestInTheLongRunTheRateHolds(t *testing.T) {
	h := newHand()
	l := limit.New(limit.Options{Clock: h.now})
	var allowed int
	for range 10 * 60 * 100 { // ten minutes, a call each 10 ms
		if ask(t, l, "key", 1).Allowed {
			allowed++
		}
		h.add(10 * time.Millisecond)
	}
	if allowed < 1199 || allowed > 1200 {
		t.Errorf("%d calls in ten minutes at 100 a minute and a burst of 200", allowed)
	}
}

func TestWhatCannotBeDecidedIsRefused(t *testing.T) {
	l := limit.New(limit.Options{Clock: newHand().now})
	if _, err := l.Allow(t.Context(), "key", -1); !errors.Is(err, exo.Invalid) {
		t.Errorf("a negative cost: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Allow(ctx, "key", 1); !errors.Is(err, exo.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if d := ask(t, l, "key", 1); d.Remaining != 199 {
		t.Errorf("%+v", d)
	}
}

func TestARefusalSaysHowLongToWait(t *testing.T) {
	l := limit.New(limit.Options{PerMinute: 7, Burst: 1, Clock: newHand().now})
	if err := ask(t, l, "key", 1).Err("op"); err != nil {
		t.Error(err)
	}
	err := ask(t, l, "key", 1).Err("op")
	if !errors.Is(err, exo.RateLimited) || exo.ExtraOf(err)["retry_after"] != 9 {
		t.Errorf("%v, %v", err, exo.ExtraOf(err))
	}
}

func TestWhatWasSpentElsewhereIsNoted(t *testing.T) {
	l := limit.New(limit.Options{PerMinute: 60, Burst: 3, Clock: newHand().now})
	for _, step := range []struct {
		reset time.Duration
		left  int
	}{{0, 3}, {-time.Hour, 3}, {2 * time.Second, 1}, {time.Second, 1}, {time.Hour, 0}} {
		l.Note("key", step.reset)
		if d := ask(t, l, "key", 0); d.Remaining != step.left {
			t.Errorf("after %v: %+v", step.reset, d)
		}
	}
}

func TestOddOptionsStillMakeALimiter(t *testing.T) {
	for _, o := range []limit.Options{{PerMinute: -1}, {PerMinute: 1 << 62}, {Burst: 1 << 62}, {PerMinute: 1, Burst: 1 << 62}, {MaxKeys: 1}, {MaxKeys: -5}} {
		o.Clock = newHand().now
		l := limit.New(o)
		d := ask(t, l, "key", 1)
		if !d.Allowed || d.Remaining < 0 || d.Remaining > d.Limit || d.Reset <= 0 || ask(t, l, "key", 1<<62).Reset < 0 {
			t.Errorf("%+v: %+v", o, d)
		}
	}
}

func TestManyAtOnceGetExactlyTheBudget(t *testing.T) {
	l := limit.New(limit.Options{PerMinute: 1, Burst: 500, Clock: newHand().now})
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if d, err := l.Allow(t.Context(), "key", 1); err == nil && d.Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 500 {
		t.Errorf("%d calls of 1600 were allowed", allowed.Load())
	}
}

// flood is how many keys one caller may bring.
var flood = 1_000_000

func TestAMillionKeysTakeBoundedMemoryAndFreeNobody(t *testing.T) {
	h := newHand()
	before := heap()
	l := limit.New(limit.Options{PerMinute: 100, Burst: 200, Clock: h.now})
	for range 200 {
		ask(t, l, "refused", 1)
	}
	for i := range flood {
		ask(t, l, fmt.Sprint("2001:db8::", i), 1)
		if i%1000 == 0 {
			h.add(time.Millisecond)
			if i%100_000 == 0 && ask(t, l, "refused", 10).Allowed {
				t.Fatalf("after %d keys one who was refused is free again", i)
			}
		}
	}
	grown := heap() - before
	t.Logf("%d keys, %.1f MB", l.Keys(), float64(grown)/1e6)
	if l.Keys() > 100_000 || grown > 20e6 {
		t.Errorf("%d keys take %d bytes", l.Keys(), grown)
	}
	runtime.KeepAlive(l)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkLocal(b *testing.B) {
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = fmt.Sprint("user:", i)
	}
	l := limit.New(limit.Options{Clock: time.Now})
	ctx := b.Context()
	b.Run("one goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			_, _ = l.Allow(ctx, keys[i%len(keys)], 1)
		}
	})
	b.Run("all processors", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				_, _ = l.Allow(ctx, keys[i%len(keys)], 1)
			}
		})
	})
	b.Run("ever new keys", func(b *testing.B) {
		for i := range b.N {
			_, _ = l.Allow(ctx, fmt.Sprint(i), 1)
		}
	})
}
