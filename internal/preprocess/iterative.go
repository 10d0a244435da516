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
	o = o.filled()
	center := w.firstUse(t, f, mask, o.Sigma)
	for range o.Iterations {
		if err := ended(ctx, "savgol_iterative"); err != nil {
			return err
		}
		w.pieces(o)
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

// firstUse sets the used rows: finite, not masked, within sigma standard
// deviations of the median; these over all finite rows. It returns the median.
func (w *baseWork) firstUse(t, f []float64, mask []bool, sigma float64) float64 {
	w.ut, w.ux = grown(w.ut, len(f))[:0], grown(w.ux, len(f))[:0]
	w.fit, w.rest = grown(w.fit, len(f)), grown(w.rest, len(f))
	finite := w.rest[:0]
	for _, v := range f {
		if v-v == 0 {
			finite = append(finite, v)
		}
	}
	center := w.stat.median(finite)
	_, std := meanStd(finite)
	limit := std * sigma
	for i, v := range f {
		if math.Abs(v-center) <= limit && (mask == nil || !mask[i]) {
			w.ut, w.ux = append(w.ut, t[i]), append(w.ux, v)
		}
	}
	return center
}

// pieces sets fit to the trend of the used rows, piece by piece.
func (w *baseWork) pieces(o IterativeOptions) {
	t, x, fit, steps := w.ut, w.ux, w.fit[:len(w.ut)], w.rest[:max(len(w.ut)-1, 0)]
	for i := range steps {
		steps[i] = t[i+1] - t[i]
	}
	limit := o.BreakTolerance * w.stat.median(steps)
	start := 0
	for i := range t {
		if i+1 < len(t) && !(t[i+1]-t[i] > limit) {
			continue
		}
		n := i + 1 - start
		if o.Window > n || float64(n) < o.BreakTolerance {
			fill(fit[start:i+1], w.stat.median(x[start:i+1]))
		} else {
			w.savgol(x[start:i+1], o.Window, o.Order, fit[start:i+1])
		}
		start = i + 1
	}
}

// keepClose drops the used rows that are not close to the trend. It reports
// whether a row was left to go on with: where none is, all stay.
func (w *baseWork) keepClose(sigma float64) bool {
	n := len(w.ut)
	t, x, fit, rest := w.ut, w.ux[:n], w.fit[:n], w.rest[:n]
	for i := range rest {
		rest[i] = x[i] - fit[i]
	}
	_, std := meanStd(rest)
	limit, k := std*sigma+1e-14, 0
	t0, x0, fit0 := 0.0, 0.0, 0.0
	if n > 0 {
		t0, x0, fit0 = t[0], x[0], fit[0]
	}
	for i, r := range rest {
		t[k], x[k], fit[k] = t[i], x[i], fit[i]
		if math.Abs(r) < limit {
			k++
		}
	}
	if k == 0 {
		if n > 0 {
			t[0], x[0], fit[0] = t0, x0, fit0
		}
		return false
	}
	w.ut, w.ux = t[:k], x[:k]
	return true
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
		trend[i] = onLine(pt[k-1], py[k-1], pt[k], py[k], v)
	}
}
