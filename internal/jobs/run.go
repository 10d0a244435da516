package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
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
	runner *Runner
	id     string
	stop   context.CancelCauseFunc

	mu       sync.Mutex // guards what follows
	progress Progress
	fresh    bool        // progress is newer than what is stored
	timer    *time.Timer // of the next write; nil: none
	over     bool        // the handler has returned

	pending sync.WaitGroup // timers that have not been stopped or ended
}

// work is what River calls. What it returns tells River what to do with its
// own job; the record has been settled before.
func (r *Runner) work(ctx context.Context, id string) error {
	rec, err := r.begin(ctx, id)
	if ctx.Err() != nil {
		return ctx.Err() // closing; the next Start puts it right
	}
	if err != nil {
		r.opts.Log.ErrorContext(ctx, "job cannot begin", "job", id, "err", err)
		return river.JobSnooze(time.Minute)
	}
	if rec.State != Running {
		return river.JobCancel(exo.Errorf("jobs.work", exo.Conflict, id, "the job has ended"))
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	run := &run{runner: r, id: id, stop: stop, progress: rec.Progress}
	r.mu.Lock()
	r.live[id] = run
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.live, id)
		r.mu.Unlock()
	}()
	if rec, err := find(ctx, r.db, "jobs.work", id); err == nil && rec.cancel {
		stop(errCancelled) // asked for between begin and the entry in live
	}
	result, err := run.handle(ctx, rec)
	run.finish()
	return r.settle(ctx, rec, run, result, err)
}

// begin marks the record as running, if it has not ended.
func (r *Runner) begin(ctx context.Context, id string) (rec record, err error) {
	err = r.db.InTx(ctx, func(tx *sql.Tx) error {
		if rec, err = find(ctx, tx, "jobs.begin", id); err != nil || rec.State.Ended() {
			return err
		}
		if rec.cancel {
			rec.State = Cancelled
			_, err = tx.ExecContext(ctx, `UPDATE jobs SET state = 'cancelled', finished_at = ? WHERE id = ?`, r.now(), id)
			return err
		}
		rec.State = Running
		_, err = tx.ExecContext(ctx, `UPDATE jobs SET state = 'running', started_at = coalesce(started_at, ?) WHERE id = ?`, r.now(), id)
		return err
	})
	if errors.Is(err, exo.NotFound) {
		return record{Job: Job{State: Cancelled}}, nil // the record was removed; so is the work
	}
	return rec, err
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
		werr = r.end(wctx, rec.ID, Succeeded, run, text, nil)
	case errors.Is(cause, errCancelled):
		werr = r.end(wctx, rec.ID, Cancelled, run, nil, nil)
		verdict = river.JobCancel(errCancelled)
	case ctx.Err() != nil && r.isClosing():
		werr = r.requeue(wctx, rec.ID, run, "", false)
		verdict = ctx.Err() // River sees its own stop in it and keeps the job
	case r.mayRetry(rec, err):
		pause := r.pause(rec.tries)
		message := fmt.Sprintf("%s; trying again in %s", exo.MessageOf(err), pause)
		werr = r.requeue(wctx, rec.ID, run, message, true)
		verdict = river.JobSnooze(pause)
	default:
		r.opts.Log.WarnContext(ctx, "job failed", "job", rec.ID, "kind", rec.Kind, "err", err)
		werr = r.end(wctx, rec.ID, Failed, run, nil, r.opts.Problem(err))
		verdict = river.JobCancel(err)
	}
	if werr != nil {
		r.opts.Log.ErrorContext(ctx, "job's outcome cannot be stored", "job", rec.ID, "op", op, "err", werr)
		return river.JobSnooze(time.Minute)
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

// end closes the record. The last progress is stored with it.
func (r *Runner) end(ctx context.Context, id string, s State, run *run, result, problem []byte) error {
	p := run.newest()
	_, err := r.db.ExecContext(ctx, `UPDATE jobs SET state = ?, finished_at = ?, result = ?, error = ?, done = ?, total = ?, unit = ?, message = ? WHERE id = ?`,
		string(s), r.now(), nullText(result), nullText(problem), p.Done, p.Total, p.Unit, p.Message, id)
	if err != nil {
		return err
	}
	r.broadcastEnd()
	return nil
}

// requeue opens the record for another run. A message replaces that of the
// last progress; counted says that it is a retry.
func (r *Runner) requeue(ctx context.Context, id string, run *run, message string, counted bool) error {
	p := run.newest()
	if message != "" {
		p.Message = clip(message)
	}
	_, err := r.db.ExecContext(ctx, `UPDATE jobs SET state = 'queued', tries = tries + ?, done = ?, total = ?, unit = ?, message = ? WHERE id = ?`,
		counted, p.Done, p.Total, p.Unit, p.Message, id)
	return err
}

func nullText(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return string(b)
}

// report takes progress from the handler. The first is stored at once, then
// one in progressEvery at most; the newest that had to wait is stored when that
// time is over.
func (run *run) report(p Progress) {
	p.Message, p.Unit = clip(p.Message), clip(p.Unit)
	run.mu.Lock()
	defer run.mu.Unlock()
	if run.over {
		return
	}
	run.progress, run.fresh = p, true
	if run.timer == nil {
		run.arm(0)
	}
}

// arm lets store run after a while. The caller holds the lock.
func (run *run) arm(after time.Duration) {
	run.pending.Add(1)
	run.timer = time.AfterFunc(after, func() {
		defer run.pending.Done()
		run.store()
	})
}

// store writes the newest progress, if there is news, and keeps the next write
// progressEvery away.
func (run *run) store() {
	run.mu.Lock()
	p, write := run.progress, run.fresh && !run.over
	run.fresh, run.timer = false, nil
	if write {
		run.arm(progressEvery)
	}
	run.mu.Unlock()
	if !write {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := run.runner.db.ExecContext(ctx, `UPDATE jobs SET done = ?, total = ?, unit = ?, message = ? WHERE id = ? AND state = 'running'`,
		p.Done, p.Total, p.Unit, p.Message, run.id)
	if err != nil {
		run.runner.opts.Log.WarnContext(ctx, "job's progress cannot be stored", "job", run.id, "err", err)
	}
}

// finish ends the storing of progress and waits for a write on its way; the
// caller stores the last report with the outcome.
func (run *run) finish() {
	run.mu.Lock()
	run.over = true
	if run.timer != nil && run.timer.Stop() {
		run.pending.Done()
	}
	run.mu.Unlock()
	run.pending.Wait()
}

func (run *run) newest() Progress {
	run.mu.Lock()
	defer run.mu.Unlock()
	return run.progress
}

func clip(s string) string {
	if len(s) <= maxText {
		return strings.ToValidUTF8(s, "")
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
