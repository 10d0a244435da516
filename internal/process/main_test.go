package process_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/process"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// hand is a clock that is moved by hand.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }
func (h *hand) Pass(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
}

// bench is a store on a real disk that can fail, and a service.
type bench struct {
	*process.Service
	store *store.Store
	disk  *fsystest.Fault
	dir   string
	clock *hand
}

func newBench(t testing.TB, change ...func(*process.Options)) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), clock: &hand{now: noon}}
	dir, err := fsys.OpenDir(b.dir, true)
	if err == nil {
		err = store.Prepare(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.disk = fsystest.NewFault(dir)
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(b.dir, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	b.store, err = store.Open(t.Context(), store.Options{FS: b.disk, DB: db, Clock: b.clock.Now, Program: "exoplanetai test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(b.store.Close(), db.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	})
	o := process.Options{Store: b.store, Clock: b.clock.Now, Program: "exoplanetai test", Workers: 2}
	for _, c := range change {
		c(&o)
	}
	b.Service = process.New(o)
	return b
}

// put publishes bytes.
func (b *bench) put(t testing.TB, data []byte, m store.Meta) store.Meta {
	t.Helper()
	st, err := b.store.Stage(t.Context())
	if err == nil {
		_, err = st.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.RetrievedAt, m.Origin.Archive = b.clock.Now(), "folder"
	metas, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: m})
	if err != nil {
		t.Fatal(err)
	}
	return metas[0]
}

// hold publishes a light curve as the ingestion does. stamp is "" or what
// stands before the ending of a file that came later.
func (b *bench) hold(t testing.TB, name string, data []byte, stamp string) store.Meta {
	t.Helper()
	f, err := fits.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	info, err := lightcurve.Inspect(f)
	if err != nil {
		t.Fatal(err)
	}
	product, _ := lightcurve.ParseFileName(name)
	product.ID, product.SectorQuarter = info.Target, info.SectorQuarter
	path, err := lightcurve.StorePath(product, name[:len(name)-len(".fits")]+stamp+".fits")
	if err != nil {
		t.Fatal(err)
	}
	m := store.Meta{
		Path: path, Kind: store.LightCurve, Rows: info.Rows, Target: info.Target, Mission: info.Mission, Author: info.Author,
		SectorQuarter: &info.SectorQuarter, TimeStart: info.First, TimeEnd: info.Last, Scale: info.Scale, Release: info.Release,
	}
	if info.CadenceS == info.CadenceS {
		m.CadenceS = info.CadenceS
	}
	return b.put(t, data, m)
}

// real reads a real light curve by its path below data/real/lightcurves.
func real(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// holdReal holds a real light curve.
func (b *bench) holdReal(t testing.TB, name string) store.Meta {
	t.Helper()
	return b.hold(t, filepath.Base(name), real(t, name), "")
}

// altered is a real light curve with another byte in the middle of its table.
func altered(t testing.TB, name string) []byte {
	t.Helper()
	data := real(t, name)
	data[len(data)/2] ^= 1
	return data
}

// tables holds the real tables of September 2025.
func (b *bench) tables(t testing.TB) {
	t.Helper()
	b.table(t, catalog.KOI, "raw/nasa/koi_20250929_184543.csv", unzip(t, "cumulative_2025.09.29_18.45.43.csv.gz"))
	b.table(t, catalog.TOI, "raw/exofop/toi_20250929_184606.csv", unzip(t, "TOI_2025.09.29_18.46.06.csv.gz"))
}

func (b *bench) table(t testing.TB, typ catalog.Type, path exo.Path, text []byte) {
	t.Helper()
	b.put(t, text, store.Meta{Path: path, Kind: store.Table, Table: typ})
}

func unzip(t testing.TB, name string) []byte {
	t.Helper()
	return xtest.Gunzip(t, "data/real/catalogs/"+name)
}

// The real files that most tests use: four sectors of TOI 1265.01, and two
// quarters of a Kepler star.
const (
	star1265 = "TIC 424865156"
	sector14 = "tess/tess2019198215352-s0014-0000000424865156-0150-s_lc.fits"
	sector15 = "tess/tess2019226182529-s0015-0000000424865156-0151-s_lc.fits"
	sector41 = "tess/tess2021204101404-s0041-0000000424865156-0212-s_lc.fits"
	quarter2 = "kepler/kplr010002792-2009259160929_llc.fits"
	quarter5 = "kepler/kplr010002792-2010174085026_llc.fits"
)

// must runs a request that has to succeed.
func (b *bench) must(t testing.TB, req process.Request) process.Result {
	t.Helper()
	res, err := b.LightCurve(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err, exo.HintOf(err))
	}
	return res
}

// files counts what the store holds of a kind.
func (b *bench) files(t testing.TB, k store.Kind) int {
	t.Helper()
	c, err := b.store.Count(t.Context(), store.Filter{Kind: k})
	if err != nil {
		t.Fatal(err)
	}
	return c.Files
}
