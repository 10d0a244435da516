package jobs

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

const (
	cancelEvery = 500 * time.Millisecond // looks for cancellations by others
	mendEvery   = 5 * time.Second
	retainEvery = 10 * time.Minute
)

// errLost ends the jobs of a process that cannot tell others any more that it
// lives: they will be begun elsewhere.
var errLost = exo.Errorf("jobs.lease", exo.Unavailable, nil, "the database did not answer for too long")

// beat is how often a worker tells that it lives.
func (r *Runner) beat() time.Duration { return r.opts.Silence * 2 / 15 }

// register enters this process in the list of workers, or says that it lives.
func (r *Runner) register(ctx context.Context) error {
	if !r.shared {
		return nil
	}
	_, err := r.db.ExecContext(ctx, `INSERT INTO job_workers (id, started_at, alive_at) VALUES (?, `+nowPostgres+`, `+nowPostgres+`)
		ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`, r.id)
	return sqldb.Typed("jobs.lease", nil, err)
}

// renew says that this process lives. It returns false if others think that it
// does not: then they have taken its jobs.
func (r *Runner) renew(ctx context.Context) (bool, error) {
	result, err := r.db.ExecContext(ctx, `UPDATE job_workers SET alive_at = `+nowPostgres+` WHERE id = ?`, r.id)
	if err != nil {
		return false, sqldb.Typed("jobs.lease", nil, err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// keepAlive keeps this process in the list of workers, takes up what others left, and
// hears of cancellations, until the context ends.
func (r *Runner) keepAlive(ctx context.Context) {
	if !r.shared {
		return
	}
	// Handlers are stopped before others may begin the same jobs, also where this
	// process was paused meanwhile.
	limit := r.opts.Silence * 2 / 3
	fuse := time.AfterFunc(limit, func() { r.lose(ctx) })
	defer fuse.Stop()
	tick := time.NewTicker(r.beat())
	defer tick.Stop()
	log := slog.New(newQuiet(r.opts.Log.Handler())) // an outage is told of once a minute
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		bctx, cancel := context.WithTimeout(ctx, limit)
		known, err := r.renew(bctx)
		if err == nil && !known {
			r.lose(ctx)
			err = r.register(bctx)
		}
		if err == nil {
			fuse.Reset(limit)
			r.setLost(false)
			err = r.lookAround(bctx)
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "the list of workers cannot be kept", "err", err)
		}
	}
}

// lookAround takes up what workers left that died.
func (r *Runner) lookAround(ctx context.Context) error {
	var n int
	silence := r.opts.Silence.Microseconds()
	err := r.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM job_workers WHERE alive_at < `+nowPostgres+` - ?)
		+ (SELECT count(*) FROM jobs WHERE state = 'running'`+lostRecordPg+`)
		+ (SELECT count(*) FROM river_job WHERE state = 'running'`+lostTaskPg+`)`, silence, silence, silence).Scan(&n)
	if err != nil || n == 0 {
		return sqldb.Typed("jobs.lease", nil, err)
	}
	return r.takeUp(ctx, false)
}

// lose stops all that runs here; the records are left to whom they belong now.
func (r *Runner) lose(ctx context.Context) {
	r.setLost(true)
	r.mu.Lock()
	runs := make([]*run, 0, len(r.live))
	for _, run := range r.live {
		runs = append(runs, run)
	}
	r.mu.Unlock()
	for _, run := range runs {
		run.stop(errLost)
	}
	if len(runs) > 0 {
		r.opts.Log.WarnContext(ctx, "the jobs of this process were stopped, because the database did not answer for too long", "jobs", len(runs))
	}
}

func (r *Runner) setLost(lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = lost
}

// hearCancels stops those jobs that were cancelled through another process; a
// command beside a server is one, also on SQLite.
func (r *Runner) hearCancels(ctx context.Context) {
	tick := time.NewTicker(cancelEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r.mu.Lock()
		n := len(r.live)
		r.mu.Unlock()
		if n == 0 {
			continue
		}
		list, err := texts(ctx, r.db, `SELECT id FROM jobs WHERE state = 'running' AND worker = ? AND cancel = 1`, r.id)
		if err != nil {
			continue // the beat tells of a database that does not answer
		}
		for _, id := range list {
			r.mu.Lock()
			run := r.live[id]
			r.mu.Unlock()
			if run != nil {
				run.stop(errCancelled)
			}
		}
	}
}

// tidy mends and forgets, now and then.
func (r *Runner) tidy(ctx context.Context) {
	mend, retain := time.NewTicker(mendEvery), time.NewTicker(retainEvery)
	defer mend.Stop()
	defer retain.Stop()
	seen := map[string]bool{}
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-mend.C:
			seen, err = r.mend(ctx, seen)
		case <-retain.C:
			err = r.retain(ctx)
			if err == nil {
				err = r.db.For("jobs").InTx(ctx, func(tx *sql.Tx) error { return r.handAgain(ctx, tx) })
			}
		}
		if err != nil && ctx.Err() == nil {
			r.opts.Log.WarnContext(ctx, "the queue cannot be tidied", "err", err)
		}
	}
}
