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
	var w baseWork
	return w.location(x, c)
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
		if mask == nil || !mask[i] {
			w.bt, w.bx = append(w.bt, t[i]), append(w.bx, v)
		}
	}
	if len(w.bx) == 0 {
		fill(trend, w.stat.median(x))
		return nil
	}
	h, lo, hi := windowDays/2, 0, 0
	for i, v := range t {
		if i%ctxRows == 0 {
			if err := ended(ctx, "biweight"); err != nil {
				return err
			}
		}
		for lo < len(w.bt) && w.bt[lo] < v-h {
			lo++
		}
		for hi < len(w.bt) && w.bt[hi] < v+h {
			hi++
		}
		trend[i] = w.location(w.bx[min(lo, hi):hi], c)
	}
	fillTrend(t, trend)
	if trend[0] != trend[0] {
		fill(trend, w.stat.median(x))
	}
	return nil
}

// location is BiweightLocation.
func (w *baseWork) location(x []float64, c float64) float64 {
	m := w.stat.median(x)
	s := c * w.stat.mad(x, m)
	if !(s > 0) {
		return m
	}
	for range 500 {
		var sw, sd float64
		for _, v := range x {
			d := v - m
			u := d / s
			if u = 1 - u*u; u > 0 {
				sw += u * u
				sd += u * u * d
			}
		}
		if !(sw > 0) {
			return m
		}
		d := sd / sw
		m += d
		if math.Abs(d) <= 1e-12*s {
			break
		}
	}
	return m
}
