package jobs

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Runner is the Queue on SQLite or Postgres, and the workers that empty it.
type Runner struct {
	opts   Options
	db     *sqldb.DB
	client *river.Client[*sql.Tx]
	watch  *watcher
	begins group[*run, begun]
	ends   group[ending, bool]
	id     string         // of this process among the workers
	shared bool           // others may work on this database too: it is on Postgres
	halt   func()         // ends the loops
	loops  sync.WaitGroup // keepAlive and the like

	mu      sync.Mutex // guards what follows
	started bool
	closing bool
	lost    bool            // others may have taken this process for dead
	live    map[string]*run // jobs that run here, by id
}

var (
	_ Queue    = (*Runner)(nil)
	_ Follower = (*Runner)(nil)
)

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
	return w.runner.work(ctx, job.Args.ID, job.ID)
}

// Open prepares the tables and makes a Runner that takes jobs but does not
// work on them before Start. On a database that is open to read only it can tell
// of jobs, and nothing else.
func Open(ctx context.Context, o Options) (*Runner, error) {
	const op = "jobs.Open"
	if o.DB == nil || o.Clock == nil {
		return nil, exo.Errorf(op, exo.Internal, nil, "a runner of jobs needs a database and a clock")
	}
	r := &Runner{opts: o.withDefaults(), db: o.DB, live: map[string]*run{}, shared: o.DB.Dialect() == sqldb.Postgres, halt: func() {}}
	r.watch = newWatcher(r)
	r.begins.do, r.ends.do, r.ends.size = r.beginAll, r.endAll, ending.size
	r.id = clip(r.opts.Worker) + "-" + newID()[:12]
	if err := checkPeriodic(r.opts); err != nil {
		return nil, err
	}
	quiet := slog.New(newQuiet(r.opts.Log.Handler()))
	driver := r.driver()
	if err := r.migrate(ctx, driver, quiet); err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	var err error
	if r.client, err = river.NewClient(driver, r.riverConfig(quiet)); err != nil {
		return nil, exo.E(op, exo.Internal, nil, err)
	}
	return r, nil
}

// migrate makes the tables, or brings them up to date. Who only reads needs none
// of River's.
func (r *Runner) migrate(ctx context.Context, driver riverdriver.Driver[*sql.Tx], log *slog.Logger) error {
	if !r.db.ReadOnly() {
		err := r.db.Alone(ctx, "river", func() error {
			migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
			if err == nil {
				_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return sqldb.Migrate(ctx, r.db, "jobs", schema)
}

// driver is River's way to the database. On Postgres, too, it goes through
// database/sql, so that a record and River's job are written in one transaction.
func (r *Runner) driver() riverdriver.Driver[*sql.Tx] {
	if r.shared {
		return riverdatabasesql.New(r.db.DB)
	}
	return riversqlite.New(r.db.DB)
}

func (r *Runner) riverConfig(log *slog.Logger) *river.Config {
	c := &river.Config{
		ID:     r.id,
		Logger: log,
		// The defaults of 100 ms and 1 s bound the rate of small jobs and the time
		// until one is begun, and nothing else.
		FetchCooldown:     2 * time.Millisecond,
		FetchPollInterval: 50 * time.Millisecond,
		// The runner sets its own deadline, and knows by its own leases which jobs
		// are orphans; so River must never think that one is stuck.
		JobTimeout:           -1,
		RescueStuckJobsAfter: 10 * 365 * 24 * time.Hour,
		// The records tell what was; River needs not.
		CompletedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: time.Hour,
	}
	if !r.opts.InsertOnly {
		c.Workers = river.NewWorkers()
		river.AddWorker(c.Workers, &worker{runner: r})
		c.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: r.opts.Workers}}
	}
	return c
}

// Start takes up what an earlier process left and begins to work. It may be
// called once. With InsertOnly it does nothing.
func (r *Runner) Start(ctx context.Context) error {
	const op = "jobs.Start"
	r.mu.Lock()
	again := r.started
	r.started = true
	r.mu.Unlock()
	if again {
		return exo.Errorf(op, exo.Conflict, nil, "the jobs run already")
	}
	if r.opts.InsertOnly || r.db.ReadOnly() {
		return nil
	}
	if err := r.register(ctx); err != nil {
		return err
	}
	if err := r.takeUp(ctx, true); err != nil {
		return sqldb.Typed(op, nil, err)
	}
	if err := r.retain(ctx); err != nil {
		return sqldb.Typed(op, nil, err)
	}
	// All live until Close, not until the caller's context ends.
	ctx = context.WithoutCancel(ctx)
	if err := r.client.Start(ctx); err != nil {
		return exo.E(op, exo.Internal, nil, err)
	}
	ctx, r.halt = context.WithCancel(ctx)
	for _, loop := range []func(context.Context){r.keepAlive, r.hearCancels, r.tidy, r.keepSchedule} {
		r.loops.Go(func() { loop(ctx) })
	}
	return nil
}

// Close cancels the running jobs, waits for their handlers and leaves them
// queued for the next Start, or for the other workers. It waits until the
// context ends at the longest and may then be called again. The database stays
// open.
func (r *Runner) Close(ctx context.Context) error {
	const op = "jobs.Close"
	r.mu.Lock()
	started := r.started
	r.closing = true
	r.mu.Unlock()
	if !started || r.opts.InsertOnly || r.db.ReadOnly() {
		return nil
	}
	if err := r.client.StopAndCancel(ctx); err != nil {
		return exo.E(op, exo.Unavailable, nil, err).Say("the running jobs did not stop in time")
	}
	r.halt()
	r.loops.Wait()
	if r.shared { // so that nobody waits for a sign of life; without, they find out in time
		if _, err := r.db.ExecContext(ctx, `DELETE FROM job_workers WHERE id = ?`, r.id); err != nil {
			r.opts.Log.WarnContext(ctx, "this process stays in the list of workers", "err", err)
		}
	}
	return nil
}

// tellEnd tells those who wait for the end of a job.
func (r *Runner) tellEnd(j Job) {
	r.watch.changed()
	if r.opts.Ended != nil {
		r.opts.Ended(j)
	}
}
