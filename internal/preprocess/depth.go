package preprocess

import "math"

// DepthRatio returns the share of a box transit's depth that a Savitzky–Golay
// baseline leaves: window and order as given, cadence and duration in days. No
// noise, no mask; the baseline is that of a lone transit far from the ends.
//
// The mean of the residual over the L samples in transit, for a depth of one:
// 1 - sum over |j| < L of c_j (L - |j|)/L, with c_j the smoothing coefficients.
// (docs/preprocessing.md, "What detrending does to transits".)
func DepthRatio(window, order int, cadence, duration float64) float64 {
	half := max(window, 1) / 2
	n := math.Round(duration / cadence)
	if n = min(n, 1e9); !(n >= 1) {
		n = 1
	}
	taken := smoothing(0, half, order)
	for j := 1; j <= half && float64(j) < n; j++ {
		taken += 2 * smoothing(j, half, order) * (n - float64(j)) / n
	}
	return 1 - taken
}

// smoothing returns the weight of the sample j away from the centre in the
// least-squares polynomial over 2·half+1 samples, evaluated at the centre: the
// sum over the orthogonal (Gram) polynomials P_k(0)·P_k(j)/|P_k|² (Gorry, Anal.
// Chem. 62, 570, 1990).
func smoothing(j, half, order int) float64 {
	m, x := float64(2*half), float64(j)
	norm := 1 / (m + 1) // (2k+1) (2m)!/(2m-k)! / ((2m+k+1)!/(2m)!)
	at, before := 1.0, 0.0
	zero, zeroBefore := 1.0, 0.0
	sum := norm
	for k := 1; k <= min(order, 2*half); k++ {
		f := float64(k)
		a, b := (4*f-2)/(f*(m-f+1)), (f-1)*(m+f)/(f*(m-f+1))
		at, before = a*x*at-b*before, at
		zero, zeroBefore = -b*zeroBefore, zero
		norm *= (2*f + 1) / (2*f - 1) * (m - f + 1) / (m + f + 1)
		sum += norm * zero * at
	}
	return sum
}
