package preprocess

import (
	"context"
	"math"

	"exoplanetai/internal/exo"
)

// Processor runs recipes. It keeps its memory from one light curve to the next;
// one goroutine uses it at a time. The zero value is ready.
type Processor struct {
	stat    statWork
	outlier outlierWork
	base    baseWork
	wave    waveWork
	forest  forestWork
	metric  metricWork

	// of the run that is going on
	ctx context.Context
	in  Series
	r   *Recipe
	out *Result

	// the valid series: rows of the input in order of time
	idx    []int32 // row of the input
	t, x   []float64
	y      []float64 // flux without the trend; NaN in rows that left after it
	trend  []float64 // empty: none
	smooth []float64
	mask   []bool // in transit; nil: no masks are used
	segs   []span // without gaps
	fit    []span // what is fitted as one
	lost   int    // rows whose y is NaN
	count  counts

	rowMask, maskMem, bad, freeBad []bool
	freeT, freeX                   []float64
	freeAt                         []int32
	forestSegs                     []span
	votes                          []uint8
	noBits                         []int32 // of a series without quality
	number                         []int32 // segment of each row, for the report
}

// counts are rows of the input by what is wrong with them.
type counts struct{ time, flux, quality, duplicate int }

// Run processes a series. out is filled anew, its memory reused. Errors:
// exo.Invalid "no valid data" for a series without a valid row, or with slices
// of unequal length; exo.Canceled or exo.Unavailable when ctx ends first. After
// an error what out holds has no meaning.
func (p *Processor) Run(ctx context.Context, s Series, r *Recipe, out *Result) error {
	const op = "preprocess.Run"
	p.ctx, p.in, p.r, p.out = ctx, s, r, out
	defer p.forget()
	if n := s.Len(); len(s.Flux) != n || s.FluxErr != nil && len(s.FluxErr) != n || s.Quality != nil && len(s.Quality) != n || n > math.MaxInt32 {
		return exo.Errorf(op, exo.Invalid, nil, "time, flux, errors and quality have %d, %d, %d and %d rows; they must be as many",
			n, len(s.Flux), len(s.FluxErr), len(s.Quality))
	}
	if err := p.start(); err != nil {
		return err
	}
	if len(p.idx) == 0 {
		return exo.Errorf(op, exo.Invalid, nil, "no valid data").
			Try("choose another flux_column or a quality_bitmask that rejects less; none of the %d rows has a finite time and flux and passes the mask %d", s.Len(), out.QualityMask)
	}
	p.maskTransits()
	for _, step := range [...]struct {
		wanted bool
		run    func(*Processor) error
	}{
		{r.Params.RemoveOutliers, (*Processor).removeOutliers},
		{true, (*Processor).findGaps},
		{true, (*Processor).baseline},
		{true, (*Processor).writeTrend},
		{r.Params.ClipAfter && r.Params.RemoveOutliers, (*Processor).clipAfter},
		{r.Params.WaveletDenoising, (*Processor).denoise},
		{true, (*Processor).normalize},
	} {
		if !step.wanted {
			continue
		}
		if err := ended(ctx, "Run"); err != nil {
			return err
		}
		if err := step.run(p); err != nil {
			return err
		}
	}
	return nil
}

// start empties the result and takes the rows: step 1.
func (p *Processor) start() error {
	out := p.out
	out.Steps, out.Warnings = out.Steps[:0], out.Warnings[:0]
	out.Kept, out.Segments, out.ShortSegments, out.WindowUsed = 0, 0, 0, 0
	out.CadenceDays, out.Norm = math.NaN(), Affine{}
	p.lost, p.segs, p.trend = 0, p.segs[:0], p.trend[:0]
	mask, err := qualityMask(p.in.Table, p.r.Params.QualityBitmask)
	if err != nil && p.in.Quality != nil {
		return err
	}
	out.QualityMask = mask
	p.takeRows()
	n := p.in.Len()
	p.step("quality", p.r.Params.QualityBitmask.word(), n, len(p.idx),
		Value{"mask", float64(mask)}, Value{"quality", float64(p.count.quality)}, Value{"no_time", float64(p.count.time)},
		Value{"no_flux", float64(p.count.flux)}, Value{"duplicate_time", float64(p.count.duplicate)})
	if share := float64(p.count.quality) / float64(n); share > 0.2 {
		p.warn(WarnQuality, "", share, 0)
	}
	return nil
}

// forget lets go of what belongs to the caller.
func (p *Processor) forget() { p.ctx, p.in, p.r, p.out = nil, Series{}, nil, nil }

// protect reports whether rows in transit stay out of outliers and trend.
func (p *Processor) protect() bool { return p.mask != nil && *p.r.Params.ProtectTransits }

// step notes what a step did; the memory of former runs is used again.
func (p *Processor) step(name, method string, before, after int, values ...Value) {
	list := p.out.Steps
	n := len(list)
	if n < cap(list) {
		list = list[:n+1]
	} else {
		list = append(list, Step{})
	}
	s := &list[n]
	*s = Step{Name: name, Method: method, PointsBefore: before, PointsAfter: after, Values: append(s.Values[:0], values...)}
	p.out.Steps = list
}

func (p *Processor) warn(code WarningCode, object string, value, other float64) {
	p.out.Warnings = append(p.out.Warnings, Warning{Code: code, Object: object, Value: value, Other: other})
}
