package periodogram

import (
	"math"

	"exoplanetai/internal/exo"
)

// MaxTransits is how many transits Stats counts.
const MaxTransits = 1_000_000

// Measure is a number with its error, one sigma. Without points to measure it
// by, the value is 0 and the error infinite.
type Measure struct{ Value, Err float64 }

// Transit is one passage of a box.
type Transit struct {
	Time          float64 // days, middle
	Points        int     // inside
	LogLikelihood float64 // of the box against the flux outside
}

// Stats is what tells a planet from a binary, a blend and a wave, as astropy's
// BoxLeastSquares.compute_stats.
type Stats struct {
	Depth       Measure // of the box
	DepthOdd    Measure // of the 1st, 3rd, 5th … transit after TransitTime
	DepthEven   Measure // of the others: differs from DepthOdd if the period is twice this one
	DepthHalf   Measure // with half the period: as deep as Depth if the period is half this one
	DepthPhased Measure // half a period later: an eclipse there is no planet's

	HarmonicAmplitude          float64 // of the sine of this period that fits best
	HarmonicDeltaLogLikelihood float64 // of the sine against the box; positive: rather a wave than a transit

	Transits []Transit // from the first to the last that has points
}

// part is the weighted sum of some points.
type part struct{ w, wy float64 }

func (p *part) add(w, y float64) { p.w, p.wy = p.w+w, p.wy+w*y }

// depth is how much fainter in is than out.
func depth(in, out part) Measure {
	if in.w == 0 || out.w == 0 {
		return Measure{0, math.Inf(1)}
	}
	return Measure{out.wy/out.w - in.wy/in.w, math.Sqrt(1/in.w + 1/out.w)}
}

// parts are the points of the five models.
type parts struct{ in, out, odd, even, phased, notPhased, half, notHalf part }

// Stats describes a box. exo.Invalid for a box that means nothing, is longer
// than its period or has no point inside; exo.TooLarge above MaxTransits.
func (c *Curve) Stats(b Box) (Stats, error) {
	if err := c.check(b); err != nil {
		return Stats{}, err
	}
	sums := c.parts(b)
	if sums.in.w == 0 {
		return Stats{}, exo.Errorf("periodogram.Stats", exo.Invalid, nil, "no point is inside the box of %.6g days every %.6g days", b.Duration, b.Period)
	}
	s := Stats{
		Depth: depth(sums.in, sums.out), DepthOdd: depth(sums.odd, sums.out), DepthEven: depth(sums.even, sums.out),
		DepthHalf: depth(sums.half, sums.notHalf), DepthPhased: depth(sums.phased, sums.notPhased),
	}
	boxLikelihood := c.transits(b, sums, &s)
	amplitude, sine := c.sine(b.Period)
	s.HarmonicAmplitude, s.HarmonicDeltaLogLikelihood = amplitude, sine-boxLikelihood
	return s, nil
}

func (c *Curve) check(b Box) error {
	const op = "periodogram.Box"
	switch {
	case !positive(b.Period) || !positive(b.Duration) || !finite(b.TransitTime):
		return exo.Errorf(op, exo.Invalid, nil, "period %g, duration %g and transit time %g days are no box", b.Period, b.Duration, b.TransitTime)
	case !(math.Abs((c.t[0]-b.TransitTime)/b.Period) < 1e12):
		return exo.Errorf(op, exo.Invalid, nil, "the transit time %g is too far from the light curve, which starts at %g days", b.TransitTime, c.t[0])
	case !(b.Period > b.Duration):
		return exo.Errorf(op, exo.Invalid, nil, "the period %g days is not longer than the duration, %g days", b.Period, b.Duration)
	case c.Baseline()/b.Period > MaxTransits:
		return exo.Errorf(op, exo.TooLarge, nil, "a period of %g days has more than %d transits in the light curve", b.Period, MaxTransits)
	}
	return nil
}

// modulo is x modulo m, from 0 to m.
func modulo(x, m float64) float64 {
	r := math.Mod(x, m)
	if r < 0 {
		r += m
	}
	return r
}

// inside tells whether a point is in transit.
func (b Box) inside(t float64) bool {
	half := 0.5 * b.Period
	return math.Abs(modulo(t-b.TransitTime+half, b.Period)-half) < 0.5*b.Duration
}

func (c *Curve) parts(b Box) (p parts) {
	half, reach := 0.5*b.Period, 0.5*b.Duration
	for i, t := range c.t {
		w, y := c.w[i], c.y[i]
		in := b.inside(t)
		phased := math.Abs(modulo(t-b.TransitTime, b.Period)-half) < reach
		if in {
			p.in.add(w, y)
		} else {
			p.out.add(w, y)
		}
		if phased {
			p.phased.add(w, y)
		} else if !in {
			p.notPhased.add(w, y)
		}
		if math.Abs(modulo(t-b.TransitTime, 2*b.Period)-b.Period) < reach {
			p.odd.add(w, y)
		}
		if math.Abs(modulo(t-b.TransitTime+b.Period, 2*b.Period)-b.Period) < reach {
			p.even.add(w, y)
		}
		if math.Abs(modulo(t-b.TransitTime+0.5*half, half)-0.5*half) < reach {
			p.half.add(w, y)
		} else {
			p.notHalf.add(w, y)
		}
	}
	return p
}

// transits lists the transits, and returns the likelihood of the box.
func (c *Curve) transits(b Box, sums parts, s *Stats) (likelihood float64) {
	outside := 0.0
	if sums.out.w > 0 {
		outside = sums.out.wy / sums.out.w
	}
	within := outside - s.Depth.Value
	number := func(t float64) float64 { return math.RoundToEven((t - b.TransitTime) / b.Period) }
	first := math.NaN()
	for i, t := range c.t {
		w, in, out := c.w[i], c.y[i]-within, c.y[i]-outside
		if !b.inside(t) {
			likelihood -= 0.5 * w * out * out
			continue
		}
		if math.IsNaN(first) {
			first = number(t)
		}
		k := int(number(t) - first)
		for len(s.Transits) <= k {
			s.Transits = append(s.Transits, Transit{Time: b.Period*(first+float64(len(s.Transits))) + b.TransitTime})
		}
		s.Transits[k].Points++
		s.Transits[k].LogLikelihood += -0.5 * w * (in*in - out*out)
		likelihood -= 0.5 * w * in * in
	}
	return likelihood
}

// sine fits a sine of a period and a level, and returns the amplitude and the
// likelihood of the fit. The level is taken about the mean, and the phase from
// the first point, so that no digits are lost.
func (c *Curve) sine(period float64) (amplitude, likelihood float64) {
	var all part
	for i, w := range c.w {
		all.add(w, c.y[i])
	}
	mean := all.wy / all.w
	row := func(i int) [4]float64 {
		sin, cos := math.Sincos(2 * math.Pi * (c.t[i] - c.t[0]) / period)
		return [4]float64{sin, cos, 1, c.y[i] - mean}
	}
	var m [3][4]float64 // normal equations, with the right side
	for i, w := range c.w {
		r := row(i)
		for j := range m {
			for k := range r {
				m[j][k] += w * r[j] * r[k]
			}
		}
	}
	a := solve(m)
	for i, w := range c.w {
		r := row(i)
		d := r[3] - a[0]*r[0] - a[1]*r[1] - a[2]
		likelihood -= 0.5 * w * d * d
	}
	return math.Hypot(a[0], a[1]), likelihood
}

// solve solves three equations by elimination with pivots; what the points do
// not determine is 0.
func solve(m [3][4]float64) (a [3]float64) {
	scale := max(math.Abs(m[0][0]), math.Abs(m[1][1]), math.Abs(m[2][2]))
	for k := range m {
		for j := k + 1; j < 3; j++ {
			if math.Abs(m[j][k]) > math.Abs(m[k][k]) {
				m[j], m[k] = m[k], m[j]
			}
		}
		if math.Abs(m[k][k]) <= scale*0x1p-50 {
			m[k] = [4]float64{}
			m[k][k] = 1
		}
		for j := k + 1; j < 3; j++ {
			f := m[j][k] / m[k][k]
			for l := k; l < 4; l++ {
				m[j][l] -= f * m[k][l]
			}
		}
	}
	for k := 2; k >= 0; k-- {
		a[k] = m[k][3]
		for l := k + 1; l < 3; l++ {
			a[k] -= m[k][l] * a[l]
		}
		a[k] /= m[k][k]
	}
	return a
}
