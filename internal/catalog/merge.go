package catalog

import (
	"bytes"
	"slices"
)

// Merge puts changed rows into a table: rows whose key the table has are
// replaced in place, others appended. The rows stay as the archive wrote them.
//
// ok is false when the result could be wrong: the columns differ, one of the
// tables is not separated by commas, or rows cannot be told apart by their key.
func Merge(base, changed *Table) (text []byte, ok bool) {
	if base.Type != changed.Type || !slices.Equal(base.Names(), changed.Names()) ||
		base.rows.Separator() != ',' || changed.rows.Separator() != ',' || len(changed.twins) > 0 {
		return nil, false
	}
	at := make(map[string]int, base.Len())
	for i, key := range base.keys {
		at[key] = i
	}
	instead := make(map[int]int, changed.Len())
	var added []int
	seen := make(map[string]bool, changed.Len())
	for j, key := range changed.keys {
		if seen[key] || len(base.twins[key]) > 0 {
			return nil, false
		}
		seen[key] = true
		if i, have := at[key]; have {
			instead[i] = j
		} else {
			added = append(added, j)
		}
	}
	var b bytes.Buffer
	b.Grow(base.rows.Size() + changed.rows.Size())
	line := func(s string) { b.WriteString(s); b.WriteByte('\n') }
	line(base.rows.RawHeader())
	for i := range base.Len() {
		if j, ok := instead[i]; ok {
			line(changed.Raw(j))
			continue
		}
		line(base.Raw(i))
	}
	for _, j := range added {
		line(changed.Raw(j))
	}
	return b.Bytes(), true
}
