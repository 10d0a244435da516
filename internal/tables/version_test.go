package tables_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// many publishes n versions of the KOI table, the oldest last, with records as
// large as real ones.
func many(t testing.TB, s *store.Store, n int) {
	t.Helper()
	columns := make([]catalog.Column, 150)
	for i := range columns {
		columns[i].Name = fmt.Sprintf("koi_column_%03d", i)
	}
	var items []store.Item
	for i := range n {
		st, err := s.Stage(t.Context())
		if err == nil {
			_, err = fmt.Fprintf(st, "version %d\n", n-i)
		}
		if err != nil {
			t.Fatal(err)
		}
		at := noon.Add(time.Duration(n-i) * time.Hour)
		items = append(items, store.Item{Staged: st, Meta: store.Meta{Path: exo.Path("raw/nasa/koi_" + exo.Stamp(at) + ".csv"), Kind: store.Table,
			Table: catalog.KOI, RetrievedAt: at, Rows: n - i, Columns: columns, Origin: exo.Origin{Archive: "folder"}}})
	}
	if _, err := s.Publish(t.Context(), items...); err != nil {
		t.Fatal(err)
	}
}

func TestVersionsComeByAgeWithTheirRecordsAlsoWhenNewOnesJoin(t *testing.T) {
	s := open(t)
	ts := tables.New(s)
	many(t, s, 5)
	hold(t, s, "raw/exofop/toi_20260102_120000.csv", store.Table, catalog.TOI, noon, []byte("toi\n"))
	for _, n := range []int{5, 6} {
		if n == 6 {
			hold(t, s, "raw/nasa/koi_20260102_120000.csv", store.Table, catalog.KOI, noon, []byte("the oldest\n"))
		}
		for range 2 {
			list, err := ts.Versions(t.Context(), catalog.KOI)
			if err != nil || len(list) != n {
				t.Fatalf("%d versions, %v", len(list), err)
			}
			for i, v := range list {
				m, err := s.Get(t.Context(), v.Meta.Path)
				if err != nil || v.Number != i+1 || m.SHA256 != v.Meta.SHA256 || m.Rows != v.Meta.Rows || len(m.Columns) != len(v.Meta.Columns) || i > 0 && !list[i-1].Meta.RetrievedAt.Before(m.RetrievedAt) {
					t.Errorf("version %d: %+v", i, v.Meta.Path)
				}
			}
		}
	}
	v, err := ts.Pick(t.Context(), catalog.KOI, tables.Ref{Version: "v1"})
	if err != nil || v.ID != "koi_20260102_120000" {
		t.Errorf("v1 is %s, %v", v.ID, err)
	}
	if _, err := ts.Pick(t.Context(), catalog.K2, tables.Ref{}); !errors.Is(err, exo.NotFound) {
		t.Errorf("of a table that is not held: %v", err)
	}
}

func BenchmarkVersionsOf300(b *testing.B) {
	s := open(b)
	many(b, s, 300)
	ts := tables.New(s)
	for b.Loop() {
		if list, err := ts.Versions(b.Context(), catalog.KOI); err != nil || len(list) != 300 {
			b.Fatal(len(list), err)
		}
	}
}
