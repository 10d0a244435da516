package catalog

import (
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
)

// MaxBytes bounds a table; the largest is below 10 MB.
const MaxBytes = 64 << 20

// Table is a parsed catalog table. It does not change.
type Table struct {
	Type    Type
	Columns []Column // in the order of the file

	rows   *csvtab.Table
	at     [roles]int // column of each role, -1 absent
	keys   []string
	twins  map[string][]int // rows that share their key but for the ordinal
	filled []int            // cells with text, per column
	names  nameIndex
	byName map[string]int // first column of each canonical name
}

// Parse reads a table in any dialect of its archive: NASA's TAP or web export,
// ExoFOP's csv, pipe or dashboard form. What cannot be used is exo.Upstream
// and names the row or the column.
func Parse(t Type, b []byte) (*Table, error) {
	const op = "catalog.Parse"
	if len(fields[t]) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "%.40q is not a table", t)
	}
	rows, err := csvtab.ReadAll(b, csvtab.Limits{Bytes: MaxBytes, Rows: 500_000})
	if err != nil {
		return nil, exo.E(op, exo.Upstream, t, err).Say("the %s table cannot be read: %s", t, exo.MessageOf(err))
	}
	tab := &Table{Type: t, rows: rows, Columns: make([]Column, len(rows.Columns))}
	for j, name := range rows.Columns {
		tab.Columns[j].Name = name
	}
	if err := tab.findRoles(); err != nil {
		return nil, err
	}
	tab.inferTypes()
	tab.setUnits()
	tab.setKeys()
	return tab, nil
}

// Len returns the number of rows.
func (t *Table) Len() int { return t.rows.Len() }

// Cell returns the text of row i, column j.
func (t *Table) Cell(i, j int) string { return t.rows.Cell(i, j) }

// Row appends the cells of row i to dst[:0].
func (t *Table) Row(i int, dst []string) []string { return t.rows.Row(i, dst) }

// Raw returns row i as the archive wrote it, without its line end.
func (t *Table) Raw(i int) string { return t.rows.Raw(i) }

// Key returns the key of row i.
func (t *Table) Key(i int) string { return t.keys[i] }

// Column returns the place of the column that plays the role, -1 if the table
// has none.
func (t *Table) Column(r Role) int { return t.at[r] }

// Get returns the trimmed text of row i in the role's column, "" if absent.
func (t *Table) Get(i int, r Role) string {
	if t.at[r] < 0 {
		return ""
	}
	return strings.TrimSpace(t.rows.Cell(i, t.at[r]))
}

// Names returns the column names.
func (t *Table) Names() []string { return t.rows.Columns }

// Dispositions counts the rows of each verdict.
func (t *Table) Dispositions() map[string]int {
	n := map[string]int{}
	if t.at[RoleDisposition] < 0 {
		return n
	}
	for i := range t.Len() {
		n[t.Get(i, RoleDisposition)]++
	}
	return n
}

// Newest returns the latest value of the column that tells when a row changed;
// these values sort as text. It is "" for a table without such a column.
func (t *Table) Newest() string {
	newest := ""
	if t.at[RoleUpdated] < 0 {
		return newest
	}
	for i := range t.Len() {
		newest = max(newest, t.Get(i, RoleUpdated))
	}
	return newest
}

// Fingerprint is the digest of the ordered list of names and types; it changes
// when the archive adds, drops, renames, reorders or retypes a column.
func (t *Table) Fingerprint() string { return Fingerprint(t.Columns) }

// Fingerprint is that of a table with the columns.
func Fingerprint(columns []Column) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(strconv.Quote(c.Name) + ":" + c.Type + "\n")
	}
	return exo.DigestOf([]byte(b.String())).String()
}

// findRoles places every role.
func (t *Table) findRoles() error {
	byName := make(map[string]int, len(t.Columns))
	t.byName = byName
	for j, c := range t.Columns {
		name := canon(c.Name)
		if _, have := byName[name]; !have {
			byName[name] = j
		}
	}
	for r := range t.at {
		t.at[r] = -1
	}
	for _, f := range fields[t.Type] {
		for _, name := range f.names {
			if j, ok := byName[canon(name)]; ok {
				t.at[f.role] = j
				break
			}
		}
		if f.required && t.at[f.role] < 0 {
			return t.missing(f)
		}
	}
	return nil
}

// missing is the error of a table without a required column.
func (t *Table) missing(f field) error {
	name := f.names[0]
	err := exo.Errorf("catalog.Parse", exo.Upstream, t.Type, "the %s table lacks the column %s", t.Type, name).
		With("missing_column", name)
	for _, c := range t.Columns {
		if now, ok := former[canon(c.Name)]; ok && now == name {
			return err.Try("it has %s, the name of that column in a table that the archive retired; ask for today's table", Clip(c.Name))
		}
	}
	if c := t.closest(name); c != "" {
		return err.Try("it has %s: the archive may have renamed the column", Clip(c))
	}
	return err.Try("the archive may have renamed the column; the last good table stays current")
}

// closest returns an unused column whose name is nearly the one looked for.
func (t *Table) closest(name string) string {
	want := canon(name)
	best, bestAt := 1+len(want)/4, ""
	for _, c := range t.Columns {
		have := canon(c.Name)
		d := exo.Edits(want, have)
		if len(want) > 3 && len(have) > 3 && (strings.HasPrefix(have, want) || strings.HasPrefix(want, have)) {
			d = min(d, 1)
		}
		if d < best {
			best, bestAt = d, c.Name
		}
	}
	return bestAt
}

// setKeys makes the row keys.
func (t *Table) setKeys() {
	t.keys = make([]string, t.Len())
	for i := range t.keys {
		t.keys[i] = t.Get(i, RoleKey)
	}
	switch t.Type {
	case K2:
		for i := range t.keys {
			t.keys[i] += " | " + plain(t.Get(i, RolePlanetRef)) + " | " + plain(t.Get(i, RoleStarRef))
		}
		t.number()
	case Gaia:
		if t.at[RoleStar] >= 0 {
			for i := range t.keys {
				t.keys[i] = t.Get(i, RoleStar) + " | " + t.keys[i]
			}
		}
	}
}

// number tells rows apart that share their key, by an ordinal from the second.
// The rows' text decides which is which: their order in the file means nothing.
func (t *Table) number() {
	first := make(map[string]int, len(t.keys))
	t.twins = map[string][]int{}
	for i, key := range t.keys {
		f, seen := first[key]
		if !seen {
			first[key] = i
			continue
		}
		if len(t.twins[key]) == 0 {
			t.twins[key] = []int{f}
		}
		t.twins[key] = append(t.twins[key], i)
	}
	for key, rows := range t.twins {
		slices.SortStableFunc(rows, func(a, b int) int { return strings.Compare(t.Raw(a), t.Raw(b)) })
		for n, i := range rows[1:] {
			t.keys[i] = key + " #" + strconv.Itoa(n+2)
		}
	}
}

// plain names a reference, which is an HTML anchor:
// <a refstr=… href=https://ui.adsabs.harvard.edu/abs/2018AJ....155..257S/abstract target=ref>Sarkis et al. 2018</a>
// It takes the bibliographic code, because one first author may have several
// papers in a year; without one, the words.
func plain(ref string) string {
	if !strings.HasPrefix(ref, "<a ") {
		return ref
	}
	if _, rest, ok := strings.Cut(ref, "/abs/"); ok {
		if code, _, ok := strings.Cut(rest, "/"); ok && code != "" {
			return code
		}
	}
	i, j := strings.IndexByte(ref, '>'), strings.LastIndex(ref, "</a>")
	if i < 0 || j <= i {
		return ref
	}
	return ref[i+1 : j]
}
