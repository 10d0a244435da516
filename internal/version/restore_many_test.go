package version_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// filling is a disk that is full once so many files have their places.
type filling struct {
	fsys.FS
	left int
}

func (f *filling) Rename(from, to string) error {
	if strings.HasPrefix(to, "raw/") {
		if f.left == 0 {
			return exo.Errorf("test", exo.Full, to, "the disk is full")
		}
		f.left--
	}
	return f.FS.Rename(from, to)
}

func TestARestoreOfManyFilesInPlaceIsAllOrNothing(t *testing.T) {
	const files = 250 // more than are open at once
	dir := fastDir(t)
	b := open(t, dir)
	text := func(i int) string { return fmt.Sprintf("kepid,kepoi_name\n%d,K%05d.01\n", i, i) }
	name := func(i int) string { return fmt.Sprintf("raw/nasa/koi_2026%04d_030405.csv", i) }
	for i := range files {
		b.put(store.Table, name(i), text(i))
	}
	b.create("v1")
	for i := range files {
		b.spoil(name(i))
	}
	b.shut()
	whole := func() (n int) {
		t.Helper()
		for i := range files {
			data, err := os.ReadFile(filepath.Join(dir, name(i)))
			if err != nil {
				t.Fatal(err)
			}
			if string(data) == text(i) {
				n++
			}
		}
		return n
	}
	disk := &filling{left: 220}
	b = openOn(t, dir, func(f fsys.FS) fsys.FS { disk.FS = f; return disk })
	r, err := b.Restore(t.Context(), "v1", version.RestoreOptions{}, nil)
	if !errors.Is(err, exo.Full) || len(r.Restored) > 0 || !strings.Contains(exo.HintOf(err), "next start") {
		t.Errorf("%d restored, %v", len(r.Restored), err)
	}
	if n := whole(); n != 220 {
		t.Errorf("%d files have their places where the disk stopped at 220", n)
	}
	b.shut()
	b = open(t, dir)
	if n := whole(); n != files {
		t.Errorf("after the next start %d of %d files are whole", n, files)
	}
	if r, err := b.Restore(t.Context(), "v1", version.RestoreOptions{}, nil); err != nil || r.Intact != files || len(r.Restored) > 0 {
		t.Errorf("once more: %d intact, %d restored, %v", r.Intact, len(r.Restored), err)
	}

	for i := range files { // the last that is looked for has no good copy: nothing is touched
		b.spoil(name(i))
	}
	b.spoil("versions/v1/files/" + name(files-1))
	if _, err := b.Restore(t.Context(), "v1", version.RestoreOptions{}, nil); !errors.Is(err, exo.Corrupt) || whole() != 0 {
		t.Errorf("%d files were restored, %v", whole(), err)
	}
}

func TestWhatAnotherHasInTheFolderToRestoreToIsNotRemoved(t *testing.T) {
	b := open(t, fastDir(t))
	b.fill(2)
	b.create("v1")
	for _, name := range []string{".new-restore", ".new-restore-abc", "notes.txt"} {
		to := fastDir(t)
		mine := filepath.Join(to, name, "mine.txt")
		if err := errors.Join(os.MkdirAll(filepath.Dir(mine), 0o755), os.WriteFile(mine, []byte("mine"), 0o644)); err != nil {
			t.Fatal(err)
		}
		disk, err := fsys.OpenDir(to, true)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Restore(t.Context(), "v1", version.RestoreOptions{To: disk}, nil)
		if !errors.Is(err, exo.Exists) || exo.HintOf(err) == "" {
			t.Errorf("beside %s: %v", name, err)
		}
		list, lerr := os.ReadDir(to)
		if data, rerr := os.ReadFile(mine); rerr != nil || string(data) != "mine" || lerr != nil || len(list) != 1 {
			t.Errorf("%s was touched: %v %v, %v", name, rerr, lerr, list)
		}
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoProgramsThatRestoreToOneFolderElsewhereDoNotMix(t *testing.T) {
	b := open(t, fastDir(t))
	want := map[exo.VersionName]tree{}
	for i, v := range []exo.VersionName{"v1", "v2"} {
		for k := range 40 {
			b.lay(fmt.Sprintf("lightcurves/tess/s%04d/lc.fits", k), fmt.Sprint("of version ", i))
		}
		want[v] = tree{}
		for _, f := range b.create(string(v)).Files {
			want[v][string(f.Path)] = f.Hash
		}
	}
	won := 0
	for range 20 {
		to := fastDir(t)
		var mu sync.Mutex
		var winner exo.VersionName
		var wg sync.WaitGroup
		for v := range want {
			other, err := version.Open(t.Context(), version.Options{FS: b.fs, Store: b.store, Clock: b.clock, Program: "another", ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			disk, err := fsys.OpenDir(to, true)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = disk.Close() })
			at := noon // both have the same clock, so that they want the same name
			other.Clock = func() time.Time { return at }
			wg.Go(func() {
				_, err := other.Restore(t.Context(), v, version.RestoreOptions{To: disk}, nil)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil && (!errors.Is(err, exo.Exists) || exo.HintOf(err) == ""):
					t.Error(err)
				case err == nil && winner != "":
					t.Errorf("%s and %s were restored to one folder", winner, v)
				case err == nil:
					winner = v
				}
			})
		}
		wg.Wait()
		if winner != "" {
			compareTree(t, to, want[winner])
			won++
			continue
		}
		if list, err := os.ReadDir(to); err != nil || len(list) > 0 { // each went for the other
			t.Errorf("left behind: %v %v", list, err)
		}
	}
	if t.Logf("%d of 20 times one of the two restored", won); won == 0 {
		t.Error("nobody ever restored")
	}
}
