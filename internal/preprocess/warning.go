package preprocess

import (
	"fmt"
	"math"
)

// Text says the warning in plain words, with what to do.
func (w Warning) Text() string {
	about := ""
	if w.Object != "" {
		about = w.Object + ": "
	}
	switch w.Code {
	case WarnQuality:
		return fmt.Sprintf("%.0f %% of the rows were rejected by quality; look at the counts per bit, and give a quality_bitmask of your own if a bit is too strict", 100*w.Value)
	case WarnFewPoints:
		return "fewer than two points are left; steps that need differences of time were skipped"
	case WarnStale:
		return fmt.Sprintf("%sthe ephemeris is stale: three sigma of the mid-transits are %.1f h here, for a duration of %.1f h; the mask may miss transits, so give a newer ephemeris in ephemerides", about, w.Value, w.Other)
	case WarnMaskCover:
		return fmt.Sprintf("the transit masks cover %.0f %% of the rows, more than %.0f %%, and were not used; lower mask_factor or give fewer ephemerides", 100*w.Value, 60.0)
	case WarnWavelet:
		return fmt.Sprintf("%.0f segments are too short for this wavelet and were left as they are; use a shorter wavelet such as haar", w.Value)
	case WarnDenoised:
		return "wavelet denoising takes 10 to 14 % of the depth of a transit by itself and correlates the points; use the result for display, and wavelet_denoising false for measurements"
	case WarnDegenerate:
		return "not normalised: the scale of the series is zero, so that the result is constant and its errors are unknown"
	case WarnZeroCentred:
		return "the series looks centred on zero, where dividing by its median or mean has little meaning; use normalize_method zscore or quantile"
	case WarnDefaultDepth:
		return fmt.Sprintf("%stransits of %s h keep about %.0f %% of their depth after this baseline; use profile transit, which keeps them", about, hours(w.Other), 100*math.Max(w.Value, 0))
	case WarnClipped:
		return about + "clipping on both sides removes points in transit as outliers; use profile transit, or set sigma_lower to inf and outlier_sides to upper"
	case WarnTrend:
		return fmt.Sprintf("the baseline of %.0f of %.0f rows is not positive, so that they were removed; use baseline_mode subtract for such a series", w.Value, w.Other)
	}
	return string(w.Code)
}

// hours writes a duration with one decimal, a whole one without.
func hours(h float64) string {
	if h == math.Trunc(h) {
		return fmt.Sprintf("%.0f", h)
	}
	return fmt.Sprintf("%.1f", h)
}
