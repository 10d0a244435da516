package jobs

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/riverqueue/river"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Get returns a job; exo.NotFound if there is none.
func (r *Runner) Get(ctx context.Context, id string) (Job, error) {
	rec, err := find(ctx, r.db, "jobs.Get", id)
	if err != nil {
		return Job{}, err
	}
	j := r.withLive(rec.Job)
	j.Items, err = r.Items(ctx, id)
	return j, err
}

// withLive puts the newest progress, which may not be stored yet, into a job
// that runs.
func (r *Runner) withLive(j Job) Job {
	r.mu.Lock()
	run := r.live[j.ID]
	r.mu.Unlock()
	if run != nil && j.State == Running {
		j.Progress = run.newest()
	}
	return j
}

// List returns the jobs that the filter selects, newest first.
func (r *Runner) List(ctx context.Context, f Filter) ([]Job, error) {
	const op = "jobs.List"
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	query, args := `SELECT `+columns+` FROM jobs`, []any{}
	var where []string
	if f.Kind != "" {
		where, args = append(where, "kind = ?"), append(args, f.Kind)
	}
	if f.State != "" {
		where, args = append(where, "state = ?"), append(args, string(f.State))
	}
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	rows, err := r.db.QueryContext(ctx, query+" ORDER BY seq DESC LIMIT ?", append(args, min(limit, maxList))...)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	list := []Job{}
	for rows.Next() {
		rec, err := scan(rows)
		if err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		list = append(list, r.withLive(rec.Job))
	}
	if err := rows.Err(); err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	return list, nil
}

// Cancel ends a queued job and cancels the context of a running one, which
// ends a little later; exo.Conflict if the job has ended.
func (r *Runner) Cancel(ctx context.Context, id string) (Job, error) {
	const op = "jobs.Cancel"
	var rec record
	err := r.inTx(ctx, func(tx *sql.Tx) (err error) {
		rec, err = scan(tx.QueryRowContext(ctx, `UPDATE jobs SET cancel = 1,
			finished_at = CASE WHEN state = 'queued' THEN ? ELSE finished_at END,
			state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
			WHERE id = ? AND state IN ('queued','running') RETURNING `+columns, r.now(), id))
		if errors.Is(err, sql.ErrNoRows) {
			if rec, err = find(ctx, tx, op, id); err == nil {
				err = exo.Errorf(op, exo.Conflict, id, "the job has ended already, as %s", rec.State)
			}
		}
		if err == nil && rec.State == Cancelled {
			if _, err = r.client.JobCancelTx(ctx, tx, rec.riverID); errors.Is(err, river.ErrNotFound) {
				err = nil // River has lost it, which is as good
			}
		}
		return err
	})
	if err != nil {
		return Job{}, sqldb.Typed(op, id, err)
	}
	r.mu.Lock()
	run := r.live[id]
	r.mu.Unlock()
	if run != nil {
		run.stop(errCancelled)
	}
	if rec.State.Ended() {
		r.tellEnd(rec.Job)
	}
	return r.withLive(rec.Job), nil
}

// Wait returns the job when it has ended, or the context's error.
func (r *Runner) Wait(ctx context.Context, id string) (Job, error) {
	j, err := r.Get(ctx, id)
	if err != nil || j.State.Ended() {
		return j, err
	}
	s := r.watch.follow(j)
	defer r.watch.leave(s)
	for {
		select {
		case <-ctx.Done():
			return j, exo.E("jobs.Wait", exo.KindOf(ctx.Err()), id, ctx.Err())
		case <-s.news:
			if j, err = s.newest(); err != nil || j.State.Ended() {
				return j, err
			}
		}
	}
}
