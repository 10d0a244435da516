package version

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// tableLimit bounds a table that is read to be compared.
const tableLimit = 1 << 30

// Diff compares two versions: their files, and the newest table of each type row
// by row. Of a table that only one of them has, all rows are added or removed. limit bounds each list of files and of changed dispositions; 0 means all.
//
// Errors: exo.NotFound; exo.Corrupt for a table whose copy is damaged.
func (v *Versions) Diff(ctx context.Context, from, to exo.VersionName, limit int) (Diff, error) {
	a, err := v.Show(ctx, from)
	if err != nil {
		return Diff{}, err
	}
	b, err := v.Show(ctx, to)
	if err != nil {
		return Diff{}, err
	}
	d := Diff{From: from, To: to, Files: compareFiles(a.Files, b.Files, limit), Tables: []TableDiff{}}
	old, err := v.tables(ctx, a)
	if err != nil {
		return Diff{}, err
	}
	new, err := v.tables(ctx, b)
	if err != nil {
		return Diff{}, err
	}
	types := slices.AppendSeq(slices.Collect(maps.Keys(old)), maps.Keys(new))
	slices.Sort(types)
	for _, t := range slices.Compact(types) {
		before, after := old[t], new[t]
		if before.Hash == after.Hash {
			continue
		}
		td, err := v.compareTable(ctx, t, held{from, before}, held{to, after})
		if err != nil {
			return Diff{}, err
		}
		if limit > 0 && len(td.Dispositions) > limit {
			td.Dispositions = td.Dispositions[:limit] // those of the most rows come first
		}
		d.Tables = append(d.Tables, td)
	}
	return d, nil
}

// compareFiles walks two sorted lists side by side.
func compareFiles(a, b []File, limit int) FileDiff {
	d := FileDiff{Added: []File{}, Removed: []File{}, Changed: []Change{}}
	room := func(n int) bool { return limit <= 0 || n < limit }
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Path < b[0].Path:
			if d.RemovedTotal++; room(len(d.Removed)) {
				d.Removed = append(d.Removed, a[0])
			}
			a = a[1:]
		case len(a) == 0 || b[0].Path < a[0].Path:
			if d.AddedTotal++; room(len(d.Added)) {
				d.Added = append(d.Added, b[0])
			}
			b = b[1:]
		default:
			if a[0].Hash != b[0].Hash {
				if d.ChangedTotal++; room(len(d.Changed)) {
					d.Changed = append(d.Changed, Change{a[0].Path, a[0].Hash, b[0].Hash})
				}
			}
			a, b = a[1:], b[1:]
		}
	}
	return d
}

// tables finds the newest whole table of each type in a version.
func (v *Versions) tables(ctx context.Context, m Manifest) (map[catalog.Type]File, error) {
	newest := map[catalog.Type]store.Meta{}
	files := map[catalog.Type]File{}
	for _, f := range m.Files {
		if f.Path.Top() != "raw" && !strings.HasPrefix(string(f.Path), "processed/v2/") || !strings.HasSuffix(string(f.Path), ".csv") {
			continue
		}
		meta, err := v.Store.Get(ctx, f.Path)
		if exo.KindOf(err) == exo.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		have, ok := newest[meta.Table]
		if (meta.Kind == store.Table || meta.Kind == store.Merged) && meta.SHA256 == f.Hash &&
			(!ok || cmp.Or(meta.RetrievedAt.Compare(have.RetrievedAt), cmp.Compare(meta.Path, have.Path)) > 0) {
			newest[meta.Table], files[meta.Table] = meta, f
		}
	}
	return files, nil
}

// held is a file as a version holds it.
type held struct {
	version exo.VersionName
	File
}

func (v *Versions) compareTable(ctx context.Context, t catalog.Type, a, b held) (TableDiff, error) {
	if a.Path == "" || b.Path == "" {
		return v.loneTable(ctx, t, a, b)
	}
	old, err := v.parse(ctx, t, a)
	if err != nil {
		return TableDiff{}, err
	}
	new, err := v.parse(ctx, t, b)
	if err != nil {
		return TableDiff{}, err
	}
	diff := catalog.Diff(old, new)
	d := TableDiff{
		Table: t, From: a.Path, To: b.Path,
		Added: diff.Changes.Added, Removed: diff.Changes.Removed, Changed: diff.Changes.Changed, Dispositions: []Transition{},
		RowsURL: fmt.Sprintf("/api/v1/catalogs/%s/diff?from=%s&to=%s", t, url.QueryEscape(a.Hash.String()), url.QueryEscape(b.Hash.String())),
	}
	count := map[Transition]int{}
	for _, e := range catalog.Events(old, new, diff) {
		if e.Kind == catalog.EventDisposition {
			count[Transition{From: e.From, To: e.To}]++
		}
	}
	for k, n := range count {
		d.Dispositions = append(d.Dispositions, Transition{k.From, k.To, n})
	}
	slices.SortFunc(d.Dispositions, func(a, b Transition) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return d, nil
}

// loneTable tells of a table that one of two versions does not have.
func (v *Versions) loneTable(ctx context.Context, t catalog.Type, a, b held) (TableDiff, error) {
	d := TableDiff{Table: t, From: a.Path, To: b.Path, Dispositions: []Transition{}}
	rows, h := &d.Added, b
	if b.Path == "" {
		rows, h = &d.Removed, a
	}
	table, err := v.parse(ctx, t, h)
	if err != nil {
		return TableDiff{}, err
	}
	*rows = table.Len()
	d.RowsURL = fmt.Sprintf("/api/v1/catalogs/%s?version=%s", t, url.QueryEscape(h.Hash.String()))
	return d, nil
}

// parse reads a table as a version holds it, and compares its digest.
func (v *Versions) parse(ctx context.Context, t catalog.Type, h held) (*catalog.Table, error) {
	if err := ctx.Err(); err != nil {
		return nil, exo.E("version.Diff", exo.KindOf(err), nil, err)
	}
	data, err := fsys.ReadFile(v.FS, place(h.version, h.Path), tableLimit)
	if err == nil && exo.DigestOf(data) == h.Hash {
		return catalog.Parse(t, data)
	}
	if k := exo.KindOf(err); err != nil && k != exo.NotFound && !fsys.BadMedium(err) {
		return nil, err
	}
	name, err := v.good(ctx, h.version, h.File)
	if err != nil {
		return nil, err
	}
	if data, err = fsys.ReadFile(v.FS, name, tableLimit); err != nil {
		return nil, err
	}
	if exo.DigestOf(data) != h.Hash {
		return nil, damaged(h.Path, nil)
	}
	return catalog.Parse(t, data)
}
