package fsys_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
)

func TestAnOpenFolderDoesWhatTheLongWayDoes(t *testing.T) {
	for name, wrap := range map[string]func(fsys.FS) fsys.FS{
		"the short way": func(f fsys.FS) fsys.FS { return f },
		"the long way":  func(f fsys.FS) fsys.FS { return fsystest.NewFault(f) },
	} {
		t.Run(name, func(t *testing.T) {
			d, dir := openDir(t)
			f := wrap(d)
			for _, sub := range []string{"a", "b"} {
				if err := f.Mkdir(sub, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := fsys.WriteAtomic(context.Background(), f, "a/x", []byte("x"), 0o444); err != nil {
				t.Fatal(err)
			}
			a, b := openFolder(t, f, "a"), openFolder(t, f, "b")
			if err := a.LinkTo("x", b); err != nil {
				t.Fatal(err)
			}
			if same, err := fsys.Same(f, "a/x", "b/x"); err != nil || !same {
				t.Errorf("linked: %v %v", same, err)
			}
			if err := a.LinkTo("x", b); !errors.Is(err, exo.Exists) {
				t.Errorf("a taken name: %v", err)
			}
			if err := a.LinkTo("none", b); !errors.Is(err, exo.NotFound) {
				t.Errorf("nothing to link: %v", err)
			}
			for _, bad := range []string{"", ".", "..", "../a/x", "a/x"} {
				if err := a.LinkTo(bad, b); !errors.Is(err, exo.Invalid) {
					t.Errorf("the name %q: %v", bad, err)
				}
				if _, err := a.Lstat(bad); !errors.Is(err, exo.Invalid) {
					t.Errorf("the name %q is told of: %v", bad, err)
				}
			}
			if info, err := b.Lstat("x"); err != nil || info.Size() != 1 {
				t.Errorf("%v %v", info, err)
			}
			if _, err := fsys.OpenFolder(f, "none"); !errors.Is(err, exo.NotFound) {
				t.Errorf("no folder: %v", err)
			}
			if _, err := fsys.OpenFolder(f, "a/x"); err == nil {
				t.Error("a file was opened as a folder")
			}
			if err := os.Symlink(t.TempDir(), filepath.Join(dir, "out")); err != nil {
				t.Fatal(err)
			}
			if _, err := fsys.OpenFolder(f, "out"); err == nil {
				t.Error("a link led out of the tree")
			}
		})
	}
}

func openFolder(t *testing.T, f fsys.FS, name string) fsys.Folder {
	t.Helper()
	d, err := fsys.OpenFolder(f, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
