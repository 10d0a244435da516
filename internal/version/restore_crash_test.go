package version_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

// TestAPowerCutDuringARestore is R2 of both restores: the power fails after each
// call, with what was not synced lost, kept, or lost in part. The damaged table
// is then as it was or whole, a folder is there whole or not at all, and the next
// restore ends well.
func TestAPowerCutDuringARestore(t *testing.T) {
	some := 3 // random losses after each call
	if xtest.Nightly() {
		some = 50
	}
	for name, o := range map[string]version.RestoreOptions{
		"in place": {Target: version.InPlace}, "to a folder": {Target: version.InFolder, Folder: "again"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := scene(t, act{})
			b := open(t, dir)
			s := powerless{o: o, good: sumOf(b)}
			b.spoil(koi)
			b.shut()
			var err error
			if s.spoilt, err = os.ReadFile(b.path(koi)); err != nil {
				t.Fatal(err)
			}
			b = openOn(t, dir, func(f fsys.FS) fsys.FS {
				c, err := fsystest.NewCrash(f, dir)
				if err != nil {
					t.Fatal(err)
				}
				s.disk = c
				return c
			})
			begun := len(s.disk.Calls()) // those of opening are tested with the store
			if r, err := b.Restore(t.Context(), "v1", o, nil); err != nil || len(r.Restored) == 0 {
				t.Fatalf("%+v %v", r, err)
			}
			b.shut()
			n, cuts := len(s.disk.Calls()), 0
			rng := rand.New(rand.NewPCG(7, 8))
			for k := n - (n-begun)/stride()*stride(); k <= n; k += stride() {
				losses := []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries}
				for _, loss := range append(losses, slices.Repeat([]fsystest.Loss{fsystest.LoseSome}, some)...) {
					s.cut(t, k, loss, rng)
					cuts++
				}
			}
			if t.Logf("%d calls, %d cuts", n-begun, cuts); n-begun < 5 {
				t.Errorf("a restore of only %d calls", n-begun)
			}
		})
	}
}

// powerless is a restore that is cut short by a power cut.
type powerless struct {
	o      version.RestoreOptions
	disk   *fsystest.Crash
	good   exo.Digest // of the table
	spoilt []byte     // the damaged table
}

// cut plays one power cut and what follows it.
func (s *powerless) cut(t *testing.T, k int, loss fsystest.Loss, rng *rand.Rand) {
	t.Helper()
	dir := fastDir(t)
	if err := s.disk.Lay(dir, k, loss, 0, rng); err != nil {
		t.Fatal(err)
	}
	what := fmt.Sprintf("cut after call %d of %d, %v", k, len(s.disk.Calls()), loss)
	b, err := tryOpen(t, dir)
	if err != nil {
		t.Fatalf("%s: open: %v", what, err)
	}
	text, err := os.ReadFile(b.path(koi))
	if err != nil || exo.DigestOf(text) != s.good && !bytes.Equal(text, s.spoilt) {
		t.Fatalf("%s: the table is neither as it was nor whole: %v", what, err)
	}
	whole := exo.DigestOf(text) == s.good
	inPlace := s.o.Target == version.InPlace
	if inPlace && k == len(s.disk.Calls()) && !whole {
		t.Fatalf("%s: what was restored and acknowledged is lost", what)
	}
	m, err := b.Show(t.Context(), "v1")
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	want := tree{}
	for _, f := range m.Files {
		want[string(f.Path)] = f.Hash
	}
	top := b.path("restored/again")
	_, serr := os.Lstat(top)
	if !inPlace && serr == nil {
		compareTree(t, top, want)
	}
	if !inPlace && serr != nil && k == len(s.disk.Calls()) {
		t.Fatalf("%s: the folder that was acknowledged is lost: %v", what, serr)
	}
	_, err = b.Restore(t.Context(), "v1", s.o, nil)
	if err != nil && (inPlace || serr != nil || !errors.Is(err, exo.Exists)) {
		t.Fatalf("%s: the next restore: %v", what, err)
	}
	if inPlace {
		s.mended(t, b, what)
	} else {
		compareTree(t, top, want)
		if list, err := os.ReadDir(b.path("restored")); err != nil || len(list) != 1 {
			t.Fatalf("%s: restored holds %v, %v", what, list, err)
		}
	}
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// mended requires a tree and a version in which nothing is damaged.
func (s *powerless) mended(t *testing.T, b *bench, what string) {
	t.Helper()
	if r, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || len(r.Damaged) > 0 {
		t.Fatalf("%s: the tree: %v %+v", what, err, r.Damaged)
	}
	if r, err := b.Verify(t.Context(), "v1", version.VerifyOptions{}, nil); err != nil || !r.OK {
		t.Fatalf("%s: v1: %v %+v", what, err, r.Damaged)
	}
	if left := unfinished(b); len(left) > 0 {
		t.Fatalf("%s: left behind: %v", what, left)
	}
}
