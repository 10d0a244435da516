package preprocess

// maxFilter is the length of the longest filter, coif3.
const maxFilter = 18

// analyse makes one octave: a[k] = Σ h[i] x[2k+2-F+i] and the details d with the
// high pass, F = len(h), for k up to (len(x)+F-1)/2; x goes on beyond its ends by
// half-sample reflection. Terms are added from the newest sample to the oldest,
// as the reference does, so that rounding is the same too.
func analyse(x, h, a, d []float64) {
	f := len(h)
	var hi [maxFilter]float64
	g := hi[:f]
	highpass(h, g)
	first := min((f-1)/2, len(a)) // first k whose samples all exist
	last := max(len(x)/2, first)  // one after the last
	for k := 0; k < first; k++ {
		a[k], d[k] = analyseEdge(x, h, g, 2*k+1)
	}
	for k := last; k < len(a); k++ {
		a[k], d[k] = analyseEdge(x, h, g, 2*k+1)
	}
	if last == first {
		return
	}
	in, a, d := x[2*first+2-f:2*last], a[first:last], d[first:last]
	if f == 8 {
		analyse8(in, (*[8]float64)(h), a, d)
		return
	}
	clear(a)
	clear(d)
	for f > 0 {
		if f >= 4 {
			f -= 4
			analyse4(in[f:], (*[4]float64)(h[f:]), (*[4]float64)(g[f:]), a, d)
			continue
		}
		f -= 2
		analyse2(in[f:], (*[2]float64)(h[f:]), (*[2]float64)(g[f:]), a, d)
	}
}

// analyseEdge makes one pair of coefficients whose newest sample is x[at], where
// samples are missing.
func analyseEdge(x, h, g []float64, at int) (a, d float64) {
	for i := len(h) - 1; i >= 0; i-- {
		v := x[reflected(at+i-(len(h)-1), len(x))]
		a += float64(h[i] * v)
		d += float64(g[i] * v)
	}
	return a, d
}

// reflected returns where sample i of a series of n lies when it is continued by
// half-sample reflection.
func reflected(i, n int) int {
	for i < 0 || i >= n {
		if i < 0 {
			i = -1 - i
		} else {
			i = 2*n - 1 - i
		}
	}
	return i
}

// analyse8 is analyse away from the ends for filters of 8, db4 and sym4.
func analyse8(x []float64, h *[8]float64, a, d []float64) {
	h0, h1, h2, h3, h4, h5, h6, h7 := h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
	d = d[:len(a)]
	for k := range a {
		v := (*[8]float64)(x)
		a[k] = float64(h7*v[7]) + float64(h6*v[6]) + float64(h5*v[5]) + float64(h4*v[4]) +
			float64(h3*v[3]) + float64(h2*v[2]) + float64(h1*v[1]) + float64(h0*v[0])
		d[k] = float64(h1*v[6]) - float64(h0*v[7]) - float64(h2*v[5]) + float64(h3*v[4]) -
			float64(h4*v[3]) + float64(h5*v[2]) - float64(h6*v[1]) + float64(h7*v[0])
		x = x[2:]
	}
}

// analyse4 adds the share of four taps.
func analyse4(x []float64, h, g *[4]float64, a, d []float64) {
	h0, h1, h2, h3 := h[0], h[1], h[2], h[3]
	g0, g1, g2, g3 := g[0], g[1], g[2], g[3]
	d = d[:len(a)]
	for k := range a {
		v := (*[4]float64)(x[2*k:])
		a[k] = a[k] + float64(h3*v[3]) + float64(h2*v[2]) + float64(h1*v[1]) + float64(h0*v[0])
		d[k] = d[k] + float64(g3*v[3]) + float64(g2*v[2]) + float64(g1*v[1]) + float64(g0*v[0])
	}
}

// analyse2 adds the share of two taps.
func analyse2(x []float64, h, g *[2]float64, a, d []float64) {
	d = d[:len(a)]
	for k := range a {
		v := (*[2]float64)(x[2*k:])
		a[k] = a[k] + float64(h[1]*v[1]) + float64(h[0]*v[0])
		d[k] = d[k] + float64(g[1]*v[1]) + float64(g[0]*v[0])
	}
}

// synthesise makes the share of the approximation in the octave above: y[2p] =
// Σ h[F-2-2j] a[p+j] and y[2p+1] = Σ h[F-1-2j] a[p+j], j < F/2; len(y) is at most
// 2·len(a)-F+2.
func synthesise(a, h, y []float64) {
	f := len(h)
	n := len(y) / 2
	if f == 8 {
		synthesise8(a, (*[8]float64)(h), y[:2*n])
	} else {
		clear(y)
		for j := 0; j < f/2; {
			if j+2 <= f/2 {
				synthesise4(a[j:], (*[4]float64)(h[f-4-2*j:]), y[:2*n])
				j += 2
				continue
			}
			synthesise2(a[j:], (*[2]float64)(h[f-2-2*j:]), y[:2*n])
			j++
		}
	}
	if len(y)%2 == 1 {
		s := 0.0
		for j := 0; j < f/2; j++ {
			s += float64(h[f-2-2*j] * a[n+j])
		}
		y[2*n] = s
	}
}

// synthesise8 is synthesise for filters of 8 and an even number of samples.
func synthesise8(a []float64, h *[8]float64, y []float64) {
	h0, h1, h2, h3, h4, h5, h6, h7 := h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
	for p := 0; p < len(y)/2; p++ {
		v, o := (*[4]float64)(a[p:]), (*[2]float64)(y[2*p:])
		o[0] = float64(h0*v[3]) + float64(h2*v[2]) + float64(h4*v[1]) + float64(h6*v[0])
		o[1] = float64(h1*v[3]) + float64(h3*v[2]) + float64(h5*v[1]) + float64(h7*v[0])
	}
}

// synthesise4 adds the share of four taps.
func synthesise4(a []float64, h *[4]float64, y []float64) {
	h0, h1, h2, h3 := h[0], h[1], h[2], h[3]
	for p := 0; p < len(y)/2; p++ {
		v, o := (*[2]float64)(a[p:]), (*[2]float64)(y[2*p:])
		o[0] += float64(h0*v[1]) + float64(h2*v[0])
		o[1] += float64(h1*v[1]) + float64(h3*v[0])
	}
}

// synthesise2 adds the share of two taps.
func synthesise2(a []float64, h *[2]float64, y []float64) {
	for p := 0; p < len(y)/2; p++ {
		o := (*[2]float64)(y[2*p:])
		o[0] += float64(h[0] * a[p])
		o[1] += float64(h[1] * a[p])
	}
}

// addDetails adds the share of the details, each drawn towards zero by the
// threshold, with the high pass g. Most are zero then, which is why they are
// spread out one by one.
func addDetails(d, g []float64, threshold float64, y []float64) {
	for k, v := range d {
		switch {
		case v > threshold:
			v -= threshold
		case v < -threshold:
			v += threshold
		default:
			continue
		}
		at := 2*k + 2 - len(g)
		lo, hi := max(0, -at), min(len(g), len(y)-at)
		for i := lo; i < hi; i++ {
			y[at+i] += float64(g[i] * v)
		}
	}
}
