package jobs

import (
	"context"
	"strings"
	"time"
)

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
	_, err := run.runner.db.ExecContext(ctx, `UPDATE jobs SET done = ?, total = ?, unit = ?, message = ?`+mine,
		p.Done, p.Total, p.Unit, p.Message, run.id, run.riverID, run.runner.id)
	if err != nil {
		run.runner.opts.Log.WarnContext(ctx, "job's progress cannot be stored", "job", run.id, "err", err)
	}
	run.runner.watch.changed()
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

// start sets the progress that an earlier run had come to.
func (run *run) start(p Progress) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.progress = p
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
