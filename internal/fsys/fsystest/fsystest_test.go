package fsystest_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
)

func disk(t *testing.T) (*fsys.Dir, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := fsys.OpenDir(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dir
}

// put writes a file, and syncs what is asked for.
func put(t *testing.T, f fsys.FS, name, text string, syncFile, syncName bool) {
	t.Helper()
	file, err := fsys.Create(f, name, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if syncFile {
		err = file.Sync()
	}
	if syncName {
		err = errors.Join(err, f.SyncDir("."))
	}
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestPowerCutTakesWhatWasNotSynced(t *testing.T) {
	d, dir := disk(t)
	if err := os.WriteFile(filepath.Join(dir, "before"), []byte("lasting"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := fsystest.NewCrash(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, "name-only", "text", false, true)
	put(t, c, "both", "text", true, true)
	put(t, c, "bytes-only", "text", true, false)
	put(t, c, "neither", "text", false, false)
	if err := c.Remove("before"); err != nil {
		t.Fatal(err)
	}
	tests := map[fsystest.Loss]map[string]string{
		fsystest.LoseAll:     {"name-only": "", "both": "text", "before": "lasting"},
		fsystest.KeepAll:     {"name-only": "text", "both": "text", "bytes-only": "text", "neither": "text"},
		fsystest.LoseEntries: {"name-only": "text", "both": "text", "before": "lasting"},
		fsystest.TearLast:    {"name-only": "text", "both": "text", "bytes-only": "text", "neither": "te"},
	}
	for loss, want := range tests {
		t.Run(loss.String(), func(t *testing.T) {
			at := t.TempDir()
			if err := c.Lay(at, len(c.Calls()), loss, 2, rand.New(rand.NewPCG(1, 1))); err != nil {
				t.Fatal(err)
			}
			list, err := os.ReadDir(at)
			if err != nil || len(list) != len(want) {
				t.Errorf("%v, %v", list, err)
			}
			for name, text := range want {
				if got, err := os.ReadFile(filepath.Join(at, name)); err != nil || string(got) != text {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
		})
	}
}

func TestPowerCutKeepsAPrefixOfTheCalls(t *testing.T) {
	d, dir := disk(t)
	c, err := fsystest.NewCrash(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, "a", "1", true, true)
	k := len(c.Calls())
	put(t, c, "b", "2", true, true)
	at := t.TempDir()
	if err := c.Lay(at, k, fsystest.KeepAll, 0, nil); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(at); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestFaultFailsTheCallThatWasAskedFor(t *testing.T) {
	d, dir := disk(t)
	f := fsystest.NewFault(d)
	short := fsystest.Failures[6]
	if !short.Short {
		t.Fatal("the table has changed")
	}
	f.Arm(short, 2, false)
	file, err := fsys.Create(f, "x", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := file.Write([]byte("first")); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := file.Write([]byte("next")); n != 2 || !errors.Is(err, exo.Full) {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := file.Write([]byte("more")); n != 4 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if fired, where := f.Disarm(); !fired || where != "Write x" {
		t.Errorf("%t, %s", fired, where)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "x")); string(got) != "firstnemore" {
		t.Errorf("%q", got)
	}
}

func TestReadOnlyPanicsOnEveryWritingCall(t *testing.T) {
	d, dir := disk(t)
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := fsystest.ReadOnly{FS: d}
	file, err := fsys.Open(r, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for name, call := range map[string]func(){
		"create": func() { _, _ = fsys.Create(r, "y", 0o600) }, "append": func() { _, _ = r.OpenFile("x", fsys.WriteOnly|fsys.Append, 0) },
		"mkdir": func() { _ = r.Mkdir("d", 0o700) }, "rename": func() { _ = r.Rename("x", "y") }, "link": func() { _ = r.Link("x", "y") },
		"remove": func() { _ = r.Remove("x") }, "chmod": func() { _ = r.Chmod("x", 0) }, "sync of a folder": func() { _ = r.SyncDir(".") },
		"lock": func() { _, _ = r.Lock("l") }, "write": func() { _, _ = file.Write(nil) }, "sync": func() { _ = file.Sync() },
		"truncate": func() { _ = file.Truncate(0) }, "chmod of a file": func() { _ = file.Chmod(0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
