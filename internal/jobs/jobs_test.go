package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) {
	if crashMain() || workerMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

// clock is a clock that stands still.
func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// open makes a runner on a new or existing database, started, and closes both
// at the end of the test.
func open(t *testing.T, path string, handlers map[string]jobs.Handler, change ...func(*jobs.Options)) *jobs.Runner {
	t.Helper()
	ctx := t.Context()
	db, err := sqldb.Open(ctx, at(path))
	if err != nil {
		t.Fatal(err)
	}
	o := jobs.Options{DB: db, Handlers: handlers, Clock: clock, Workers: 4}
	for _, f := range change {
		f(&o)
	}
	r, err := jobs.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closeRunner(t, r)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func closeRunner(t *testing.T, r *jobs.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
}

// onBoth runs a test on SQLite and on Postgres. What database returns is the
// path or URL of a new one.
func onBoth(t *testing.T, test func(t *testing.T, database func(*testing.T) string)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		test(t, madeBefore)
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, func(t *testing.T) string { return xtest.Postgres(t) })
	})
}

// madeBefore returns a file in which the tables are made already: to make them
// takes a second under the race detector.
func madeBefore(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "exoplanetai.db")
	made.Lock()
	defer made.Unlock()
	if made.file == nil {
		db, err := sqldb.Open(t.Context(), at(path))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jobs.Open(t.Context(), jobs.Options{DB: db, Clock: clock}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil { // writes all into the one file
			t.Fatal(err)
		}
		if made.file, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, made.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var made struct {
	sync.Mutex
	file []byte
}

// soon is how long a worker may be silent in tests that wait for that. Those that
// do not leave it at 15 s, so that a busy machine kills nobody.
const soon = 2 * time.Second

func shortSilence(o *jobs.Options) { o.Silence = soon }

// at says how to open a database for a runner.
func at(path string) sqldb.Options {
	if strings.HasPrefix(path, "postgres://") {
		return sqldb.Options{URL: path}
	}
	return sqldb.Options{Path: path, MaxConns: 1}
}

func readOnly(path string) sqldb.Options {
	o := at(path)
	o.ReadOnly, o.MaxConns = true, 0
	return o
}

func submit(t *testing.T, r *jobs.Runner, kind string, args any) jobs.Job {
	t.Helper()
	j, err := r.Submit(t.Context(), kind, args)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func wait(t *testing.T, r *jobs.Runner, id string) jobs.Job {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	j, err := r.Wait(ctx, id)
	if err != nil {
		t.Fatalf("wait for %s: %v (state %s, %s)", id, err, j.State, j.Progress.Message)
	}
	return j
}

func TestAJobRunsAndKeepsItsResult(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		r := open(t, path, map[string]jobs.Handler{
			"double": func(_ context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
				var in struct{ N int }
				if err := json.Unmarshal(args, &in); err != nil {
					return nil, err
				}
				report(jobs.Progress{Done: 1, Total: 2, Unit: "steps", Message: "half"})
				report(jobs.Progress{Done: 2, Total: 2, Unit: "steps", Message: "done"})
				return map[string]int{"n": 2 * in.N}, nil
			},
		})
		j := submit(t, r, "double", map[string]int{"N": 21})
		if j.ID == "" || j.Kind != "double" || j.Result != nil || j.Error != nil {
			t.Errorf("submitted: %+v", j)
		}
		j = wait(t, r, j.ID)
		if j.State != jobs.Succeeded || string(j.Result) != `{"n":42}` || j.Error != nil {
			t.Errorf("got %s %s %s", j.State, j.Result, j.Error)
		}
		if want := (jobs.Progress{Done: 2, Total: 2, Unit: "steps", Message: "done"}); j.Progress != want {
			t.Errorf("progress %+v, want %+v", j.Progress, want)
		}
		if !j.CreatedAt.Equal(clock()) || j.StartedAt == nil || j.FinishedAt == nil || !j.FinishedAt.Equal(clock()) {
			t.Errorf("times: %v %v %v", j.CreatedAt, j.StartedAt, j.FinishedAt)
		}
		text, err := json.Marshal(j)
		if err != nil || !json.Valid(text) {
			t.Errorf("a job is no JSON: %v", err)
		}
	})
}

func TestAFailedJobKeepsItsProblem(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		var runs atomic.Int32
		handlers := map[string]jobs.Handler{
			"fail": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) {
				runs.Add(1)
				return nil, exo.Errorf("x", exo.Upstream, nil, "the archive sent HTML").Try("try later")
			},
			"panic": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { panic("boom") },
			"plain": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return nil, errors.New("x") },
			"chan":  func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return make(chan int), nil },
		}
		r := open(t, path, handlers)
		for kind, want := range map[string]exo.Kind{"fail": exo.Upstream, "panic": exo.Internal, "plain": exo.Internal, "chan": exo.Internal} {
			j := wait(t, r, submit(t, r, kind, nil).ID)
			var p struct{ Code exo.Kind }
			if err := json.Unmarshal(j.Error, &p); err != nil || p.Code != want || j.State != jobs.Failed || j.Result != nil {
				t.Errorf("%s: state %s, error %s (%v), want code %s", kind, j.State, j.Error, err, want)
			}
		}
		if runs.Load() != 1 {
			t.Errorf("an error that is no outage was tried %d times", runs.Load())
		}
		if j := wait(t, r, submit(t, r, "plain", 1).ID); j.State != jobs.Failed {
			t.Errorf("after a panic the runner does not work: %s", j.State)
		}
	})
}
