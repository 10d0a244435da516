package query_test

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

func TestRowsAreFoundByTheNamesThatPeopleWrite(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, xtest.Gunzip(t, koi2025))
	w.hold(t, catalog.TOI, noon, xtest.Gunzip(t, exofop))
	w.hold(t, catalog.K2, noon, xtest.Gunzip(t, k2pandc))
	s := w.service(t)
	for _, tt := range []struct {
		table  catalog.Type
		key    string
		column string
		want   any
	}{
		{catalog.KOI, "K00752.01", "kepoi_name", "K00752.01"},
		{catalog.KOI, " k00752.01 ", "kepoi_name", "K00752.01"},
		{catalog.KOI, "KOI-752.02", "kepoi_name", "K00752.02"},
		{catalog.KOI, "koi 752.2", "", nil}, // .02 is two digits
		{catalog.KOI, "Kepler-227 b", "kepoi_name", "K00752.01"},
		{catalog.KOI, "kepler227b", "kepoi_name", "K00752.01"},
		{catalog.TOI, "TOI-700.01", "TOI", "700.01"},
		{catalog.TOI, "toi 700.01", "TOI", "700.01"},
		{catalog.TOI, "700.01", "TOI", "700.01"},
		{catalog.TOI, "TOI 00700.01", "TOI", "700.01"},
		{catalog.TOI, "WASP-46 b", "TOI", "101.01"},
		{catalog.TOI, "TOI-101", "TOI", "101.01"},
		{catalog.TOI, "WASP-46", "TOI", "101.01"},
		{catalog.K2, "K2-18 b", "default_flag", int64(1)},
		{catalog.K2, "k2-18b", "pl_name", "K2-18 b"},
		{catalog.K2, "K2-3 d", "default_flag", int64(1)},
	} {
		head, row, err := s.Key(t.Context(), tt.table, tables.Ref{}, tt.key)
		if tt.column == "" {
			if !errors.Is(err, exo.NotFound) {
				t.Errorf("%s: %v", tt.key, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.key, err)
			continue
		}
		j := slices.IndexFunc(head.Columns, func(c exportColumn) bool { return c.Name == tt.column })
		if row[j] != tt.want || len(row) != len(head.Columns) || head.Version.Number != 1 {
			t.Errorf("%s: %v, want %v", tt.key, row[j], tt.want)
		}
	}
}

func TestEveryRowIsFoundByItsKey(t *testing.T) {
	alone(t)
	for typ, file := range map[catalog.Type]string{catalog.KOI: koi2019, catalog.TOI: toi2023, catalog.K2: k2pandc} {
		w := newWorld(t)
		file := xtest.Gunzip(t, file)
		w.hold(t, typ, noon, file)
		s := w.service(t)
		table, err := catalog.Parse(typ, file)
		if err != nil {
			t.Fatal(err)
		}
		at := table.Column(catalog.RolePeriod)
		for i := 0; i < table.Len(); i += 37 {
			_, row, err := s.Key(t.Context(), typ, tables.Ref{}, table.Key(i))
			if err != nil {
				t.Fatalf("%s: %v", table.Key(i), err)
			}
			if cell := table.Cell(i, at); text(row[at]) != trimmed(cell) {
				t.Errorf("%s: %v, want %s", table.Key(i), row[at], cell)
			}
		}
	}
}

func TestNamesOfNoRowAndOfSeveralSayWhatThereIs(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, xtest.Gunzip(t, koi2025))
	w.hold(t, catalog.K2, noon, xtest.Gunzip(t, k2pandc))
	s := w.service(t)
	for key, tt := range map[string]struct {
		kind exo.Kind
		says string
	}{
		"K00752.03":                {exo.NotFound, "K00752.01"},
		"Keplre-227 b":             {exo.NotFound, "K00752.01"},
		"Kepler-227":               {exo.Invalid, "K00752.02"},
		"KIC 10797460":             {exo.Invalid, "K00752.01"},
		"":                         {exo.Invalid, "TOI-700.01"},
		"Betelgeuse":               {exo.NotFound, "cone"},
		strings.Repeat("x", 1<<20): {exo.Invalid, "TOI-700.01"},
		"' OR 1=1 --":              {exo.NotFound, "cone"},
	} {
		_, _, err := s.Key(t.Context(), catalog.KOI, tables.Ref{}, key)
		if !errors.Is(err, tt.kind) || !strings.Contains(exo.HintOf(err), tt.says) || exo.ExtraOf(err)["parameter"] != "key" {
			t.Errorf("%.60s: %v, %s", key, err, exo.HintOf(err))
		}
	}
	if _, _, err := s.Key(t.Context(), catalog.K2, tables.Ref{}, "K2-18"); !errors.Is(err, exo.Invalid) || !strings.Contains(exo.HintOf(err), "K2-18 b") {
		t.Error(err, exo.HintOf(err))
	}
}

func TestKeysAreOrderedByTheirNumbers(t *testing.T) {
	want := []string{"", "9.01", "9.02", "10.01", "101.01", "101.10", "1000.01", "EPIC 9 b", "EPIC 10 b", "K2-2 b", "K2-18 b", "K2-18 b | a", "K00752.01", "K00752.02", "K01000.01"}
	for seed := range 20 {
		got := slices.Clone(want)
		sort.Slice(got, func(i, j int) bool { return (i*7+seed)%5 < (j*3+seed)%7 }) // some order
		slices.SortFunc(got, query.Natural)
		if !slices.Equal(got, want) {
			t.Fatal(got)
		}
	}
	for _, p := range [][2]string{{"1.01", "01.1"}, {"a0", "a"}, {"0", "00"}} {
		if query.Natural(p[0], p[1]) == 0 || query.Natural(p[0], p[1]) != -query.Natural(p[1], p[0]) {
			t.Error(p)
		}
	}
}

func FuzzNatural(f *testing.F) {
	f.Add("9.01", "10.01", "K2-18 b")
	f.Add("007", "07", "7")
	f.Add("a1b", "a01", "a1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, bc, ac := query.Natural(a, b), query.Natural(b, c), query.Natural(a, c)
		if ab != -query.Natural(b, a) || (ab == 0) != (a == b) || ab <= 0 && bc <= 0 && ac > 0 || ab >= 0 && bc >= 0 && ac < 0 {
			t.Errorf("%q %q %q: %d %d %d", a, b, c, ab, bc, ac)
		}
	})
}
