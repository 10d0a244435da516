package catalog_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryDialectOfTheTOITableIsRead(t *testing.T) {
	for _, tt := range []struct {
		file       string
		rows, cols int
		key, star  string
		ra, dec    float64
		newest     string
	}{
		{"exofop/download_toi_pipe.txt", 1, 63, "101.01", "TIC 231663901", 318.737, -55.871864, "2025-07-31 12:59:22"},
		{"exofop/download_toi_reconstructed.csv", 1, 63, "101.01", "TIC 231663901", 318.737, -55.871864, "2025-07-31 12:59:22"},
		{"exofop/dashboard_export_2025-07-03.csv", 13, 46, "101.01", "TIC 231663901", 318.737012, -55.871863, "2025-05-18"},
		{"exofop/dashboard_export_2022-06.csv", 13, 60, "1011.01", "TIC 114018671", 113.984761, -32.841999, "2022-06-14"},
		{"nasa/toi_webtable_2025-09-29.csv", 13, 65, "2221.01", "TIC 441420236", 311.291137, -31.34245, "2025-06-10 16:00:02"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			tab := parse(t, catalog.TOI, fixture(t, tt.file))
			stars := tab.Stars()
			if tab.Len() != tt.rows || len(tab.Columns) != tt.cols || tab.Key(0) != tt.key || stars[0].ID.String() != tt.star {
				t.Errorf("%d rows, %d columns, first %s %v", tab.Len(), len(tab.Columns), tab.Key(0), stars[0])
			}
			if math.Abs(stars[0].RA-tt.ra) > 1e-4 || math.Abs(stars[0].Dec-tt.dec) > 1e-4 || math.IsNaN(stars[0].Mag) {
				t.Errorf("at %v %v, magnitude %v", stars[0].RA, stars[0].Dec, stars[0].Mag)
			}
			if got := tab.Newest(); got == "" || len(got) != len(tt.newest) {
				t.Errorf("newest %q", got)
			}
		})
	}
}

func TestUnitsAndTypesAreKnown(t *testing.T) {
	for _, tt := range []struct {
		typ                       catalog.Type
		file, column, kind, units string
	}{
		{catalog.KOI, "nasa/cumulative_webtable_2025-09-29.csv", "koi_period", "double", "days"},
		{catalog.KOI, "nasa/cumulative_webtable_2025-09-29.csv", "kepid", "int", ""},
		{catalog.KOI, "nasa/cumulative_webtable_2025-09-29.csv", "koi_depth_err1", "double", "ppm"},
		{catalog.KOI, "nasa/cumulative_webtable_2025-09-29.csv", "koi_disposition", "char", ""},
		{catalog.TOI, "nasa/toi_webtable_2025-09-29.csv", "toi", "char", ""},
		{catalog.TOI, "nasa/toi_webtable_2025-09-29.csv", "st_dist", "double", "pc"},
		{catalog.TOI, "exofop/download_toi_reconstructed.csv", "Epoch (BJD) err", "double", "BJD"},
		{catalog.TOI, "exofop/download_toi_reconstructed.csv", "Planet Radius (R_Earth)", "double", "R_Earth"},
		{catalog.TOI, "exofop/download_toi_reconstructed.csv", "Sectors", "char", ""},
		{catalog.TOI, "exofop/download_toi_reconstructed.csv", "Stellar log(g) (cm/s^2)", "double", "cm/s^2"},
		{catalog.K2, "nasa/k2pandc_webtable_2025-09-29.csv", "pl_orbper", "double", "days"},
	} {
		tab := parse(t, tt.typ, fixture(t, tt.file))
		i := slices.IndexFunc(tab.Columns, func(c catalog.Column) bool { return c.Name == tt.column })
		if i < 0 || tab.Columns[i] != (catalog.Column{Name: tt.column, Type: tt.kind, Unit: tt.units}) {
			t.Errorf("%s: %+v", tt.column, tab.Columns[max(i, 0)])
		}
	}
}

// head is a minimal header of each table, and a row for it.
var minimal = map[catalog.Type][2]string{
	catalog.KOI:  {"kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,ra,dec", "11904151,K00072.01,CONFIRMED,0.837,131.57,285.67942,50.241299"},
	catalog.TOI:  {"tid,toi,tfopwg_disp,pl_orbper,pl_tranmid,ra,dec", "150428135,700.01,CP,9.97,2458331.35,97.096,-65.579"},
	catalog.K2:   {"pl_name,hostname,disposition,default_flag,pl_orbper,ra,dec", "K2-18 b,K2-18,CONFIRMED,1,32.9,172.56,7.58"},
	catalog.Gaia: {"target,source_id,ra,dec", "TIC 150428135,5284517766615492736,97.1,-65.58"},
}

func small(t catalog.Type, rows ...string) []byte {
	return []byte(minimal[t][0] + "\n" + strings.Join(rows, "\n") + "\n")
}

func TestAMissingColumnIsNamedWithItsNewName(t *testing.T) {
	for typ, m := range minimal {
		parse(t, typ, small(typ, m[1]))
		for col := range strings.SplitSeq(m[0], ",") {
			if typ == catalog.Gaia && col == "target" {
				continue // optional
			}
			_, err := catalog.Parse(typ, []byte(strings.Replace(m[0], col, "xyzzy", 1)+"\n"+m[1]+"\n"))
			if !errors.Is(err, exo.Upstream) || exo.KindOf(err) != exo.Upstream || exo.HintOf(err) == "" || exo.ExtraOf(err)["missing_column"] == nil {
				t.Errorf("%s without %s: %v", typ, col, err)
			}
		}
	}
	for name, tt := range map[string]struct {
		typ             catalog.Type
		column, instead string
		hint            string
	}{
		"renamed":                {catalog.KOI, "koi_period", "koi_periods", "koi_periods"},
		"shortened":              {catalog.KOI, "koi_disposition", "koi_disp", "koi_disp"},
		"of the retired table":   {catalog.K2, "disposition", "k2c_disp", "retired"},
		"of the retired table 2": {catalog.K2, "default_flag", "k2c_recentflag", "retired"},
	} {
		_, err := catalog.Parse(tt.typ, []byte(strings.Replace(minimal[tt.typ][0], tt.column, tt.instead, 1)+"\n"))
		if !strings.Contains(exo.HintOf(err), tt.hint) || !strings.Contains(exo.HintOf(err), tt.instead) {
			t.Errorf("%s: %q", name, exo.HintOf(err))
		}
	}
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "HTML": "<!DOCTYPE html>\n<html>", "a NUL": "kepid,kepoi_name\n1,\x00\n", "ragged": minimal[catalog.KOI][0] + "\n1,2\n",
	} {
		if _, err := catalog.Parse(catalog.KOI, []byte(text)); exo.KindOf(err) != exo.Upstream || !strings.Contains(exo.MessageOf(err), "koi table") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := catalog.Parse("tce", nil); exo.KindOf(err) != exo.Invalid {
		t.Errorf("unknown type: %v", err)
	}
}

func name(t testing.TB, s string) exo.Name {
	t.Helper()
	n, err := exo.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNamesLeadToStars(t *testing.T) {
	toi, koi, k2t := parse(t, catalog.TOI, wire(t, exofop2025)), parse(t, catalog.KOI, wire(t, koi2025)), parse(t, catalog.K2, wire(t, k2))
	full := parse(t, catalog.K2, []byte("pl_name,hostname,disposition,default_flag,pl_orbper,ra,dec,epic_hostname,tic_id\n"+
		"K2-18 b,K2-18,CONFIRMED,1,32.9,172.56,7.58,EPIC 201912552,TIC 388804061\n"+
		"K2-18 c,K2-18,CANDIDATE,0,8.9,172.56,7.58,EPIC 201912552,TIC 388804061\n"))
	for _, tt := range []struct {
		table *catalog.Table
		query string
		want  string
	}{
		{toi, "TOI 700.01", "TIC 150428135"},
		{toi, "TOI-700", "TIC 150428135"},
		{toi, "toi_101.01", "TIC 231663901"},
		{toi, "TOI 101.77", ""},
		{toi, "WASP-46 b", "TIC 231663901"},
		{toi, "WASP-46", "TIC 231663901"},
		{toi, "wasp 46", "TIC 231663901"},
		{toi, "WASP-62", "TIC 149603524"}, // the table says "WASP 62 b"
		{toi, "HAT-P-7", "TIC 424865156"}, // the comment says "HAT-P-7 b/Kepler-2 b"
		{toi, "HAT-P-7 b", "TIC 424865156"},
		{toi, "Kepler-2 b", "TIC 424865156"},
		{toi, "TIC 231663901", "TIC 231663901"},
		{toi, "KIC 231663901", ""},
		{toi, "AU Mic b", "TIC 441420236"},
		{koi, "Kepler-10", "KIC 11904151"},
		{koi, "Kepler-10 b", "KIC 11904151"},
		{koi, "Kepler-10 z", ""},
		{koi, "Kepler-1", "KIC 11446443"},
		{koi, "K00072.01", "KIC 11904151"},
		{koi, "KOI-72", "KIC 11904151"},
		{koi, "KIC 10666592", "KIC 10666592"},
		{koi, "KIC 1", ""},
		{full, "K2-18", "EPIC 201912552 TIC 388804061"},
		{full, "K2-18 b", "EPIC 201912552 TIC 388804061"},
		{full, "TIC 388804061", "TIC 388804061"},
		{full, "EPIC 201912552", "EPIC 201912552"},
		{k2t, "K2-18", ""}, // the web export lacks the columns with the numbers
		{k2t, "EPIC 201111557", "EPIC 201111557"},
	} {
		var got []string
		for _, s := range tt.table.Find(name(t, tt.query)) {
			got = append(got, s.ID.String())
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s in %s: %v, want %s", tt.query, tt.table.Type, got, tt.want)
		}
	}
}

func TestDispositionsAreThoseOfTheFactSheet(t *testing.T) {
	for _, tt := range []struct {
		typ  catalog.Type
		file string
		want string
	}{
		{catalog.KOI, koi2025, "map[CANDIDATE:1979 CONFIRMED:2746 FALSE POSITIVE:4839]"},
		{catalog.TOI, toi2025, "map[APC:461 CP:683 FA:98 FP:1196 KP:583 PC:4678]"},
		{catalog.K2, k2, "map[CANDIDATE:1374 CONFIRMED:2315 FALSE POSITIVE:293 REFUTED:22]"},
	} {
		if got := fmt.Sprint(parse(t, tt.typ, wire(t, tt.file)).Dispositions()); got != tt.want {
			t.Errorf("%s: %s", tt.file, got)
		}
	}
}

func TestK2KeysTellEveryRowApart(t *testing.T) {
	tab := parse(t, catalog.K2, wire(t, k2))
	seen := map[string]bool{}
	second := 0
	for i := range tab.Len() {
		if seen[tab.Key(i)] {
			t.Errorf("%s twice", tab.Key(i))
		}
		seen[tab.Key(i)] = true
		if strings.HasSuffix(tab.Key(i), "#2") {
			second++
		}
	}
	if second != 3 || !seen["K2-18 b | 2018AJ....155..257S | 2018AJ....155..257S"] {
		t.Errorf("%d rows with an ordinal, want 3", second)
	}
}

func TestRowsThatShareTheirKeyArePairedByContent(t *testing.T) {
	row := func(period string) string { return "K2-261 b,K2-261,CONFIRMED,0," + period + ",163.9,0.49" }
	for name, tt := range map[string]struct {
		old, new []string
		want     catalog.Changes
	}{
		"swapped":            {[]string{row("1"), row("2")}, []string{row("2"), row("1")}, catalog.Changes{Unchanged: 2}},
		"the first changed":  {[]string{row("1"), row("2")}, []string{row("3"), row("2")}, catalog.Changes{Changed: 1, Unchanged: 1}},
		"the first is gone":  {[]string{row("1"), row("2")}, []string{row("2")}, catalog.Changes{Removed: 1, Unchanged: 1}},
		"one came before":    {[]string{row("2")}, []string{row("1"), row("2")}, catalog.Changes{Added: 1, Unchanged: 1}},
		"three became three": {[]string{row("1"), row("2"), row("3")}, []string{row("3"), row("4"), row("1")}, catalog.Changes{Changed: 1, Unchanged: 2}},
		"both are gone":      {[]string{row("1"), row("2")}, []string{"K2-3 b,K2-3,CONFIRMED,1,10,172,1"}, catalog.Changes{Added: 1, Removed: 2}},
	} {
		d := catalog.Diff(parse(t, catalog.K2, small(catalog.K2, tt.old...)), parse(t, catalog.K2, small(catalog.K2, tt.new...)))
		if d.Changes != tt.want {
			t.Errorf("%s: %+v", name, d.Changes)
		}
	}
}

func TestReorderedColumnsAreNoChange(t *testing.T) {
	old := parse(t, catalog.Gaia, []byte("target,source_id,ra,dec\nTIC 1,7,1.0,2.0\n"))
	new := parse(t, catalog.Gaia, []byte("dec,ra,source_id,target\n2.0,1.0,7,TIC 1\n"))
	if d := catalog.Diff(old, new); d.Changes != (catalog.Changes{Unchanged: 1}) || len(d.Schema.Added)+len(d.Schema.Removed) > 0 {
		t.Errorf("%+v", d)
	}
	if old.Fingerprint() == new.Fingerprint() {
		t.Error("the fingerprint hides the order of the columns")
	}
}

func TestWhatIsShownIsShort(t *testing.T) {
	long := strings.Repeat("ü", 400_000)
	old := parse(t, catalog.KOI, small(catalog.KOI, minimal[catalog.KOI][1]))
	new := parse(t, catalog.KOI, small(catalog.KOI, strings.Replace(minimal[catalog.KOI][1], "CONFIRMED", long, 1), strings.Replace(minimal[catalog.KOI][1], "K00072.01", long, 1)))
	rows := catalog.Diff(old, new).Sample(1)
	if len(rows) != 1 || len(rows[0].Cells) != 1 || len(rows[0].Cells[0].New) > 210 {
		t.Fatalf("%.1000v", rows)
	}
	if c := catalog.Clip(long); len(c) > 210 || !utf8.ValidString(c) {
		t.Errorf("%q", c)
	}
}

func TestSexagesimalPositions(t *testing.T) {
	for _, tt := range []struct {
		ra, dec string
		x, y    float64
	}{
		{"21:14:56.88", "-55:52:18.71", 318.737, -55.871864},
		{"07h29m25.85s", "-12d41m45.46s", 112.357708, -12.695961},
		{"00 00 30", "-00 30 00", 0.125, -0.5},
		{"12:00", "+45:30", 180, 45.5},
		{"21:14:61", "10", math.NaN(), math.NaN()},
		{"::", "10", math.NaN(), math.NaN()},
		{"1:2:3:4", "10", math.NaN(), math.NaN()},
		{"1:-2:3", "10", math.NaN(), math.NaN()},
	} {
		s := parse(t, catalog.TOI, small(catalog.TOI, "1,1.01,PC,1,2458000,"+tt.ra+","+tt.dec)).Stars()[0]
		if !(math.Abs(s.RA-tt.x) < 1e-5 && math.Abs(s.Dec-tt.y) < 1e-5 || math.IsNaN(tt.x) && math.IsNaN(s.RA)) {
			t.Errorf("%s %s: %v %v", tt.ra, tt.dec, s.RA, s.Dec)
		}
	}
}

func TestMergeReplacesAndAppends(t *testing.T) {
	row := func(key, period string) string { return "1," + key + ",PC," + period + ",2458000,1,2" }
	base := parse(t, catalog.TOI, small(catalog.TOI, row("1.01", "1"), row("2.01", "2"), row("3.01", "3")))
	text, ok := catalog.Merge(base, parse(t, catalog.TOI, small(catalog.TOI, row("4.01", "4"), row("2.01", "9"))))
	if want := string(small(catalog.TOI, row("1.01", "1"), row("2.01", "9"), row("3.01", "3"), row("4.01", "4"))); !ok || string(text) != want {
		t.Errorf("%v %s", ok, text)
	}
	for name, delta := range map[string][]byte{
		"bars":          []byte(strings.ReplaceAll(string(small(catalog.TOI, row("2.01", "9"))), ",", "|")),
		"other columns": []byte(strings.Replace(string(small(catalog.TOI, row("2.01", "9"))), "tid", "TIC ID", 1)),
		"a key twice":   small(catalog.TOI, row("2.01", "9"), row("2.01", "8")),
	} {
		if _, ok := catalog.Merge(base, parse(t, catalog.TOI, delta)); ok {
			t.Errorf("%s: merged", name)
		}
	}
}

func TestMassChange(t *testing.T) {
	table := func(n int, disposition string) *catalog.Table {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = fmt.Sprintf("%d,K%05d.01,%s,1,130,10,20", i+1, i+1, disposition)
		}
		return parse(t, catalog.KOI, small(catalog.KOI, rows...))
	}
	for _, tt := range []struct {
		old, new *catalog.Table
		held     bool
	}{
		{nil, table(10, "CANDIDATE"), false},
		{table(0, ""), table(10, "CANDIDATE"), false},
		{table(10, "CANDIDATE"), table(9, "CANDIDATE"), false},
		{table(1, "CANDIDATE"), table(1, "CONFIRMED"), false},
		{table(2, "CANDIDATE"), table(2, "CONFIRMED"), true},
		{table(40, "CANDIDATE"), table(38, "CANDIDATE"), false},
		{table(40, "CANDIDATE"), table(37, "CANDIDATE"), true},
		{table(40, "CANDIDATE"), table(400, "CANDIDATE"), false},
		{table(1, "CANDIDATE"), table(0, ""), true},
	} {
		held, why := catalog.MassChange(tt.old, tt.new, catalog.Diff(tt.old, tt.new))
		if held != tt.held || held != (why != "") {
			t.Errorf("%v %q", held, why)
		}
	}
}

func FuzzParse(f *testing.F) {
	for typ, m := range minimal {
		f.Add(string(typ), m[0]+"\n"+m[1]+"\n")
	}
	f.Add("toi", "\ufeffThis file was produced by X\n\n\"TIC ID\",\"TOI\",\"TFOPWG Disposition\",\"Period (days)\",\"Epoch (BJD)\",\"RA\",\"Dec\",\"Comments\"\n\"1\",\"1.01\",\"PC\",\"\",\"\",\"21:14:56.88\",\"-55:52:18.71\",\"WASP-1 b; x\"")
	f.Fuzz(func(t *testing.T, typ, text string) {
		tab, err := catalog.Parse(catalog.Type(typ), []byte(text))
		if err != nil {
			if k := exo.KindOf(err); k != exo.Upstream && k != exo.Invalid {
				t.Fatal(err)
			}
			return
		}
		tab.Fingerprint()
		tab.Newest()
		tab.Dispositions()
		for _, star := range tab.Stars() {
			for _, e := range tab.Ephemerides(star.ID) {
				if !(e.DurationH > 0) || !(e.PeriodDays == 0 || e.DurationH/24 < e.PeriodDays) || !(math.Abs(e.Epoch) < 1e7) || !(e.DepthPPM >= 0) {
					t.Fatalf("an ephemeris that cannot be: %+v", e)
				}
			}
		}
		tab.Find(exo.Name{Canonical: "K2-18"})
		if d := catalog.Diff(tab, tab); d.Changes.Added+d.Changes.Removed+d.Changes.Changed > 0 && uniqueKeys(tab) {
			t.Fatalf("a table differs from itself: %+v", d)
		}
	})
}

func uniqueKeys(t *catalog.Table) bool {
	seen := map[string]bool{}
	for i := range t.Len() {
		if seen[t.Key(i)] {
			return false
		}
		seen[t.Key(i)] = true
	}
	return true
}
