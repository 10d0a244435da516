package preprocess

import "math"

// madToSigma is 1/Φ⁻¹(3/4): the median absolute deviation of Gaussian data
// times this is their standard deviation (astropy.stats.mad_std).
const madToSigma = 1.482602218505602

// meanadToSigma is √(π/2): the same for the mean absolute deviation.
const meanadToSigma = 1.2533141373155001

// statWork is the memory of the order statistics. The zero value is ready; one
// goroutine uses it at a time.
type statWork struct {
	buf, alt []float64 // values inside a bracket
	dev      []float64 // deviations, differences
	sample   []float64

	// The last values that order2 sorted: those of rank midAt and following,
	// midLen of them; one for all where they are equal.
	mid           []float64
	midAt, midLen int
}

// grown returns a slice of length n, s itself where it is long enough. What it
// holds is undefined.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}

// median returns the middle value of x, the mean of the two middle ones for an
// even number (numpy.median); NaN for no value. x has no NaN and stays as it is.
func (w *statWork) median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	a, b := w.order2(x, (len(x)-1)/2)
	return medianOf(a, b, len(x))
}

// medianOf returns the median of n values of which a and b have rank (n-1)/2
// and the next.
func medianOf(a, b float64, n int) float64 {
	if n%2 == 1 {
		return a
	}
	if s := a + b; s-s == 0 {
		return s / 2
	}
	return a/2 + b/2 // the sum overflows
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
	switch d := b - a; {
	case math.IsInf(d, 0):
		return float64(a*(1-t)) + float64(b*t)
	case t >= 0.5: // from the nearer end, as numpy's lerp does
		return b - float64(d*(1-t))
	default:
		return a + float64(d*t)
	}
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
		return min(madToSigma*m, math.MaxFloat64), "mad" // also where a distance overflows
	}
	if m, _ := meanStd(d); m > 0 {
		return min(meanadToSigma*m, math.MaxFloat64), "meanad"
	}
	return 0, "zero"
}

// meanStd returns the mean and the standard deviation about it, which divides
// by n (numpy.mean, numpy.std); NaN for no value. The second pass corrects the
// mean of the first (Chan, Golub and LeVeque, Algorithms for computing the
// sample variance, The American Statistician 37, 1983).
func meanStd(x []float64) (mean, std float64) {
	if len(x) == 0 {
		return math.NaN(), math.NaN()
	}
	s1, _ := sums(x, x[0])
	return deviation(x, x[0]+s1/float64(len(x)))
}

// medianStd returns the median and the standard deviation of x; NaN for no value.
func (w *statWork) medianStd(x []float64) (median, std float64) {
	if len(x) == 0 {
		return math.NaN(), math.NaN()
	}
	median = w.median(x)
	_, std = deviation(x, median)
	return median, std
}

// deviation returns the mean and the standard deviation of x, of which c is
// about the centre.
func deviation(x []float64, c float64) (mean, std float64) {
	n := float64(len(x))
	s1, s2 := sums(x, c)
	m1, m2 := s1/n, s2/n
	if !(s2 < hugeSum) || s2 < tinySum {
		return scaledDeviation(x)
	}
	if m1*m1 > 0.6*m2 && m1 != 0 { // too far off: most of the sum would cancel
		c += m1
		s1, s2 = sums(x, c)
		m1, m2 = s1/n, s2/n
	}
	return c + m1, math.Sqrt(max(m2-float64(m1*m1), 0))
}

// Sums of squares outside these limits have lost digits to the ends of the
// range of numbers.
const (
	hugeSum = 0x1p+1000
	tinySum = 0x1p-850
)

// scaledDeviation is deviation for series so far from one, or so close
// together, that squares overflow or vanish. Multiplying by a power of two
// loses nothing.
func scaledDeviation(x []float64) (mean, std float64) {
	lo, hi := extremes(x)
	if lo == hi {
		return lo, 0
	}
	down, up := 0x1p-700, 0x1p+700
	if hi/4-lo/4 < 1 {
		down, up = up, down
	}
	n := float64(len(x))
	c := lo * down
	for range 2 { // the second time about the mean of the first
		var s1, s2 float64
		for _, v := range x {
			d := float64(v*down) - c
			s1 += d
			s2 += float64(d * d)
		}
		c += s1 / n
		std = math.Sqrt(max(s2/n-float64(s1/n)*float64(s1/n), 0)) * up
	}
	return min(max(c*up, lo), hi), std
}

// sums returns the sums of x - c and of its square. Short blocks keep the error
// of the sums at some 1e-14 whatever the length.
func sums(x []float64, c float64) (s1, s2 float64) {
	for len(x) > 0 {
		b := x[:min(len(x), 512)]
		x = x[len(b):]
		var a0, a1, a2, a3, q0, q1, q2, q3 float64
		for ; len(b) >= 4; b = b[4:] {
			d0, d1, d2, d3 := b[0]-c, b[1]-c, b[2]-c, b[3]-c
			a0 += d0
			a1 += d1
			a2 += d2
			a3 += d3
			q0 += float64(d0 * d0)
			q1 += float64(d1 * d1)
			q2 += float64(d2 * d2)
			q3 += float64(d3 * d3)
		}
		for _, v := range b {
			d := v - c
			a0 += d
			q0 += float64(d * d)
		}
		s1 += (a0 + a1) + (a2 + a3)
		s2 += (q0 + q1) + (q2 + q3)
	}
	return s1, s2
}
