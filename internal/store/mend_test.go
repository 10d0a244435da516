package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
)

// restore offers the bytes for a damaged file.
func restore(b *bench, p exo.Path, data []byte) error {
	st, err := b.Stage(context.Background())
	if err != nil {
		return err
	}
	defer func() { _ = st.Discard() }()
	if _, err := st.Write(data); err != nil {
		return err
	}
	return b.Replace(context.Background(), p, st)
}

// fullyVerified fails the test if anything is wrong with the store.
func fullyVerified(t testing.TB, b *bench, what string) {
	t.Helper()
	rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil)
	if err != nil || !rep.OK {
		t.Fatalf("%s: verify: %v %+v", what, err, rep.Damaged)
	}
	if left := leftStaged(b); len(left) > 0 {
		t.Fatalf("%s: left in staging: %v", what, left)
	}
}

func TestEveryFlippedByteIsMended(t *testing.T) {
	dir := small(t)
	b := open(t, dir)
	flips := 0
	for _, name := range stored(t, dir) {
		full := filepath.Join(dir, name)
		data, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		step := stride
		if len(data) > 200 {
			step *= 7
		}
		for i := 0; i < len(data); i += step {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << (i % 8)
			replace(t, full, bad)
			mendAll(t, b, name, data)
			if now, err := os.ReadFile(full); err != nil || !bytes.Equal(now, data) {
				t.Fatalf("%s, byte %d: mended to other bytes: %v", name, i, err)
			}
			if flips++; flips%50 == 0 {
				fullyVerified(t, b, fmt.Sprintf("%s, byte %d", name, i))
			}
		}
		fullyVerified(t, b, name)
	}
	t.Logf("%d flips mended", flips)
}

// mendAll mends every file, the one of the name with the bytes given.
func mendAll(t testing.TB, b *bench, name string, data []byte) {
	t.Helper()
	any := false
	if isData(name) {
		if err := restore(b, exo.Path(name), data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return
	}
	for _, m := range all(t, b.Store) {
		mended, err := b.Mend(context.Background(), m.Path)
		if err != nil {
			t.Fatalf("%s: mend %s: %v", name, m.Path, err)
		}
		any = any || mended
	}
	if !any {
		t.Fatalf("%s: nothing was mended", name)
	}
}

func TestWhatStandsInTheWayOfAFileIsReplaced(t *testing.T) {
	const name = "lightcurves/tess/s0001/a.fits"
	data := bytes.Repeat([]byte("ab"), 60)
	for what, damage := range map[string]func(full string) error{
		"gone":             os.Remove,
		"gone, folder too": func(full string) error { return os.RemoveAll(filepath.Dir(full)) },
		"emptied":          func(full string) error { return errors.Join(os.Chmod(full, 0o600), os.Truncate(full, 0)) },
		"made longer": func(full string) error {
			return errors.Join(os.Remove(full), os.WriteFile(full, append(data, 'x'), 0o444))
		},
		"a link to the bytes": func(full string) error {
			other := filepath.Join(filepath.Dir(full), "..", "elsewhere")
			return errors.Join(os.Rename(full, other), os.Symlink("../elsewhere", full))
		},
		"an empty folder": func(full string) error { return errors.Join(os.Remove(full), os.Mkdir(full, 0o755)) },
		"writable":        func(full string) error { return os.Chmod(full, 0o666) },
	} {
		t.Run(what, func(t *testing.T) {
			dir := small(t)
			b := open(t, dir)
			full := filepath.Join(dir, name)
			if err := damage(full); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range [][]byte{nil, bytes.Repeat([]byte("ba"), 60)} {
				if err := restore(b, name, wrong); !errors.Is(err, exo.Invalid) || exo.HintOf(err) == "" {
					t.Errorf("other bytes: %v", err)
				}
			}
			if err := restore(b, name, data); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, "lightcurves/tess/elsewhere")); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			fullyVerified(t, b, what)
			if now, err := os.ReadFile(full); err != nil || !bytes.Equal(now, data) {
				t.Errorf("the file holds %q, %v", now, err)
			}
		})
	}
}

func TestReplacingASoundFileKeepsItsPlaceAndAnUnknownOneIsRefused(t *testing.T) {
	dir := small(t)
	b := open(t, dir)
	full := filepath.Join(dir, "raw/nasa/koi.csv")
	before, err := os.Stat(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := restore(b, "raw/nasa/koi.csv", []byte("kepid\n1\n")); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(full)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("a sound file was replaced: %v", err)
	}
	if mended, err := b.Mend(t.Context(), "raw/nasa/koi.csv"); mended || err != nil {
		t.Errorf("a sound file is mended: %t, %v", mended, err)
	}
	if err := restore(b, "raw/nasa/unknown.csv", []byte("x")); !errors.Is(err, exo.NotFound) {
		t.Errorf("an unknown file: %v", err)
	}
	if err := restore(b, "versions/v1/manifest.json", []byte("x")); !errors.Is(err, exo.Invalid) {
		t.Errorf("a file outside the sections: %v", err)
	}
}

func TestWhatNoTwoWitnessesSupportIsNotMended(t *testing.T) {
	dir := small(t)
	b := open(t, dir)
	const p = "raw/nasa/koi.csv"
	replace(t, filepath.Join(dir, "metadata", p+".json"), []byte("{}"))
	sums := filepath.Join(dir, "checksums/metadata.sha256")
	text, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, sums, bytes.Repeat([]byte("0"), len(text)))
	if mended, err := b.Mend(t.Context(), p); mended || !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" {
		t.Errorf("one witness of three: %t, %v", mended, err)
	}
	replace(t, sums, append([]byte("inserted"), text...)) // and lines that moved
	if _, err := b.Mend(t.Context(), "raw/mast/answer.json"); err != nil && !errors.Is(err, exo.Corrupt) {
		t.Errorf("lines that moved: %v", err)
	}
	if now, err := os.ReadFile(sums); err != nil || !strings.HasSuffix(string(now), string(text[1:])) {
		t.Errorf("lines of others were touched: %v", err)
	}
}

// damagedTwice damages a file and its sidecar.
func damagedTwice(t testing.TB, dir string) {
	replace(t, filepath.Join(dir, "raw/nasa/koi.csv"), bytes.Repeat([]byte("x"), len(long)))
	replace(t, filepath.Join(dir, "metadata/raw/nasa/koi.csv.json"), []byte("{}"))
}

func TestPowerCutWhileAFileIsReplacedLeavesTheOldOrTheRightBytes(t *testing.T) {
	sc := scenario{
		before: func(t testing.TB, b *bench) {
			publish(t, b.Store, "raw/nasa/koi.csv", long)
			publish(t, b.Store, "raw/nasa/toi.csv", []byte("toi"))
			damagedTwice(t, b.dir)
		},
		during: func(t testing.TB, s *store.Store) {
			if err := restore(&bench{Store: s}, "raw/nasa/koi.csv", long); err != nil {
				t.Fatal(err)
			}
		},
	}
	r := record(t, sc)
	n, cuts := len(r.crash.Calls()), 0
	right := 0
	for k := 0; k <= n; k++ {
		losses := map[fsystest.Loss][]int{fsystest.LoseAll: {0}, fsystest.KeepAll: {0}, fsystest.LoseEntries: {0}}
		for torn := 0; torn < r.crash.LastWrite(k); torn += 512 {
			losses[fsystest.TearLast] = append(losses[fsystest.TearLast], torn)
		}
		for loss, list := range losses {
			for _, torn := range list {
				dir := fastDir(t)
				if err := r.crash.Lay(dir, k, loss, torn, nil); err != nil {
					t.Fatal(err)
				}
				cuts++
				right += afterReplaceCut(t, dir, k == n)
			}
		}
	}
	t.Logf("%d calls, %d cuts, %d with the right bytes", n, cuts, right)
}

// afterReplaceCut opens what a cut left, and mends it.
func afterReplaceCut(t *testing.T, dir string, acknowledged bool) (right int) {
	t.Helper()
	b := open(t, dir)
	defer b.shut()
	now, err := os.ReadFile(filepath.Join(dir, "raw/nasa/koi.csv"))
	if err != nil {
		t.Fatalf("the name is gone: %v", err)
	}
	switch {
	case bytes.Equal(now, long):
		right = 1
	case !bytes.Equal(now, bytes.Repeat([]byte("x"), len(long))):
		t.Fatalf("the file holds %d bytes, neither old nor new", len(now))
	case acknowledged:
		t.Fatal("an acknowledged replacement is lost")
	}
	if !acknowledged {
		rep, err := b.Verify(t.Context(), store.VerifyOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range rep.Damaged {
			if !strings.Contains(d.Path, "raw/nasa/koi.csv") {
				t.Fatalf("%+v", d)
			}
		}
		if err := restore(b, "raw/nasa/koi.csv", long); err != nil {
			t.Fatal(err)
		}
	}
	fullyVerified(t, b, "after the cut")
	return right
}

func TestEveryCallOfAReplacementMayFail(t *testing.T) { eachFailure(t, 300, failReplace) }

// eachFailure lets each call of an operation fail in turn with each error that a
// disk can give. fail does it for the n-th call, and tells whether there was one.
func eachFailure(t *testing.T, most int, fail func(t *testing.T, failure fsystest.Failure, n int) bool) {
	t.Helper()
	for _, failure := range fsystest.Failures {
		t.Run(failure.Name, func(t *testing.T) {
			calls, step := 0, stride
			if failure.Name != "EIO" && failure.Only == "" {
				step *= 5 // to the store all of these are a dead disk
			}
			for n := 1; fail(t, failure, n); n += step {
				if calls++; calls > most {
					t.Fatal("the operation has no end")
				}
			}
			t.Logf("%d calls", calls)
		})
	}
}

func failReplace(t *testing.T, failure fsystest.Failure, n int) bool {
	t.Helper()
	dir := tempDir(t)
	var disk *fsystest.Fault
	b := open(t, dir, func(o *store.Options) { disk = fsystest.NewFault(o.FS); o.FS = disk })
	publish(t, b.Store, "raw/nasa/koi.csv", long)
	damagedTwice(t, dir)
	disk.Arm(failure, n, false)
	err := restore(b, "raw/nasa/koi.csv", long)
	fired, where := disk.Disarm()
	if err != nil && (!fired || !typedAs(err, append(diskKinds[:2:2], exo.Corrupt))) {
		t.Errorf("%s at %s: %v", failure.Name, where, err)
	}
	if err := restore(b, "raw/nasa/koi.csv", long); err != nil {
		t.Errorf("%s at %s: again: %v", failure.Name, where, err)
	}
	if rep, verr := b.Verify(t.Context(), store.VerifyOptions{}, nil); verr != nil || !rep.OK {
		t.Errorf("%s at %s: %v %+v", failure.Name, where, verr, rep.Damaged)
	}
	b.shut()
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return fired
}
