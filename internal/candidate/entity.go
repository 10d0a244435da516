package candidate

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// origin is a table that candidates come from, in the order of precedence.
type origin int

const (
	fromKOI origin = iota
	fromK2
	fromTOI
	origins
)

var originNames = [origins]string{"koi", "k2", "toi"}

// view reads cells of a Normal by column name.
type view struct {
	rows [][]string
	at   map[string]int
}

func newView(n *Normal, want catalog.Type) (*view, error) {
	const op = "candidate.Merge"
	if n == nil {
		return nil, nil
	}
	if n.Type != want {
		return nil, exo.Errorf(op, exo.Invalid, n.Type, "a table of the type %.40q stands in the place of %s", n.Type, want)
	}
	v := &view{rows: n.Rows, at: make(map[string]int, len(n.Columns))}
	for j, c := range n.Columns {
		v.at[c.Name] = j
	}
	for i, row := range n.Rows {
		if len(row) != len(n.Columns) {
			return nil, exo.Errorf(op, exo.Invalid, n.Type, "row %d has %d cells, the table %d columns", i+1, len(row), len(n.Columns))
		}
	}
	return v, nil
}

// col returns a column's place, -1 if the table lacks it.
func (v *view) col(name string) int {
	if j, ok := v.at[name]; ok {
		return j
	}
	return -1
}

// get returns a cell by the column's name, "" if the table lacks it.
func (v *view) get(i int, name string) string {
	if j, ok := v.at[name]; ok {
		return v.rows[i][j]
	}
	return ""
}

// num reads a finite number; NaN for none.
func num(s string) float64 {
	if s == "" {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// entity is one planet or candidate as one source has it.
type entity struct {
	from origin
	view *view
	name string // K00752.01, TOI 700.01, K2-18 b
	rows []int  // of the source, best first
	eph  int    // row of the ephemeris

	stars []string // catalog numbers of its star, and what else tells it apart
	point
	mag float64

	period, periodErr float64 // days; NaN or 0 unknown
	epoch, epochErr   float64
	duration          float64 // hours

	index int // in merger.all
	star  int // in merger.stars
}

// key is the row key of the row that counts.
func (e *entity) key() string { return e.view.get(e.rows[0], "row_key") }

func (e *entity) get(name string) string { return e.view.get(e.rows[0], name) }

// hasPeriod tells whether there is a measured period.
func (e *entity) hasPeriod() bool { return e.period > 0 }

// entities groups the rows of a source by object, sorted by name.
func entities(from origin, v *view) []*entity {
	if v == nil {
		return nil
	}
	byName := make(map[string]*entity, len(v.rows))
	var list []*entity
	object, key := v.col("object"), v.col("row_key")
	for i, row := range v.rows {
		name := ""
		if object >= 0 {
			name = row[object]
		}
		if name == "" && key >= 0 {
			name = row[key]
		}
		e := byName[name]
		if e == nil {
			e = &entity{from: from, view: v, name: name}
			byName[name] = e
			list = append(list, e)
		}
		e.rows = append(e.rows, i)
	}
	for _, e := range list {
		e.order()
		e.read()
	}
	slices.SortFunc(list, func(a, b *entity) int { return natural(a.name, b.name) })
	return list
}

// order puts the rows of an object in order: the source's default solution
// first, then those that changed last, then by their cells.
func (e *entity) order() {
	if len(e.rows) > 1 {
		v := e.view
		def, updated := v.col("default_flag"), v.col("updated")
		rank := func(i int) int {
			if def >= 0 && v.rows[i][def] == "1" {
				return 0
			}
			return 1
		}
		slices.SortFunc(e.rows, func(a, b int) int {
			if c := cmp.Compare(rank(a), rank(b)); c != 0 {
				return c
			}
			if updated >= 0 {
				if c := strings.Compare(v.rows[b][updated], v.rows[a][updated]); c != 0 {
					return c
				}
			}
			return slices.Compare(v.rows[a], v.rows[b])
		})
	}
	e.eph = e.rows[0]
	for _, need := range [][]string{{"period_d", "epoch_bjd"}, {"period_d"}} {
		i := slices.IndexFunc(e.rows, func(i int) bool {
			return !slices.ContainsFunc(need, func(name string) bool { return !e.measured(i, name) })
		})
		if i >= 0 {
			e.eph = e.rows[i]
			return
		}
	}
}

// measured tells whether a cell holds a value that is no limit.
func (e *entity) measured(i int, name string) bool {
	return e.view.get(i, name) != "" && !isLimit(e.view.get(i, name+"_limit"))
}

func isLimit(s string) bool { return s != "" && !isZero(s) }

// read takes what matching needs from the cells.
func (e *entity) read() {
	v := e.view
	for _, i := range e.rows {
		for _, name := range []string{"kic", "tic", "epic"} {
			if s := v.get(i, name); s != "" && len(e.stars) < crowd && !slices.Contains(e.stars, s) {
				e.stars = append(e.stars, s)
			}
		}
	}
	e.point = point{ra: math.NaN(), dec: math.NaN()}
	for _, i := range e.rows {
		if ra, dec := num(v.get(i, "ra_deg")), num(v.get(i, "dec_deg")); ra >= 0 && ra <= 360 && math.Abs(dec) <= 90 {
			e.ra, e.dec = ra, dec
			x, y := num(v.get(i, "pm_ra_mas_yr")), num(v.get(i, "pm_dec_mas_yr"))
			if math.Hypot(x, y) <= maxMotion {
				e.moves, e.pmRA, e.pmDec = true, x/1000, y/1000
			}
			break
		}
	}
	e.mag = num(e.get("kepler_mag"))
	if math.IsNaN(e.mag) {
		e.mag = num(e.get("tess_mag"))
	}
	if e.measured(e.eph, "period_d") {
		e.period, e.periodErr = num(v.get(e.eph, "period_d")), e.sigma(e.eph, "period_d")
	}
	e.epoch = math.NaN()
	if e.measured(e.eph, "epoch_bjd") {
		e.epoch, e.epochErr = num(v.get(e.eph, "epoch_bjd")), e.sigma(e.eph, "epoch_bjd")
	}
	e.duration = num(v.get(e.eph, "duration_h"))
}

// sigma returns the larger of the two errors of a value; 0 for none.
func (e *entity) sigma(i int, name string) float64 {
	s := 0.0
	for _, side := range []string{"_err_up", "_err_down"} {
		if f := num(e.view.get(i, name+side)); f > s {
			s = f
		}
	}
	return s
}

// natural compares names so that their numbers count: TOI 700.02 stands before
// TOI 1000.01.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			n, m := digits(x), digits(y)
			p, q := strings.TrimLeft(x[:n], "0"), strings.TrimLeft(y[:m], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[n:], y[m:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
