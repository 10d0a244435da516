package preprocess

// Ephemeris says when a planet transits. Its times are those of the light curve
// that it is used on: T0 is on the scale of Series.Time (BKJD or BTJD).
//
// JSON names are those of the parameter `ephemerides`.
type Ephemeris struct {
	Period      float64 `json:"period"`                 // days; 0: a single transit
	T0          float64 `json:"t0"`                     // mid-transit, days on the scale of the light curve
	Duration    float64 `json:"duration"`               // days, first to fourth contact
	PeriodErr   float64 `json:"period_err,omitempty"`   // days, one sigma; 0 unknown
	T0Err       float64 `json:"t0_err,omitempty"`       // days, one sigma; 0 unknown
	DurationErr float64 `json:"duration_err,omitempty"` // days, one sigma; 0 unknown
	DepthPPM    float64 `json:"depth_ppm,omitempty"`    // of the catalog, parts per million; 0 unknown
	Object      string  `json:"object,omitempty"`       // K00072.01, TOI 700.01, K2-18 b
	Source      string  `json:"source,omitempty"`       // table and its retrieval: "koi 2026-11-24T00:31:00Z sha256:0123abcd"
}
