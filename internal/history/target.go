package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// Target tells the story of one star, named by any of its names or numbers: in
// all versions of all tables, and in the files that are held.
//
// Errors: exo.Invalid for what is no name, and for a name that several stars
// answer to, with `candidates`; exo.NotFound, with near names.
func (s *Service) Target(ctx context.Context, name string) (Timeline, error) {
	n, err := exo.ParseName(name)
	if err != nil {
		return Timeline{}, err
	}
	w, _, err := s.whose(ctx, n)
	if err != nil {
		return Timeline{}, err
	}
	tl := Timeline{Query: n.Query, Objects: []Object{}, Candidates: []Row{}, Conflicts: []Row{}, Entries: []Entry{}, Files: []HeldFile{}}
	if err := s.chapters(ctx, w, &tl); err != nil {
		return Timeline{}, err
	}
	if err := s.merged(ctx, w, &tl); err != nil {
		return Timeline{}, err
	}
	if err := s.files(ctx, w, &tl); err != nil {
		return Timeline{}, err
	}
	if len(tl.Objects)+len(tl.Candidates)+len(tl.Files) == 0 {
		return Timeline{}, s.unknown(ctx, n)
	}
	slices.SortStableFunc(tl.Entries, func(a, b Entry) int { return b.At.Compare(a.At) })
	tl.IDs, tl.Aliases, tl.Name = w.ids, w.names, w.title()
	if tl.IDs == nil {
		tl.IDs = []exo.TargetID{}
	}
	slices.SortFunc(tl.IDs, func(a, b exo.TargetID) int {
		return cmp.Or(strings.Compare(string(a.Catalog), string(b.Catalog)), cmp.Compare(a.Number, b.Number))
	})
	if w.located {
		tl.RA, tl.Dec = &w.ra, &w.dec
	}
	return tl, nil
}

// chapters follows the star's rows through the versions of each table. Rows that
// were another star's before are followed by their keys, which may be known only
// when some version has been read: then the table is read again.
func (s *Service) chapters(ctx context.Context, w *star, tl *Timeline) error {
	for _, typ := range catalog.Types {
		versions, err := s.opt.Tables.Versions(ctx, typ)
		if err != nil {
			return err
		}
		var texts []*catalog.Table
		for grown := true; grown; {
			f, ok := w.search(typ)
			if !ok {
				break
			}
			grown, texts = false, texts[:0]
			for _, v := range versions {
				t, err := s.excerpt(ctx, v.Meta, f)
				if err != nil {
					return err
				}
				texts = append(texts, t)
				for i := range t.Len() {
					if w.mention(t, i) {
						grown = true
					}
				}
			}
		}
		tl.chapter(typ, versions, texts)
		locate(w, texts)
	}
	return nil
}

// locate takes the place of the star from its newest row, where none is known.
func locate(w *star, texts []*catalog.Table) {
	for _, t := range slices.Backward(texts) {
		for i := range t.Len() {
			if ra, dec, ok := t.Position(i); ok && !w.located {
				w.ra, w.dec, w.located = ra, dec, true
			}
		}
	}
}

// chapter tells of one table: texts are the star's rows in each version.
func (tl *Timeline) chapter(typ catalog.Type, versions []tables.Version, texts []*catalog.Table) {
	at := map[string]int{} // object → place in tl.Objects
	first := len(tl.Objects)
	for k, t := range texts {
		state := StateOf(versions[k])
		var events []catalog.Event
		switch {
		case k == 0:
			for _, o := range t.Objects() {
				e := t.Listed(o)
				e.Text = fmt.Sprintf("%s stands in the first %s table that is held%s", e.Object, typ, t.Profile(o))
				events = append(events, e)
			}
		case versions[k].Meta.SHA256 != versions[k-1].Meta.SHA256:
			events = catalog.Events(texts[k-1], t, catalog.Diff(texts[k-1], t))
		}
		for _, e := range events {
			tl.Entries = append(tl.Entries, Entry{At: state.RetrievedAt, Table: typ, State: &state, Event: &e, Text: e.Text})
		}
		for _, o := range t.Objects() {
			i, seen := at[o.Name]
			if !seen {
				i = len(tl.Objects)
				at[o.Name] = i
				tl.Objects = append(tl.Objects, Object{Table: typ, FirstSeen: state})
			}
			x := &tl.Objects[i]
			x.LastSeen, x.Key, x.Object = state, t.Key(o.Row), t.ObjectOf(o.Row)
			x.Disposition = t.Get(o.Row, catalog.RoleDisposition)
			x.Solutions = len(o.Rows)
			x.table, x.row, x.columns = t, o.Row, versions[k].Meta.Columns
		}
	}
	for i := range tl.Objects[first:] {
		x := &tl.Objects[first+i]
		x.Values = values(x.table, x.row, x.columns)
		x.table = nil
	}
	slices.SortFunc(tl.Objects[first:], func(a, b Object) int { return strings.Compare(a.Object, b.Object) })
}

// values reads all cells of a row, with the types that the whole table's columns
// have.
func values(t *catalog.Table, i int, columns []catalog.Column) Row {
	types := make(map[string]string, len(columns))
	for _, c := range columns {
		types[c.Name] = c.Type
	}
	row := make(Row, len(t.Columns))
	for j, c := range t.Columns {
		row[c.Name] = typed(types[c.Name], strings.TrimSpace(t.Cell(i, j)))
	}
	return row
}

// typed reads a cell: a number where the column's type says so and it is one, nil
// for nothing.
func typed(kind, cell string) any {
	if cell == "" {
		return nil
	}
	switch kind {
	case "int":
		if v, err := strconv.ParseInt(cell, 10, 64); err == nil {
			return v
		}
	case "double":
		if v, err := strconv.ParseFloat(cell, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
	return cell
}

// merged adds the star's rows of the merged table, and what the sources disagree
// in.
func (s *Service) merged(ctx context.Context, w *star, tl *Timeline) error {
	v, ok, err := s.candidatesTable(ctx)
	if err != nil || !ok || len(w.candidates) == 0 {
		return err
	}
	text, err := s.text(ctx, v.Meta)
	if err != nil {
		return err
	}
	types := map[string]string{}
	for _, c := range v.Meta.Columns {
		types[c.Name] = c.Type
	}
	if tl.Candidates, err = records(text, v.Meta, w.candidates, types); err != nil {
		return err
	}
	m, ok, err := s.beside(ctx, v, "conflicts")
	if err != nil || !ok {
		return err
	}
	if text, err = s.text(ctx, m); err != nil {
		return err
	}
	tl.Conflicts, err = records(text, m, w.candidates, map[string]string{"sigma": "double"})
	return err
}

// files adds the light curves and processed files of the star.
func (s *Service) files(ctx context.Context, w *star, tl *Timeline) error {
	for _, id := range w.ids {
		for _, kind := range []store.Kind{store.LightCurve, store.Processed} {
			err := s.opt.Store.Each(ctx, store.Filter{Kind: kind, Target: id}, func(m store.Meta) error {
				tl.Files = append(tl.Files, HeldFile{Path: m.Path, Kind: string(m.Kind), Checksum: m.SHA256, RetrievedAt: m.RetrievedAt, SectorQuarter: m.SectorQuarter, Profile: m.Profile})
				tl.Entries = append(tl.Entries, Entry{At: m.RetrievedAt, Text: cameText(m), Path: m.Path})
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// cameText says which file came.
func cameText(m store.Meta) string {
	text := "a light curve came"
	if m.Kind == store.Processed {
		text = "a light curve was processed"
	}
	text = m.Target.String() + ": " + text
	if m.SectorQuarter != nil && m.Mission != "" {
		text += fmt.Sprintf(", %s %s %d", m.Mission, m.Mission.SliceWord(), *m.SectorQuarter)
	}
	if m.Kind == store.Processed && m.Profile != "" {
		text += ", profile " + m.Profile
	}
	return text
}

// unknown is the error for a star of which nothing is held.
func (s *Service) unknown(ctx context.Context, name exo.Name) error {
	e := exo.Errorf("history.Target", exo.NotFound, nil, "nothing is held of %s", name.Canonical)
	var names []string
	held := 0
	for _, typ := range catalog.Types {
		t, _, err := s.opt.Tables.Newest(ctx, typ)
		if err != nil {
			return errors.Join(e, err)
		}
		if t == nil {
			continue
		}
		held++
		if name.Form == exo.FormID {
			continue // a number that is near is another star
		}
		for i := range t.Len() {
			objects, stars := t.NamesOf(i)
			names = append(append(names, objects...), stars...)
		}
	}
	if held == 0 {
		return e.Try("no catalog is held: exoplanetai ingest batch")
	}
	slices.Sort(names)
	if near := nearest(name.Canonical, slices.Compact(names), 3); len(near) > 0 {
		return e.Try("did you mean %s?", strings.Join(near, ", ")).With("near", near)
	}
	return e.Try("check the spelling, or give a catalog number, such as TIC 441420236")
}
