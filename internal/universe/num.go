package universe

import "math"

// The functions of package math are not bit-identical everywhere: some are
// written in assembly on some machines, and the compiler may join a product
// and a sum into one rounding. Square roots, rounding and the four operations
// are exact by IEEE 754. What else is needed stands here, made of these, with
// every product that is added to something rounded first by a conversion,
// which the language specification says prevents the joining.

// poly evaluates c[0] + c[1]x + c[2]x² + ...
func poly(x float64, c []float64) float64 {
	v := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		v = float64(v*x) + c[i]
	}
	return v
}

// Taylor series, long enough for the reduced ranges they are used on.
var (
	sinC  = alternating(11, 1)
	cosC  = alternating(11, 0)
	expC  = factorials(16)
	atanC = oddAlternating(22)
)

// alternating gives the coefficients of sin(x)/x (start 1) or cos(x) (start 0) in x².
func alternating(n, start int) []float64 {
	c := make([]float64, n)
	v, k := 1.0, float64(start)
	for i := range c {
		c[i] = v
		v /= -(k + 1) * (k + 2)
		k += 2
	}
	return c
}

func factorials(n int) []float64 {
	c := make([]float64, n)
	v := 1.0
	for i := range c {
		c[i] = v
		v /= float64(i + 1)
	}
	return c
}

// oddAlternating gives those of atan(x)/x in x².
func oddAlternating(n int) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = 1 / float64(2*i+1)
		if i%2 == 1 {
			c[i] = -c[i]
		}
	}
	return c
}

// sincos returns sine and cosine. The argument is reduced to within a quarter
// turn; it should be below 1e6.
func sincos(x float64) (sin, cos float64) {
	const piHi, piLo = 1.57079632673412561417, 6.07710050650619224932e-11 // pi/2 in two parts
	n := math.Round(x / (math.Pi / 2))
	r := x - float64(n*piHi) - float64(n*piLo)
	r2 := r * r
	s, c := r*poly(r2, sinC), poly(r2, cosC)
	switch int64(n) & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}

// atan2 returns the angle of (x, y), -pi to pi.
func atan2(y, x float64) float64 {
	ax, ay := math.Abs(x), math.Abs(y)
	if ax == 0 && ay == 0 {
		return 0
	}
	var a float64
	if ay > ax {
		a = math.Pi/2 - atan(ax/ay)
	} else {
		a = atan(ay / ax)
	}
	if x < 0 {
		a = math.Pi - a
	}
	return math.Copysign(a, y)
}

// atan is for 0 to 1: two halvings of the angle bring it below 0.2.
func atan(x float64) float64 {
	for range 2 {
		x /= 1 + math.Sqrt(1+float64(x*x))
	}
	return float64(4 * x * poly(x*x, atanC))
}

func acos(x float64) float64 {
	if x >= 1 {
		return 0
	}
	if x <= -1 {
		return math.Pi
	}
	return atan2(math.Sqrt((1-x)*(1+x)), x)
}

func asin(x float64) float64 { return math.Pi/2 - acos(x) }

// exp is e to the power x, for |x| below 700.
func exp(x float64) float64 {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	n := math.Round(x / math.Ln2)
	r := x - float64(n*ln2Hi) - float64(n*ln2Lo)
	return math.Ldexp(poly(r, expC), int(n))
}

// ln is the natural logarithm of a positive number.
func ln(x float64) float64 {
	frac, e := math.Frexp(x) // 0.5 to 1
	if frac < math.Sqrt2/2 {
		frac, e = frac*2, e-1
	}
	s := (frac - 1) / (frac + 1) // |s| < 0.172
	s2 := s * s
	sum, term := 0.0, s
	for k := 1.0; k < 26; k += 2 {
		sum += term / k
		term *= s2
	}
	return float64(2*sum) + float64(float64(e)*math.Ln2)
}

// pow is x to the power p, x positive.
func pow(x, p float64) float64 { return exp(p * ln(x)) }

// pow10 is 10 to the power p.
func pow10(p float64) float64 { return exp(p * math.Ln10) }

// decimals rounds to so many digits behind the point.
func decimals(x float64, digits int) float64 {
	scale := 1.0
	for range digits {
		scale *= 10
	}
	return math.Round(x*scale) / scale
}
