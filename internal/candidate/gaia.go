package candidate

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// maxGaiaMagnitude is how much Gaia's G may differ from the Kepler or TESS
// magnitude of a star: the bands of the reddest hosts differ by 2.
const maxGaiaMagnitude = 3

// gaiaStars finds the rows of the Gaia table by the star that they were asked
// for, nearest source first.
func (m *merger) gaiaStars() map[string][]int {
	v := m.gaia
	if v == nil {
		return nil
	}
	at := map[string][]int{}
	for i := range v.rows {
		for _, name := range []string{"kic", "tic", "epic"} {
			if star := v.get(i, name); star != "" {
				at[star] = append(at[star], i)
			}
		}
	}
	far := func(i int) float64 {
		if d := num(v.get(i, "separation_arcsec")); d >= 0 {
			return d
		}
		return math.Inf(1)
	}
	for _, rows := range at {
		slices.SortFunc(rows, func(a, b int) int {
			return cmp.Or(cmp.Compare(far(a), far(b)), strings.Compare(v.get(a, "object"), v.get(b, "object")), slices.Compare(v.rows[a], v.rows[b]))
		})
	}
	return at
}

// fillGaia writes the host star's values: of the nearest source whose brightness
// can be the star's.
func (m *merger) fillGaia(c *candidate, row []string) {
	if m.gaia == nil {
		return
	}
	mag := math.NaN()
	for _, e := range c.of {
		if e != nil && math.IsNaN(mag) {
			mag = e.mag
		}
	}
	for _, a := range c.aliases {
		rows := m.nearest[a.Name]
		for _, i := range rows[:min(len(rows), crowd)] {
			if math.Abs(num(m.gaia.get(i, "gaia_g_mag"))-mag) > maxGaiaMagnitude {
				continue
			}
			row[0] = m.gaia.get(i, "gaia_id")
			for k, name := range gaiaColumns {
				row[k+1] = m.gaia.get(i, name)
			}
			return
		}
	}
}
