package validate_test

import (
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

// realTables are the tables of the archives, below data/real/catalogs.
var realTables = []struct {
	name, file string
	typ        catalog.Type
}{
	{"KOI 2019", "koi_2019-01-20/cumulative.csv.gz", catalog.KOI},
	{"KOI 2025", "cumulative_2025.09.29_18.45.43.csv.gz", catalog.KOI},
	{"TOI 2023", "TOI_2023.03.07_15.50.16.csv.gz", catalog.TOI},
	{"TOI 2025", "TOI_2025.09.29_18.46.06.csv.gz", catalog.TOI},
	{"ExoFOP 2024", "exofop_2024-09-30/exofop_tess_tois.csv.gz", catalog.TOI},
	{"ExoFOP 2025", "exofop_2025-04-01/exofop_tess_tois.csv.gz", catalog.TOI},
	{"K2 2025", "k2pandc_2025.09.29_18.46.17.csv.gz", catalog.K2},
}

// today is after all real tables.
var today = time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)

func wire(t testing.TB, file string) []byte { return xtest.Gunzip(t, "data/real/catalogs/"+file) }

func parse(t testing.TB, typ catalog.Type, b []byte) *catalog.Table {
	t.Helper()
	tab, err := catalog.Parse(typ, b)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestRealTablesHaveNoErrors(t *testing.T) {
	for _, tt := range realTables {
		t.Run(tt.name, func(t *testing.T) {
			rep := validate.Table(parse(t, tt.typ, wire(t, tt.file)), validate.Options{Now: today})
			for _, l := range validate.Levels {
				n := rep.Levels[l]
				t.Logf("%s: %d checked, %d errors, %d warnings, %d infos", l, n.Checked, n.Errors, n.Warnings, n.Infos)
				for id, k := range n.Rules {
					t.Logf("    %s %d", id, k)
				}
			}
			if !rep.Valid {
				for _, f := range rep.Findings {
					if f.Severity == validate.Error {
						t.Errorf("%+v", f)
					}
				}
			}
		})
	}
}

func BenchmarkKOI(b *testing.B) {
	tab := parse(b, catalog.KOI, wire(b, realTables[1].file))
	for b.Loop() {
		validate.Table(tab, validate.Options{Now: today})
	}
}
