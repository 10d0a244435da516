package universe

import (
	"fmt"
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
	impactErr                             float64
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

// fill gives the star its planets, all in one plane.
func (s *star) fill(c chance, n *naming, count int, catalog exo.Catalog) {
	kind := disposition(c, catalog)
	period := c.logBetween(0.8, 14)
	koi, toi := 0, 0
	var host string
	switch catalog {
	case exo.KIC:
		koi = firstKOI + n.koi
		n.koi++
		if s.number(exo.TIC) != 0 && n.toiRows+count <= rowsTOI {
			toi = firstTOI + n.toi
			n.toi++
		}
		if kind == confirmed {
			host = fmt.Sprintf("Kepler-%d", firstKepler+n.kepler)
			n.kepler++
		}
	case exo.TIC:
		toi = firstTOI + n.toi
		n.toi++
		host = fmt.Sprintf("TOI-%d", toi)
	default:
		host = s.ID.String()
		if kind == confirmed {
			host = fmt.Sprintf("K2-%d", firstK2+n.k2)
			n.k2++
		}
	}
	if host != "" && host != s.ID.String() {
		s.Aliases = append(s.Aliases, host)
	}
	for i := range count {
		b := s.orbiting(c, period, kind)
		period *= c.between(1.7, 3.1)
		if koi != 0 {
			b.KOI = fmt.Sprintf("K%05d.%02d", koi, i+1)
		}
		if toi != 0 {
			b.TOI = fmt.Sprintf("%d.%02d", toi, i+1)
		}
		if kind == confirmed && host != "" {
			b.Name = host + " " + string(rune('b'+i))
		}
		b.tce = i + 1
		if catalog == exo.TIC && i == count-1 && c.oneIn(40) { // one transit only
			b.PeriodDays, b.periodErr = 0, 0
		}
		s.add(b)
		n.count(b)
	}
}

func disposition(c chance, catalog exo.Catalog) string {
	x := c.intn(100)
	switch {
	case catalog == exo.KIC && x < 50, catalog == exo.TIC && x < 18, catalog == exo.EPIC && x < 14:
		return falsePositive
	case catalog == exo.KIC && x < 79, catalog == exo.TIC && x < 36, catalog == exo.EPIC && x < 55:
		return confirmed
	}
	return candidate
}

const earthRadiiPerSun, auPerSunRadius = 109.1, 1 / 215.032

// orbiting makes a body with a transit. Numbers are rounded to what the tables
// print, so that these state the very transit of the light curves.
func (s *star) orbiting(c chance, period float64, kind string) *body {
	b := &body{}
	b.Disposition = kind
	b.PeriodDays = decimals(period, 7)
	b.Impact = decimals(c.between(0.02, 0.8), 3)
	rade := c.logBetween(1.1, 4.5)
	if c.oneIn(6) {
		rade = c.between(8, 14)
	}
	if kind == falsePositive { // an eclipsing star
		rade = c.logBetween(9, 40)
	}
	k := min(rade/(earthRadiiPerSun*s.Radius), 0.45)
	u1, u2 := s.u()
	b.DepthPPM = significant(1e6*hidden(b.Impact, k, u1, u2), 5)
	years := b.PeriodDays / 365.25
	au := pow(s.Mass*years*years, 1.0/3)
	a := au / (auPerSunRadius * s.Radius)
	reach := float64((1 + k) * (1 + k))
	impact2 := float64(b.Impact * b.Impact)
	b.DurationH = decimals(24*b.PeriodDays/math.Pi*asin(math.Sqrt((reach-impact2)/(float64(a*a)-impact2))), 4)
	b.EpochBJD = decimals(s.era()+float64(c.between(0.05, 0.95)*b.PeriodDays), 6)
	b.RadiusRatio = decimals(k, 6)
	b.rade = decimals(earthRadiiPerSun*s.Radius*k, 2)
	b.radeErr = decimals(float64(b.rade*c.between(0.04, 0.12))+0.01, 2)
	lum := float64(s.Radius*s.Radius) * pow(s.Teff/5772, 4)
	b.insol = decimals(lum/(au*au), 2)
	b.insolErr = decimals(float64(b.insol*c.between(0.1, 0.3))+0.01, 2)
	b.teq = math.Round(278.5 * pow(lum/(au*au), 0.25) * 0.9)
	b.snr = decimals(c.between(9, 60)*math.Sqrt(b.DepthPPM/500), 1)
	b.periodErr = significant(b.PeriodDays*2e-4/b.snr, 4)
	b.epochErr = decimals(b.DurationH/24/b.snr+1e-6, 6)
	b.durErr = decimals(b.DurationH/b.snr+1e-4, 4)
	b.depthErr = significant(b.DepthPPM/b.snr, 4)
	b.impactErr = decimals(c.between(0.05, 0.4), 3)
	s.verdicts(c, b)
	return b
}

// era is where the epochs of a mission's objects lie.
func (s *star) era() float64 {
	switch s.ID.Catalog {
	case exo.KIC:
		return 2454833 + 131
	case exo.EPIC:
		return 2454833 + 1980
	}
	return 2457000 + 1325
}

// verdicts sets what the vetters of the tables say.
func (s *star) verdicts(c chance, b *body) {
	b.pdisp = candidate
	score := c.between(0.7, 1)
	switch b.Disposition {
	case falsePositive:
		b.pdisp = falsePositive
		b.flags[c.intn(4)] = 1
		score = c.between(0, 0.3)
		b.tfop, b.tess = "FP", "EB"
	case confirmed:
		b.tfop, b.tess = []string{"CP", "KP"}[c.intn(2)], "PC"
	default:
		score = c.between(0.2, 1)
		b.tfop, b.tess = []string{"PC", "PC", "PC", "PC", "APC"}[c.intn(5)], "PC"
	}
	b.score = fmt.Sprintf("%.4f", score)
	if c.oneIn(6) {
		b.score = "" // as in one row of six of the real table
	}
	b.created = date(c, 2019, 2) + clockTime(c)
	b.updated = date(c, 2022, 3) + " 10:08:0" + string(rune('0'+c.intn(6)))
	b.source = "spoc-s01-s69-b0A"
	b.comment = []string{"", "potential multi", "V-shaped; possible EB", "on-target in TICv8, centroid good", "first sector only; \"clean\" transits"}[c.intn(5)]
}

func date(c chance, year, years int) string {
	return fmt.Sprintf("%d-%02d-%02d", year+c.intn(years), 1+c.intn(12), 1+c.intn(28))
}

func clockTime(c chance) string {
	return fmt.Sprintf(" %02d:%02d:%02d", c.intn(24), c.intn(60), c.intn(60))
}

// finish sets what is made alike for known and made-up stars.
func (s *star) finish(c chance) {
	s.gaia = 1<<62 - 1 - c.src.Uint64()>>8
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
