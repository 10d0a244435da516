package version_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// openOn opens a tree whose store, too, writes through the disk given.
func openOn(t *testing.T, dir string, wrap func(fsys.FS) fsys.FS) *bench {
	t.Helper()
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, fs: wrap(d), at: noon}
	t.Cleanup(b.shut)
	if b.db, err = sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(dir, store.IndexPath())}); err != nil {
		t.Fatal(err)
	}
	if b.store, err = store.Open(t.Context(), store.Options{FS: b.fs, DB: b.db, Clock: b.clock, Program: "exoplanetai test", Holder: "a test"}); err != nil {
		t.Fatal(err)
	}
	if b.Versions, err = version.Open(t.Context(), version.Options{FS: b.fs, Store: b.store, Clock: b.clock, Program: "exoplanetai test"}); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestARestoreOnAFailingDisk is R3 of both restores: the n-th call fails, for
// every n, in turn with each failure of the list. The damaged table is then as it
// was or whole, a folder is there whole or not at all, and the next try succeeds.
func TestARestoreOnAFailingDisk(t *testing.T) {
	for name, o := range map[string]version.RestoreOptions{
		"in place": {Target: version.InPlace}, "to a folder": {Target: version.InFolder, Folder: "again"},
	} {
		t.Run(name, func(t *testing.T) {
			failed := 0
			for i, failure := range fsystest.Failures {
				step := len(fsystest.Failures) * stride()
				if failure.Only != "" {
					i, step = 0, stride() // there are few of its calls
				}
				for n := 1 + i; restoreFails(t, o, failure, n); n += step {
					failed++
				}
			}
			if t.Logf("%d failures of the disk", failed); failed < 10 {
				t.Errorf("only %d failures", failed)
			}
		})
	}
}

// restoreFails lets one call fail; false: there are not so many.
func restoreFails(t *testing.T, o version.RestoreOptions, failure fsystest.Failure, n int) bool {
	t.Helper()
	dir := scene(t, act{})
	var disk *fsystest.Fault
	b := openOn(t, dir, func(f fsys.FS) fsys.FS { disk = fsystest.NewFault(f); return disk })
	b.spoil(koi)
	spoilt, err := os.ReadFile(b.path(koi))
	if err != nil {
		t.Fatal(err)
	}
	good := sumOf(b)
	disk.Arm(failure, n, false)
	r, rerr := b.Restore(t.Context(), "v1", o, nil)
	fired, where := disk.Disarm()
	if rerr != nil && (exo.KindOf(rerr) == exo.Internal || len(r.Restored) > 0) {
		t.Errorf("%s at %s: %v, restored %v", failure.Name, where, rerr, r.Restored)
	}
	b.shut()
	text, err := os.ReadFile(b.path(koi))
	if err != nil {
		t.Fatalf("%s at %s: %v", failure.Name, where, err)
	}
	if got := exo.DigestOf(text); got != good && got != exo.DigestOf(spoilt) {
		t.Errorf("%s at %s: the table is neither as it was nor whole", failure.Name, where)
	}
	b = open(t, dir)
	_, err = b.Restore(context.Background(), "v1", o, nil)
	if err != nil && (o.Target == version.InPlace || !errors.Is(err, exo.Exists)) {
		t.Errorf("%s at %s: the next try: %v", failure.Name, where, err)
	}
	back := b.path(koi)
	if o.Target == version.InFolder {
		back = b.path("restored/again/" + koi)
	}
	if text, err = os.ReadFile(back); err != nil || exo.DigestOf(text) != good {
		t.Errorf("%s at %s: after the next try: %v", failure.Name, where, err)
	}
	if left := unfinished(b); len(left) > 0 {
		t.Errorf("%s at %s: left behind: %v", failure.Name, where, left)
	}
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return fired
}
