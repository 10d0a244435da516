package preprocess

import (
	"encoding/json"
	"math"
	"strconv"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// Algorithm is the version of the definitions (PPALGO). It changes when equal
// inputs and parameters no longer give equal data.
const Algorithm = 1

// Profile names a set of parameters.
type Profile string

// The profiles.
const (
	ProfileDefault Profile = "default" // the guide's parameters
	ProfileTransit Profile = "transit" // keeps transits: masks, a window from the duration, one-sided clipping
)

// Number is a parameter that may be infinite, in JSON "inf".
type Number float64

// Bitmask chooses the bits that disqualify a row: a preset's name, or a number
// of its own, in JSON a string or an integer.
type Bitmask struct {
	Preset lightcurve.Preset // empty: Mask counts
	Mask   int32
}

// Params are the parameters of the pipeline, under their public names. A nil
// pointer is a parameter that is not set; NewRecipe sets it from the others.
type Params struct {
	RemoveOutliers       bool    `json:"remove_outliers"`
	SigmaClipSigma       float64 `json:"sigma_clip_sigma"`
	SigmaClipMaxIters    int     `json:"sigma_clip_maxiters"` // 0: until nothing changes
	BaselineWindowLength int     `json:"baseline_window_length"`
	BaselinePolyorder    int     `json:"baseline_polyorder"`
	WaveletDenoising     bool    `json:"wavelet_denoising"`
	WaveletType          string  `json:"wavelet_type"`
	WaveletLevels        int     `json:"wavelet_levels"`
	NormalizeMethod      string  `json:"normalize_method"`
	QualityBitmask       Bitmask `json:"quality_bitmask"`
	GapThresholdHours    float64 `json:"gap_threshold_hours"`
	MinPointsPerSegment  int     `json:"min_points_per_segment"`

	OutlierMethod           string      `json:"outlier_method"`
	SigmaLower              *Number     `json:"sigma_lower"`
	SigmaUpper              *Number     `json:"sigma_upper"`
	OutlierSides            string      `json:"outlier_sides"`
	Grow                    int         `json:"grow"`
	MADK                    *float64    `json:"mad_k"`
	IQRK                    float64     `json:"iqr_k"`
	ModZThreshold           float64     `json:"modz_threshold"`
	IForestTrees            int         `json:"iforest_trees"`
	IForestSamples          int         `json:"iforest_samples"`
	IForestSeed             int64       `json:"iforest_seed"`
	IForestContamination    float64     `json:"iforest_contamination"`
	IForestMinZ             float64     `json:"iforest_min_z"`
	EnsembleMembers         []string    `json:"ensemble_members"`
	EnsembleMinVotes        *int        `json:"ensemble_min_votes"` // nil: more than half
	GapMinCadences          float64     `json:"gap_min_cadences"`
	ShortSegments           string      `json:"short_segments"`
	BaselineMethod          string      `json:"baseline_method"`
	BaselineWindowDurations float64     `json:"baseline_window_durations"` // the window is at least so many of the longest duration; 0: no such rule
	ClipAfter               bool        `json:"clip_after"`
	BaselineMode            string      `json:"baseline_mode"`
	BiweightWindowDays      *float64    `json:"biweight_window_days"`
	BiweightC               float64     `json:"biweight_c"`
	Ephemerides             []Ephemeris `json:"ephemerides"`
	ProtectTransits         *bool       `json:"protect_transits"`
	MaskFactor              float64     `json:"mask_factor"`
	NormExcludeTransits     *bool       `json:"norm_exclude_transits"`
	FluxColumn              string      `json:"flux_column"` // PDCSAP, SAP, or a column's name
}

// DefaultParams returns the guide's parameters and the defaults of the others
// (docs/preprocessing.md, "Parameters"). What is nil there follows from the
// other parameters in NewRecipe.
func DefaultParams() Params {
	return Params{
		RemoveOutliers: true, SigmaClipSigma: 5, SigmaClipMaxIters: 3,
		BaselineWindowLength: 101, BaselinePolyorder: 2,
		WaveletType: "db4", WaveletLevels: 6, NormalizeMethod: "median",
		QualityBitmask:    Bitmask{Preset: lightcurve.PresetDefault},
		GapThresholdHours: 0.5, MinPointsPerSegment: 100,

		OutlierMethod: methodSigmaClip, OutlierSides: "both", IQRK: 1.5, ModZThreshold: 3.5,
		IForestTrees: 100, IForestSamples: 256, IForestContamination: 0.005, IForestMinZ: 3.5,
		EnsembleMembers: singleMethods(), GapMinCadences: 5, ShortSegments: "keep",
		BaselineMethod: baselineSavgol, BaselineMode: "divide", BiweightC: 5,
		MaskFactor: 1.5, FluxColumn: "PDCSAP",
	}
}

// Words of outlier_method and baseline_method.
const (
	methodSigmaClip = "sigma_clip"
	methodMAD       = "mad"
	methodIQR       = "iqr"
	methodModZ      = "modified_zscore"
	methodForest    = "isolation_forest"
	methodEnsemble  = "ensemble"

	baselineNone      = "none"
	baselineSavgol    = "savgol"
	baselineMasked    = "savgol_masked"
	baselineIterative = "savgol_iterative"
	baselineBiweight  = "biweight"
)

// singleMethods are the outlier methods that may be members of an ensemble.
func singleMethods() []string {
	return []string{methodSigmaClip, methodMAD, methodIQR, methodModZ, methodForest}
}

// MarshalJSON writes the number, infinities as "inf" and "-inf".
func (n Number) MarshalJSON() ([]byte, error) { return appendNumber(nil, float64(n)), nil }

// UnmarshalJSON reads a finite number, "inf" or "-inf".
func (n *Number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		return nil
	case `"inf"`:
		*n = Number(math.Inf(1))
		return nil
	case `"-inf"`:
		*n = Number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// String gives the preset's name, or the number.
func (b Bitmask) String() string {
	if b.Preset != "" {
		return string(b.Preset)
	}
	return strconv.Itoa(int(b.Mask))
}

// word is the preset's name, "mask" for a number.
func (b Bitmask) word() string {
	if b.Preset != "" {
		return string(b.Preset)
	}
	return "mask"
}

// MarshalJSON writes the preset as a string, a mask of its own as an integer.
func (b Bitmask) MarshalJSON() ([]byte, error) {
	if b.Preset != "" {
		return json.Marshal(string(b.Preset))
	}
	return strconv.AppendInt(nil, int64(b.Mask), 10), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Bitmask) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if !decodeBitmask(b, raw) {
		return exo.Errorf("preprocess.Bitmask", exo.Invalid, nil, "%.40q is not a quality mask", raw).
			Try("%s", bitmaskLimits)
	}
	return nil
}
