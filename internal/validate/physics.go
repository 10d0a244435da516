package validate

import "math"

// Constants of the relations. Ratios of the nominal values of IAU 2015
// resolution B3; the gravity of the Sun is log10 of its GM/R² in cm/s².
const (
	earthInSun  = 0.009167 // equatorial radius of the Earth in solar radii
	sunInAU     = 0.00465047
	sunLogG     = 4.438
	sunTeff     = 5772.0
	earthTeq255 = 254.9 // K: equilibrium temperature at 1 solar constant, albedo 0.3, heat carried round
	yearDays    = 365.25
	jupiterR    = 11.209 // Earth radii, equatorial
	jupiterM    = 317.83 // Earth masses
	sunDensity  = 1.41   // g/cm³
	earthDens   = 5.513  // g/cm³
	keplerZero  = 2454833.0
)

// pow10 is 10^x.
func pow10(x float64) float64 { return math.Exp(x * math.Ln10) }

// massOf is the mass of a star from the logarithm of its gravity and its radius,
// in solar units: g ∝ M/R².
func massOf(x []float64) float64 { return pow10(x[0]-sunLogG) * x[1] * x[1] }

// axisOf is the semi-major axis in AU from the star's mass and the period in
// days: a³ = M P² (Kepler's third law; the planet's mass is left out).
func axisOf(x []float64) float64 {
	p := x[1] / yearDays
	return math.Cbrt(x[0] * p * p)
}

// radiiOf is the ratio of the radii from the planet's, in Earth radii, and the
// star's, in solar radii.
func radiiOf(x []float64) float64 { return x[0] * earthInSun / x[1] }

// depthOf is the square root of the depth, given in ppm: the ratio of the radii
// but for limb darkening and dilution.
func depthOf(x []float64) float64 { return math.Sqrt(x[0] * 1e-6) }

// distanceOf is a/R★ from the axis in AU and the star's radius.
func distanceOf(x []float64) float64 { return x[0] / (x[1] * sunInAU) }

// crossingOf is the time in hours that a planet takes for the diameter of the
// star on a circular orbit, P/π · R★/a.
func crossingOf(x []float64) float64 { return 24 * x[0] / (math.Pi * x[1]) }

// ratio of the first number to the second; no ratio to zero.
func ratio(x []float64) float64 { return over(x[0], x[1]) }

func over(a, b float64) float64 {
	if b == 0 {
		return nan
	}
	return a / b
}

func difference(x []float64) float64 { return x[0] - x[1] }

func product(x []float64) float64 { return x[0] * x[1] }

// dayShare is a duration in hours over a period in days.
func dayShare(x []float64) float64 { return over(x[0], 24*x[1]) }

// depthRatio is (Rp/R★)/√depth of a transit that is not grazing: x has the ratio
// of the radii, √depth and the impact parameter.
func depthRatio(x []float64) float64 {
	if x[2] > 0.8 {
		return nan
	}
	return over(x[0], x[1])
}

// grazing is the same for the others.
func grazing(x []float64) float64 {
	if x[2] <= 0.8 {
		return nan
	}
	return over(x[0], x[1])
}

// impactLeft is b − k: a transit needs b < 1 + k.
func impactLeft(x []float64) float64 { return x[0] - x[1] }

// crossing is the duration over the time for the diameter of the star, with the
// planet's size: x has duration, crossing time, ratio of the radii, alive.
func crossing(x []float64) float64 {
	if x[3] == 0 || x[1] == 0 {
		return nan
	}
	return x[0] / (x[1] * (1 + min(x[2], 1)))
}

// warmth is Teq/S^¼ in K.
func warmth(x []float64) float64 {
	if x[1] <= 0 {
		return nan
	}
	return x[0] / math.Sqrt(math.Sqrt(x[1]))
}

// starWarmth is Teq / (Teff √(R★/2a)), which is ((1−A) f)^¼.
func starWarmth(x []float64) float64 {
	if x[2] <= 0 || x[1] <= 0 {
		return nan
	}
	return x[0] / (x[1] * math.Sqrt(1/(2*x[2])))
}

// sunlight is the insolation over (Teff/T☉)⁴ R★²/a²: x has insolation, Teff,
// R★, a.
func sunlight(x []float64) float64 {
	t := x[1] / sunTeff
	s := t * t * t * t * x[2] * x[2] / (x[3] * x[3])
	return over(x[0], s)
}

// unlessDead is the value of rows that may be planets.
func unlessDead(x []float64) float64 {
	if x[1] == 0 {
		return nan
	}
	return x[0]
}

// ppmOfMmag is the depth in ppm over what the depth in mmag makes.
func ppmOfMmag(x []float64) float64 {
	return over(x[0], 1e6*(1-pow10(-0.4*x[1]/1000)))
}

// gravity is g by mass and radius over g as given: x has log g, M, R.
func gravity(x []float64) float64 {
	if x[2] <= 0 || x[1] <= 0 {
		return nan
	}
	return x[0] - sunLogG - math.Log10(x[1]/(x[2]*x[2]))
}

// luminosity is log L less that by temperature and radius: x has log L, Teff, R.
func luminosity(x []float64) float64 {
	if x[1] <= 0 || x[2] <= 0 {
		return nan
	}
	return x[0] - math.Log10(x[2]*x[2]*math.Pow(x[1]/sunTeff, 4))
}

// planetDensity is ρ over 5.513 M/R³, starDensity over 1.41 M/R³.
func planetDensity(x []float64) float64 { return over(x[0], earthDens*x[1]/(x[2]*x[2]*x[2])) }

func starDensity(x []float64) float64 { return over(x[0], sunDensity*x[1]/(x[2]*x[2]*x[2])) }

// orbitDensity is ρ★ over 3π/(G P²) (a/R★)³: x has ρ in g/cm³, P in days, a/R★.
func orbitDensity(x []float64) float64 {
	const g3pi = 0.018919 // 3π/G in g/cm³ d²
	return over(x[0]*x[1]*x[1], g3pi*x[2]*x[2]*x[2])
}

// inclined is b less (a/R★) cos i: x has b, a/R★, i in degrees.
func inclined(x []float64) float64 { return x[0] - x[1]*math.Cos(x[2]*degree) }

// kicStrips is the declination at which the KIC's numbers 750000, 1250000 and on
// lie: it counts along strips of declination (Brown et al. 2011, section 2).
// Made of the positions of all KOIs, which lie within 0.1 degrees of it.
var kicStrips = [...]float64{36.56, 36.93, 37.28, 37.61, 37.98, 38.36, 38.85, 39.34, 39.84, 40.41, 40.99, 41.60, 42.22, 42.81, 43.44, 44.17, 44.94, 45.69, 46.52, 47.32, 48.06, 48.95, 49.92, 50.92, 51.96}

// kicDeclination is the declination less that of the star's number in the KIC.
func kicDeclination(x []float64) float64 {
	k := (x[1] - 750000) / 500000
	if k < 0 || k > float64(len(kicStrips)) {
		return nan
	}
	at := min(int(k), len(kicStrips)-2)
	f := k - float64(at)
	return x[0] - (kicStrips[at]*(1-f) + kicStrips[at+1]*f)
}

// verdictPair is the archive's verdict less Kepler's: 1 planet or candidate, 0
// false positive.
func verdictPair(x []float64) float64 { return x[0] - x[1] }

// flagged is the number of flags set, where Kepler's verdict is a false positive
// (1 and more are right), and less their number where it is a candidate: x has
// the verdict and four flags.
func flagged(x []float64) float64 {
	n := 0.0
	for _, f := range x[1:] {
		if f != 0 {
			n++
		}
	}
	if x[0] == 1 {
		return 1 - n
	}
	return n
}

// scored is the score of a candidate, and 1 − score of a false positive.
func scored(x []float64) float64 {
	if x[1] == 1 {
		return x[0]
	}
	return 1 - x[0]
}

// scoreOfConfirmed is the score of the confirmed.
func scoreOfConfirmed(x []float64) float64 {
	if x[1] != 2 {
		return nan
	}
	return x[0]
}

// namedConfirmed is how much the verdict says confirmed less whether the object
// has a planet's name.
func namedConfirmed(x []float64) float64 {
	if x[0] == 2 {
		return 1 - x[1]
	}
	return -x[1]
}
