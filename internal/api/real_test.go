package api_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/process"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

// TestPythonComparesARealFile lets astropy compare a FITS answer that is made
// on the way with the JSON form, bit by bit, both over HTTP.
func TestPythonComparesARealFile(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	disk, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	if err := store.Prepare(disk); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(ctx, sqldb.Options{Path: filepath.Join(dir, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	st, err := store.Open(ctx, store.Options{FS: disk, DB: db, Clock: func() time.Time { return noon }, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	name := xtest.Glob(t, "data/real/lightcurves/tess/*0000000025155310*_lc.fits")[0]
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	staged, err := st.Stage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := staged.Write(data); err != nil {
		t.Fatal(err)
	}
	one := 1
	if _, err := st.Publish(ctx, store.Item{Staged: staged, Meta: store.Meta{
		Path: exo.Path("lightcurves/tess/s0001/" + filepath.Base(name)), RetrievedAt: noon, Kind: store.LightCurve, SectorQuarter: &one, CadenceS: 120,
		Target: exo.TargetID{Catalog: exo.TIC, Number: 25155310}, Mission: exo.TESS, Author: "SPOC", Scale: exo.BTJD,
		Origin: exo.Origin{Archive: "mast", URL: "https://mast.stsci.edu"},
	}}); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return noon }
	s, err := api.New(api.Options{
		Ingest: &fakeIngest{}, Process: process.New(process.Options{Store: st, Clock: clock, Program: "test", Workers: 1}), Jobs: &fakeQueue{}, Library: shelf{st, disk},
		Version: "test", Clock: clock, Rand: rand.NewChaCha8([32]byte{1}), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	defer srv.Close()
	out := xtest.Python(t, `
import sys, io, json, urllib.request
import numpy as np
from astropy.io import fits
def get(q):
    with urllib.request.urlopen(sys.argv[1] + q) as r: return r.read()
def same(a, b): return np.array_equal(np.asarray(a, float), np.asarray(b, float), equal_nan=True)
raw = get("?series=raw&format=fits")
assert raw == open(sys.argv[2], "rb").read()
for profile in "default", "transit":
    j = json.loads(get("?profile=" + profile))
    col = {k: np.array([np.nan if x is None else x for x in v], float) for k, v in j["columns"].items()}
    with fits.open(io.BytesIO(get("?format=fits&profile=" + profile)), checksum=True) as h:
        d = h["PROCESSED"].data
        for f, c in (("TIME", "time"), ("FLUX", "flux"), ("FLUX_ERR", "flux_err"), ("TREND", "trend"), ("SEGMENT", "segment"), ("PPFLAG", "flag"), ("QUALITY", "quality"), ("CADENCENO", "cadence")):
            assert same(d[f], col[c]), (profile, f)
print("ok")
`, srv.URL+"/api/v1/lightcurves/TIC25155310", name)
	if strings.TrimSpace(out) != "ok" {
		t.Error(out)
	}
}
