package process

import (
	"fmt"
	"math"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/periodogram"
)

// join makes one series of relative flux of the curves, and records them. Of
// several files of one sector the one of the longest cadence is taken, as the
// others hold the same light once more; a file whose flux has no level to divide
// by is left out. Both are said in a warning.
func (res *Periodogram) join(curves []Curve) (series periodogram.Series, err error) {
	const op = "process.Periodogram"
	for _, c := range res.once(curves) {
		in, part, err := relative(c)
		if err != nil {
			return series, err
		}
		if in.Points == 0 {
			res.Warnings = append(res.Warnings, fmt.Sprintf("%s was left out: its flux has no level to divide by", c.SourcePath))
			continue
		}
		if len(res.Inputs) > 0 && c.Raw.Scale != res.Scale {
			return series, exo.Errorf(op, exo.Invalid, c.SourcePath, "light curves on different time scales, %s and %s, cannot be joined", res.Scale, c.Raw.Scale)
		}
		res.Scale = c.Raw.Scale
		res.Inputs = append(res.Inputs, in)
		res.Skipped += c.Raw.Len() - in.Points
		series.Time, series.Flux, series.FluxErr = append(series.Time, part.Time...), append(series.Flux, part.Flux...), append(series.FluxErr, part.FluxErr...)
	}
	if len(res.Inputs) == 0 {
		return series, exo.Errorf(op, exo.Invalid, res.Target.ID, "no light curve of %s has a flux that can be searched", res.Target.Name)
	}
	return series, nil
}

// once takes one file of each sector; of one that does not say its sector, all.
func (res *Periodogram) once(curves []Curve) []Curve {
	best := map[int]Curve{}
	for _, c := range curves {
		n := sliceOf(c.Meta)
		if old, have := best[n]; !have || c.Meta.CadenceS > old.Meta.CadenceS {
			best[n] = c
		}
	}
	return slices.DeleteFunc(slices.Clone(curves), func(c Curve) bool {
		n := sliceOf(c.Meta)
		if n < 0 || c.SourcePath == best[n].SourcePath {
			return false
		}
		res.Warnings = append(res.Warnings, fmt.Sprintf("%s was left out: %s of the same %s was searched", c.SourcePath, best[n].SourcePath, c.Meta.Mission.SliceWord()))
		return true
	})
}

// relative is a curve with its level brought to one: the rows that a result
// keeps, or those of the raw flux that the quality flags do not reject. Errors
// are NaN where they are unknown. Points is 0 if there is no level.
func relative(c Curve) (in PeriodogramInput, s periodogram.Series, err error) {
	in = PeriodogramInput{Path: c.SourcePath, SHA256: c.Meta.SHA256, SectorQuarter: sliceOf(c.Meta), CadenceS: c.Raw.CadenceS, Author: c.Meta.Author, ProcessedPath: c.Path}
	var flux, errs []float64
	shift := 0.0
	if c.Result == nil {
		flux, errs, err = usable(c.Raw)
		in.Level = median(flux)
	} else {
		digest := c.recipe.Digest()
		in.Recipe, in.Profile, in.RecipeParams = &digest, string(c.recipe.Profile), c.recipe.Canonical()
		flux, errs = restored(c)
		if in.Level = median(flux); c.recipe.Params.BaselineMode == "subtract" && slices.ContainsFunc(c.Result.Trend, isFinite) {
			in.Level, shift = median(c.Result.Trend), 1 // the flux lies around zero
		}
	}
	if math.IsNaN(in.CadenceS) {
		in.CadenceS = 0
	}
	if err != nil || !(in.Level > 0) || !isFinite(in.Level) {
		return in, s, err
	}
	for i, y := range flux {
		if y, t := shift+y/in.Level, c.Raw.Time[i]; isFinite(y) && isFinite(t) {
			s.Time, s.Flux, s.FluxErr = append(s.Time, t), append(s.Flux, y), append(s.FluxErr, errs[i]/in.Level)
			in.Points++
		}
	}
	return in, s, nil
}

// usable is the raw flux, NaN where the default quality flags reject it.
func usable(lc *lightcurve.LightCurve) (flux, errs []float64, err error) {
	mask, err := lightcurve.Mask(lc.Flags, lightcurve.PresetDefault)
	if err != nil {
		return nil, nil, err
	}
	flux = slices.Clone(lc.Flux)
	for i, q := range lc.Quality {
		if q&mask != 0 {
			flux[i] = math.NaN()
		}
	}
	return flux, lc.FluxErr, nil
}

// restored is the processed flux before it was normalised: relative to the
// trend, or in the unit of the raw flux.
func restored(c Curve) (flux, errs []float64) {
	n := c.Result.Norm
	flux, errs = make([]float64, len(c.Result.Flux)), make([]float64, len(c.Result.Flux))
	for i, y := range c.Result.Flux {
		flux[i], errs[i] = math.NaN(), math.NaN()
		if n.S != 0 {
			flux[i] = float64((y-n.B)*n.S) + n.A
			if i < len(c.Result.FluxErr) {
				errs[i] = c.Result.FluxErr[i] * math.Abs(n.S)
			}
		}
	}
	return flux, errs
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
