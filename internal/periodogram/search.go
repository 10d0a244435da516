package periodogram

import (
	"context"
	"math"
	"slices"

	"exoplanetai/internal/exo"
)

// Result holds what the best box of each period is. The slices have equal
// length.
type Result struct {
	Period        []float64 // days
	Power         []float64 // the objective: LogLikelihood or DepthSNR
	Depth         []float64 // unit of the flux
	DepthErr      []float64 // one sigma; 0 where there is no box
	Duration      []float64 // days; 0: no box at this period is fainter than the rest, all else is 0 then
	TransitTime   []float64 // days, middle of the first transit after the first point
	DepthSNR      []float64
	LogLikelihood []float64 // against the flux outside the box
}

// Box returns the best box of a period of the grid.
func (r *Result) Box(i int) Box {
	return Box{Period: r.Period[i], Duration: r.Duration[i], TransitTime: r.TransitTime[i]}
}

// Box is a transit that comes back.
type Box struct {
	Period      float64 // days
	Duration    float64 // days, first to last contact
	TransitTime float64 // days, middle of one transit
}

// Search is a curve with the boxes to try. It is not changed any more.
type Search struct {
	periods   []float64
	durations []int   // in bins, in the order given
	bin       float64 // width of a bin of phase, days
	pad       int     // bins that are repeated behind the last
	wrap      bool    // Params.FullWrap
	snr       bool
	first     float64 // time of the first point

	x    []float64    // days after the first point, increasing
	own  [][2]float64 // of each point: weight · flux, weight
	sums [][2]float64 // of the points before i; one more than points
	all  [2]float64   // of all points
	unit [2]float64   // what a flux and a weight here stand for: powers of four, so that neither scaling nor its root changes a digit
	look lookup
	near float64 // days between points, typically
}

// finest is the least width of a bin as a share of the baseline: far above what
// a float64 resolves.
const finest = 1e-12

// NewSearch prepares a search. The periods, in days, may be in any order.
// exo.Invalid for parameters or periods that mean nothing, exo.TooLarge above
// MaxPeriods and MaxBins.
func NewSearch(c *Curve, periods []float64, p Params) (*Search, error) {
	const op = "periodogram.NewSearch"
	if err := p.Check(); err != nil {
		return nil, err
	}
	p = p.WithDefaults()
	switch n := len(periods); {
	case n == 0:
		return nil, exo.Errorf(op, exo.Invalid, nil, "there is no period to try")
	case n > MaxPeriods:
		return nil, fewPeriods(float64(n))
	}
	longest := p.Durations[len(p.Durations)-1]
	for _, period := range periods {
		if !positive(period) || !(period > longest) {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the period %g days is not longer than the longest duration, %g days", period, longest)
		}
	}
	s := &Search{periods: periods, bin: p.Durations[0] / float64(p.Oversample), pad: p.Oversample, wrap: p.FullWrap, snr: p.Objective == SNR, first: c.t[0]}
	if bins := slices.Max(periods)/s.bin + longest/s.bin; !(bins <= MaxBins) {
		return nil, exo.Errorf(op, exo.TooLarge, nil, "the longest period has %.3g bins of %g days; at most %d are searched", bins, s.bin, MaxBins).
			Try("take longer durations, less oversampling or shorter periods")
	}
	if s.bin < c.Baseline()*finest {
		return nil, exo.Errorf(op, exo.TooLarge, nil, "bins of %.3g days are too fine for times that span %.6g days", s.bin, c.Baseline()).
			Try("take longer durations or less oversampling")
	}
	for _, d := range p.Durations {
		s.durations = append(s.durations, int(math.Round(d/s.bin)))
	}
	if s.wrap {
		s.pad = s.durations[len(s.durations)-1]
	}
	s.load(c)
	return s, nil
}

// load copies the curve, scaled so that neither sums nor their products leave
// the range of float64, and centred.
func (s *Search) load(c *Curve) {
	middle := median(slices.Clone(c.y))
	var top, heaviest float64
	for i := range c.y {
		top, heaviest = max(top, math.Abs(c.y[i]/2-middle/2)), max(heaviest, c.w[i])
	}
	s.unit = [2]float64{powerOfFour(top), powerOfFour(heaviest)}
	y := make([]float64, len(c.y))
	var total, weights float64
	for i := range y {
		y[i] = c.y[i]/s.unit[0] - middle/s.unit[0]
		w := c.w[i] / s.unit[1]
		total, weights = total+float64(w*y[i]), weights+w
	}
	mean := total / weights
	s.x, s.own, s.sums = make([]float64, len(y)), make([][2]float64, len(y)), make([][2]float64, len(y)+1)
	for i := range y {
		w := c.w[i] / s.unit[1]
		s.x[i] = c.t[i] - c.t[0]
		s.own[i] = [2]float64{w * (y[i] - mean), w}
		s.sums[i+1] = [2]float64{s.sums[i][0] + s.own[i][0], s.sums[i][1] + w}
	}
	s.all = s.sums[len(y)]
	gaps := make([]float64, len(y)-1)
	for i := range gaps {
		gaps[i] = s.x[i+1] - s.x[i]
	}
	s.near = median(gaps)
	s.look = newLookup(s.x, s.near)
}

// powerOfFour returns a power of four near x, 1 for zero.
func powerOfFour(x float64) float64 {
	if x == 0 {
		return 1
	}
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e/2*2, -1020))
}

// Len returns the number of periods.
func (s *Search) Len() int { return len(s.periods) }

// Cost estimates the work of the periods from..to: points that are folded and
// boxes that are compared. A core does some 5e8 in a second.
func (s *Search) Cost(from, to int) float64 {
	cost := 0.0
	for _, p := range s.periods[from:to] {
		cost += float64(len(s.x)) + p/s.bin*float64(len(s.durations))
	}
	return cost
}

// NewResult returns a result with room for all periods.
func (s *Search) NewResult() *Result {
	n := len(s.periods)
	column := func() []float64 { return make([]float64, n) }
	return &Result{slices.Clone(s.periods), column(), column(), column(), column(), column(), column(), column()}
}

// Scratch is the memory of one goroutine, used again from call to call.
type Scratch struct {
	bins [][2]float64 // weight · flux and weight: first of a bin, then of all before
}

// Run searches the periods from..to and writes them into out, which comes from
// NewResult. Calls on different ranges may run at the same time. It looks at
// the context at least every few million points; what is not finished when it
// ends has undefined values. It allocates nothing once the scratch has grown.
func (s *Search) Run(ctx context.Context, w *Scratch, from, to int, out *Result) error {
	const op = "periodogram.Run"
	const patience = 4e6
	if from < 0 || to > len(s.periods) || from > to || len(out.Power) != len(s.periods) {
		return exo.Errorf(op, exo.Internal, nil, "periods %d to %d of %d", from, to, len(s.periods))
	}
	done := patience
	for i := from; i < to; i++ {
		if done += s.Cost(i, i+1); done >= patience {
			done = 0
			if err := ctx.Err(); err != nil {
				return exo.E(op, exo.KindOf(err), nil, err)
			}
		}
		s.one(w, i, out)
	}
	return nil
}
