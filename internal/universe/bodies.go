package universe

import (
	"fmt"
	"math"

	"exoplanetai/internal/exo"
)

// names are what a star's planets are called: 0 and "" where they are not.
type names struct {
	koi, toi int
	host     string
}

// name hands out the next names for a star.
func (s *star) name(n *naming, count int, catalog exo.Catalog, kind string) names {
	var given names
	switch catalog {
	case exo.KIC:
		given.koi = firstKOI + n.koi
		n.koi++
		if s.number(exo.TIC) != 0 && n.toiRows+count <= rowsTOI {
			given.toi = firstTOI + n.toi
			n.toi++
		}
		if kind == confirmed {
			given.host = fmt.Sprintf("Kepler-%d", firstKepler+n.kepler)
			n.kepler++
		}
	case exo.TIC:
		given.toi = firstTOI + n.toi
		n.toi++
		given.host = fmt.Sprintf("TOI-%d", given.toi)
	case exo.EPIC:
		if kind == confirmed {
			given.host = fmt.Sprintf("K2-%d", firstK2+n.k2)
			n.k2++
		}
	}
	return given
}

// fill gives the star its planets, all of one disposition.
func (s *star) fill(c chance, n *naming, count int, catalog exo.Catalog) {
	kind := disposition(c, catalog)
	period := c.logBetween(0.8, 14)
	given := s.name(n, count, catalog, kind)
	if given.host != "" {
		s.Aliases = append(s.Aliases, given.host)
	}
	for i := range count {
		b := s.orbiting(c, period, kind)
		period *= c.between(1.7, 3.1)
		if given.koi != 0 {
			b.KOI = fmt.Sprintf("K%05d.%02d", given.koi, i+1)
		}
		if given.toi != 0 {
			b.TOI = fmt.Sprintf("%d.%02d", given.toi, i+1)
		}
		if kind == confirmed && given.host != "" {
			b.Name = given.host + " " + string(rune('b'+i))
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
