package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
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
				f := newFaulty(t)
				calls := 0
				for n := 1; f.fail(failure, n, forever); n += stride {
					if calls++; calls > 300 {
						t.Fatal("the operation has no end")
					}
				}
				f.reopen("at the end")
				t.Logf("%d calls", calls)
				if calls*stride < 5 {
					t.Errorf("only %d calls were made to fail", calls)
				}
			})
		}
	}
}

// faulty is a store on a disk that fails when told to.
type faulty struct {
	t    *testing.T
	dir  string
	disk *fsystest.Fault
	*bench
	files, round int
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{t: t, dir: fastDir(t), files: 1}
	f.reopen("at first")
	publish(t, f.Store, "raw/nasa/first.csv", []byte("first"))
	t.Cleanup(func() { f.shut() }) // of the last one opened
	return f
}

// reopen starts the store anew, on a sound disk.
func (f *faulty) reopen(at string) {
	f.t.Helper()
	if f.bench != nil {
		f.shut()
	}
	b, err := tryOpen(f.dir, func(o *store.Options) { f.disk = fsystest.NewFault(o.FS); o.FS = f.disk })
	if err != nil {
		f.t.Fatalf("%s: open: %v", at, err)
	}
	f.bench = b
	if left := leftStaged(b); len(left) > 0 {
		f.t.Errorf("%s: left in staging after a start: %v", at, left)
	}
	if f.round > 0 {
		round := f.round
		f.round = 0
		f.check(at+", reopened", false)
		f.round = round
	}
}

// fail publishes two files on the disk, whose n-th call fails, and tells
// whether it did fail.
func (f *faulty) fail(failure fsystest.Failure, n int, forever bool) bool {
	f.t.Helper()
	f.round++
	f.disk.Arm(failure, n, forever)
	err := publishTwo(f.Store, f.round)
	fired, where := f.disk.Disarm()
	if err == nil {
		f.files += 2
	}
	at := "call " + where
	switch {
	case !fired && err != nil:
		f.t.Fatalf("no call failed, and yet: %v", err)
	case !fired:
		return false
	case err == nil && !strings.HasPrefix(where, "Remove .staging"):
		f.t.Errorf("%s: the failure was swallowed", at)
	case err != nil && !typedAs(err, diskKinds):
		f.t.Errorf("%s: the error is %s: %v", at, exo.KindOf(err), err)
	case err != nil && errors.Is(failure.Err, syscall.ENOSPC) != errors.Is(err, exo.Full) && !errors.Is(failure.Err, syscall.EDQUOT):
		f.t.Errorf("%s: a full disk, or another failure, is told as %s", at, exo.KindOf(err))
	}
	f.check(at, forever)
	for _, p := range names(f.round) {
		if _, serr := f.fs.Lstat(p); serr == nil && err != nil && !forever {
			f.t.Errorf("%s: %s is there after a failure", at, p)
		}
	}
	if err != nil { // the store takes the same files without a restart
		if err := publishTwo(f.Store, f.round); err != nil {
			f.t.Errorf("%s: the next publication: %v", at, err)
		}
		f.files += 2
	}
	if n%5 == 0 { // and a restart changes nothing
		f.reopen(at)
	}
	return true
}

// check looks at the store: sound, with the files of every act or none. Where
// the disk failed for good, names may be left for the next start.
func (f *faulty) check(at string, dead bool) {
	f.t.Helper()
	ctx := context.Background()
	if list := all(f.t, f.Store); len(list) != f.files {
		f.t.Errorf("%s: %d files, want %d", at, len(list), f.files)
	}
	file, err := f.Read(ctx, "raw/nasa/first.csv")
	if err != nil {
		f.t.Fatalf("%s: an older file: %v", at, err)
	}
	_ = file.Close()
	if !dead && f.round%8 > 0 { // every eighth time, and after each start, all is looked at
		return
	}
	rep, err := f.Verify(ctx, store.VerifyOptions{}, nil)
	if err != nil || !rep.OK && !dead {
		f.t.Errorf("%s: verify: %v %+v", at, err, rep.Damaged)
	}
	for _, d := range rep.Damaged { // what a dead disk leaves is known to be no data of ours
		if d.Class != store.Extra {
			f.t.Errorf("%s: %+v", at, d)
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

// names gives two paths, one of them in a new folder; every other time the other
// is that of a report.
func names(round int) []string {
	first := fmt.Sprintf("raw/mast/%d.json", round)
	if round%2 == 0 {
		first = fmt.Sprintf("metadata/validation/%d.json", round)
	}
	return []string{first, fmt.Sprintf("lightcurves/tess/s%04d/%d.fits", round, round)}
}

// publishTwo publishes two files, one of them in a new folder.
func publishTwo(s *store.Store, round int) (err error) {
	ctx := context.Background()
	var items []store.Item
	for _, p := range names(round) {
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

// What is left by a cut in the middle of a publication is opened, verified,
// indexed again and read on a disk whose n-th call fails.
func TestFailureDuringStartVerifyOrReindexIsTypedAndHarmless(t *testing.T) {
	sc := scenarios["three files in new folders beside others"]
	r := record(t, sc)
	work := map[string]func(b *bench) error{
		"start": func(*bench) error { return nil },
		"verify": func(b *bench) error {
			rep, err := b.Verify(t.Context(), store.VerifyOptions{}, nil)
			for _, d := range rep.Damaged { // a place that cannot be read is damage
				if d.Class != store.Damaged && d.Class != store.MetadataFile && d.Class != store.ChecksumFile {
					t.Errorf("%+v", d)
				}
			}
			return err
		},
		"reindex": func(b *bench) error { return second2(b.Reindex(t.Context(), nil)) },
		"read":    func(b *bench) error { return second2(b.Read(t.Context(), "raw/nasa/koi.csv")) },
	}
	for name, do := range work {
		t.Run(name, func(t *testing.T) {
			step := stride
			if name != "start" { // these write nothing that a failure could leave
				step *= 3
			}
			for _, failure := range fsystest.Failures[:2] {
				if stride > 1 && failure.Name == "ENOSPC" {
					continue
				}
				for n := 1; ; n += step {
					if n > 2000 {
						t.Fatal("the operation has no end")
					}
					if !r.failAt(t, name == "start", do, failure, n) {
						break
					}
				}
			}
		})
	}
}

// failAt opens what a cut left and does the work; the n-th call fails, of the
// start or of the work.
func (r *recorded) failAt(t *testing.T, atStart bool, do func(*bench) error, failure fsystest.Failure, n int) bool {
	t.Helper()
	dir := tempDir(t)
	if err := r.crash.Lay(dir, len(r.crash.Calls())*2/3, fsystest.KeepAll, 0, nil); err != nil {
		t.Fatal(err)
	}
	var disk *fsystest.Fault
	b, err := tryOpen(dir, func(o *store.Options) {
		disk = fsystest.NewFault(o.FS)
		o.FS = disk
		if atStart {
			disk.Arm(failure, n, false)
		}
	})
	if err == nil {
		if !atStart {
			disk.Arm(failure, n, false)
		}
		err = do(b)
	}
	fired, where := disk.Disarm()
	if b != nil {
		b.shut()
	}
	kinds := append(diskKinds[:2:2], exo.Corrupt) // reading a bad place of a stored file is damage
	if err != nil && (!fired || !typedAs(err, kinds)) {
		t.Errorf("%s at %s: %v", failure.Name, where, err)
	}
	again, err := tryOpen(dir)
	if err != nil {
		t.Fatalf("%s at %s: the next start: %v", failure.Name, where, err)
	}
	defer again.shut()
	if problem := r.sound(again, 0); problem != "" {
		t.Fatalf("%s at %s: %s: %s", failure.Name, where, dir, problem)
	}
	again.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return fired
}
