package preprocess

import "math"

// locator finds the biweight location of a sliding window. The sums that it
// needs are polynomials of degree five in the values nearer than c·s: so they
// are had from the sums of the powers of all values in a somewhat wider range,
// the core, less the few values between the two. A row costs a few dozen
// operations instead of several passes over the window.
type locator struct {
	sorted
	sum        [6]float64 // sums of z^k over the core, z = (x - ref)/unit
	ref, unit  float64
	low, high  float64 // limits of the core
	below, age int     // values below the core; changes since the sums were taken
	above      int
}

// coreWidth is half the width of the core in units of c·s.
const coreWidth = 1.5

// reset takes the values x, in no order.
func (l *locator) reset(x []float64) {
	l.rebuild(x)
	l.unit = 0
}

// slide replaces a value by another.
func (l *locator) slide(out, in float64) {
	l.replace(out, in)
	l.count(out, -1)
	l.count(in, 1)
}

// add and drop change the number of values.
func (l *locator) add(x float64) {
	l.insert(x)
	l.count(x, 1)
}

func (l *locator) drop(x float64) {
	l.remove(x)
	l.count(x, -1)
}

// count adds n times the powers of x to the sums.
func (l *locator) count(x float64, n int) {
	l.age++
	switch {
	case x < l.low:
		l.below += n
	case x > l.high:
		l.above += n
	default:
		z := (x - l.ref) * l.unit
		f, q := float64(n), z*z
		l.sum[0] += f
		l.sum[1] += f * z
		l.sum[2] += f * q
		l.sum[3] += f * q * z
		l.sum[4] += f * q * q
		l.sum[5] += f * q * q * z
	}
}

// center takes the sums anew about m, in units of s.
func (l *locator) center(m, s float64) {
	l.ref, l.unit = m, 1/s
	l.low, l.high = m-coreWidth*s, m+coreWidth*s
	l.sum, l.below, l.above = [6]float64{}, 0, 0
	for _, x := range l.v {
		l.count(x, 1)
	}
	l.age = 0
}

// location returns the fixed point reached from the median; NaN without values.
func (l *locator) location(c float64) float64 {
	if len(l.v) == 0 {
		return math.NaN()
	}
	m := l.median()
	s := c * l.mad(m)
	if !(s > 1e-290 && s < 1e290) {
		return m
	}
	if l.age > 256 {
		l.unit = 0
	}
	return l.iterate(m, s)
}

// iterate goes from m to the fixed point. The plain iteration moves towards the
// nearest root of F(m) = sum w·u and never past it. Newton's steps find that
// root faster: F' = -D, and D changes by less than 8 per value and unit of u, so
// that within D/(8n) of the point where the steps began F falls throughout and
// has one root at most. A step that would leave this range is taken back.
func (l *locator) iterate(m, s float64) float64 {
	var from, radius, plain float64
	newton, allowed := false, true
	for range 500 {
		f, w, d, n := l.sums(m, s)
		if !(w > 1e-300) {
			return m
		}
		step, quick := f/w, f/d
		if allowed && !newton && d > 0 && math.Abs(quick) <= d/(16*n) {
			from, radius, plain, newton = m, d/(8*n)*s, step, true
		}
		if newton {
			if !(math.Abs(m+quick*s-from) <= radius) {
				newton, allowed = false, false
				m = from + plain*s
				continue
			}
			m += quick * s
			if 4*n*quick*quick <= 1e-10*d {
				return m
			}
			continue
		}
		allowed = true
		m += step * s
		if math.Abs(step) <= 1e-12 {
			return m
		}
	}
	return m
}

// sums returns, with u = (x-m)/s over |u| < 1: the sum of u(1-u²)², of (1-u²)²,
// and of (1-u²)(1-5u²); and the number of values in the core.
func (l *locator) sums(m, s float64) (f, w, d, n float64) {
	if l.unit == 0 || m-s < l.low || m+s > l.high || s*l.unit < 0.5 {
		l.center(m, s)
	}
	p0, p1, p2, p3, p4, p5 := l.sum[0], l.sum[1], l.sum[2], l.sum[3], l.sum[4], l.sum[5]
	if h := (m - l.ref) * l.unit; h != 0 { // about m: one factor z-h a pass
		p5, p4, p3, p2, p1 = p5-h*p4, p4-h*p3, p3-h*p2, p2-h*p1, p1-h*p0
		p5, p4, p3, p2 = p5-h*p4, p4-h*p3, p3-h*p2, p2-h*p1
		p5, p4, p3 = p5-h*p4, p4-h*p3, p3-h*p2
		p5, p4 = p5-h*p4, p4-h*p3
		p5 -= h * p4
	}
	r := 1 / (s * l.unit)
	r2 := r * r
	f = r * (p1 - r2*(2*p3-r2*p5))
	w = p0 - r2*(2*p2-r2*p4)
	d = p0 - r2*(6*p2-5*r2*p4)
	n, r = p0, 1/s
	core := l.v[l.below : len(l.v)-l.above]
	limit := m - s
	for _, x := range core {
		if x > limit {
			break
		}
		u := (x - m) * r
		q := 1 - u*u
		f, w, d = f-u*q*q, w-q*q, d-q*(5*q-4)
	}
	limit = m + s
	for i := len(core) - 1; i >= 0 && core[i] >= limit; i-- {
		u := (core[i] - m) * r
		q := 1 - u*u
		f, w, d = f-u*q*q, w-q*q, d-q*(5*q-4)
	}
	return f, w, d, n
}
