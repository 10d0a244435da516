package ingest

import (
	"context"
	"math"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/store"
)

// targets fills a request for host-star parameters with the stars that are
// held: those of the newest tables, and those with light curves. Stars without
// a known position are left out, as the archive is asked by position.
func (r *run) targets(ctx context.Context, req *archive.TableRequest) error {
	seen := map[exo.TargetID]bool{}
	add := func(star catalog.Star) {
		if !seen[star.ID] && !math.IsNaN(star.RA) && !math.IsNaN(star.Dec) {
			req.Targets = append(req.Targets, star.ID)
			req.Stars = append(req.Stars, star)
		}
		seen[star.ID] = true
	}
	for _, t := range []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2} {
		table, _, err := r.opt.Held.Newest(ctx, t)
		if err != nil {
			return err
		}
		if table == nil {
			continue
		}
		for _, star := range table.Stars() {
			add(star)
		}
	}
	err := r.opt.Store.Each(ctx, store.Filter{Kind: store.LightCurve}, func(m store.Meta) error {
		if m.Target.IsZero() || seen[m.Target] {
			return nil
		}
		star, err := r.observed(ctx, m)
		add(star)
		return err
	})
	if err != nil {
		return err
	}
	if len(req.Targets) == 0 {
		return exo.Errorf("ingest.Table", exo.Conflict, r.t, "no stars are held that Gaia could be asked about").
			Try("ingest koi, toi or k2 first")
	}
	return nil
}

// observed reads a star's position from the header of a light curve. A file
// that cannot be read is told in the log and gives a star without position:
// finding damage is the duty of a verification, not of this request.
func (s *Service) observed(ctx context.Context, m store.Meta) (catalog.Star, error) {
	star := catalog.Star{ID: m.Target, RA: math.NaN(), Dec: math.NaN(), Mag: math.NaN()}
	f, err := s.opt.Store.Read(ctx, m.Path)
	if err != nil {
		s.log.WarnContext(ctx, "a light curve cannot be read", "path", m.Path, "error", err)
		return star, ctx.Err()
	}
	text, err := f.Bytes()
	if err == nil {
		var file *fits.File
		if file, err = fits.Parse(text); err == nil {
			var info lightcurve.Info
			if info, err = lightcurve.Inspect(file); err == nil {
				star.RA, star.Dec, star.Mag = info.RA, info.Dec, info.Mag
			}
		}
	}
	if err != nil {
		s.log.WarnContext(ctx, "a light curve gives no position", "path", m.Path, "error", err)
	}
	return star, f.Close()
}
