package preprocess

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"exoplanetai/internal/exo"
)

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

// Report measures the series before and after and makes the account of a run:
// s, r and out are those of Run. Errors: exo.Invalid where they do not belong
// together; those of a context that ends.
func (p *Processor) Report(ctx context.Context, s Series, r *Recipe, out *Result) (Report, error) {
	if s.Len() != len(out.Flag) || len(s.Flux) != len(out.Flag) {
		return Report{}, exo.Errorf("preprocess.Report", exo.Invalid, nil, "the series has %d rows and the result %d", s.Len(), len(out.Flag))
	}
	rep := Report{
		Profile: r.Profile, Algorithm: Algorithm, Recipe: r.Digest(), Parameters: r.Canonical(),
		Quality: qualityReport(s, r, out), Flags: map[string]int{}, Warnings: []string{},
	}
	for _, step := range out.Steps {
		step.Values = append(Values(nil), step.Values...) // out is going to be used again
		rep.Steps = append(rep.Steps, step)
	}
	for _, f := range FlagTable() {
		rep.Flags[f.Name] = countFlag(out.Flag, f.Bit)
	}
	for _, w := range out.Warnings {
		rep.Warnings = append(rep.Warnings, w.Text())
	}
	var err error
	if rep.Metrics.Raw, err = p.rawMetrics(ctx, s, r, out); err != nil {
		return Report{}, err
	}
	rep.Metrics.Processed, err = p.resultMetrics(ctx, s, r, out)
	return rep, err
}

func qualityReport(s Series, r *Recipe, out *Result) QualityReport {
	q := QualityReport{Preset: string(r.Params.QualityBitmask.Preset), Mask: out.QualityMask, Bits: map[string]int{}, Rows: countFlag(out.Flag, FlagQuality)}
	for bit, n := range qualityBits(s.Quality, out.QualityMask) {
		if n > 0 {
			q.Bits[strconv.FormatInt(1<<bit, 10)] = n
		}
	}
	return q
}

// neverValid are the flags of rows that are no part of the valid series.
const neverValid = FlagTime | FlagFlux | FlagQuality | FlagDuplicate

// rawMetrics measures the valid series as it was after the quality filter.
func (p *Processor) rawMetrics(ctx context.Context, s Series, r *Recipe, out *Result) (Metrics, error) {
	p.idx = p.idx[:0]
	for i, f := range out.Flag {
		if f&neverValid == 0 {
			p.idx = append(p.idx, int32(i))
		}
	}
	slices.SortStableFunc(p.idx, func(a, b int32) int { return cmp.Compare(s.Time[a], s.Time[b]) })
	n := len(p.idx)
	p.t, p.x, p.number = grown(p.t, n), grown(p.x, n), grown(p.number, n)
	for k, i := range p.idx {
		p.t[k], p.x[k] = s.Time[i], s.Flux[i]
	}
	p.segs = segments(p.t, r.Params.GapThresholdHours, r.Params.GapMinCadences, p.stat.medianCadence(p.t), p.segs[:0])
	for number, seg := range p.segs {
		for k := seg.start; k < seg.end; k++ {
			p.number[k] = int32(number)
		}
	}
	m, err := p.metric.measure(ctx, p.t, p.x, p.number, s.Len())
	m.countTransits(r, out, func(i int) bool { return out.Flag[i]&neverValid == 0 })
	return m, err
}

// resultMetrics measures the result. Scatter in parts per million has a meaning
// only where one is the star's level, after division by median or mean.
func (p *Processor) resultMetrics(ctx context.Context, s Series, r *Recipe, out *Result) (Metrics, error) {
	m, err := p.metric.measure(ctx, s.Time, out.Flux, out.Segment, s.Len())
	if n := Normalization(r.Params.NormalizeMethod); out.Norm.S <= 0 || n != NormMedian && n != NormMean {
		m.CDPPPPM, m.CDPP13x101PPM = nil, nil
	}
	short := out.ShortSegments
	m.ShortSegments = &short
	m.countTransits(r, out, func(i int) bool { return out.Flux[i] == out.Flux[i] })
	return m, err
}

// countTransits counts the rows under a mask, and those of them that are not
// there.
func (m *Metrics) countTransits(r *Recipe, out *Result, there func(int) bool) {
	if len(r.Params.Ephemerides) == 0 {
		return
	}
	points, removed := 0, 0
	for i, f := range out.Flag {
		if f&FlagTransit == 0 {
			continue
		}
		points++
		if !there(i) {
			removed++
		}
	}
	m.InTransitPoints, m.InTransitRemoved = &points, &removed
}

// countFlag counts the rows with a bit.
func countFlag(flag []int32, bit int32) int {
	n := 0
	for _, f := range flag {
		if f&bit != 0 {
			n++
		}
	}
	return n
}
