package ingest_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// tableFake is an archive of one table.
type tableFake struct {
	mu      sync.Mutex
	text    string // the whole table
	delta   string // answer to a request with Since
	err     error  // instead of an answer
	etag    string
	probe   *archive.Probe
	fetches []archive.TableRequest
	probes  int
	wait    chan struct{} // closed or received from before answering
}

func (f *tableFake) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	f.mu.Lock()
	f.fetches = append(f.fetches, req)
	text, delta, err, etag, wait := f.text, f.delta, f.err, f.etag, f.wait
	f.mu.Unlock()
	ans := archive.TableAnswer{Origin: exo.Origin{Archive: "nea", URL: "http://archive.test/TAP/sync", ETag: etag}}
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return ans, exo.E("fake", exo.KindOf(ctx.Err()), nil, ctx.Err())
		}
	}
	if etag != "" && req.Known != nil && req.Known.ETag == etag {
		ans.NotModified = true
		return ans, err
	}
	if req.Since != "" && delta != "" {
		text, ans.Partial = delta, true
	}
	half := len(text) / 2
	if _, werr := io.WriteString(w, text[:half]); werr != nil {
		return ans, werr
	}
	if err != nil {
		return ans, err
	}
	_, werr := io.WriteString(w, text[half:])
	return ans, werr
}

// prober is an archive that can be probed.
type prober struct{ *tableFake }

func (f prober) Probe(context.Context, catalog.Type) (archive.Probe, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.probes++
	if f.probe == nil {
		return archive.Probe{}, false, f.err
	}
	return *f.probe, true, f.err
}

func (f *tableFake) set(change func(*tableFake)) {
	f.mu.Lock()
	change(f)
	f.mu.Unlock()
}

func (f *tableFake) asked() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.fetches) }

// bench is a store on a real disk, fake archives and a service.
type bench struct {
	*ingest.Service
	store         *store.Store
	dir           string
	clock         *hand
	koi, toi, k2f *tableFake
	gaia          *tableFake
	disk          *fsystest.Fault // nothing fails before it is armed
}

func newBench(t testing.TB, change ...func(*ingest.Options)) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), clock: &hand{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	b.koi, b.toi, b.k2f, b.gaia = &tableFake{text: koiText}, &tableFake{text: toiText}, &tableFake{text: k2Text}, &tableFake{text: gaiaText}
	real, err := fsys.OpenDir(b.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	b.disk = fsystest.NewFault(real)
	if err := store.Prepare(b.disk); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(b.dir, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	b.store, err = store.Open(t.Context(), store.Options{FS: b.disk, DB: db, Clock: b.clock.Now, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	o := ingest.Options{
		Store: b.store, Clock: b.clock.Now, Log: slog.New(slog.DiscardHandler),
		Tables: map[catalog.Type]archive.TableSource{catalog.KOI: b.koi, catalog.TOI: b.toi, catalog.K2: prober{b.k2f}, catalog.Gaia: b.gaia},
	}
	for _, c := range change {
		c(&o)
	}
	b.Service = ingest.New(o)
	return b
}

// Small tables with well-known objects.
const (
	koiText = "kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_time0bk,ra,dec,koi_kepmag\n" +
		"11904151,\"K00072.01\",\"Kepler-10 b\",\"CONFIRMED\",0.837491225,131.574858,285.67942,50.241299,10.961\n" +
		"11904151,\"K00072.02\",\"Kepler-10 c\",\"CONFIRMED\",45.29422297,162.26648,285.67942,50.241299,10.961\n" +
		"10666592,\"K00002.01\",\"Kepler-2 b\",\"CONFIRMED\",2.204735417,121.3585417,292.24728,47.969521,10.463\n"
	toiText = "TIC ID,TOI,TFOPWG Disposition,TESS Mag,RA,Dec,Epoch (BJD),Period (days),Date Modified,Comments\n" +
		"150428135,700.01,CP,10.91,06:28:23.07,-65:34:45.52,2458331.3547,9.977,2025-07-31 12:59:22,TOI-700 b\n" +
		"231663901,101.01,KP,12.4069,21:14:56.88,-55:52:18.71,2458326.009117,1.43036,2025-07-30 12:59:22,WASP-46 b\n"
	k2Head = "pl_name,hostname,default_flag,disposition,pl_refname,st_refname,pl_orbper,ra,dec,rowupdate,epic_hostname,tic_id\n"
	k2A    = "\"K2-18 b\",\"K2-18\",1,\"CONFIRMED\",\"<a refstr=A href=x target=ref>A et al. 2018</a>\",\"A\",32.939623,172.5601410,7.5878315,\"2019-03-18\",\"EPIC 201912552\",\"TIC 388804061\"\n"
	k2B    = "\"K2-18 b\",\"K2-18\",0,\"CONFIRMED\",\"B\",\"B\",32.94,172.5601410,7.5878315,\"2019-03-19\",\"EPIC 201912552\",\"TIC 388804061\"\n"
	k2C    = "\"K2-3 b\",\"K2-3\",1,\"CANDIDATE\",\"C\",\"C\",10.05,172.3353710,-1.4550635,\"2025-09-25\",\"EPIC 201367065\",\"TIC 173103335\"\n"
	k2Text = k2Head + k2A + k2B + k2C

	gaiaText = "target,source_id,ra,dec,parallax,phot_g_mean_mag\nTIC 150428135,5284517766615492736,97.1,-65.58,32.1,12.1\n"
)

func table(t testing.TB, b *bench, name string, force bool) (ingest.TableResult, error) {
	t.Helper()
	return b.Table(t.Context(), ingest.TableRequest{TableType: name, ForceRefresh: force}, nil)
}

func must(t testing.TB, b *bench, name string, force bool) ingest.TableResult {
	t.Helper()
	res, err := table(t, b, name, force)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func probeOf(t *catalog.Table) *archive.Probe {
	return &archive.Probe{Rows: t.Len(), Newest: t.Newest()}
}
