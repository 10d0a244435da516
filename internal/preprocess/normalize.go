package preprocess

import "math"

// Normalization names a way to bring fluxes to a common scale.
type Normalization string

// The normalizations. All are y' = (y - A)/S + B.
const (
	NormMedian   Normalization = "median"   // by the median
	NormMean     Normalization = "mean"     // by the mean
	NormRobust   Normalization = "robust"   // 5th percentile to 0, 95th to 1
	NormUnity    Normalization = "unity"    // mean 1, standard deviation 1
	NormMinMax   Normalization = "minmax"   // least to 0, greatest to 1
	NormZScore   Normalization = "zscore"   // mean 0, standard deviation 1
	NormQuantile Normalization = "quantile" // median 0, 1.4826 times the median absolute deviation 1
)

// Normalizations lists all, in the order of docs/preprocessing.md.
func Normalizations() []Normalization {
	return []Normalization{NormMedian, NormMean, NormRobust, NormUnity, NormMinMax, NormZScore, NormQuantile}
}

// degenerateShare is how small a scale must be, against the greatest absolute
// value, to count as zero.
const degenerateShare = 1e-14

// affine returns the numbers of a normalization of x, which has no NaN.
// degenerate: the scale is zero or cannot be had; Affine.S is 0 then, and
// Affine.apply gives a constant.
func (w *statWork) affine(x []float64, m Normalization) (a Affine, degenerate bool) {
	if len(x) == 0 {
		return Affine{B: m.flat()}, true
	}
	switch m {
	case NormMedian:
		a.S = w.median(x)
	case NormMean:
		a.S, _ = meanStd(x)
	case NormRobust:
		a.A = w.percentile(x, 5)
		a.S = w.percentile(x, 95) - a.A
	case NormUnity:
		a.A, a.S = meanStd(x)
		a.B = 1
	case NormMinMax:
		lo, hi := extremes(x)
		a.A, a.S = lo, hi-lo
	case NormZScore:
		a.A, a.S = meanStd(x)
	case NormQuantile:
		a.A = w.median(x)
		a.S = 1.4826 * w.mad(x, a.A)
	}
	s := math.Abs(a.S)
	if !(s > 0) || math.IsInf(s, 1) || reaches(x, s/degenerateShare) {
		a.S = 0
		return a, true
	}
	return a, false
}

// reaches reports whether some |x| is at least limit, which is positive. The
// bits of positive numbers, taken as integers, have the order of the numbers.
func reaches(x []float64, limit float64) bool {
	const magnitude = 1<<63 - 1
	below := math.Float64bits(limit) - 1
	over := uint64(0)
	for _, v := range x {
		over |= below - math.Float64bits(v)&magnitude // the highest bit is set if it is more
	}
	return over>>63 == 1
}

// flat is what a series is where its scale is zero: 1 for the methods that put
// the level at one, 0 for the others.
func (m Normalization) flat() float64 {
	switch m {
	case NormMedian, NormMean, NormUnity:
		return 1
	}
	return 0
}

// extremes returns the least and the greatest value of x, which is not empty.
func extremes(x []float64) (lo, hi float64) {
	lo, hi = x[0], x[0]
	for _, v := range x {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
	}
	return lo, hi
}

// Normalize returns (x - A)/S + B with the numbers of the method, the errors
// divided by |S|, and whether the series is degenerate: constant as far as the
// method can see, so that the result is 1 everywhere for median, mean and unity
// and 0 for the others, with unknown errors (NaN), and cannot be inverted. x has
// no NaN; err may be nil or have as many values as x, NaN where unknown.
//
// (docs/preprocessing.md, normalization.)
func Normalize(x, err []float64, m Normalization) (y, yerr []float64, a Affine, degenerate bool) {
	var w statWork
	a, degenerate = w.affine(x, m)
	y = make([]float64, len(x))
	a.apply(x, m, y)
	if err != nil {
		yerr = make([]float64, len(err))
		a.applyError(err, yerr)
	}
	return y, yerr, a, degenerate
}

// Denormalize gives the input of Normalize back: (y - B)·S + A. It is A
// everywhere for a degenerate one.
func Denormalize(y []float64, a Affine) []float64 {
	x := make([]float64, len(y))
	for i, v := range y {
		x[i] = float64((v-a.B)*a.S) + a.A
	}
	return x
}

// apply writes the normalized x to y, which may be x.
func (a Affine) apply(x []float64, m Normalization, y []float64) {
	y = y[:len(x)]
	switch {
	case a.S == 0:
		flat := m.flat()
		for i := range y {
			y[i] = flat
		}
	case a.A == 0 && a.B == 0:
		for i, v := range x {
			y[i] = v / a.S
		}
	default:
		for i, v := range x {
			y[i] = (v-a.A)/a.S + a.B
		}
	}
}

// applyError writes the normalized errors to y, which may be err: NaN for a
// degenerate normalization.
func (a Affine) applyError(err, y []float64) {
	y = y[:len(err)]
	if a.S == 0 {
		for i := range y {
			y[i] = math.NaN()
		}
		return
	}
	s := math.Abs(a.S)
	for i, v := range err {
		y[i] = v / s
	}
}
