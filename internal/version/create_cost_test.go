package version_test

import (
	"os"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/version"
)

// manifestReads is a disk that counts how often a manifest is opened.
type manifestReads struct {
	fsys.FS
	n int
}

func (d *manifestReads) OpenFile(name string, flag int, perm os.FileMode) (fsys.File, error) {
	if flag == fsys.ReadOnly && strings.HasSuffix(name, "/manifest.json") {
		d.n++
	}
	return d.FS.OpenFile(name, flag, perm)
}

func TestOneMoreVersionReadsItsParentAndNoOther(t *testing.T) {
	disk := &manifestReads{}
	dir := fastDir(t)
	b := open(t, dir, func(f fsys.FS) fsys.FS { disk.FS = f; return disk })
	b.fill(1)
	for _, n := range []string{"v1", "v2", "v3", "v4"} {
		b.create(n)
	}
	disk.n = 0
	b.create("v5")
	if m := b.create("v6"); m.ParentVersion == nil || *m.ParentVersion != "v5" {
		t.Errorf("the parent is %v", m.ParentVersion)
	}
	if disk.n != 2 {
		t.Errorf("%d manifests were read to make two more versions", disk.n)
	}
	if _, err := b.Delete(t.Context(), "v6", version.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if m := b.create("v6"); *m.ParentVersion != "v5" || exo.VersionName(m.Description) != "what v6 is" {
		t.Errorf("made again: %+v", m.Summary)
	}
	if _, err := b.Create(t.Context(), version.CreateOptions{Name: "V3"}); err == nil {
		t.Error("a name was given again")
	}
}
