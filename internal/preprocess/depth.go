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

// Transits of this duration, in hours, stand for all where none is known, at
// cadences shorter than this, in minutes.
const (
	commonHours   = 2
	shortCadence  = 10
	minutesPerDay = 24 * 60
)

// warnDepth warns of a baseline that follows transits: a Savitzky–Golay window
// without masks, with what it leaves of the known planets' depth, or of that of
// 2-hour transits where none is known and the cadence is short.
func (p *Processor) warnDepth() {
	q := &p.r.Params
	cadence := p.out.CadenceDays
	if p.out.WindowUsed == 0 || q.BaselineMethod != baselineSavgol && p.protect() || !(cadence > 0) {
		return
	}
	some := false
	for _, e := range p.planets() {
		some = true
		p.warn(WarnDefaultDepth, e.Object, DepthRatio(p.out.WindowUsed, q.BaselinePolyorder, cadence, e.Duration), 24*e.Duration)
	}
	if !some && cadence*minutesPerDay < shortCadence {
		p.warn(WarnDefaultDepth, "", DepthRatio(p.out.WindowUsed, q.BaselinePolyorder, cadence, commonHours/24.0), commonHours)
	}
}

// planets are those that the recipe uses, else those that are known.
func (p *Processor) planets() []Ephemeris {
	if list := p.r.Params.Ephemerides; len(list) > 0 {
		return list
	}
	return p.r.Known
}

// warnClipped warns of clipping on both sides where planets are known and not
// protected.
func (p *Processor) warnClipped() {
	q := &p.r.Params
	if p.protect() || len(p.planets()) == 0 {
		return
	}
	sigma := !math.IsInf(float64(*q.SigmaLower), 1)
	others := q.OutlierSides != string(SidesUpper)
	twoSided := others
	switch q.OutlierMethod {
	case methodSigmaClip:
		twoSided = sigma
	case methodEnsemble:
		twoSided = sigma || others
	}
	if twoSided {
		p.warn(WarnClipped, p.planets()[0].Object, 0, 0)
	}
}
