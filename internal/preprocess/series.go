package preprocess

import (
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// Series is a light curve as the pipeline takes it. The slices have equal
// length and are not changed. FluxErr and Quality may be nil: unknown errors,
// and no bits.
type Series struct {
	Time    []float64 // days, on Scale; NaN in a gap
	Flux    []float64 // any unit; NaN where missing
	FluxErr []float64 // one sigma, unit of Flux; NaN or <= 0 unknown
	Quality []int32   // raw bits
	Table   lightcurve.FlagTable
	Scale   exo.Scale
}

// SeriesOf takes a light curve's columns; nothing is copied.
func SeriesOf(lc *lightcurve.LightCurve) Series {
	return Series{Time: lc.Time, Flux: lc.Flux, FluxErr: lc.FluxErr, Quality: lc.Quality, Table: lc.Flags, Scale: lc.Scale}
}

// Len returns the number of rows.
func (s Series) Len() int { return len(s.Time) }

// Affine is a normalization: y' = (y - A)/S + B, and y = (y' - B)·S + A.
type Affine struct {
	A float64 `json:"a"`
	S float64 `json:"s"` // 0: degenerate, the input cannot be had back
	B float64 `json:"b"`
}

// Step is what one step of the pipeline did.
type Step struct {
	Name         string `json:"name"` // quality, outliers, gaps, baseline, clip_after, wavelet, normalize
	Method       string `json:"method,omitempty"`
	PointsBefore int    `json:"points_before"`
	PointsAfter  int    `json:"points_after"`
	Values       Values `json:"values,omitempty"` // what it came to: limits, iterations, window, segments
}

// Values are named numbers in a fixed order, in JSON an object; NaN is null,
// infinities are "inf" and "-inf". It is a slice so that its memory is reused.
type Values []Value

// Value is one of Values.
type Value struct {
	Name  string
	Value float64
}

// WarningCode names a warning; its text is made by Warning.String.
type WarningCode string

// The warnings of a run.
const (
	WarnQuality      WarningCode = "quality_share"    // more than 20 % of the rows rejected by quality
	WarnFewPoints    WarningCode = "few_points"       // fewer than two points: differences skipped
	WarnStale        WarningCode = "stale_ephemeris"  // the ephemeris has drifted by more than half a duration
	WarnMaskCover    WarningCode = "mask_covers"      // masks cover more than 60 %, not used
	WarnWavelet      WarningCode = "wavelet"          // a segment too short for one level
	WarnDenoised     WarningCode = "wavelet_depth"    // soft thresholds take 10–14 % of a transit's depth
	WarnDegenerate   WarningCode = "not_normalised"   // the scale is zero
	WarnZeroCentred  WarningCode = "zero_centred"     // median or mean too close to zero to divide by
	WarnDefaultDepth WarningCode = "transits_at_risk" // the window takes part of the depth of transits
	WarnClipped      WarningCode = "transits_clipped" // two-sided clipping of a star with known planets
	WarnTrend        WarningCode = "bad_trend"        // rows whose trend is not positive
)

// Warning is something that the user should know of a result.
type Warning struct {
	Code   WarningCode
	Object string  // planet it is about
	Value  float64 // share, ratio or number, by code
	Other  float64 // duration in hours and the like, by code
}

// Result is what the pipeline gives: one row per input row, in input order.
// Run reuses its memory.
type Result struct {
	Flux    []float64 // normalised; NaN in removed rows
	FluxErr []float64 // NaN where unknown
	Trend   []float64 // in the unit of the input; NaN where there is none
	Segment []int32   // number of the segment, -1 none
	Flag    []int32   // Flag bits

	Kept          int // rows with a finite processed flux
	Segments      int
	ShortSegments int
	CadenceDays   float64 // median, NaN where it cannot be had
	QualityMask   int32   // that was applied
	WindowUsed    int     // baseline window asked for in samples, after durations; 0: method has none
	Norm          Affine

	Steps    []Step
	Warnings []Warning
}
