package preprocess

import (
	"context"
	"math"

	"exoplanetai/internal/exo"
)

// IterativeOptions steer SavgolIterative.
type IterativeOptions struct {
	Window         int     // samples, made odd by raising; 0: 101
	Order          int     // of the polynomial; taken as it is
	BreakTolerance float64 // a gap is longer than so many median steps; 0: 5
	Iterations     int     // 0: 3
	Sigma          float64 // limit in standard deviations; 0: 3
}

// filled returns the options with the defaults of lightkurve's flatten.
func (o IterativeOptions) filled() IterativeOptions {
	if o.Window == 0 {
		o.Window = 101
	}
	if o.BreakTolerance == 0 {
		o.BreakTolerance = 5
	}
	if o.Iterations == 0 {
		o.Iterations = 3
	}
	if o.Sigma == 0 {
		o.Sigma = 3
	}
	o.Window |= 1
	return o
}

// SavgolIterative returns a trend at each time, in three passes of a
// Savitzky–Golay filter over the points that are not masked and lie close to the
// trend so far, with straight lines over those left out. t are finite days in
// order; f may hold NaN, which are left out; mask may be nil. The trend is NaN
// only where f has no finite value at all. Errors: exo.Invalid for a bad
// window, order or limit, or unequal lengths; the context's.
// (lightkurve.LightCurve.flatten; docs/preprocessing.md, savgol_iterative.)
func SavgolIterative(ctx context.Context, t, f []float64, mask []bool, o IterativeOptions) ([]float64, error) {
	const op = "SavgolIterative"
	full := o.filled()
	if err := checkWindow(op, full.Window, full.Order); err != nil {
		return nil, err
	}
	if err := checkRows(op, t, f, mask); err != nil {
		return nil, err
	}
	if !(full.Sigma > 0) || !(full.BreakTolerance > 0) || full.Iterations < 0 {
		return nil, exo.Errorf("preprocess."+op, exo.Invalid, nil,
			"sigma is %v, break tolerance %v, iterations %d; all must be positive", o.Sigma, o.BreakTolerance, o.Iterations)
	}
	var w baseWork
	trend := make([]float64, len(f))
	return trend, w.iterative(ctx, t, f, mask, o, trend)
}

// iterative is SavgolIterative on checked arguments.
func (w *baseWork) iterative(ctx context.Context, t, f []float64, mask []bool, o IterativeOptions, trend []float64) error {
	w.rest = grown(w.rest, len(f))
	finite := w.rest[:0]
	for _, v := range f {
		if v-v == 0 {
			finite = append(finite, v)
		}
	}
	center, std := w.stat.medianStd(finite)
	return w.iterativeAbout(ctx, t, f, mask, o, center, std, trend)
}

// iterativeAbout is iterative where the median and the standard deviation of
// the finite values of f are known.
func (w *baseWork) iterativeAbout(ctx context.Context, t, f []float64, mask []bool, o IterativeOptions, center, std float64, trend []float64) error {
	o = o.filled()
	w.firstUse(t, f, mask, center, std*o.Sigma)
	for range o.Iterations {
		if err := ended(ctx, "savgol_iterative"); err != nil {
			return err
		}
		if err := w.pieces(ctx, o); err != nil {
			return err
		}
		if !w.keepClose(o.Sigma) {
			break
		}
	}
	if len(w.ut) == 0 {
		fill(trend, center)
		return nil
	}
	joinLines(t, w.ut, w.fit[:len(w.ut)], trend)
	return nil
}

// firstUse sets the used rows: finite, not masked, at most limit from center.
func (w *baseWork) firstUse(t, f []float64, mask []bool, center, limit float64) {
	n, k := len(f), 0
	w.ut, w.ux, w.fit, w.rest = grown(w.ut, n), grown(w.ux, n), grown(w.fit, n), grown(w.rest, n)
	ut, ux := w.ut[:n], w.ux[:n]
	for i, v := range f {
		ut[k], ux[k] = t[i], v
		if math.Abs(v-center) <= limit && (mask == nil || !mask[i]) {
			k++
		}
	}
	w.ut, w.ux = ut[:k], ux[:k]
}

// pieces sets fit to the trend of the used rows, piece by piece.
func (w *baseWork) pieces(ctx context.Context, o IterativeOptions) error {
	t, x, fit := w.ut, w.ux, w.fit[:len(w.ut)]
	limit := o.BreakTolerance * w.medianStep()
	start := 0
	for i := range t {
		if i+1 < len(t) && !(t[i+1]-t[i] > limit) {
			continue
		}
		n := i + 1 - start
		if o.Window > n || float64(n) < o.BreakTolerance {
			fill(fit[start:i+1], w.stat.median(x[start:i+1]))
		} else {
			if err := w.savgol(ctx, x[start:i+1], o.Window, o.Order, fit[start:i+1]); err != nil {
				return err
			}
		}
		start = i + 1
	}
	return nil
}

// medianStep returns the median of all differences of the used times; those of
// rows at the same time count too.
func (w *baseWork) medianStep() float64 {
	if m, ok := w.stat.risingCadence(w.ut); ok {
		return m
	}
	steps := w.rest[:max(len(w.ut)-1, 0)]
	for i := range steps {
		steps[i] = w.ut[i+1] - w.ut[i]
	}
	return w.stat.median(steps)
}

// keepClose drops the used rows that are not close to the trend. It reports
// whether another pass is of use: not where no row would be left, when all stay,
// nor where none was dropped, as the trend would be the same again.
func (w *baseWork) keepClose(sigma float64) bool {
	n := len(w.ut)
	t, x, fit, rest := w.ut, w.ux[:n], w.fit[:n], w.rest[:n]
	for i := range rest {
		rest[i] = x[i] - fit[i]
	}
	if n == 0 {
		return false
	}
	_, std := deviation(rest, 0)
	limit, k := std*sigma+1e-14, 0
	t0, x0, fit0 := t[0], x[0], fit[0]
	for i, r := range rest {
		t[k], x[k], fit[k] = t[i], x[i], fit[i]
		if math.Abs(r) < limit {
			k++
		}
	}
	if k == 0 {
		t[0], x[0], fit[0] = t0, x0, fit0
		return false
	}
	w.ut, w.ux = t[:k], x[:k]
	return k < n
}

// joinLines evaluates at t, in order, the straight lines through the points
// (pt, py), extended at both ends.
func joinLines(t, pt, py, trend []float64) {
	if len(pt) == 1 {
		fill(trend, py[0])
		return
	}
	k := 1
	for i, v := range t {
		for k < len(pt)-1 && pt[k] < v {
			k++
		}
		if pt[k] == v { // most times are those of a point
			trend[i] = py[k]
			continue
		}
		trend[i] = onLine(pt[k-1], py[k-1], pt[k], py[k], v)
	}
}
