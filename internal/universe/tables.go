package universe

import (
	"math"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// makeTables makes all tables.
func makeTables(seed uint64, stars []*star) []Table {
	return []Table{
		koiTable(seed, stars), toiTable(seed, stars), exofopTable(seed, stars), k2Table(seed, stars), gaiaTable(seed, stars),
	}
}

// newTable reads a specification of columns.
func newTable(name, spec string) Table {
	t := Table{Name: name}
	for line := range strings.SplitSeq(strings.Trim(spec, "\n"), "\n") {
		part := strings.SplitN(line, "|", 4)
		t.Columns = append(t.Columns, Column{Name: part[0], Type: part[1], Unit: part[2], Desc: part[3]})
	}
	return t
}

// cells are the cells of a row by column; a column that is not there is null.
type cells map[string]string

// add puts a row into the table.
func (t *Table) add(row cells) {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = row[c.Name]
	}
	t.Rows = append(t.Rows, out)
}

// sample draws for one purpose without touching other draws.
func (b *body) chance(seed uint64, purpose string) chance {
	return newChance(seed, purpose+" "+b.KOI+" "+b.TOI+" "+b.star.ID.String()+" "+strconv.Itoa(b.tce))
}

// f writes a number with so many decimals; NaN is null.
func f(x float64, digits int) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}

// e writes a number as 1.8960e+04.
func e(x float64, digits int) string { return strconv.FormatFloat(x, 'e', digits, 64) }

// g writes a number as short as it can be.
func g(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// signed gives the upper and lower error in a notation; 0 is null, a lower
// error of 0 is as the upper.
func signed(upper, lower float64, write func(float64) string) (string, string) {
	if upper == 0 {
		return "", ""
	}
	if lower == 0 {
		lower = upper
	}
	return write(upper), "-" + write(lower)
}

func fixed(digits int) func(float64) string {
	return func(x float64) string { return f(x, digits) }
}

func science(digits int) func(float64) string {
	return func(x float64) string { return e(x, digits) }
}

// sexagesimal writes a position in the archive's way, 00h44m59.67s and
// -15d16m26.79s, or with colons in ExoFOP's.
func sexagesimal(ra, dec float64, colons bool) (string, string) {
	marks := [6]string{"h", "m", "s", "d", "m", "s"}
	if colons {
		marks = [6]string{":", ":", "", ":", ":", ""}
	}
	sign := "+"
	if dec < 0 {
		sign, dec = "-", -dec
	}
	return base60(ra/15, marks[:3]), sign + base60(dec, marks[3:])
}

func base60(x float64, marks []string) string {
	hundredths := int64(math.Round(x * 360000))
	two := func(n int64) string { return string([]byte{'0' + byte(n/10%10), '0' + byte(n%10)}) }
	whole := strconv.FormatInt(hundredths/360000, 10)
	if len(whole) < 2 {
		whole = "0" + whole
	}
	return whole + marks[0] + two(hundredths/6000%60) + marks[1] + two(hundredths/100%60) + "." + two(hundredths%100) + marks[2]
}

// gaiaTable has every star, at the epoch of Gaia's third release.
func gaiaTable(seed uint64, stars []*star) Table {
	t := newTable("gaia", specGaia)
	for _, s := range stars {
		c := newChance(seed, "gaia "+s.ID.String())
		const years = 16
		_, cosDec := sincos(s.Dec * math.Pi / 180)
		color := max(0.4, (7300-s.Teff)/2100)
		gmag := s.Mag + c.between(-0.1, 0.1)
		lum := float64(s.Radius*s.Radius) * pow(s.Teff/5772, 4)
		row := cells{
			"source_id": strconv.FormatUint(s.gaia, 10),
			"ra":        f(s.RA+float64(s.pmRA/3.6e6*years/cosDec), 10), "dec": f(s.Dec+float64(s.pmDec/3.6e6*years), 10),
			"parallax": f(1000/s.Dist, 6), "parallax_error": f(c.between(0.01, 0.04), 6), "pmra": f(s.pmRA, 6), "pmdec": f(s.pmDec, 6),
			"phot_g_mean_mag": f(gmag, 6), "phot_bp_mean_mag": f(gmag+float64(0.4*color), 6), "phot_rp_mean_mag": f(gmag-float64(0.6*color), 6),
			"bp_rp": f(color, 6), "ruwe": f(c.between(0.9, 1.2), 6), "distance_gspphot": f(s.Dist, 4),
			"radius_flame": f(s.Radius*c.between(0.98, 1.02), 4), "mass_flame": f(s.Mass, 4), "lum_flame": f(lum, 4),
		}
		if !c.oneIn(9) { // one star of nine has no spectrum good enough
			row["teff_gspphot"], row["logg_gspphot"] = f(s.Teff, 4), f(s.Logg, 4)
			row["mh_gspphot"], row["radius_gspphot"] = f(s.met, 4), f(s.Radius, 4)
		}
		for column, catalog := range map[string]exo.Catalog{"tic_id": exo.TIC, "kic_id": exo.KIC, "epic_id": exo.EPIC} {
			if n := s.number(catalog); n != 0 {
				row[column] = strconv.FormatUint(n, 10)
			}
		}
		t.add(row)
	}
	return t
}
