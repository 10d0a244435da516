package preprocess

import (
	"context"
	"math"
)

// SavgolCoefficients returns the smoothing coefficients of the Savitzky–Golay
// filter, window values for the samples -m…m: the trend at a sample is their
// sum with the samples around it. They come from orthogonal polynomials and are
// exact to a few units in the last place, also for high orders and long
// windows. window must be odd, 0 <= order < window; else exo.Invalid.
// (Savitzky & Golay, Anal. Chem. 36, 1627, 1964; scipy.signal.savgol_coeffs;
// docs/preprocessing.md, savgol.)
func SavgolCoefficients(window, order int) ([]float64, error) {
	if err := checkWindow("SavgolCoefficients", window, order); err != nil {
		return nil, err
	}
	var g gram
	g.build(window, order)
	c, m := make([]float64, window), window/2
	for j, v := range g.center {
		c[m-j], c[m+j] = v, v
	}
	return c, nil
}

// Savgol returns the trend of equally spaced samples x, without NaN: the value
// at the centre of the least-squares polynomial over the window samples around
// each; for the first and last (window-1)/2 that of the polynomial through the
// first and last window. A window longer than x shrinks to the largest odd
// number that fits; where that is not above the order the trend is the median.
// window must be odd, 0 <= order < window; else exo.Invalid.
// (scipy.signal.savgol_filter, mode interp; docs/preprocessing.md, savgol.)
func Savgol(x []float64, window, order int) ([]float64, error) {
	if err := checkWindow("Savgol", window, order); err != nil {
		return nil, err
	}
	var w baseWork
	trend := make([]float64, len(x))
	return trend, w.savgol(context.Background(), x, window, order, trend)
}

// savgol is Savgol; an even window is raised by one. trend may not be x. The
// error is that of the context.
func (w *baseWork) savgol(ctx context.Context, x []float64, window, order int, trend []float64) error {
	window = min(window|1, (len(x)-1)|1)
	if len(x) == 0 {
		return nil
	}
	if len(x)%2 == 0 {
		window = min(window, len(x)-1)
	}
	if window <= order {
		fill(trend, w.stat.median(x))
		return nil
	}
	g, m, n := w.polynomials(window, order), window/2, len(x)
	switch {
	case m == 0:
		copy(trend, x)
		return nil
	case order <= 3 && window > directWindow && even(x):
		runMoments(x, m, order, trend)
	default:
		rows := max(ctxWork/(m+1), 1)
		for at := m; at < n-m; at += rows {
			if err := ended(ctx, "savgol"); err != nil {
				return err
			}
			convolve(x, g.center, trend, at, min(at+rows, n-m))
		}
	}
	g.ends(x[:window], 0, m, trend)
	g.ends(x[n-window:], m+1, window, trend[n-window:])
	return nil
}

// directWindow is the longest window for which the plain sum is as fast as
// running moments.
const directWindow = 13

// even reports whether running sums lose nothing that matters: their rounding
// errors are a fraction of 1e-13 or so of the largest value, and should be small
// against ordinary values too. Half of a sample of 128 must be above 1e-7 of the
// largest; a series of nine decades, or one with an infinite value, is not even.
func even(x []float64) bool {
	var m0, m1 float64
	i := 0
	for ; i+1 < len(x); i += 2 {
		if a := math.Abs(x[i]); !(a <= m0) {
			m0 = a
		}
		if a := math.Abs(x[i+1]); !(a <= m1) {
			m1 = a
		}
	}
	if i < len(x) && !(math.Abs(x[i]) <= m0) {
		m0 = math.Abs(x[i])
	}
	largest := max(m0, m1)
	if !(largest < 1e280) {
		return false
	}
	step, large, seen := len(x)/128+1, 0, 0
	for i := 0; i < len(x); i += step {
		seen++
		if math.Abs(x[i]) >= 1e-7*largest {
			large++
		}
	}
	return 2*large >= seen
}

// convolve sets the rows from start to end of trend, which have their whole
// window, to the sum of c_|j|·x over it.
func convolve(x, c, trend []float64, start, end int) {
	m := len(c) - 1
	for i := start; i < end; i++ {
		left, right := x[i-m:i], x[i+1:i+1+m]
		var s0, s1 float64
		j := 1
		for ; j+1 <= m; j += 2 {
			s0 += c[j] * (left[m-j] + right[j-1])
			s1 += c[j+1] * (left[m-j-1] + right[j])
		}
		if j <= m {
			s0 += c[j] * (left[m-j] + right[j-1])
		}
		trend[i] = c[0]*x[i] + (s0 + s1)
	}
}
