package sample

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/universe"
)

// withID fills the star into a product whose name does not tell it.
func withID(f universe.File) (p lightcurve.Product) {
	p = f.Product
	if p.ID.IsZero() {
		p.ID = f.Target
	}
	return p
}

// stars lists what the tables and the headers tell of stars.
func (d *folder) stars() []star {
	d.starOnce.Do(func() {
		byName := map[string]*table{}
		for _, name := range d.tables() {
			if t, err := d.table(name, ""); err == nil {
				byName[name] = t
			}
		}
		for _, f := range d.details() {
			s := unknownStar(f.product.ID)
			s.ra, s.dec = f.ra, f.dec
			d.starList.add(s)
		}
		d.starList.fromTables(byName)
	})
	return d.starList.stars
}

// fromTables adds the stars of the catalogs.
func (l *starList) fromTables(byName map[string]*table) {
	for _, name := range []string{"toi", "exofop", "cumulative", "k2pandc", "ps", "pscomppars"} {
		t := byName[name]
		if t == nil {
			continue
		}
		for row := range t.rows {
			l.fromRow(name, t, row)
		}
	}
}

func (l *starList) fromRow(name string, t *table, row int) {
	cell := func(col string) string { return t.cell(row, col) }
	switch name {
	case "toi":
		s := unknownStar(idOf(exo.TIC, cell("tid")))
		s.ra, s.dec, s.mag = t.float(row, "ra"), t.float(row, "dec"), t.float(row, "st_tmag")
		s.teff, s.logg, s.rad, s.dist = t.float(row, "st_teff"), t.float(row, "st_logg"), t.float(row, "st_rad"), t.float(row, "st_dist")
		s.names = toiNames(cell("toi"))
		l.add(s)
	case "exofop":
		l.fromExoFOP(t, row)
	case "cumulative":
		s := unknownStar(idOf(exo.KIC, cell("kepid")))
		s.ra, s.dec, s.mag = t.float(row, "ra"), t.float(row, "dec"), t.float(row, "koi_kepmag")
		s.teff, s.logg, s.rad = t.float(row, "koi_steff"), t.float(row, "koi_slogg"), t.float(row, "koi_srad")
		s.names = append(planetNames(cell("kepler_name")), koiNames(cell("kepoi_name"))...)
		l.add(s)
	default:
		l.fromPS(t, row)
	}
}

func (l *starList) fromExoFOP(t *table, row int) {
	s := unknownStar(idOf(exo.TIC, t.cell(row, "TIC ID")))
	if t.col("RA (deg)") >= 0 {
		s.ra, s.dec = t.float(row, "RA (deg)"), t.float(row, "Dec (deg)")
	} else {
		s.ra, s.dec = 15*sexagesimal(t.cell(row, "RA")), sexagesimal(t.cell(row, "Dec"))
	}
	s.mag = t.float(row, "TESS Mag")
	s.names = toiNames(t.cell(row, "TOI"))
	s.names = append(s.names, planetNames(t.cell(row, "Planet Name"))...)
	if c := strings.TrimSpace(t.cell(row, "Comments")); rePlanet.MatchString(c) {
		s.names = append(s.names, planetNames(c)...)
	}
	l.add(s)
}

// rePlanet is a comment that is nothing but a planet's name, "WASP-46 b".
var rePlanet = regexp.MustCompile(`^[A-Z][A-Za-z0-9+-]*( [A-Za-z0-9+-]+)? [b-h]$`)

func (l *starList) fromPS(t *table, row int) {
	names := append([]string{t.cell(row, "hostname")}, planetNames(t.cell(row, "pl_name"))...)
	for _, col := range []string{"k2_name", "epic_candname", "hd_name", "hip_name"} {
		if n := t.cell(row, col); n != "" {
			names = append(names, n)
		}
	}
	var ids []exo.TargetID
	for _, col := range []string{"epic_hostname", "tic_id", "hostname"} {
		text := t.cell(row, col)
		if !strings.HasPrefix(text, "EPIC") && !strings.HasPrefix(text, "TIC") && !strings.HasPrefix(text, "KIC") {
			continue // most hosts have other names: spare the parser
		}
		if id, err := exo.ParseTargetID(text); err == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	s := unknownStar(ids[0])
	s.other = ids[1:]
	s.names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	s.ra, s.dec = t.float(row, "ra"), t.float(row, "dec")
	s.teff, s.logg, s.rad, s.mass = t.float(row, "st_teff"), t.float(row, "st_logg"), t.float(row, "st_rad"), t.float(row, "st_mass")
	l.add(s)
}

func idOf(c exo.Catalog, s string) exo.TargetID {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 {
		return exo.TargetID{}
	}
	return exo.TargetID{Catalog: c, Number: n}
}

func toiNames(toi string) []string {
	if toi == "" {
		return nil
	}
	star, _, _ := strings.Cut(toi, ".")
	return []string{"TOI-" + star, "TOI " + toi}
}

func koiNames(koi string) []string {
	star, _, ok := strings.Cut(koi, ".")
	if !ok {
		return nil
	}
	bare := strings.TrimLeft(strings.TrimPrefix(koi, "K"), "0")
	return []string{star, koi, "KOI-" + bare[:strings.IndexByte(bare, '.')], "KOI-" + bare}
}

// planetNames gives the star's name before the planet's: "Kepler-10 b" is
// Kepler-10 and Kepler-10 b.
func planetNames(name string) []string {
	if name == "" {
		return nil
	}
	if host, letter, ok := cutLast(name, ' '); ok && len(letter) == 1 {
		return []string{host, name}
	}
	return []string{name}
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// sexagesimal reads "21:14:56.88" or "-55:52:18.71"; NaN for anything else.
func sexagesimal(s string) float64 {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return math.NaN()
	}
	neg := strings.HasPrefix(s, "-")
	v := math.Abs(number(parts[0])) + number(parts[1])/60 + number(parts[2])/3600
	if neg {
		return -v
	}
	return v
}

// nameKey reduces a name to what comparison needs: letters, digits and dots in
// lower case, so that "TOI 700", "toi-700" and "TOI-700" are one.
func nameKey(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '+', r > 127:
			return r
		}
		return -1
	}, s)
}
