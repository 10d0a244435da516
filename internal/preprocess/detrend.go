package preprocess

import "math"

// findGaps is step 4. (docs/preprocessing.md, "Gaps and segments".)
func (p *Processor) findGaps() error {
	q := &p.r.Params
	p.out.CadenceDays = p.stat.medianCadence(p.t)
	p.segs = segments(p.t, q.GapThresholdHours, q.GapMinCadences, p.out.CadenceDays, p.segs[:0])
	p.out.Segments = len(p.segs)
	p.step("gaps", "", len(p.t), len(p.t),
		Value{"segments", float64(len(p.segs))}, Value{"cadence_days", p.out.CadenceDays})
	if len(p.t) < 2 {
		p.warn(WarnFewPoints, "", float64(len(p.t)), 0)
	}
	return nil
}

// window returns the Savitzky–Golay window asked for, after the durations; 0
// where the method has none.
func (p *Processor) window() int {
	q := &p.r.Params
	switch q.BaselineMethod {
	case baselineNone, baselineBiweight:
		return 0
	}
	w := q.BaselineWindowLength
	need := math.Round(q.BaselineWindowDurations * longestDuration(q.Ephemerides) / p.out.CadenceDays)
	if need > float64(w) { // false for NaN
		w = int(min(need, maxWindow))
		w += 1 - w%2
	}
	return w
}

// baseline is step 5: the trend of each segment, and the flux without it.
// (docs/preprocessing.md, "Baseline".)
func (p *Processor) baseline() error {
	q := &p.r.Params
	n := len(p.idx)
	p.y = grown(p.y, n)
	p.out.WindowUsed = p.window()
	p.fit = p.fit[:0]
	switch q.BaselineMethod {
	case baselineMasked:
		p.fit = joinSpans(p.t, p.segs, 0.5*float64(p.out.WindowUsed)*p.out.CadenceDays, p.fit)
	case baselineBiweight:
		p.fit = joinSpans(p.t, p.segs, 0.5**q.BiweightWindowDays, p.fit)
	default:
		p.fit = append(p.fit, p.segs...)
	}
	if q.BaselineMethod == baselineNone {
		p.trend = p.trend[:0]
		copy(p.y, p.x)
		p.markShort()
		p.dropShort()
	} else {
		p.trend = grown(p.trend, n)
		if err := p.findTrend(); err != nil {
			return err
		}
		p.useTrend()
		p.dropShort()
	}
	order := float64(q.BaselinePolyorder)
	if p.out.WindowUsed == 0 {
		order = math.NaN()
	}
	p.step("baseline", q.BaselineMethod, n, n-p.lost,
		Value{"window", float64(p.out.WindowUsed)}, Value{"order", order}, Value{"fits", float64(len(p.fit))},
		Value{"short_segments", float64(p.out.ShortSegments)})
	p.warnDepth()
	return nil
}

// markShort flags the pieces that are too short for a trend of their own.
func (p *Processor) markShort() {
	for _, s := range p.fit {
		if s.end-s.start < p.r.Params.MinPointsPerSegment {
			p.flagPiece(s)
		}
	}
}

func (p *Processor) flagPiece(s span) {
	p.out.ShortSegments++
	for _, i := range p.idx[s.start:s.end] {
		p.out.Flag[i] |= FlagShort
	}
}

// dropShort takes the short pieces out, where the recipe says so.
func (p *Processor) dropShort() {
	if p.r.Params.ShortSegments != "drop" {
		return
	}
	for _, s := range p.fit {
		if s.end-s.start >= p.r.Params.MinPointsPerSegment {
			continue
		}
		for k := s.start; k < s.end; k++ {
			if p.y[k] == p.y[k] {
				p.y[k] = math.NaN()
				p.lost++
			}
		}
	}
}

// findTrend computes the trend at each valid row.
func (p *Processor) findTrend() error {
	q := &p.r.Params
	if q.BaselineMethod == baselineIterative {
		p.markShort()
		o := IterativeOptions{Window: p.out.WindowUsed, Order: q.BaselinePolyorder}
		return p.base.iterative(p.ctx, p.t, p.x, p.guard(0, len(p.t)), o, p.trend)
	}
	holes := false
	for _, s := range p.fit {
		if err := ended(p.ctx, "Run"); err != nil {
			return err
		}
		hole, err := p.fitPiece(s)
		if err != nil {
			return err
		}
		holes = holes || hole
	}
	if !holes {
		return nil
	}
	fillTrend(p.t, p.trend)
	if p.trend[0] != p.trend[0] { // all of it is masked
		m := p.stat.median(p.x)
		for k := range p.trend {
			p.trend[k] = m
		}
	}
	return nil
}

// guard returns the mask of a run of rows where transits are protected, else
// nil.
func (p *Processor) guard(start, end int) []bool {
	if !p.protect() {
		return nil
	}
	return p.mask[start:end]
}

// fitPiece computes the trend of one piece; hole: it has none of its own, and
// the trend is NaN.
func (p *Processor) fitPiece(s span) (hole bool, err error) {
	q := &p.r.Params
	t, x, trend, mask := p.t[s.start:s.end], p.x[s.start:s.end], p.trend[s.start:s.end], p.guard(s.start, s.end)
	short := len(x) < q.MinPointsPerSegment
	masked := countTrue(mask)
	if short || masked == len(x) {
		p.flagPiece(s)
	}
	switch {
	case masked == len(x):
		for k := range trend {
			trend[k] = math.NaN()
		}
		return true, nil
	case short:
		m := p.medianOf(x, mask)
		for k := range trend {
			trend[k] = m
		}
	case q.BaselineMethod == baselineMasked:
		err = p.base.masked(p.ctx, t, x, mask, p.out.WindowUsed, q.BaselinePolyorder, p.out.CadenceDays, trend)
	case q.BaselineMethod == baselineBiweight:
		err = p.base.biweight(p.ctx, t, x, mask, *q.BiweightWindowDays, q.BiweightC, trend)
	default:
		err = p.base.savgol(p.ctx, x, p.out.WindowUsed, q.BaselinePolyorder, trend)
	}
	return false, err
}

func countTrue(mask []bool) int {
	n := 0
	for _, v := range mask {
		if v {
			n++
		}
	}
	return n
}

// medianOf is the median of the rows that are not masked.
func (p *Processor) medianOf(x []float64, mask []bool) float64 {
	if mask == nil {
		return p.stat.median(x)
	}
	p.freeX = p.freeX[:0]
	for k, v := range x {
		if !mask[k] {
			p.freeX = append(p.freeX, v)
		}
	}
	return p.stat.median(p.freeX)
}

// useTrend divides by the trend or subtracts it. Rows for which that gives no
// number leave. (docs/preprocessing.md, "Using the trend".)
func (p *Processor) useTrend() {
	x, y, trend := p.x, p.y[:len(p.x)], p.trend[:len(p.x)]
	wrong := 0
	if p.r.Params.BaselineMode == "subtract" {
		level := p.stat.median(trend)
		for k, v := range x {
			r := v - trend[k] + level
			y[k] = r
			if r-r != 0 {
				wrong++
			}
		}
	} else {
		for k, v := range x {
			b := trend[k]
			r := v / b
			y[k] = r
			if !(b > 0 && r-r == 0 && b-b == 0) {
				y[k] = math.NaN()
				wrong++
			}
		}
	}
	if wrong == 0 {
		return
	}
	for k, v := range y {
		if v-v != 0 {
			y[k] = math.NaN()
			p.out.Flag[p.idx[k]] |= FlagTrend
		}
	}
	p.lost += wrong
	p.warn(WarnTrend, "", float64(wrong), float64(len(x)))
}
