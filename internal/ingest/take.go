package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
)

// shown is how many findings and row changes go into an answer.
const shown = 100

// take judges a staged table and makes it current: parsed, validated, compared
// with the table before, published. meta has what is known of its origin; delta
// are the changed rows that it was assembled from, nil if it came whole.
func (r *run) take(ctx context.Context, l *load, meta store.Meta, delta *load) (TableResult, error) {
	table, err := l.parsed(r.t)
	if err != nil {
		return r.reject(ctx, l, nil, validate.Unreadable(r.t, err), err)
	}
	rep := r.judge(ctx, table, l.at)
	switch {
	case r.newest == nil && table.Len() == 0:
		err := exo.Errorf("ingest.Table", exo.Upstream, r.t, "the %s table has no rows", r.t)
		return r.reject(ctx, l, table, validate.Unreadable(r.t, err), err)
	case !rep.Valid:
		return r.reject(ctx, l, table, rep, r.invalid(rep))
	}
	var old *catalog.Table
	if r.newest != nil {
		if old, err = r.opt.Held.Parsed(ctx, *r.newest); err != nil {
			return TableResult{}, err
		}
	}
	diff := catalog.Diff(old, table)
	meta = tableMeta(meta, r.t, table, rep, l.at)
	if held, why := catalog.MassChange(old, table, diff); held {
		return r.hold(ctx, l, meta, rep, diff, why)
	}
	return r.accept(ctx, l, meta, table, rep, diff, delta)
}

// accept publishes a table that nothing speaks against.
func (r *run) accept(ctx context.Context, l *load, meta store.Meta, table *catalog.Table, rep *validate.Report, diff catalog.Difference, delta *load) (TableResult, error) {
	meta.Kind = store.Table
	items := []store.Item{{Staged: l.staged, Meta: meta}}
	if delta != nil {
		dm := tableMeta(store.Meta{Origin: delta.answer.Origin, Kind: store.Delta}, r.t, delta.table, nil, l.at)
		items = append(items, store.Item{Staged: delta.staged, Meta: dm})
	}
	metas, err := r.publish(ctx, items)
	if err != nil {
		return TableResult{}, err
	}
	r.newest = &metas[0]
	r.opt.Held.Keep(metas[0], table)
	if err := r.confirmed(ctx, "new", meta.From == nil); err != nil {
		return TableResult{}, err
	}
	r.log.InfoContext(ctx, "a table was ingested", "table", r.t, "path", metas[0].Path, "rows", table.Len(),
		"added", diff.Changes.Added, "removed", diff.Changes.Removed, "changed", diff.Changes.Changed)
	report, err := r.keepReport(ctx, metas[0], rep)
	res := r.answer(ctx, FromArchive, metas[0])
	res.Changes, res.SchemaChanges, res.ReportPath = diff.Changes, diff.Schema, report
	res.Warnings = append(res.Warnings, schemaWarnings(diff.Schema)...)
	if err != nil {
		res.Warnings = append(res.Warnings, "the validation report could not be kept: "+exo.MessageOf(err))
	}
	return res, nil
}

// mostRenamed is how many renamed columns are told one by one.
const mostRenamed = 10

func schemaWarnings(c catalog.SchemaChanges) []string {
	var w []string
	if len(c.Added) > 0 {
		w = append(w, fmt.Sprintf("the archive added %d column(s): %s", len(c.Added), list(c.Added)))
	}
	if len(c.Removed) > 0 {
		w = append(w, fmt.Sprintf("the archive dropped %d columns: %s", len(c.Removed), list(c.Removed)))
	}
	for i, r := range c.Renamed {
		if i == mostRenamed {
			w = append(w, fmt.Sprintf("%d more columns seem to be renamed", len(c.Renamed)-mostRenamed))
			break
		}
		w = append(w, fmt.Sprintf("the column %s seems to be %s now", clip(r.From, 60), clip(r.To, 60)))
	}
	return w
}

// list joins the first names.
func list(names []string) string {
	const most = 10
	s := ""
	for i, n := range names {
		switch {
		case i == most:
			return s + fmt.Sprintf(" and %d more", len(names)-most)
		case i > 0:
			s += ", "
		}
		s += clip(n, 60)
	}
	return s
}

// tableMeta fills the metadata that a table itself tells.
func tableMeta(m store.Meta, t catalog.Type, table *catalog.Table, rep *validate.Report, at time.Time) store.Meta {
	m.RetrievedAt, m.Table = at, t
	if rep != nil {
		s := rep.Summary()
		m.Validation = &s
	}
	if table != nil {
		m.Rows, m.Columns = table.Len(), table.Columns
		m.SchemaFingerprint, m.Newest = table.Fingerprint(), table.Newest()
	}
	return m
}

// folders are where the files of an archive go, below raw.
var folders = map[string]string{"nea": "nasa", "exofop": "exofop", "esa": "esa"}

// place names a file: raw/nasa/koi_20260102_030405.csv, and the like in the
// folders of changed rows, rejected and held tables.
func place(m store.Meta, at time.Time) exo.Path {
	source := folders[m.Origin.Archive]
	if source == "" { // a folder or a mirror stands in for the archive
		source = map[catalog.Type]string{catalog.TOI: "exofop", catalog.Gaia: "esa"}[m.Table]
	}
	if source == "" {
		source = "nasa"
	}
	sub := map[store.Kind]string{store.Delta: "deltas/", store.Rejected: "rejected/", store.Held: "held/"}[m.Kind]
	return exo.Path(fmt.Sprintf("raw/%s/%s%s_%s.csv", source, sub, m.Table, exo.Stamp(at)))
}

// publish gives the files their names. A name that is taken is never reused:
// the next free second is.
func (r *run) publish(ctx context.Context, items []store.Item) ([]store.Meta, error) {
	const most = 600 // seconds
	at := items[0].Meta.RetrievedAt
	for n := 0; ; n++ {
		free := true
		for i := range items {
			items[i].Meta.Path = place(items[i].Meta, at)
			_, err := r.opt.Store.Get(ctx, items[i].Meta.Path)
			if err != nil && !errors.Is(err, exo.NotFound) {
				return nil, err
			}
			free = free && err != nil
		}
		if free {
			metas, err := r.opt.Store.Publish(ctx, items...)
			if err == nil || !errors.Is(err, exo.Exists) {
				return metas, err
			}
		}
		if n == most {
			return nil, exo.Errorf("ingest.Table", exo.Exists, items[0].Meta.Path, "every name from %s on is taken", items[0].Meta.Path)
		}
		at = at.Add(time.Second)
	}
}

// reject keeps bytes that cannot be used, for a person to look at, and returns
// the error with the outcome of the validation.
func (r *run) reject(ctx context.Context, l *load, table *catalog.Table, rep *validate.Report, cause error) (TableResult, error) {
	s := rep.Summary()
	e := exo.E("ingest.Table", exo.Upstream, r.t, cause).With("validation", map[string]any{
		"valid": false, "errors": s.Errors, "warnings": s.Warnings, "metrics": s.Metrics,
		"findings": findings(rep, shown), "findings_total": len(rep.Findings),
	})
	if exo.HintOf(cause) == "" {
		e = e.Try("the last good table stays current; all findings are at report_path, the bytes at rejected_path")
	}
	meta := tableMeta(store.Meta{Origin: l.answer.Origin, Kind: store.Rejected}, r.t, table, rep, l.at)
	meta.Validation.Valid = false
	kept, err := r.keep(ctx, l, meta)
	if err != nil {
		return TableResult{}, errors.Join(err, e)
	}
	e = e.With("rejected_path", kept.Path)
	if report, err := r.keepReport(ctx, kept, rep); err == nil {
		e = e.With("report_path", report)
	}
	return TableResult{}, e
}

// keep stores rejected or held bytes, unless the same are kept already.
func (r *run) keep(ctx context.Context, l *load, meta store.Meta) (store.Meta, error) {
	same, err := r.opt.Store.List(ctx, store.Filter{Kind: meta.Kind, Table: r.t})
	if err != nil {
		return store.Meta{}, err
	}
	digest := l.staged.Digest()
	for _, m := range same {
		if m.SHA256 != digest {
			continue
		}
		if _, settled, err := r.decision(ctx, m); err != nil || !settled {
			return m, err
		}
	}
	metas, err := r.publish(ctx, []store.Item{{Staged: l.staged, Meta: meta}})
	if err != nil {
		return store.Meta{}, err
	}
	return metas[0], nil
}

// hold keeps a table that differs too much until a person decides.
func (r *run) hold(ctx context.Context, l *load, meta store.Meta, rep *validate.Report, d catalog.Difference, why string) (TableResult, error) {
	meta.Kind = store.Held
	kept, err := r.keep(ctx, l, meta)
	if err != nil {
		return TableResult{}, err
	}
	id := heldID(kept)
	e := exo.Errorf("ingest.Table", exo.Conflict, r.t, "the new %s table waits for approval: %s", r.t, why).
		Try("look at the difference; then run `exoplanetai ingest held approve %s` or `… discard %s`", id, id).
		With("held_id", id).With("held_path", kept.Path).With("reason", why).
		With("difference", map[string]any{
			"changes": d.Changes, "schema_changes": d.Schema, "dispositions": d.Dispositions, "rows": d.Sample(shown), "rows_total": len(d.Rows),
		})
	if report, err := r.keepReport(ctx, kept, rep); err == nil {
		e = e.With("report_path", report)
	}
	return TableResult{}, e
}
