package preprocess

import "math"

// TransitMask reports for each time, in days, whether it is within
// factor·duration/2 + pad of a mid-transit, limits included:
//
//	|dt - P·floor(dt/P + 1/2)| <= factor·D/2 + pad,   dt = t - t0
//
// and |dt| where the period is not positive: a single transit. NaN is outside.
// (docs/preprocessing.md, transit mask; geometry of
// lightkurve.LightCurve.create_transit_mask, which leaves out the limit.)
func TransitMask(t []float64, e Ephemeris, factor, pad float64) []bool {
	mask := make([]bool, len(t))
	transitMask(t, e, factor, pad, mask)
	return mask
}

// transitMask is TransitMask; it sets rows of mask and clears none, so that the
// masks of several planets add up.
func transitMask(t []float64, e Ephemeris, factor, pad float64, mask []bool) {
	mask = mask[:len(t)]
	half := float64(0.5*factor*e.Duration) + pad
	p, t0 := e.Period, e.T0
	if !(p > 0) || math.IsInf(p, 1) {
		for i, v := range t {
			if math.Abs(v-t0) <= half {
				mask[i] = true
			}
		}
		return
	}
	for i, v := range t {
		dt := v - t0
		if math.Abs(dt-float64(p*math.Floor(dt/p+0.5))) <= half {
			mask[i] = true
		}
	}
}

// ephemerisPad returns by how much, in days, the mask is widened on each side
// for the uncertainty of the ephemeris at the time tMid, the middle of the light
// curve: three sigma, at most a quarter of the duration. stale says that three
// sigma exceed half the duration. (docs/preprocessing.md, transit mask.)
func ephemerisPad(e Ephemeris, tMid float64) (pad float64, stale bool) {
	drift := 0.0
	if e.Period > 0 && !math.IsInf(e.Period, 1) {
		drift = math.Round((tMid-e.T0)/e.Period) * sigmaOrNone(e.PeriodErr)
	}
	sigma := 3 * math.Hypot(sigmaOrNone(e.T0Err), drift)
	if math.IsNaN(sigma) {
		return 0, false
	}
	return min(sigma, 0.25*e.Duration), sigma > 0.5*e.Duration
}

// sigmaOrNone is an error of a catalog, 0 where there is none.
func sigmaOrNone(sigma float64) float64 {
	if sigma > 0 && !math.IsInf(sigma, 1) {
		return sigma
	}
	return 0
}
