package validate

import (
	"fmt"
	"math"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// The limits of positions, arcseconds, beside what proper motion explains.
const (
	samePlace   = 4.0  // a pixel of Kepler
	otherPlace  = 60.0 // three pixels of TESS
	motionYears = 25.0 // between the epochs of two catalogs, at most
	fewDigits   = 4    // decimals of a degree
)

// position looks at the star's place in the header.
func (c *curve) position() {
	ra, dec := c.lc.RA, c.lc.Dec
	c.look(Coordinates, 2)
	if math.IsNaN(ra) || math.IsNaN(dec) {
		c.find(lcPositionAbsent, "RA_OBJ", "", "the header has no position of the star")
		return
	}
	for _, p := range []struct {
		card     string
		v, lo, u float64
	}{{"RA_OBJ", ra, 0, 360}, {"DEC_OBJ", dec, -90, 90}} {
		wrong := p.v < p.lo || p.v > p.u
		c.values.add(p.card, 1, toInt(wrong))
		if wrong {
			c.find(lcPositionRange, p.card, number(p.v), "%s is %s", p.card, number(p.v))
			ra = math.NaN()
		}
		c.look(Coordinates, 1)
		card, _ := c.f.HDUs[0].Header.Get(p.card)
		if n := decimals(card.Text()); n < fewDigits {
			c.find(lcPositionDigits, p.card, card.Text(), "%s has %d decimals", p.card, n)
		}
	}
	if star, ok := c.star(); ok && !math.IsNaN(ra) {
		c.sameStar(ra, dec, star)
	}
}

// decimals counts the digits behind the point of a number as it is written.
func decimals(s string) int {
	_, behind, _ := strings.Cut(s, ".")
	digits, exponent, _ := strings.Cut(strings.ToUpper(behind), "E")
	n := 0
	fmt.Sscan(exponent, &n) // none leaves 0
	return len(digits) - n
}

// star asks what the catalogs know of the star.
func (c *curve) star() (catalog.Star, bool) {
	if c.o.Star == nil || c.lc.Target.IsZero() {
		return catalog.Star{}, false
	}
	return c.o.Star(c.lc.Target)
}

// sameStar compares the place with the catalog's.
func (c *curve) sameStar(ra, dec float64, star catalog.Star) {
	if math.IsNaN(star.RA) || math.IsNaN(star.Dec) {
		return
	}
	off := separation(ra, dec, star.RA, star.Dec)
	slack := c.motion() * motionYears
	c.look(Coordinates, 1)
	c.relations.add("RA_OBJ", 1, toInt(off > samePlace+slack))
	value := fmt.Sprintf("%.1f″", off)
	switch {
	case off > otherPlace+slack:
		c.find(lcPositionOther, "RA_OBJ", value, "the header's place is %s from where the catalog has %s: another star", apart(off), c.lc.Target)
	case off > samePlace+slack:
		c.find(lcPositionCatalog, "RA_OBJ", value, "the header's place is %s from where the catalog has %s", apart(off), c.lc.Target)
	}
}

// motion returns the proper motion by the header, arcseconds a year: TESS gives
// thousandths of them.
func (c *curve) motion() float64 {
	head := c.f.HDUs[0].Header
	ra, ok1 := head.Float("PMRA")
	dec, ok2 := head.Float("PMDEC")
	pm := math.Hypot(ra, dec)
	if c.lc.Mission == exo.TESS {
		pm /= 1000
	}
	if !ok1 || !ok2 || !(pm <= 15) { // Barnard's star has 10″ a year
		return 0
	}
	return pm
}

// barycentre compares the time correction with the direction of the star. For
// TESS, which goes round the Earth, the correction is known to seconds; for
// Kepler, whose orbit is its own, only its bound.
func (c *curve) barycentre() {
	if c.corr == nil || math.IsNaN(c.lc.RA) || math.IsNaN(c.lc.Dec) {
		return
	}
	const (
		au       = 499.004784 // light seconds
		slack    = 15.0       // seconds: the Sun's distance from the barycentre, 5 s, TESS's orbit, 1.3 s, and room
		tdbUTC   = 67.7       // seconds, 66.2 to 69.2 in Kepler's years; its correction includes them
		farthest = 1.05       // Kepler's largest distance, au
		every    = 500        // rows between two comparisons
	)
	star := direction(c.lc.RA, c.lc.Dec)
	var off marked
	n, worst := 0, 0.0
	for i := 0; i < len(c.corr); i += every {
		t := c.lc.Time[i]
		if !isFinite(t) || !isFinite(c.corr[i]) {
			continue
		}
		n++
		miss := 0.0
		if c.lc.Mission == exo.TESS {
			miss = math.Abs(c.corr[i]*day-au*dot(earth(t+c.lc.Scale.Zero()), star)) - slack
		} else {
			miss = math.Abs(c.corr[i]*day-tdbUTC) - farthest*au*math.Cos(eclipticLatitude(c.lc.RA, c.lc.Dec)*degree) - slack
		}
		if miss > 0 {
			off.add(i)
			worst = max(worst, miss+slack)
		}
	}
	c.look(Coordinates, n)
	c.relations.add(c.corrCol, n, off.n)
	if off.n > 0 {
		c.find(lcBarycentre, c.corrCol, number(c.corr[off.first]), "the correction to the barycentre differs by up to %.0f s from that of the header's place (row %d for one)", worst, off.first+1)
	}
}

// direction is the unit vector of a place, equatorial.
func direction(ra, dec float64) [3]float64 {
	sr, cr := math.Sincos(ra * degree)
	sd, cd := math.Sincos(dec * degree)
	return [3]float64{cd * cr, cd * sr, sd}
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// earth returns where the Earth is from the Sun at a Julian date, in au,
// equatorial J2000, to 1e-3 (Meeus, Astronomical Algorithms, chapter 25, with
// the precession of chapter 21 taken off).
func earth(jd float64) [3]float64 {
	const obliquity = 23.4392911 * degree // J2000
	t := (jd - 2451545) / 36525
	anomaly := (357.52911 + 35999.05029*t) * degree
	centre := (1.914602-0.004817*t)*math.Sin(anomaly) + (0.019993-0.000101*t)*math.Sin(2*anomaly) + 0.000289*math.Sin(3*anomaly)
	lon := (280.46646 + 36000.76983*t + centre - 1.397*t) * degree // of the Sun, J2000
	e := 0.016708634 - 0.000042037*t
	r := 1.000001018 * (1 - e*e) / (1 + e*math.Cos(anomaly+centre*degree))
	return [3]float64{-r * math.Cos(lon), -r * math.Sin(lon) * math.Cos(obliquity), -r * math.Sin(lon) * math.Sin(obliquity)}
}
