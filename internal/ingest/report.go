package ingest

import (
	"context"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
)

// judge validates a table that came from the archive at that time.
func (r *run) judge(ctx context.Context, table *catalog.Table, at time.Time) *validate.Report {
	star, err := r.opt.Held.Elsewhere(ctx, r.t)
	if err != nil { // another table is damaged: that says nothing of this one
		r.log.ErrorContext(ctx, "positions are not compared with the other tables", "table", r.t, "error", err)
	}
	return validate.Table(table, validate.Options{Now: r.now(), Retrieved: at, Fresh: r.opt.Freshness[string(r.t)], Star: star})
}

// invalid is the error of a table that failed validation.
func (r *run) invalid(rep *validate.Report) error {
	first := findings(rep, 1)[0] // there is one: only what a full list has no room for is left out
	where := ""
	if first.Row != "" {
		where = "row " + clip(first.Row, 60) + ": "
	}
	s := ""
	if n := rep.Summary().Errors; n != 1 {
		s = "s"
	}
	return exo.Errorf("ingest.Table", exo.Upstream, r.t, "the %s table failed validation with %d error%s: %s%s",
		r.t, rep.Summary().Errors, s, where, first.Message)
}

// findings returns the first of a report, errors before the others.
func findings(rep *validate.Report, most int) []validate.Finding {
	list := []validate.Finding{}
	for _, s := range []validate.Severity{validate.Error, validate.Warning, validate.Info} {
		for _, f := range rep.Findings {
			if len(list) == most {
				return list
			}
			if f.Severity == s {
				list = append(list, f)
			}
		}
	}
	return list
}

// keepReport stores the report of a file that is stored. Without it the file is
// none the worse; so a failure is told and changes nothing.
func (r *run) keepReport(ctx context.Context, m store.Meta, rep *validate.Report) (exo.Path, error) {
	p, err := r.opt.Reports.Keep(ctx, reports.Subject{
		DataType: string(r.t), Files: []store.Ref{{Path: m.Path, SHA256: m.SHA256}}, At: m.RetrievedAt, Rejected: m.Kind == store.Rejected,
	}, rep)
	if err != nil {
		r.log.ErrorContext(ctx, "a validation report could not be kept", "path", m.Path, "error", err)
	}
	return p, err
}

// reported adds the newest report of a stored table, told by its bytes, to an
// answer about it. Without one the answer keeps what the table's own record says.
func (s *Service) reported(ctx context.Context, m store.Meta, res *TableResult) {
	list, err := s.opt.Store.List(ctx, store.Filter{Kind: store.Validation, Table: m.Table, From: m.SHA256})
	if err != nil {
		s.log.ErrorContext(ctx, "the validation reports cannot be listed", "error", err)
		return
	}
	var newest store.Meta
	for _, rep := range list {
		if !rep.RetrievedAt.Before(newest.RetrievedAt) {
			newest = rep
		}
	}
	if res.ReportPath = newest.Path; newest.Validation != nil {
		res.Validation = *newest.Validation
	}
}
