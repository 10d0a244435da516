package process

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

// Bounds of one View: it is held in memory as a whole.
const (
	MaxCurves = 400
	MaxPoints = 5_000_000
)

// Bounds refuses what is too much for one View: exo.TooLarge.
func Bounds(star string, curves, points int) error {
	if curves <= MaxCurves && points <= MaxPoints {
		return nil
	}
	return exo.Errorf("process.View", exo.TooLarge, star, "%d light curves with %d points match; at most %d with %d are given at a time",
		curves, points, MaxCurves, MaxPoints).Try("choose a sector_quarter, an author or a cadence_s")
}

// View reads the light curves of a star, raw or with the result of a recipe: the
// stored one, or computed for this answer and not kept. It writes nothing, and
// works on a store that is open to read only. Its errors are those of
// LightCurve, and exo.TooLarge where more matches than Bounds allows, before any
// of it is read; one file that fails fails it.
func (s *Service) View(ctx context.Context, req Request, raw bool) (View, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.Timeout, errLate)
	defer cancel()
	p, err := s.plan(ctx, req, raw)
	if err != nil {
		return View{}, s.late(ctx, req, err)
	}
	points := 0
	for _, m := range p.files {
		points += m.Rows
	}
	if err := Bounds(p.target.Name, len(p.files), points); err != nil {
		return View{}, err
	}
	v := View{Target: p.target, Profile: p.profile, Ephemerides: p.known, Curves: make([]Curve, len(p.files))}
	if !raw {
		v.Recipe = p.recipes[p.files[0].Scale].Digest()
	}
	faults, notes := make([]error, len(p.files)), make([]string, len(p.files))
	var wg sync.WaitGroup
	for i, m := range p.files {
		d, err := s.desk(ctx)
		if err != nil {
			faults[i] = err
			break
		}
		wg.Go(func() {
			defer s.leave(d)
			v.Curves[i], notes[i], faults[i] = s.curve(ctx, d, m, p.recipes[m.Scale])
		})
	}
	wg.Wait()
	var said []labelled
	for i, err := range faults {
		if err != nil {
			return View{}, s.late(ctx, req, err)
		}
		label := sliceLabel(p.files[i])
		if notes[i] != "" {
			said = append(said, labelled{label, notes[i]})
		}
		for _, w := range v.Curves[i].Report.Warnings {
			said = append(said, labelled{label, w})
		}
	}
	v.Warnings = append(p.warnings, warningsTogether(said, len(p.files))...)
	return v, nil
}

// curve reads one file, and its result unless there is no recipe. note says
// what is odd about a result that is kept.
func (s *Service) curve(ctx context.Context, d *desk, src store.Meta, r *preprocess.Recipe) (c Curve, note string, err error) {
	c = Curve{SourcePath: src.Path, Meta: src, recipe: r}
	data, err := s.bytes(ctx, src.Path)
	if err != nil {
		return c, "", err
	}
	file, err := fits.Parse(data)
	if err != nil {
		return c, "", err
	}
	opt := lightcurve.Options{}
	if r != nil {
		opt = fluxOf(r)
	}
	if c.Raw, err = lightcurve.FromFITS(file, opt); err != nil || r == nil {
		return c, "", err
	}
	found, note, err := s.kept(ctx, src, r, &c)
	if err != nil || found {
		return c, note, err
	}
	c.Result = new(preprocess.Result)
	c.Report, err = d.run(ctx, c.Raw, r, c.Result)
	return c, note, err
}

// kept takes the stored result, if there is one that can be read and that knew
// what is known of the star today.
func (s *Service) kept(ctx context.Context, src store.Meta, r *preprocess.Recipe, c *Curve) (found bool, note string, err error) {
	held, err := s.held(ctx, src, r)
	if err != nil || held == nil {
		return false, "", err
	}
	k, err := s.read(ctx, *held)
	if errors.Is(err, exo.Corrupt) {
		return false, fmt.Sprintf("%s is damaged (%s); the result was computed for this answer", held.Path, exo.MessageOf(err)), nil
	}
	if err != nil || k.file.Curve.Len() != c.Raw.Len() || !sameTransits(k.account.Known, r.Known) {
		return false, "", err
	}
	c.Path, c.Result, c.Report = held.Path, &k.file.Result, k.account.Report
	return true, "", nil
}

// FITS gives a curve of a View as the file that LightCurve would keep, with the
// name it would get; nothing is kept, and DATE is now. exo.Invalid for a curve
// without a result.
func (s *Service) FITS(ctx context.Context, c Curve) (name string, data []byte, err error) {
	if c.recipe == nil || c.Result == nil {
		return "", nil, exo.Errorf("process.FITS", exo.Invalid, c.SourcePath, "only the raw series of %s was asked for", c.SourcePath)
	}
	if name, err = baseName(c.Meta, c.recipe); err != nil {
		return "", nil, err
	}
	if data, err = s.bytes(ctx, c.SourcePath); err != nil {
		return "", nil, err
	}
	source, err := fits.Parse(data)
	if err != nil {
		return "", nil, err
	}
	in := input{c.SourcePath.Base(), c.Meta.SHA256, data}
	out, err := processed.Encode(in.file(c.Raw, c.recipe, *c.Result, c.Report, s.opt.Program, s.opt.Clock()), source)
	if err != nil {
		return "", nil, err
	}
	data, err = out.Bytes()
	return exo.Path(name + ".fits").Base(), data, err
}
