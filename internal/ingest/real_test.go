package ingest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

func wire(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/real/catalogs/"+name))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRealTablesAreIngestedAndCompared(t *testing.T) {
	for _, tt := range []struct {
		name, table, old, new string
		want                  catalog.Changes
		gone                  int // columns
	}{
		{"KOI", "koi", "koi_2019-01-20/cumulative.csv.gz", "cumulative_2025.09.29_18.45.43.csv.gz", catalog.Changes{Changed: 450, Unchanged: 9114}, 1},
		{"NASA TOI", "toi", "TOI_2023.03.07_15.50.16.csv.gz", "TOI_2025.09.29_18.46.06.csv.gz", catalog.Changes{Added: 1505, Changed: 4960, Unchanged: 1234}, 0},
		{"ExoFOP TOI", "toi", "exofop_2024-09-30/exofop_tess_tois.csv.gz", "exofop_2025-04-01/exofop_tess_tois.csv.gz", catalog.Changes{Added: 289, Changed: 2012, Unchanged: 5224}, 16},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			old, new := wire(t, tt.old), wire(t, tt.new)
			b.koi.text, b.toi.text = old, old
			first := must(t, b, tt.table, false)
			b.koi.text, b.toi.text = new, new
			b.clock.Pass(48 * time.Hour)
			var told int
			res, err := b.Table(t.Context(), ingest.TableRequest{TableType: tt.table}, func(int64, int64, string, string) { told++ })
			if err != nil {
				t.Fatal(err)
			}
			if res.Changes != tt.want || len(res.SchemaChanges.Removed) != tt.gone || !res.Validation.Valid || told == 0 {
				t.Errorf("%+v, told %d times", res, told)
			}
			doc := document(t, b, res.ReportPath)
			if s := doc.Report.Summary(); s.Warnings != res.Validation.Warnings || s.Errors != 0 || len(doc.Report.Findings) < s.Warnings || doc.Files[0].Path != res.RawPath {
				t.Errorf("the report has %+v and %d findings, the answer %+v", s, len(doc.Report.Findings), res.Validation)
			}
			for text, r := range map[string]ingest.TableResult{old: first, new: res} {
				if got, err := os.ReadFile(filepath.Join(b.dir, string(r.RawPath))); err != nil || string(got) != text || r.Checksum != exo.DigestOf(got) {
					t.Errorf("%s is not what came: %v", r.RawPath, err)
				}
			}
		})
	}
}

func TestTheRealK2TableIsMergedFromItsChanges(t *testing.T) {
	b := newBench(t)
	whole := wire(t, "k2pandc_2025.09.29_18.46.17.csv.gz")
	lines := strings.SplitAfter(whole, "\n")
	head := 0
	for strings.HasPrefix(lines[head], "#") {
		head++
	}
	// Before: without the last rows, and with an older date in the rows of one day.
	newest := parsed(t, catalog.K2, whole).Newest()
	before := strings.Join(lines[:len(lines)-5], "")
	before = strings.ReplaceAll(before, ","+newest+",", ",2025-09-01,")
	var delta strings.Builder
	delta.WriteString(lines[head])
	was, is := parsed(t, catalog.K2, before), parsed(t, catalog.K2, whole)
	for i, line := range lines[head+1 : len(lines)-1] {
		if is.Get(i, catalog.RoleUpdated) >= was.Newest() || i >= was.Len() {
			delta.WriteString(line)
		}
	}
	b.k2f.text = before
	must(t, b, "k2", false)
	b.k2f.set(func(f *tableFake) {
		f.delta, f.text = delta.String(), "not asked for"
		f.probe = probeOf(parsed(t, catalog.K2, whole))
	})
	b.clock.Pass(25 * time.Hour)
	res := must(t, b, "k2", false)
	if res.Source != ingest.FromArchive || res.Records != 4004 || res.Changes.Added != 4 || res.Changes.Changed == 0 || b.k2f.asked() != 2 {
		t.Errorf("%+v, %d fetches", res, b.k2f.asked())
	}
	got, err := os.ReadFile(filepath.Join(b.dir, string(res.RawPath)))
	if err != nil {
		t.Fatal(err)
	}
	if d := catalog.Diff(parsed(t, catalog.K2, whole), parsed(t, catalog.K2, string(got))); d.Changes != (catalog.Changes{Unchanged: 4004}) {
		t.Errorf("the assembled table differs from the whole one: %+v", d.Changes)
	}
}

func TestGaiaIsAskedForStarsThatOnlyHaveLightCurves(t *testing.T) {
	b := newBench(t)
	name := "kplr010002792-2009259160929_llc.fits" // in no table
	data, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/kepler/"+name))
	if err != nil {
		t.Fatal(err)
	}
	for i, content := range [][]byte{data, []byte("damaged")} {
		st, err := b.store.Stage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Write(content); err != nil {
			t.Fatal(err)
		}
		meta := store.Meta{
			Path: exo.Path(fmt.Sprintf("lightcurves/kepler/0100/%d.fits", i)), Kind: store.LightCurve, Mission: exo.Kepler,
			Target: exo.TargetID{Catalog: exo.KIC, Number: uint64(10002792 + i)}, RetrievedAt: b.clock.Now(),
		}
		if _, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: meta}); err != nil {
			t.Fatal(err)
		}
	}
	must(t, b, "gaia", false)
	req := b.gaia.fetches[0]
	if len(req.Targets) != 1 || req.Targets[0].String() != "KIC 10002792" || math.Abs(req.Stars[0].RA-287.867210) > 1e-6 {
		t.Errorf("%+v", req)
	}
}

func parsed(t testing.TB, typ catalog.Type, text string) *catalog.Table {
	t.Helper()
	tab, err := catalog.Parse(typ, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// BenchmarkKOITable ingests a new KOI table of 9,564 rows and 49 columns over
// another one: from a loopback server to published, with comparison, metadata
// and index.
func BenchmarkKOITable(b *testing.B) {
	w := newWireBench(b)
	tables := []string{wire(b, "koi_2019-01-20/cumulative.csv.gz"), wire(b, "cumulative_2025.09.29_18.45.43.csv.gz")}
	send := func(table string) {
		w.send(func(rw http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Query().Get("query"), "count(") {
				text("n\n9564\n")(rw, r)
				return
			}
			text(table)(rw, r)
		})
	}
	send(tables[0])
	must(b, w.bench, "koi", true)
	b.SetBytes(int64(len(tables[1])))
	for i := 1; b.Loop(); i++ {
		send(tables[i%2])
		w.clock.Pass(time.Minute)
		if res := must(b, w.bench, "koi", true); res.Changes.Changed != 450 {
			b.Fatal(res)
		}
	}
}
