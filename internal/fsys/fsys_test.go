package fsys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openDir(t *testing.T) (*fsys.Dir, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data", "below")
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dir
}

func TestFolderThatIsNotThereIsMadeOnlyOnDemand(t *testing.T) {
	if _, err := fsys.OpenDir(filepath.Join(t.TempDir(), "none"), false); !errors.Is(err, exo.NotFound) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	d, dir := openDir(t)
	outside := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"up": "..", "abs": "/etc", "file": "../secret", "chain": "up/secret"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"../secret", "/etc/passwd", "a/../../secret", "up/secret", "abs/passwd", "file", "chain", "..", ""} {
		if f, err := fsys.Open(d, name); err == nil {
			_ = f.Close()
			t.Errorf("open %q succeeds", name)
		}
		if err := fsys.WriteAtomic(context.Background(), d, name, []byte("x"), 0o600); err == nil && name != "file" && name != "chain" {
			t.Errorf("write %q succeeds", name)
		}
	}
	if got, _ := os.ReadFile(outside); string(got) != "secret" {
		t.Errorf("the file outside is now %q", got)
	}
	if _, err := fsys.Open(d, "../secret"); !errors.Is(err, exo.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestErrorsHaveTheirKind(t *testing.T) {
	for errno, want := range map[error]exo.Kind{
		syscall.ENOENT: exo.NotFound, syscall.EEXIST: exo.Exists, syscall.ENOSPC: exo.Full, syscall.EDQUOT: exo.Full,
		syscall.EROFS: exo.Unavailable, syscall.EACCES: exo.Unavailable, syscall.EIO: exo.Unavailable, syscall.EMFILE: exo.Unavailable,
		syscall.EINTR: exo.Unavailable, syscall.ENOTDIR: exo.Conflict, syscall.ELOOP: exo.Conflict,
	} {
		err := fsys.Typed("op", "raw/x", &fs.PathError{Op: "open", Path: "/home/me/data/raw/x", Err: errno})
		if !errors.Is(err, want) || !errors.Is(err, errno) {
			t.Errorf("%v is told as %v", errno, err)
		}
		if msg := exo.MessageOf(err) + exo.HintOf(err); strings.Contains(msg, "/home/me") {
			t.Errorf("the message tells a path of the machine: %s", msg)
		}
	}
	if err := fsys.Typed("op", "x", io.EOF); err != io.EOF {
		t.Errorf("%v", err)
	}
	again := fsys.Typed("other", "y", fsys.Typed("op", "x", syscall.ENOSPC))
	if e, ok := errors.AsType[*exo.Error](again); !ok || e.Op != "op" {
		t.Errorf("wrapped twice: %v", again)
	}
}

func TestReadFileStopsAtItsLimit(t *testing.T) {
	d, dir := openDir(t)
	if err := os.WriteFile(filepath.Join(dir, "x"), bytes.Repeat([]byte("x"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := fsys.ReadFile(d, "x", 1000); err != nil || len(got) != 1000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := fsys.ReadFile(d, "x", 999); !errors.Is(err, exo.TooLarge) {
		t.Errorf("%v", err)
	}
}

func TestWriteAtomicLeavesTheOldOrTheNewContent(t *testing.T) {
	const name = "cache/note"
	old, young := bytes.Repeat([]byte("old"), 700), bytes.Repeat([]byte("new!"), 900)
	d, dir := openDir(t)
	if err := os.Mkdir(filepath.Join(dir, "cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := fsys.WriteAtomic(context.Background(), d, name, old, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := fsystest.NewCrash(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := fsys.WriteAtomic(context.Background(), c, name, young, 0o644); err != nil {
		t.Fatal(err)
	}
	n := len(c.Calls())
	for k := 0; k <= n; k++ {
		for _, loss := range []fsystest.Loss{fsystest.LoseAll, fsystest.KeepAll, fsystest.LoseEntries, fsystest.TearLast} {
			for torn := 0; torn <= max(0, c.LastWrite(k)-1); torn += 512 {
				at := t.TempDir()
				if err := c.Lay(at, k, loss, torn, nil); err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(filepath.Join(at, name))
				if err != nil || !bytes.Equal(got, old) && !bytes.Equal(got, young) || k == n && !bytes.Equal(got, young) {
					t.Errorf("cut after call %d of %d, %v %d: %d bytes, %v", k, n, loss, torn, len(got), err)
				}
				if loss != fsystest.TearLast {
					break
				}
			}
		}
	}
}

func TestFailedWriteAtomicLeavesTheOldContentAndNoTrace(t *testing.T) {
	d, dir := openDir(t)
	if err := fsys.WriteAtomic(context.Background(), d, "note", []byte("old"), 0o444); err != nil {
		t.Fatal(err)
	}
	for _, failure := range fsystest.Failures {
		for n := 1; n < 50; n++ {
			if err := fsys.WriteAtomic(context.Background(), d, "note", []byte("old"), 0o444); err != nil {
				t.Fatal(err)
			}
			f := fsystest.NewFault(d)
			f.Arm(failure, n, false)
			err := fsys.WriteAtomic(context.Background(), f, "note", []byte("new"), 0o444)
			fired, where := f.Disarm()
			if !fired {
				break
			}
			if err == nil {
				t.Errorf("%s at %s is swallowed", failure.Name, where)
			}
			got, rerr := os.ReadFile(filepath.Join(dir, "note"))
			if rerr != nil || string(got) != "old" && !strings.HasPrefix(where, "Sync .") {
				t.Errorf("%s at %s: %q, %v", failure.Name, where, got, rerr)
			}
			if list, _ := os.ReadDir(dir); len(list) != 1 && !strings.HasPrefix(where, "Remove") {
				t.Errorf("%s at %s leaves %v", failure.Name, where, list)
			}
		}
	}
}

func TestLockIsHeldOnce(t *testing.T) {
	d, _ := openDir(t)
	l, err := d.Lock(".lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(".lock"); !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" {
		t.Errorf("a second lock: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	l, err = d.Lock(".lock")
	if err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestMapShowsTheBytes(t *testing.T) {
	d, dir := openDir(t)
	for name, data := range map[string]string{"x": "some bytes", "empty": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		got, unmap, err := d.Map(name)
		if err != nil || string(got) != data {
			t.Fatalf("%q, %v", got, err)
		}
		if err := errors.Join(unmap(), unmap()); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := d.Map("."); err == nil {
		t.Error("a folder is mapped")
	}
	if _, _, err := d.Map("none"); !errors.Is(err, exo.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestUsageIsWhatDfShows(t *testing.T) {
	d, dir := openDir(t)
	total, free, err := d.Usage()
	if err != nil || total <= 0 || free <= 0 || free > total {
		t.Fatalf("%d, %d, %v", total, free, err)
	}
	out, err := exec.Command(xtest.Tool(t, "df"), "--output=pcent", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	var shown float64
	if _, err := fmt.Sscanf(strings.Fields(string(out))[1], "%f%%", &shown); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if used := 100 * float64(total-free) / float64(total); math.Abs(used-shown) > 2 { // df rounds up, and others write
		t.Errorf("%.1f %% used, df shows %.0f %%", used, shown)
	}
}

func TestStandardViewBehavesAsTheStandardAsks(t *testing.T) {
	d, _ := openDir(t)
	for _, name := range []string{"raw/nasa/a.csv", "raw/nasa/b.csv", "raw/mast/c.json"} {
		if err := fsys.MkdirAll(d, filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := fsys.WriteAtomic(context.Background(), d, name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := fstest.TestFS(fsys.IOFS(fsystest.ReadOnly{FS: d}), "raw/nasa/a.csv", "raw/nasa/b.csv", "raw/mast/c.json"); err != nil {
		t.Error(err)
	}
}

func TestMkdirAllMeetsAFile(t *testing.T) {
	d, _ := openDir(t)
	if err := fsys.WriteAtomic(context.Background(), d, "raw", []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := fsys.MkdirAll(d, "raw/nasa", 0o755); !errors.Is(err, exo.Conflict) {
		t.Errorf("%v", err)
	}
}

func TestPlaceNeverOverwrites(t *testing.T) {
	for name, wrap := range map[string]func(fsys.FS) fsys.FS{
		"with links":         func(f fsys.FS) fsys.FS { return f },
		"without links":      func(f fsys.FS) fsys.FS { return linkless{f, nil} },
		"on different disks": func(f fsys.FS) fsys.FS { return linkless{f, syscall.EXDEV} },
	} {
		t.Run(name, func(t *testing.T) {
			d, dir := openDir(t)
			f := wrap(d)
			for _, sub := range []string{"s", "f"} {
				if err := f.Mkdir(sub, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, staged := range []string{"s/1", "s/2"} {
				if err := fsys.WriteSynced(f, staged, []byte(staged), 0o444); err != nil {
					t.Fatal(err)
				}
			}
			if err := fsys.Place(f, "s/1", "f/x"); err != nil {
				t.Fatal(err)
			}
			if err := fsys.Place(f, "s/2", "f/x"); !errors.Is(err, exo.Exists) {
				t.Errorf("a taken name: %v", err)
			}
			if err := fsys.Place(f, "s/3", "f/y"); !errors.Is(err, exo.NotFound) {
				t.Errorf("nothing to place: %v", err)
			}
			got, err := os.ReadFile(filepath.Join(dir, "f/x"))
			info, serr := os.Stat(filepath.Join(dir, "f/x"))
			if err != nil || serr != nil || string(got) != "s/1" || info.Mode().Perm() != 0o444 {
				t.Errorf("%q, %v, %v", got, err, serr)
			}
			if err := fsys.Unplace(f, "s/1", "f/x"); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "s/1")); err != nil {
				t.Errorf("the staged file is gone: %v", err)
			}
			if list, _ := os.ReadDir(filepath.Join(dir, "f")); len(list) != 0 {
				t.Errorf("left: %v", list)
			}
		})
	}
}

// linkless is a disk without hard links, whose folders may be on several disks.
type linkless struct {
	fsys.FS
	rename error
}

func (l linkless) Link(from, to string) error {
	if _, err := l.Lstat(from); err != nil {
		return err
	}
	return fsys.Typed("test", to, syscall.EPERM)
}

func (l linkless) Rename(from, to string) error {
	if l.rename != nil && filepath.Dir(from) != filepath.Dir(to) {
		return fsys.Typed("test", to, l.rename)
	}
	return l.FS.Rename(from, to)
}
