package api_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// fakeCatalogs is one KOI table of 250 rows in two versions.
type fakeCatalogs struct {
	mu    sync.Mutex
	asked []any
	err   error         // of every call
	text  string        // of every row's first cell and of the star's name; empty: their own
	late  error         // of a selection, after half of its rows
	slow  time.Duration // of a star's story
}

func newFakeCatalogs() *fakeCatalogs { return &fakeCatalogs{} }

func (f *fakeCatalogs) note(req any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, req)
	return f.err
}

func (f *fakeCatalogs) last() any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[len(f.asked)-1]
}

const fakeRows = 250

func fakeVersion(n int) tables.Version {
	id := fmt.Sprintf("koi_2026010%d_000000", n)
	return tables.Version{ID: id, Number: n, Meta: store.Meta{
		Path: exo.Path("raw/nasa/" + id + ".csv"), SHA256: exo.DigestOf([]byte(id)), RetrievedAt: noon.AddDate(0, 0, n), Rows: fakeRows,
		Columns: make([]catalog.Column, 3), Table: catalog.KOI,
	}}
}

var fakeColumns = []export.Column{
	{Name: "kepoi_name", Type: "char"}, {Name: "koi_period", Type: "double", Unit: "d", Description: "orbital period"}, {Name: "limit", Type: "int"},
}

func (f *fakeCatalogs) Select(_ context.Context, r query.Request, to query.Rows) error {
	if err := f.note(r); err != nil {
		return err
	}
	for _, c := range r.Filters {
		if c.Column != "koi_period" && c.Column != "limit" {
			return exo.Errorf("fake", exo.Invalid, nil, "the koi table has no column %q", c.Column).With("parameter", c.Column).
				With("allowed", []string{"kepoi_name", "koi_period", "limit"}).Try("did you mean koi_period?")
		}
	}
	end := min(fakeRows, r.Offset+int64(r.Limit))
	h := query.Head{Version: fakeVersion(2), Columns: fakeColumns, Total: fakeRows, Offset: r.Offset, Limit: r.Limit, More: end < fakeRows}
	if r.Cone != "" {
		h.Cone = &query.Cone{RA: 290, Dec: 44, Radius: 1}
	}
	if err := to.Head(h); err != nil {
		return err
	}
	for i := r.Offset; i < end; i++ {
		if f.late != nil && i >= end/2 {
			return f.late
		}
		if err := to.Row([]any{cmp.Or(f.text, fmt.Sprintf("K%05d.01", i)), float64(i) + 0.5, nil}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeCatalogs) Key(_ context.Context, t catalog.Type, ref tables.Ref, key string) (query.Head, []any, error) {
	return query.Head{Version: fakeVersion(2), Columns: fakeColumns}, []any{key, 1.5, nil}, f.note([]any{t, ref, key})
}

func (f *fakeCatalogs) Columns(_ context.Context, t catalog.Type, ref tables.Ref) (tables.Version, []export.Column, error) {
	return fakeVersion(2), fakeColumns, f.note([]any{t, ref})
}

func (f *fakeCatalogs) Versions(_ context.Context, t catalog.Type) ([]tables.Version, error) {
	if t != catalog.KOI {
		return nil, f.err
	}
	return []tables.Version{fakeVersion(1), fakeVersion(2)}, f.err
}

func (f *fakeCatalogs) Schemas(_ context.Context, t catalog.Type) ([]tables.Schema, error) {
	return []tables.Schema{{Version: "koi_20260101_000000", Number: 1, Columns: 3, Versions: 2}}, f.note(t)
}

func (f *fakeCatalogs) Diff(_ context.Context, r history.DiffRequest) (history.Diff, error) {
	return history.Diff{
		Table: r.Table, From: history.StateOf(fakeVersion(1)), To: history.StateOf(fakeVersion(2)), Changes: catalog.Changes{Added: 1, Changed: 1},
		SchemaChanges: catalog.SchemaChanges{Added: []string{}, Removed: []string{}}, Renamed: []history.Renamed{},
		Kinds: map[catalog.EventKind]int{catalog.EventNew: 1, catalog.EventDisposition: 1}, Dispositions: []history.Transition{{From: "CANDIDATE", To: "CONFIRMED", Rows: 1}},
		Events: []catalog.Event{
			{Kind: catalog.EventNew, Key: "K1", Object: "K1", Star: "KIC 1", Text: "K1 is new"},
			{Kind: catalog.EventDisposition, Key: "K2", Object: "K2", Star: "KIC 2", Column: "koi_disposition", From: "CANDIDATE", To: "=cmd()", Text: "K2 was confirmed"},
		}, EventsTotal: 2,
		Rows:      []catalog.RowChange{{Key: "K1", Kind: catalog.RowAdded}, {Key: "K2", Kind: catalog.RowChanged, Cells: []catalog.CellChange{{Column: "koi_disposition", Old: "CANDIDATE", New: "=cmd()"}}}},
		RowsTotal: 150, Offset: r.Offset, Limit: r.Limit, Next: r.Offset + r.Limit,
	}, f.note(r)
}

func (f *fakeCatalogs) Target(_ context.Context, name string) (history.Timeline, error) {
	time.Sleep(f.slow)
	if strings.Contains(name, "Nobody") {
		return history.Timeline{}, exo.Errorf("fake", exo.NotFound, nil, "no star %s is known", name)
	}
	return history.Timeline{
		Query: name, Name: cmp.Or(f.text, "Kepler-10"), IDs: []exo.TargetID{{Catalog: exo.KIC, Number: 11904151}}, Aliases: []string{}, Objects: []history.Object{
			{Table: catalog.KOI, Key: "K00072.01", Values: history.Row{"koi_period": 0.8}},
		}, Candidates: []history.Row{}, Conflicts: []history.Row{}, Entries: []history.Entry{}, Files: []history.HeldFile{},
	}, f.note(name)
}

func (f *fakeCatalogs) Feed(_ context.Context, r history.FeedRequest) (history.Feed, error) {
	feed := history.Feed{Title: "changes", Base: r.Base, Updated: noon}
	if f.text != "" {
		feed.Items = []history.FeedItem{{ID: "tag:x", At: noon, Table: catalog.KOI, Event: catalog.Event{Text: f.text, Star: f.text}}}
	}
	return feed, f.note(r)
}
