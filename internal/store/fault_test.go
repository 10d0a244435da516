package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
)

// kindsOf a disk's failure: what a caller may be told.
var diskKinds = []exo.Kind{exo.Full, exo.Unavailable}

func TestEveryCallMayFailInEveryWayWithoutATrace(t *testing.T) {
	for _, forever := range []bool{false, true} {
		for _, failure := range fsystest.Failures {
			name := failure.Name
			if forever {
				if name != "ENOSPC" && name != "EIO" && failure.Only == "" {
					continue // to the store all of these are a dead disk
				}
				name += ", and all later calls"
			}
			t.Run(name, func(t *testing.T) {
				calls := 0
				for n := 1; ; n++ {
					if n > 300 {
						t.Fatal("the operation has no end")
					}
					if !failOnce(t, failure, n, forever) {
						break
					}
					calls++
				}
				t.Logf("%d calls", calls)
				if calls < 5 {
					t.Errorf("only %d calls were made to fail", calls)
				}
			})
		}
	}
}

// failOnce publishes two files on a disk whose n-th call fails, and tells
// whether it did fail.
func failOnce(t *testing.T, failure fsystest.Failure, n int, forever bool) bool {
	t.Helper()
	dir := tempDir(t)
	var disk *fsystest.Fault
	b, err := tryOpen(dir, func(o *store.Options) { disk = fsystest.NewFault(o.FS); o.FS = disk })
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		b.shut()
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		}
	}()
	publish(t, b.Store, "raw/nasa/first.csv", []byte("first"))
	disk.Arm(failure, n, forever)
	perr := publishTwo(b.Store)
	fired, where := disk.Disarm()
	if !fired {
		if perr != nil {
			t.Fatalf("no call failed, and yet: %v", perr)
		}
		return false
	}
	at := "call " + where
	if perr != nil && !typedAs(perr, diskKinds) {
		t.Errorf("%s: the error is %s: %v", at, exo.KindOf(perr), perr)
	}
	if perr == nil && !strings.HasPrefix(where, "Remove .staging") {
		t.Errorf("%s: the failure was swallowed", at)
	}
	if (failure.Name == "ENOSPC" || failure.Name == "EDQUOT") && perr != nil && !errors.Is(perr, exo.Full) {
		t.Errorf("%s: a full disk is told as %s", at, exo.KindOf(perr))
	}
	checkAfterFault(t, b, at, perr == nil, forever)
	// The store takes new files without a restart, and a restart changes nothing.
	if err := publishTwo(b.Store); err != nil {
		t.Errorf("%s: the next publication: %v", at, err)
	}
	checkAfterFault(t, b, at+", next", true, false)
	b.shut()
	again, err := tryOpen(dir)
	if err != nil {
		t.Fatalf("%s: open: %v", at, err)
	}
	defer again.shut()
	checkAfterFault(t, again, at+", reopened", true, false)
	if left := leftStaged(again); len(left) > 0 {
		t.Errorf("%s: left in staging after a start: %v", at, left)
	}
	return true
}

// checkAfterFault looks at the store: sound, and with both files or none.
// Where the disk failed for good, names may be left for the next start.
func checkAfterFault(t *testing.T, b *bench, at string, both, dead bool) {
	t.Helper()
	ctx := context.Background()
	files := 1
	if both {
		files = 3
	}
	if list := all(t, b.Store); len(list) != files {
		t.Errorf("%s: %d files, want %d", at, len(list), files)
	}
	f, err := b.Read(ctx, "raw/nasa/first.csv")
	if err != nil {
		t.Fatalf("%s: an older file: %v", at, err)
	}
	_ = f.Close()
	rep, err := b.Verify(ctx, store.VerifyOptions{}, nil)
	if err != nil || !rep.OK && !dead {
		t.Errorf("%s: verify: %v %+v", at, err, rep.Damaged)
	}
	for _, d := range rep.Damaged { // what a dead disk leaves is known to be no data of ours
		if d.Class != store.Extra {
			t.Errorf("%s: %+v", at, d)
		}
	}
}

func typedAs(err error, kinds []exo.Kind) bool {
	for _, k := range kinds {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}

func publishTwo(s *store.Store) (err error) {
	ctx := context.Background()
	var items []store.Item
	for _, p := range []string{"raw/mast/new.json", "lightcurves/tess/s0007/new.fits"} {
		st, err := s.Stage(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = st.Discard() }()
		if _, err := io.Copy(st, bytes.NewReader(long)); err != nil {
			return err
		}
		items = append(items, store.Item{Staged: st, Meta: meta(p)})
	}
	_, err = s.Publish(ctx, items...)
	return err
}
