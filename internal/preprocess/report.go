package preprocess

import (
	"context"
	"encoding/json"

	"exoplanetai/internal/exo"
)

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
