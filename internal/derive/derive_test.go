package derive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// bench is a store on a real disk, with the service.
type bench struct {
	*derive.Service
	dir   string
	store *store.Store
	tab   *tables.Tables
	disk  *fsystest.Fault
	clock time.Time
}

func open(t testing.TB) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), clock: noon}
	dir, err := fsys.OpenDir(b.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	b.disk = fsystest.NewFault(dir)
	if err := store.Prepare(b.disk); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(b.dir, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	b.store, err = store.Open(t.Context(), store.Options{FS: b.disk, DB: db, Clock: func() time.Time { return b.clock }, Program: "exoplanetai test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(b.store.Close(), db.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	})
	b.tab = tables.New(b.store)
	b.Service = derive.New(derive.Options{Store: b.store, Tables: b.tab, Clock: func() time.Time { return b.clock }})
	return b
}

// hold publishes a table as the current one.
func (b *bench) hold(t testing.TB, typ catalog.Type, at time.Time, text []byte) store.Meta {
	t.Helper()
	table, err := catalog.Parse(typ, text)
	if err != nil {
		t.Fatal(err)
	}
	st, err := b.store.Stage(t.Context())
	if err == nil {
		_, err = st.Write(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	metas, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{
		Path: exo.Path(fmt.Sprintf("raw/nasa/%s_%s.csv", typ, exo.Stamp(at))), Kind: store.Table, Table: typ, RetrievedAt: at,
		Rows: table.Len(), Columns: table.Columns, SchemaFingerprint: table.Fingerprint(), Origin: exo.Origin{Archive: "folder"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return metas[0]
}

func (b *bench) update(t testing.TB) derive.Result {
	t.Helper()
	res, err := b.Update(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func real(t testing.TB, name string) []byte {
	t.Helper()
	return xtest.Gunzip(t, "data/real/catalogs/"+name)
}

const (
	koi2019 = "koi_2019-01-20/cumulative.csv.gz"
	koi2025 = "cumulative_2025.09.29_18.45.43.csv.gz"
	toi2025 = "TOI_2025.09.29_18.46.06.csv.gz"
	k2      = "k2pandc_2025.09.29_18.46.17.csv.gz"
)

// Small tables with well-known objects.
const (
	koiText = "kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_time0bk,ra,dec,koi_kepmag\n" +
		"11904151,K00072.01,Kepler-10 b,CONFIRMED,0.837491225,131.574858,285.67942,50.241299,10.961\n" +
		"11904151,K00072.02,Kepler-10 c,CONFIRMED,45.29422297,162.26648,285.67942,50.241299,10.961\n"
	toiText = "TIC ID,TOI,TFOPWG Disposition,TESS Mag,RA,Dec,Epoch (BJD),Period (days),Date Modified,Comments\n" +
		"150428135,700.01,CP,10.91,06:28:23.07,-65:34:45.52,2458331.3547,9.977,2025-07-31 12:59:22,TOI-700 b\n"
	gaiaText = "target,source_id,ra,dec,parallax,phot_g_mean_mag\nTIC 150428135,5284517766615492736,97.1,-65.58,32.1,12.1\n"
)

// made names the tables of a result that were made in it.
func made(r derive.Result) string {
	var list []string
	for _, t := range r.Tables {
		if t.Made {
			list = append(list, string(t.Table))
		}
	}
	return strings.Join(list, " ")
}

// below lists the files of a folder of the tree with their digests.
func below(t testing.TB, b *bench, folder string) map[exo.Path]exo.Digest {
	t.Helper()
	list, err := b.store.List(t.Context(), store.Filter{Prefix: folder})
	if err != nil {
		t.Fatal(err)
	}
	files := map[exo.Path]exo.Digest{}
	for _, m := range list {
		files[m.Path] = m.SHA256
	}
	return files
}

func TestTheTablesAreMadeOnceFromWhatIsHeld(t *testing.T) {
	b := open(t)
	if res := b.update(t); len(res.Tables) != 0 || res.Tables == nil || res.Merge != nil {
		t.Errorf("nothing held: %+v", res)
	}
	b.hold(t, catalog.Gaia, noon, []byte(gaiaText))
	if res := b.update(t); made(res) != "gaia" {
		t.Errorf("gaia alone: %+v", res)
	}
	koi := b.hold(t, catalog.KOI, noon, []byte(koiText))
	b.hold(t, catalog.TOI, noon.Add(time.Hour), []byte(toiText))
	res := b.update(t)
	if made(res) != "koi toi candidates" || res.Merge == nil || res.Merge.Candidates != 3 {
		t.Fatalf("%+v", res)
	}
	want := []exo.Path{
		"processed/v1/gaia_20260102_120000.csv", "processed/v1/gaia_20260102_120000.json",
		"processed/v1/koi_20260102_120000.csv", "processed/v1/koi_20260102_120000.json",
		"processed/v1/toi_20260102_130000.csv", "processed/v1/toi_20260102_130000.json",
		"processed/v2/candidates_20260102_130000.csv", "processed/v2/candidates_20260102_130000.json",
		"processed/v2/candidates_20260102_130000_aliases.csv", "processed/v2/candidates_20260102_130000_conflicts.csv",
	}
	files := below(t, b, "processed")
	for _, p := range want {
		if _, ok := files[p]; !ok {
			t.Errorf("%s is not there", p)
		}
	}
	if len(files) != len(want) {
		t.Errorf("%v", files)
	}
	for _, tab := range res.Tables {
		m, err := b.store.Get(t.Context(), tab.Path)
		if err != nil || m.SHA256 != tab.Checksum || m.Rows != tab.Rows || len(m.Columns) != tab.Columns || m.Algorithm != candidate.Definitions ||
			m.Origin.Archive != "local" || m.SchemaFingerprint == "" || len(m.From) != len(tab.From) {
			t.Errorf("%+v %v", m, err)
		}
		for _, c := range tab.Beside {
			cm, err := b.store.Get(t.Context(), c)
			if err != nil || cm.Kind != store.Companion || len(cm.From) != 1 || cm.From[0] != (store.Ref{Path: tab.Path, SHA256: tab.Checksum}) {
				t.Errorf("%+v %v", cm, err)
			}
		}
	}
	if koiV1 := res.Tables[0]; koiV1.Table != catalog.KOI || koiV1.From[0] != koi.Path || len(koiV1.Beside) != 1 || len(res.Tables[3].Beside) != 3 {
		t.Errorf("%+v", res.Tables)
	}
	again := b.update(t)
	for i := range res.Tables {
		res.Tables[i].Made = false
	}
	if got, want := fmt.Sprint(again.Tables), fmt.Sprint(res.Tables); got != want || again.Merge != nil {
		t.Errorf("the second time: %s, want %s", got, want)
	}
}

func TestAFormerTableStaysAndIsFoundByItsDay(t *testing.T) {
	b := open(t)
	b.hold(t, catalog.KOI, noon, []byte(koiText))
	first := b.update(t)
	b.hold(t, catalog.KOI, noon.AddDate(0, 0, 1), []byte(strings.Replace(koiText, "Kepler-10 c,CONFIRMED", "Kepler-10 c,CANDIDATE", 1)))
	b.clock = noon.AddDate(1, 0, 0) // made much later
	second := b.update(t)
	if made(second) != "koi candidates" || second.Tables[1].Path == first.Tables[1].Path {
		t.Fatalf("%+v", second)
	}
	for day, want := range map[string]derive.Result{"2026-01-02": first, "2026-01-03": second, "2026-06-01": second} {
		ref, err := tables.ParseRef("", day)
		if err != nil {
			t.Fatal(err)
		}
		v, err := b.tab.Pick(t.Context(), catalog.Candidates, ref)
		if err != nil || v.Meta.Path != want.Tables[1].Path {
			t.Errorf("as of %s: %s %v, want %s", day, v.Meta.Path, err, want.Tables[1].Path)
		}
	}
	// The first bytes come back: they are the newest version now, not the first one again.
	b.hold(t, catalog.KOI, noon.AddDate(0, 0, 2), []byte(koiText))
	third := b.update(t)
	if v, err := b.tab.Pick(t.Context(), catalog.Candidates, tables.Ref{}); err != nil || v.Meta.Path != third.Tables[1].Path || v.Number != 3 || v.Meta.SHA256 != first.Tables[1].Checksum {
		t.Errorf("%+v %v", v, err)
	}
	if list, err := b.tab.Schemas(t.Context(), catalog.Candidates); err != nil || len(list) != 1 || list[0].Versions != 3 || list[0].Fingerprint == "" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestTwoTablesOfOneSecondGetTwoNames(t *testing.T) {
	b := open(t)
	b.hold(t, catalog.KOI, noon, []byte(koiText))
	b.update(t)
	b.hold(t, catalog.TOI, noon, []byte(toiText))
	res := b.update(t)
	if p := res.Tables[2].Path; p != "processed/v2/candidates_20260102_120000_02.csv" || !slices.Contains(res.Tables[2].Beside, "processed/v2/candidates_20260102_120000_02_aliases.csv") {
		t.Errorf("%+v", res.Tables)
	}
	if v, err := b.tab.Pick(t.Context(), catalog.Candidates, tables.Ref{}); err != nil || v.Meta.Path != res.Tables[2].Path {
		t.Errorf("%+v %v", v, err)
	}
}

func TestManyCallsMakeOneOfEach(t *testing.T) {
	b := open(t)
	b.hold(t, catalog.KOI, noon, []byte(koiText))
	b.hold(t, catalog.TOI, noon, []byte(toiText))
	var wg sync.WaitGroup
	var mu sync.Mutex
	n := 0
	for range 8 {
		wg.Go(func() {
			res, err := b.Update(context.Background())
			if err != nil || len(res.Tables) != 3 {
				t.Errorf("%+v %v", res, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if made(res) != "" {
				n++
			}
		})
	}
	wg.Wait()
	if files := below(t, b, "processed"); n != 1 || len(files) != 8 {
		t.Errorf("made %d times: %v", n, files)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Update(ctx); exo.KindOf(err) != exo.Canceled {
		t.Errorf("%v", err)
	}
}

// Without the rows of a source its candidates would seem to be retired.
func TestADamagedSourceStopsTheMergingAndNothingElse(t *testing.T) {
	b := open(t)
	koi := b.hold(t, catalog.KOI, noon, []byte(koiText))
	b.hold(t, catalog.TOI, noon, []byte(toiText))
	full := filepath.Join(b.dir, string(koi.Path))
	if err := errors.Join(os.Chmod(full, 0o600), os.WriteFile(full, []byte(strings.Replace(koiText, "CONFIRMED", "CANDIDATE", 1)), 0o600)); err != nil {
		t.Fatal(err)
	}
	res, err := b.Update(t.Context())
	if !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" || made(res) != "toi" {
		t.Errorf("%+v %v", res, err)
	}
	if err := os.WriteFile(full, []byte(koiText), 0o600); err != nil {
		t.Fatal(err)
	}
	if res := b.update(t); made(res) != "koi candidates" {
		t.Errorf("mended: %+v", res)
	}
}

func TestADiskThatFailsAtAnyCallLeavesWholeTablesOnly(t *testing.T) {
	for _, failure := range fsystest.Failures[:2] {
		t.Run(failure.Name, func(t *testing.T) {
			b := open(t)
			for n := 1; ; n += 9 {
				at := noon.Add(time.Duration(n) * time.Minute)
				b.hold(t, catalog.KOI, at, []byte(strings.Replace(koiText, "0.837", fmt.Sprintf("0.8%d7", n), 1)))
				b.disk.Arm(failure, n, false)
				_, err := b.Update(t.Context())
				fired, where := b.disk.Disarm()
				if err != nil && (!fired || exo.KindOf(err) != exo.Full && exo.KindOf(err) != exo.Unavailable && exo.KindOf(err) != exo.Corrupt) || n > 400 {
					t.Fatalf("%s: %v", where, err)
				}
				for _, m := range mustList(t, b) {
					if m.Kind != store.Normalized && m.Kind != store.Merged {
						continue
					}
					list, err := b.store.List(t.Context(), store.Filter{Kind: store.Companion})
					beside := 0
					for _, c := range list {
						if c.From[0].Path == m.Path {
							beside++
						}
					}
					if want := map[store.Kind]int{store.Normalized: 1, store.Merged: 3}[m.Kind]; err != nil || beside != want {
						t.Errorf("%s: %d files stand beside %s, %v", where, beside, m.Path, err)
					}
				}
				if res := b.update(t); len(res.Tables) != 2 {
					t.Errorf("%s: afterwards %+v", where, res)
				}
				if !fired {
					break
				}
			}
			if rep, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
				t.Errorf("%v %+v", err, rep.Damaged)
			}
		})
	}
}

func mustList(t testing.TB, b *bench) []store.Meta {
	t.Helper()
	list, err := b.store.List(t.Context(), store.Filter{Prefix: "processed"})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Two stores with the same tables have the same derived bytes and records, row
// for row what the sources hold.
func TestRealTablesGiveTheSameBytesInEveryStore(t *testing.T) {
	sources := []struct {
		typ  catalog.Type
		name string
		rows int
	}{{catalog.KOI, koi2025, 9564}, {catalog.TOI, toi2025, 7699}, {catalog.K2, k2, 4004}}
	var first map[exo.Path]exo.Digest
	for round := range 2 {
		b := open(t)
		b.clock = noon.AddDate(round, 0, 0)
		for i, s := range sources {
			b.hold(t, s.typ, noon.Add(time.Duration(i)*time.Second), real(t, s.name))
		}
		start := time.Now()
		res := b.update(t)
		if took := time.Since(start); round == 0 {
			t.Logf("made in %v: %+v", took, res.Merge)
		}
		for i, s := range sources {
			if res.Tables[i].Table != s.typ || res.Tables[i].Rows != s.rows || res.Tables[i].Columns == 0 {
				t.Errorf("%+v", res.Tables[i])
			}
		}
		files := below(t, b, "processed")
		var size int64
		for _, m := range mustList(t, b) {
			size += m.SizeBytes
			if round == 0 {
				t.Logf("%s: %.1f MB", m.Path, float64(m.SizeBytes)/1e6)
			}
			side, err := os.ReadFile(filepath.Join(b.dir, string(store.MetadataPath(m.Path))))
			if err != nil {
				t.Fatal(err)
			}
			files[store.MetadataPath(m.Path)] = exo.DigestOf(side)
			if strings.HasSuffix(string(m.Path), ".json") {
				text, err := os.ReadFile(filepath.Join(b.dir, string(m.Path)))
				if err != nil || !json.Valid(text) {
					t.Errorf("%s is no JSON: %v", m.Path, err)
				}
			}
		}
		if round == 0 {
			first = files
			t.Logf("%d files, %.1f MB", len(mustList(t, b)), float64(size)/1e6)
			continue
		}
		for p, d := range files {
			if first[p] != d {
				t.Errorf("%s differs", p)
			}
		}
		if len(files) != len(first) {
			t.Errorf("%d files, %d the first time", len(files), len(first))
		}
	}
}
