package preprocess

import (
	"math"
	"slices"
)

// sortable is the number of values up to which sorting beats counting.
const sortable = 128

// order2 returns the values of rank k and k+1 (from 0) of x, which has no NaN
// and more than k values. Where k is the last rank, both are the last.
//
// A sorted sample brackets the ranks; one pass without branches counts what is
// below the bracket and collects what is inside; and so on with what was
// collected (Floyd and Rivest, Expected time bounds for selection, CACM 18,
// 1975). A bracket that misses costs one more pass, a series that resists costs
// a sort: the result is always exact.
func (w *statWork) order2(x []float64, k int) (float64, float64) {
	w.buf, w.alt = grown(w.buf, len(x)), grown(w.alt, len(x))
	if len(x) <= sortable {
		y := w.buf[:len(x)]
		copy(y, x)
		return w.settle(y, 0, k)
	}
	b := w.bracket(x, k)
	b.below, b.inside = split(x, b.lo, b.hi, w.buf)
	if b.turn(k, len(x)) {
		b.below, b.inside = split(x, b.lo, b.hi, w.buf)
	}
	return w.narrow(w.buf[:b.inside], b, k, len(x))
}

// bracket is a range of values, limits included, and what is known of it.
type bracket struct {
	lo, hi float64
	below  int // values below lo
	inside int // values from lo to hi
}

// turn reports whether the bracket misses rank k or k+1 of n, and sets its
// limits to those of the side where they are. That is exact as finite limits
// are values of the series.
func (b *bracket) turn(k, n int) bool {
	switch {
	case k < b.below:
		b.lo, b.hi = math.Inf(-1), b.lo
	case min(k+1, n-1) >= b.below+b.inside:
		b.lo, b.hi = b.hi, math.Inf(1)
	default:
		return false
	}
	return true
}

// narrow finds ranks k and k+1 in y, the values inside the bracket b of a series
// of n; y is w.buf.
func (w *statWork) narrow(y []float64, b bracket, k, n int) (float64, float64) {
	for last := n; len(y) > sortable; {
		if b.lo == b.hi {
			w.mid, w.midAt, w.midLen = append(w.mid[:0], b.lo), b.below, len(y)
			return b.lo, b.lo
		}
		if len(y) > last-last/4 {
			return w.stubborn(y, b, k)
		}
		last = len(y)
		at, r := b.below, k-b.below
		b = w.bracket(y, r)
		b.below, b.inside = split(y, b.lo, b.hi, w.alt)
		if b.turn(r, last) {
			b.below, b.inside = split(y, b.lo, b.hi, w.alt)
		}
		b.below += at
		w.buf, w.alt = w.alt, w.buf
		y = w.buf[:b.inside]
	}
	return w.settle(y, b.below, k)
}

// stubborn finds ranks in values that a bracket does not part, mostly because
// many are equal to its limits.
func (w *statWork) stubborn(y []float64, b bracket, k int) (float64, float64) {
	low, high := 0, 0
	for _, v := range y {
		if v == b.lo {
			low++
		}
		if v == b.hi {
			high++
		}
	}
	r := k - b.below
	w.mid, w.midAt, w.midLen = w.mid[:0], 0, 0
	switch {
	case min(r+1, len(y)-1) < low:
		return b.lo, b.lo
	case r >= len(y)-high:
		return b.hi, b.hi
	case low+high == len(y):
		return b.lo, b.hi // r is the last of the low ones
	}
	return w.settle(y, b.below, k)
}

// settle sorts y, the values of rank at and following, and keeps them for
// order2Again.
func (w *statWork) settle(y []float64, at, k int) (float64, float64) {
	slices.Sort(y)
	w.mid, w.midAt, w.midLen = append(w.mid[:0], y...), at, len(y)
	if k < at || k-at >= len(y) { // there is NaN in the series, against the contract
		return math.NaN(), math.NaN()
	}
	return y[k-at], y[min(k-at+1, len(y)-1)]
}

// order2Again is order2 of the series that order2 was called with last, which
// is quick for a rank near the former.
func (w *statWork) order2Again(x []float64, k int) (float64, float64) {
	r := k - w.midAt
	if r < 0 || r+1 >= w.midLen {
		return w.order2(x, k)
	}
	if len(w.mid) < w.midLen { // all equal
		return w.mid[0], w.mid[0]
	}
	return w.mid[r], w.mid[r+1]
}

// bracket returns limits between which ranks k and k+1 of x are in all
// likelihood: values of an evenly spaced sample three standard deviations of the
// sample's rank away, or infinity.
func (w *statWork) bracket(x []float64, k int) bracket {
	m := min(max(len(x)/48, 32), 384)
	w.sample = grown(w.sample, m)
	s := w.sample
	for i := range s {
		s[i] = x[uint(i)*uint(len(x))/uint(m)]
	}
	return between(s, float64(k)+1, float64(len(x)))
}

// between sorts the sample and brackets rank k of n.
func between(s []float64, k, n float64) bracket {
	slices.Sort(s)
	m := float64(len(s))
	p := k / n
	at, margin := p*m, 3*math.Sqrt(p*max(1-p, 0)*m)+1
	b := bracket{lo: math.Inf(-1), hi: math.Inf(1)}
	if at > margin {
		b.lo = s[min(int(at-margin), len(s)-1)]
	}
	if i := int(at + margin); i < len(s) {
		b.hi = s[i]
	}
	return b
}

// split counts the values below lo and copies those from lo to hi, limits
// included, to y, which is at least as long as x. lo <= hi.
func split(x []float64, lo, hi float64, y []float64) (below, inside int) {
	y = y[:len(x)]
	for _, v := range x {
		y[inside] = v
		under, upto := 0, 0
		if v < lo {
			under = 1
		}
		if v <= hi {
			upto = 1
		}
		below += under
		inside += upto - under
	}
	return below, inside
}

// splitSteps is split of the differences of t. rising: all are positive; only
// then are the counts right. The bits of positive numbers, taken as integers,
// have the order of the numbers, so that one subtraction tells both sides.
func splitSteps(t []float64, lo, hi float64, y []float64) (below, inside int, rising bool) {
	y = y[:len(t)]
	low := math.Float64bits(max(lo, 0))
	width := math.Float64bits(max(hi, 0)) - low
	last := t[0]
	signs, under := uint64(0), uint64(0)
	for _, v := range t[1:] {
		d := v - last
		last = v
		y[inside] = d
		u := math.Float64bits(d)
		signs |= u - 1 // the highest bit is set for 0 and less
		u -= low
		under += u >> 63
		in := 0
		if u <= width {
			in = 1
		}
		inside += in
	}
	return int(under), inside, signs>>63 == 0
}
