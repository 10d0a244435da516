package periodogram

import (
	"math"
	"slices"

	"exoplanetai/internal/exo"
)

// MaxFoldBins is how many bins a fold may have.
const MaxFoldBins = 100_000

// Average names how the points of a bin become one.
type Average string

// The averages.
const (
	Mean   Average = "mean"   // by the weights of the errors; its error is 1/√Σ(1/e²), without errors the standard deviation over √n
	Median Average = "median" // its error is √(π/2) · 1.4826 · the median absolute deviation over √n
)

// FoldOptions says how to fold. Zero values are good.
type FoldOptions struct {
	Bins    int     // in the window; 0: 200
	Average Average // empty: Mean
	Window  float64 // days on either side of the transit; 0, or more than half a period: half a period
}

// Folded is a light curve folded on a period. The slices of points, in order of
// time, have equal length, and so have those of bins.
type Folded struct {
	Phase []float64 // days from the middle of the transit, from -Window up to Window
	Flux  []float64

	BinPhase []float64 // days, middle of the bin
	BinFlux  []float64 // NaN in an empty bin
	BinErr   []float64 // NaN where it is unknown: in an empty bin, and in a bin of one point without an error
	BinCount []int
}

// Fold folds the curve. exo.Invalid for a period or options that mean nothing,
// exo.TooLarge above MaxFoldBins.
func (c *Curve) Fold(period, transitTime float64, o FoldOptions) (*Folded, error) {
	const op = "periodogram.Fold"
	if o.Bins == 0 {
		o.Bins = 200
	}
	if o.Average == "" {
		o.Average = Mean
	}
	switch {
	case !positive(period) || !finite(transitTime) || o.Window < 0 || math.IsNaN(o.Window):
		return nil, exo.Errorf(op, exo.Invalid, nil, "period %g, transit time %g and window %g days cannot be folded on", period, transitTime, o.Window)
	case o.Average != Mean && o.Average != Median:
		return nil, exo.Errorf(op, exo.Invalid, nil, "the average is %q; it must be mean or median", o.Average)
	case o.Bins < 0:
		return nil, exo.Errorf(op, exo.Invalid, nil, "the number of bins is %d; it must be positive", o.Bins)
	case o.Bins > MaxFoldBins:
		return nil, exo.Errorf(op, exo.TooLarge, nil, "there are %d bins; at most %d are made", o.Bins, MaxFoldBins)
	}
	half := 0.5 * period
	window := half
	if o.Window > 0 {
		window = min(o.Window, half)
	}
	f := &Folded{}
	var weights []float64
	for i, t := range c.t {
		phase := modulo(t-transitTime+half, period) - half
		if phase >= half { // rounded up to a whole period
			phase = -half
		}
		if phase >= -window && phase < window {
			f.Phase, f.Flux, weights = append(f.Phase, phase), append(f.Flux, c.y[i]), append(weights, c.w[i])
		}
	}
	f.average(weights, window, o, c.errors)
	return f, nil
}

// average fills the bins. The points of a bin stay in order of time.
func (f *Folded) average(weights []float64, window float64, o FoldOptions, errors bool) {
	width := 2 * window / float64(o.Bins)
	f.BinPhase, f.BinFlux, f.BinErr, f.BinCount = make([]float64, o.Bins), make([]float64, o.Bins), make([]float64, o.Bins), make([]int, o.Bins)
	bin := make([]int, len(f.Phase))
	for i, phase := range f.Phase {
		bin[i] = min(max(int((phase+window)/width), 0), o.Bins-1)
		f.BinCount[bin[i]]++
	}
	begin := make([]int, o.Bins+1)
	for k, n := range f.BinCount {
		begin[k+1] = begin[k] + n
	}
	y, w, at := make([]float64, len(bin)), make([]float64, len(bin)), slices.Clone(begin)
	for i, k := range bin {
		y[at[k]], w[at[k]] = f.Flux[i], weights[i]
		at[k]++
	}
	for k := range o.Bins {
		f.BinPhase[k] = -window + (float64(k)+0.5)*width
		y, w := y[begin[k]:begin[k+1]], w[begin[k]:begin[k+1]]
		if o.Average == Median {
			f.BinFlux[k], f.BinErr[k] = medianOf(y)
		} else {
			f.BinFlux[k], f.BinErr[k] = meanOf(y, w, errors)
		}
	}
}

// meanOf is the weighted mean with its error.
func meanOf(y, w []float64, errors bool) (mean, err float64) {
	if len(y) == 0 {
		return math.NaN(), math.NaN()
	}
	var sum part
	for i := range y {
		sum.add(w[i], y[i]-y[0]) // from the first, so that no digits are lost
	}
	mean = y[0] + sum.wy/sum.w
	if errors {
		return mean, math.Sqrt(1 / sum.w)
	}
	if len(y) == 1 {
		return mean, math.NaN()
	}
	squares := 0.0
	for _, v := range y {
		squares += (v - mean) * (v - mean)
	}
	n := float64(len(y))
	return mean, math.Sqrt(squares / (n - 1) / n)
}

// medianOf is the median with its error; it sorts y.
func medianOf(y []float64) (middle, err float64) {
	if len(y) == 0 {
		return math.NaN(), math.NaN()
	}
	middle = median(y)
	if len(y) == 1 {
		return middle, math.NaN()
	}
	off := make([]float64, len(y))
	for i, v := range y {
		off[i] = math.Abs(v - middle)
	}
	return middle, math.Sqrt(math.Pi/2) * 1.4826 * median(off) / math.Sqrt(float64(len(y)))
}
