package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/validate"
)

// MaxFiles bounds the light curves of one request. A star that TESS has seen from
// its first day has 200 of all products.
const MaxFiles = 400

// lightCurves judges the light curves of a star: of each that the archive has
// changed, the newest.
func (s *Service) lightCurves(ctx context.Context, r Request, report Report) (Result, error) {
	id, _, err := s.opt.Tables.Resolve(ctx, r.TargetName, r.Mission, tables.Ask(s.opt.Resolve))
	if err != nil {
		return Result{}, err
	}
	held, err := s.opt.Store.List(ctx, store.Filter{Kind: store.LightCurve, Target: id})
	if err != nil {
		return Result{}, err
	}
	files, older := newest(held)
	switch {
	case len(files) == 0:
		return Result{}, exo.Errorf(op, exo.NotFound, id, "no light curve of %s is held", id).
			Try(`run: exoplanetai ingest lightcurve "%s" --mission %s (or POST /api/v1/data/ingest/lightcurve)`, id, id.Catalog.Mission())
	case len(files) > MaxFiles:
		return Result{}, exo.Errorf(op, exo.TooLarge, id, "%d light curves of %s are held; %d can be validated at once", len(files), id, MaxFiles).
			Try("validate file judges them one by one")
	}
	know := knowledge{s.star(ctx), s.teff(ctx)}
	all := make([]*validate.Report, 0, len(files))
	of := reports.Subject{DataType: r.DataType, Target: id, At: s.opt.Clock()}
	for i, m := range files {
		if err := ctx.Err(); err != nil {
			return Result{}, exo.E(op, exo.KindOf(err), id, err)
		}
		report(int64(i), int64(len(files)), "files", m.Path.Base())
		rep, err := s.lightCurve(ctx, m, know)
		if err != nil {
			return Result{}, err
		}
		all = append(all, rep)
		of.Files = append(of.Files, store.Ref{Path: m.Path, SHA256: m.SHA256})
	}
	res, err := s.finish(ctx, r, of, validate.Combine(all), nil)
	if err != nil {
		return Result{}, err
	}
	report(int64(len(files)), int64(len(files)), "files", "")
	if older > 0 {
		res.Warnings = append(res.Warnings, fmt.Sprintf("%d older light curves, in whose place the archive has put others, were left out", older))
	}
	return res, nil
}

// newest leaves of files of one name the one that came last, in the order of
// paths, and counts those that it leaves out.
func newest(held []store.Meta) (files []store.Meta, older int) {
	last := map[string]store.Meta{}
	for _, m := range held {
		name := m.Path.Dir() + "/" + lightcurve.ArchiveName(m.Path.Base())
		if was, have := last[name]; !have || !m.RetrievedAt.Before(was.RetrievedAt) {
			last[name] = m
		}
	}
	for _, m := range last {
		files = append(files, m)
	}
	slices.SortFunc(files, func(a, b store.Meta) int { return cmp.Compare(a.Path, b.Path) })
	return files, len(held) - len(files)
}

// lightCurve judges a file. One whose bytes are what they were but are no FITS
// file is a finding; one that is damaged an error.
func (s *Service) lightCurve(ctx context.Context, m store.Meta, know knowledge) (_ *validate.Report, err error) {
	f, err := s.opt.Store.Read(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	file, err := fits.Parse(data)
	if err != nil {
		rep := validate.Unreadable(validate.LightCurveType, err)
		rep.Findings[0].Row = string(m.Path)
		return rep, nil
	}
	return validate.LightCurve(file, validate.LightCurveOptions{
		Now: s.opt.Clock(), Retrieved: m.RetrievedAt, Fresh: s.opt.Freshness[validate.LightCurveType], Path: m.Path, Want: wanted(m), Star: know.star, Teff: know.teff,
	}), nil
}

// wanted is what the record of a file says that it holds.
func wanted(m store.Meta) lightcurve.Product {
	p := lightcurve.Product{Mission: m.Mission, Author: m.Author, ID: m.Target, SectorQuarter: -1, CadenceS: int(math.Round(m.CadenceS))}
	if m.SectorQuarter != nil {
		p.SectorQuarter = *m.SectorQuarter
	}
	return p
}

// knowledge is what the tables know of stars.
type knowledge struct {
	star func(exo.TargetID) (catalog.Star, bool)
	teff func(exo.TargetID) (float64, bool)
}

// teffColumns are the columns of a star's temperature.
var teffColumns = []string{"koi_steff", "Stellar Eff Temp (K)", "Stellar Teff (K)", "st_teff"}

// teff returns the temperature of a star by the current table of its mission: the
// first that a row of it gives. Each star is looked up once.
func (s *Service) teff(ctx context.Context) func(exo.TargetID) (float64, bool) {
	known := map[exo.TargetID]float64{}
	return func(id exo.TargetID) (float64, bool) {
		v, seen := known[id]
		if !seen {
			v = s.findTeff(ctx, id)
			known[id] = v
		}
		return v, v > 0
	}
}

// findTeff is 0 for a star whose temperature is not known.
func (s *Service) findTeff(ctx context.Context, id exo.TargetID) float64 {
	table, _, err := s.opt.Tables.Newest(ctx, own[id.Catalog])
	if err != nil || table == nil { // star tells of a table that is damaged
		return 0
	}
	for _, name := range teffColumns {
		j := table.ColumnNamed(name)
		if j < 0 {
			continue
		}
		for i := range table.Len() {
			if v, err := strconv.ParseFloat(table.Cell(i, j), 64); err == nil && v > 0 && slices.Contains(table.IDsOf(i), id) {
				return v
			}
		}
	}
	return 0
}

// own is the table of a mission's stars.
var own = map[exo.Catalog]catalog.Type{exo.KIC: catalog.KOI, exo.TIC: catalog.TOI, exo.EPIC: catalog.K2}

// star returns what the current tables know of a star. The magnitude is that of
// the star's own mission, or not known: the bands of the missions differ.
func (s *Service) star(ctx context.Context) func(exo.TargetID) (catalog.Star, bool) {
	return func(id exo.TargetID) (catalog.Star, bool) {
		for _, typ := range []catalog.Type{own[id.Catalog], catalog.Gaia, catalog.TOI, catalog.K2} {
			table, _, err := s.opt.Tables.Newest(ctx, typ)
			if err != nil { // a table that is damaged says nothing of a light curve
				s.log.ErrorContext(ctx, "positions are not compared with a table", "table", typ, "error", err)
				continue
			}
			if table == nil {
				continue
			}
			for _, star := range table.Find(exo.Name{Canonical: id.String(), Form: exo.FormID, ID: id}) {
				if math.IsNaN(star.RA) || math.IsNaN(star.Dec) {
					continue
				}
				if typ != own[id.Catalog] || foreign(table) {
					star.Mag = math.NaN()
				}
				return star, true
			}
		}
		return catalog.Star{}, false
	}
}

// foreign tells whether the table gives another magnitude than its mission's.
func foreign(t *catalog.Table) bool {
	j := t.Column(catalog.RoleMag)
	return j >= 0 && t.Type == catalog.K2 && t.Columns[j].Name != "sy_kepmag"
}

// Target finds the star that a name means, as Validate does.
func (s *Service) Target(ctx context.Context, name, mission string) (exo.TargetID, error) {
	id, _, err := s.opt.Tables.Resolve(ctx, name, mission, tables.Ask(s.opt.Resolve))
	return id, err
}
