package catalog_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/xtest"
)

// The real tables, below data/real/catalogs.
const (
	koi2019    = "koi_2019-01-20/cumulative.csv.gz"
	koi2025    = "cumulative_2025.09.29_18.45.43.csv.gz"
	toi2023    = "TOI_2023.03.07_15.50.16.csv.gz"
	toi2025    = "TOI_2025.09.29_18.46.06.csv.gz"
	k2         = "k2pandc_2025.09.29_18.46.17.csv.gz"
	exofop2024 = "exofop_2024-09-30/exofop_tess_tois.csv.gz"
	exofop2025 = "exofop_2025-04-01/exofop_tess_tois.csv.gz"
)

func wire(t testing.TB, name string) []byte {
	t.Helper()
	return xtest.Gunzip(t, "data/real/catalogs/"+name)
}

func parse(t testing.TB, typ catalog.Type, b []byte) *catalog.Table {
	t.Helper()
	tab, err := catalog.Parse(typ, b)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestRealTablesAreRead(t *testing.T) {
	for _, tt := range []struct {
		file       string
		typ        catalog.Type
		rows, cols int
		stars      int // counted with Python's csv module, 0: not counted
	}{
		{koi2019, catalog.KOI, 9564, 50, 8214},
		{koi2025, catalog.KOI, 9564, 49, 8214},
		{toi2023, catalog.TOI, 6194, 65, 0},
		{toi2025, catalog.TOI, 7699, 65, 0},
		{exofop2024, catalog.TOI, 7236, 61, 0},
		{exofop2025, catalog.TOI, 7525, 46, 0},
		{k2, catalog.K2, 4004, 94, 0},
	} {
		t.Run(tt.file, func(t *testing.T) {
			tab := parse(t, tt.typ, wire(t, tt.file))
			if tab.Len() != tt.rows || len(tab.Columns) != tt.cols {
				t.Errorf("%d rows, %d columns", tab.Len(), len(tab.Columns))
			}
			if n := len(tab.Stars()); tt.stars > 0 && n != tt.stars {
				t.Errorf("%d stars, want %d", n, tt.stars)
			}
		})
	}
}

var realDiffs = []struct {
	name     string
	typ      catalog.Type
	old, new string
	want     catalog.Changes
	lost     int // columns
	gained   []string
}{
	{"KOI 2019 to 2025", catalog.KOI, koi2019, koi2025, catalog.Changes{Changed: 450, Unchanged: 9564 - 450}, 1, nil},
	{"NASA TOI 2023 to 2025", catalog.TOI, toi2023, toi2025, catalog.Changes{Added: 1505, Changed: 4960, Unchanged: 6194 - 4960}, 0, nil},
	{"ExoFOP TOI 2024 to 2025", catalog.TOI, exofop2024, exofop2025, catalog.Changes{Added: 289, Changed: 2012, Unchanged: 7236 - 2012}, 16, []string{"View all TFOPWG Disposition"}},
}

// naive compares two tables with Python's csv module, a dictionary and loops.
const naive = `
import csv, gzip, io, sys
def load(p, key):
    text = gzip.open(p, 'rt', encoding='utf-8-sig', newline='').read()
    lines = text.splitlines(keepends=True)
    while lines[0].startswith('#') or lines[0].startswith('This file') or not lines[0].strip(): lines.pop(0)
    r = csv.DictReader(io.StringIO(''.join(lines), newline=''))
    return r.fieldnames, {row[key]: row for row in r}
c1, a = load(sys.argv[1], sys.argv[3])
c2, b = load(sys.argv[2], sys.argv[3])
both = [c for c in c1 if c in c2]
changed = [k for k in a if k in b and any(a[k][c] != b[k][c] for c in both)]
cells = sum(a[k][c] != b[k][c] for k in changed for c in both)
print(len([k for k in b if k not in a]), len([k for k in a if k not in b]), len(changed), len([k for k in a if k in b]) - len(changed), cells)
`

func TestDiffsOfRealTablesAreThoseOfANaiveComparison(t *testing.T) {
	for _, tt := range realDiffs {
		t.Run(tt.name, func(t *testing.T) {
			old, new := parse(t, tt.typ, wire(t, tt.old)), parse(t, tt.typ, wire(t, tt.new))
			d := catalog.Diff(old, new)
			if d.Changes != tt.want {
				t.Errorf("got %+v, want %+v", d.Changes, tt.want)
			}
			if len(d.Schema.Removed) != tt.lost || !slices.Equal(d.Schema.Added, append([]string{}, tt.gained...)) {
				t.Errorf("schema changes %+v", d.Schema)
			}
			if held, why := catalog.MassChange(old, new, d); held {
				t.Errorf("held: %s", why)
			}
			cells := 0
			for _, r := range d.Rows {
				cells += len(r.Cells)
			}
			dir := "data/real/catalogs/"
			out := xtest.Python(t, naive, xtest.Shared(t, dir+tt.old), xtest.Shared(t, dir+tt.new), map[catalog.Type]string{catalog.KOI: "kepoi_name", catalog.TOI: old.Names()[old.Column(catalog.RoleKey)]}[tt.typ])
			if got := fmt.Sprintln(d.Changes.Added, d.Changes.Removed, d.Changes.Changed, d.Changes.Unchanged, cells); got != out {
				t.Errorf("got %s, Python counts %s", got, out)
			}
		})
	}
}

func TestKOIChangesAreInTheNamesAndDispositions(t *testing.T) {
	d := catalog.Diff(parse(t, catalog.KOI, wire(t, koi2019)), parse(t, catalog.KOI, wire(t, koi2025)))
	n := map[string]int{}
	for _, r := range d.Rows {
		for _, c := range r.Cells {
			n[c.Column]++
		}
	}
	if n["kepler_name"] != 449 || n["koi_disposition"] != 447 || d.Dispositions != 447 {
		t.Errorf("%v, %d dispositions", n, d.Dispositions)
	}
}

func TestOrderOfRowsIsNoChange(t *testing.T) {
	for file, typ := range map[string]catalog.Type{koi2025: catalog.KOI, k2: catalog.K2} {
		b := wire(t, file)
		lines := strings.SplitAfter(string(b), "\n")
		head := 0
		for strings.HasPrefix(lines[head], "#") {
			head++
		}
		rows := slices.Clone(lines[head+1 : len(lines)-1])
		slices.Reverse(rows)
		turned := strings.Join(lines[:head+1], "") + strings.Join(rows, "")
		old, new := parse(t, typ, b), parse(t, typ, []byte(turned))
		if d := catalog.Diff(old, new); d.Changes != (catalog.Changes{Unchanged: old.Len()}) || len(d.Rows) != 0 {
			t.Errorf("%s: %+v %+v", file, d.Changes, d.Rows[:min(3, len(d.Rows))])
		}
	}
}

func BenchmarkKOI(b *testing.B) {
	was, now := wire(b, koi2019), wire(b, koi2025)
	old := parse(b, catalog.KOI, was)
	b.SetBytes(int64(len(now)))
	for b.Loop() {
		t := parse(b, catalog.KOI, bytes.Clone(now))
		t.Fingerprint()
		if d := catalog.Diff(old, t); d.Changes.Changed != 450 {
			b.Fatal(d.Changes)
		}
	}
}

// An independent script counts the same events, by pandas and numpy.
func TestEventsOfRealTablesAreThoseOfAnIndependentScript(t *testing.T) {
	script, err := os.ReadFile("testdata/events.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := "data/real/catalogs/"
	for k, tt := range realDiffs {
		t.Run(tt.name, func(t *testing.T) {
			old, new := parse(t, tt.typ, wire(t, tt.old)), parse(t, tt.typ, wire(t, tt.new))
			d := catalog.Diff(old, new)
			n := map[catalog.EventKind]int{}
			verdicts := map[string]int{}
			for _, e := range catalog.Events(old, new, d) {
				n[e.Kind]++
				if e.Kind == catalog.EventDisposition {
					verdicts[cmp.Or(e.From, "-")+" > "+cmp.Or(e.To, "-")]++
				}
			}
			cells := 0
			for _, r := range d.Rows {
				cells += len(r.Cells)
			}
			got := fmt.Sprintln(d.Changes.Added, d.Changes.Removed, d.Changes.Changed, cells,
				n[catalog.EventNew], n[catalog.EventRetired], n[catalog.EventDisposition], n[catalog.EventEphemeris], n[catalog.EventRadius], n[catalog.EventOther])
			for _, v := range slices.Sorted(maps.Keys(verdicts)) {
				got += fmt.Sprintf("%s %d\n", v, verdicts[v])
			}
			kind := []string{"koi", "toi-nasa", "toi-exofop"}[k]
			if want := xtest.Python(t, string(script), xtest.Shared(t, dir+tt.old), xtest.Shared(t, dir+tt.new), kind); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			t.Log(got)
		})
	}
}
