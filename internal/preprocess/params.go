package preprocess

import (
	"context"
	"encoding/json"

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

// Parameter describes one parameter for people and schemas.
type Parameter struct {
	Name    string
	Type    string   // "boolean", "integer", "number", "string", "array"; "number|inf", "string|integer"
	Default string   // JSON
	Words   []string // allowed words, where there is a list
	Limits  string   // "odd, 3 to 100001", in plain words; "" none
	Doc     string   // one sentence
	Guide   bool     // one of the guide's twelve
}

// Parameters lists all parameters: the guide's twelve in its order, then the
// further ones.
func Parameters() []Parameter { return nil }

// DefaultParams returns the guide's parameters and the defaults of the others.
func DefaultParams() Params { return Params{} }

// Recipe is a checked and complete set of parameters. It does not change and
// may be shared.
type Recipe struct {
	Profile Profile
	Params  Params // complete: no pointer is nil

	canonical []byte
	digest    exo.Digest
}

// NewRecipe makes a recipe of a profile's parameters, with those that the user
// gave as one JSON object laid over them, and the ephemerides that are known of
// the star (on the light curve's time scale) unless the user gave others. Only
// the profile "transit" uses known ephemerides. Every mistake is exo.Invalid,
// found before any work, naming the parameter, what it was and its limits.
func NewRecipe(profile Profile, user json.RawMessage, known []Ephemeris) (*Recipe, error) {
	return nil, exo.Errorf("preprocess.NewRecipe", exo.Internal, nil, "not built")
}

// ParseRecipe reads the canonical JSON of a processed file (PPPARAM). It accepts
// only the form that Canonical gives.
func ParseRecipe(profile Profile, canonical []byte) (*Recipe, error) {
	return nil, exo.Errorf("preprocess.ParseRecipe", exo.Internal, nil, "not built")
}

// Canonical returns the parameters as JSON: keys sorted, no blanks, shortest
// numbers that give the same value back, infinities as "inf".
func (r *Recipe) Canonical() []byte { return r.canonical }

// Digest returns the SHA-256 of Canonical (PPPSHA).
func (r *Recipe) Digest() exo.Digest { return r.digest }

// Short returns the first eight hexadecimal digits of the digest, as file names
// carry them.
func (r *Recipe) Short() string { return r.digest.Hex()[:8] }

// Processor runs recipes. It keeps its memory from one light curve to the next;
// one goroutine uses it at a time. The zero value is ready.
type Processor struct{}

// Run processes a series. out is filled anew, its memory reused. Errors:
// exo.Invalid "no valid data" for a series without a valid row, or with slices
// of unequal length; exo.Canceled or exo.Unavailable when ctx ends first.
func (p *Processor) Run(ctx context.Context, s Series, r *Recipe, out *Result) error {
	return exo.Errorf("preprocess.Run", exo.Internal, nil, "not built")
}

// Text says the warning in plain words, with what to do.
func (w Warning) Text() string { return string(w.Code) }

// Metrics measure a series; a metric that cannot be had is nil, never 0.
type Metrics struct {
	NIn               *int     `json:"n_in"`
	NKept             *int     `json:"n_kept"`
	FractionRetained  *float64 `json:"fraction_retained"`
	Segments          *int     `json:"segments"`
	ShortSegments     *int     `json:"short_segments"`
	MedianCadenceDays *float64 `json:"median_cadence_days"`
	DutyCycle         *float64 `json:"duty_cycle"`
	RMS               *float64 `json:"rms"`
	MADStd            *float64 `json:"mad_std"`
	P2PMAD            *float64 `json:"p2p_mad"`
	P2PStd            *float64 `json:"p2p_std"`
	CDPPPPM           *float64 `json:"cdpp_ppm"`
	CDPP13x101PPM     *float64 `json:"cdpp_13_101_ppm"`
	InTransitPoints   *int     `json:"in_transit_points"`
	InTransitRemoved  *int     `json:"in_transit_removed"`
}

// Report is the account of one run: parameters, what each step did, how many
// rows left for which reason, and the metrics before and after.
type Report struct {
	Profile    Profile         `json:"profile"`
	Algorithm  int             `json:"algorithm"`
	Recipe     exo.Digest      `json:"recipe"`
	Parameters json.RawMessage `json:"parameters"` // canonical
	Quality    QualityReport   `json:"quality"`
	Steps      []Step          `json:"steps"`
	Flags      map[string]int  `json:"flags"` // rows per flag, by FlagInfo.Name
	Metrics    struct {
		Raw       Metrics `json:"raw"`       // the valid series, after quality
		Processed Metrics `json:"processed"` // the result
	} `json:"metrics"`
	Warnings []string `json:"warnings"`
}

// QualityReport says which bits were applied and what they rejected.
type QualityReport struct {
	Preset string         `json:"preset"` // "" for a number of its own
	Mask   int32          `json:"mask"`
	Rows   int            `json:"rows"` // rejected
	Bits   map[string]int `json:"bits"` // rejected rows per bit, by value: "32"
}

// Report measures the series before and after and makes the account of a run.
func (p *Processor) Report(ctx context.Context, s Series, r *Recipe, out *Result) (Report, error) {
	return Report{}, exo.Errorf("preprocess.Report", exo.Internal, nil, "not built")
}

// DepthRatio returns the share of a box transit's depth that a Savitzky–Golay
// baseline leaves: window and order as given, cadence and duration in days. No
// noise, no mask.
func DepthRatio(window, order int, cadence, duration float64) float64 { return 1 }
