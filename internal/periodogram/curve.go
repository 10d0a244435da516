package periodogram

import (
	"cmp"
	"math"
	"slices"

	"exoplanetai/internal/exo"
)

// Limits of a series.
const (
	MaxPoints   = 2_000_000 // rows
	MinBaseline = 1e-6      // days from the first to the last point
	MaxBaseline = 1e9
)

// Series is a light curve as it comes. The slices have equal length and are not
// changed.
type Series struct {
	Time    []float64 // days, in any order; NaN in a gap
	Flux    []float64 // any unit; NaN where missing
	FluxErr []float64 // one sigma, unit of Flux; nil, or no positive number in it: all points weigh the same
}

// Curve is what is usable of a series, in order of time: the rows whose time
// and flux are finite and whose error, if there are errors, is a positive
// number. It is not changed any more.
type Curve struct {
	t, y, w []float64 // days, flux, 1/error² (1 without errors)
	errors  bool      // the weights are those of errors
	skipped int
}

// NewCurve takes what is usable of a series. exo.Invalid for slices of unequal
// length, for fewer than two usable rows and for times too near or too far
// apart, exo.TooLarge above MaxPoints.
func NewCurve(s Series) (*Curve, error) {
	const op = "periodogram.NewCurve"
	if len(s.Flux) != len(s.Time) || s.FluxErr != nil && len(s.FluxErr) != len(s.Time) {
		return nil, exo.Errorf(op, exo.Invalid, nil, "there are %d times, %d fluxes and %d errors", len(s.Time), len(s.Flux), len(s.FluxErr))
	}
	if len(s.Time) > MaxPoints {
		return nil, exo.Errorf(op, exo.TooLarge, nil, "the light curve has %d points; at most %d are searched at a time", len(s.Time), MaxPoints).
			Try("choose a sector or quarter, or a longer cadence")
	}
	c := &Curve{errors: slices.ContainsFunc(s.FluxErr, func(e float64) bool { return weight(e) > 0 })}
	c.take(s)
	if len(c.t) < 2 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "%d of %d points are usable; a search needs two", len(c.t), len(s.Time))
	}
	if b := c.Baseline(); !(b >= MinBaseline && b <= MaxBaseline) {
		return nil, exo.Errorf(op, exo.Invalid, nil, "the times span %g days", c.Baseline())
	}
	return c, nil
}

// take copies the usable rows, sorted by time; rows of equal time keep their
// order.
func (c *Curve) take(s Series) {
	rows := make([]int, 0, len(s.Time))
	for i := range s.Time {
		if finite(s.Time[i]) && finite(s.Flux[i]) && (!c.errors || weight(s.FluxErr[i]) > 0) {
			rows = append(rows, i)
		}
	}
	c.skipped = len(s.Time) - len(rows)
	byTime := func(a, b int) int { return cmp.Compare(s.Time[a], s.Time[b]) }
	if !slices.IsSortedFunc(rows, byTime) {
		slices.SortStableFunc(rows, byTime)
	}
	c.t, c.y, c.w = make([]float64, len(rows)), make([]float64, len(rows)), make([]float64, len(rows))
	for k, i := range rows {
		c.t[k], c.y[k], c.w[k] = s.Time[i], s.Flux[i], 1
		if c.errors {
			c.w[k] = weight(s.FluxErr[i])
		}
	}
}

// weight is 1/e²; 0 where the error is unknown, or so small or great that its
// square is no normal number.
func weight(e float64) float64 {
	if w := 1 / (e * e); e > 0 && finite(w) && w >= 0x1p-1022 {
		return w
	}
	return 0
}

// Len returns the number of usable points.
func (c *Curve) Len() int { return len(c.t) }

// Skipped returns the number of rows that are not usable.
func (c *Curve) Skipped() int { return c.skipped }

// HasErrors tells whether points weigh by their errors.
func (c *Curve) HasErrors() bool { return c.errors }

// Start returns the first time, in days.
func (c *Curve) Start() float64 { return c.t[0] }

// Baseline returns the days from the first to the last point.
func (c *Curve) Baseline() float64 { return c.t[len(c.t)-1] - c.t[0] }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// median returns the middle of x, which it sorts; of an even number the mean of
// the two in the middle. NaN of nothing.
func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return x[n/2]
	}
	return x[n/2-1]/2 + x[n/2]/2
}
