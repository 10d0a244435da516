package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/health"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/store"
)

type disk struct {
	stats store.Stats
	err   error
	looks atomic.Int64
}

func (d *disk) Stats(context.Context) (store.Stats, error) {
	d.looks.Add(1)
	return d.stats, d.err
}

type queue []jobs.Job

func (q queue) List(context.Context, jobs.Filter) ([]jobs.Job, error) { return q, nil }

// pinger answers after a while, or fails.
type pinger struct {
	after time.Duration
	err   error
	asked atomic.Int64
}

func (p *pinger) Ping(ctx context.Context) (time.Duration, error) {
	p.asked.Add(1)
	select {
	case <-time.After(p.after):
	case <-ctx.Done():
		return 0, exo.E("test", exo.Unavailable, nil, ctx.Err()).Say("no answer in time")
	}
	return p.after, p.err
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func good() health.Options {
	return health.Options{
		Storage: &disk{stats: store.Stats{Total: store.Amount{Files: 3, Bytes: 30}, Disk: store.Disk{Total: 100, Free: 50}}},
		Jobs:    queue{}, Clock: func() time.Time { return noon }, Keep: -1,
	}
}

func TestEachPartTellsItsState(t *testing.T) {
	ended := func(kind string, s jobs.State, ago time.Duration) jobs.Job {
		at := noon.Add(-ago)
		return jobs.Job{Kind: kind, State: s, FinishedAt: &at}
	}
	for name, c := range map[string]struct {
		change func(*health.Options)
		want   health.State
		ready  bool
		says   string
	}{
		"all is well":         {func(*health.Options) {}, health.OK, true, "3 files"},
		"the index is broken": {func(o *health.Options) { o.Storage = &disk{err: errors.New("boom")} }, health.Down, false, "storage"},
		"the disk is full": {func(o *health.Options) {
			o.Write = func(context.Context) error { return exo.Errorf("test", exo.Full, nil, "full") }
		}, health.Degraded, true, "the disk is full"},
		"the disk takes nothing": {func(o *health.Options) {
			o.Write = func(context.Context) error { return errors.New("read-only") }
		}, health.Degraded, false, "takes no files"},
		"the disk is nearly full": {func(o *health.Options) {
			o.Storage = &disk{stats: store.Stats{Disk: store.Disk{Total: 1000, Free: 20}}}
		}, health.Degraded, true, "only 2.0 %"},
		"the shared cache is down": {func(o *health.Options) {
			o.Cache = func(context.Context) (health.CacheDetail, error) {
				return health.CacheDetail{Backend: "file", Stats: &cache.Stats{Backend: "file"}, Fallback: true, Reason: "refused"}, nil
			}
		}, health.Degraded, true, "local one serves"},
		"the cache cannot tell": {func(o *health.Options) {
			o.Cache = func(context.Context) (health.CacheDetail, error) { return health.CacheDetail{}, errors.New("boom") }
		}, health.Degraded, true, `"cache"`},
		"half of the jobs failed today": {func(o *health.Options) {
			o.Jobs = queue{ended("batch", jobs.Failed, time.Hour), ended("batch", jobs.Succeeded, time.Hour), ended("batch", jobs.Succeeded, 30*time.Hour)}
		}, health.Degraded, true, "1 succeeded and 1 failed within 24 h"},
		"jobs failed the day before": {func(o *health.Options) {
			o.Jobs = queue{{State: jobs.Queued}, {State: jobs.Running}, ended("batch", jobs.Failed, 25*time.Hour), ended("batch", jobs.Cancelled, time.Hour)}
		}, health.OK, true, "2 jobs open, 0 succeeded and 0 failed"},
		"processing fails": {func(o *health.Options) {
			o.Rates = func(context.Context) []health.Rate {
				return []health.Rate{{Name: "koi", Failed: 9}, {Name: "light curves processed", Succeeded: 1, Failed: 3, Counts: true}}
			}
		}, health.Degraded, true, "1 of 4 light curves processed without error"},
		"a table failed": {func(o *health.Options) {
			o.Tables = func(context.Context) ([]health.Table, error) {
				return []health.Table{{Name: "k2"}, {Name: "koi", Asked: true, CheckedAt: &noon}, {Name: "toi", Asked: true, Error: "down"}}, nil
			}
		}, health.Degraded, true, "the last call failed for toi"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			c.change(&o)
			r := health.New(o).Examine(t.Context())
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != c.want || r.Ready != c.ready || !r.Live || !strings.Contains(string(text), c.says) {
				t.Errorf("got %s, ready %v, want %s, %v, %q:\n%s", r.Status, r.Ready, c.want, c.ready, c.says, text)
			}
			for _, part := range []string{"data_sources", "storage", "cache", "pipeline"} {
				if !strings.Contains(string(text), `"`+part+`":{"status":"`) {
					t.Errorf("no %s: %s", part, text)
				}
			}
		})
	}
}

func TestArchivesAreProbedBesideTheRequestsAndSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, down, slow := &pinger{after: time.Second}, &pinger{err: exo.Errorf("test", exo.Unavailable, nil, "no route")}, &pinger{after: time.Hour}
		o := good()
		o.Clock, o.Archives = time.Now, map[string]archive.Pinger{"mast": up, "esa": down, "exofop": slow}
		var mu sync.Mutex
		var seen []string
		o.Seen = func(name string, p health.Probe) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, name)
		}
		s := health.New(o)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		time.Sleep(time.Hour)
		if n := up.asked.Load(); n != 0 {
			t.Errorf("asked %d times although nobody wants to know", n)
		}
		began := time.Now()
		first := s.Examine(t.Context())
		if took := time.Since(began); took != 0 || first.Checks.DataSources.Status != health.OK || first.Checks.DataSources.Archives[0].Reachable != nil {
			t.Errorf("the first question took %v and got %+v", took, first.Checks.DataSources)
		}
		for range 10 * 60 { // ten minutes of a question a second
			time.Sleep(time.Second)
			s.Examine(t.Context())
		}
		d := s.Examine(t.Context()).Checks.DataSources
		if d.Status != health.Degraded || !strings.Contains(d.Message, "no answer from esa, exofop") {
			t.Errorf("got %s: %s", d.Status, d.Message)
		}
		if *d.Archives[2].Reachable != true || *d.Archives[2].LatencyMS != 1000 || *d.Archives[0].Reachable || d.Archives[0].Error != "no route" {
			t.Errorf("got %+v", d.Archives)
		}
		for name, p := range map[string]*pinger{"mast": up, "esa": down, "exofop": slow} {
			if n := p.asked.Load(); n < 2 || n > 3 {
				t.Errorf("%s was asked %d times in ten minutes", name, n)
			}
		}
		cancel()
		<-done
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(seen, "mast") || !slices.Contains(seen, "exofop") {
			t.Errorf("told of %v", seen)
		}
	})
}

func TestABurstOfQuestionsIsOneLook(t *testing.T) {
	o := good()
	d := &disk{stats: store.Stats{}}
	o.Storage, o.Keep, o.Clock = d, 0, time.Now
	s := health.New(o)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if !s.Ready(t.Context()) {
				t.Error("not ready")
			}
		})
	}
	wg.Wait()
	if n := d.looks.Load(); n != 1 {
		t.Errorf("%d looks", n)
	}
}

func TestAnExaminationEnds(t *testing.T) {
	o := good()
	o.Limit = 10 * time.Millisecond
	o.Write = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // who asks has left; others want the outcome
	if r := health.New(o).Examine(ctx); r.Checks.Storage.Status != health.Degraded || r.Ready {
		t.Errorf("got %+v", r.Checks.Storage)
	}
}
