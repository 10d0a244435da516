package esa

import (
	"math"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// source is a row of the archive, with its position moved back to epoch 2000.
type source struct {
	cells   []string // in the order of columns()
	ra, dec float64  // degrees, ICRS, epoch 2000.0
}

// years between the epoch of Gaia's positions and that of the catalogs.
const years = 16

func (s source) id() string { return s.cells[0] }

// sources reads the rows of a table. Columns are found by name; all that were
// asked for must be there. "null" is written by some of the archive's exports.
func sources(host string, names []string, n int, cell func(i, j int) string) ([]source, error) {
	at := map[string]int{}
	for j, name := range names {
		at[strings.ToLower(strings.TrimSpace(name))] = j
	}
	want := columns()
	for _, c := range want {
		if _, ok := at[c]; !ok {
			return nil, exo.Errorf(opFetch, exo.Upstream, host, "the table of %s has no column %q", host, c).
				Try("the archive may have renamed it: a newer version of this program may know the new name").
				With("missing_column", c)
		}
	}
	rows := make([]source, 0, n)
	for i := range n {
		s := source{cells: make([]string, len(want))}
		for k, c := range want {
			v := strings.TrimSpace(cell(i, at[c]))
			if v != "null" && v != "NaN" {
				s.cells[k] = v
			}
		}
		if !s.place() {
			return nil, exo.Errorf(opFetch, exo.Upstream, host, "row %d of %s has no source number or no position", i+1, host).Try("try again later")
		}
		rows = append(rows, s)
	}
	return rows, nil
}

// place reads the position and moves it back along the proper motion; pmra
// contains the cosine of the declination (Gaia DR3 data model). Straight
// motion on the tangent plane is good to a milliarcsecond in 16 years.
func (s *source) place() bool {
	ra, ok := s.float("ra")
	dec, ok2 := s.float("dec")
	if !ok || !ok2 || s.id() == "" || ra < 0 || ra > 360 || math.Abs(dec) > 90 {
		return false
	}
	const mas = 1.0 / 3600e3
	pmra, _ := s.float("pmra") // unknown motion is none
	pmdec, _ := s.float("pmdec")
	if c := math.Cos(dec * math.Pi / 180); c > 1e-6 {
		ra -= years * pmra * mas / c
	}
	s.ra, s.dec = math.Mod(ra+360, 360), dec-years*pmdec*mas
	return true
}

func (s *source) float(name string) (float64, bool) {
	for k, c := range columns() {
		if c == name {
			f, err := strconv.ParseFloat(s.cells[k], 64)
			return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
		}
	}
	return 0, false
}
