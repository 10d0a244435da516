package jobs

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// maxMany bounds the jobs of one SubmitMany.
const maxMany = 100_000

// draft is a job that is to be submitted.
type draft struct {
	id, kind, digest, requestID string
	args                        []byte
	at                          time.Time // zero: now
}

// Submit puts a job into the queue, or returns the one of the same kind and
// arguments that has not ended yet. The arguments are any value that JSON can
// hold.
func (r *Runner) Submit(ctx context.Context, kind string, args any) (Job, error) {
	return r.SubmitAt(ctx, kind, args, time.Time{})
}

// SubmitAt is Submit for a job that is begun at the given time, or a few seconds
// later; the zero time and times past mean now.
func (r *Runner) SubmitAt(ctx context.Context, kind string, args any, at time.Time) (Job, error) {
	const op = "jobs.Submit"
	d, err := r.draft(ctx, kind, args, at)
	if err != nil {
		return Job{}, err
	}
	for {
		rec, err := r.openWith(ctx, r.db, d.digest)
		if !errors.Is(err, sql.ErrNoRows) {
			return rec.Job, sqldb.Typed(op, kind, err)
		}
		err = r.inTx(ctx, func(tx *sql.Tx) error {
			rec, err = r.insert(ctx, tx, d)
			return err
		})
		if !errors.Is(err, errTwice) {
			return rec.Job, sqldb.Typed(op, kind, err)
		}
	}
}

// SubmitMany submits jobs of one kind, all or none, a hundred times as fast as
// one by one. They come back in the order of their arguments.
func (r *Runner) SubmitMany(ctx context.Context, kind string, args []any) ([]Job, error) {
	const op = "jobs.SubmitMany"
	if len(args) > maxMany {
		return nil, exo.Errorf(op, exo.TooLarge, kind, "more than %d jobs at a time", maxMany)
	}
	list := make([]Job, len(args))
	drafts, tasks := make([]draft, len(args)), make([]river.InsertManyParams, len(args))
	for i, a := range args {
		d, err := r.draft(ctx, kind, a, time.Time{})
		if err != nil {
			return nil, err
		}
		drafts[i], tasks[i] = d, river.InsertManyParams{Args: task{ID: d.id}}
	}
	const group = 500
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		for from := 0; from < len(drafts); from += group {
			to := min(from+group, len(drafts))
			if err := r.insertGroup(ctx, tx, drafts[from:to], tasks[from:to], list[from:to]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, sqldb.Typed(op, kind, err)
	}
	return list, nil
}

func (r *Runner) insertGroup(ctx context.Context, tx *sql.Tx, drafts []draft, tasks []river.InsertManyParams, list []Job) error {
	inserted, err := r.client.InsertManyTx(ctx, tx, tasks)
	if err != nil {
		return err
	}
	ids := make([]int64, len(inserted))
	for i, one := range inserted {
		ids[i] = one.Job.ID
	}
	written, err := r.insertAll(ctx, tx, drafts, ids)
	if err != nil {
		return err
	}
	for i, d := range drafts {
		rec, isNew := written[d.id]
		if !isNew { // the task finds no record, and goes
			if rec, err = r.openWith(ctx, tx, d.digest); err != nil {
				return err
			}
		}
		list[i] = rec.Job
	}
	return nil
}

func (r *Runner) draft(ctx context.Context, kind string, args any, at time.Time) (draft, error) {
	const op = "jobs.Submit"
	_, known := r.opts.Handlers[kind]
	if (!known && !slices.Contains(r.opts.Kinds, kind)) || len(kind) > maxKind {
		return draft{}, exo.Errorf(op, exo.Invalid, nil, "there are no jobs of the kind %.40q", kind)
	}
	canonical, err := canonicalJSON(args)
	if err != nil {
		return draft{}, exo.E(op, exo.Invalid, kind, err).Say("the arguments of the job are no JSON")
	}
	if len(canonical) > maxArgs {
		return draft{}, exo.Errorf(op, exo.TooLarge, kind, "the arguments of the job are larger than %d bytes", maxArgs)
	}
	d := draft{id: newID(), kind: kind, args: canonical, digest: exo.DigestOf(append([]byte(kind+"\n"), canonical...)).Hex()}
	if r.opts.RequestID != nil {
		d.requestID = clip(r.opts.RequestID(ctx))
	}
	if at.After(r.opts.Clock()) {
		d.at = at.UTC()
	}
	return d, nil
}

// errTwice says that the same job is in the queue already.
var errTwice = exo.Errorf("jobs.insert", exo.Exists, nil, "the same job waits or runs already")

// openWith finds the job of this digest that has not ended; sql.ErrNoRows if
// there is none.
func (r *Runner) openWith(ctx context.Context, q querier, digest string) (record, error) {
	return scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM jobs WHERE digest = ? AND state IN ('queued','running')`, digest))
}

// insert writes the record of a job and hands it to River; errTwice if the job
// is there already.
func (r *Runner) insert(ctx context.Context, tx *sql.Tx, d draft) (record, error) {
	inserted, err := r.client.InsertTx(ctx, tx, task{ID: d.id}, &river.InsertOpts{ScheduledAt: d.at})
	if err != nil {
		return record{}, err
	}
	written, err := r.insertAll(ctx, tx, []draft{d}, []int64{inserted.Job.ID})
	if err != nil {
		return record{}, err
	}
	rec, isNew := written[d.id]
	if !isNew {
		return record{}, errTwice
	}
	return rec, nil
}

// hand gives the job to River anew, in the transaction that notes it.
func (r *Runner) hand(ctx context.Context, tx *sql.Tx, id string, notBefore int64) error {
	var at time.Time
	if notBefore > r.now() {
		at = time.UnixMicro(notBefore).UTC()
	}
	inserted, err := r.client.InsertTx(ctx, tx, task{ID: id}, &river.InsertOpts{ScheduledAt: at})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE jobs SET river_id = ? WHERE id = ?`, inserted.Job.ID, id)
	return err
}

// inTx runs f in a transaction. Unlike sqldb's, those of Postgres run side by
// side: each statement here is right whatever the others do meanwhile.
func (r *Runner) inTx(ctx context.Context, f func(tx *sql.Tx) error) (err error) {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return sqldb.Typed("jobs.inTx", nil, err)
	}
	if err = f(tx); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return err
	}
	return tx.Commit()
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
