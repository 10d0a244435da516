package cli_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// shelf is a KOI table of 250 rows in two versions.
type shelf struct{ *fake }

func tableVersion(n int) tables.Version {
	id := fmt.Sprintf("koi_2026010%d_000000", n)
	return tables.Version{ID: id, Number: n, Meta: store.Meta{
		Path: exo.Path("raw/nasa/" + id + ".csv"), SHA256: exo.DigestOf([]byte(id)), RetrievedAt: time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC), Rows: 250,
		Columns: make([]catalog.Column, 5), Table: catalog.KOI,
	}}
}

var shelfColumns = []export.Column{
	{Name: "kepid", Type: "int"}, {Name: "kepoi_name", Type: "char", Description: "the name of the object, which is long enough to be cut on a narrow terminal"},
	{Name: "koi_period", Type: "double", Unit: "d"}, {Name: "koi_comment", Type: "char"}, {Name: "koi_disposition", Type: "char"},
}

func (s shelf) Select(_ context.Context, r query.Request, to query.Rows) error {
	s.calls = append(s.calls, r)
	if s.err != nil {
		return s.err
	}
	limit := int64(r.Limit)
	if limit < 0 {
		limit = 250
	}
	end := min(250, r.Offset+limit)
	cells := map[string]func(i int64) any{
		"kepid": func(i int64) any { return 1000 + i }, "kepoi_name": func(i int64) any { return fmt.Sprintf("K%05d.01", i) },
		"koi_period":      func(i int64) any { return float64(i) + 1.0/3 },
		"koi_comment":     func(int64) any { return "=cmd()\x1b[31m a text that is much too long for one column of a table" },
		"koi_disposition": func(int64) any { return nil },
	}
	h := query.Head{Version: tableVersion(2), Total: 250, Offset: r.Offset, Limit: r.Limit, More: end < 250, Columns: shelfColumns}
	if len(r.Columns) > 0 {
		h.Columns = nil
		for _, name := range r.Columns {
			col := export.Column{Name: name, Type: "char"}
			if i := slices.IndexFunc(shelfColumns, func(c export.Column) bool { return c.Name == name }); i >= 0 {
				col = shelfColumns[i]
			}
			h.Columns = append(h.Columns, col)
		}
	}
	if err := to.Head(h); err != nil {
		return err
	}
	for i := r.Offset; i < end; i++ {
		var row []any
		for _, c := range h.Columns {
			if cell := cells[c.Name]; cell != nil {
				row = append(row, cell(i))
				continue
			}
			row = append(row, nil)
		}
		if err := to.Row(row); err != nil {
			return err
		}
	}
	return nil
}

func (s shelf) Key(_ context.Context, t catalog.Type, ref tables.Ref, key string) (query.Head, []any, error) {
	s.calls = append(s.calls, []any{t, ref, key})
	return query.Head{Version: tableVersion(2), Columns: shelfColumns}, []any{int64(7), key, 1.5, nil, "CONFIRMED"}, s.err
}

func (s shelf) Columns(context.Context, catalog.Type, tables.Ref) (tables.Version, []export.Column, error) {
	return tableVersion(2), shelfColumns, s.err
}

func (s shelf) Versions(_ context.Context, t catalog.Type) ([]tables.Version, error) {
	if t != catalog.KOI {
		return nil, s.err
	}
	return []tables.Version{tableVersion(1), tableVersion(2)}, s.err
}

func (s shelf) Schemas(context.Context, catalog.Type) ([]tables.Schema, error) {
	return []tables.Schema{
		{Version: "koi_20260101_000000", Number: 1, Columns: 4, Versions: 1},
		{Version: "koi_20260102_000000", Number: 2, Columns: 5, Versions: 1, Added: []string{"koi_comment"}, Reordered: true, Renamed: []catalog.Rename{{From: "a", To: "b"}}},
	}, s.err
}

func (s shelf) Diff(_ context.Context, r history.DiffRequest) (history.Diff, error) {
	s.calls = append(s.calls, r)
	d := history.Diff{
		Table: r.Table, From: history.StateOf(tableVersion(1)), To: history.StateOf(tableVersion(2)), Changes: catalog.Changes{Added: 1, Changed: 2, Unchanged: 247},
		SchemaChanges: catalog.SchemaChanges{Added: []string{"koi_comment"}, Removed: []string{}},
		Kinds:         map[catalog.EventKind]int{catalog.EventNew: 1, catalog.EventDisposition: 1, catalog.EventOther: 1},
		Dispositions:  []history.Transition{{From: "CANDIDATE", To: "CONFIRMED", Rows: 1}},
		Events: []catalog.Event{
			{Kind: catalog.EventNew, Key: "K00001.01", Object: "K00001.01", Star: "KIC 1", Text: "K00001.01 is new"},
			{Kind: catalog.EventDisposition, Key: "K00002.01", Object: "K00002.01", Star: "KIC 2", From: "CANDIDATE", To: "CONFIRMED", Text: "K00002.01 was confirmed\x1b[2J"},
		}, EventsTotal: 3, RowsTotal: 3,
		Rows: []catalog.RowChange{{Key: "K00001.01", Kind: catalog.RowAdded}, {Key: "K00002.01", Kind: catalog.RowChanged, Cells: []catalog.CellChange{
			{Column: "koi_period", Old: "4.6411", New: "4.6412"}, {Column: "koi_disposition", Old: "CANDIDATE", New: "CONFIRMED"}, {Column: "koi_comment", New: "odd"},
		}}},
	}
	return d, s.err
}

func (s shelf) Target(_ context.Context, name string) (history.Timeline, error) {
	ra, dec := 290.5, 44.25
	st := history.StateOf(tableVersion(2))
	return history.Timeline{
		Query: name, Name: "Kepler-10", IDs: []exo.TargetID{{Catalog: exo.KIC, Number: 11904151}}, Aliases: []string{"KOI-72", "Kepler-10 b"}, RA: &ra, Dec: &dec,
		Objects:   []history.Object{{Table: catalog.KOI, Key: "K00072.01", Object: "K00072.01", Disposition: "CONFIRMED", FirstSeen: st, LastSeen: st}},
		Conflicts: []history.Row{{"candidate": "K00072.01", "column": "period_d", "source_a": "koi", "value_a": "0.8", "source_b": "toi", "value_b": "0.9", "sigma": 12.5}},
		Entries:   []history.Entry{{At: st.RetrievedAt, Table: catalog.KOI, State: &st, Text: "K00072.01 was confirmed"}},
		Files:     []history.HeldFile{{Path: "lightcurves/kepler/a.fits"}},
	}, s.err
}

func (s shelf) Feed(_ context.Context, r history.FeedRequest) (history.Feed, error) {
	s.calls = append(s.calls, r)
	st := history.StateOf(tableVersion(2))
	return history.Feed{Title: "changes", Base: r.Base, Updated: st.RetrievedAt, Items: []history.FeedItem{
		{ID: "tag:x", At: st.RetrievedAt, Table: catalog.KOI, State: st, Event: catalog.Event{Kind: catalog.EventNew, Key: "K00001.01", Text: "K00001.01 is new"}},
	}}, s.err
}

func (s shelf) Update(context.Context) (derive.Result, error) {
	return derive.Result{
		Tables: []derive.Table{{Table: catalog.KOI, Path: "processed/v1/koi.csv", Rows: 250, Columns: 60, Made: true}},
		Merge:  &candidate.Counts{Candidates: 300, InTwo: 12, Identifier: 10, Position: 2, Aliases: 900, Conflicts: 1},
	}, s.err
}
