package periodogram

import (
	"cmp"
	"math"
	"slices"

	"exoplanetai/internal/exo"
)

// Algorithm is the version of the definitions of docs/periodogram.md. The same
// version gives the same bits of the same input.
const Algorithm = 1

// Objective names what is made greatest over phase and duration.
type Objective string

// The objectives.
const (
	Likelihood Objective = "likelihood" // logarithm of the likelihood
	SNR        Objective = "snr"        // depth over its error
)

// Spacing names how trial periods are spaced.
type Spacing string

// The spacings. See Curve.Grid.
const (
	SpacingAuto      Spacing = "auto"      // frequency, or log where that would be more than AutoPeriods
	SpacingFrequency Spacing = "frequency" // evenly in frequency, as astropy's autoperiod
	SpacingLog       Spacing = "log"       // evenly in the logarithm of the period
)

// Limits of the parameters.
const (
	MaxPeriods    = 2_000_000 // trial periods
	AutoPeriods   = 200_000   // trial periods above which SpacingAuto chooses SpacingLog
	MaxDurations  = 64        //
	MaxOversample = 100       // bins per shortest duration
	MaxBins       = 4_000_000 // of phase: longest period over width of a bin; 64 MB of memory per Scratch
)

// Params are the parameters of a search. Zero values mean the defaults, which
// WithDefaults puts in their place.
type Params struct {
	Durations       []float64 `json:"durations_d,omitempty" maxItems:"64" doc:"durations of the box to try, in days; default 0.05 to 0.33"`
	Objective       Objective `json:"objective,omitempty" enum:"likelihood,snr" doc:"what is made greatest over phase and duration; default likelihood"`
	Oversample      int       `json:"oversample,omitempty" minimum:"0" maximum:"100" doc:"bins of phase per shortest duration; default 10"`
	MinimumPeriod   float64   `json:"minimum_period_d,omitempty" minimum:"0" doc:"shortest period, in days; default twice the longest duration"`
	MaximumPeriod   float64   `json:"maximum_period_d,omitempty" minimum:"0" doc:"longest period, in days; default the baseline over minimum_n_transit - 1"`
	MinimumNTransit int       `json:"minimum_n_transit,omitempty" minimum:"0" doc:"transits that must fit into the baseline where maximum_period_d is not given; default 3"`
	FrequencyFactor float64   `json:"frequency_factor,omitempty" minimum:"0" doc:"the grid is coarser by this factor; default 1"`
	Spacing         Spacing   `json:"spacing,omitempty" enum:"auto,frequency,log" doc:"how the periods are spaced; default auto"`
	FullWrap        bool      `json:"full_wrap,omitempty" doc:"treat boxes across phase zero like all others; else as astropy, which cuts long ones off there"`
}

// DefaultDurations are those of lightkurve, in days: from a hot planet of a
// dwarf to a wide orbit around a star like the Sun.
func DefaultDurations() []float64 { return []float64{0.05, 0.10, 0.15, 0.20, 0.25, 0.33} }

// WithDefaults returns the parameters with the defaults in the place of zero
// values, and the durations in increasing order. The range of periods depends
// on the curve, and stays.
func (p Params) WithDefaults() Params {
	if len(p.Durations) == 0 {
		p.Durations = DefaultDurations()
	}
	p.Durations = slices.Clone(p.Durations)
	slices.Sort(p.Durations)
	p.Objective = cmp.Or(p.Objective, Likelihood)
	p.Oversample = cmp.Or(p.Oversample, 10)
	p.MinimumNTransit = cmp.Or(p.MinimumNTransit, 3)
	p.FrequencyFactor = cmp.Or(p.FrequencyFactor, 1)
	p.Spacing = cmp.Or(p.Spacing, SpacingAuto)
	return p
}

// Check refuses parameters that mean nothing: exo.Invalid, or exo.TooLarge
// above a limit. Zero values are good.
func (p Params) Check() error {
	const op = "periodogram.Params"
	p = p.WithDefaults()
	if len(p.Durations) > MaxDurations {
		return exo.Errorf(op, exo.TooLarge, nil, "there are %d durations; at most %d are tried", len(p.Durations), MaxDurations)
	}
	for _, d := range p.Durations {
		if !positive(d) {
			return exo.Errorf(op, exo.Invalid, nil, "a duration is %g days; it must be a positive number", d)
		}
	}
	switch {
	case p.Objective != Likelihood && p.Objective != SNR:
		return exo.Errorf(op, exo.Invalid, nil, "the objective is %q; it must be likelihood or snr", p.Objective)
	case p.Spacing != SpacingAuto && p.Spacing != SpacingFrequency && p.Spacing != SpacingLog:
		return exo.Errorf(op, exo.Invalid, nil, "the spacing is %q; it must be auto, frequency or log", p.Spacing)
	case p.Oversample < 1 || p.Oversample > MaxOversample:
		return exo.Errorf(op, exo.Invalid, nil, "oversample is %d; it must be from 1 to %d", p.Oversample, MaxOversample)
	case p.MinimumNTransit < 2:
		return exo.Errorf(op, exo.Invalid, nil, "minimum_n_transit is %d; it must be at least 2", p.MinimumNTransit)
	case !positive(p.FrequencyFactor):
		return exo.Errorf(op, exo.Invalid, nil, "frequency_factor is %g; it must be a positive number", p.FrequencyFactor)
	case p.MinimumPeriod != 0 && !positive(p.MinimumPeriod), p.MaximumPeriod != 0 && !positive(p.MaximumPeriod):
		return exo.Errorf(op, exo.Invalid, nil, "the periods are to be from %g to %g days; they must be positive numbers", p.MinimumPeriod, p.MaximumPeriod)
	}
	return nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
