package ingest

import (
	"context"

	"exoplanetai/internal/store"
)

// follower does what follows a newly accepted table, now or later, and adds its
// warnings to the answer.
type follower func(ctx context.Context, res *TableResult)

// follow lets happen what follows the table of an answer, unless it has: a crash
// may have come between the table and what follows it.
func (s *Service) follow(ctx context.Context, res *TableResult, after follower) {
	if s.opt.After == nil {
		return
	}
	done, _, err := s.opt.Store.Check(ctx, afterKey(res.TableType))
	if err != nil {
		s.log.ErrorContext(ctx, "it cannot be told what has followed a table", "table", res.TableType, "error", err)
		return
	}
	if done.Note != string(res.RawPath) {
		after(ctx, res)
	}
}

// followed does what follows the table of an answer, and notes that it is done.
// What of it failed is told in the warnings, and not tried again.
func (s *Service) followed(ctx context.Context, res *TableResult) {
	if s.opt.After == nil {
		return
	}
	res.Warnings = append(res.Warnings, s.opt.After(ctx, res.TableType)...)
	if ctx.Err() != nil { // the table is there; whoever asks next lets it follow
		return
	}
	done := store.Check{At: s.now(), Outcome: "done", Note: string(res.RawPath)}
	if err := s.opt.Store.SetCheck(ctx, afterKey(res.TableType), done); err != nil {
		s.log.ErrorContext(ctx, "it cannot be noted what has followed a table; it will follow once more", "table", res.TableType, "error", err)
	}
}

// later notes that something has to follow the table when all tables of a batch
// have come.
func later(wanted *bool) follower {
	return func(context.Context, *TableResult) { *wanted = true }
}

// mend judges the current table, of which no report is kept: a crash came between
// the two, or it was stored before reports were kept. If that fails the answer is
// none the worse.
func (r *run) mend(ctx context.Context, res *TableResult) {
	table, err := r.opt.Held.Parsed(ctx, *r.newest)
	if err != nil {
		r.log.ErrorContext(ctx, "the current table cannot be judged", "path", r.newest.Path, "error", err)
		return
	}
	rep := r.judge(ctx, table, r.asked.At)
	if p, err := r.keepReport(ctx, *r.newest, rep); err == nil {
		res.ReportPath, res.Validation = p, rep.Summary()
	}
}
