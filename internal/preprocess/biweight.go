package preprocess

import (
	"context"
	"math"

	"exoplanetai/internal/exo"
)

// BiweightLocation returns Tukey's biweight location of x, without NaN: the
// fixed point of m <- sum(w·x)/sum(w), w = (1 - u²)² for |u| < 1, else 0, with
// u = (x-m)/(c·s), s = median|x - median|, reached from the median. It is the
// median where s is 0, and NaN for no value. (Mosteller & Tukey, Data Analysis
// and Regression, 1977; wotan.flatten, Hippke et al., AJ 158, 143, 2019;
// docs/preprocessing.md, biweight. astropy.stats.biweight_location is one step
// of it.)
func BiweightLocation(x []float64, c float64) float64 {
	var l locator
	l.reset(x)
	return l.location(c)
}

// Biweight returns the biweight location of the unmasked rows in a window of
// windowDays around each row of one segment: those with t_i-h <= t < t_i+h, h
// half the window. Rows without a neighbour get a straight line between the
// nearest that have one; where all are masked, the median. t are finite days in
// order, x has no NaN, mask may be nil. Errors: exo.Invalid for a window or c
// that is not positive, or unequal lengths; the context's.
// (wotan.flatten, method biweight; docs/preprocessing.md, biweight.)
func Biweight(ctx context.Context, t, x []float64, mask []bool, windowDays, c float64) ([]float64, error) {
	const op = "Biweight"
	if !(windowDays > 0) || !(c > 0) {
		return nil, exo.Errorf("preprocess."+op, exo.Invalid, nil, "biweight_window_days is %v, biweight_c %v; both must be positive", windowDays, c)
	}
	if err := checkRows(op, t, x, mask); err != nil {
		return nil, err
	}
	var w baseWork
	trend := make([]float64, len(x))
	return trend, w.biweight(ctx, t, x, mask, windowDays, c, trend)
}

// biweight is Biweight on checked arguments.
func (w *baseWork) biweight(ctx context.Context, t, x []float64, mask []bool, windowDays, c float64, trend []float64) error {
	w.bt, w.bx = grown(w.bt, len(x))[:0], grown(w.bx, len(x))[:0]
	for i, v := range x {
		if v-v == 0 && (mask == nil || !mask[i]) {
			w.bt, w.bx = append(w.bt, t[i]), append(w.bx, v)
		}
	}
	if err := w.slideOver(ctx, t, windowDays/2, c, trend); err != nil {
		return err
	}
	fillTrend(t, trend)
	if len(trend) > 0 && trend[0] != trend[0] {
		fill(trend, w.stat.median(x))
	}
	return nil
}

// slideOver sets the trend at each time; NaN where no value is near.
func (w *baseWork) slideOver(ctx context.Context, t []float64, h, c float64, trend []float64) error {
	w.loc.reset(nil)
	lo, hi, last := 0, 0, math.NaN()
	for i, at := range t {
		if i%ctxRows == 0 {
			if err := ended(ctx, "biweight"); err != nil {
				return err
			}
		}
		first, end := lo, hi
		for first < len(w.bt) && w.bt[first] < at-h {
			first++
		}
		for end < len(w.bt) && w.bt[end] < at+h {
			end++
		}
		if first != lo || end != hi {
			w.move(lo, hi, min(first, end), end)
			lo, hi = min(first, end), end
			last = w.loc.location(c)
		}
		trend[i] = last
	}
	return nil
}

// move takes the window from the values lo…hi-1 to first…end-1, both further on.
func (w *baseWork) move(lo, hi, first, end int) {
	if first >= hi || first-lo+end-hi > (hi-lo)/4+8 {
		w.loc.reset(w.bx[first:end])
		return
	}
	for ; lo < first && hi < end; lo, hi = lo+1, hi+1 {
		w.loc.slide(w.bx[lo], w.bx[hi])
	}
	for ; lo < first; lo++ {
		w.loc.drop(w.bx[lo])
	}
	for ; hi < end; hi++ {
		w.loc.add(w.bx[hi])
	}
}
