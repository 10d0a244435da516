package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
)

// fastDir is a folder in memory where there is one: these tests open thousands
// of stores, and what a sync does is played by fsystest.
func fastDir(t testing.TB) string {
	t.Helper()
	dir := tempDir(t)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "store")
	if err != nil {
		dir, err = os.MkdirTemp("", "store")
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// scenario is an operation that is cut short.
type scenario struct {
	before func(t testing.TB, b *bench)       // acknowledged before the cut
	during func(t testing.TB, s *store.Store) // under way at the cut
	acts   [][]string                         // paths of each act, which must come all or none
}

var long = bytes.Repeat([]byte("0123456789abcdef"), 100) // several sectors

var scenarios = map[string]scenario{
	"one file into a new store": {
		during: func(t testing.TB, s *store.Store) { publish(t, s, "raw/nasa/koi.csv", long) },
		acts:   [][]string{{"raw/nasa/koi.csv"}},
	},
	"three files in new folders beside others": {
		before: func(t testing.TB, b *bench) {
			publish(t, b.Store, "raw/nasa/koi.csv", []byte("koi"))
			publish(t, b.Store, "lightcurves/tess/s0001/a.fits", long)
		},
		during: func(t testing.TB, s *store.Store) {
			publishAct(t, s, "raw/mast/x.json", "lightcurves/tess/s0002/a.fits", "lightcurves/k2/c05/b.fits")
		},
		acts: [][]string{{"raw/mast/x.json", "lightcurves/tess/s0002/a.fits", "lightcurves/k2/c05/b.fits"}},
	},
	"a table with its report": {
		before: func(t testing.TB, b *bench) {
			publish(t, b.Store, "raw/nasa/koi.csv", []byte("koi"))
			publish(t, b.Store, "metadata/validation/koi.json", []byte("{}"))
		},
		during: func(t testing.TB, s *store.Store) {
			publishAct(t, s, "raw/nasa/koi_2.csv", "metadata/validation/koi_2.json")
		},
		acts: [][]string{{"raw/nasa/koi_2.csv", "metadata/validation/koi_2.json"}},
	},
	"four acts at the same time": {
		before: func(t testing.TB, b *bench) { publish(t, b.Store, "raw/nasa/koi.csv", []byte("koi")) },
		during: func(t testing.TB, s *store.Store) {
			var wg sync.WaitGroup
			for _, act := range fourActs {
				wg.Go(func() { publishAct(t, s, act...) })
			}
			wg.Wait()
		},
		acts: fourActs,
	},
	"a reindex": {
		before: func(t testing.TB, b *bench) {
			publish(t, b.Store, "raw/nasa/koi.csv", []byte("koi"))
			publish(t, b.Store, "lightcurves/tess/s0001/a.fits", long)
			publish(t, b.Store, "metadata/validation/koi.json", []byte("{}"))
		},
		during: func(t testing.TB, s *store.Store) {
			if _, err := s.Reindex(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
		},
	},
}

var fourActs = [][]string{
	{"raw/mast/1.json", "lightcurves/tess/s0001/1.fits"}, {"raw/mast/2.json", "lightcurves/tess/s0001/2.fits"},
	{"metadata/validation/3.json"}, {"raw/mast/4.json", "lightcurves/tess/s0002/4.fits"},
}

func publishAct(t testing.TB, s *store.Store, paths ...string) {
	t.Helper()
	var items []store.Item
	for _, p := range paths {
		items = append(items, store.Item{Staged: stage(t, s, []byte("content of "+p)), Meta: meta(p)})
	}
	if _, err := s.Publish(context.Background(), items...); err != nil {
		t.Fatal(err)
	}
}

func TestPowerCutAfterAnyCallLeavesAllOrNothing(t *testing.T) {
	for name, sc := range scenarios {
		t.Run(name, func(t *testing.T) {
			c := record(t, sc)
			n := len(c.crash.Calls())
			rng := rand.New(rand.NewPCG(1, 2))
			cuts := 0
			for k := n % stride; k <= n; k += stride { // the end is always among them
				for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries} {
					cuts += c.cut(t, k, loss, 0, nil)
				}
				for torn := 0; torn < c.crash.LastWrite(k); torn += 512 {
					cuts += c.cut(t, k, fsystest.TearLast, torn, nil)
				}
			}
			for range 20 / stride {
				cuts += c.cut(t, rng.IntN(n+1), fsystest.LoseSome, 0, rng)
			}
			t.Logf("%d calls, %d cuts", n, cuts)
		})
	}
}

// A start that finishes an act is cut short itself, at any call.
func TestPowerCutDuringRecoveryLeavesAllOrNothing(t *testing.T) {
	sc := scenarios["three files in new folders beside others"]
	first := record(t, sc)
	cuts := 0
	n := len(first.crash.Calls())
	for k := n - 1; k > 0; k -= 29 * stride { // every stage of the publication
		dir := fastDir(t)
		if err := first.crash.Lay(dir, k, fsystest.KeepAll, 0, nil); err != nil {
			t.Fatal(err)
		}
		second := &recorded{scenario: sc, acked: first.acked}
		b := open(t, dir, func(o *store.Options) {
			c, err := fsystest.NewCrash(o.FS, dir)
			if err != nil {
				t.Fatal(err)
			}
			o.FS, second.crash = c, c
		})
		b.shut()
		for j := 0; j < len(second.crash.Calls()); j += stride {
			for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries} {
				cuts += second.cut(t, j, loss, 0, nil)
			}
		}
	}
	t.Logf("%d cuts", cuts)
}

// recorded is a scenario that ran to its end on a recording disk.
type recorded struct {
	scenario
	crash     *fsystest.Crash
	after     []byte // the database at the end
	committed int    // number of calls before the index was certainly written
	acked     map[exo.Path]exo.Digest
}

func record(t *testing.T, sc scenario) *recorded {
	t.Helper()
	dir := fastDir(t)
	r := &recorded{scenario: sc, acked: map[exo.Path]exo.Digest{}}
	if sc.before != nil {
		b := open(t, dir)
		sc.before(t, b)
		for _, m := range all(t, b.Store) {
			r.acked[m.Path] = m.SHA256
		}
		b.shut()
	}
	b := open(t, dir, func(o *store.Options) {
		c, err := fsystest.NewCrash(o.FS, dir)
		if err != nil {
			t.Fatal(err)
		}
		o.FS, r.crash = c, c
	})
	sc.during(t, b.Store)
	b.shut()
	var err error
	if r.after, err = os.ReadFile(filepath.Join(dir, store.IndexPath())); err != nil {
		t.Fatal(err)
	}
	for i, call := range r.crash.Calls() {
		switch {
		case strings.HasPrefix(call.File, "checksums"): // of the last group, if there are several
			r.committed = 0
		case r.committed == 0 && call.Name == "remove" && strings.HasPrefix(call.File, ".staging/") && strings.HasSuffix(call.File, ".json"):
			r.committed = i
		}
	}
	return r
}

// cut lays out what a cut leaves and opens it: with the database as it was
// before, and where the call came after the index transaction also as it was
// then, because a power cut may or may not undo it.
func (r *recorded) cut(t *testing.T, k int, loss fsystest.Loss, torn int, rng *rand.Rand) int {
	t.Helper()
	r.check(t, k, loss, torn, rng, nil)
	if r.committed == 0 || k <= r.committed {
		return 1
	}
	r.check(t, k, loss, torn, rng, r.after)
	return 2
}

func (r *recorded) check(t *testing.T, k int, loss fsystest.Loss, torn int, rng *rand.Rand, db []byte) {
	t.Helper()
	dir := tempDir(t) // kept after a failure
	if err := r.crash.Lay(dir, k, loss, torn, rng); err != nil {
		t.Fatal(err)
	}
	if db != nil {
		if err := os.MkdirAll(filepath.Join(dir, "metadata"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, store.IndexPath()), db, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	what := fmt.Sprintf("%s: cut after call %d of %d, %v %d, database after: %t", dir, k, len(r.crash.Calls()), loss, torn, db != nil)
	b, err := tryOpen(dir)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer b.shut()
	if problem := r.sound(b, k); problem != "" {
		t.Fatalf("%s: %s", what, problem)
	}
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// sound tells what is wrong with a store after a cut; "" nothing.
func (r *recorded) sound(b *bench, k int) string {
	ctx := context.Background()
	want := map[exo.Path]exo.Digest{}
	for p, d := range r.acked {
		want[p] = d
	}
	for _, act := range r.acts {
		have := 0
		for _, p := range act {
			if m, err := b.Get(ctx, exo.Path(p)); err == nil {
				have++
				want[m.Path] = m.SHA256
			}
		}
		if have != 0 && have != len(act) || k == len(r.crash.Calls()) && have != len(act) {
			return fmt.Sprintf("%d of the %d files of %v are there", have, len(act), act)
		}
	}
	list, err := b.List(ctx, store.Filter{})
	if err != nil {
		return err.Error()
	}
	if len(list) != len(want) {
		return fmt.Sprintf("%d files, want %d", len(list), len(want))
	}
	for _, m := range list {
		if want[m.Path] != m.SHA256 {
			return "wrong digest of " + string(m.Path)
		}
	}
	rep, err := b.Verify(ctx, store.VerifyOptions{}, nil)
	if err != nil || !rep.OK {
		return fmt.Sprintf("verify: %v, %+v", err, rep.Damaged)
	}
	if left := leftStaged(b); len(left) > 0 {
		return fmt.Sprintf("left in staging: %v", left)
	}
	return ""
}

// leftStaged lists the files in the staging folder.
func leftStaged(b *bench) (list []string) {
	err := fsys.Walk(context.Background(), b.fs, ".staging", func(name string, _ fs.DirEntry) error {
		if strings.HasSuffix(name, ".lock") || name == ".staging/database" { // of a shared tree
			return nil
		}
		list = append(list, name)
		return nil
	})
	if err != nil {
		list = append(list, err.Error())
	}
	return list
}

func all(t testing.TB, s *store.Store) []store.Meta {
	t.Helper()
	list, err := s.List(context.Background(), store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
