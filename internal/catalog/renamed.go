package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// Rename is a column that seems to have a new name.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// NoSchemaChanges are those of two tables with the same columns.
func NoSchemaChanges() SchemaChanges {
	return SchemaChanges{Added: []string{}, Removed: []string{}, Renamed: []Rename{}}
}

// maxLooks bounds the cells that Renamed compares. Columns that differ are told
// apart after a few rows; only columns made to look alike cost more.
const maxLooks = 20_000_000

// Renamed pairs columns that only the old table has with columns that only the
// new one has, where one seems to be the other under a new name: it is a former
// name that is known, only its spelling changed, the cells of the common rows are
// equal, or the name is nearly the same and most cells are equal. It is a guess
// for a person to confirm; each column is paired once, in the order of the old
// table.
func Renamed(old, new *Table) []Rename {
	gone, came := onlyIn(old, new), onlyIn(new, old)
	if len(gone) == 0 || len(came) == 0 {
		return []Rename{}
	}
	c := comparison{old: old, new: new, left: maxLooks}
	for i, j := range pair(old, new) {
		if j >= 0 {
			c.rows = append(c.rows, [2]int{j, i})
		}
	}
	var likely []likeness
	for _, j := range gone {
		for _, i := range came {
			if l := c.likeness(j, i); l.grade > 0 {
				likely = append(likely, l)
			}
		}
	}
	slices.SortStableFunc(likely, func(a, b likeness) int {
		return cmp.Or(cmp.Compare(b.grade, a.grade), cmp.Compare(a.edits, b.edits))
	})
	to := map[int]int{} // by column of the old table
	taken := map[int]bool{}
	for _, l := range likely {
		if _, have := to[l.from]; !have && !taken[l.to] {
			to[l.from], taken[l.to] = l.to, true
		}
	}
	list := make([]Rename, 0, len(to))
	for _, j := range gone {
		if i, ok := to[j]; ok {
			list = append(list, Rename{From: old.Columns[j].Name, To: new.Columns[i].Name})
		}
	}
	return list
}

// onlyIn returns the places of the columns whose names the other table does not
// have.
func onlyIn(t, other *Table) (list []int) {
	have := make(map[string]bool, len(other.Columns))
	for _, c := range other.Columns {
		have[c.Name] = true
	}
	for j, c := range t.Columns {
		if !have[c.Name] {
			list = append(list, j)
		}
	}
	return list
}

// likeness says how much a column of the new table looks like one of the old.
type likeness struct {
	from, to int
	grade    int // 0: not at all
	edits    int // between the names
}

// comparison compares columns of two tables over their common rows.
type comparison struct {
	old, new *Table
	rows     [][2]int // places of the common rows
	left     int      // cells that may still be looked at
}

// The grades of likeness, from weak to strong.
const (
	nearName = 1 + iota
	sameCells
	sameName
)

func (c *comparison) likeness(j, i int) likeness {
	from, to := canon(c.old.Columns[j].Name), canon(c.new.Columns[i].Name)
	l := likeness{from: j, to: i, edits: exo.Edits(from, to)}
	near := l.edits <= 1+min(len(from), len(to))/5
	equal, told := c.cells(j, i, near)
	switch {
	case from == to, former[from] != "" && canon(former[from]) == to:
		l.grade = sameName
	case told >= minTold && equal*20 >= told*19 && c.varies(j):
		l.grade = sameCells
	case near && c.old.Columns[j].Type == c.new.Columns[i].Type && equal*2 >= told && (told > 0 || len(c.rows) == 0):
		l.grade = nearName
	}
	return l
}

// minTold is how many equal cells it takes to be no chance.
const minTold = 3

// cells counts the common rows in which either column has text, and those in
// which both have the same. It gives up as soon as the columns cannot be alike.
func (c *comparison) cells(j, i int, near bool) (equal, told int) {
	may := len(c.rows) / 20 // rows that may differ
	if near {
		may = len(c.rows) / 2
	}
	for _, row := range c.rows {
		if c.left--; c.left < 0 {
			return 0, max(told, 1) // not known, so not alike
		}
		if told-equal > may {
			break
		}
		a, b := strings.TrimSpace(c.old.Cell(row[0], j)), strings.TrimSpace(c.new.Cell(row[1], i))
		if a == "" && b == "" {
			continue
		}
		told++
		if a == b || sameNumber(a, b) {
			equal++
		}
	}
	return equal, told
}

// varies tells whether a column has three different values: one that is 0 in
// every row equals many others.
func (c *comparison) varies(j int) bool {
	seen := make([]string, 0, minTold)
	for _, row := range c.rows {
		cell := c.old.Cell(row[0], j)
		if cell == "" || slices.Contains(seen, cell) {
			continue
		}
		if seen = append(seen, cell); len(seen) == minTold {
			return true
		}
	}
	return false
}

// sameNumber tells whether two texts write one number: 1.50 and 1.5.
func sameNumber(a, b string) bool {
	if a == "" || b == "" || classify(a) == typeChar || classify(b) == typeChar {
		return false
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}
