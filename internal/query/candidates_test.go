package query_test

import (
	"math"
	"slices"
	"testing"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/query"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

// merged makes the table of candidates out of real tables.
func merged(t *testing.T) (text []byte, rows int) {
	t.Helper()
	normal := func(typ catalog.Type, file string) *candidate.Normal {
		table, err := catalog.Parse(typ, xtest.Gunzip(t, file))
		if err != nil {
			t.Fatal(err)
		}
		n, err := candidate.Normalize(table)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m, err := candidate.Merge(candidate.Sources{KOI: normal(catalog.KOI, koi2025), TOI: normal(catalog.TOI, toi2025), K2: normal(catalog.K2, k2pandc)})
	if err != nil {
		t.Fatal(err)
	}
	return m.CSV(), len(m.Rows)
}

func TestTheMergedTableIsSelectedLikeAnyOther(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, xtest.Gunzip(t, koi2025)) // knows where Kepler-227 is
	text, rows := merged(t)
	st, err := w.store.Stage(t.Context())
	if err == nil {
		_, err = st.Write(text)
	}
	if err == nil {
		_, err = w.store.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{
			Path: "processed/v2/candidates_20260102_120000.csv", Kind: store.Merged, Table: catalog.Candidates, RetrievedAt: noon, Origin: exo.Origin{Archive: "merged"},
		}})
	}
	if err != nil {
		t.Fatal(err)
	}
	s := w.service(t)
	a := must(t, s, query.Request{Table: catalog.Candidates, Limit: 1})
	if a.Total != int64(rows) {
		t.Errorf("%d rows of %d", a.Total, rows)
	}
	a = must(t, s, query.Request{Table: catalog.Candidates, Filters: []query.Filter{{Column: "toi", Expr: "!null"}, {Column: "koi", Expr: "!null"}}, Sort: "-period_d", Columns: []string{"candidate", "toi", "koi", "period_d"}, Limit: -1})
	if a.Total == 0 || !slices.IsSortedFunc(a.rows, func(x, y []any) int {
		p, _ := x[3].(float64)
		q, _ := y[3].(float64)
		return int(math.Copysign(1, q-p))
	}) {
		t.Error(a.Total)
	}
	a = must(t, s, query.Request{Table: catalog.Candidates, Cone: "Kepler-227,1\"", Columns: []string{"candidate", "separation"}})
	if a.Total != 2 || a.rows[0][0] != "K00752.01" {
		t.Error(a.rows)
	}
	for key, want := range map[string]string{"K00752.01": "K00752.01", "KOI-752.01": "K00752.01", "Kepler-227 b": "K00752.01", "TOI-700.01": "TOI-700.01", "toi 700.01": "TOI-700.01", "K2-18 b": ""} {
		_, row, err := s.Key(t.Context(), catalog.Candidates, tables.Ref{}, key)
		if err != nil || want != "" && row[0] != want {
			t.Errorf("%s: %v", key, err)
		} else if want == "" {
			t.Log(key, row[:8])
		}
	}
}
