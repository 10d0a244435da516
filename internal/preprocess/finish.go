package preprocess

import "math"

// denoise is step 6. (docs/preprocessing.md, "Wavelet denoising".)
func (p *Processor) denoise() error {
	q := &p.r.Params
	p.smooth = grown(p.smooth, len(p.y))
	done, unable, deepest := 0, 0, 0
	for _, s := range p.segs {
		y := p.y[s.start:s.end]
		if len(y) < q.MinPointsPerSegment || len(y) == 0 || p.lost > 0 && hasNaN(y) {
			continue
		}
		if err := ended(p.ctx, "Run"); err != nil {
			return err
		}
		d, err := p.wave.denoise(y, q.WaveletType, q.WaveletLevels, p.smooth[s.start:s.end])
		if err != nil {
			return err
		}
		if d.Level < 1 {
			unable++
			continue
		}
		copy(y, p.smooth[s.start:s.end])
		done++
		deepest = max(deepest, d.Level)
	}
	n := len(p.y) - p.lost
	p.step("wavelet", q.WaveletType, n, n, Value{"segments", float64(done)}, Value{"levels", float64(deepest)})
	if unable > 0 {
		p.warn(WarnWavelet, "", float64(unable), 0)
	}
	if done > 0 {
		p.warn(WarnDenoised, "", 0, 0)
	}
	return nil
}

func hasNaN(y []float64) bool {
	for _, v := range y {
		if v != v {
			return true
		}
	}
	return false
}

// normalize is step 7; it writes the result. (docs/preprocessing.md,
// "Normalization".)
func (p *Processor) normalize() error {
	m := Normalization(p.r.Params.NormalizeMethod)
	ref := p.reference()
	a, degenerate := p.stat.affine(ref, m)
	p.out.Norm = a
	before := len(p.y) - p.lost
	switch {
	case degenerate:
		p.warn(WarnDegenerate, "", 0, 0)
	case m == NormMedian || m == NormMean:
		if _, std := meanStd(ref); a.S < 0 || a.S < 0.5*std {
			p.warn(WarnZeroCentred, "", a.S, std)
		}
	}
	p.write(m)
	p.step("normalize", string(m), before, p.out.Kept, Value{"a", a.A}, Value{"s", a.S}, Value{"b", a.B})
	return nil
}

// reference returns the rows that the normalization is made from: those that
// are kept, without the masked ones where the recipe says so and others are
// left.
func (p *Processor) reference() []float64 {
	exclude := p.mask != nil && *p.r.Params.NormExcludeTransits
	if !exclude && p.lost == 0 {
		return p.y
	}
	p.freeX = p.freeX[:0]
	for k, v := range p.y {
		if v == v && !(exclude && p.mask[k]) {
			p.freeX = append(p.freeX, v)
		}
	}
	if len(p.freeX) == 0 {
		for _, v := range p.y {
			if v == v {
				p.freeX = append(p.freeX, v)
			}
		}
	}
	return p.freeX
}

// write puts the result into the rows of the output that got this far; those
// that left are empty already. (docs/preprocessing.md, "Errors".)
func (p *Processor) write(m Normalization) {
	out, a := p.out, p.out.Norm
	if a.S == 0 {
		p.writeFlat(m.flat())
		return
	}
	y := p.y[:len(p.idx)]
	trend := p.trend[:min(len(p.trend), len(y))]
	errs := p.in.FluxErr
	divide := p.r.Params.BaselineMode == "divide" && len(trend) == len(y)
	width := math.Abs(a.S)
	kept := 0
	for k, i := range p.idx {
		v, e := (y[k]-a.A)/a.S+a.B, math.NaN()
		if errs != nil {
			if e = errs[i]; e > 0 {
				w := width
				if divide {
					w *= trend[k]
				}
				e /= w
			} else {
				e = math.NaN()
			}
		}
		if v-v != 0 {
			p.leaveAt(k, i)
			continue
		}
		if e-e != 0 {
			e = math.NaN()
		}
		kept++
		out.Flux[i], out.FluxErr[i] = v, e
	}
	out.Kept = kept
}

// leaveAt empties a row that left after the baseline; one that had a number
// until the normalization took it beyond float64 gets its flag here.
func (p *Processor) leaveAt(k int, row int32) {
	if p.y[k] == p.y[k] {
		p.out.Flag[row] |= FlagTrend
	}
	p.out.Flux[row], p.out.FluxErr[row] = math.NaN(), math.NaN()
}

// writeFlat is write for a degenerate normalization.
func (p *Processor) writeFlat(flat float64) {
	kept := 0
	for k, i := range p.idx {
		v := p.y[k]
		if v == v {
			v = flat
			kept++
		}
		p.out.Flux[i], p.out.FluxErr[i] = v, math.NaN()
	}
	p.out.Kept = kept
}

// writeTrend puts trend and segment into the rows of the output, for all rows
// that got as far as the baseline.
func (p *Processor) writeTrend() error {
	trend, segment := p.out.Trend, p.out.Segment
	for number, s := range p.segs {
		rows := p.idx[s.start:s.end]
		if len(p.trend) == 0 {
			for _, i := range rows {
				trend[i], segment[i] = math.NaN(), int32(number)
			}
			continue
		}
		b := p.trend[s.start:s.end]
		for k, i := range rows {
			trend[i], segment[i] = b[k], int32(number)
		}
	}
	return nil
}
