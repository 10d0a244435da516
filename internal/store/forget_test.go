package store_test

import (
	"context"
	"errors"
	"fmt"
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

var (
	kept   = []exo.Path{"raw/nasa/a.csv", "raw/nasa/c.csv", "lightcurves/tess/s0001/x.fits"}
	unkept = []exo.Path{"raw/nasa/b.csv", "lightcurves/tess/s0002/y.fits", "metadata/validation/v.json"}
)

// forgettable publishes files of which some are to be forgotten.
func forgettable(t testing.TB, b *bench) {
	t.Helper()
	for _, p := range []exo.Path{kept[0], unkept[0], unkept[1], kept[1], unkept[2], kept[2]} {
		publish(t, b.Store, string(p), []byte("content of "+string(p)))
	}
}

// forgottenOrNot tells what is wrong with a store in which a Forget was cut
// short; "" nothing. gone tells which of the two it is.
func forgottenOrNot(b *bench) (gone bool, problem string) {
	ctx := context.Background()
	for _, p := range kept {
		if _, err := b.Read(ctx, p); err != nil {
			return false, fmt.Sprintf("%s: %v", p, err)
		}
	}
	left := 0
	for _, p := range unkept {
		if f, err := b.Read(ctx, p); err == nil {
			_ = f.Close()
			left++
		} else if !errors.Is(err, exo.NotFound) {
			return false, fmt.Sprintf("%s: %v", p, err)
		}
	}
	if left != 0 && left != len(unkept) {
		return false, fmt.Sprintf("%d of %d are left", left, len(unkept))
	}
	rep, err := b.Verify(ctx, store.VerifyOptions{}, nil)
	if err != nil || !rep.OK {
		return false, fmt.Sprintf("verify: %v %+v", err, rep.Damaged)
	}
	if list := leftStaged(b); len(list) > 0 {
		return false, fmt.Sprintf("left in staging: %v", list)
	}
	return left == 0, ""
}

func TestForgottenFilesAreGoneForGoodAndTheirNamesAreFree(t *testing.T) {
	dir := small(t)
	b := open(t, dir)
	forgettable(t, b)
	if err := b.Forget(t.Context(), append(unkept[:1:1], "raw/nasa/unknown.csv")); !errors.Is(err, exo.NotFound) {
		t.Errorf("with an unknown file: %v", err)
	}
	if gone, problem := forgottenOrNot(b); gone || problem != "" {
		t.Fatalf("after a refusal: %t %s", gone, problem)
	}
	if err := b.Forget(t.Context(), unkept); err != nil {
		t.Fatal(err)
	}
	if gone, problem := forgottenOrNot(b); !gone || problem != "" {
		t.Fatalf("%t %s", gone, problem)
	}
	checkSums(t, dir)
	publish(t, b.Store, string(unkept[0]), []byte("other content"))
	b.shut()
	b = open(t, dir)
	if m, err := b.Get(t.Context(), unkept[0]); err != nil || m.SHA256 != exo.DigestOf([]byte("other content")) {
		t.Errorf("published anew under the name: %v", err)
	}
	fullyVerified(t, b, "at the end")
	if err := b.Forget(t.Context(), nil); !errors.Is(err, exo.Invalid) {
		t.Errorf("nothing to forget: %v", err)
	}
}

func TestPowerCutWhileFilesAreForgottenLeavesAllOrNone(t *testing.T) {
	r := record(t, scenario{
		before: forgettable,
		during: func(t testing.TB, s *store.Store) {
			if err := s.Forget(context.Background(), unkept); err != nil {
				t.Fatal(err)
			}
		},
	})
	calls := r.crash.Calls()
	n, ended := len(calls), 0
	for i, c := range calls {
		if c.Name == "remove" && c.File == ".staging/forget" {
			ended = i // the database is on the disk before this call
		}
	}
	if ended == 0 {
		t.Fatal("the end of the act was not seen")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	outcomes := map[bool]int{}
	cut := func(k int, loss fsystest.Loss, torn int, db []byte) {
		t.Helper()
		dir := tempDir(t) // kept after a failure
		if err := r.crash.Lay(dir, k, loss, torn, rng); err != nil {
			t.Fatal(err)
		}
		if db != nil {
			if err := os.WriteFile(filepath.Join(dir, store.IndexPath()), db, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		what := fmt.Sprintf("%s: cut after call %d of %d (%s), %v %d, database after: %t", dir, k, n, callBefore(calls, k), loss, torn, db != nil)
		b, err := tryOpen(dir)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer b.shut()
		gone, problem := forgottenOrNot(b)
		if problem != "" || k == n && !gone {
			t.Fatalf("%s: gone: %t, %s", what, gone, problem)
		}
		outcomes[gone]++
		b.shut()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	}
	both := func(k int, loss fsystest.Loss, torn int) {
		if k <= ended {
			cut(k, loss, torn, nil)
		}
		if k >= ended {
			cut(k, loss, torn, r.after)
		}
	}
	for k := n % stride; k <= n; k += stride {
		for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries} {
			both(k, loss, 0)
		}
		for torn := 0; torn < r.crash.LastWrite(k); torn += 512 {
			both(k, fsystest.TearLast, torn)
		}
	}
	for range 50 / stride {
		both(rng.IntN(n+1), fsystest.LoseSome, 0)
	}
	t.Logf("%d calls, %d cuts left all, %d none", n, outcomes[false], outcomes[true])
	if outcomes[false] == 0 || outcomes[true] == 0 {
		t.Error("only one outcome was seen")
	}
}

// callBefore names the call before a cut.
func callBefore(calls []fsystest.Call, k int) string {
	if k == 0 {
		return "none"
	}
	return calls[k-1].Name + " " + calls[k-1].File
}

func TestEveryCallOfAForgetMayFail(t *testing.T) { eachFailure(t, 500, failForget) }

func failForget(t *testing.T, failure fsystest.Failure, n int) bool {
	t.Helper()
	dir := tempDir(t)
	var disk *fsystest.Fault
	b := open(t, dir, func(o *store.Options) { disk = fsystest.NewFault(o.FS); o.FS = disk })
	forgettable(t, b)
	disk.Arm(failure, n, false)
	err := b.Forget(t.Context(), unkept)
	fired, where := disk.Disarm()
	at := failure.Name + " at " + where
	if err != nil && (!fired || !typedAs(err, append(diskKinds[:2:2], exo.Corrupt))) {
		t.Errorf("%s: %v", at, err)
	}
	if n%2 == 0 { // by a reindex, where one is asked for, or by the next start
		if _, serr := b.Stage(t.Context()); errors.Is(serr, exo.Conflict) {
			if _, rerr := b.Reindex(t.Context(), nil); rerr != nil {
				t.Errorf("%s: reindex: %v", at, rerr)
			}
		}
	}
	b.shut()
	b = open(t, dir)
	gone, problem := forgottenOrNot(b)
	if problem != "" || err == nil && !gone {
		t.Fatalf("%s: %s: gone: %t, error: %v, %s", dir, at, gone, err, problem)
	}
	if !gone {
		if err := b.Forget(t.Context(), unkept); err != nil {
			t.Errorf("%s: again: %v", at, err)
		}
	}
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return fired
}

// A start that finishes a Forget is cut short itself, at any call.
func TestPowerCutWhileAForgetIsFinishedLeavesNoneBehind(t *testing.T) {
	first := record(t, scenario{
		before: forgettable,
		during: func(t testing.TB, s *store.Store) {
			if err := s.Forget(context.Background(), unkept); err != nil {
				t.Fatal(err)
			}
		},
	})
	decided := 0
	for i, c := range first.crash.Calls() {
		if c.Name == "rename" && strings.HasPrefix(callBefore(first.crash.Calls(), i+1), "rename .staging/forget") {
			decided = i + 2 // and the sync after it
			break
		}
	}
	cuts := 0
	for _, k := range []int{decided, decided + 3, decided + 20} {
		dir := fastDir(t)
		if err := first.crash.Lay(dir, k, fsystest.KeepAll, 0, nil); err != nil {
			t.Fatal(err)
		}
		var disk *fsystest.Crash
		b := open(t, dir, func(o *store.Options) {
			c, err := fsystest.NewCrash(o.FS, dir)
			if err != nil {
				t.Fatal(err)
			}
			o.FS, disk = c, c
		})
		b.shut()
		ended := len(disk.Calls())
		for i := range disk.Calls() {
			if callBefore(disk.Calls(), i+1) == "remove .staging/forget" {
				ended = i // until here the database may be that of before
			}
		}
		for j := 0; j <= ended; j += stride {
			for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries} {
				again := fastDir(t)
				if err := disk.Lay(again, j, loss, 0, nil); err != nil {
					t.Fatal(err)
				}
				b := open(t, again)
				if gone, problem := forgottenOrNot(b); problem != "" || !gone {
					t.Fatalf("cut %d (%s), then %d (%s), %v: gone: %t, %s", k, callBefore(first.crash.Calls(), k), j, callBefore(disk.Calls(), j), loss, gone, problem)
				}
				b.shut()
				cuts++
			}
		}
	}
	t.Logf("%d cuts", cuts)
}

// counted is a disk that counts what the calls of a Forget cost.
type counted struct {
	fsys.FS
	on bool

	mu             sync.Mutex // guards what follows: folders are synced side by side
	renames, syncs map[string]int
}

func (c *counted) count(calls map[string]int, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.on {
		calls[name]++
	}
}

func (c *counted) Rename(from, to string) error {
	c.count(c.renames, to)
	return c.FS.Rename(from, to)
}

func (c *counted) SyncDir(name string) error {
	c.count(c.syncs, name)
	return c.FS.SyncDir(name)
}

func TestAThousandFilesAreForgottenInOneAct(t *testing.T) {
	disk := &counted{renames: map[string]int{}, syncs: map[string]int{}}
	b := open(t, tempDir(t), func(o *store.Options) { disk.FS = o.FS; o.FS = disk })
	var gone []exo.Path
	var items []store.Item
	for i := range 1000 {
		p := exo.Path(fmt.Sprintf("raw/nasa/t%04d.csv", i))
		items, gone = append(items, store.Item{Staged: stage(t, b.Store, []byte(p)), Meta: meta(string(p))}), append(gone, p)
		if len(items) == 100 {
			if _, err := b.Publish(t.Context(), items...); err != nil {
				t.Fatal(err)
			}
			items = nil
		}
	}
	publish(t, b.Store, "raw/nasa/stays.csv", long)
	disk.on = true
	if err := b.Forget(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	disk.on = false
	if disk.renames[".staging/forget"] != 1 {
		t.Errorf("decided %d times", disk.renames[".staging/forget"])
	}
	for name, n := range disk.renames {
		if n > 1 {
			t.Errorf("%s was made anew %d times", name, n)
		}
	}
	for _, dir := range []string{"raw/nasa", "metadata/raw/nasa"} {
		if disk.syncs[dir] != 1 {
			t.Errorf("%s was synced %d times", dir, disk.syncs[dir])
		}
	}
	if rep, err := b.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK || rep.Files != 1 {
		t.Errorf("%v %+v", err, rep)
	}
}
