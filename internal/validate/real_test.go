package validate_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/universe"
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

// wide is the KOI table with the 153 columns that the archive has: where the
// real table lacks a column, what physics makes of the others, or a number.
func wide(t testing.TB) []byte {
	g := newGrid(t, catalog.KOI, realTables[1].file)
	spec, _ := universe.New(1).Table("cumulative")
	names := make([]string, len(spec.Columns))
	for j, c := range spec.Columns {
		names[j] = c.Name
	}
	made := map[string]func(v func(string) float64) float64{
		"koi_time0": func(v func(string) float64) float64 { return v("koi_time0bk") + 2454833 },
		"koi_ror":   func(v func(string) float64) float64 { return v("koi_prad") * 0.009167 / v("koi_srad") },
		"koi_smass": func(v func(string) float64) float64 {
			return math.Pow(10, v("koi_slogg")-4.438) * v("koi_srad") * v("koi_srad")
		},
		"koi_sma": func(v func(string) float64) float64 {
			return math.Cbrt(math.Pow(10, v("koi_slogg")-4.438) * v("koi_srad") * v("koi_srad") * math.Pow(v("koi_period")/365.25, 2))
		},
	}
	var b bytes.Buffer
	b.WriteString(line(names))
	for i := range g.rows {
		cells := make([]string, len(names))
		for j, n := range names {
			switch at, f := g.col(n), made[n]; {
			case at >= 0:
				cells[j] = g.rows[i][at]
			case f != nil:
				if x := f(func(c string) float64 { return g.num(i, g.col(c)) }); x == x {
					cells[j] = text(x)
				}
			case strings.HasSuffix(n, "mag"):
				cells[j] = g.rows[i][g.col("koi_kepmag")]
			case spec.Columns[j].Type == "char" || strings.HasSuffix(n, "_err1") || strings.HasSuffix(n, "_err2") || strings.HasPrefix(n, "koi_fwm_s"):
			case n == "koi_incl":
				cells[j] = "89.5"
			case !strings.HasPrefix(n, "koi_smet") && n != "koi_srho" && n != "koi_dor" && n != "koi_longp":
				cells[j] = "1"
			}
		}
		b.WriteString(line(cells))
	}
	return b.Bytes()
}

func TestATableOf153ColumnsHasNoErrors(t *testing.T) {
	rep := judgeTable(t, catalog.KOI, wide(t))
	for _, f := range rep.Findings {
		if f.Severity == validate.Error {
			t.Errorf("%+v", f)
		}
	}
	if rep.Columns != 153 || rep.Summary().Warnings > 1000 {
		t.Errorf("%d columns, %d warnings: %v", rep.Columns, rep.Summary().Warnings, rep.Levels)
	}
}

func BenchmarkKOI153(b *testing.B) {
	tab := parse(b, catalog.KOI, wide(b))
	for b.Loop() {
		validate.Table(tab, validate.Options{Now: today})
	}
}
