package jobs

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Submit puts a job into the queue, or returns the one of the same kind and
// arguments that has not ended yet. The arguments are any value that JSON can
// hold.
func (r *Runner) Submit(ctx context.Context, kind string, args any) (Job, error) {
	const op = "jobs.Submit"
	if _, known := r.opts.Handlers[kind]; !known || len(kind) > maxKind {
		return Job{}, exo.Errorf(op, exo.Invalid, nil, "there are no jobs of the kind %.40q", kind)
	}
	canonical, err := canonicalJSON(args)
	if err != nil {
		return Job{}, exo.E(op, exo.Invalid, kind, err).Say("the arguments of the job are no JSON")
	}
	if len(canonical) > maxArgs {
		return Job{}, exo.Errorf(op, exo.TooLarge, kind, "the arguments of the job are larger than %d bytes", maxArgs)
	}
	digest := exo.DigestOf(append([]byte(kind+"\n"), canonical...)).Hex()
	var rec record
	err = r.db.InTx(ctx, func(tx *sql.Tx) error {
		rec, err = scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM jobs WHERE digest = ? AND state IN ('queued','running')`, digest))
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id := newID()
		if _, err := tx.ExecContext(ctx, `INSERT INTO jobs (id, kind, args, digest, state, created_at) VALUES (?, ?, ?, ?, 'queued', ?)`,
			id, kind, string(canonical), digest, r.now()); err != nil {
			return err
		}
		if err := r.hand(ctx, tx, id); err != nil {
			return err
		}
		rec, err = find(ctx, tx, op, id)
		return err
	})
	if err != nil {
		return Job{}, sqldb.Typed(op, kind, err)
	}
	return rec.Job, nil
}

// hand gives the job to River, in the transaction that writes its record.
func (r *Runner) hand(ctx context.Context, tx *sql.Tx, id string) error {
	inserted, err := r.client.InsertTx(ctx, tx, task{ID: id}, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE jobs SET river_id = ? WHERE id = ?`, inserted.Job.ID, id)
	return err
}

// Get returns a job; exo.NotFound if there is none.
func (r *Runner) Get(ctx context.Context, id string) (Job, error) {
	rec, err := find(ctx, r.db, "jobs.Get", id)
	if err != nil {
		return Job{}, err
	}
	return r.withLive(rec.Job), nil
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
	err := r.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if rec, err = find(ctx, tx, op, id); err != nil {
			return err
		}
		switch rec.State {
		case Running:
			_, err = tx.ExecContext(ctx, `UPDATE jobs SET cancel = 1 WHERE id = ?`, id)
		case Queued:
			if _, err = tx.ExecContext(ctx, `UPDATE jobs SET cancel = 1, state = 'cancelled', finished_at = ? WHERE id = ?`, r.now(), id); err == nil {
				_, err = r.client.JobCancelTx(ctx, tx, rec.riverID)
			}
		default:
			return exo.Errorf(op, exo.Conflict, id, "the job has ended already, as %s", rec.State)
		}
		if err == nil {
			rec, err = find(ctx, tx, op, id)
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
		r.broadcastEnd()
	}
	return r.withLive(rec.Job), nil
}

// Wait returns the job when it has ended, or the context's error.
func (r *Runner) Wait(ctx context.Context, id string) (Job, error) {
	// Ends are announced within this process; the ticker is for those of others.
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		r.mu.Lock()
		ended := r.ended
		r.mu.Unlock()
		j, err := r.Get(ctx, id)
		if err != nil || j.State.Ended() {
			return j, err
		}
		select {
		case <-ctx.Done():
			return j, exo.E("jobs.Wait", exo.KindOf(ctx.Err()), id, ctx.Err())
		case <-ended:
		case <-tick.C:
		}
	}
}

// newID makes an identifier that cannot be guessed.
func newID() string { return strings.ToLower(rand.Text()) }

// canonicalJSON writes a value as JSON with sorted keys, numbers as they came.
func canonicalJSON(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}
