package version_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

// fastDir is a folder in memory where there is one: what a sync does is played
// by fsystest.
func fastDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "version")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// act is something that is cut short, in a tree that has the version v1.
type act struct {
	do    func(b *bench) error
	after []exo.VersionName // there when it is done
	paths []string          // that it mends
}

const koi = "raw/nasa/koi_20260102_030405.csv"

var acts = map[string]act{
	"making a version": {
		do: func(b *bench) error {
			_, err := b.Create(context.Background(), version.CreateOptions{Name: "v2"})
			return err
		},
		after: []exo.VersionName{"v1", "v2"},
	},
	"deleting a version": {
		do: func(b *bench) error {
			_, err := b.Delete(context.Background(), "v1", version.DeleteOptions{})
			return err
		},
	},
	"mending a version's copy": {
		do: func(b *bench) error {
			_, err := b.Heal(context.Background(), koi, sumOf(b))
			return err
		},
		after: []exo.VersionName{"v1"}, paths: []string{"versions/v1/files/" + koi},
	},
}

func sumOf(b *bench) exo.Digest {
	m, err := b.store.Get(context.Background(), koi)
	if err != nil {
		b.t.Fatal(err)
	}
	return m.SHA256
}

// scene is a tree with v1, whose copy of the table is damaged where the act
// mends it.
func scene(t *testing.T, a act) string {
	t.Helper()
	dir := fastDir(t)
	b := open(t, dir)
	b.fill(3)
	b.create("v1")
	for _, p := range a.paths {
		b.spoil(p)
	}
	b.shut()
	return dir
}

// stride thins the cuts of a short run, and those under the race detector, which
// takes ten times as long and looks at something else.
func stride() int {
	switch {
	case testing.Short():
		return 7
	case raced:
		return 5
	}
	return 1
}

func TestAPowerCutLeavesVersionsWholeOrNotThere(t *testing.T) {
	for name, a := range acts {
		t.Run(name, func(t *testing.T) {
			dir := scene(t, a)
			var disk *fsystest.Crash
			b := open(t, dir, func(f fsys.FS) fsys.FS {
				c, err := fsystest.NewCrash(f, dir)
				if err != nil {
					t.Fatal(err)
				}
				disk = c
				return c
			})
			if err := a.do(b); err != nil {
				t.Fatal(err)
			}
			b.shut()
			n, cuts := len(disk.Calls()), 0
			rng := rand.New(rand.NewPCG(5, 6))
			for k := n % stride(); k <= n; k += stride() {
				for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries, fsystest.LoseSome} {
					cut(t, disk, a, k, loss, rng)
					cuts++
				}
			}
			t.Logf("%d calls, %d cuts", n, cuts)
		})
	}
}

func cut(t *testing.T, disk *fsystest.Crash, a act, k int, loss fsystest.Loss, rng *rand.Rand) {
	t.Helper()
	dir := fastDir(t)
	if err := disk.Lay(dir, k, loss, 0, rng); err != nil {
		t.Fatal(err)
	}
	what := fmt.Sprintf("cut after call %d of %d, %v", k, len(disk.Calls()), loss)
	b, err := tryOpen(t, dir)
	if err != nil {
		t.Fatalf("%s: open: %v", what, err)
	}
	unbroken(t, b, a, what, k == len(disk.Calls()))
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// unbroken compares a tree after an act that was cut short: v1 is as it was, unless
// it was being deleted, and all versions that are there are whole, in folder and
// record.
func unbroken(t *testing.T, b *bench, a act, what string, done bool) {
	t.Helper()
	ctx := context.Background()
	list, err := b.List(ctx)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	names := map[exo.VersionName]bool{}
	for _, s := range list {
		names[s.Version] = true
		r, err := b.Verify(ctx, s.Version, version.VerifyOptions{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !r.OK && !(len(a.paths) > 0 && !done && len(r.Damaged) == 1 && r.Damaged[0].Path == koi) {
			t.Fatalf("%s: %s is damaged: %+v", what, s.Version, r.Damaged)
		}
	}
	for _, n := range a.after {
		if !names[n] && (done || n == "v1") {
			t.Fatalf("%s: %s is lost", what, n)
		}
	}
	if done && len(names) != len(a.after) {
		t.Fatalf("%s: there are %v, want %v", what, names, a.after)
	}
	if r, err := b.store.Verify(ctx, store.VerifyOptions{}, nil); err != nil || len(r.Damaged) > 0 {
		t.Fatalf("%s: the tree: %v %+v", what, err, r.Damaged)
	}
	if left := unfinished(b); len(left) > 0 {
		t.Fatalf("%s: left behind: %v", what, left)
	}
}

func unfinished(b *bench) (left []string) {
	list, err := os.ReadDir(b.path("versions"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []string{err.Error()}
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), ".") && e.Name() != ".git" {
			left = append(left, e.Name())
		}
	}
	return left
}

// After every failure of the disk the same act succeeds at the next start, and
// nothing of the failed one is left.
func TestAFailingDiskLeavesVersionsWholeOrNotThere(t *testing.T) {
	failed := 0
	sorts := []fsystest.Failure{fsystest.Failures[0], fsystest.Failures[1], fsystest.Failures[6], fsystest.Failures[7]}
	for name, a := range acts {
		t.Run(name, func(t *testing.T) {
			for i, failure := range sorts { // together they meet every call
				for n := 1 + i; failOnce(t, a, failure, n); n += len(sorts) * stride() {
					failed++
				}
			}
		})
	}
	t.Logf("%d failures of the disk", failed)
}

// failOnce lets the n-th call of its sort fail; false: there are not so many.
func failOnce(t *testing.T, a act, failure fsystest.Failure, n int) (failed bool) {
	t.Helper()
	dir := scene(t, a)
	var disk *fsystest.Fault
	b := open(t, dir, func(f fsys.FS) fsys.FS { disk = fsystest.NewFault(f); return disk })
	disk.Arm(failure, n, false)
	err := a.do(b)
	fired, where := disk.Disarm()
	if err != nil && exo.KindOf(err) == exo.Internal {
		t.Errorf("%s at %s: %v has no kind", failure.Name, where, err)
	}
	b.shut()
	b = open(t, dir)
	unbroken(t, b, a, fmt.Sprintf("%s at %s", failure.Name, where), err == nil)
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return fired
}

// The id of a version is the digest of what sha256sum prints for its files.
func TestTheIDIsThatOfSha256sum(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(4)
	m := b.create("v1")
	list := filepath.Join(t.TempDir(), "SHA256SUMS")
	if err := os.WriteFile(list, version.Sums(m.Files), 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, xtest.Tool(t, "sh"), "-c", fmt.Sprintf("cd %q && sha256sum -c --quiet %q && sha256sum %q", b.path("versions/v1/files"), list, list))
	if !strings.HasPrefix(out, m.ID.Hex()+" ") {
		t.Errorf("id %s, sha256sum says %s", m.ID, out)
	}
}
