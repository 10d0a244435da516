package jobs_test

import (
	"bytes"
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
)

// gate is a handler that tells when it runs and waits to be let go.
type gate struct {
	entered chan string
	leave   chan struct{}
}

func newGate() *gate { return &gate{entered: make(chan string, 100), leave: make(chan struct{})} }

func (g *gate) handle(ctx context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
	report(jobs.Progress{Done: 1, Total: 2, Unit: "steps", Message: "inside"})
	g.entered <- string(args)
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-g.leave:
		return "left", nil
	}
}

func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.entered:
	case <-time.After(20 * time.Second):
		t.Fatal("the job was not begun")
	}
}

func TestTheSameJobTwiceIsOneJobUntilItEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle, "other": g.handle})
		type args struct {
			A int
			B []string
		}
		first := submit(t, r, "gate", args{1, []string{"x"}})
		g.wait(t)
		if j := submit(t, r, "gate", map[string]any{"B": []string{"x"}, "A": 1}); j.ID != first.ID || j.State != jobs.Running {
			t.Errorf("the same arguments while running: %s %s, want %s", j.ID, j.State, first.ID)
		}
		if j := submit(t, r, "gate", args{2, nil}); j.ID == first.ID {
			t.Error("other arguments are the same job")
		}
		if j := submit(t, r, "other", args{1, []string{"x"}}); j.ID == first.ID {
			t.Error("another kind is the same job")
		}
		close(g.leave)
		wait(t, r, first.ID)
		if j := submit(t, r, "gate", args{1, []string{"x"}}); j.ID == first.ID {
			t.Error("an ended job is not done again")
		}
	})
}

func TestBadSubmissionsAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		r := open(t, path, map[string]jobs.Handler{"a": newGate().handle})
		for name, c := range map[string]struct {
			kind string
			args any
			want exo.Kind
		}{
			"an unknown kind":            {"b", nil, exo.Invalid},
			"arguments that are no JSON": {"a", make(chan int), exo.Invalid},
			"arguments without end":      {"a", strings.Repeat("x", 2<<20), exo.TooLarge},
		} {
			if _, err := r.Submit(t.Context(), c.kind, c.args); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
		}
		if list, err := r.List(t.Context(), jobs.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("something was stored: %v, %v", list, err)
		}
	})
}

func TestUnknownJobsAreNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		r := open(t, path, nil)
		for _, id := range []string{"", "x", "' OR 1=1 --", strings.Repeat("x", 1000)} {
			if _, err := r.Get(t.Context(), id); !errors.Is(err, exo.NotFound) {
				t.Errorf("get %.20q: %v", id, err)
			}
			if _, err := r.Cancel(t.Context(), id); !errors.Is(err, exo.NotFound) {
				t.Errorf("cancel %.20q: %v", id, err)
			}
			if _, err := r.Wait(t.Context(), id); !errors.Is(err, exo.NotFound) {
				t.Errorf("wait %.20q: %v", id, err)
			}
		}
	})
}

func TestCancelReachesQueuedAndRunningJobs(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle}, func(o *jobs.Options) { o.Workers = 1 })
		running := submit(t, r, "gate", 1)
		g.wait(t)
		queued := submit(t, r, "gate", 2)
		j, err := r.Cancel(t.Context(), queued.ID)
		if err != nil || j.State != jobs.Cancelled || j.FinishedAt == nil {
			t.Errorf("queued: %s, %v", j.State, err)
		}
		if _, err := r.Cancel(t.Context(), running.ID); err != nil {
			t.Error(err)
		}
		if j := wait(t, r, running.ID); j.State != jobs.Cancelled || j.Error != nil || j.Result != nil {
			t.Errorf("running: %s %s", j.State, j.Error)
		}
		for _, id := range []string{running.ID, queued.ID} {
			if _, err := r.Cancel(t.Context(), id); !errors.Is(err, exo.Conflict) {
				t.Errorf("cancel an ended job: %v, want Conflict", err)
			}
		}
		close(g.leave)
		if j := wait(t, r, submit(t, r, "gate", 3).ID); j.State != jobs.Succeeded {
			t.Errorf("after the cancellations: %s", j.State)
		}
		for {
			select {
			case args := <-g.entered:
				if args == "2" {
					t.Error("a job was begun after it was cancelled")
				}
				continue
			default:
			}
			break
		}
	})
}

func TestAnOutageIsTriedAgainAFewTimes(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		var runs, dead atomic.Int32
		down := exo.Errorf("x", exo.Unavailable, nil, "the archive is down")
		var log lockedBuffer
		r := open(t, path, map[string]jobs.Handler{
			"recovers": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) {
				if runs.Add(1) < 3 {
					return nil, fmt.Errorf("wrapped: %w", down)
				}
				return "up", nil
			},
			"stays down": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) {
				dead.Add(1)
				return nil, down
			},
		}, func(o *jobs.Options) {
			o.Retries, o.Pause = 2, 50*time.Millisecond
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		if j := wait(t, r, submit(t, r, "recovers", nil).ID); j.State != jobs.Succeeded || runs.Load() != 3 {
			t.Errorf("%s after %d runs", j.State, runs.Load())
		}
		if j := wait(t, r, submit(t, r, "stays down", nil).ID); j.State != jobs.Failed || !strings.Contains(string(j.Error), "Unavailable") || dead.Load() != 3 {
			t.Errorf("%s after %d runs: %s", j.State, dead.Load(), j.Error)
		}
		if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "job failed") {
			t.Errorf("the log is not quiet:\n%s", log.String())
		}
	})
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // under mu
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestAJobThatTakesTooLongFails(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle}, func(o *jobs.Options) { o.Timeout = 50 * time.Millisecond })
		if j := wait(t, r, submit(t, r, "gate", nil).ID); j.State != jobs.Failed || !strings.Contains(string(j.Error), "longer than allowed") {
			t.Errorf("%s %s", j.State, j.Error)
		}
	})
}

func TestCloseLeavesRunningJobsToBeTakenUpAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		var id string
		t.Run("close", func(t *testing.T) {
			r := open(t, path, map[string]jobs.Handler{"gate": g.handle})
			id = submit(t, r, "gate", nil).ID
			g.wait(t)
			closeRunner(t, r)
			if j, err := r.Get(t.Context(), id); err != nil || j.State != jobs.Queued {
				t.Errorf("after Close: %s, %v", j.State, err)
			}
		})
		close(g.leave)
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle})
		if j := wait(t, r, id); j.State != jobs.Succeeded || string(j.Result) != `"left"` {
			t.Errorf("%s %s %s", j.State, j.Result, j.Error)
		}
	})
}

func TestJobsWaitUntilTheRunnerStarts(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		ctx := t.Context()
		db, err := sqldb.Open(ctx, at(path))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		g := newGate()
		close(g.leave)
		r, err := jobs.Open(ctx, jobs.Options{DB: db, Clock: clock, Handlers: map[string]jobs.Handler{"gate": g.handle}})
		if err != nil {
			t.Fatal(err)
		}
		defer closeRunner(t, r)
		j := submit(t, r, "gate", nil)
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		if _, err := r.Wait(short, j.ID); !errors.Is(err, exo.Unavailable) {
			t.Errorf("wait before the start: %v, want Unavailable", err)
		}
		if err := r.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if j := wait(t, r, j.ID); j.State != jobs.Succeeded {
			t.Errorf("%s %s", j.State, j.Error)
		}
		if err := r.Start(ctx); !errors.Is(err, exo.Conflict) {
			t.Errorf("a second start: %v, want Conflict", err)
		}
	})
}

func TestManyJobsAllRunOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		const n = 200
		var mu sync.Mutex
		runs := map[string]int{}
		r := open(t, path, map[string]jobs.Handler{
			"note": func(_ context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
				for i := range 50 {
					report(jobs.Progress{Done: int64(i), Total: 50})
				}
				mu.Lock()
				defer mu.Unlock()
				runs[string(args)]++
				return json.RawMessage(args), nil
			},
		}, func(o *jobs.Options) { o.Workers = 8 })
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := g; i < n; i += 4 {
					if _, err := r.Submit(t.Context(), "note", i); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		list, err := r.List(t.Context(), jobs.Filter{Kind: "note", Limit: n})
		if err != nil || len(list) != n {
			t.Fatalf("%d jobs, %v", len(list), err)
		}
		for _, j := range list {
			if j = wait(t, r, j.ID); j.State != jobs.Succeeded || j.Progress.Done != 49 {
				t.Errorf("%s: %s %+v", j.ID, j.State, j.Progress)
			}
		}
		if len(runs) != n {
			t.Errorf("%d of %d jobs ran", len(runs), n)
		}
		for args, times := range runs {
			if times != 1 {
				t.Errorf("job %s ran %d times", args, times)
			}
		}
	})
}

func TestListsAreNewestFirstAndFiltered(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle, "quick": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return nil, nil }})
		a := submit(t, r, "quick", 1)
		wait(t, r, a.ID)
		b := submit(t, r, "gate", 1)
		g.wait(t)
		c := submit(t, r, "quick", 2)
		wait(t, r, c.ID)
		for name, f := range map[string]struct {
			filter jobs.Filter
			want   []string
		}{
			"all":               {jobs.Filter{}, []string{c.ID, b.ID, a.ID}},
			"one kind":          {jobs.Filter{Kind: "quick"}, []string{c.ID, a.ID}},
			"one state":         {jobs.Filter{State: jobs.Running}, []string{b.ID}},
			"kind and state":    {jobs.Filter{Kind: "gate", State: jobs.Succeeded}, nil},
			"the newest alone":  {jobs.Filter{Limit: 1}, []string{c.ID}},
			"a state of no job": {jobs.Filter{State: "odd"}, nil},
		} {
			list, err := r.List(t.Context(), f.filter)
			var got []string
			for _, j := range list {
				got = append(got, j.ID)
			}
			if err != nil || list == nil || fmt.Sprint(got) != fmt.Sprint(f.want) {
				t.Errorf("%s: got %v, %v, want %v", name, got, err, f.want)
			}
		}
		close(g.leave)
		wait(t, r, b.ID)
	})
}

func TestTheNewestProgressIsSeenAtOnceAndStoredSoon(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{
			"steps": func(ctx context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
				for i := range int64(1000) {
					report(jobs.Progress{Done: i + 1, Total: 1000, Unit: "steps", Message: strings.Repeat("x", 2000)})
				}
				return g.handle(ctx, args, func(jobs.Progress) {})
			},
		})
		id := submit(t, r, "steps", nil).ID
		g.wait(t)
		j, err := r.Get(t.Context(), id)
		if err != nil || j.Progress.Done != 1000 || len(j.Progress.Message) > 600 {
			t.Errorf("seen: %d with a message of %d bytes, %v", j.Progress.Done, len(j.Progress.Message), err)
		}
		db, err := sqldb.Open(t.Context(), readOnly(path))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var done int64
		for deadline := time.Now().Add(10 * time.Second); done != 1000 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if err := db.QueryRowContext(t.Context(), `SELECT done FROM jobs WHERE id = ?`, id).Scan(&done); err != nil {
				t.Fatal(err)
			}
		}
		if done != 1000 {
			t.Errorf("stored: %d", done)
		}
		close(g.leave)
		wait(t, r, id)
	})
}

func TestAKindWithoutHandlerFailsAfterARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		g := newGate()
		var id string
		t.Run("with handler", func(t *testing.T) {
			r := open(t, path, map[string]jobs.Handler{"gate": g.handle})
			id = submit(t, r, "gate", nil).ID
			g.wait(t)
		})
		r := open(t, path, nil)
		if j := wait(t, r, id); j.State != jobs.Failed || !strings.Contains(string(j.Error), "Internal") {
			t.Errorf("%s %s", j.State, j.Error)
		}
	})
}
