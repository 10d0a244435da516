package review_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/review"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// bench is a store with a service on it.
type bench struct {
	t     testing.TB
	home  string
	store *store.Store
	*review.Service
}

func open(t testing.TB) bench {
	t.Helper()
	home := t.TempDir()
	dir, err := fsys.OpenDir(home, true)
	if err == nil {
		err = store.Prepare(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(home, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return noon }
	s, err := store.Open(t.Context(), store.Options{FS: dir, DB: db, Clock: clock, Program: "exoplanetai test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), db.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	})
	return bench{t, home, s, review.New(review.Options{
		Store: s, Clock: clock, Program: "exoplanetai test",
		Freshness: map[string]time.Duration{"koi": 24 * time.Hour, "lightcurve": 6 * time.Hour},
	})}
}

func (b bench) publish(m store.Meta, data []byte) store.Meta {
	b.t.Helper()
	st, err := b.store.Stage(b.t.Context())
	if err == nil {
		_, err = st.Write(data)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	m.Origin = exo.Origin{Archive: "folder"}
	metas, err := b.store.Publish(b.t.Context(), store.Item{Staged: st, Meta: m})
	if err != nil {
		b.t.Fatal(err)
	}
	return metas[0]
}

// table stores a table as ingestion does.
func (b bench) table(typ catalog.Type, at time.Time, text []byte) store.Meta {
	b.t.Helper()
	table, err := catalog.Parse(typ, text)
	if err != nil {
		b.t.Fatal(err)
	}
	sum := catalog.Summary{Valid: true, Warnings: 3, Metrics: catalog.Metrics{Completeness: catalog.Overall(0.9)}}
	return b.publish(store.Meta{
		Path: exo.Path("raw/nasa/" + string(typ) + "_" + exo.Stamp(at) + ".csv"), Kind: store.Table, Table: typ, RetrievedAt: at, Rows: table.Len(), Validation: &sum,
	}, text)
}

// curve stores a light curve as ingestion does.
func (b bench) curve(name string, at time.Time, data []byte) store.Meta {
	b.t.Helper()
	f, err := fits.Parse(data)
	if err != nil {
		b.t.Fatal(err)
	}
	info, err := lightcurve.Inspect(f)
	if err != nil {
		b.t.Fatal(err)
	}
	p := lightcurve.Product{Mission: info.Mission, ID: info.Target, SectorQuarter: info.SectorQuarter}
	path, err := lightcurve.StorePath(p, name)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.publish(store.Meta{
		Path: path, Kind: store.LightCurve, RetrievedAt: at, Rows: info.Rows, Target: info.Target, Mission: info.Mission,
		Author: info.Author, SectorQuarter: &info.SectorQuarter, CadenceS: info.CadenceS,
	}, data)
}

// curvesOf stores all real light curves whose name has the part.
func (b bench) curvesOf(part string) {
	b.t.Helper()
	for _, name := range xtest.Glob(b.t, "data/real/lightcurves/*/*.fits") {
		if !strings.Contains(name, part) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			b.t.Fatal(err)
		}
		b.curve(filepath.Base(name), noon.Add(-time.Hour), data)
	}
}

func (b bench) validate(r review.Request) review.Result {
	b.t.Helper()
	res, err := b.Validate(b.t.Context(), r, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

// damage overwrites a byte in the middle of a stored file.
func (b bench) damage(p exo.Path) {
	b.t.Helper()
	name := filepath.Join(b.home, string(p))
	data, err := os.ReadFile(name)
	if err != nil {
		b.t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := errors.Join(os.Chmod(name, 0o644), os.WriteFile(name, data, 0o644)); err != nil {
		b.t.Fatal(err)
	}
}
