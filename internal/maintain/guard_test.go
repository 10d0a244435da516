package maintain_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
)

// meter is a disk whose room the test sets.
type meter struct {
	mu          sync.Mutex
	total, free int64
	err         error
	asked       int
	now         time.Time
}

func (m *meter) Usage() (int64, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return m.total, m.free, m.err
}

func (m *meter) set(free int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free, m.now = free, m.now.Add(2*time.Second)
}

func TestAFullDiskIsToldOnceRefusedAndLetOn(t *testing.T) {
	m := &meter{total: 1000, now: noon}
	var alerts []string
	cleaned := 0
	g := maintain.NewGuard(maintain.GuardOptions{
		FS: m, Clock: func() time.Time { return m.now }, LowShare: 0.1, FullBytes: 20,
		Alert:   func(a maintain.Alert) { alerts = append(alerts, string(a.Before)+"-"+string(a.State)) },
		Cleanup: func(context.Context) { cleaned++; m.free += 5 },
	})
	for i, c := range []struct {
		free    int64
		state   maintain.State
		refused bool
		cleaned int
	}{
		{500, maintain.OK, false, 0},
		{99, maintain.Low, false, 1},
		{95, maintain.Low, false, 1},
		{10, maintain.Full, true, 2},
		{12, maintain.Full, true, 2},
		{21, maintain.Full, true, 2}, // still within the margin
		{30, maintain.Low, false, 3},
		{105, maintain.Low, false, 3},
		{500, maintain.OK, false, 3},
		{18, maintain.Low, false, 4}, // the clean-up made room at once
	} {
		m.set(c.free)
		err := g.Room()
		st := g.State()
		if st.State != c.state || (err != nil) != c.refused || cleaned != c.cleaned {
			t.Errorf("step %d, %d free: %s, %v, %d clean-ups", i, c.free, st.State, err, cleaned)
		}
		if c.refused && (!errors.Is(err, exo.Full) || exo.HintOf(err) == "" || st.Needed <= 0) {
			t.Errorf("step %d: %v, needed %d", i, err, st.Needed)
		}
	}
	want := "ok-low low-full full-low low-ok ok-full full-low"
	if got := strings.Join(alerts, " "); got != want {
		t.Errorf("alerts %s, want %s", got, want)
	}
	m.now = m.now.Add(11 * time.Minute)
	if _ = g.Room(); cleaned != 5 {
		t.Errorf("%d clean-ups after a while", cleaned)
	}
}

func TestAskingForRoomIsCheap(t *testing.T) {
	m := &meter{total: 1000, free: 900, now: noon}
	g := maintain.NewGuard(maintain.GuardOptions{FS: m, Clock: func() time.Time { return noon }, LowBytes: 100})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if err := g.Room(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if m.asked != 1 {
		t.Errorf("the disk was asked %d times", m.asked)
	}
}

func TestADiskThatCannotBeMeasuredIsNotRefused(t *testing.T) {
	m := &meter{err: exo.Errorf("test", exo.Unavailable, nil, "no"), now: noon}
	g := maintain.NewGuard(maintain.GuardOptions{FS: m, Clock: func() time.Time { return m.now }, FullBytes: 10})
	if err := g.Room(); err != nil {
		t.Error(err)
	}
}

// TestStorageFullFreesTheCacheOnly is R26: what the guard lets go is the cache,
// and it says what it would need.
func TestStorageFullFreesTheCacheOnly(t *testing.T) {
	b := open(t)
	b.table(400, "old")
	b.table(2, "new")
	b.put(entryOf("1"), 1000, 0)
	before := b.files("data")
	m := &meter{total: 1000, free: 1, now: noon}
	var s *maintain.Service
	g := maintain.NewGuard(maintain.GuardOptions{FS: m, Clock: func() time.Time { return m.now }, LowBytes: 200, FullBytes: 100, Cleanup: func(ctx context.Context) {
		if _, err := s.Cleanup(ctx, maintain.CleanupOptions{All: true}); err != nil {
			t.Error(err)
		}
	}})
	s = b.service(func(o *maintain.Options) { o.Guard = g })
	if err := g.Room(); !errors.Is(err, exo.Full) {
		t.Errorf("%v", err)
	}
	same(t, "the data folder", b.files("data"), before)
	same(t, "the cache", b.files("cache"), nil)
	r, err := s.Cleanup(t.Context(), maintain.CleanupOptions{All: true})
	if err != nil || r.NeededBytes != 219 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestACleanupNeitherHoldsUpWritersNorRunsTwice lets a clean-up hang, beside many
// that write and many that look.
func TestACleanupNeitherHoldsUpWritersNorRunsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meter{total: 1000, free: 50}
		var beside sync.WaitGroup
		var begun, underWay atomic.Int32
		g := maintain.NewGuard(maintain.GuardOptions{
			FS: m, Clock: time.Now, LowBytes: 100, FullBytes: 10, Within: time.Minute, Again: time.Second,
			Aside: func(do func(context.Context)) { beside.Go(func() { do(t.Context()) }) },
			Cleanup: func(ctx context.Context) {
				begun.Add(1)
				if underWay.Add(1) > 1 {
					t.Error("two clean-ups at once")
				}
				<-ctx.Done() // it has no end of its own
				underWay.Add(-1)
			},
		})
		ask := func() {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() { _ = g.Room() })
				all.Go(func() { g.State() })
			}
			all.Wait()
		}
		start := time.Now()
		for range 20 {
			ask()
			time.Sleep(2 * time.Second)
		}
		if d := time.Since(start); d != 40*time.Second || begun.Load() != 1 {
			t.Errorf("writers waited %v; %d clean-ups", d-40*time.Second, begun.Load())
		}
		beside.Wait()
		if d := time.Since(start); d != time.Minute {
			t.Errorf("the clean-up ended after %v", d)
		}
		m.set(5)
		time.Sleep(time.Second)
		start = time.Now()
		if err := g.Room(); !errors.Is(err, exo.Full) || time.Since(start) != 2*time.Second {
			t.Errorf("on a full disk: %v after %v", err, time.Since(start))
		}
		beside.Wait()
	})
}

// TestAWritingIsLetOnByTheCleanupItWaitedFor frees the disk while a writing waits.
func TestAWritingIsLetOnByTheCleanupItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meter{total: 1000, free: 5}
		var beside sync.WaitGroup
		g := maintain.NewGuard(maintain.GuardOptions{
			FS: m, Clock: time.Now, LowBytes: 100, FullBytes: 10,
			Aside: func(do func(context.Context)) { beside.Go(func() { do(t.Context()) }) },
			Cleanup: func(context.Context) {
				time.Sleep(time.Second)
				m.set(500)
			},
		})
		if err := g.Room(); err != nil {
			t.Error(err)
		}
		beside.Wait()
	})
}

// TestLookingAtTheDiskBeginsTheCleanup: when nobody writes, health does.
func TestLookingAtTheDiskBeginsTheCleanup(t *testing.T) {
	m := &meter{total: 1000, free: 50, now: noon}
	cleaned := 0
	g := maintain.NewGuard(maintain.GuardOptions{
		FS: m, Clock: func() time.Time { return m.now }, LowBytes: 100, Cleanup: func(context.Context) { cleaned++ },
	})
	if st := g.State(); st.State != maintain.Low || cleaned != 1 {
		t.Errorf("%s, %d clean-ups", st.State, cleaned)
	}
	m.now = m.now.Add(11 * time.Minute)
	if err := g.Room(); err != nil || cleaned != 2 {
		t.Errorf("%v, %d clean-ups", err, cleaned)
	}
	m.now = m.now.AddDate(-1, 0, 0) // the clock is set right again
	if g.State(); cleaned != 3 {
		t.Errorf("%d clean-ups after the clock was set back", cleaned)
	}
}

type poster []archive.Delivery

func (p *poster) Post(_ context.Context, d archive.Delivery) error {
	*p = append(*p, d)
	if strings.Contains(d.URL, "bad") {
		return exo.Errorf("test", exo.Unavailable, nil, "no answer")
	}
	return nil
}

func TestAnAlertGoesToEveryHook(t *testing.T) {
	p := &poster{}
	h := maintain.Hooks{Poster: p, URLs: []string{"https://bad.example/", "https://good.example/"}, Secret: "s"}
	err := h.Send(t.Context(), maintain.Alert{State: maintain.Full, Before: maintain.Low, At: noon})
	if !errors.Is(err, exo.Unavailable) || len(*p) != 2 || (*p)[0].ID != (*p)[1].ID {
		t.Errorf("%v, %v", err, *p)
	}
	if !slices.ContainsFunc(*p, func(d archive.Delivery) bool {
		return strings.Contains(string(d.Body), `"event":"disk","state":"full"`)
	}) {
		t.Errorf("%s", (*p)[0].Body)
	}
}
