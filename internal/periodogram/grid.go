package periodogram

import (
	"math"

	"exoplanetai/internal/exo"
)

// logTransits makes the log grid as dense as the frequency grid is at a third
// of the baseline: the step in the logarithm of the period is the shortest
// duration over three baselines.
const logTransits = 3

// Grid returns the trial periods in increasing order, in days.
//
// SpacingFrequency is astropy's autoperiod: steps of frequency of
// FrequencyFactor · shortest duration / baseline². SpacingLog has steps in the
// logarithm of FrequencyFactor · shortest duration / (3 · baseline): from one
// period to the next the last transit moves against the first by a third of
// the shortest duration, whatever the period, so that long baselines need no
// more periods than they have to. (Ofir 2014, A&A 561, A138, on why steps of
// equal frequency are too fine where periods are short.)
//
// exo.Invalid for parameters that mean nothing or leave no period longer than
// the longest duration, exo.TooLarge for more than MaxPeriods periods.
func (c *Curve) Grid(p Params) ([]float64, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	p = p.WithDefaults()
	lo, hi, err := c.span(p)
	if err != nil {
		return nil, err
	}
	step, n := c.step(p), c.steps(p, lo, hi)
	if p.Spacing == SpacingLog || p.Spacing == SpacingAuto && n > AutoPeriods {
		return c.logGrid(p, lo, hi)
	}
	if err := fewPeriods(n); err != nil {
		return nil, err
	}
	periods := make([]float64, int(n))
	for i := range periods {
		periods[i] = 1 / (1/lo - float64(step*float64(i)))
	}
	return periods, nil
}

// Resolve returns the parameters that Grid and NewSearch use: the defaults in
// the place of zero values, the range of periods, and the spacing that is
// chosen by SpacingAuto. p must be good for Grid.
func (c *Curve) Resolve(p Params) Params {
	p = p.WithDefaults()
	lo, hi, err := c.span(p)
	if err != nil {
		return p
	}
	if p.MinimumPeriod, p.MaximumPeriod = lo, hi; p.Spacing == SpacingAuto {
		p.Spacing = SpacingFrequency
		if c.steps(p, lo, hi) > AutoPeriods {
			p.Spacing = SpacingLog
		}
	}
	return p
}

// step is that of the frequency grid, in 1/day.
func (c *Curve) step(p Params) float64 {
	return p.FrequencyFactor * p.Durations[0] / (c.Baseline() * c.Baseline())
}

// steps is the number of periods of the frequency grid.
func (c *Curve) steps(p Params, lo, hi float64) float64 {
	return 1 + math.RoundToEven((1/lo-1/hi)/c.step(p))
}

// span returns the shortest and the longest period to try.
func (c *Curve) span(p Params) (lo, hi float64, err error) {
	longest := p.Durations[len(p.Durations)-1]
	lo, hi = p.MinimumPeriod, p.MaximumPeriod
	if lo == 0 {
		lo = 2 * longest
	}
	if hi == 0 {
		hi = c.Baseline() / float64(p.MinimumNTransit-1)
	}
	if hi < lo && (p.MinimumPeriod == 0) != (p.MaximumPeriod == 0) || hi < lo && p.MinimumPeriod == 0 {
		return 0, 0, exo.Errorf("periodogram.Grid", exo.Invalid, nil, "no period is left between %.6g and %.6g days: the light curve spans %.6g days", lo, hi, c.Baseline()).
			Try("take shorter durations, fewer transits, or more of the light curve")
	}
	if hi < lo {
		lo, hi = hi, lo
	}
	if !(lo > longest) {
		return 0, 0, exo.Errorf("periodogram.Grid", exo.Invalid, nil, "the shortest period, %.6g days, is not longer than the longest duration, %.6g days", lo, longest).
			Try("take shorter durations or longer periods")
	}
	return lo, hi, nil
}

func (c *Curve) logGrid(p Params, lo, hi float64) ([]float64, error) {
	step := p.FrequencyFactor * p.Durations[0] / (logTransits * c.Baseline())
	n := 1 + math.Ceil(math.Log(hi/lo)/step)
	if err := fewPeriods(n); err != nil {
		return nil, err
	}
	periods := make([]float64, int(n))
	for i := range periods {
		periods[i] = min(lo*math.Exp(step*float64(i)), hi)
	}
	return periods, nil
}

// fewPeriods refuses a grid that is too large, before it is made.
func fewPeriods(n float64) error {
	if n <= MaxPeriods {
		return nil
	}
	return exo.Errorf("periodogram.Grid", exo.TooLarge, nil, "the grid has %.3g trial periods; at most %d are tried", n, MaxPeriods).
		Try("narrow the range of periods, take longer durations, raise frequency_factor, or set spacing to log")
}
