package universe_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/universe"
	"exoplanetai/internal/xtest"
)

func table(t *testing.T, u *universe.Universe, name string) (universe.Table, map[string]int) {
	t.Helper()
	tab, ok := u.Table(name)
	if !ok {
		t.Fatalf("there is no table %s", name)
	}
	at := map[string]int{}
	for i, c := range tab.Columns {
		if _, twice := at[c.Name]; twice {
			t.Errorf("%s has the column %s twice", name, c.Name)
		}
		at[c.Name] = i
	}
	return tab, at
}

func TestTablesHaveTheirRowsAndWidth(t *testing.T) {
	u := universe.New(1)
	for name, want := range map[string][2]int{"cumulative": {300, 153}, "toi": {300, 110}, "exofop": {300, 63}, "k2pandc": {150, 127}, "gaia": {len(u.Stars()), 23}} {
		tab, _ := table(t, u, name)
		if len(tab.Rows) != want[0] || len(tab.Columns) != want[1] {
			t.Errorf("%s has %d rows of %d columns, want %v", name, len(tab.Rows), len(tab.Columns), want)
		}
		for i, row := range tab.Rows {
			if len(row) != len(tab.Columns) {
				t.Fatalf("%s row %d has %d cells", name, i, len(row))
			}
			for k, cell := range row {
				c := tab.Columns[k]
				switch c.Type {
				case "int", "long":
					if _, err := strconv.ParseInt(cell, 10, 64); cell != "" && err != nil {
						t.Errorf("%s row %d: %s is %q", name, i, c.Name, cell)
					}
				case "double":
					if v, err := strconv.ParseFloat(cell, 64); cell != "" && (err != nil || v != v) {
						t.Errorf("%s row %d: %s is %q", name, i, c.Name, cell)
					}
				case "char":
				default:
					t.Errorf("%s: %s has the type %q", name, c.Name, c.Type)
				}
			}
		}
	}
	if _, ok := u.Table("koi"); ok {
		t.Error("there is a table that no archive has")
	}
}

// header returns the column names, types and units of an IPAC fixture.
func ipacHeader(t *testing.T, file string) [][]string {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, file))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.SplitSeq(string(b), "\n") {
		if strings.HasPrefix(line, "|") {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			lines = append(lines, cells)
		}
	}
	return lines
}

func TestColumnsAreTheArchives(t *testing.T) {
	u := universe.New(1)
	for name, file := range map[string]string{"cumulative": "data/protocol/nasa/cumulative_expect_0.txt", "toi": "data/protocol/nasa/toi_expect_0.txt"} {
		want := ipacHeader(t, file)
		tab, _ := table(t, u, name)
		for i, c := range tab.Columns {
			if c.Name != want[0][i] || c.Type != want[1][i] || c.Unit != want[2][i] || c.Desc == "" {
				t.Errorf("%s column %d is %+v, want %s %s %s", name, i, c, want[0][i], want[1][i], want[2][i])
			}
		}
	}
	for name, file := range map[string]string{"k2pandc": "data/protocol/nasa/k2pandc_webtable_2025-09-29.csv", "exofop": "data/protocol/exofop/download_toi_pipe.txt"} {
		b, err := os.ReadFile(xtest.Shared(t, file))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(b), "\n")
		i := slices.IndexFunc(lines, func(s string) bool { return !strings.HasPrefix(s, "#") })
		want := strings.FieldsFunc(strings.TrimSpace(lines[i]), func(r rune) bool { return r == ',' || r == '|' })
		tab, _ := table(t, u, name)
		for i, w := range want {
			if tab.Columns[i].Name != w {
				t.Errorf("%s column %d is %q, want %q", name, i, tab.Columns[i].Name, w)
			}
		}
	}
}

func TestKnownPlanetsCarryTheirPublishedValues(t *testing.T) {
	u := universe.New(7)
	for name, want := range map[string][]string{
		"cumulative kepoi_name K00072.01": {"kepid=11904151", "kepler_name=Kepler-10 b", "koi_disposition=CONFIRMED", "koi_score=0.0000", "koi_period=0.837491225",
			"koi_period_err1=3.0300000e-07", "koi_time0bk=131.5748580", "koi_depth=1.9040e+02", "koi_duration=1.79600", "koi_prad=1.43", "koi_steff=5676.00", "ra=285.679380", "koi_kepmag=10.961"},
		"cumulative kepoi_name K00072.02":           {"koi_period=45.294222970", "koi_insol_err2=-2.17", "koi_model_snr=134.80"},
		"cumulative kepoi_name K00002.01":           {"kepid=10666592", "kepler_name=Kepler-2 b", "koi_fpflag_ss=1", "koi_depth=6.6747e+03"},
		"toi toi 2221.01":                           {"tid=441420236", "tfopwg_disp=CP", "rastr=20h45m09.87s", "decstr=-31d20m32.82s", "pl_orbper=8.4536777", "pl_orbpererr1=", "pl_trandep=2872.2887525", "rowupdate=2025-08-29 16:00:02"},
		"toi toi 700.02":                            {"tid=150428135", "pl_tranmid=2458330.4861550", "pl_orbper=37.4236838", "pl_orbpererr1=0.0001495", "pl_rade=1.3296571"},
		"exofop TOI 101.01":                         {"TIC ID=231663901", "RA=21:14:56.88", "Dec=-55:52:18.71", "Depth (mmag)=20.784000", "Planet Radius (R_Earth) err=.6576402", "Sectors=1,27,67", "Comments=WASP-46 b"},
		"k2pandc pl_refname Sarkis et al. 2018</a>": {"pl_name=K2-18 b", "default_flag=1", "pl_orbper=32.93962300000", "pl_bmasseerr2=-1.60000000", "epic_hostname=EPIC 201912552", "pl_orbsmax=0.1429000000"},
	} {
		part := strings.SplitN(name, " ", 3)
		tab, at := table(t, u, part[0])
		if part[0] == "exofop" {
			part = []string{"exofop", "TOI", "101.01"}
		}
		i := slices.IndexFunc(tab.Rows, func(r []string) bool { return strings.HasSuffix(r[at[part[1]]], part[2]) })
		if i < 0 {
			t.Errorf("%s is missing", name)
			continue
		}
		for _, w := range want {
			key, value, _ := strings.Cut(w, "=")
			if got := tab.Rows[i][at[key]]; got != value {
				t.Errorf("%s: %s is %q, want %q", name, key, got, value)
			}
		}
	}
}

// TestKnownRowsAreTheArchivesToTheLetter compares every column of the archive's
// default export.
func TestKnownRowsAreTheArchivesToTheLetter(t *testing.T) {
	u := universe.New(1)
	for _, c := range []struct{ table, key, file string }{
		{"cumulative", "kepoi_name", "data/protocol/nasa/cumulative_webtable_2025-09-29.csv"},
		{"toi", "toi", "data/protocol/nasa/toi_webtable_2025-09-29.csv"},
	} {
		b, err := os.ReadFile(xtest.Shared(t, c.file))
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(b))
		r.Comment = '#'
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		tab, at := table(t, u, c.table)
		ours := map[string][]string{}
		for _, row := range tab.Rows {
			ours[row[at[c.key]]] = row
		}
		compared := 0
		for _, want := range rows[1:] {
			got := ours[want[slices.Index(rows[0], c.key)]]
			if got == nil {
				continue
			}
			compared++
			for i, name := range rows[0] {
				if got[at[name]] != want[i] {
					t.Errorf("%s %s: %s is %q, want %q", c.table, got[at[c.key]], name, got[at[name]], want[i])
				}
			}
		}
		if compared < 4 {
			t.Errorf("%s: only %d known rows", c.table, compared)
		}
	}
}

func TestKeysAreUniqueAndFlawsAreThere(t *testing.T) {
	u := universe.New(1)
	for name, key := range map[string]string{"cumulative": "kepoi_name", "toi": "toi", "exofop": "TOI", "gaia": "source_id"} {
		tab, at := table(t, u, name)
		seen := map[string]bool{}
		for _, r := range tab.Rows {
			k := r[at[key]]
			if k == "" || seen[k] {
				t.Errorf("%s has the key %q twice", name, k)
			}
			seen[k] = true
		}
	}
	koi, at := table(t, u, "cumulative")
	stray, empty := 0, 0
	for _, r := range koi.Rows {
		switch r[at["koi_fpflag_nt"]] {
		case "0", "1":
		case strconv.Itoa(universe.StrayFlag):
			stray++
		default:
			t.Errorf("koi_fpflag_nt is %s", r[at["koi_fpflag_nt"]])
		}
		if r[at["koi_score"]] == "" {
			empty++
		}
	}
	if stray != 1 || empty < 20 || empty > 90 {
		t.Errorf("%d stray flags, %d empty scores", stray, empty)
	}
	k2, at := table(t, u, "k2pandc")
	pairs, defaults := map[string]int{}, map[string]int{}
	for _, r := range k2.Rows {
		pairs[r[at["pl_name"]]+"|"+r[at["pl_refname"]]+"|"+r[at["default_flag"]]]++
		if r[at["default_flag"]] == "1" {
			defaults[r[at["pl_name"]]]++
		}
	}
	twice, planets := 0, 0
	for _, n := range pairs {
		if n == 2 {
			twice++
		}
	}
	for _, n := range defaults {
		planets++
		if n > 1 {
			t.Errorf("a planet has %d default rows", n)
		}
	}
	if twice != 1 || planets < 50 {
		t.Errorf("%d pairs of rows with one reference, %d planets", twice, planets)
	}
	single := 0
	exofop, ex := table(t, u, "exofop")
	toi, ta := table(t, u, "toi")
	periods := map[string]string{}
	for _, r := range toi.Rows {
		periods[r[ta["toi"]]] = r[ta["pl_orbper"]]
	}
	for _, r := range exofop.Rows {
		if r[ex["Period (days)"]] == "0" {
			single++
			if p := periods[r[ex["TOI"]]]; p != "" {
				t.Errorf("TOI %s has the period 0 at ExoFOP and %s at NASA", r[ex["TOI"]], p)
			}
		}
	}
	if single == 0 {
		t.Error("no TOI is a single transit")
	}
}

func TestTruthIsWhatTheTablesState(t *testing.T) {
	u := universe.New(3)
	koi, at := table(t, u, "cumulative")
	rows := map[string][]string{}
	for _, r := range koi.Rows {
		rows[r[at["kepoi_name"]]] = r
	}
	checked := 0
	for _, p := range u.Truth() {
		r, ok := rows[p.KOI]
		if !ok {
			continue
		}
		checked++
		number := func(name string) float64 {
			v, err := strconv.ParseFloat(r[at[name]], 64)
			if err != nil {
				t.Errorf("%s: %s is %q", p.KOI, name, r[at[name]])
			}
			return v
		}
		near := func(name string, got, want, tolerance float64) {
			if d := got - want; d > tolerance || d < -tolerance {
				t.Errorf("%s: %s is %v, not %v", p.KOI, name, got, want)
			}
		}
		near("koi_period", number("koi_period"), p.PeriodDays, 1e-9)
		near("koi_time0bk", number("koi_time0bk")+2454833, p.EpochBJD, 1e-6)
		near("koi_duration", number("koi_duration"), p.DurationH, 1e-5)
		near("koi_depth", number("koi_depth"), p.DepthPPM, 1e-4*p.DepthPPM)
		near("koi_impact", number("koi_impact"), p.Impact, 1e-4)
		near("koi_ror", number("koi_ror"), p.RadiusRatio, 1e-6)
	}
	if checked != 300 {
		t.Errorf("%d of 300 KOI have a truth", checked)
	}
}
