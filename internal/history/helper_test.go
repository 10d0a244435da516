package history_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/history"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// bench is a store with what reads it.
type bench struct {
	t      testing.TB
	store  *store.Store
	tables *tables.Tables
	home   string
}

func open(t testing.TB) *bench {
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
	s, err := store.Open(t.Context(), store.Options{FS: dir, DB: db, Clock: func() time.Time { return noon }, Program: "exoplanetai test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), db.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	})
	return &bench{t, s, tables.New(s), home}
}

// serve makes a service over the store.
func (b *bench) serve(o history.Options) *history.Service {
	o.Store, o.Tables = b.store, b.tables
	return history.New(o)
}

// publish puts a file into the store.
func (b *bench) publish(m store.Meta, text []byte) store.Meta {
	b.t.Helper()
	st, err := b.store.Stage(b.t.Context())
	if err == nil {
		_, err = st.Write(text)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if m.Origin.Archive == "" {
		m.Origin.Archive = "folder"
	}
	metas, err := b.store.Publish(b.t.Context(), store.Item{Staged: st, Meta: m})
	if err != nil {
		b.t.Fatal(err)
	}
	return metas[0]
}

// hold publishes a table as ingesting does, days after noon.
func (b *bench) hold(typ catalog.Type, days int, text []byte) store.Meta {
	b.t.Helper()
	t, err := catalog.Parse(typ, text)
	if err != nil {
		b.t.Fatal(err)
	}
	at := noon.AddDate(0, 0, days)
	folder := map[catalog.Type]string{catalog.KOI: "nasa", catalog.TOI: "exofop", catalog.K2: "nasa", catalog.Gaia: "esa"}[typ]
	return b.publish(store.Meta{
		Path: exo.Path("raw/" + folder + "/" + string(typ) + "_" + exo.Stamp(at) + ".csv"), Kind: store.Table, Table: typ,
		RetrievedAt: at, Rows: t.Len(), Columns: t.Columns,
	}, text)
}

// derive makes the table of candidates.
func (b *bench) derive() {
	b.t.Helper()
	if _, err := derive.New(derive.Options{Store: b.store, Tables: b.tables}).Update(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// The real tables.
const (
	koi2019    = "koi_2019-01-20/cumulative.csv.gz"
	koi2025    = "cumulative_2025.09.29_18.45.43.csv.gz"
	toi2023    = "TOI_2023.03.07_15.50.16.csv.gz"
	toi2025    = "TOI_2025.09.29_18.46.06.csv.gz"
	k22025     = "k2pandc_2025.09.29_18.46.17.csv.gz"
	exofop2024 = "exofop_2024-09-30/exofop_tess_tois.csv.gz"
	exofop2025 = "exofop_2025-04-01/exofop_tess_tois.csv.gz"
)

func real(t testing.TB, name string) []byte {
	t.Helper()
	return xtest.Gunzip(t, "data/real/catalogs/"+name)
}

const (
	koiHead = "kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_period_err1,koi_time0bk,koi_time0bk_err1,koi_duration,koi_prad,ra,dec"
	toiHead = "TIC ID,TOI,TFOPWG Disposition,RA (deg),Dec (deg),Transit Epoch (BJD),Period (days),Duration (hours),Planet Radius (R_Earth),Comments"
	k2Head  = "pl_name,hostname,default_flag,disposition,pl_refname,st_refname,pl_orbper,pl_tranmid,ra,dec,rowupdate,epic_hostname,tic_id"
)

func csv(head string, rows ...string) []byte {
	return []byte(head + "\n" + strings.Join(rows, "\n") + "\n")
}

func kind(err error) exo.Kind {
	if err == nil {
		return ""
	}
	return exo.KindOf(err)
}
