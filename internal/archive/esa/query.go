package esa

import (
	"math"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// sourceColumns are asked of gaiadr3.gaia_source, parameterColumns of
// gaiadr3.astrophysical_parameters (Gaia DR3 data model). The positions are
// ICRS at epoch 2016.0, in degrees; parallaxes and proper motions in mas and
// mas/yr; temperatures in K; radii in solar radii.
var (
	sourceColumns = []string{"source_id", "ra", "dec", "parallax", "parallax_error", "pmra", "pmdec",
		"phot_g_mean_mag", "bp_rp", "ruwe", "teff_gspphot", "logg_gspphot", "mh_gspphot"}
	parameterColumns = []string{"radius_gspphot", "radius_flame", "mass_flame"}
)

// columns are those of the answer's rows.
func columns() []string { return append(append([]string(nil), sourceColumns...), parameterColumns...) }

// maxRows is what one query may give before it is split: the archive cuts
// longer synchronous answers, and CSV does not show it.
const maxRows = 2000

// query writes the ADQL (ADQL 2.1 §4.2) for all sources within the radius, in
// degrees, of the stars: one condition per star, joined by OR, which the
// archive's spatial index serves. Every star adds some 90 bytes.
func query(stars []catalog.Star, radiusDeg float64) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range columns() {
		if i > 0 {
			b.WriteString(", ")
		}
		if i < len(sourceColumns) {
			b.WriteString("s.")
		} else {
			b.WriteString("p.")
		}
		b.WriteString(c)
	}
	b.WriteString(" FROM gaiadr3.gaia_source AS s LEFT OUTER JOIN gaiadr3.astrophysical_parameters AS p ON s.source_id = p.source_id WHERE ")
	for i, st := range stars {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteString("1 = CONTAINS(POINT('ICRS', s.ra, s.dec), CIRCLE('ICRS', " + number(st.RA) + ", " + number(st.Dec) + ", " + number(radiusDeg) + "))")
	}
	return b.String()
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// placed returns the stars that have a usable position, without repetitions,
// in the order asked.
func placed(ids []exo.TargetID, stars []catalog.Star) []catalog.Star {
	seen := map[exo.TargetID]bool{}
	var out []catalog.Star
	for i, st := range stars {
		if i < len(ids) {
			st.ID = ids[i]
		}
		ok := st.RA >= 0 && st.RA < 360 && math.Abs(st.Dec) <= 90 && !math.IsNaN(st.RA) && !st.ID.IsZero()
		if ok && !seen[st.ID] {
			seen[st.ID] = true
			out = append(out, st)
		}
	}
	return out
}
