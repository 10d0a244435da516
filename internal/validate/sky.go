package validate

import (
	"math"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Angles, in arcseconds.
const (
	textOff  = 0.5  // between a position and its sexagesimal text, which has hundredths of seconds of time
	otherOff = 30.0 // between two catalogs: epochs apart, proper motion, a blended pair
)

// coordinates asks of positions whether they are on the sky, precise enough and
// the same wherever they are told twice.
func (r *run) coordinates() {
	r.ra = r.angles(catalog.RoleRA, true, span{0, 360}, "ra")
	r.dec = r.angles(catalog.RoleDec, false, span{-90, 90}, "dec")
	if r.ra == nil || r.dec == nil {
		return
	}
	r.star = r.stars()
	r.field()
	r.sexagesimal()
	r.known()
}

// angles reads the right ascensions or declinations, in degrees.
func (r *run) angles(role catalog.Role, hours bool, can span, id string) []float64 {
	j := r.t.Column(role)
	if j < 0 {
		return nil
	}
	x := r.parsed[j]
	text := r.t.Columns[j].Type == "char"
	r.checked[Coordinates] += r.n
	s := &share{}
	r.inside[j] = s
	for i, v := range x {
		cell := ""
		if v != v || text {
			cell = strings.TrimSpace(r.t.Cell(i, j))
			if cell == "" {
				r.find("position.missing", i, j, "the row has no %s", r.t.Columns[j].Name)
				continue
			}
			deg, ok := catalog.ParseAngle(cell, hours)
			if v = deg; !ok {
				v = nan
			}
		}
		good := v >= can.lo && (v < can.hi || !hours && v == can.hi)
		s.add(good)
		if !good {
			r.find(id+".range", i, j, "the %s is not from %g to %g degrees", map[bool]string{true: "right ascension", false: "declination"}[hours], can.lo, can.hi)
			v = nan
		}
		x[i] = v
	}
	r.precision(j, text)
	r.cols[id] = &column{j: j, name: r.t.Columns[j].Name, x: x}
	return x
}

// precision asks whether the text of a position says enough, in decimals of
// degrees.
func (r *run) precision(j int, text bool) {
	if r.d.sky.digits == 0 || text {
		return
	}
	for i := range r.n {
		cell := strings.TrimSpace(r.t.Cell(i, j))
		if cell == "" {
			continue
		}
		n := 0
		if k := strings.IndexByte(cell, '.'); k >= 0 {
			n = len(cell) - k - 1
		}
		if n < r.d.sky.digits && !strings.ContainsAny(cell, "eE") {
			r.find("position.precision", i, j, "%s has %d decimals: it is known to %s arcsec only", r.t.Columns[j].Name, n, strconv.FormatFloat(3600*math.Pow10(-n), 'g', 3, 64))
		}
	}
}

// stars returns the number of each row's star.
func (r *run) stars() []uint64 {
	ids := make([]uint64, r.n)
	j := r.t.Column(catalog.RoleStar)
	if r.d.typ == catalog.K2 {
		j = r.t.Column(catalog.RoleHost)
	}
	if j < 0 || r.d.typ == catalog.Gaia {
		return ids
	}
	names := map[string]uint64{}
	for i := range ids {
		cell := strings.TrimSpace(r.t.Cell(i, j))
		if n, err := strconv.ParseUint(cell, 10, 64); err == nil {
			ids[i] = n
		} else if cell != "" && r.d.typ == catalog.K2 {
			if names[cell] == 0 {
				names[cell] = uint64(len(names) + 1)
			}
			ids[i] = names[cell]
		}
	}
	return ids
}

// field asks whether the positions lie where the mission looked.
func (r *run) field() {
	s, jra, jdec := r.d.sky, r.t.Column(catalog.RoleRA), r.t.Column(catalog.RoleDec)
	for i := range r.n {
		ra, dec := r.ra[i], r.dec[i]
		if ra != ra || dec != dec {
			continue
		}
		switch {
		case s.ra.outside(ra):
			r.find("position.field", i, jra, "the right ascension is outside the field of the mission")
		case s.dec.outside(dec):
			r.find("position.field", i, jdec, "the declination is outside the field of the mission")
		case s.ecliptic > 0 && math.Abs(eclipticLatitude(ra, dec)) > s.ecliptic:
			r.find("position.field", i, jdec, "the position is %.1f degrees from the ecliptic", math.Abs(eclipticLatitude(ra, dec)))
		}
	}
}

const degree = math.Pi / 180

// eclipticLatitude is in degrees, for the obliquity of J2000 (IAU 2006).
func eclipticLatitude(ra, dec float64) float64 {
	const obliquity = 23.4392794 * degree
	sd, cd := math.Sincos(dec * degree)
	return math.Asin(sd*math.Cos(obliquity)-cd*math.Sin(obliquity)*math.Sin(ra*degree)) / degree
}

// separation of two positions in arcseconds; its error is below a thousandth of
// itself for what is compared here.
func separation(ra1, dec1, ra2, dec2 float64) float64 {
	dra := math.Abs(ra1 - ra2)
	dra = min(dra, 360-dra) * math.Cos((dec1+dec2)/2*degree)
	return 3600 * math.Hypot(dra, dec1-dec2)
}

// sexagesimal compares positions with the text that the archive gives beside
// them.
func (r *run) sexagesimal() {
	jra, jdec := r.t.ColumnNamed("rastr"), r.t.ColumnNamed("decstr")
	if jra < 0 || jdec < 0 || jra == r.t.Column(catalog.RoleRA) {
		return
	}
	s := share{}
	for i := range r.n {
		if r.ra[i] != r.ra[i] || r.dec[i] != r.dec[i] {
			continue
		}
		a, b := strings.TrimSpace(r.t.Cell(i, jra)), strings.TrimSpace(r.t.Cell(i, jdec))
		if a == "" && b == "" {
			continue
		}
		ra, ok1 := catalog.ParseAngle(a, true)
		dec, ok2 := catalog.ParseAngle(b, false)
		good := ok1 && ok2 && separation(ra, dec, r.ra[i], r.dec[i]) <= textOff
		s.add(good)
		switch {
		case !ok1 || !ok2:
			r.find("position.text", i, jra, "%.30q %.30q is not a position", a, b)
		case !good:
			r.find("position.text", i, jra, "the text %.30s %.30s is %s from the position in degrees", a, b, apart(separation(ra, dec, r.ra[i], r.dec[i])))
		}
	}
	r.checked[Coordinates] += s.of
	r.count(s, &column{j: jra, name: r.t.Columns[jra].Name}, &column{j: jdec, name: r.t.Columns[jdec].Name})
	r.tooMany("position.text", jra, s)
}

// tooMany is the finding on a table in which a share of rows breaks a rule that
// no good table has broken that often.
func (r *run) tooMany(id string, j int, s share) {
	if s.of >= minRows && float64(s.of-s.good) > mostOff*float64(s.of) {
		r.find(id+".share", tableRow, j, "%d of %d rows break it: a column has lost its rows, or its unit", s.of-s.good, s.of)
	}
}

// mostOff is the share of rows that may have a position in doubt.
const mostOff = 0.02

func apart(arcsec float64) string {
	if arcsec >= 3600 {
		return strconv.FormatFloat(arcsec/3600, 'f', 2, 64) + " degrees"
	}
	return strconv.FormatFloat(arcsec, 'f', 2, 64) + " arcsec"
}

// known compares positions with those of another catalog.
func (r *run) known() {
	if r.o.Star == nil {
		return
	}
	s := share{}
	j := r.t.Column(catalog.RoleRA)
	for i := range r.n {
		id, ok := r.target(i)
		if !ok || r.ra[i] != r.ra[i] || r.dec[i] != r.dec[i] {
			continue
		}
		other, ok := r.o.Star(id)
		if !ok || other.RA != other.RA || other.Dec != other.Dec {
			continue
		}
		d := separation(other.RA, other.Dec, r.ra[i], r.dec[i])
		s.add(d <= otherOff)
		if d > otherOff {
			r.find("position.catalog", i, j, "the position is %s from where another catalog has %s", apart(d), id)
		}
	}
	r.checked[Coordinates] += s.of
	r.tooMany("position.catalog", j, s)
}

// target is the catalog number of row i's star.
func (r *run) target(i int) (exo.TargetID, bool) {
	if id, ok := map[catalog.Type]exo.Catalog{catalog.KOI: exo.KIC, catalog.TOI: exo.TIC}[r.d.typ]; ok {
		return exo.TargetID{Catalog: id, Number: r.star[i]}, r.star[i] > 0
	}
	for _, role := range []catalog.Role{catalog.RoleStar, catalog.RoleHost, catalog.RoleTIC} {
		if id, err := exo.ParseTargetID(r.t.Get(i, role)); err == nil {
			return id, true
		}
	}
	return exo.TargetID{}, false
}
