package jobs

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Runner is the Queue on SQLite, and the workers that empty it.
type Runner struct {
	opts   Options
	db     *sqldb.DB
	client *river.Client[*sql.Tx]

	mu      sync.Mutex // guards what follows
	started bool
	closing bool
	live    map[string]*run // jobs that run here, by id
	ended   chan struct{}   // closed and replaced whenever a job ends
}

var _ Queue = (*Runner)(nil)

// task is the one kind of job that River knows: it points to the record.
type task struct {
	ID string `json:"id"`
}

// Kind implements river.JobArgs.
func (task) Kind() string { return "exoplanetai_job" }

// worker hands River's jobs to the runner.
type worker struct {
	river.WorkerDefaults[task]
	runner *Runner
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[task]) error {
	return w.runner.work(ctx, job.Args.ID)
}

// Open prepares the tables and makes a Runner that takes jobs but does not
// work on them before Start.
func Open(ctx context.Context, o Options) (*Runner, error) {
	const op = "jobs.Open"
	if o.DB == nil || o.Clock == nil {
		return nil, exo.Errorf(op, exo.Internal, nil, "a runner of jobs needs a database and a clock")
	}
	r := &Runner{opts: o.withDefaults(), db: o.DB, live: map[string]*run{}, ended: make(chan struct{})}
	quiet := slog.New(errorsOnly{r.opts.Log.Handler()})
	driver := riversqlite.New(r.db.DB)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err == nil {
		err = sqldb.Migrate(ctx, r.db, "jobs", schema)
	}
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{runner: r})
	r.client, err = river.NewClient(driver, &river.Config{
		Logger:  quiet,
		Workers: workers,
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: r.opts.Workers}},
		// The default of 100 ms bounds the rate of small jobs, and nothing else.
		FetchCooldown: 20 * time.Millisecond,
		// The runner sets its own deadline; nobody but this process can hold a
		// job, so River must never think that one is stuck.
		JobTimeout:           -1,
		RescueStuckJobsAfter: 10 * 365 * 24 * time.Hour,
	})
	if err != nil {
		return nil, exo.E(op, exo.Internal, nil, err)
	}
	return r, nil
}

// Start takes up what an earlier process left and begins to work. It may be
// called once.
func (r *Runner) Start(ctx context.Context) error {
	const op = "jobs.Start"
	r.mu.Lock()
	again := r.started
	r.started = true
	r.mu.Unlock()
	if again {
		return exo.Errorf(op, exo.Conflict, nil, "the jobs run already")
	}
	if err := r.recover(ctx); err != nil {
		return sqldb.Typed(op, nil, err)
	}
	// The client lives until Close, not until the caller's context ends.
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return exo.E(op, exo.Internal, nil, err)
	}
	return nil
}

// Close cancels the running jobs, waits for their handlers and leaves them
// queued for the next Start. It waits until the context ends at the longest
// and may then be called again. The database stays open.
func (r *Runner) Close(ctx context.Context) error {
	const op = "jobs.Close"
	r.mu.Lock()
	started := r.started
	r.closing = true
	r.mu.Unlock()
	if !started {
		return nil
	}
	if err := r.client.StopAndCancel(ctx); err != nil {
		return exo.E(op, exo.Unavailable, nil, err).Say("the running jobs did not stop in time")
	}
	return nil
}

// broadcastEnd wakes everybody who waits for the end of a job.
func (r *Runner) broadcastEnd() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.ended)
	r.ended = make(chan struct{})
}

// errorsOnly is a log handler that lets nothing below Error through: River
// tells much at the lower levels that is no news to an operator.
type errorsOnly struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h errorsOnly) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h errorsOnly) WithAttrs(a []slog.Attr) slog.Handler {
	return errorsOnly{h.Handler.WithAttrs(a)}
}

// WithGroup implements slog.Handler.
func (h errorsOnly) WithGroup(name string) slog.Handler { return errorsOnly{h.Handler.WithGroup(name)} }
