package validate

import (
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
)

// schema asks whether the table has what it must have, in the form it must have:
// keys, filled columns, numbers where numbers belong.
func (r *run) schema() {
	r.keys()
	r.empty()
	r.gaps()
	needed := map[int]bool{}
	for _, n := range r.t.Needs() {
		if n.Number && !needed[n.Column] {
			needed[n.Column] = true
			r.numbers(n.Column, true)
		}
	}
	for _, q := range r.d.quantities {
		if c := r.cols[q.id]; c != nil && !needed[c.j] {
			r.numbers(c.j, false)
		}
	}
	for _, p := range r.pairs() {
		for _, c := range []*column{p.up, p.down, p.lim, p.sym} {
			if c != nil {
				r.numbers(c.j, false)
			}
		}
	}
}

// keys asks whether every row can be told by its key.
func (r *run) keys() {
	j := r.t.Column(catalog.RoleKey)
	r.checked[Schema] += r.n
	for i := range r.n {
		if key := r.t.Get(i, catalog.RoleKey); !isKey(r.d.typ, key) {
			r.find("key.syntax", i, j, "%.40q is no key of the %s table", key, r.d.typ)
		}
	}
}

// isKey tells whether the text is a key of the table: K00752.01; 256.01 of up to
// six digits; a planet's name; a number of Gaia.
func isKey(t catalog.Type, s string) bool {
	switch t {
	case catalog.KOI:
		return shaped(s, "K00000.00")
	case catalog.TOI:
		star, planet, ok := strings.Cut(s, ".")
		return ok && len(star) <= 6 && digits(star) && len(planet) == 2 && digits(planet)
	case catalog.K2:
		return s != ""
	}
	return len(s) <= 19 && digits(s)
}

func digits(s string) bool {
	for k := range len(s) {
		if s[k]-'0' > 9 {
			return false
		}
	}
	return s != ""
}

// shaped tells whether s is like the shape, in which 0 is any digit.
func shaped(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for k := range len(s) {
		if shape[k] == '0' && s[k]-'0' > 9 || shape[k] != '0' && s[k] != shape[k] {
			return false
		}
	}
	return true
}

// emptyRows is how many rows it takes before an empty column is no chance.
const emptyRows = 20

// empty finds columns that the program needs and every row leaves empty, what an
// archive sends when it has renamed or lost what filled them, and tells of the
// others that are empty.
func (r *run) empty() {
	if r.n < emptyRows {
		return
	}
	required := map[int]bool{}
	for _, n := range r.t.Needs() {
		required[n.Column] = required[n.Column] || n.Required
	}
	for j := range r.t.Columns {
		r.checked[Schema]++
		if r.t.Filled(j) > 0 {
			continue
		}
		id := "column.unused"
		if required[j] {
			id = "column.empty"
		}
		r.find(id, tableRow, j, "the column %s is empty in all %d rows", r.t.Columns[j].Name, r.n)
	}
}

// gaps tells of columns that have no value in part of the rows.
func (r *run) gaps() {
	for _, name := range r.d.gaps {
		if j := r.t.ColumnNamed(name); j >= 0 && r.t.Filled(j) > 0 && r.t.Filled(j) < r.n {
			r.find("column.gaps", tableRow, j, "%s is empty in %d of %d rows", name, r.n-r.t.Filled(j), r.n)
		}
	}
}

// noValue are words that archives and the programs of their users write where
// there is no number.
var noValue = []string{"nan", "null", "none", "n/a", "na", "-", "--", "..."}

// numbers asks whether the cells of a column are numbers. Parse has looked at
// every cell: only columns of text can hold others.
func (r *run) numbers(j int, needed bool) {
	r.checked[Schema] += r.t.Filled(j)
	if r.t.Columns[j].Type != "char" || r.t.Filled(j) == 0 {
		return
	}
	bad := 0
	for i := range r.n {
		cell := strings.TrimSpace(r.t.Cell(i, j))
		if cell == "" || catalog.IsNumber(cell) {
			continue
		}
		bad++
		if !needed && slices.Contains(noValue, strings.ToLower(cell)) {
			r.find("number.word", i, j, "%.40q stands for no value: the cell should be empty", cell)
			continue
		}
		r.find("number", i, j, "%.40q is not a number", cell)
	}
	if s := r.inside[j]; s != nil {
		s.of += bad
	} else {
		r.inside[j] = &share{of: bad}
	}
}
