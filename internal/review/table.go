package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/validate"
)

// trendLength is how many versions of a table the trend tells of.
const trendLength = 50

// table judges a version of a table.
func (s *Service) table(ctx context.Context, r Request, report Report) (Result, error) {
	typ := catalog.Type(r.DataType)
	ref, err := tables.ParseRef(r.Version, "")
	if err != nil {
		return Result{}, err
	}
	v, err := s.opt.Tables.Pick(ctx, typ, ref)
	if err != nil {
		return Result{}, err
	}
	versions, err := s.opt.Tables.Versions(ctx, typ)
	if err != nil {
		return Result{}, err
	}
	current := len(versions) > 0 && versions[len(versions)-1].Meta.Path == v.Meta.Path
	report(0, 1, "tables", v.ID)
	table, rep, err := s.judge(ctx, v.Meta, current)
	if err != nil {
		return Result{}, err
	}
	keep, err := s.rowsOf(ctx, r, table)
	if err != nil {
		return Result{}, err
	}
	of := reports.Subject{DataType: r.DataType, At: s.opt.Clock(), Files: []store.Ref{{Path: v.Meta.Path, SHA256: v.Meta.SHA256}}}
	res, err := s.finish(ctx, r, of, rep, keep)
	if err != nil {
		return Result{}, err
	}
	report(1, 1, "tables", v.ID)
	res.Trend = trend(versions)
	if !current {
		res.Warnings = append(res.Warnings, fmt.Sprintf("%s is not the current version, which is %s", v.ID, versions[len(versions)-1].ID))
	}
	return res, nil
}

// judge reads a table and validates it. A table that cannot be read as one, by a
// program newer than the one that took it, is a finding; table is nil then.
func (s *Service) judge(ctx context.Context, m store.Meta, current bool) (*catalog.Table, *validate.Report, error) {
	read := s.opt.Tables.Read
	if current {
		read = s.opt.Tables.Parsed
	}
	table, err := read(ctx, m)
	if errors.Is(err, exo.Upstream) {
		return nil, validate.Unreadable(m.Table, err), nil
	}
	if err != nil {
		return nil, nil, err
	}
	star, err := s.opt.Tables.Elsewhere(ctx, m.Table)
	if err != nil { // another table is damaged: that says nothing of this one
		s.log.ErrorContext(ctx, "positions are not compared with the other tables", "table", m.Table, "error", err)
	}
	confirmed := m.RetrievedAt
	if current && s.opt.Asked != nil {
		if at := s.opt.Asked(ctx, m.Table); at.After(confirmed) {
			confirmed = at
		}
	}
	return table, validate.Table(table, validate.Options{Now: s.opt.Clock(), Retrieved: confirmed, Fresh: s.opt.Freshness[string(m.Table)], Star: star}), nil
}

// rowsOf returns what tells the findings of the star that the request names; nil
// where it names none.
func (s *Service) rowsOf(ctx context.Context, r Request, table *catalog.Table) (func(validate.Finding) bool, error) {
	if r.TargetName == "" || table == nil {
		return nil, nil
	}
	name, err := exo.ParseName(r.TargetName)
	if err != nil {
		return nil, err
	}
	rows := sameStar(table, map[string]bool{catalog.Fold(name.Canonical): true})
	if len(rows) == 0 && name.Form != exo.FormID { // a name that another table knows
		id, _, err := s.opt.Tables.Resolve(ctx, r.TargetName, "", s.opt.Resolve)
		if err != nil && !errors.Is(err, exo.NotFound) {
			return nil, err
		}
		rows = sameStar(table, map[string]bool{catalog.Fold(id.String()): true})
	}
	if len(rows) == 0 {
		return nil, exo.Errorf(op, exo.NotFound, r.TargetName, "the %s table has no row of %s", r.DataType, name.Canonical).With("parameter", "target_name").
			Try("leave target_name out, or name a star of the table")
	}
	return func(f validate.Finding) bool { return rows[f.Row] }, nil
}

// sameStar returns the keys of the rows that are of a star or planet of one of
// the names, folded, and of the rows that are of the same stars.
func sameStar(table *catalog.Table, names map[string]bool) map[string]bool {
	delete(names, "")
	known := func(list []string) bool {
		return slices.ContainsFunc(list, func(name string) bool { return names[catalog.Fold(name)] })
	}
	stars := make([][]string, table.Len())
	for i := range stars {
		var objects []string
		objects, stars[i] = table.NamesOf(i)
		if known(objects) {
			for _, name := range stars[i] {
				names[catalog.Fold(name)] = true
			}
		}
	}
	rows := map[string]bool{}
	for i, list := range stars {
		if known(list) {
			rows[catalog.Clip(table.Key(i))] = true // as findings have it
		}
	}
	return rows
}

// trend tells the metrics of the versions as they were when each came, oldest
// first.
func trend(versions []tables.Version) []Point {
	points := []Point{}
	for _, v := range versions {
		if sum := v.Meta.Validation; sum != nil {
			points = append(points, Point{
				Version: v.ID, At: v.Meta.RetrievedAt.UTC().Truncate(time.Second), Errors: sum.Errors, Warnings: sum.Warnings,
				Metrics: reports.Overall(sum.Metrics),
			})
		}
	}
	return points[max(0, len(points)-trendLength):]
}
