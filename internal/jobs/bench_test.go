package jobs_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

// The load of all benchmarks here: jobs that do nothing, by as many at a time.
const (
	benchJobs    = 10_000
	benchWorkers = 50
)

// BenchmarkTenThousandJobs submits jobs in one call, works them off, and knows
// the outcome of each: its record says succeeded.
func BenchmarkTenThousandJobs(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		for range b.N {
			ours(b, sqldb.Options{Path: filepath.Join(b.TempDir(), "x.db"), MaxConns: 1})
		}
	})
	b.Run("postgres", func(b *testing.B) {
		for range b.N {
			ours(b, sqldb.Options{URL: xtest.NewPostgres(b, "fsync=on").URL, MaxConns: 20})
		}
	})
}

func ours(b *testing.B, at sqldb.Options) {
	ctx := b.Context()
	b.StopTimer()
	db, err := sqldb.Open(ctx, at)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var ended atomic.Int64
	done := make(chan struct{})
	r, err := jobs.Open(ctx, jobs.Options{DB: db, Clock: time.Now, Workers: benchWorkers, Handlers: map[string]jobs.Handler{
		"nothing": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return nil, nil },
	}, Ended: func(jobs.Job) {
		if ended.Add(1) == benchJobs {
			close(done)
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	args := make([]any, benchJobs)
	for i := range args {
		args[i] = i
	}
	b.StartTimer()
	begun := time.Now()
	if _, err := r.SubmitMany(ctx, "nothing", args); err != nil {
		b.Fatal(err)
	}
	submitted := time.Now()
	if err := r.Start(ctx); err != nil {
		b.Fatal(err)
	}
	<-done
	b.StopTimer()
	rates(b, begun, submitted)
	if err := r.Close(ctx); err != nil {
		b.Error(err)
	}
	if stats, err := r.Stats(ctx); err != nil || stats["nothing"][jobs.Succeeded] != benchJobs {
		b.Errorf("%v, %v", stats, err)
	}
	single(b, r)
}

// single submits jobs one by one, from several callers.
func single(b *testing.B, r *jobs.Runner) {
	const n = 1000
	begun := time.Now()
	var next atomic.Int64
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			for {
				i := next.Add(1)
				if i > n {
					errs <- nil
					return
				}
				if _, err := r.Submit(b.Context(), "nothing", -i); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(n/time.Since(begun).Seconds(), "single/s")
}

func rates(b *testing.B, begun, submitted time.Time) {
	end := time.Now()
	b.ReportMetric(benchJobs/submitted.Sub(begun).Seconds(), "submit/s")
	b.ReportMetric(benchJobs/end.Sub(submitted).Seconds(), "work/s")
	b.ReportMetric(benchJobs/end.Sub(begun).Seconds(), "jobs/s")
}

// BenchmarkBareRiver does the same with River alone, with the settings that we
// give it: no record of ours, no progress, no result.
func BenchmarkBareRiver(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		for range b.N {
			db, err := sqldb.Open(b.Context(), sqldb.Options{Path: filepath.Join(b.TempDir(), "x.db"), MaxConns: 1})
			if err != nil {
				b.Fatal(err)
			}
			bare(b, riversqlite.New(db.DB))
			_ = db.Close()
		}
	})
	b.Run("postgres/databasesql", func(b *testing.B) {
		for range b.N {
			db, err := sqldb.Open(b.Context(), sqldb.Options{URL: xtest.NewPostgres(b, "fsync=on").URL, MaxConns: 20})
			if err != nil {
				b.Fatal(err)
			}
			bare[*sql.Tx](b, riverdatabasesql.New(db.DB))
			_ = db.Close()
		}
	})
	b.Run("postgres/pgx", func(b *testing.B) {
		for range b.N {
			pool, err := pgxpool.New(b.Context(), xtest.NewPostgres(b, "fsync=on").URL+"&pool_max_conns=20")
			if err != nil {
				b.Fatal(err)
			}
			bare(b, riverpgxv5.New(pool))
			pool.Close()
		}
	})
}

type nothing struct {
	N int `json:"n"`
}

func (nothing) Kind() string { return "nothing" }

type nothingWorker struct {
	river.WorkerDefaults[nothing]
	ended *atomic.Int64
	done  chan struct{}
}

func (w *nothingWorker) Work(context.Context, *river.Job[nothing]) error {
	if w.ended.Add(1) == benchJobs {
		close(w.done)
	}
	return nil
}

func bare[Tx any](b *testing.B, driver riverdriver.Driver[Tx]) {
	ctx := b.Context()
	b.StopTimer()
	log := slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		b.Fatal(err)
	}
	w := &nothingWorker{ended: &atomic.Int64{}, done: make(chan struct{})}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := river.NewClient(driver, &river.Config{
		Logger: log, Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: benchWorkers}},
		FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond, JobTimeout: -1, RescueStuckJobsAfter: time.Hour,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
	begun := time.Now()
	for from := 0; from < benchJobs; from += 500 {
		many := make([]river.InsertManyParams, 500)
		for i := range many {
			many[i].Args = nothing{from + i}
		}
		if _, err := client.InsertMany(ctx, many); err != nil {
			b.Fatal(err)
		}
	}
	submitted := time.Now()
	if err := client.Start(ctx); err != nil {
		b.Fatal(err)
	}
	<-w.done
	if err := client.Stop(ctx); err != nil { // returns when the states are written
		b.Error(err)
	}
	b.StopTimer()
	rates(b, begun, submitted)
}
