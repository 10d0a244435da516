package preprocess

import (
	"cmp"
	"math"
	"slices"
)

// takeRows flags the rows of the input and gathers the valid series: finite,
// accepted by quality, in order of time, each time once. (docs/preprocessing.md,
// "Rows" and "Quality".)
func (p *Processor) takeRows() {
	s, out := &p.in, p.out
	n := s.Len()
	p.idx, p.t, p.x = grown(p.idx, n), grown(p.t, n), grown(p.x, n)
	out.Flag, out.Segment = grown(out.Flag, n), grown(out.Segment, n)
	out.Flux, out.FluxErr, out.Trend = grown(out.Flux, n), grown(out.FluxErr, n), grown(out.Trend, n)
	p.count = counts{}
	quality := s.Quality
	if quality == nil {
		p.noBits = grown(p.noBits, n)
		clear(p.noBits)
		quality = p.noBits
	}
	k, ordered := p.gather(s.Time, s.Flux, quality)
	p.idx, p.t, p.x = p.idx[:k], p.t[:k], p.x[:k]
	if !ordered {
		p.sortRows()
		p.dropDoubles()
	}
}

// gather writes the flags of all rows, and the rows without one to idx, t and x
// in input order; it returns their number, and whether each is later than the
// one before.
func (p *Processor) gather(time, flux []float64, quality []int32) (k int, ordered bool) {
	mask := p.out.QualityMask
	n := len(time)
	flux, quality, flag := flux[:n], quality[:n], p.out.Flag[:n]
	idx, t, x := p.idx[:n], p.t[:n], p.x[:n]
	ordered = true
	last := math.Inf(-1)
	for i, ti := range time {
		xi := flux[i]
		if quality[i]&mask == 0 && ti-ti == 0 && xi-xi == 0 { // finite
			flag[i] = 0
			idx[k], t[k], x[k] = int32(i), ti, xi
			k++
			if ti <= last {
				ordered = false
			}
			last = ti
			continue
		}
		flag[i] = p.fault(ti, xi, quality[i]&mask)
		p.vacate(i)
	}
	return k, ordered
}

// fault says why a row is not valid.
func (p *Processor) fault(time, flux float64, bits int32) (f int32) {
	switch {
	case time-time != 0: // NaN or infinite
		f = FlagTime
		p.count.time++
	case flux-flux != 0:
		f = FlagFlux
		p.count.flux++
	}
	if bits != 0 {
		f |= FlagQuality
		p.count.quality++
	}
	return f
}

// vacate empties a row of the output that leaves before the baseline.
func (p *Processor) vacate(row int) {
	nan := math.NaN()
	p.out.Flux[row], p.out.FluxErr[row], p.out.Trend[row], p.out.Segment[row] = nan, nan, nan, -1
}

// sortRows puts the valid series in order of time; equal times stay in input
// order.
func (p *Processor) sortRows() {
	time, flux := p.in.Time, p.in.Flux
	slices.SortStableFunc(p.idx, func(a, b int32) int { return cmp.Compare(time[a], time[b]) })
	for k, i := range p.idx {
		p.t[k], p.x[k] = time[i], flux[i]
	}
}

// dropDoubles flags rows whose time an earlier row has.
func (p *Processor) dropDoubles() {
	k := 0
	for i := range p.idx {
		if k > 0 && p.t[i] == p.t[k-1] {
			p.out.Flag[p.idx[i]] |= FlagDuplicate
			p.vacate(int(p.idx[i]))
			p.count.duplicate++
			continue
		}
		p.idx[k], p.t[k], p.x[k] = p.idx[i], p.t[i], p.x[i]
		k++
	}
	p.idx, p.t, p.x = p.idx[:k], p.t[:k], p.x[:k]
}

// maxCover is the share of rows above which masks leave too little to work with.
const maxCover = 0.6

// maskTransits flags the rows inside transits of the recipe's ephemerides and
// makes the mask of the valid series; mask is nil where none is used.
func (p *Processor) maskTransits() {
	p.mask = nil
	list := p.r.Params.Ephemerides
	if len(list) == 0 {
		return
	}
	n := p.in.Len()
	p.rowMask = grown(p.rowMask, n)
	clear(p.rowMask)
	middle := 0.5 * (p.t[0] + p.t[len(p.t)-1])
	for _, e := range list {
		e.T0 = p.onScale(e.T0)
		pad, stale := ephemerisPad(e, middle)
		if stale {
			p.warn(WarnStale, e.Object, 24*3*drift(e, middle), 24*e.Duration)
		}
		transitMask(p.in.Time, e, p.r.Params.MaskFactor, pad, p.rowMask)
	}
	for i, v := range p.rowMask {
		if v {
			p.out.Flag[i] |= FlagTransit
		}
	}
	p.maskMem = grown(p.maskMem, len(p.idx))
	masked := 0
	for k, i := range p.idx {
		p.maskMem[k] = p.rowMask[i]
		if p.rowMask[i] {
			masked++
		}
	}
	if share := float64(masked) / float64(len(p.idx)); share > maxCover {
		p.warn(WarnMaskCover, "", share, 0)
		return
	}
	p.mask = p.maskMem
}

// fullDate is the number from which a mid-transit is a full Julian date.
const fullDate = 2_000_000

// onScale brings a mid-transit onto the time scale of the series.
func (p *Processor) onScale(t0 float64) float64 {
	if t0 >= fullDate {
		return t0 - p.in.Scale.Zero()
	}
	return t0
}

// drift is the uncertainty of the mid-transits near a time, one sigma in days.
func drift(e Ephemeris, at float64) float64 {
	if !(e.Period > 0) {
		return e.T0Err
	}
	return math.Hypot(e.T0Err, math.Round((at-e.T0)/e.Period)*e.PeriodErr)
}

// leave removes the rows with bad from the valid series and flags them. What is
// computed for each row goes along where it is there.
func (p *Processor) leave(bad []bool, withTrend bool) {
	k := 0
	for i, b := range bad {
		if b {
			row := p.idx[i]
			p.out.Flag[row] |= FlagOutlier
			if withTrend {
				p.out.Flux[row], p.out.FluxErr[row] = math.NaN(), math.NaN()
			} else {
				p.vacate(int(row))
			}
			continue
		}
		if k != i {
			p.idx[k], p.t[k], p.x[k] = p.idx[i], p.t[i], p.x[i]
			if p.mask != nil {
				p.mask[k] = p.mask[i]
			}
			if withTrend {
				p.y[k] = p.y[i]
				if len(p.trend) > 0 { // none with the baseline none
					p.trend[k] = p.trend[i]
				}
			}
		}
		k++
	}
	p.idx, p.t, p.x = p.idx[:k], p.t[:k], p.x[:k]
	if p.mask != nil {
		p.mask = p.mask[:k]
	}
	if withTrend {
		p.y, p.trend = p.y[:k], p.trend[:min(k, len(p.trend))]
	}
}
