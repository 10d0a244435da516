package preprocess

import "math"

// clip finds outliers of v, observed at t, with the recipe's method and writes
// bad. With upward only values above the limits count, whatever the recipe says
// of the lower side.
func (p *Processor) clip(t, v []float64, upward bool, bad []bool) (ClipBounds, error) {
	q := &p.r.Params
	sides := Sides(q.OutlierSides)
	if upward {
		sides = SidesUpper
	}
	if q.OutlierMethod == methodEnsemble {
		return p.vote(t, v, sides, upward, bad)
	}
	return p.clipBy(q.OutlierMethod, t, v, sides, upward, bad)
}

// clipBy is clip with one method.
func (p *Processor) clipBy(method string, t, v []float64, sides Sides, upward bool, bad []bool) (ClipBounds, error) {
	q := &p.r.Params
	switch method {
	case methodMAD:
		return p.outlier.madClip(v, *q.MADK, sides, bad), nil
	case methodIQR:
		return p.outlier.iqrClip(v, q.IQRK, sides, bad), nil
	case methodModZ:
		return p.outlier.modifiedZ(v, q.ModZThreshold, sides, bad), nil
	case methodForest:
		return p.isolate(t, v, sides, bad)
	}
	o := SigmaClipOptions{Lower: float64(*q.SigmaLower), Upper: float64(*q.SigmaUpper), MaxIters: q.SigmaClipMaxIters, Grow: q.Grow}
	if upward {
		o.Lower = math.Inf(1)
	}
	return p.outlier.sigmaClip(v, o, bad), nil
}

// isolate is clip by the isolation forest, which works between the gaps of its
// own series.
func (p *Processor) isolate(t, v []float64, sides Sides, bad []bool) (ClipBounds, error) {
	q := &p.r.Params
	clear(bad)
	b := ClipBounds{Lower: math.Inf(-1), Upper: math.Inf(1), Center: math.NaN(), Scale: math.NaN(), Iterations: 1}
	cadence := p.stat.medianCadence(t)
	p.forestSegs = segments(t, q.GapThresholdHours, q.GapMinCadences, cadence, p.forestSegs[:0])
	o := ForestOptions{Trees: q.IForestTrees, Samples: q.IForestSamples, Seed: q.IForestSeed}
	if err := p.forest.outliers(p.ctx, t, v, p.forestSegs, o, q.IForestContamination, q.IForestMinZ, sides, bad); err != nil {
		return b, err
	}
	for _, v := range bad {
		if v {
			b.Flagged++
		}
	}
	return b, nil
}

// vote is clip by the ensemble.
func (p *Processor) vote(t, v []float64, sides Sides, upward bool, bad []bool) (ClipBounds, error) {
	q := &p.r.Params
	p.votes = grown(p.votes, len(v))
	clear(p.votes)
	for _, method := range q.EnsembleMembers {
		if _, err := p.clipBy(method, t, v, sides, upward, bad); err != nil {
			return ClipBounds{}, err
		}
		addVotes(bad, p.votes)
	}
	b := ClipBounds{Lower: math.Inf(-1), Upper: math.Inf(1), Center: math.NaN(), Scale: math.NaN(), Iterations: 1}
	b.Flagged = countVotes(p.votes, *q.EnsembleMinVotes, bad)
	return b, nil
}

// removeOutliers is step 3. (docs/preprocessing.md, "Outliers".)
func (p *Processor) removeOutliers() error {
	q := &p.r.Params
	n := len(p.idx)
	p.bad = grown(p.bad, n)
	b, err := p.clipFree(p.x, false)
	if err != nil {
		return err
	}
	if b.Flagged > 0 {
		p.leave(p.bad, false)
	}
	p.step("outliers", q.OutlierMethod, n, len(p.idx),
		Value{"lower", b.Lower}, Value{"upper", b.Upper}, Value{"iterations", float64(b.Iterations)}, Value{"flagged", float64(b.Flagged)})
	p.warnClipped()
	return nil
}

// clipFree clips the values v of the valid series, without the rows that are
// protected or have none, and writes p.bad for all rows.
func (p *Processor) clipFree(v []float64, upward bool) (ClipBounds, error) {
	protect := p.protect()
	if !protect && p.lost == 0 {
		return p.clip(p.t, v, upward, p.bad)
	}
	p.freeT, p.freeX, p.freeAt = p.freeT[:0], p.freeX[:0], p.freeAt[:0]
	for k, value := range v {
		if protect && p.mask[k] || value != value {
			continue
		}
		p.freeT, p.freeX, p.freeAt = append(p.freeT, p.t[k]), append(p.freeX, value), append(p.freeAt, int32(k))
	}
	p.freeBad = grown(p.freeBad, len(p.freeX))
	b, err := p.clip(p.freeT, p.freeX, upward, p.freeBad)
	if err != nil {
		return b, err
	}
	clear(p.bad)
	for j, k := range p.freeAt {
		p.bad[k] = p.freeBad[j]
	}
	return b, nil
}

// clipAfter clips upwards once more what the baseline left.
// (docs/preprocessing.md, "Clipping after the baseline".)
func (p *Processor) clipAfter() error {
	n := len(p.idx)
	p.bad = grown(p.bad, n)
	b, err := p.clipFree(p.y, true)
	if err != nil {
		return err
	}
	if b.Scale <= degenerateShare*math.Abs(b.Center) { // a constant series: what is left is the rounding of the fit
		clear(p.bad)
		b.Flagged = 0
	}
	if b.Flagged > 0 {
		p.shrinkSegments()
		p.leave(p.bad, true)
	}
	p.step("clip_after", p.r.Params.OutlierMethod, n-p.lost, n-p.lost-b.Flagged,
		Value{"upper", b.Upper}, Value{"iterations", float64(b.Iterations)}, Value{"flagged", float64(b.Flagged)})
	return nil
}

// shrinkSegments takes the rows with bad out of the segments' counts.
func (p *Processor) shrinkSegments() {
	gone := 0
	for i := range p.segs {
		s := &p.segs[i]
		before := gone
		for _, b := range p.bad[s.start:s.end] {
			if b {
				gone++
			}
		}
		s.start, s.end = s.start-before, s.end-gone
	}
}
