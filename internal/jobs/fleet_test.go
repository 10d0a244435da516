package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

// insertOnly lets a runner take jobs that others work on.
func insertOnly(kinds ...string) func(*jobs.Options) {
	return func(o *jobs.Options) { o.InsertOnly, o.Kinds = true, kinds }
}

func TestAServerSubmitsAndAWorkerWorks(t *testing.T) {
	t.Parallel()
	url := xtest.Postgres(t)
	g := newGate()
	server := open(t, url, nil, insertOnly("gate"))
	j := submit(t, server, "gate", 1)
	if _, err := server.Submit(t.Context(), "other", nil); !errors.Is(err, exo.Invalid) {
		t.Errorf("a kind that nobody has: %v", err)
	}
	open(t, url, map[string]jobs.Handler{"gate": g.handle})
	g.wait(t)
	events, err := server.Events(t.Context(), j.ID)
	if err != nil {
		t.Fatal(err)
	}
	if seen := <-events; seen.State == jobs.Running && seen.Progress.Done != 1 { // it may be seen before its progress is stored
		seen = <-events
		if seen.Progress.Done != 1 {
			t.Errorf("seen by the server: %+v", seen)
		}
	}
	begun := time.Now()
	close(g.leave)
	var last jobs.Job
	for last = range events {
	}
	if last.State != jobs.Succeeded || string(last.Result) != `"left"` || time.Since(begun) > 2*time.Second {
		t.Errorf("the end seen by the server: %s %s after %s", last.State, last.Result, time.Since(begun))
	}
}

func TestACancellationReachesAnotherProcess(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		open(t, path, map[string]jobs.Handler{"gate": g.handle})
		other := open(t, path, nil, insertOnly("gate"))
		j := submit(t, other, "gate", nil)
		g.wait(t)
		begun := time.Now()
		if _, err := other.Cancel(t.Context(), j.ID); err != nil {
			t.Fatal(err)
		}
		if j = wait(t, other, j.ID); j.State != jobs.Cancelled || time.Since(begun) > 5*time.Second {
			t.Errorf("%s after %s", j.State, time.Since(begun))
		}
	})
}

func TestTheSameJobFromManyProcessesIsOneJob(t *testing.T) {
	t.Parallel()
	url := xtest.Postgres(t)
	a, b := open(t, url, nil, insertOnly("gate")), open(t, url, nil, insertOnly("gate"))
	var mu sync.Mutex
	ids := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 8 {
		r := []*jobs.Runner{a, b}[i%2]
		wg.Go(func() {
			for n := range 20 {
				j, err := r.Submit(t.Context(), "gate", n)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				ids[j.ID] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if list, err := a.List(t.Context(), jobs.Filter{}); err != nil || len(list) != 20 || len(ids) != 20 {
		t.Errorf("%d jobs, %d told of, %v", len(list), len(ids), err)
	}
}

func TestSeveralProgramsStartTogether(t *testing.T) {
	t.Parallel()
	url := xtest.Postgres(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := sqldb.Open(t.Context(), at(url))
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if _, err := jobs.Open(t.Context(), jobs.Options{DB: db, Clock: clock}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A worker that is thought dead and is not may end its run, but not the job's:
// that belongs to who took it up.
func TestAWorkerTakenForDeadChangesNothingAnyMore(t *testing.T) {
	t.Parallel()
	url := xtest.Postgres(t)
	release := make(chan struct{})
	entered := make(chan struct{}, 10)
	var noted atomic.Value
	first := open(t, url, map[string]jobs.Handler{"slow": func(ctx context.Context, _ json.RawMessage, report func(jobs.Progress)) (any, error) {
		entered <- struct{}{}
		<-release // does not listen to its context
		report(jobs.Progress{Done: 99})
		err := jobs.BatchOf(ctx).Note(context.WithoutCancel(ctx), "x", nil, nil)
		noted.Store(fmt.Sprint(exo.KindOf(err)))
		return "the first", nil
	}}, func(o *jobs.Options) { o.Worker = "first" })
	id := submit(t, first, "slow", nil).ID
	<-entered
	second := open(t, url, map[string]jobs.Handler{"slow": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) {
		return "the second", nil
	}}, func(o *jobs.Options) { o.Worker = "second" })
	between(t, url, `UPDATE job_workers SET alive_at = 0 WHERE id LIKE 'first%'`)
	// The first says again and again that it lives, so it may be in time.
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if j, err := second.Get(t.Context(), id); err != nil || j.State.Ended() {
			break
		}
		between(t, url, `UPDATE job_workers SET alive_at = 0 WHERE id LIKE 'first%'`)
	}
	j := wait(t, second, id)
	close(release)
	if j.State != jobs.Succeeded || string(j.Result) != `"the second"` {
		t.Fatalf("%s %s", j.State, j.Result)
	}
	closeRunner(t, first)
	if j, err := second.Get(t.Context(), id); err != nil || string(j.Result) != `"the second"` || j.Progress.Done == 99 {
		t.Errorf("after the end of the first run: %s %+v %v", j.Result, j.Progress, err)
	}
	if noted.Load() != "Conflict" {
		t.Errorf("what the first run notes: %v", noted.Load())
	}
}

func TestTheServerOfTheDatabaseMayBeStartedAgain(t *testing.T) {
	t.Parallel()
	server := xtest.NewPostgres(t)
	var log lockedBuffer
	var runs atomic.Int32
	g := newGate()
	r := open(t, server.URL, map[string]jobs.Handler{"gate": func(ctx context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
		runs.Add(1)
		return g.handle(ctx, args, report)
	}}, func(o *jobs.Options) { shortSilence(o); o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	id := submit(t, r, "gate", 1).ID
	g.wait(t)
	server.Stop(t)
	if _, err := r.Submit(t.Context(), "gate", 2); !errors.Is(err, exo.Unavailable) || exo.HintOf(err) == "" {
		t.Errorf("a submission meanwhile: %v", err)
	}
	time.Sleep(2 * soon) // the run is stopped: it could be another's by now
	server.Start(t)
	close(g.leave)
	if j := wait(t, r, id); j.State != jobs.Succeeded || runs.Load() < 2 {
		t.Errorf("%s after %d runs: %s", j.State, runs.Load(), j.Error)
	}
	if n := strings.Count(log.String(), "\n"); n < 2 || n > 30 {
		t.Errorf("the log has %d lines:\n%s", n, log.String())
	}
	if j := wait(t, r, submit(t, r, "gate", 3).ID); j.State != jobs.Succeeded {
		t.Errorf("afterwards: %s", j.State)
	}
}

func TestAJobLaterOnWaitsForItsTime(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		close(g.leave)
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle}, func(o *jobs.Options) { o.Clock = time.Now })
		when := time.Now().Add(1500 * time.Millisecond)
		j, err := r.SubmitAt(t.Context(), "gate", "later", when)
		if err != nil || j.NotBefore == nil || j.NotBefore.Sub(when).Abs() > time.Millisecond {
			t.Fatalf("%+v, %v", j, err)
		}
		if now := wait(t, r, submit(t, r, "gate", "now").ID); now.State != jobs.Succeeded {
			t.Error(now.State)
		}
		if j = wait(t, r, j.ID); j.State != jobs.Succeeded || j.StartedAt.Before(when) {
			t.Errorf("%s, begun %s before its time", j.State, when.Sub(*j.StartedAt))
		}
	})
}

func TestManyJobsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		r := open(t, path, map[string]jobs.Handler{"echo": func(_ context.Context, args json.RawMessage, _ func(jobs.Progress)) (any, error) { return args, nil }})
		args := make([]any, 240)
		for i := range args {
			args[i] = i % 200 // some are the same
		}
		list, err := r.SubmitMany(t.Context(), "echo", args)
		if err != nil || len(list) != len(args) {
			t.Fatalf("%d, %v", len(list), err)
		}
		ids := map[string]bool{}
		for i, j := range list {
			if j = wait(t, r, j.ID); j.State != jobs.Succeeded || string(j.Result) != fmt.Sprint(i%200) {
				t.Fatalf("%d: %s %s", i, j.State, j.Result)
			}
			ids[j.ID] = true
		}
		if len(ids) != 200 {
			t.Errorf("%d jobs", len(ids))
		}
		if stats, err := r.Stats(t.Context()); err != nil || stats["echo"][jobs.Succeeded] != 200 {
			t.Errorf("%v, %v", stats, err)
		}
		if _, err := r.SubmitMany(t.Context(), "echo", []any{1, make(chan int)}); !errors.Is(err, exo.Invalid) {
			t.Errorf("one that is no JSON: %v", err)
		}
	})
}

func TestFollowersSeeEachStateAndTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle})
		if _, err := r.Events(t.Context(), "none"); !errors.Is(err, exo.NotFound) {
			t.Errorf("no job: %v", err)
		}
		id := submit(t, r, "gate", nil).ID
		g.wait(t)
		var wg sync.WaitGroup
		for range 20 {
			events, err := r.Events(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			first := <-events
			wg.Go(func() {
				last := first
				for last = range events {
				}
				if first.State != jobs.Running || last.State != jobs.Succeeded {
					t.Errorf("from %s to %s", first.State, last.State)
				}
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		left, err := r.Events(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		for range left { // is closed
		}
		close(g.leave)
		wg.Wait()
		events, err := r.Events(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if j := <-events; j.State != jobs.Succeeded {
			t.Errorf("after the end: %s", j.State)
		}
		if _, more := <-events; more {
			t.Error("after the end of the job the events go on")
		}
	})
}

func TestTheRequestIsKeptAndHanded(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		type key struct{}
		var ended atomic.Int32
		r := open(t, database(t), map[string]jobs.Handler{"who": func(ctx context.Context, _ json.RawMessage, _ func(jobs.Progress)) (any, error) {
			return ctx.Value(key{}), nil
		}}, func(o *jobs.Options) {
			o.RequestID = func(ctx context.Context) string { s, _ := ctx.Value(key{}).(string); return s }
			o.Context = func(ctx context.Context, j jobs.Job) context.Context {
				return context.WithValue(ctx, key{}, j.RequestID)
			}
			o.Ended = func(j jobs.Job) {
				if j.State == jobs.Succeeded && string(j.Result) == `"req-7"` && j.FinishedAt != nil {
					ended.Add(1)
				}
			}
		})
		j, err := r.Submit(context.WithValue(t.Context(), key{}, "req-7"), "who", nil)
		if err != nil || j.RequestID != "req-7" {
			t.Fatalf("%q, %v", j.RequestID, err)
		}
		if j = wait(t, r, j.ID); string(j.Result) != `"req-7"` || j.RequestID != "req-7" || j.Worker == "" || ended.Load() != 1 {
			t.Errorf("%s %+v, told %d times", j.Result, j, ended.Load())
		}
	})
}

func TestAReaderTellsOfJobsAndChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle})
		id := submit(t, r, "gate", nil).ID
		g.wait(t)
		db, err := sqldb.Open(t.Context(), readOnly(path))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		reader, err := jobs.Open(t.Context(), jobs.Options{DB: db, Clock: clock, Kinds: []string{"gate"}})
		if err != nil {
			t.Fatal(err)
		}
		if j, err := reader.Get(t.Context(), id); err != nil || j.State != jobs.Running {
			t.Errorf("%s, %v", j.State, err)
		}
		if _, err := reader.Submit(t.Context(), "gate", 2); !errors.Is(err, exo.Unavailable) {
			t.Errorf("it submits: %v", err)
		}
		if _, err := reader.Cancel(t.Context(), id); !errors.Is(err, exo.Unavailable) {
			t.Errorf("it cancels: %v", err)
		}
		close(g.leave)
		if j := wait(t, reader, id); j.State != jobs.Succeeded {
			t.Errorf("the end it sees: %s", j.State)
		}
	})
}
