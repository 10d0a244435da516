package validate

import (
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
)

// relations holds the declared relations between the columns of a row.
func (r *run) relations() {
	for k := range r.d.relations {
		rel := &r.d.relations[k]
		if parts, ok := r.parts(rel.of); ok {
			r.relation(rel, parts)
		}
	}
}

func (rel *relation) at() Level {
	if rel.level == "" {
		return Quality
	}
	return rel.level
}

func (r *run) relation(rel *relation, parts []*column) {
	columns := given(parts)
	x := make([]float64, len(parts))
	m, s := middle{span: rel.mid}, share{}
	var values []float64
	for i := range r.n {
		skip := false
		for k, p := range parts {
			x[k] = p.x[i]
			skip = skip || x[k] != x[k]
		}
		if skip {
			continue
		}
		v := rel.value(x)
		if v != v { // does not apply to the row
			continue
		}
		m.add(v)
		if rel.mid.set() {
			values = append(values, v)
		}
		good := rel.holds.has(v)
		s.add(good)
		if !good {
			r.find(rel.id, i, columns[0].j, "%s is %s%s", rel.says, measure(v, ""), r.listing(i, columns))
		}
	}
	r.checked[rel.at()] += s.of
	r.count(s, columns...)
	if m.off() {
		r.find(rel.id+".median", tableRow, columns[0].j, "the median of %s over %d rows is %s: another unit or another column?", rel.says, m.seen, measure(median(values), ""))
	}
	if rel.most > 0 && s.of >= minRows && float64(s.of-s.good) > rel.most*float64(s.of) {
		r.find(rel.id+".share", tableRow, columns[0].j, "%d of %d rows break it: values have lost their rows, or their unit", s.of-s.good, s.of)
	}
}

// count counts relations for the table and the columns that have a part in them.
func (r *run) count(s share, parts ...*column) {
	r.holds.good += s.good
	r.holds.of += s.of
	for _, p := range parts {
		c := r.related[p.name]
		if c == nil {
			c = &share{}
			r.related[p.name] = c
		}
		c.good += s.good
		c.of += s.of
	}
}

// listing tells the cells of a row that a relation is made of.
func (r *run) listing(i int, columns []*column) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(", " + c.name + " " + catalog.Clip(strings.TrimSpace(r.t.Cell(i, c.j))))
	}
	return b.String()
}

// median of the numbers that are there.
func median(x []float64) float64 {
	v := make([]float64, 0, len(x))
	for _, f := range x {
		if !math.IsNaN(f) {
			v = append(v, f)
		}
	}
	if len(v) == 0 {
		return nan
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// ranks holds the order of two columns against each other.
func (r *run) ranks() {
	for _, k := range r.d.ranks {
		parts, ok := r.parts(k.of[:])
		if !ok {
			continue
		}
		tau, n := concordance(parts[0].x, parts[1].x)
		r.checked[Quality] += n
		if n < minPairs {
			continue
		}
		if k.least > 0 && tau < k.least || k.least < 0 && tau > k.least {
			r.find(k.id, tableRow, parts[0].j, "%s and %s do not go together: rank correlation %.2f", parts[0].name, parts[1].name, tau)
		}
	}
}

// minPairs is how many pairs of rows it takes before their order is no chance.
const minPairs = 1000

// concordance estimates Kendall's rank correlation from n pairs of rows: each
// row with those some way on, so that neighbours, which may be planets of one
// star, do not count.
func concordance(x, y []float64) (tau float64, n int) {
	sum := 0
	for _, step := range []int{7, 31, 101} {
		for i := step; i < len(x); i++ {
			a, b := x[i]-x[i-step], y[i]-y[i-step]
			if p := a * b; p > 0 {
				sum++
				n++
			} else if p < 0 {
				sum--
				n++
			}
		}
	}
	if n == 0 {
		return 0, 0
	}
	return float64(sum) / float64(n), n
}
