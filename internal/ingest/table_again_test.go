package ingest_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
)

func TestOnlyChangedRowsAreFetched(t *testing.T) {
	b := newBench(t)
	first := must(t, b, "k2", false)
	changedC := strings.Replace(strings.Replace(k2C, "CANDIDATE", "CONFIRMED", 1), "2025-09-25", "2026-01-02", 1)
	added := strings.Replace(strings.Replace(changedC, "K2-3 b", "K2-3 c", 1), "10.05", "24.6", 1)
	b.k2f.set(func(f *tableFake) {
		f.probe = &archive.Probe{Rows: 4, Newest: "2026-01-02"}
		f.delta = k2Head + changedC + added
	})
	b.clock.Pass(25 * time.Hour)
	res := must(t, b, "k2", false)
	if res.Source != ingest.FromArchive || res.Records != 4 || res.Changes != (catalog.Changes{Added: 1, Changed: 1, Unchanged: 2}) {
		t.Errorf("%+v", res)
	}
	if req := b.k2f.fetches[1]; req.Since != "2025-09-24" {
		t.Errorf("since %q", req.Since)
	}
	if got, err := os.ReadFile(filepath.Join(b.dir, string(res.RawPath))); err != nil || string(got) != k2Head+k2A+k2B+changedC+added {
		t.Errorf("%s %v", got, err)
	}
	m, err := b.store.Get(t.Context(), res.RawPath)
	if err != nil || len(m.From) == 0 || m.From[0].Path != first.RawPath || m.Full == nil || !m.Full.Equal(first.RetrievedAt) {
		t.Errorf("%+v %v", m, err)
	}
	deltas, err := b.store.List(t.Context(), store.Filter{Kind: store.Delta, Table: catalog.K2})
	if err != nil || len(deltas) != 1 || deltas[0].Rows != 2 || !strings.HasPrefix(string(deltas[0].Path), "raw/nasa/deltas/k2_") {
		t.Errorf("%+v %v", deltas, err)
	}
}

func TestDoubtfulChangesLeadToAWholeLoad(t *testing.T) {
	newC := strings.Replace(k2C, "2025-09-25", "2026-01-02", 1)
	for name, tt := range map[string]struct {
		delta string
		rows  int
	}{
		"a row was deleted too":                         {k2Head + newC, 2},
		"the columns differ":                            {strings.Replace(k2Head, "tic_id", "tic", 1) + newC, 3},
		"one key stands twice":                          {k2Head + newC + newC, 3},
		"the newest row is missing":                     {k2Head + k2C, 3},
		"the answer is no table":                        {"sorry\n", 3},
		"no rows":                                       {k2Head, 3},
		"a row held from the days asked for is missing": {k2Head + strings.Replace(k2B, "2019-03-19", "2026-01-02", 1), 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			must(t, b, "k2", false)
			b.k2f.set(func(f *tableFake) {
				f.probe = &archive.Probe{Rows: tt.rows, Newest: "2026-01-02"}
				f.delta, f.text = tt.delta, k2Head+k2A+k2B+newC
			})
			b.clock.Pass(25 * time.Hour)
			res := must(t, b, "k2", false)
			if res.Checksum != exo.DigestOf([]byte(k2Head+k2A+k2B+newC)) || b.k2f.asked() != 3 || b.k2f.fetches[2].Since != "" {
				t.Errorf("%+v, %d fetches", res, b.k2f.asked())
			}
		})
	}
}

func TestAnArchiveThatDoesNotTakeTheQuestionForChangesIsAskedForAll(t *testing.T) {
	b := newBench(t)
	b.k2f.probe = &archive.Probe{Rows: 4, Newest: "2026-01-02"}
	must(t, b, "k2", false)
	refusing := &tableFake{text: k2Text + strings.Replace(strings.Replace(k2C, "2025-09-25", "2026-01-02", 1), "K2-3 b", "K2-3 c", 1)}
	b.clock.Pass(25 * time.Hour)
	again := ingest.New(ingest.Options{Store: b.store, Clock: b.clock.Now, Tables: map[catalog.Type]archive.TableSource{
		catalog.K2: refuser{prober{refusing}},
	}})
	refusing.probe = b.k2f.probe
	res, err := again.Table(t.Context(), ingest.TableRequest{TableType: "k2"}, nil)
	if err != nil || res.Changes.Added != 1 || refusing.asked() != 1 {
		t.Errorf("%+v %v", res, err)
	}
}

// refuser refuses to select rows.
type refuser struct{ prober }

func (f refuser) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	if req.Since != "" {
		return archive.TableAnswer{}, exo.Errorf("fake", exo.Upstream, nil, "ORA-00904")
	}
	return f.prober.Fetch(ctx, req, w)
}

func TestAClockThatGoesBackLosesNoOrder(t *testing.T) {
	b := newBench(t)
	must(t, b, "koi", false)
	b.clock.Pass(-365 * 24 * time.Hour)
	b.koi.set(func(f *tableFake) { f.text = strings.Replace(koiText, "\"CONFIRMED\",45", "\"CANDIDATE\",45", 1) })
	res := must(t, b, "koi", false) // a time in the future is not fresh
	if res.Source != ingest.FromArchive || res.Changes.Changed != 1 {
		t.Errorf("%+v", res)
	}
	m, err := b.store.Newest(t.Context(), store.Filter{Kind: store.Table, Table: catalog.KOI})
	if err != nil || m.Path != res.RawPath {
		t.Errorf("newest is %s, not %s: %v", m.Path, res.RawPath, err)
	}
}

func TestADamagedCurrentTableIsToldAndNotReplacedUnseen(t *testing.T) {
	b := newBench(t)
	res := must(t, b, "koi", false)
	at := filepath.Join(b.dir, string(res.RawPath))
	if err := os.Chmod(at, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(strings.Replace(koiText, "Kepler-2", "Kepler-3", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.koi.set(func(f *tableFake) { f.text = many(3, "CANDIDATE") })
	again := ingest.New(ingest.Options{Store: b.store, Clock: b.clock.Now, Tables: map[catalog.Type]archive.TableSource{catalog.KOI: b.koi}})
	_, err := again.Table(t.Context(), ingest.TableRequest{TableType: "koi", ForceRefresh: true}, nil)
	if exo.KindOf(err) != exo.Corrupt || exo.HintOf(err) == "" || exo.ExtraOf(err)["last_good"] != nil {
		t.Errorf("%v", err)
	}
}

func TestADiskThatFailsAtAnyCallLeavesTheTableAsItWas(t *testing.T) {
	changed := strings.Replace(koiText, "\"CONFIRMED\",45", "\"CANDIDATE\",45", 1)
	for _, failure := range fsystest.Failures[:2] {
		t.Run(failure.Name, func(t *testing.T) {
			b := newBench(t)
			texts := [2]string{koiText, changed}
			now := 0 // which text is current
			must(t, b, "koi", true)
			for n := 1; ; n++ {
				b.koi.set(func(f *tableFake) { f.text = texts[1-now] })
				b.clock.Pass(time.Minute)
				b.disk.Arm(failure, n, false)
				res, err := table(t, b, "koi", true)
				fired, where := b.disk.Disarm()
				switch {
				case !fired && err != nil || n > 300:
					t.Fatalf("call %d: %v", n, err)
				case err != nil && exo.KindOf(err) != exo.Full && exo.KindOf(err) != exo.Unavailable:
					t.Errorf("%s: %v", where, err)
				case err == nil && (res.Source != ingest.FromArchive || res.Checksum != exo.DigestOf([]byte(texts[1-now]))):
					t.Errorf("%s: %+v", where, res)
				}
				if err == nil {
					now = 1 - now
				}
				if res := must(t, b, "koi", false); res.Checksum != exo.DigestOf([]byte(texts[now])) {
					t.Fatalf("%s: after %v the current table is another", where, err)
				}
				if !fired {
					if n < 5 {
						t.Errorf("only %d calls", n)
					}
					return
				}
			}
		})
	}
}

func TestATableWithoutEndIsCutOff(t *testing.T) {
	b := newBench(t)
	again := ingest.New(ingest.Options{Store: b.store, Clock: b.clock.Now, Tables: map[catalog.Type]archive.TableSource{catalog.KOI: endless{}}})
	if _, err := again.Table(t.Context(), ingest.TableRequest{TableType: "koi"}, nil); exo.KindOf(err) != exo.Upstream {
		t.Errorf("%v", err)
	}
	onlyFiles(t, b)
}

// endless sends rows until it is stopped.
type endless struct{}

func (endless) Fetch(_ context.Context, _ archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	rows := []byte(strings.Repeat(strings.Split(koiText, "\n")[1]+"\n", 10_000))
	for {
		if _, err := w.Write(rows); err != nil {
			return archive.TableAnswer{}, err
		}
	}
}

func TestConcurrentRequestsShareOneFetch(t *testing.T) {
	b := newBench(t)
	b.koi.wait = make(chan struct{})
	var group sync.WaitGroup
	results := make([]ingest.TableResult, 8)
	for i := range results {
		group.Go(func() {
			res, err := b.Table(context.Background(), ingest.TableRequest{TableType: "koi", ForceRefresh: i%2 == 0}, nil)
			if err != nil {
				t.Error(err)
			}
			results[i] = res
		})
	}
	until(t, "the first fetch", func() bool { return b.koi.asked() > 0 })
	time.Sleep(20 * time.Millisecond)
	close(b.koi.wait)
	group.Wait()
	// Four plain and four forced requests are at most two fetches at a time.
	if n := b.koi.asked(); n > 2 {
		t.Errorf("%d fetches", n)
	}
	onlyFiles(t, b, string(results[0].RawPath))
}

func TestACallerThatGivesUpLeavesNothingAndStopsNobody(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		giveUp(t, ctx, cancel, exo.Canceled)
	})
	t.Run("out of time", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		giveUp(t, late{ctx}, cancel, exo.Unavailable)
	})
}

// late is a context whose end looks like a deadline.
type late struct{ context.Context }

func (c late) Err() error {
	if c.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for n := 0; !cond(); n++ {
		if n > 20_000 {
			t.Fatalf("%s never came", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func giveUp(t *testing.T, ctx context.Context, cancel func(), kind exo.Kind) {
	t.Helper()
	b := newBench(t)
	b.koi.wait = make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := b.Table(ctx, ingest.TableRequest{TableType: "koi"}, nil); exo.KindOf(err) != kind {
			t.Errorf("%v", err)
		}
	})
	until(t, "the first fetch", func() bool { return b.koi.asked() > 0 })
	group.Go(func() {
		if res, err := b.Table(context.Background(), ingest.TableRequest{TableType: "koi"}, nil); err != nil || res.Source != ingest.FromArchive {
			t.Errorf("%+v %v", res, err)
		}
	})
	time.Sleep(10 * time.Millisecond)
	cancel()
	until(t, "the second fetch", func() bool { return b.koi.asked() > 1 })
	if files := rawFiles(t, b); len(files) != 0 {
		t.Errorf("files %v", files)
	}
	close(b.koi.wait)
	group.Wait()
	if left := filesBelow(t, b, ".staging"); len(left) != 0 {
		t.Errorf("staging %v", left)
	}
}

func TestGaiaIsAskedForTheStarsThatAreHeld(t *testing.T) {
	b := newBench(t)
	if _, err := table(t, b, "gaia", false); exo.KindOf(err) != exo.Conflict || exo.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	must(t, b, "koi", false)
	must(t, b, "toi", false)
	must(t, b, "k2", false)
	res := must(t, b, "gaia", false)
	req := b.gaia.fetches[0]
	if len(req.Targets) != 6 || len(req.Stars) != 6 || req.Targets[0].String() != "KIC 11904151" || res.Records != 1 {
		t.Errorf("%v %+v", req.Targets, res)
	}
}

func TestBadRequests(t *testing.T) {
	b := newBench(t, func(o *ingest.Options) { delete(o.Tables, catalog.TOI) })
	if _, err := table(t, b, "tce", false); exo.KindOf(err) != exo.Invalid || exo.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if _, err := table(t, b, "toi", false); exo.KindOf(err) != exo.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestABatchGoesOnWhenOneTableFails(t *testing.T) {
	b := newBench(t)
	b.toi.err = down["down"]
	var told []string
	var mu sync.Mutex
	res, err := b.Batch(t.Context(), ingest.BatchRequest{}, func(_, _ int64, _, m string) { mu.Lock(); told = append(told, m); mu.Unlock() })
	if err != nil || res.Status != "partial" || len(res.Results) != 2 || len(res.FailedTables) != 1 ||
		res.FailedTables[0].TableType != catalog.TOI || res.FailedTables[0].Code != exo.Unavailable || len(told) < 3 {
		t.Errorf("%+v %v %v", res, told, err)
	}
	b.toi.set(func(f *tableFake) { f.err = nil })
	if res, err = b.Batch(t.Context(), ingest.BatchRequest{}, nil); err != nil || res.Status != "success" || len(res.Results) != 3 || res.FailedTables == nil {
		t.Errorf("%+v %v", res, err)
	}
	for _, f := range []*tableFake{b.koi, b.toi, b.k2f} {
		f.set(func(f *tableFake) { f.err = down["down"] })
	}
	if res, err = b.Batch(t.Context(), ingest.BatchRequest{ForceRefresh: true}, nil); err != nil || res.Status != "failed" || len(res.FailedTables) != 3 {
		t.Errorf("%+v %v", res, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Batch(ctx, ingest.BatchRequest{}, nil); exo.KindOf(err) != exo.Canceled {
		t.Errorf("%v", err)
	}
}

func TestStatus(t *testing.T) {
	b := newBench(t)
	st, err := b.Status(t.Context())
	if err != nil || len(st.Tables) != 4 || len(st.LightCurves) != 3 || st.Tables[catalog.KOI].NextDue != nil {
		t.Fatalf("%+v %v", st, err)
	}
	must(t, b, "koi", false)
	b.koi.set(func(f *tableFake) { f.err = down["down"] })
	b.clock.Pass(25 * time.Hour)
	if res := must(t, b, "koi", false); res.Source != ingest.Stale {
		t.Error(res.Source)
	}
	if st, err = b.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	koi := st.Tables[catalog.KOI]
	if koi.Records != 3 || koi.Versions != 1 || koi.Fresh || *koi.AgeS != 25*3600 || koi.LastError != "connection refused" {
		t.Errorf("%+v", koi)
	}
	if r := st.SuccessRates["koi"]; r.Tried != 2 || r.Succeeded != 1 || *r.Value != 0.5 {
		t.Errorf("%+v", r)
	}
}

func TestStatusCountsLightCurves(t *testing.T) {
	b := newBench(t)
	for i, target := range []uint64{1, 1, 2} {
		st, err := b.store.Stage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(st, "file %d", i); err != nil {
			t.Fatal(err)
		}
		meta := store.Meta{
			Path: exo.Path(fmt.Sprintf("lightcurves/tess/s0001/%d.fits", i)), Kind: store.LightCurve, Mission: exo.TESS,
			Target: exo.TargetID{Catalog: exo.TIC, Number: target}, RetrievedAt: b.clock.Now().Add(time.Duration(i) * time.Hour),
		}
		if _, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: meta}); err != nil {
			t.Fatal(err)
		}
	}
	st, err := b.Status(t.Context())
	tess := st.LightCurves["tess"]
	if err != nil || tess.Files != 3 || tess.Targets != 2 || tess.Bytes != 18 || !tess.Newest.Equal(b.clock.Now().Add(2*time.Hour)) || st.LightCurves["k2"].Files != 0 {
		t.Errorf("%+v %v", st.LightCurves, err)
	}
}

// rawFiles lists the files below raw.
func rawFiles(t *testing.T, b *bench) []string { return filesBelow(t, b, "raw") }

func filesBelow(t *testing.T, b *bench, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(b.dir, folder), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(b.dir, p)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// onlyFiles checks that raw and the staging folder hold these files alone.
func onlyFiles(t *testing.T, b *bench, want ...string) {
	t.Helper()
	got := rawFiles(t, b)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if left := filesBelow(t, b, ".staging"); len(left) != 0 {
		t.Errorf("staging %v", left)
	}
}
