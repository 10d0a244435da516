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
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
)

// several are files that are damaged together; of the last one only the sidecar.
var several = []exo.Path{"raw/nasa/a.csv", "lightcurves/tess/s0001/b.fits", "processed/v2/c.csv", "raw/nasa/d.csv"}

func contentOf(p exo.Path) []byte { return bytes.Repeat([]byte(p), 60) }

func spoilSeveral(t testing.TB, b *bench) {
	for _, p := range several {
		publish(t, b.Store, string(p), contentOf(p))
	}
	for _, p := range several[:3] {
		replace(t, filepath.Join(b.dir, string(p)), bytes.Repeat([]byte("x"), len(contentOf(p))))
	}
	replace(t, filepath.Join(b.dir, "metadata/raw/nasa/d.csv.json"), []byte("{}"))
}

// restoreAll offers the bytes of all; of the last nothing but that it is right.
func restoreAll(s *store.Store) error {
	return s.ReplaceAll(context.Background(), several, func(ctx context.Context, i int) (*store.Staged, error) {
		if i == 3 {
			return nil, nil
		}
		st, err := s.Stage(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := st.Write(contentOf(several[i])); err != nil {
			_ = st.Discard()
			return nil, err
		}
		return st, nil
	})
}

// right counts the files that are as they were published.
func right(t testing.TB, dir string) (n int) {
	t.Helper()
	for _, p := range several[:3] {
		text, err := os.ReadFile(filepath.Join(dir, string(p)))
		if err != nil {
			t.Fatalf("the name is gone: %v", err)
		}
		if bytes.Equal(text, contentOf(p)) {
			n++
		} else if !bytes.Equal(text, bytes.Repeat([]byte("x"), len(text))) {
			t.Fatalf("%s is neither as it was nor right", p)
		}
	}
	return n
}

func TestPowerCutWhileFilesAreReplacedLeavesAllOrNone(t *testing.T) {
	r := record(t, scenario{
		before: spoilSeveral,
		during: func(t testing.TB, s *store.Store) {
			if err := restoreAll(s); err != nil {
				t.Fatal(err)
			}
		},
	})
	n, outcomes := len(r.crash.Calls()), map[int]int{}
	for k := 0; k <= n; k++ {
		for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries, fsystest.TearLast} {
			dir := fastDir(t)
			if err := r.crash.Lay(dir, k, loss, r.crash.LastWrite(k)/2, nil); err != nil {
				t.Fatal(err)
			}
			b := open(t, dir)
			found := right(t, dir)
			if outcomes[found]++; found != 0 && found != 3 || k == n && found != 3 {
				t.Fatalf("after call %d of %d (%v) %d of 3 files are right", k, n, loss, found)
			}
			if err := restoreAll(b.Store); err != nil {
				t.Fatalf("after call %d (%v), once more: %v", k, loss, err)
			}
			fullyVerified(t, b, "after the cut")
			b.shut()
		}
	}
	t.Logf("%d calls; files that are right after a cut: %v", n, outcomes)
	if outcomes[0] == 0 || outcomes[3] == 0 {
		t.Error("not both outcomes were seen")
	}
}

func TestEveryCallOfManyReplacementsMayFail(t *testing.T) {
	again := 0
	eachFailure(t, 500, func(t *testing.T, failure fsystest.Failure, n int) bool {
		dir := tempDir(t)
		var disk *fsystest.Fault
		b := open(t, dir, func(o *store.Options) { disk = fsystest.NewFault(o.FS); o.FS = disk })
		spoilSeveral(t, b)
		disk.Arm(failure, n, false)
		err := restoreAll(b.Store)
		fired, where := disk.Disarm()
		if err != nil && (!fired || !typedAs(err, append(diskKinds[:2:2], exo.Corrupt))) {
			t.Errorf("%s at %s: %v", failure.Name, where, err)
		}
		found := right(t, dir)
		if err == nil && found != 3 {
			t.Errorf("%s at %s: acknowledged, and %d are right", failure.Name, where, found)
		}
		if found > 0 && found < 3 { // the disk stopped it once it was decided
			again++
		}
		b.shut()
		b = open(t, dir)
		if now := right(t, dir); now != 0 && now != 3 || now < found {
			t.Errorf("%s at %s: after a start %d are right, %d before", failure.Name, where, now, found)
		}
		if err := restoreAll(b.Store); err != nil {
			t.Errorf("%s at %s: again: %v", failure.Name, where, err)
		}
		fullyVerified(t, b, failure.Name+" at "+where)
		b.shut()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
		return fired
	})
	if t.Logf("%d times the start finished what the disk had stopped", again); again == 0 {
		t.Error("no start had anything to finish")
	}
}

func TestOneFileThatCannotBeReplacedKeepsAllAsTheyWere(t *testing.T) {
	for what, c := range map[string]struct {
		paths []exo.Path
		spoil func(dir string) error
		text  []byte
		want  exo.Kind
	}{
		"other bytes than the recorded ones": {paths: several[:2], text: []byte("other"), want: exo.Invalid},
		"a file the store does not know":     {paths: []exo.Path{several[0], "raw/nasa/unknown.csv"}, want: exo.NotFound},
		"a folder with something in it stands there": {paths: several[:2], want: exo.Conflict, spoil: func(dir string) error {
			full := filepath.Join(dir, string(several[1]))
			return errors.Join(os.Remove(full), os.MkdirAll(full+"/sub", 0o755))
		}},
	} {
		t.Run(what, func(t *testing.T) {
			b := open(t, fastDir(t))
			spoilSeveral(t, b)
			if c.spoil != nil {
				if err := c.spoil(b.dir); err != nil {
					t.Fatal(err)
				}
			}
			err := b.ReplaceAll(t.Context(), c.paths, func(_ context.Context, i int) (*store.Staged, error) {
				if text := c.text; i == 1 && text != nil {
					return stage(t, b.Store, text), nil
				}
				return stage(t, b.Store, contentOf(c.paths[i])), nil
			})
			if !errors.Is(err, c.want) || exo.HintOf(err) == "" {
				t.Errorf("%v", err)
			}
			if text, err := os.ReadFile(filepath.Join(b.dir, string(several[0]))); err != nil || bytes.Equal(text, contentOf(several[0])) {
				t.Errorf("%s was replaced although another could not be: %v", several[0], err)
			}
			if left := leftStaged(b); len(left) > 0 {
				t.Errorf("left in staging: %v", left)
			}
		})
	}
}

// unmoving is a disk on which nothing takes the place of a light curve.
type unmoving struct{ fsys.FS }

func (u unmoving) Rename(from, to string) error {
	if to == string(several[1]) {
		return exo.Errorf("test", exo.Full, to, "the disk is full")
	}
	return u.FS.Rename(from, to)
}

func TestFilesThatWaitForTheirPlacesOutliveAStartThatCannotPlaceThem(t *testing.T) {
	dir := fastDir(t)
	stop := func(o *store.Options) { o.FS = unmoving{o.FS} }
	b := open(t, dir, stop)
	spoilSeveral(t, b)
	err := restoreAll(b.Store)
	if !errors.Is(err, exo.Full) || !strings.Contains(exo.MessageOf(err), "not all files") || exo.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	for range 2 {
		b.shut()
		b = open(t, dir, stop) // it opens, and all else works
		publish(t, b.Store, fmt.Sprintf("raw/nasa/new%d.csv", len(all(t, b.Store))), []byte("new"))
		if found := right(t, dir); found != 1 {
			t.Fatalf("%d are right", found)
		}
	}
	b.shut()
	b = open(t, dir)
	if found := right(t, dir); found != 3 {
		t.Errorf("when the disk has room, a start leaves %d of 3 right", found)
	}
	fullyVerified(t, b, "at the end")
}
