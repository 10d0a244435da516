package process

import (
	"fmt"
	"math"

	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/preprocess"
)

// Measured is a depth in parts per million.
type Measured struct {
	PPM    float64  `json:"ppm"`
	ErrPPM *float64 `json:"err_ppm"` // one sigma; null: there are no points to measure it by
}

// PeriodogramPeak is a period that stands out, with the box that fits best.
type PeriodogramPeak struct {
	PeriodDays    float64  `json:"period_d"`
	DurationDays  float64  `json:"duration_d"`
	TransitTime   float64  `json:"transit_time"` // middle of the first transit, days on the scale
	Power         float64  `json:"power"`
	SDE           float64  `json:"sde"` // power above the mean of all periods, in standard deviations
	SNR           float64  `json:"snr"` // depth over its error
	LogLikelihood float64  `json:"log_likelihood"`
	Depth         Measured `json:"depth"`
	DepthOdd      Measured `json:"depth_odd"`
	DepthEven     Measured `json:"depth_even"`
	DepthHalf     Measured `json:"depth_half"`   // with half the period
	DepthPhased   Measured `json:"depth_phased"` // half a period later

	HarmonicAmplitudePPM       float64 `json:"harmonic_amplitude_ppm"`        // of the sine that fits best
	HarmonicDeltaLogLikelihood float64 `json:"harmonic_delta_log_likelihood"` // positive: rather a wave than a transit
	TransitsObserved           int     `json:"transits_observed"`             // that have points
	PointsInTransit            int     `json:"points_in_transit"`             //
	HarmonicOf                 *int    `json:"harmonic_of"`                   // number in Peaks of the stronger peak that it belongs to; null: none
	Ratio                      string  `json:"ratio,omitempty"`               // "2:1": twice that peak's period
	Object                     string  `json:"object,omitempty"`              // the planet of the catalogs whose period it is, or a multiple
	ObjectRatio                string  `json:"object_ratio,omitempty"`        // "1:1": its period

	Transits []PeriodogramTransit `json:"transits,omitempty"` // of Periodogram.Best only
}

// PeriodogramTransit is one transit of a peak.
type PeriodogramTransit struct {
	Time          float64 `json:"time"` // middle, days on the scale
	Points        int     `json:"points"`
	LogLikelihood float64 `json:"log_likelihood"`
}

// rank puts down the peaks.
func (res *Periodogram) rank(curve *periodogram.Curve, found *periodogram.Result, known []preprocess.Ephemeris) error {
	for i, p := range periodogram.Peaks(found, curve.Baseline(), periodogram.PeakOptions{}) {
		s, err := curve.Stats(p.Box)
		if err != nil {
			return err
		}
		k := peak(p, s)
		k.Object, k.ObjectRatio = planetOf(p, known, curve.Baseline())
		res.Peaks = append(res.Peaks, k)
		if i > 0 {
			continue
		}
		best := k
		for _, t := range s.Transits {
			best.Transits = append(best.Transits, PeriodogramTransit(t))
		}
		res.Best = &best
	}
	return nil
}

func peak(p periodogram.Peak, s periodogram.Stats) PeriodogramPeak {
	k := PeriodogramPeak{
		PeriodDays: p.Period, DurationDays: p.Duration, TransitTime: p.TransitTime,
		Power: p.Power, SDE: p.SDE, SNR: p.SNR, LogLikelihood: p.LogLikelihood, Depth: measured(p.Depth),
		DepthOdd: measured(s.DepthOdd), DepthEven: measured(s.DepthEven), DepthHalf: measured(s.DepthHalf), DepthPhased: measured(s.DepthPhased),
		HarmonicAmplitudePPM: 1e6 * s.HarmonicAmplitude, HarmonicDeltaLogLikelihood: s.HarmonicDeltaLogLikelihood,
	}
	for _, t := range s.Transits {
		if k.PointsInTransit += t.Points; t.Points > 0 {
			k.TransitsObserved++
		}
	}
	if p.Of >= 0 {
		k.HarmonicOf, k.Ratio = &p.Of, fmt.Sprintf("%d:%d", p.Ratio[0], p.Ratio[1])
	}
	return k
}

func measured(m periodogram.Measure) Measured {
	d := Measured{PPM: 1e6 * m.Value}
	if err := 1e6 * m.Err; !math.IsInf(err, 0) {
		d.ErrPPM = &err
	}
	return d
}

// planetOf finds the planet that a peak belongs to by its period.
func planetOf(p periodogram.Peak, known []preprocess.Ephemeris, baseline float64) (object, ratio string) {
	best := math.Inf(1)
	for _, e := range known {
		q, off := periodogram.Ratio(p.Period, e.Period, math.Max(p.Duration, e.Duration)/baseline)
		if q[0] > 0 && (off < best || ratio != "1:1" && q == [2]int{1, 1}) {
			best, object, ratio = off, e.Object, fmt.Sprintf("%d:%d", q[0], q[1])
		}
	}
	return object, ratio
}
