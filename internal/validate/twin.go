package validate

import (
	"cmp"
	"math"
	"slices"

	"exoplanetai/internal/catalog"
)

// maxTwins bounds the rows of one planet and one paper; real tables have two.
const maxTwins = 100

// duplicates asks whether one thing stands in the table twice.
func (r *run) duplicates() {
	r.again = make([]bool, r.n)
	r.sameKey()
	r.sameRow()
	r.sameName()
	r.defaults()
	r.near()
}

// sameKey finds keys that stand in the table twice, and keys of too many rows.
func (r *run) sameKey() {
	j := r.t.Column(catalog.RoleKey)
	seen := make(map[string]bool, r.n)
	r.checked[Duplicates] += r.n
	for i := range r.n {
		if key := r.t.Key(i); seen[key] {
			r.again[i] = true
			r.find("key.repeated", i, j, "the key stands in the table twice")
		} else {
			seen[key] = true
		}
	}
	rows := r.t.Twins()
	for _, i := range sortedKeys(rows) {
		if rows[i] > maxTwins {
			r.find("key.crowd", i, j, "%d rows share this key", rows[i])
			continue
		}
		r.find("solution.repeated", i, j, "%d rows are of the same planet and the same papers", rows[i])
	}
}

func sortedKeys(m map[int]int) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// sameRow finds rows that are the same in every byte.
func (r *run) sameRow() {
	seen := make(map[string]int, r.n)
	s := share{}
	for i := range r.n {
		raw := r.t.Raw(i)
		f, again := seen[raw]
		s.add(!again)
		if again {
			r.again[i] = true
			r.find("row.repeated", i, -1, "the row is the same as that of %.60s", r.t.Key(f))
			continue
		}
		seen[raw] = i
	}
	r.checked[Duplicates] += s.of
	if n := s.of - s.good; n > 10 && float64(n) > 0.002*float64(s.of) {
		r.find("block.repeated", tableRow, -1, "%d rows stand in the table twice", n)
	}
}

// sameName finds one planet's name on two objects.
func (r *run) sameName() {
	j := r.t.Column(catalog.RolePlanet)
	if j < 0 || r.d.typ == catalog.K2 {
		return
	}
	seen := make(map[string]int)
	for i := range r.n {
		name := r.t.Get(i, catalog.RolePlanet)
		if name == "" {
			continue
		}
		r.checked[Duplicates]++
		if f, ok := seen[name]; ok {
			r.find("name.repeated", i, j, "%.40s is the name of %s too", name, r.t.Key(f))
			continue
		}
		seen[name] = i
	}
}

// defaults asks whether each planet has one default row. The findings have no
// row: which of the planet's rows is wrong cannot be told.
func (r *run) defaults() {
	j, jname := r.t.Column(catalog.RoleDefault), r.t.Column(catalog.RolePlanet)
	if j < 0 || jname < 0 {
		return
	}
	defaults := make(map[string]int, r.n)
	var names []string
	for i := range r.n {
		name := r.t.Get(i, catalog.RolePlanet)
		if _, ok := defaults[name]; !ok {
			names = append(names, name)
			defaults[name] = 0
		}
		if r.t.Get(i, catalog.RoleDefault) == "1" {
			defaults[name]++
		}
	}
	s := share{}
	for _, name := range names {
		n := defaults[name]
		s.add(n == 1)
		switch {
		case n > 1:
			r.find("default.repeated", tableRow, j, "%.60s has %d default rows", name, n)
		case n == 0:
			r.find("default.missing", tableRow, j, "%.60s has no default row", name)
		}
	}
	r.checked[Duplicates] += s.of
	r.count(s, &column{j: j, name: r.t.Columns[j].Name})
}

// nearest bounds how many neighbours in period a row is compared with: a hostile
// table has the same period everywhere.
const nearest = 100

// near finds two objects with one period at one place: one signal, seen twice.
func (r *run) near() {
	p := r.cols["period"]
	if p == nil || r.ra == nil || r.dec == nil || r.d.twins.arcsec == 0 {
		return
	}
	rows := make([]int, 0, r.n)
	for i, v := range p.x {
		if v > 0 && r.ra[i] == r.ra[i] && r.dec[i] == r.dec[i] && !r.again[i] && r.solution(i) {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return cmp.Or(cmp.Compare(p.x[a], p.x[b]), cmp.Compare(a, b)) })
	r.nearAt(rows, p.x, 1)
	r.nearAt(rows, p.x, 2)
}

// nearAt compares each row, of rows in the order of their periods, with those
// whose period is ratio times its own.
func (r *run) nearAt(rows []int, period []float64, ratio float64) {
	r.checked[Duplicates] += len(rows)
	lo := 0
	for at, a := range rows {
		want := period[a] * ratio
		for lo < len(rows) && period[rows[lo]] < want*(1-r.d.twins.period) {
			lo++
		}
		from := lo
		if ratio == 1 {
			from = at + 1
		}
		for k := from; k < len(rows) && k < from+nearest && period[rows[k]] <= want*(1+r.d.twins.period); k++ {
			r.pair(min(a, rows[k]), max(a, rows[k]), ratio)
		}
	}
}

// solution tells whether the row stands for its object: where there is a row for
// each paper, only the default one does.
func (r *run) solution(i int) bool {
	return r.t.Column(catalog.RoleDefault) < 0 || r.t.Get(i, catalog.RoleDefault) == "1"
}

func (r *run) pair(a, b int, ratio float64) {
	if math.Abs(r.dec[a]-r.dec[b])*3600 > r.d.twins.arcsec {
		return
	}
	d := separation(r.ra[a], r.dec[a], r.ra[b], r.dec[b])
	if d > r.d.twins.arcsec || r.d.typ == catalog.K2 && r.t.Get(a, catalog.RolePlanet) == r.t.Get(b, catalog.RolePlanet) {
		return
	}
	id, what := "signal.twin", "the same period"
	switch {
	case ratio != 1:
		id, what = "signal.multiple", "twice the period"
	case r.dead[a] || r.dead[b]:
		id = "signal.resolved"
	}
	r.find(id, b, r.t.Column(catalog.RolePeriod), "%.60s and %.60s have %s at places %s apart", r.t.Key(a), r.t.Key(b), what, apart(d))
}
