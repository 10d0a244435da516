package preprocess

import "math"

// sigmaClip is SigmaClip; it writes each bad[i].
func (w *outlierWork) sigmaClip(x []float64, o SigmaClipOptions, bad []bool) ClipBounds {
	bad = bad[:len(x)]
	clear(bad)
	b := ClipBounds{Lower: math.Inf(-1), Upper: math.Inf(1), From: "zero"}
	switch {
	case len(x) == 0:
	case o.Grow > 0:
		w.growClip(x, o, bad, &b)
	case o.MADStd:
		w.madStdClip(x, o, bad, &b)
	default:
		w.stdClip(x, o, bad, &b)
	}
	return b
}

// clipState is what sigma clipping knows of x. As each pass keeps what is within
// its limits, what is left is always x from rank below to the rank before above
// counted from the top: medians are ranks of x, and sums are those of x less
// those of the few rows that left.
type clipState struct {
	center float64 // first median, which the sums are about
	s1, s2 float64 // sums of x - center and of its square
	lo, hi float64 // what is left lies from lo to hi

	near, far    float64 // rows below near or above far are in outlierWork.at
	below, above int     // rows that left
	r1, r2       float64 // their part of the sums
}

// stdClip clips about the median by the standard deviation.
func (w *outlierWork) stdClip(x []float64, o SigmaClipOptions, bad []bool, b *ClipBounds) {
	n := len(x)
	c := clipState{lo: math.Inf(-1), hi: math.Inf(1)}
	lower, upper := w.stat.order2(x, (n-1)/2)
	c.center = medianOf(lower, upper, n)
	c.s1, c.s2 = sums(x, c.center)
	c.near, c.far = math.Inf(1), math.Inf(-1)
	b.Center, b.From = c.center, "std"
	for {
		b.Iterations++
		b.Scale = w.scaleOfLeft(x, &c, b.Center)
		b.limits(o)
		left := n - c.below - c.above
		w.drop(x, &c, b)
		m := n - c.below - c.above
		if m == left || m == 0 || b.Iterations == o.MaxIters {
			break
		}
		lower, upper = w.stat.order2Again(x, c.below+(m-1)/2)
		b.Center = medianOf(lower, upper, m)
	}
	if b.Lower <= c.near && b.Upper >= c.far {
		for _, i := range w.at {
			if v := x[i]; v < b.Lower || v > b.Upper {
				bad[i] = true
				b.Flagged++
			}
		}
		return
	}
	b.Flagged = flagOutside(x, b.Lower, b.Upper, bad)
}

// limits places the limits about the centre.
func (b *ClipBounds) limits(o SigmaClipOptions) {
	b.Lower, b.Upper = math.Inf(-1), math.Inf(1)
	if !math.IsInf(o.Lower, 1) {
		b.Lower = b.Center - float64(o.Lower*b.Scale)
	}
	if !math.IsInf(o.Upper, 1) {
		b.Upper = b.Center + float64(o.Upper*b.Scale)
	}
}

// drop takes what is beyond the limits of b out of what is left.
func (w *outlierWork) drop(x []float64, c *clipState, b *ClipBounds) {
	c.lo, c.hi = max(c.lo, b.Lower), min(c.hi, b.Upper)
	if c.lo > c.near || c.hi < c.far || c.near > c.far {
		// A margin below the limits, as the next ones will be closer.
		c.near, c.far = math.Inf(-1), math.Inf(1)
		if d := b.Center - c.lo; d-d == 0 {
			c.near = max(b.Center-0.6*d, c.lo)
		}
		if d := c.hi - b.Center; d-d == 0 {
			c.far = min(b.Center+0.6*d, c.hi)
		}
		w.at = grown(w.at, len(x))
		w.at = w.at[:outside(x, c.near, c.far, w.at)]
	}
	c.below, c.above, c.r1, c.r2 = 0, 0, 0, 0
	for _, i := range w.at {
		v := x[i]
		switch {
		case v < c.lo:
			c.below++
		case v > c.hi:
			c.above++
		default:
			continue
		}
		d := v - c.center
		c.r1 += d
		c.r2 += float64(d * d)
	}
}

// scaleOfLeft returns the standard deviation of what is left: by the sums where
// no digits are lost, else anew.
func (w *outlierWork) scaleOfLeft(x []float64, c *clipState, median float64) float64 {
	n := float64(len(x) - c.below - c.above)
	s1, s2 := c.s1-c.r1, c.s2-c.r2
	m1, m2 := s1/n, s2/n
	if s2 > c.s2/16 && s2 < hugeSum && s2 > tinySum && m1*m1 <= 0.6*m2 {
		return math.Sqrt(m2 - float64(m1*m1))
	}
	y := x
	if c.below+c.above > 0 {
		y = w.y[:0]
		for _, v := range x {
			if v >= c.lo && v <= c.hi {
				y = append(y, v)
			}
		}
		w.y = y
	}
	_, s := deviation(y, median)
	return s
}

// outside writes the rows of x below lo or above hi to at, which is at least as
// long as x, and returns how many they are. lo <= hi.
func outside(x []float64, lo, hi float64, at []int32) int {
	at = at[:len(x)]
	k := 0
	for i, v := range x {
		at[k] = int32(i)
		under, over := 0, 0
		if v < lo {
			under = 1
		}
		if v > hi {
			over = 1
		}
		k += under + over
	}
	return k
}

// madStdClip clips about the median by the median absolute deviation of what is
// left.
func (w *outlierWork) madStdClip(x []float64, o SigmaClipOptions, bad []bool, b *ClipBounds) {
	w.y = append(w.y[:0], x...)
	for y := w.y; len(y) > 0 && (o.MaxIters <= 0 || b.Iterations < o.MaxIters); {
		w.bounds(y, o, b)
		k := 0
		for _, v := range y {
			if v >= b.Lower && v <= b.Upper {
				y[k] = v
				k++
			}
		}
		if k == len(y) {
			break
		}
		y = y[:k]
	}
	b.Flagged = flagOutside(x, b.Lower, b.Upper, bad)
}

// bounds makes the limits of one pass over y.
func (w *outlierWork) bounds(y []float64, o SigmaClipOptions, b *ClipBounds) {
	b.Iterations++
	b.Center, b.From = w.stat.median(y), "std"
	if o.MADStd {
		b.Scale, b.From = madToSigma*w.stat.mad(y, b.Center), "mad"
	} else {
		_, b.Scale = deviation(y, b.Center)
	}
	b.limits(o)
}

// growClip clips with Grow > 0: in each pass the values beyond the limits and
// their neighbours leave for good.
func (w *outlierWork) growClip(x []float64, o SigmaClipOptions, bad []bool, b *ClipBounds) {
	for o.MaxIters <= 0 || b.Iterations < o.MaxIters {
		w.y, w.at = w.y[:0], w.at[:0]
		for i, v := range x {
			if !bad[i] {
				w.y = append(w.y, v)
			}
		}
		if len(w.y) == 0 {
			break
		}
		w.bounds(w.y, o, b)
		for i, v := range x {
			if !bad[i] && (v < b.Lower || v > b.Upper) {
				w.at = append(w.at, int32(i))
			}
		}
		if len(w.at) == 0 {
			break
		}
		spread(w.at, o.Grow, bad)
	}
	for _, v := range bad {
		if v {
			b.Flagged++
		}
	}
}

// spread sets bad at the rows of at, which rise, and within r of them.
func spread(at []int32, r int, bad []bool) {
	done := 0
	for _, i := range at {
		end := int(i) + 1 + min(r, len(bad)-1-int(i))
		for j := max(int(i)-r, done); j < end; j++ {
			bad[j] = true
		}
		done = end
	}
}
