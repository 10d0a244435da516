package tables_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// open makes an empty store.
func open(t testing.TB) *store.Store {
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
	return s
}

// hold publishes a table.
func hold(t testing.TB, s *store.Store, path exo.Path, kind store.Kind, typ catalog.Type, at time.Time, text []byte) store.Meta {
	t.Helper()
	st, err := s.Stage(t.Context())
	if err == nil {
		_, err = st.Write(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	metas, err := s.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{Path: path, Kind: kind, Table: typ, RetrievedAt: at, Origin: exo.Origin{Archive: "folder"}}})
	if err != nil {
		t.Fatal(err)
	}
	return metas[0]
}

func real(t testing.TB, name string) []byte {
	t.Helper()
	return xtest.Gunzip(t, "data/real/catalogs/"+name)
}

const koiHeader = "kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,dec\n"

func TestNothingHeldIsNoError(t *testing.T) {
	tab := tables.New(open(t))
	table, _, err := tab.Newest(t.Context(), catalog.KOI)
	stars, err2 := tab.Find(t.Context(), exo.Name{Canonical: "Kepler-10", Form: exo.FormKepler})
	known, err3 := tab.Ephemerides(t.Context(), exo.TargetID{Catalog: exo.KIC, Number: 1})
	if table != nil || stars != nil || known != nil || errors.Join(err, err2, err3) != nil {
		t.Error(table, stars, known, err, err2, err3)
	}
}

func TestTheNewestAcceptedTableCounts(t *testing.T) {
	s := open(t)
	tab := tables.New(s)
	star := exo.TargetID{Catalog: exo.KIC, Number: 11904151}
	row := func(period string) []byte {
		return []byte(koiHeader + "K00072.01,11904151,CONFIRMED," + period + ",131.574858,1.796,285.68,50.24\n")
	}
	period := func() float64 {
		t.Helper()
		list, err := tab.Ephemerides(t.Context(), star)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].PeriodDays
	}
	hold(t, s, "raw/nasa/koi_1.csv", store.Table, catalog.KOI, noon, row("0.8"))
	if got := period(); got != 0.8 {
		t.Error(got)
	}
	newer := hold(t, s, "raw/nasa/koi_2.csv", store.Table, catalog.KOI, noon.Add(time.Hour), row("0.9"))
	hold(t, s, "raw/nasa/held/koi_3.csv", store.Held, catalog.KOI, noon.Add(2*time.Hour), row("0.7"))
	hold(t, s, "raw/nasa/rejected/koi_4.csv", store.Rejected, catalog.KOI, noon.Add(3*time.Hour), row("0.6"))
	if got := period(); got != 0.9 {
		t.Error(got)
	}
	list, err := tab.Ephemerides(t.Context(), star)
	if err != nil || list[0].Table.Path != newer.Path || list[0].Table.SHA256 != newer.SHA256 {
		t.Error(list, err)
	}
}

func TestATableIsParsedOnceForManyCallers(t *testing.T) {
	s := open(t)
	hold(t, s, "raw/nasa/koi_1.csv", store.Table, catalog.KOI, noon, real(t, "cumulative_2025.09.29_18.45.43.csv.gz"))
	tab := tables.New(s)
	got := make([]*catalog.Table, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], _, err = tab.Newest(t.Context(), catalog.KOI); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, table := range got {
		if table == nil || table != got[0] {
			t.Fatal("parsed more than once")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := tab.Newest(ctx, catalog.KOI); exo.KindOf(err) != exo.Canceled {
		t.Error(err)
	}
}

func TestTheTablesNameTheStarAndItsTransits(t *testing.T) {
	s := open(t)
	hold(t, s, "raw/nasa/koi_1.csv", store.Table, catalog.KOI, noon, real(t, "cumulative_2025.09.29_18.45.43.csv.gz"))
	hold(t, s, "raw/exofop/toi_1.csv", store.Table, catalog.TOI, noon, real(t, "TOI_2025.09.29_18.46.06.csv.gz"))
	tab := tables.New(s)
	for query, want := range map[string]struct {
		star   string
		object string // of the first ephemeris
	}{
		"Kepler-227 b": {"KIC 10797460", "K00752.01"},
		"TOI-1265":     {"TIC 424865156", "TOI 1265.01"},
		"TOI 114.01":   {"TIC 25155310", "TOI 114.01"},
	} {
		name, err := exo.ParseName(query)
		if err != nil {
			t.Fatal(err)
		}
		stars, err := tab.Find(t.Context(), name)
		if err != nil || len(stars) != 1 || stars[0].ID.String() != want.star {
			t.Errorf("%s: %v %v", query, stars, err)
			continue
		}
		list, err := tab.Ephemerides(t.Context(), stars[0].ID)
		if err != nil || len(list) == 0 || list[0].Object != want.object {
			t.Errorf("%s: %v %v", query, list, err)
		}
	}
}

// A K2 star observed by TESS stands in both tables.
func TestAPlanetOfTwoTablesCountsOnce(t *testing.T) {
	s := open(t)
	hold(t, s, "raw/exofop/toi_1.csv", store.Table, catalog.TOI, noon, []byte(
		"TOI,TIC ID,TFOPWG Disposition,Period (days),Epoch (BJD),Duration (hours),RA (deg),Dec (deg)\n"+
			"2407.01,388804061,KP,32.9396,2458000.5,2.66,172.56,7.59\n"))
	hold(t, s, "raw/nasa/k2_1.csv", store.Table, catalog.K2, noon, []byte(
		"pl_name,hostname,default_flag,disposition,pl_orbper,pl_tranmid,pl_trandur,ra,dec,epic_hostname,tic_id\n"+
			"K2-18 b,K2-18,1,CONFIRMED,32.94,2457264.39,2.67,172.56,7.59,EPIC 201912552,TIC 388804061\n"+
			"K2-18 c,K2-18,1,CONFIRMED,8.96,2457264.55,2.1,172.56,7.59,EPIC 201912552,TIC 388804061\n"))
	tab := tables.New(s)
	for star, want := range map[exo.TargetID][]string{
		{Catalog: exo.TIC, Number: 388804061}:  {"TOI 2407.01", "K2-18 c"},
		{Catalog: exo.EPIC, Number: 201912552}: {"K2-18 b", "K2-18 c"},
	} {
		list, err := tab.Ephemerides(t.Context(), star)
		if err != nil || len(list) != 2 || list[0].Object != want[0] || list[1].Object != want[1] {
			t.Errorf("%s: %+v %v", star, list, err)
		}
	}
}
