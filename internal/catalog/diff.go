package catalog

import (
	"fmt"
	"slices"
)

// Difference is what changed from one table to another.
type Difference struct {
	Changes Changes       `json:"changes"`
	Schema  SchemaChanges `json:"schema_changes"`
	Rows    []RowChange   `json:"rows"` // added and changed in the new table's order, then removed in the old one's

	Dispositions int `json:"dispositions"` // rows of both tables whose disposition changed

	pairs  []int    // row of the new table → row of the old one, -1 none
	places [][2]int // of Rows: row in the old table and in the new one, -1 none
}

// RowChange is one row that came, went or changed.
type RowChange struct {
	Key   string       `json:"key"`
	Kind  ChangeKind   `json:"kind"`
	Cells []CellChange `json:"cells,omitempty"` // of a changed row
}

// ChangeKind says what happened to a row.
type ChangeKind string

// The kinds of change.
const (
	RowAdded   ChangeKind = "added"
	RowRemoved ChangeKind = "removed"
	RowChanged ChangeKind = "changed"
)

// CellChange is one cell that changed, as text.
type CellChange struct {
	Column string `json:"column"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// Diff compares two tables of one type by row key, over the columns that both
// have, as text. The order of rows and of columns does not matter. Without an
// old table every row is added.
func Diff(old, new *Table) Difference {
	var d Difference
	d.Schema = NoSchemaChanges()
	if old == nil {
		d.Changes.Added = new.Len()
		return d
	}
	cols := d.columns(old, new)
	if len(d.Schema.Added) > 0 && len(d.Schema.Removed) > 0 {
		d.Schema.Renamed = Renamed(old, new)
	}
	same := slices.Equal(old.Names(), new.Names())
	used := make([]bool, old.Len())
	d.pairs = pair(old, new)
	for i, j := range d.pairs {
		if j < 0 {
			d.Changes.Added++
			d.add(RowChange{Key: new.keys[i], Kind: RowAdded}, -1, i)
			continue
		}
		used[j] = true
		if same && old.Raw(j) == new.Raw(i) {
			d.Changes.Unchanged++
			continue
		}
		if old.Get(j, RoleDisposition) != new.Get(i, RoleDisposition) {
			d.Dispositions++
		}
		cells := compare(old, new, j, i, cols)
		if len(cells) == 0 {
			d.Changes.Unchanged++
			continue
		}
		d.Changes.Changed++
		d.add(RowChange{Key: new.keys[i], Kind: RowChanged, Cells: cells}, j, i)
	}
	for j, u := range used {
		if !u {
			d.Changes.Removed++
			d.add(RowChange{Key: old.keys[j], Kind: RowRemoved}, j, -1)
		}
	}
	return d
}

func (d *Difference) add(r RowChange, j, i int) {
	d.Rows = append(d.Rows, r)
	d.places = append(d.places, [2]int{j, i})
}

// Sample returns the first rows, at most n, each with at most 20 cells and each
// cell clipped, to be shown.
func (d Difference) Sample(n int) []RowChange {
	const cells = 20
	rows := make([]RowChange, 0, min(n, len(d.Rows)))
	for _, r := range d.Rows[:min(n, len(d.Rows))] {
		short := RowChange{Key: Clip(r.Key), Kind: r.Kind}
		for _, c := range r.Cells[:min(cells, len(r.Cells))] {
			short.Cells = append(short.Cells, CellChange{Column: Clip(c.Column), Old: Clip(c.Old), New: Clip(c.New)})
		}
		rows = append(rows, short)
	}
	return rows
}

// columns finds the columns that both tables have: pairs of places in the old
// and the new one.
func (d *Difference) columns(old, new *Table) [][2]int {
	at := make(map[string]int, len(old.Columns))
	for j, c := range old.Columns {
		at[c.Name] = j
	}
	var both [][2]int
	for i, c := range new.Columns {
		if j, ok := at[c.Name]; ok {
			both = append(both, [2]int{j, i})
			delete(at, c.Name)
			continue
		}
		d.Schema.Added = append(d.Schema.Added, c.Name)
	}
	for _, c := range old.Columns {
		if _, ok := at[c.Name]; ok {
			d.Schema.Removed = append(d.Schema.Removed, c.Name)
		}
	}
	return both
}

// pair finds for each row of the new table the row of the old one with its key,
// -1 if there is none. Among rows that share their key but for the ordinal,
// equal ones are paired first: their order in the file means nothing.
func pair(old, new *Table) []int {
	at := make(map[string]int, old.Len())
	for j, key := range old.keys {
		at[key] = j
	}
	pairs := make([]int, new.Len())
	for i, key := range new.keys {
		j, ok := at[key]
		if !ok {
			j = -1
		}
		pairs[i] = j
	}
	for key, is := range new.twins {
		pairTwins(old, new, key, is, pairs)
	}
	for key := range old.twins {
		if i := slices.Index(new.keys, key); len(new.twins[key]) == 0 && i >= 0 {
			pairTwins(old, new, key, []int{i}, pairs)
		}
	}
	return pairs
}

func pairTwins(old, new *Table, key string, is, pairs []int) {
	js := slices.Clone(old.twins[key])
	if len(js) == 0 {
		if j := slices.Index(old.keys, key); j >= 0 {
			js = []int{j}
		}
	}
	for _, i := range is {
		pairs[i] = -1
		if k := slices.IndexFunc(js, func(j int) bool { return old.Raw(j) == new.Raw(i) }); k >= 0 {
			pairs[i] = js[k]
			js = slices.Delete(js, k, k+1)
		}
	}
	for _, i := range is {
		if pairs[i] < 0 && len(js) > 0 {
			pairs[i], js = js[0], js[1:]
		}
	}
}

func compare(old, new *Table, j, i int, cols [][2]int) []CellChange {
	var cells []CellChange
	for _, c := range cols {
		a, b := old.Cell(j, c[0]), new.Cell(i, c[1])
		if a != b {
			cells = append(cells, CellChange{Column: new.Columns[c[1]].Name, Old: a, New: b})
		}
	}
	return cells
}

// MassChange tells whether a new table differs so much from the one before that
// a person should look first: no rows, more than a twentieth of the rows gone
// (one row is never too many), or nearly all dispositions changed at once.
func MassChange(old, new *Table, d Difference) (held bool, why string) {
	if old == nil || old.Len() == 0 {
		return false, ""
	}
	both := d.Changes.Changed + d.Changes.Unchanged
	switch {
	case new.Len() == 0:
		return true, fmt.Sprintf("the table has no rows; it had %d", old.Len())
	case d.Changes.Removed > 1 && d.Changes.Removed*20 > old.Len():
		return true, fmt.Sprintf("%d of %d rows are gone", d.Changes.Removed, old.Len())
	case both > 1 && d.Dispositions*20 >= both*19:
		return true, fmt.Sprintf("the disposition changed in %d of %d rows", d.Dispositions, both)
	}
	return false, ""
}
