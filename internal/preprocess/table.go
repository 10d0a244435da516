package preprocess

import (
	"fmt"
	"strconv"
	"strings"
)

// Parameter describes one parameter for people and schemas.
type Parameter struct {
	Name    string
	Type    string   // "boolean", "integer", "number", "string", "array"; "number|inf", "string|integer", "array|string"
	Default string   // JSON
	Words   []string // allowed words, where there is a list
	Limits  string   // "odd, 3 to 999999", in plain words; "" none
	Doc     string   // one sentence
	Guide   bool     // one of the guide's twelve
}

// spec declares one parameter: all that decoding, checking, describing and
// encoding need to know of it.
type spec struct {
	name   string
	field  func(*Params) any // pointer to the field
	lo, hi float64           // of a number
	above  bool              // lo itself is not allowed
	odd    bool
	words  []string
	limits string // instead of the text that follows from the above
	guide  bool
	doc    string
}

// Bounds of what a request may ask for: each keeps the work and the memory of
// one light curve finite, far beyond any sensible value.
const (
	maxWindow      = 999_999
	maxOrder       = 9
	maxSigma       = 1e9
	maxCount       = 1_000_000
	maxEphemerides = 50
	maxSafeInteger = 1<<53 - 1 // largest integer that every JSON reader keeps
)

const bitmaskLimits = "none, default, hard, hardest, or an integer from 0 to 2147483647"

// specs is the table of parameters, in the order of docs/preprocessing.md.
func specs() []spec {
	return append(guideSpecs(), furtherSpecs()...)
}

func guideSpecs() []spec {
	list := []spec{
		{name: "remove_outliers", field: func(p *Params) any { return &p.RemoveOutliers },
			doc: "Find outliers and remove them."},
		{name: "sigma_clip_sigma", field: func(p *Params) any { return &p.SigmaClipSigma }, above: true, hi: maxSigma,
			doc: "Limit of sigma clipping, in standard deviations."},
		{name: "sigma_clip_maxiters", field: func(p *Params) any { return &p.SigmaClipMaxIters }, hi: 1000,
			doc: "Most passes of sigma clipping; 0: until nothing changes."},
		{name: "baseline_window_length", field: func(p *Params) any { return &p.BaselineWindowLength }, lo: 3, hi: maxWindow, odd: true,
			doc: "Window of the Savitzky–Golay baseline, in cadences."},
		{name: "baseline_polyorder", field: func(p *Params) any { return &p.BaselinePolyorder }, hi: maxOrder,
			limits: "0 to 9, below baseline_window_length", doc: "Order of its polynomials."},
		{name: "wavelet_denoising", field: func(p *Params) any { return &p.WaveletDenoising },
			doc: "Denoise with wavelets; takes part of the depth of transits, so for display only."},
		{name: "wavelet_type", field: func(p *Params) any { return &p.WaveletType }, words: Wavelets(),
			doc: "Wavelet of the denoising."},
		{name: "wavelet_levels", field: func(p *Params) any { return &p.WaveletLevels }, lo: 1, hi: 20,
			doc: "Most levels of the decomposition."},
		{name: "normalize_method", field: func(p *Params) any { return &p.NormalizeMethod }, words: normalizationWords(),
			doc: "How the flux is scaled at the end."},
		{name: "quality_bitmask", field: func(p *Params) any { return &p.QualityBitmask }, words: []string{"none", "default", "hard", "hardest"},
			limits: bitmaskLimits, doc: "Quality bits that disqualify a row: a preset of the mission, or the number of a mask."},
		{name: "gap_threshold_hours", field: func(p *Params) any { return &p.GapThresholdHours }, hi: 1e5,
			doc: "A longer step of time is a gap, if it is also longer than gap_min_cadences."},
		{name: "min_points_per_segment", field: func(p *Params) any { return &p.MinPointsPerSegment }, lo: 1, hi: maxCount,
			doc: "Segments with fewer points get no trend of their own but their median."},
	}
	for i := range list {
		list[i].guide = true
	}
	return list
}

func furtherSpecs() []spec {
	return append(outlierSpecs(), []spec{
		{name: "gap_min_cadences", field: func(p *Params) any { return &p.GapMinCadences }, hi: maxCount,
			doc: "A gap is also at least this many cadences long; 0 leaves gap_threshold_hours alone to decide."},
		{name: "short_segments", field: func(p *Params) any { return &p.ShortSegments }, words: []string{"keep", "drop"},
			doc: "What becomes of segments below min_points_per_segment."},
		{name: "baseline_method", field: func(p *Params) any { return &p.BaselineMethod },
			words: []string{baselineNone, baselineSavgol, baselineMasked, baselineIterative, baselineBiweight},
			doc:   "How the baseline is found."},
		{name: "baseline_window_durations", field: func(p *Params) any { return &p.BaselineWindowDurations }, hi: 1000,
			doc: "The Savitzky–Golay window is at least this many of the longest transit duration; 0: no such rule."},
		{name: "clip_after", field: func(p *Params) any { return &p.ClipAfter },
			doc: "Clip upwards once more after the baseline, with the same limits."},
		{name: "baseline_mode", field: func(p *Params) any { return &p.BaselineMode }, words: []string{"divide", "subtract"},
			doc: "What is done with the baseline."},
		{name: "biweight_window_days", field: func(p *Params) any { return &p.BiweightWindowDays }, above: true, hi: 1000,
			doc: "Window of the biweight baseline; unset: 3 of the longest duration if masked, 6 if not, 1.5 without ephemerides."},
		{name: "biweight_c", field: func(p *Params) any { return &p.BiweightC }, above: true, hi: 1000,
			doc: "Where the biweight gives no weight, in median absolute deviations."},
		{name: "ephemerides", field: func(p *Params) any { return &p.Ephemerides },
			limits: `a list of at most 50 objects with period, t0 and duration in days, or "catalog" or "none"`,
			doc:    "Transits to keep: a list, \"catalog\" for those known of the star, or \"none\"; unset: the known ones in profile transit."},
		{name: "protect_transits", field: func(p *Params) any { return &p.ProtectTransits },
			doc: "Keep rows in transit out of outliers and trend; unset: where there are ephemerides."},
		{name: "mask_factor", field: func(p *Params) any { return &p.MaskFactor }, above: true, hi: 100,
			doc: "Width of the transit mask, in durations."},
		{name: "norm_exclude_transits", field: func(p *Params) any { return &p.NormExcludeTransits },
			doc: "Leave rows in transit out of the statistics of normalization; unset: where there are ephemerides."},
		{name: "flux_column", field: func(p *Params) any { return &p.FluxColumn }, limits: "a column's name of 1 to 64 characters",
			doc: "Flux that is read from the file: PDCSAP, SAP, or a column's name."},
	}...)
}

func outlierSpecs() []spec {
	return []spec{
		{name: "outlier_method", field: func(p *Params) any { return &p.OutlierMethod }, words: append(singleMethods(), methodEnsemble),
			doc: "How outliers are found."},
		{name: "sigma_lower", field: func(p *Params) any { return &p.SigmaLower }, above: true, hi: maxSigma,
			doc: "Lower limit of sigma clipping; unset: sigma_clip_sigma."},
		{name: "sigma_upper", field: func(p *Params) any { return &p.SigmaUpper }, above: true, hi: maxSigma,
			doc: "Upper limit of sigma clipping; unset: sigma_clip_sigma."},
		{name: "outlier_sides", field: func(p *Params) any { return &p.OutlierSides }, words: []string{"both", "upper", "lower"},
			doc: "Sides on which the methods other than sigma_clip look."},
		{name: "grow", field: func(p *Params) any { return &p.Grow }, hi: 10_000,
			doc: "Sigma clipping also removes neighbours within this many samples."},
		{name: "mad_k", field: func(p *Params) any { return &p.MADK }, above: true, hi: maxSigma,
			doc: "Limit of mad, in robust standard deviations; unset: sigma_clip_sigma."},
		{name: "iqr_k", field: func(p *Params) any { return &p.IQRK }, hi: maxSigma,
			doc: "Limit of iqr, in interquartile ranges beyond the quartiles."},
		{name: "modz_threshold", field: func(p *Params) any { return &p.ModZThreshold }, above: true, hi: maxSigma,
			doc: "Limit of modified_zscore."},
		{name: "iforest_trees", field: func(p *Params) any { return &p.IForestTrees }, lo: 1, hi: 1000,
			doc: "Trees of the isolation forest."},
		{name: "iforest_samples", field: func(p *Params) any { return &p.IForestSamples }, lo: 2, hi: 4096,
			doc: "Rows that each tree is made from."},
		{name: "iforest_seed", field: func(p *Params) any { return &p.IForestSeed }, hi: maxSafeInteger,
			doc: "Seed of the isolation forest: equal seeds give equal results."},
		{name: "iforest_contamination", field: func(p *Params) any { return &p.IForestContamination }, hi: 0.5,
			doc: "Largest share of rows that the isolation forest may remove."},
		{name: "iforest_min_z", field: func(p *Params) any { return &p.IForestMinZ }, hi: maxSigma,
			doc: "It removes no row closer to its neighbourhood than this many robust standard deviations; 0: no such rule."},
		{name: "ensemble_members", field: func(p *Params) any { return &p.EnsembleMembers }, words: singleMethods(),
			limits: "a list of different methods: " + strings.Join(singleMethods(), ", "), doc: "Methods that vote in the ensemble."},
		{name: "ensemble_min_votes", field: func(p *Params) any { return &p.EnsembleMinVotes }, lo: 1, hi: 5,
			limits: "1 to the number of ensemble_members", doc: "Votes that make an outlier; unset: more than half."},
	}
}

func normalizationWords() []string {
	var words []string
	for _, m := range Normalizations() {
		words = append(words, string(m))
	}
	return words
}

// Parameters lists all parameters: the guide's twelve in its order, then the
// further ones.
func Parameters() []Parameter {
	defaults := DefaultParams()
	list := make([]Parameter, 0, 40)
	for _, s := range specs() {
		list = append(list, Parameter{
			Name: s.name, Type: s.typeName(), Default: string(appendField(nil, s.field(&defaults))),
			Words: s.words, Limits: s.limitText(), Doc: s.doc, Guide: s.guide,
		})
	}
	return list
}

func (s spec) typeName() string {
	switch s.field(&Params{}).(type) {
	case *bool, **bool:
		return "boolean"
	case *int, *int64, **int:
		return "integer"
	case *float64, **float64:
		return "number"
	case **Number:
		return "number|inf"
	case *Bitmask:
		return "string|integer"
	case *[]string:
		return "array"
	case *[]Ephemeris:
		return "array|string"
	}
	return "string"
}

// limitText says in plain words what fits.
func (s spec) limitText() string {
	if s.limits != "" {
		return s.limits
	}
	var text string
	switch s.field(&Params{}).(type) {
	case *bool, **bool:
		return "true or false"
	case *string:
		return "one of " + strings.Join(s.words, ", ")
	case *int, *int64, **int:
		text = fmt.Sprintf("an integer from %.0f to %.0f", s.lo, s.hi)
		if s.odd {
			text = fmt.Sprintf("odd, %.0f to %.0f", s.lo, s.hi)
		}
	default:
		text = fmt.Sprintf("%s to %s", plain(s.lo), plain(s.hi))
		if s.above {
			text = fmt.Sprintf("above %s, at most %s", plain(s.lo), plain(s.hi))
		}
		if s.typeName() == "number|inf" {
			text += `, or "inf"`
		}
	}
	return text
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
