package ingest

import (
	"context"
	"errors"
	"math"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/store"
)

// readTable reads and parses a stored table.
func (s *Service) readTable(ctx context.Context, m store.Meta) (*catalog.Table, error) {
	f, err := s.opt.Store.Read(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	text, err := f.Bytes()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	table, err := catalog.Parse(m.Table, text)
	return table, errors.Join(err, f.Close())
}

// parsedTable is readTable for the newest table of a type, which is kept until
// another takes its place.
func (s *Service) parsedTable(ctx context.Context, m store.Meta) (*catalog.Table, error) {
	s.mu.Lock()
	p := s.parsed[m.Table]
	s.mu.Unlock()
	if p.table != nil && p.digest == m.SHA256 {
		return p.table, nil
	}
	table, err := s.readTable(ctx, m)
	if err != nil {
		return nil, err
	}
	s.remember(m.Table, m.SHA256, table)
	return table, nil
}

func (s *Service) remember(t catalog.Type, digest exo.Digest, table *catalog.Table) {
	s.mu.Lock()
	s.parsed[t] = parsed{digest, table}
	s.mu.Unlock()
}

// catalogStars looks a name up in the newest tables that are held. Several stars
// are several answers; none is no error.
func (s *Service) catalogStars(ctx context.Context, name exo.Name) ([]catalog.Star, error) {
	var stars []catalog.Star
	seen := map[exo.TargetID]bool{}
	for _, t := range []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2} {
		table, err := s.newestTable(ctx, t)
		if err != nil {
			return nil, err
		}
		if table == nil {
			continue
		}
		for _, star := range table.Find(name) {
			if !seen[star.ID] {
				seen[star.ID] = true
				stars = append(stars, star)
			}
		}
	}
	return stars, nil
}

// newestTable returns the current table of a type, nil if none is held.
func (s *Service) newestTable(ctx context.Context, t catalog.Type) (*catalog.Table, error) {
	m, _, err := s.current(ctx, t)
	if err != nil || m == nil {
		return nil, err
	}
	return s.parsedTable(ctx, *m)
}

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
		table, err := r.newestTable(ctx, t)
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
		s.log.Warn("a light curve cannot be read", "path", m.Path, "error", err)
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
		s.log.Warn("a light curve gives no position", "path", m.Path, "error", err)
	}
	return star, f.Close()
}
