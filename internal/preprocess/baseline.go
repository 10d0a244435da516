package preprocess

import (
	"context"

	"exoplanetai/internal/exo"
)

// baseWork is the memory of the baseline fits. The zero value is ready; one
// goroutine uses it at a time.
type baseWork struct {
	stat statWork
	gram [2]gram // the window asked for, and the last one of another length

	grid   []int     // masked: cadence of each row
	usedAt []int     // cadence of each unmasked row
	usedX  []float64 // its value less the median
	levels []level   // one per length of the window
	fitter maskedFit
	ortho  ortho

	ut, ux    []float64 // iterative: the rows still used
	fit, rest []float64 // their trend and the rest

	bt, bx []float64 // biweight: unmasked times and values
	loc    locator
}

// ctxRows is how many rows are done between two looks at the context, ctxWork
// how many products, some 10 ms, where a row takes many.
const (
	ctxRows = 2048
	ctxWork = 1 << 22
)

// ended returns the context's error in our words; nil while it goes on.
func ended(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return exo.E("preprocess."+op, exo.KindOf(err), nil, err)
	}
	return nil
}

// checkWindow refuses a window or an order that fits no polynomial.
func checkWindow(op string, window, order int) error {
	switch {
	case window < 1 || window%2 == 0:
		return exo.Errorf("preprocess."+op, exo.Invalid, nil, "baseline_window_length is %d; it must be odd and positive", window)
	case order < 0 || order >= window:
		return exo.Errorf("preprocess."+op, exo.Invalid, nil, "baseline_polyorder is %d; it must be 0 to %d, less than the window of %d", order, window-1, window)
	}
	return nil
}

// checkRows refuses columns of unequal length. A nil mask masks nothing.
func checkRows(op string, t, x []float64, mask []bool) error {
	if len(t) != len(x) || mask != nil && len(mask) != len(x) {
		return exo.Errorf("preprocess."+op, exo.Invalid, nil, "%d times, %d values and a mask of %d: they must be as many", len(t), len(x), len(mask))
	}
	return nil
}

// fill sets every element of x to v.
func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

// fillTrend lays straight lines in time over the rows whose trend is NaN,
// between the nearest rows that have one, constant beyond the first and the
// last. Where no row has a trend, nothing changes. (numpy.interp;
// docs/preprocessing.md, segments that are masked throughout.)
func fillTrend(t, trend []float64) {
	last := -1
	for i := 0; i <= len(trend); i++ {
		if i < len(trend) && trend[i] != trend[i] {
			continue
		}
		if i-last > 1 {
			bridge(t, trend, last, i)
		}
		last = i
	}
}

// bridge fills the rows between a and b, which have a trend unless they lie
// outside the slice.
func bridge(t, trend []float64, a, b int) {
	switch {
	case a < 0 && b == len(trend):
	case a < 0:
		fill(trend[:b], trend[b])
	case b == len(trend):
		fill(trend[a+1:], trend[a])
	default:
		for i := a + 1; i < b; i++ {
			trend[i] = onLine(t[a], trend[a], t[b], trend[b], t[i])
		}
	}
}

// onLine returns the value at t of the straight line through (t0, y0) and
// (t1, y1); y1 where the two times are equal.
func onLine(t0, y0, t1, y1, t float64) float64 {
	if d := t1 - t0; d != 0 {
		return y0 + (y1-y0)/d*(t-t0)
	}
	return y1
}
