package preprocess

import "math"

// gram holds the orthonormal polynomials on the integers -m…m (Gram, or
// discrete Chebyshev polynomials; Gorry, Anal. Chem. 62, 570, 1990) up to an
// order: the least-squares polynomial over 2m+1 samples is the sum of
// <P_k, x>·P_k, without a system of equations to solve.
type gram struct {
	window, order int
	basis         []float64 // order+1 rows of window values
	center        []float64 // smoothing coefficients c_0…c_m; c_-j = c_j
}

// polynomials returns the polynomials for an odd window and an order below it;
// the last two sets asked for are kept.
func (w *baseWork) polynomials(window, order int) *gram {
	for i := range w.gram {
		if g := &w.gram[i]; g.window == window && g.order == order {
			return g
		}
	}
	w.gram[0], w.gram[1] = w.gram[1], w.gram[0]
	w.gram[0].build(window, order)
	return &w.gram[0]
}

// build fills g by the three-term recurrence
// s_{k+1}·P_{k+1}(j) = j·P_k(j) - s_k·P_{k-1}(j), s_k² = k²(W²-k²)/(4(4k²-1)).
func (g *gram) build(window, order int) {
	g.window, g.order = window, order
	g.basis = grown(g.basis, window*(order+1))
	m := window / 2
	fill(g.basis[:window], 1/math.Sqrt(float64(window)))
	n, s := float64(window), 0.0
	for k := 1; k <= order; k++ {
		f := float64(k)
		next := f * math.Sqrt((n-f)*(n+f)/(4*(4*f*f-1)))
		at, p := g.row(k), g.row(k-1)
		before := p
		if k > 1 {
			before = g.row(k - 2)
		}
		for i := range at {
			at[i] = (float64(i-m)*p[i] - s*before[i]) / next
		}
		s = next
	}
	g.smoothing(m)
}

// row returns the values of P_k.
func (g *gram) row(k int) []float64 { return g.basis[k*g.window : (k+1)*g.window] }

// smoothing sets the coefficients of the value at the centre. Orders 2 and 3
// have a closed form (docs/preprocessing.md, savgol).
func (g *gram) smoothing(m int) {
	g.center = grown(g.center, m+1)
	if g.order == 2 || g.order == 3 {
		a, b := quadratic(m)
		for j := range g.center {
			g.center[j] = a - b*float64(j)*float64(j)
		}
		return
	}
	fill(g.center, 0)
	for k := 0; k <= g.order; k += 2 { // odd polynomials vanish at the centre
		p := g.row(k)
		for j := range g.center {
			g.center[j] += p[m] * p[m+j]
		}
	}
}

// quadratic returns a and b of the smoothing coefficients c_j = a - b·j² of
// orders 2 and 3 over 2m+1 samples, m > 0.
func quadratic(m int) (a, b float64) {
	f := float64(m)
	d := (2*f - 1) * (2*f + 1) * (2*f + 3)
	return 3 * (3*f*f + 3*f - 1) / d, 15 / d
}

// ends evaluates the polynomial through the window x at its samples from…to-1.
func (g *gram) ends(x []float64, from, to int, trend []float64) {
	fill(trend[from:to], 0)
	for k := 0; k <= g.order; k++ {
		p := g.row(k)[:len(x)]
		dot := dotProduct(x, p)
		for i := from; i < to; i++ {
			trend[i] += dot * p[i]
		}
	}
}

// dotProduct returns the sum of x·p, in four sums that do not wait for each
// other. p is as long as x.
func dotProduct(x, p []float64) float64 {
	var a0, a1, a2, a3 float64
	p = p[:len(x)]
	for ; len(x) >= 4 && len(p) >= 4; x, p = x[4:], p[4:] {
		a0 += x[0] * p[0]
		a1 += x[1] * p[1]
		a2 += x[2] * p[2]
		a3 += x[3] * p[3]
	}
	for i, v := range x {
		a0 += v * p[i]
	}
	return (a0 + a1) + (a2 + a3)
}
