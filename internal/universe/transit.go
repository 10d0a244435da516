package universe

import "math"

// shape is a transit's light curve: the flux lost as a function of the
// distance between the centres of planet and star, in stellar radii, for
// quadratic limb darkening (the model of Mandel & Agol 2002).
type shape struct {
	k    float64   // planet's radius over the star's
	step float64   // distance between the nodes of loss
	loss []float64 // share of the star's light that is hidden, at i*step
}

const shapeNodes = 400

// gauss16 are the nodes and weights of Gauss-Legendre integration on 0 to 1,
// positive half mirrored about 1/2.
var gaussX = [...]float64{
	0.09501250983763744, 0.28160355077925891, 0.45801677765722739, 0.61787624440264375,
	0.75540440835500303, 0.86563120238783174, 0.94457502307323258, 0.98940093499164993,
}

var gaussW = [...]float64{
	0.18945061045506850, 0.18260341504492359, 0.16915651939500254, 0.14959598881657673,
	0.12462897125553387, 0.09515851168249278, 0.06225352393864789, 0.02715245941175409,
}

// newShape tabulates the loss for a planet of radius k.
func newShape(k, u1, u2 float64) shape {
	s := shape{k: k, step: (1 + k) / (shapeNodes - 1), loss: make([]float64, shapeNodes+2)}
	for i := range shapeNodes - 1 {
		s.loss[i] = hidden(float64(i)*s.step, k, u1, u2)
	}
	return s
}

// at returns the share of light hidden at the distance z, by cubic
// interpolation.
func (s shape) at(z float64) float64 {
	x := z / s.step
	if x >= shapeNodes-1 {
		return 0
	}
	i := int(x)
	t := x - float64(i)
	p1, p2, p3 := s.loss[i], s.loss[i+1], s.loss[i+2]
	p0 := s.loss[1] // the curve is even about 0
	if i > 0 {
		p0 = s.loss[i-1]
	}
	a := (p3 - p0) + float64(3*(p1-p2))
	b := float64(2*p0) - float64(5*p1) + float64(4*p2) - p3
	v := p1 + float64(0.5*t*(p2-p0+float64(t*(b+float64(t*a)))))
	return max(v, 0)
}

// hidden integrates the star's brightness over the part of its disc behind the
// planet, ring by ring. The ends of the rings' range are where the covered arc
// grows like a square root, so the range is run through by a sine.
func hidden(z, k, u1, u2 float64) float64 {
	total := math.Pi * (1 - u1/3 - u2/6)
	lo, hi := math.Abs(z-k), min(z+k, 1)
	sum := 0.0
	if z < k { // rings wholly covered
		full := min(k-z, 1)
		sum = ringIntegral(full, u1, u2)
		lo = full
	}
	if hi > lo {
		sum += arcs(z, k, lo, hi, u1, u2)
	}
	return sum / total
}

// ringIntegral is the light of the disc within radius r.
func ringIntegral(r, u1, u2 float64) float64 {
	mu := math.Sqrt(max(0, 1-float64(r*r)))
	// integral of (1 - u1(1-mu) - u2(1-mu)^2) 2 pi r dr, with mu dmu = -r dr
	f := func(m float64) float64 {
		flat := float64((1 - u1 - u2) * m * m / 2)
		return flat + float64((u1+float64(2*u2))*m*m*m/3) - float64(u2*m*m*m*m/4)
	}
	return 2 * math.Pi * (f(1) - f(mu))
}

func arcs(z, k, lo, hi, u1, u2 float64) float64 {
	const panels = 2
	sum := 0.0
	mid, half := float64((lo+hi)/2), float64((hi-lo)/2)
	for p := range panels {
		for i, x := range gaussX {
			for _, sign := range [...]float64{-1, 1} {
				u := float64((float64(p) + 0.5 + float64(sign*x/2)) / panels) // 0 to 1
				sin, cos := sincos(math.Pi * (u - 0.5))
				r := mid + float64(half*sin)
				arg := (float64(r*r) + float64(z*z) - float64(k*k)) / (2 * r * z)
				m := 1 - math.Sqrt(max(0, 1-float64(r*r)))
				bright := 1 - float64(u1*m) - float64(u2*m*m)
				sum += float64(gaussW[i] / panels * bright * r * acos(arg) * half * math.Pi * cos)
			}
		}
	}
	return sum
}

// orbit is a circular orbit as seen by a transit.
type orbit struct {
	epoch, period float64 // days
	b2            float64 // impact parameter squared
	a2            float64 // semi-major axis squared, stellar radii
	half          float64 // half the duration, days
}

// newOrbit finds the orbit whose transit lasts so many days from first to
// fourth contact.
func newOrbit(epoch, period, duration, impact, k float64) orbit {
	o := orbit{epoch: epoch, period: period, b2: impact * impact, half: duration / 2}
	sin, cos := sincos(math.Pi * duration / period)
	reach := float64((1 + k) * (1 + k))
	o.a2 = (reach - float64(o.b2*cos*cos)) / float64(sin*sin)
	return o
}

// distance returns the projected distance of the centres at time t, in stellar
// radii; +Inf away from the transit.
func (o orbit) distance(t float64) float64 {
	dt := t - o.epoch
	dt -= float64(math.Round(dt/o.period) * o.period)
	if math.Abs(dt) > o.half {
		return math.Inf(1)
	}
	sin, cos := sincos(2 * math.Pi * dt / o.period)
	return math.Sqrt(float64(o.a2*sin*sin) + float64(o.b2*cos*cos))
}

// near reports whether the exposure may touch a transit.
func (o orbit) near(t, exposure float64) bool {
	dt := t - o.epoch
	dt -= float64(math.Round(dt/o.period) * o.period)
	return math.Abs(dt) <= o.half+exposure
}

// transit is a planet ready to be put into a light curve.
type transit struct {
	orbit
	shape
}

// newTransit prepares a planet.
func newTransit(p Planet, u1, u2 float64) transit {
	k := ratioOf(p, u1, u2)
	period := p.PeriodDays
	if period == 0 { // a single transit: the next is far away
		period = 3000
	}
	return transit{newOrbit(p.EpochBJD, period, p.DurationH/24, p.Impact, k), newShape(k, u1, u2)}
}

// ratioOf finds the radius ratio that gives the depth at mid-transit, by
// bisection.
func ratioOf(p Planet, u1, u2 float64) float64 {
	depth := p.DepthPPM * 1e-6
	lo, hi := max(1e-4, p.Impact-1), 0.9
	for range 40 {
		k := (lo + hi) / 2
		if hidden(p.Impact, k, u1, u2) < depth {
			lo = k
		} else {
			hi = k
		}
	}
	return (lo + hi) / 2
}

// mean returns the share of light hidden, averaged over an exposure around t
// by the midpoint rule with n parts.
func (tr transit) mean(t, exposure float64, n int) float64 {
	if !tr.near(t, exposure) {
		return 0
	}
	sum := 0.0
	for i := range n {
		at := t + float64(exposure*((float64(i)+0.5)/float64(n)-0.5))
		sum += tr.at(tr.distance(at))
	}
	return sum / float64(n)
}
