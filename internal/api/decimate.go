package api

import (
	"slices"
)

// decimate thins an answer out to about q.decimate points. The rows of each
// file are cut into stretches of equal length; of each stretch remain, for
// every combination of flags that occurs in it, the lowest and the highest flux
// of the kept rows, and of removed rows the lowest and the highest raw flux. So
// no transit, no flare and no kind of removed point vanishes from the picture.
// A stretch with many kinds gives more than two points; the stretches are made
// longer until the total fits, at most three times.
func (a *curveAnswer) decimate() {
	whole := make([][]int32, len(a.pieces))
	for i := range a.pieces {
		whole[i] = a.pieces[i].rows
	}
	stretches := max(1, a.q.decimate/2)
	for try := 0; ; try++ {
		total := 0
		for i := range a.pieces {
			p := &a.pieces[i]
			n := max(1, stretches*len(whole[i])/max(1, a.of))
			p.rows = p.thin(whole[i], n, a.q.raw)
			total += len(p.rows)
		}
		if total <= a.q.decimate+a.q.decimate/8 || try == 3 {
			return
		}
		stretches = max(1, int(float64(stretches)*float64(a.q.decimate)/float64(total)))
	}
}

// extremes are the rows of one kind in a stretch with the lowest and the
// highest flux.
type extremes struct {
	low, high   int32
	min, max    float64
	present     bool
	hasExtremes bool
}

// thin returns the remaining rows of n stretches, in their order.
func (p *piece) thin(rows []int32, n int, raw bool) []int32 {
	var kinds [256]extremes
	var seen [256]uint8
	out := make([]int32, 0, 2*n+16)
	for k := range n {
		lo, hi := k*len(rows)/n, (k+1)*len(rows)/n
		used := 0
		for _, row := range rows[lo:hi] {
			flag := p.flag(row) & 0xff
			flux := p.Raw.Flux[row]
			if !raw && p.Result != nil && flag&removed == 0 {
				flux = p.Result.Flux[row]
			}
			e := &kinds[flag]
			if !e.present {
				*e = extremes{low: row, high: row, present: true}
				seen[used] = uint8(flag)
				used++
			}
			e.take(row, flux)
		}
		first := len(out)
		for _, kind := range seen[:used] {
			e := &kinds[kind]
			out = append(out, e.low)
			if e.high != e.low {
				out = append(out, e.high)
			}
			e.present = false
		}
		slices.Sort(out[first:])
	}
	return out
}

func (e *extremes) take(row int32, flux float64) {
	switch {
	case flux != flux:
	case !e.hasExtremes:
		e.low, e.high, e.min, e.max, e.hasExtremes = row, row, flux, flux, true
	case flux < e.min:
		e.low, e.min = row, flux
	case flux > e.max:
		e.high, e.max = row, flux
	}
}
