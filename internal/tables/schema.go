package tables

import (
	"context"
	"slices"
	"strconv"
	"time"

	"exoplanetai/internal/catalog"
)

// Schema is a state of a table's columns: what the first version had, and then
// each version whose columns differ from those of the one before.
type Schema struct {
	Version     string           `json:"version"` // identifier of the first version that has it
	Number      int              `json:"number"`
	At          time.Time        `json:"at"` // when that version came
	Fingerprint string           `json:"fingerprint"`
	Columns     int              `json:"columns"`
	Versions    int              `json:"versions"`  // that have it, one after the other
	Added       []string         `json:"added"`     // against the state before; empty in the first
	Removed     []string         `json:"removed"`   //
	Renamed     []catalog.Rename `json:"renamed"`   // columns among both that seem to be one
	Retyped     []ColumnChange   `json:"retyped"`   // type by the values seen
	Units       []ColumnChange   `json:"units"`     // unit as the table or the archive's documentation states it
	Reordered   bool             `json:"reordered"` // the columns that both have stand in another order
}

// ColumnChange is a column of which something changed.
type ColumnChange struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// Schemas tells how a table's columns changed over the versions that are held,
// oldest first. None held is no error. It reads the metadata records, and two
// tables only where columns both came and went.
func (t *Tables) Schemas(ctx context.Context, typ catalog.Type) ([]Schema, error) {
	versions, err := t.Versions(ctx, typ)
	if err != nil {
		return nil, err
	}
	list := []Schema{}
	for i, v := range versions {
		s := Schema{
			Version: v.ID, Number: v.Number, At: v.Meta.RetrievedAt, Fingerprint: v.Meta.SchemaFingerprint, Columns: len(v.Meta.Columns), Versions: 1,
			Added: []string{}, Removed: []string{}, Renamed: []catalog.Rename{}, Retyped: []ColumnChange{}, Units: []ColumnChange{},
		}
		if i > 0 {
			s.compare(versions[i-1].Meta.Columns, v.Meta.Columns)
			if !s.differs() {
				list[len(list)-1].Versions++
				continue
			}
			if len(s.Added) > 0 && len(s.Removed) > 0 {
				if s.Renamed, err = t.renamed(ctx, versions[i-1], v); err != nil {
					return nil, err
				}
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// compare fills in what changed from one list of columns to another.
func (s *Schema) compare(old, new []catalog.Column) {
	before, after := occurrences(old), occurrences(new)
	was := make(map[string]catalog.Column, len(old))
	for j, key := range before {
		was[key] = old[j]
	}
	var kept, order []string // columns of both, in the new and in the old order
	for j, key := range after {
		b, have := was[key]
		if !have {
			s.Added = append(s.Added, new[j].Name)
			continue
		}
		kept = append(kept, key)
		delete(was, key)
		if b.Type != new[j].Type {
			s.Retyped = append(s.Retyped, ColumnChange{b.Name, b.Type, new[j].Type})
		}
		if b.Unit != new[j].Unit {
			s.Units = append(s.Units, ColumnChange{b.Name, b.Unit, new[j].Unit})
		}
	}
	for j, key := range before {
		if _, gone := was[key]; gone {
			s.Removed = append(s.Removed, old[j].Name)
			continue
		}
		order = append(order, key)
	}
	s.Reordered = !slices.Equal(kept, order)
}

// occurrences gives each column a key: its name, and from the second of a name
// on its number.
func occurrences(list []catalog.Column) []string {
	keys := make([]string, len(list))
	seen := make(map[string]int, len(list))
	for j, c := range list {
		keys[j] = c.Name
		if seen[c.Name]++; seen[c.Name] > 1 {
			keys[j] += "\x00" + strconv.Itoa(seen[c.Name])
		}
	}
	return keys
}

func (s *Schema) differs() bool {
	return len(s.Added)+len(s.Removed)+len(s.Retyped)+len(s.Units) > 0 || s.Reordered
}

func (t *Tables) renamed(ctx context.Context, from, to Version) ([]catalog.Rename, error) {
	old, err := t.Read(ctx, from.Meta)
	if err != nil {
		return nil, err
	}
	new, err := t.Read(ctx, to.Meta)
	if err != nil {
		return nil, err
	}
	return catalog.Renamed(old, new), nil
}
