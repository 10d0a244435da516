package preprocess

import (
	"math"
	"slices"
)

// madToSigma is 1/Φ⁻¹(3/4): the median absolute deviation of Gaussian data
// times this is their standard deviation (astropy.stats.mad_std).
const madToSigma = 1.482602218505602

// meanadToSigma is √(π/2): the same for the mean absolute deviation.
const meanadToSigma = 1.2533141373155001

// statWork is the memory of the order statistics. The zero value is ready; one
// goroutine uses it at a time.
type statWork struct {
	buf []float64
	dev []float64
}

// grown returns a slice of length n, s itself where it is long enough. What it
// holds is undefined.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}

// order2 returns the values of rank k and k+1 (from 0) of x, which has no NaN
// and more than k values. Where k is the last rank, both are the last.
func (w *statWork) order2(x []float64, k int) (float64, float64) {
	w.buf = grown(w.buf, len(x))
	copy(w.buf, x)
	slices.Sort(w.buf)
	return w.buf[k], w.buf[min(k+1, len(x)-1)]
}

// median returns the middle value of x, the mean of the two middle ones for an
// even number (numpy.median); NaN for no value. x has no NaN and stays as it is.
func (w *statWork) median(x []float64) float64 {
	n := len(x)
	if n == 0 {
		return math.NaN()
	}
	if n%2 == 1 {
		a, _ := w.order2(x, n/2)
		return a
	}
	return middle(w.order2(x, n/2-1))
}

// middle is the mean of two numbers, without overflow.
func middle(a, b float64) float64 {
	if s := a + b; s-s == 0 {
		return s / 2
	}
	return a/2 + b/2
}

// percentile returns the value at position (n-1)·q/100 of the sorted x, a
// straight line between neighbours (numpy.percentile, method linear); NaN for
// no value. q is in percent.
func (w *statWork) percentile(x []float64, q float64) float64 {
	n := len(x)
	if n == 0 {
		return math.NaN()
	}
	pos := float64(n-1) * (q / 100)
	k := min(max(int(pos), 0), n-1)
	a, b := w.order2(x, k)
	t := pos - float64(k)
	if t >= 0.5 { // the nearer end first, as numpy's lerp does
		return b - float64((b-a)*(1-t))
	}
	return a + float64((b-a)*t)
}

// deviations writes |x - c| to w.dev and returns it.
func (w *statWork) deviations(x []float64, c float64) []float64 {
	w.dev = grown(w.dev, len(x))
	d := w.dev
	for i, v := range x {
		d[i] = math.Abs(v - c)
	}
	return d
}

// mad returns the median of |x - c|, not scaled.
func (w *statWork) mad(x []float64, c float64) float64 { return w.median(w.deviations(x, c)) }

// robustScale returns the scale of x about c and where it comes from: "mad",
// 1.4826 times the median absolute deviation; "meanad", 1.2533 times the mean
// absolute deviation where the former is zero; "zero" where that is zero too
// (docs/preprocessing.md, the outlier method mad).
func (w *statWork) robustScale(x []float64, c float64) (s float64, from string) {
	d := w.deviations(x, c)
	if m := w.median(d); m > 0 {
		return madToSigma * m, "mad"
	}
	if m, _ := meanStd(d); m > 0 {
		return meanadToSigma * m, "meanad"
	}
	return 0, "zero"
}

// meanStd returns the mean and the standard deviation about it, which divides
// by n (numpy.mean, numpy.std); NaN for no value.
func meanStd(x []float64) (mean, std float64) {
	if len(x) == 0 {
		return math.NaN(), math.NaN()
	}
	c := x[0]
	sum := 0.0
	for _, v := range x {
		sum += v - c
	}
	mean = c + sum/float64(len(x))
	sum = 0
	for _, v := range x {
		d := v - mean
		sum += float64(d * d)
	}
	return mean, math.Sqrt(sum / float64(len(x)))
}
