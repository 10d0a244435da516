package preprocess

import "math"

// maskedFit fits the rows of one segment, in the order of their cadences.
type maskedFit struct {
	w             *baseWork
	cells         int // of the grid
	window, order int
	direct        bool // running moments would not do
	work          int  // rows that fits without running moments have gone through
}

// level is the window of one length: those that hold too few unmasked rows have
// 1.5 times the length, and so on. It moves on with the rows; all its sums are
// carried from row to row.
type level struct {
	width  int
	lo, hi int // unmasked rows in the window

	from, to int        // unmasked rows in the sums
	center   int        // cadence that the sums are about
	age      int        // changes since the sums were taken
	pos      [7]float64 // sum of u^k, u = cadence - center
	val      [4]float64 // sum of u^k·x

	key   [3]int // from, to, order of the polynomial solved for
	coeff [4]float64
}

// momentOrder is the highest order fitted by running moments.
const momentOrder = 3

func newMaskedFit(w *baseWork, window, order int) *maskedFit {
	cells := w.grid[len(w.grid)-1] + 1
	f := &w.fitter
	*f = maskedFit{w: w, cells: cells, window: min(window|1, cells-1+cells%2), order: order}
	f.direct = order > momentOrder || !even(w.usedX)
	w.levels = w.levels[:0]
	return f
}

// level returns the window after i lengthenings.
func (f *maskedFit) level(i int) *level {
	if i == len(f.w.levels) {
		width := f.window
		if i > 0 {
			width = min(f.cells, int(math.Ceil(1.5*float64(f.w.levels[i-1].width)))|1)
		}
		f.w.levels = append(f.w.levels, level{width: width, age: math.MaxInt32})
	}
	return &f.w.levels[i]
}

// at returns the fit at the cadence g; g rises from call to call.
func (f *maskedFit) at(g int) float64 {
	k := f.w.usedAt
	for i := 0; ; i++ {
		l := f.level(i)
		start := min(max(g-l.width/2, 0), f.cells-l.width)
		for l.lo < len(k) && k[l.lo] < start {
			l.lo++
		}
		for l.hi < len(k) && k[l.hi] < start+l.width {
			l.hi++
		}
		n := l.hi - l.lo
		if n < max(f.order+1, (min(l.width, f.window)+1)/2) && l.width < f.cells {
			continue
		}
		order := min(f.order, n-1)
		if n > 0 && (k[l.lo] > g || k[l.hi-1] < g) {
			order = min(order, 1)
		}
		if n == 0 {
			return 0
		}
		if !f.direct {
			l.follow(k, f.w.usedX, start+l.width/2, f.order)
			if v, ok := l.value(g, order); ok {
				return v
			}
		}
		f.work += n * (order + 1)
		return f.w.ortho.at(k[l.lo:l.hi], f.w.usedX[l.lo:l.hi], g, order)
	}
}

// follow brings the sums to the rows lo…hi-1 about the given cadence.
func (l *level) follow(k []int, x []float64, center, order int) {
	n := l.hi - l.lo
	changed := l.lo - l.from + l.hi - l.to
	if l.lo >= l.to || l.age+changed > min(2*n, 1024) || changed > n {
		l.pos, l.val, l.age = [7]float64{}, [4]float64{}, 0
		l.from, l.to, l.center = l.lo, l.lo, center
		for ; l.to < l.hi; l.to++ {
			l.count(float64(k[l.to]-center), x[l.to], 1, order)
		}
		l.key[0] = -1
		return
	}
	if center != l.center {
		l.shift(float64(center-l.center), order)
		l.center = center
		l.age++
		l.key[0] = -1
	}
	if changed == 0 {
		return
	}
	l.age += changed
	l.key[0] = -1
	for ; l.from < l.lo; l.from++ {
		l.count(float64(k[l.from]-center), x[l.from], -1, order)
	}
	for ; l.to < l.hi; l.to++ {
		l.count(float64(k[l.to]-center), x[l.to], 1, order)
	}
}

// count adds a row to the sums, with weight 1 or -1.
func (l *level) count(u, x, weight float64, order int) {
	p, v := weight, weight*x
	if order <= 2 {
		l.pos[0] += p
		l.val[0] += v
		p, v = p*u, v*u
		l.pos[1] += p
		l.val[1] += v
		p, v = p*u, v*u
		l.pos[2] += p
		l.val[2] += v
		p *= u
		l.pos[3] += p
		l.pos[4] += p * u
		return
	}
	for i := range l.pos {
		l.pos[i] += p
		p *= u
	}
	for i := range l.val {
		l.val[i] += v
		v *= u
	}
}

// shift takes the sums about a cadence d further on: one factor u-d a pass.
func (l *level) shift(d float64, order int) {
	m, b := &l.pos, &l.val
	if order <= 2 {
		m[4], m[3], m[2], m[1] = m[4]-d*m[3], m[3]-d*m[2], m[2]-d*m[1], m[1]-d*m[0]
		m[4], m[3], m[2] = m[4]-d*m[3], m[3]-d*m[2], m[2]-d*m[1]
		m[4], m[3] = m[4]-d*m[3], m[3]-d*m[2]
		m[4] -= d * m[3]
		b[2], b[1] = b[2]-d*b[1], b[1]-d*b[0]
		b[2] -= d * b[1]
		return
	}
	for first := 1; first < len(m); first++ {
		for i := len(m) - 1; i >= first; i-- {
			m[i] -= d * m[i-1]
		}
	}
	for first := 1; first < len(b); first++ {
		for i := len(b) - 1; i >= first; i-- {
			b[i] -= d * b[i-1]
		}
	}
}

// value returns the least-squares polynomial of the given order at the cadence
// g. It says no where the rows lie so that the sums would lose digits.
func (l *level) value(g, order int) (float64, bool) {
	key := [3]int{l.from, l.to, order}
	if l.key != key {
		if !l.solve(order + 1) {
			return 0, false
		}
		l.key = key
	}
	u := float64(g - l.center)
	v := l.coeff[order]
	for i := order - 1; i >= 0; i-- {
		v = v*u + l.coeff[i]
	}
	return v, true
}

// solve finds the n coefficients by Cholesky's decomposition of the normal
// equations. A pivot below a hundredth or so of its diagonal element means
// points in few clusters or far to one side.
func (l *level) solve(n int) bool {
	const least = 2e-3
	var c [4][4]float64
	var y [4]float64
	for j := range n {
		d := l.pos[2*j]
		for k := range j {
			d -= c[j][k] * c[j][k]
		}
		if !(d > least*l.pos[2*j]) {
			return false
		}
		d = math.Sqrt(d)
		c[j][j] = d
		for i := j + 1; i < n; i++ {
			s := l.pos[i+j]
			for k := range j {
				s -= c[i][k] * c[j][k]
			}
			c[i][j] = s / d
		}
		s := l.val[j]
		for k := range j {
			s -= c[j][k] * y[k]
		}
		y[j] = s / d
	}
	for j := n - 1; j >= 0; j-- {
		s := y[j]
		for k := j + 1; k < n; k++ {
			s -= c[k][j] * l.coeff[k]
		}
		l.coeff[j] = s / c[j][j]
	}
	return true
}
