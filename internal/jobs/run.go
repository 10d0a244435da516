package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"exoplanetai/internal/exo"
)

// Reasons why a running job's context ends, as context.Cause tells them.
var (
	errCancelled = exo.Errorf("jobs.Cancel", exo.Canceled, nil, "the job was cancelled")
	errTimeout   = exo.Errorf("jobs.run", exo.Unavailable, nil, "the job took longer than allowed").
			Try("raise processing.max_processing_time_minutes, or ask for less at a time")
)

// run is a job that is being worked on.
type run struct {
	runner  *Runner
	id      string
	riverID int64
	stop    context.CancelCauseFunc

	mu       sync.Mutex // guards what follows
	progress Progress
	fresh    bool        // progress is newer than what is stored
	timer    *time.Timer // of the next write; nil: none
	over     bool        // the handler has returned

	pending sync.WaitGroup // timers that have not been stopped or ended
}

// work is what River calls. What it returns tells River what to do with its
// own job; the record has been settled before.
func (r *Runner) work(ctx context.Context, id string, riverID int64) error {
	jobCtx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	run := &run{runner: r, id: id, riverID: riverID, stop: stop}
	if !r.enter(run) {
		return river.JobSnooze(time.Second) // not now; others may take it
	}
	defer r.leave(run)
	rec, err := r.begin(ctx, run)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return river.JobCancel(errEnded) // it has ended, was removed, or is another run's by now
	case ctx.Err() != nil:
		return ctx.Err() // closing; the next Start puts it right
	case err != nil:
		r.opts.Log.ErrorContext(ctx, "job cannot begin", "job", id, "err", err)
		return river.JobSnooze(10 * time.Second)
	}
	run.start(rec.Progress)
	r.watch.changed()
	if r.opts.Context != nil {
		jobCtx = r.opts.Context(jobCtx, rec.Job)
	}
	jobCtx = context.WithValue(jobCtx, batchKey{}, &Batch{r, run})
	result, err := run.handle(jobCtx, rec)
	run.finish()
	return r.settle(jobCtx, rec, run, result, err)
}

var errEnded = exo.Errorf("jobs.work", exo.Conflict, nil, "the job has ended")

// enter notes that a job is worked on; false if it is already, or nothing may be.
func (r *Runner) enter(run *run) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost || r.live[run.id] != nil {
		return false
	}
	r.live[run.id] = run
	return true
}

func (r *Runner) leave(run *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.live, run.id)
}

// handle runs the handler with its deadline, and turns a panic into an error.
func (run *run) handle(ctx context.Context, rec record) (result any, err error) {
	const op = "jobs.run"
	handler, known := run.runner.opts.Handlers[rec.Kind]
	if !known {
		return nil, exo.Errorf(op, exo.Internal, rec.ID, "this program has no handler for jobs of the kind %q", rec.Kind)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, run.runner.opts.Timeout, errTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			run.runner.opts.Log.ErrorContext(ctx, "job panicked", "job", rec.ID, "kind", rec.Kind, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			result, err = nil, exo.Errorf(op, exo.Internal, rec.ID, "the job broke off by a fault of the program").
				Try("the log has the details; please report them")
		}
	}()
	result, err = handler(ctx, rec.args, run.report)
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		err = exo.E(op, exo.Unavailable, rec.ID, errTimeout)
	}
	return result, err
}

// settle writes the outcome into the record and tells River what follows.
func (r *Runner) settle(ctx context.Context, rec record, run *run, result any, err error) error {
	const op = "jobs.settle"
	cause := context.Cause(ctx)
	// The outcome is written even though the job's context may have ended.
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	text, rerr := renderResult(result)
	if err == nil && rerr != nil {
		err = rerr
	}
	var werr, verdict error
	switch {
	case err == nil:
		werr = r.end(wctx, rec, Succeeded, run, text, nil)
	case errors.Is(cause, errCancelled) || rec.cancel:
		werr = r.end(wctx, rec, Cancelled, run, nil, nil)
		verdict = river.JobCancel(errCancelled)
	case ctx.Err() != nil && r.isClosing():
		werr = r.requeue(wctx, rec.ID, run, "", false)
		verdict = ctx.Err() // River sees its own stop in it and keeps the job
	case errors.Is(cause, errLost):
		werr = r.requeue(wctx, rec.ID, run, "", false)
		verdict = river.JobSnooze(r.beat())
	case r.mayRetry(rec, err):
		pause := r.pause(rec.tries)
		message := fmt.Sprintf("%s; trying again in %s", exo.MessageOf(err), pause)
		werr = r.requeue(wctx, rec.ID, run, message, true)
		verdict = river.JobSnooze(pause)
	default:
		r.opts.Log.WarnContext(ctx, "job failed", "job", rec.ID, "kind", rec.Kind, "err", err)
		werr = r.end(wctx, rec, Failed, run, nil, r.opts.Problem(err))
		verdict = river.JobCancel(err)
	}
	if errors.Is(werr, errEnded) { // somebody else has taken it up meanwhile
		r.opts.Log.WarnContext(ctx, "the outcome of a job that was taken up elsewhere is dropped", "job", rec.ID, "kind", rec.Kind)
		return river.JobCancel(errEnded)
	}
	if werr != nil {
		r.opts.Log.ErrorContext(ctx, "job's outcome cannot be stored", "job", rec.ID, "op", op, "err", werr)
		return river.JobSnooze(5 * time.Second)
	}
	return verdict
}

func renderResult(result any) ([]byte, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return nil, exo.E("jobs.settle", exo.Internal, nil, err)
	}
	if len(text) > maxResult {
		return nil, exo.Errorf("jobs.settle", exo.TooLarge, nil, "the job's result is larger than %d bytes", maxResult)
	}
	return text, nil
}

func (r *Runner) isClosing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing
}

// mayRetry reports whether a failure is worth another try.
func (r *Runner) mayRetry(rec record, err error) bool {
	return exo.KindOf(err) == exo.Unavailable && !errors.Is(err, errTimeout) && rec.tries < r.opts.Retries
}

// pause grows threefold with every try, up to an hour.
func (r *Runner) pause(tries int) time.Duration {
	d := r.opts.Pause
	for range tries {
		if d *= 3; d > time.Hour {
			return time.Hour
		}
	}
	return d
}

// mine is the condition on which a run may still write its record.
const mine = ` WHERE id = ? AND river_id = ? AND worker = ? AND state = 'running'`

// requeue opens the record for another run. A message replaces that of the
// last progress; counted says that it is a retry. A job that is to be cancelled
// ends.
func (r *Runner) requeue(ctx context.Context, id string, run *run, message string, counted bool) error {
	p := run.newest()
	if message != "" {
		p.Message = clip(message)
	}
	more := 0
	if counted {
		more = 1
	}
	n, err := r.write1(ctx, `UPDATE jobs SET state = CASE WHEN cancel = 1 THEN 'cancelled' ELSE 'queued' END,
		finished_at = CASE WHEN cancel = 1 THEN ? ELSE finished_at END, tries = tries + ?, done = ?, total = ?, unit = ?, message = ?`+mine,
		r.now(), more, p.Done, p.Total, p.Unit, p.Message, id, run.riverID, r.id)
	if err != nil || n == 0 {
		return orEnded(err)
	}
	r.watch.changed()
	return nil
}

func orEnded(err error) error {
	if err == nil {
		return errEnded
	}
	return err
}

// write1 changes one record, and tells whether it did.
func (r *Runner) write1(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := r.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func nullText(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return string(b)
}
