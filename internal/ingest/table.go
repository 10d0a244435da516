package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/trace"
)

// Table brings a table up to date and tells what is current.
//
// Errors: exo.Invalid for a wrong table type; exo.Upstream for an answer that
// cannot be used, with `validation` and `report_path` if its bytes were kept;
// exo.Conflict with `held_id` and `difference` for a mass change; exo.Unavailable
// if the archive does not answer and nothing is held, or a refresh was forced.
// With something held the error carries `last_good`.
func (s *Service) Table(ctx context.Context, req TableRequest, report Report) (TableResult, error) {
	return s.table(ctx, req, report, s.followed)
}

// table is Table, with what is done after a table was newly accepted. Callers
// that share one run share what follows it.
func (s *Service) table(ctx context.Context, req TableRequest, report Report, after follower) (TableResult, error) {
	const op = "ingest.Table"
	t, err := catalog.ParseType(req.TableType)
	if err != nil {
		return TableResult{}, err
	}
	src := s.opt.Tables[t]
	if src == nil {
		return TableResult{}, exo.Errorf(op, exo.Unavailable, t, "no archive is set up for the %s table", t).
			Try("set its base URL in the configuration")
	}
	key := string(t)
	if req.ForceRefresh {
		key += "/force"
	}
	return s.flights.do(ctx, key, func() (res TableResult, err error) {
		ctx, span := trace.Start(ctx, "ingest.table")
		span.Text("table", string(t))
		told := s.watch(string(t))
		defer func() {
			told(res.Source, func() int64 { return s.sizeOf(ctx, res.RawPath) }, err)
			span.End(err)
		}()
		res, err = s.bring(ctx, &run{Service: s, t: t, src: src, force: req.ForceRefresh, report: report})
		if err == nil {
			s.follow(ctx, &res, after)
		}
		return res, err
	})
}

// sizeOf is the size of a file that is held, for who counts bytes.
func (s *Service) sizeOf(ctx context.Context, p exo.Path) int64 {
	m, err := s.opt.Store.Get(ctx, p)
	if err != nil {
		s.log.DebugContext(ctx, "the size of a new file is not known", "path", p, "error", err)
	}
	return m.SizeBytes
}

// bring does the run while no other call changes the table.
func (s *Service) bring(ctx context.Context, r *run) (TableResult, error) {
	release, err := s.alone(ctx, r.t)
	if err != nil {
		return TableResult{}, err
	}
	defer release()
	res, err := r.table(ctx)
	if err == nil && res.ReportPath == "" && res.Source != FromArchive {
		r.mend(ctx, &res)
	}
	return res, err
}

// run is one request for a table on its way.
type run struct {
	*Service
	t      catalog.Type
	src    archive.TableSource
	force  bool
	report Report

	newest *store.Meta // current table; nil: none is held
	asked  store.Check // when the archive last confirmed it
}

func checkKey(t catalog.Type) string  { return "table/" + string(t) }
func fullKey(t catalog.Type) string   { return "table/" + string(t) + "/full" } // whole loads
func rowsKey(t catalog.Type) string   { return "table/" + string(t) + "/rows" } // loads of changed rows
func failedKey(t catalog.Type) string { return "table/" + string(t) + "/failed" }
func afterKey(t catalog.Type) string  { return "table/" + string(t) + "/after" } // what followed

func (r *run) table(ctx context.Context) (TableResult, error) {
	if err := r.look(ctx); err != nil {
		return TableResult{}, err
	}
	if r.newest != nil && !r.force && r.fresh() {
		return r.answer(ctx, FromCache, *r.newest), nil
	}
	res, err := r.ask(ctx)
	r.count(string(r.t), err)
	if err == nil {
		return res, nil
	}
	return r.failed(ctx, err)
}

// look finds what is current and when the archive was last asked.
func (r *run) look(ctx context.Context) error {
	m, asked, err := r.current(ctx, r.t)
	r.newest, r.asked = m, asked
	return err
}

// current returns the newest table of a type, nil if none is held, and when the
// archive last confirmed it. A check that is lost is made up for by the time the
// file came.
func (s *Service) current(ctx context.Context, t catalog.Type) (*store.Meta, store.Check, error) {
	m, err := s.opt.Held.Current(ctx, t)
	if err != nil || m == nil {
		return nil, store.Check{}, err
	}
	c, ok, err := s.opt.Store.Check(ctx, checkKey(t))
	if err != nil {
		return nil, store.Check{}, err
	}
	if !ok || c.At.Before(m.RetrievedAt) {
		c = store.Check{At: m.RetrievedAt, Outcome: "new"}
	}
	return m, c, nil
}

// fresh tells whether the archive need not be asked.
func (r *run) fresh() bool { return r.good(r.asked.At, string(r.t)) }

// good tells whether what the archive confirmed then is still fresh.
func (s *Service) good(asked time.Time, what string) bool {
	return s.now().Before(asked.Add(s.opt.Freshness[what])) && !s.ahead(asked)
}

// ahead tells whether a time lies in the future. Such a time comes from a clock
// that was wrong, and proves nothing.
func (s *Service) ahead(t time.Time) bool { return t.After(s.now().Add(time.Minute)) }

func (r *run) freshUntil() time.Time { return r.asked.At.Add(r.opt.Freshness[string(r.t)]) }

// answer describes the current table. Its changes are those of the call.
func (r *run) answer(ctx context.Context, from Source, m store.Meta) TableResult {
	res := TableResult{
		Status: "success", TableType: r.t, Source: from,
		Records: m.Rows, Columns: len(m.Columns), Checksum: m.SHA256,
		RawPath: m.Path, MetadataPath: store.MetadataPath(m.Path),
		RetrievedAt: m.RetrievedAt, FreshUntil: r.freshUntil(),
		Changes:       catalog.Changes{Unchanged: m.Rows},
		SchemaChanges: catalog.NoSchemaChanges(),
		Warnings:      []string{},
	}
	if m.Validation != nil {
		res.Validation = *m.Validation
	}
	r.reported(ctx, m, &res)
	return res
}

// confirmed notes that the archive answered and the newest table is current.
func (r *run) confirmed(ctx context.Context, outcome string, full bool) error {
	c := store.Check{At: r.now(), Outcome: outcome}
	if full {
		if err := r.opt.Store.SetCheck(ctx, fullKey(r.t), c); err != nil {
			return err
		}
	}
	r.asked = c
	return r.opt.Store.SetCheck(ctx, checkKey(r.t), c)
}

// unchanged is the answer when the archive has nothing new.
func (r *run) unchanged(ctx context.Context, full bool) (TableResult, error) {
	if err := r.confirmed(ctx, "unchanged", full); err != nil {
		return TableResult{}, err
	}
	return r.answer(ctx, Unchanged, *r.newest), nil
}

// failed decides what becomes of an error: data that are held outlive an
// archive that does not answer.
func (r *run) failed(ctx context.Context, err error) (TableResult, error) {
	const op = "ingest.Table"
	kind := exo.KindOf(err)
	if ctx.Err() != nil {
		return TableResult{}, exo.E(op, exo.KindOf(ctx.Err()), r.t, err)
	}
	note := store.Check{At: r.now(), Outcome: "failed", Note: clip(exo.MessageOf(err), 1000)}
	if nerr := r.opt.Store.SetCheck(ctx, failedKey(r.t), note); nerr != nil {
		return TableResult{}, errors.Join(err, nerr)
	}
	r.log.WarnContext(ctx, "a table was not ingested", "table", r.t, "error", err)
	if r.newest == nil || kind == exo.Corrupt { // what is corrupt may be the last good table
		return TableResult{}, err
	}
	var silent *noAnswer
	if !errors.As(err, &silent) {
		return TableResult{}, r.withLastGood(exo.E(op, kind, r.t, err))
	}
	if kind == exo.RateLimited { // the archive's limit, not ours
		kind = exo.Unavailable
	}
	if r.force {
		return TableResult{}, r.withLastGood(exo.E(op, kind, r.t, silent.err))
	}
	res := r.answer(ctx, Stale, *r.newest)
	res.Warnings = append(res.Warnings, fmt.Sprintf("the archive gave no usable answer (%s); these data were last confirmed %s ago, at %s",
		exo.MessageOf(silent.err), age(r.now().Sub(r.asked.At)), r.asked.At.Format(time.RFC3339)))
	return res, nil
}

// withLastGood adds what is still current to an error.
func (r *run) withLastGood(e *exo.Error) error {
	return e.With("last_good", map[string]any{
		"path": r.newest.Path, "retrieved_at": r.newest.RetrievedAt, "checksum": r.newest.SHA256,
	})
}

// noAnswer marks an error of the exchange with the archive, as opposed to one
// of judging or keeping what came.
type noAnswer struct{ err error }

func (e *noAnswer) Error() string { return e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

// exchange marks errors after which older data may be served. A table that came
// without a column it needs is not one of them: waiting does not cure it.
func exchange(err error) error {
	if exo.ExtraOf(err)["missing_column"] != nil {
		return err
	}
	switch exo.KindOf(err) {
	case exo.Unavailable, exo.RateLimited, exo.Upstream:
		return &noAnswer{err}
	}
	return err
}

// refused is exchange for a table: that the archive does not have it, or does
// not give it, is said of the archive and not of our user's request.
func (r *run) refused(err error) error {
	switch exo.KindOf(err) {
	case exo.NotFound, exo.Denied, exo.Unauthenticated, exo.NotAllowed:
		e := exo.E("ingest.Table", exo.Upstream, r.t, err).Say("the archive refused the %s table: %s", r.t, exo.MessageOf(err))
		if exo.HintOf(err) == "" {
			e = e.Try("look at the archive's base URL in the configuration")
		}
		return &noAnswer{e}
	}
	return exchange(err)
}

// age says a duration in words: "3 days 2 hours", "14 minutes".
func age(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%d days %d hours", d/day, d%day/time.Hour)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours %d minutes", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d minutes", max(0, d/time.Minute))
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
