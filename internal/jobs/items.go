package jobs

import (
	"context"
	"encoding/json"
	"errors"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// maxItem bounds what is kept of one part of a batch, in bytes.
const maxItem = 64 << 10

// Batch keeps how each part of a running job went. Unlike the job's result it is
// there at once: a job that is taken up after a kill sees what was finished, and
// does not do it again.
type Batch struct {
	r   *Runner
	run *run
}

type batchKey struct{}

// BatchOf returns the batch of the job whose handler has this context; nil
// outside of one, which keeps nothing.
func BatchOf(ctx context.Context) *Batch {
	b, _ := ctx.Value(batchKey{}).(*Batch)
	return b
}

// Note keeps the outcome of a part: its result, or the error as a problem
// document. The last note of a key counts. exo.Conflict when the job was taken up
// by another process meanwhile; the handler should end then.
func (b *Batch) Note(ctx context.Context, key string, result any, failed error) error {
	const op = "jobs.Note"
	if b == nil {
		return nil
	}
	o := Outcome{Key: key, OK: failed == nil}
	if failed != nil {
		o.Error = b.r.opts.Problem(failed)
	} else if result != nil {
		text, err := json.Marshal(result)
		if err != nil {
			return exo.E(op, exo.Internal, key, err)
		}
		o.Result = text
	}
	doc, err := json.Marshal(o)
	if err != nil {
		return exo.E(op, exo.Internal, key, err)
	}
	if len(doc) > maxItem || len(key) > maxText {
		return exo.Errorf(op, exo.TooLarge, nil, "the outcome of %.40q is larger than %d bytes", key, maxItem)
	}
	ok := 0
	if o.OK {
		ok = 1
	}
	n, err := b.r.write1(ctx, `INSERT INTO job_items (job_id, key, ok, doc) SELECT id, ?, ?, ? FROM jobs`+mine+`
		ON CONFLICT (job_id, key) DO UPDATE SET ok = excluded.ok, doc = excluded.doc`, key, ok, string(doc), b.run.id, b.run.riverID, b.r.id)
	if err == nil && n == 0 {
		return exo.Errorf(op, exo.Conflict, key, "the job was taken up by another process")
	}
	return sqldb.Typed(op, key, err)
}

// Outcomes returns what has been noted so far, also by earlier runs of the job,
// by key.
func (b *Batch) Outcomes(ctx context.Context) (map[string]Outcome, error) {
	done := map[string]Outcome{}
	if b == nil {
		return done, nil
	}
	list, err := b.r.Items(ctx, b.run.id)
	for _, o := range list {
		done[o.Key] = o
	}
	return done, err
}

// Items returns the outcomes of the parts of a job, in the order of their keys;
// none for a job that keeps none.
func (r *Runner) Items(ctx context.Context, id string) ([]Outcome, error) {
	const op = "jobs.Items"
	docs, err := texts(ctx, r.db, `SELECT doc FROM job_items WHERE job_id = ? ORDER BY key`, id)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	list := make([]Outcome, len(docs))
	for i, doc := range docs {
		if err := json.Unmarshal([]byte(doc), &list[i]); err != nil {
			return nil, exo.E(op, exo.Corrupt, nil, errors.New("an outcome is no JSON"))
		}
	}
	return list, nil
}

// Stats counts the jobs of each kind and state that have not ended or ended and
// are still kept.
func (r *Runner) Stats(ctx context.Context) (map[string]map[State]int64, error) {
	const op = "jobs.Stats"
	rows, err := r.db.QueryContext(ctx, `SELECT kind, state, count(*) FROM jobs GROUP BY kind, state`)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	all := map[string]map[State]int64{}
	for rows.Next() {
		var kind string
		var state State
		var n int64
		if err := rows.Scan(&kind, &state, &n); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		if all[kind] == nil {
			all[kind] = map[State]int64{}
		}
		all[kind][state] = n
	}
	return all, sqldb.Typed(op, nil, rows.Err())
}
