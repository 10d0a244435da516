package jobs

import (
	"context"
	"database/sql"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	groupMax   = 64      // records of one statement
	groupBytes = 4 << 20 // of their results, about
)

// group lets many small writes of the same form become one statement: who comes
// while one is on its way goes with the next. A write that fails takes nobody
// with it: the others are then made one by one.
type group[In, Out any] struct {
	do   func(ctx context.Context, list []In) ([]Out, error) // in order; all or none
	size func(In) int                                        // bytes, about; nil: none

	turn  sync.Mutex // held by who writes
	mu    sync.Mutex
	queue []*entry[In, Out] // guarded by mu
}

type entry[In, Out any] struct {
	in   In
	out  Out
	err  error
	done bool // guarded by turn
}

// call makes one write, together with those of others.
func (g *group[In, Out]) call(ctx context.Context, in In) (Out, error) {
	e := &entry[In, Out]{in: in}
	g.mu.Lock()
	g.queue = append(g.queue, e)
	g.mu.Unlock()
	g.turn.Lock()
	defer g.turn.Unlock()
	for !e.done {
		g.write(ctx)
	}
	return e.out, e.err
}

// write writes what has waited longest. Whoever gives up meanwhile must not take
// others with it, so the context only lends its values.
func (g *group[In, Out]) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	runtime.Gosched() // those who come at the same time should be in
	list := g.take()
	if g.together(ctx, list) != nil {
		for _, e := range list {
			if err := g.together(ctx, []*entry[In, Out]{e}); err != nil {
				e.err = err
			}
		}
	}
	for _, e := range list {
		e.done = true
	}
}

func (g *group[In, Out]) together(ctx context.Context, list []*entry[In, Out]) error {
	in := make([]In, len(list))
	for i, e := range list {
		in[i] = e.in
	}
	out, err := g.do(ctx, in)
	if err != nil {
		return err
	}
	for i, e := range list {
		e.out = out[i]
	}
	return nil
}

func (g *group[In, Out]) take() []*entry[In, Out] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, bytes := 0, 0
	for n < min(len(g.queue), groupMax) {
		if g.size != nil {
			if bytes += g.size(g.queue[n].in); n > 0 && bytes > groupBytes {
				break
			}
		}
		n++
	}
	list := append([]*entry[In, Out](nil), g.queue[:n]...)
	g.queue = append(g.queue[:0], g.queue[n:]...)
	return list
}

// begun is the record of a job that may be worked on; found is false for one that
// has ended, was removed, or belongs to another run by now.
type begun struct {
	record
	found bool
}

// beginAll marks records as running here, each if the run is the one it waits
// for. One that runs here already is one whose end could not be written.
func (r *Runner) beginAll(ctx context.Context, runs []*run) ([]begun, error) {
	args := []any{r.id, r.now(), r.id}
	for _, run := range runs {
		args = append(args, run.id, run.riverID)
	}
	rows, err := r.db.QueryContext(ctx, `UPDATE jobs SET state = 'running', worker = ?, started_at = coalesce(started_at, ?)
		WHERE (state = 'queued' OR state = 'running' AND worker = ?) AND (id, river_id) IN (VALUES `+places("(?,CAST(? AS BIGINT))", len(runs))+`) RETURNING `+columns, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]record{}
	for rows.Next() {
		rec, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found[rec.ID] = rec
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	list := make([]begun, len(runs))
	for i, run := range runs {
		list[i].record, list[i].found = found[run.id], found[run.id].ID != ""
	}
	return list, nil
}

// ending is what is to be written at the end of a run.
type ending struct {
	run             *run
	state           State
	at              int64
	result, problem []byte
	progress        Progress
}

func (e ending) size() int { return len(e.result) + len(e.problem) }

// endAll closes records, each if it is still its run's; it tells which were.
func (r *Runner) endAll(ctx context.Context, list []ending) ([]bool, error) {
	const one = "(?,CAST(? AS BIGINT),?,CAST(? AS BIGINT),CAST(? AS TEXT),CAST(? AS TEXT),CAST(? AS BIGINT),CAST(? AS BIGINT),?,?)"
	var args []any
	for _, e := range list {
		args = append(args, e.run.id, e.run.riverID, string(e.state), e.at, nullText(e.result), nullText(e.problem),
			e.progress.Done, e.progress.Total, e.progress.Unit, e.progress.Message)
	}
	rows, err := r.db.QueryContext(ctx, `UPDATE jobs SET state = v.column3, finished_at = v.column4, result = v.column5, error = v.column6,
		done = v.column7, total = v.column8, unit = v.column9, message = v.column10
		FROM (VALUES `+places(one, len(list))+`) AS v
		WHERE jobs.id = v.column1 AND jobs.river_id = v.column2 AND jobs.worker = ? AND jobs.state = 'running' RETURNING jobs.id`, append(args, r.id)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	closed := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		closed[id] = true
	}
	out := make([]bool, len(list))
	for i, e := range list {
		out[i] = closed[e.run.id]
	}
	return out, rows.Err()
}

// insertAll writes the records of new jobs; it returns those that were not there
// already, by identifier.
func (r *Runner) insertAll(ctx context.Context, tx *sql.Tx, drafts []draft, riverIDs []int64) (map[string]record, error) {
	args := make([]any, 0, 8*len(drafts))
	for i, d := range drafts {
		notBefore := int64(0)
		if !d.at.IsZero() {
			notBefore = d.at.UnixMicro()
		}
		args = append(args, d.id, d.kind, string(d.args), d.digest, r.now(), riverIDs[i], notBefore, d.requestID)
	}
	rows, err := tx.QueryContext(ctx, `INSERT INTO jobs (id, kind, args, digest, state, created_at, river_id, not_before, request_id)
		VALUES `+places("(?,?,?,?,'queued',?,?,?,?)", len(drafts))+`
		ON CONFLICT (digest) WHERE state IN ('queued','running') DO NOTHING RETURNING `+columns, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	written := make(map[string]record, len(drafts))
	for rows.Next() {
		rec, err := scan(rows)
		if err != nil {
			return nil, err
		}
		written[rec.ID] = rec
	}
	return written, rows.Err()
}

// places repeats the places of one row.
func places(one string, n int) string { return strings.Repeat(one+",", n-1) + one }

// begin marks the record as running here; sql.ErrNoRows if it is not this run's.
func (r *Runner) begin(ctx context.Context, run *run) (record, error) {
	b, err := r.begins.call(ctx, run)
	if err == nil && !b.found {
		err = sql.ErrNoRows
	}
	return b.record, err
}

// end closes the record. The last progress is stored with it. errEnded if it is
// another run's by now.
func (r *Runner) end(ctx context.Context, rec record, s State, run *run, result, problem []byte) error {
	e := ending{run: run, state: s, at: r.now(), result: result, problem: problem, progress: run.newest()}
	closed, err := r.ends.call(ctx, e)
	if err != nil {
		return err
	}
	if !closed {
		return errEnded
	}
	j := rec.Job
	j.State, j.Progress, j.Result, j.Error = s, e.progress, result, problem
	j.FinishedAt = timeOf(sql.NullInt64{Int64: e.at, Valid: true})
	r.tellEnd(j)
	return nil
}
