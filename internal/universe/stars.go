package universe

import (
	"math"
	"slices"

	"exoplanetai/internal/exo"
)

// The dispositions of a body.
const (
	confirmed     = "CONFIRMED"
	candidate     = "CANDIDATE"
	falsePositive = "FALSE POSITIVE"
)

// star is a star with what only its tables and files need.
type star struct {
	Star
	bodies []*body

	pmRA, pmDec        float64 // mas/yr
	teffErr, teffLow   float64 // 0: not given; low 0: as the upper one
	radErr, radLow     float64
	loggErr, loggLow   float64
	massErr            float64
	pmRAErr, pmDecErr  float64 // mas/yr
	distErr            float64
	met                float64
	magErr             float64
	tessMag            float64 // 0: Mag is one, or made from it
	rotation, spots    float64 // days; relative amplitude
	sectors, campaigns string  // comma lists
	gaia               uint64
}

// body is a planet or candidate with what only its tables need. Errors are
// positive; a lower error of 0 is as the upper one, an upper one of 0 is null.
type body struct {
	Planet
	star *star

	periodErr, epochErr, durErr, depthErr float64
	impactErr, impactLow                  float64
	rade, radeErr, radeLow                float64 // Earth radii
	teq, teqErr                           float64 // kelvin
	insol, insolErr, insolLow             float64 // Earth flux
	snr                                   float64
	flags                                 [4]int
	pdisp, score                          string // KOI; score "" is null
	tce                                   int
	tfop, tess                            string // TOI dispositions
	created, updated, source, comment     string // TOI
}

func (s *star) add(bodies ...*body) {
	for _, b := range bodies {
		b.star = s
		s.bodies = append(s.bodies, b)
	}
}

// number returns the star's number in a catalog, 0 if it has none.
func (s *star) number(c exo.Catalog) uint64 {
	if s.ID.Catalog == c {
		return s.ID.Number
	}
	for _, id := range s.Other {
		if id.Catalog == c {
			return id.Number
		}
	}
	return 0
}

// tmag returns the TESS magnitude.
func (s *star) tmag() float64 {
	switch {
	case s.tessMag != 0:
		return s.tessMag
	case s.ID.Catalog == exo.TIC:
		return s.Mag
	}
	return decimals(s.Mag-0.45, 4)
}

// u returns the coefficients of quadratic limb darkening, a straight line
// through the values for an M dwarf and an F star.
func (s *star) u() (u1, u2 float64) {
	x := (min(max(s.Teff, 3000), 7000) - 3000) / 4000
	return 0.25 + float64(0.10*x), 0.30 - float64(0.02*x)
}

// How many rows the tables have.
const (
	rowsKOI = 300
	rowsTOI = 300
	rowsK2  = 150
)

// The first numbers of stars and objects that nobody has observed.
const (
	firstKIC, firstEPIC, firstTIC = 90000001, 290000001, 9900000001
	firstKOI, firstTOI            = 9001, 9001
	firstKepler, firstK2          = 9001, 9001
)

// naming counts the names that have been given out.
type naming struct{ kic, epic, tic, koi, toi, kepler, k2, koiRows, toiRows int }

// makeStars returns all stars: the known ones, then those that files need,
// then enough to fill the tables.
func makeStars(seed uint64) []*star {
	c := newChance(seed, "stars")
	stars := known()
	var n naming
	for _, s := range stars {
		for _, b := range s.bodies {
			n.count(b)
		}
	}
	for n.koiRows < rowsKOI {
		s := makeStar(c, exo.KIC, &n)
		s.fill(c, &n, min(planetCount(c), rowsKOI-n.koiRows), exo.KIC)
		stars = append(stars, s)
	}
	for n.toiRows < rowsTOI {
		s := makeStar(c, exo.TIC, &n)
		s.fill(c, &n, min(planetCount(c), rowsTOI-n.toiRows), exo.TIC)
		stars = append(stars, s)
	}
	for range 70 {
		s := makeStar(c, exo.EPIC, &n)
		s.fill(c, &n, min(planetCount(c), 2), exo.EPIC)
		stars = append(stars, s)
	}
	for _, s := range stars {
		s.finish(c)
	}
	return stars
}

func (n *naming) count(b *body) {
	if b.KOI != "" {
		n.koiRows++
	}
	if b.TOI != "" {
		n.toiRows++
	}
}

func planetCount(c chance) int {
	switch c.intn(10) {
	case 0:
		return 3
	case 1, 2:
		return 2
	}
	return 1
}

// makeStar makes a star of the main sequence in the field of its mission.
func makeStar(c chance, catalog exo.Catalog, n *naming) *star {
	s := &star{}
	mass := decimals(c.between(0.4, 1.35), 3)
	s.Mass = mass
	s.Radius = decimals(pow(mass, 0.9)*c.between(0.95, 1.15), 3)
	s.Teff = math.Round(5772 * pow(mass, 0.55) * c.between(0.98, 1.02))
	s.Logg = decimals(4.438+float64(ln(s.Mass/(s.Radius*s.Radius))/math.Ln10), 3)
	s.met = decimals(c.gauss()*0.15, 2)
	s.Mag = decimals(c.between(10.5, 15.2), 3)
	lum := float64(s.Radius*s.Radius) * pow(s.Teff/5772, 4)
	absolute := 4.6 - float64(2.5*ln(lum)/math.Ln10)
	s.Dist = decimals(pow10((s.Mag-absolute+5)/5), 3)
	s.pmRA, s.pmDec = decimals(c.gauss()*12, 3), decimals(c.gauss()*12, 3)
	s.teffErr, s.radErr, s.loggErr = math.Round(c.between(60, 140)), decimals(s.Radius*c.between(0.03, 0.09), 3), decimals(c.between(0.02, 0.1), 3)
	s.massErr, s.magErr = decimals(mass*c.between(0.03, 0.08), 3), decimals(c.between(0.006, 0.03), 3)
	s.rotation, s.spots = c.between(6, 28), c.between(0.0001, 0.0015)
	switch catalog {
	case exo.KIC:
		s.ID = ident(exo.KIC, uint64(firstKIC+n.kic))
		n.kic++
		s.RA, s.Dec = c.between(282, 300), c.between(38, 51)
		if c.oneIn(12) { // seen by TESS, too
			s.Other = append(s.Other, ident(exo.TIC, uint64(firstTIC+n.tic)))
			n.tic++
			s.sectors = "14,15"
		}
	case exo.EPIC:
		s.ID = ident(exo.EPIC, uint64(firstEPIC+n.epic))
		s.place(c, n.epic)
		n.epic++
	default:
		s.ID = ident(exo.TIC, uint64(firstTIC+n.tic))
		n.tic++
		s.RA, s.Dec = c.between(0, 360), asin(c.between(-0.97, -0.42))*180/math.Pi
		s.sectors = []string{"1", "1,27", "1,2", "3", "14"}[c.intn(5)]
	}
	s.RA, s.Dec = decimals(s.RA, 6), decimals(s.Dec, 6)
	return s
}

// place puts a K2 star into the field of its campaign.
func (s *star) place(c chance, i int) {
	switch i % 3 {
	case 0:
		s.campaigns, s.RA, s.Dec = "3", c.between(331, 342), c.between(-17, -5)
	case 1:
		s.campaigns, s.RA, s.Dec = "5", c.between(125, 136), c.between(11, 23)
	default:
		s.campaigns, s.RA, s.Dec = "1", c.between(168, 179), c.between(-4, 8)
	}
}

// finish sets what is made alike for known and made-up stars.
func (s *star) finish(c chance) {
	s.gaia = 1<<62 - 1 - c.src.Uint64()>>8
	if s.pmRAErr == 0 {
		s.pmRAErr, s.pmDecErr = 0.05, 0.05
	}
	if s.distErr == 0 {
		s.distErr = decimals(s.Dist*0.004, 4)
	}
	for _, b := range s.bodies {
		if b.RadiusRatio == 0 {
			u1, u2 := s.u()
			b.RadiusRatio = decimals(ratioOf(b.Planet, u1, u2), 6)
		}
		s.Planets = append(s.Planets, b.Planet)
	}
}

// significant rounds to so many significant digits.
func significant(x float64, digits int) float64 {
	if x == 0 {
		return 0
	}
	e := int(math.Floor(ln(math.Abs(x)) / math.Ln10))
	scale := 1.0
	for range digits - 1 - e {
		scale *= 10
	}
	for range e - digits + 1 {
		scale /= 10
	}
	return math.Round(x*scale) / scale
}

// byID finds a star by any of its numbers.
func byID(stars []*star, id exo.TargetID) *star {
	i := slices.IndexFunc(stars, func(s *star) bool { return s.number(id.Catalog) == id.Number })
	if i < 0 {
		return nil
	}
	return stars[i]
}
