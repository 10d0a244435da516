package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

// TestRealLightCurves ingests every real light curve through the archives'
// protocols; each stored file must be the very bytes that were served.
func TestRealLightCurves(t *testing.T) {
	folder := xtest.Shared(t, "data/real")
	_, web := archives(t, os.DirFS(folder))
	h := newHome(t, web)
	for _, c := range []struct {
		mission, author string
		targets         []string
	}{
		{"TESS", "", []string{"TIC 25155310", "TIC 38846515", "TIC 149603524", "TIC 402026209", "TIC 424865156"}},
		{"TESS", "TESS-DATA-ALERTS", []string{"TIC 25155310"}},
		{"TESS", "TGLC", []string{"TIC 218795833"}},
		{"Kepler", "", []string{"KIC 10002792", "KIC 9726699", "KIC 10666592"}},
		{"K2", "", []string{"EPIC 206103150", "EPIC 205905563", "EPIC 211117077", "EPIC 211436265", "EPIC 211495446"}},
		{"K2", "K2SFF", []string{"EPIC 205905563"}},
		{"K2", "EVEREST", []string{"EPIC 205905563"}},
		{"K2", "K2SC", []string{"EPIC 205905563"}},
	} {
		for _, target := range c.targets {
			args := []string{"ingest", "lightcurve", target, "--mission", c.mission}
			if c.author != "" {
				args = append(args, "--author", c.author)
			}
			h.must(t, nil, args...)
		}
	}
	h.whole(t)
	if got, want := byName(h.files(t, "lightcurves")), served(t, folder); !maps.Equal(got, want) {
		t.Errorf("stored\n%v\nserved\n%v", got, want)
	}
}

// served returns the digest of every real light curve by its name.
func served(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "lightcurves", "*", "*.fits"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d real light curves, %v", len(files), err)
	}
	sums := map[string]string{}
	for _, f := range files {
		sums[filepath.Base(f)] = digest(t, f)
	}
	return sums
}

func byName(paths map[string]string) map[string]string {
	names := map[string]string{}
	for path, sum := range paths {
		names[filepath.Base(path)] = sum
	}
	return names
}

// TestRealTables ingests two dates of each real table. The differences must be
// those that a naive comparison in another language finds.
func TestRealTables(t *testing.T) {
	folder := xtest.Shared(t, "data/real")
	server, web := archives(t, os.DirFS(folder))
	for name, c := range map[string]struct {
		table, before, after, key string
		files                     [2]string
	}{
		"KOI 2019 and 2025": {"koi", "koi_2019*", "cumulative_2025*", "kepoi_name",
			[2]string{"koi_2019-01-20/cumulative.csv.gz", "cumulative_2025.09.29_18.45.43.csv.gz"}},
		"NASA's TOI 2023 and 2025": {"toi", "TOI_2023*", "TOI_2025*", "toi",
			[2]string{"TOI_2023.03.07_15.50.16.csv.gz", "TOI_2025.09.29_18.46.06.csv.gz"}},
		"ExoFOP 2024 and 2025": {"toi", "exofop_2024*", "exofop_2025*", "TOI",
			[2]string{"exofop_2024-09-30/exofop_tess_tois.csv.gz", "exofop_2025-04-01/exofop_tess_tois.csv.gz"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, web)
			var res ingest.TableResult
			for _, pick := range []string{c.before, c.after} {
				if err := server.SetFaults(sample.Fault{Name: "data." + c.table, Value: pick}); err != nil {
					t.Fatal(err)
				}
				h.must(t, &res, "ingest", "table", c.table, "--force-refresh")
			}
			if want := naive(t, folder, c.key, c.files); res.Changes != want {
				t.Errorf("changes %+v, a naive comparison finds %+v", res.Changes, want)
			}
			h.whole(t)
		})
	}
	if err := server.SetFaults(); err != nil {
		t.Fatal(err)
	}
	t.Run("K2", func(t *testing.T) {
		h := newHome(t, web)
		var res ingest.TableResult
		h.must(t, &res, "ingest", "table", "k2")
		if res.Records != 4004 || res.Columns != 94 || !res.Validation.Valid {
			t.Errorf("k2: %d rows, %d columns, validation %+v", res.Records, res.Columns, res.Validation)
		}
		h.whole(t)
	})
}

// naive compares the text of every cell in the columns that both files have.
func naive(t *testing.T, folder, key string, files [2]string) catalog.Changes {
	t.Helper()
	const script = `
import csv, gzip, sys
def read(path, key):
    lines = gzip.open(path, 'rt', encoding='utf-8-sig', newline='').read().splitlines(True)
    start = next(i for i, l in enumerate(lines) if not l.startswith('#') and key in next(csv.reader([l])))
    rows = list(csv.DictReader(lines[start:]))
    return {r[key]: r for r in rows}
key = sys.argv[1]
a, b = read(sys.argv[2], key), read(sys.argv[3], key)
cols = [c for c in next(iter(a.values())) if c in next(iter(b.values()))]
both = [k for k in a if k in b]
changed = sum(any(a[k][c] != b[k][c] for c in cols) for k in both)
print(sum(k not in a for k in b), sum(k not in b for k in a), changed, len(both) - changed)`
	dir := filepath.Join(folder, "catalogs")
	out := strings.Fields(xtest.Python(t, script, key, filepath.Join(dir, files[0]), filepath.Join(dir, files[1])))
	var n [4]int
	for i := range n {
		v, err := strconv.Atoi(out[i])
		if err != nil {
			t.Fatal(err)
		}
		n[i] = v
	}
	return catalog.Changes{Added: n[0], Removed: n[1], Changed: n[2], Unchanged: n[3]}
}
