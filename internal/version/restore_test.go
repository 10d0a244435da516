package version_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/version"
)

// fickle is a disk on which a file of a version is read once and not again.
type fickle struct {
	fsys.FS
	name string
	read int
}

func (f *fickle) OpenFile(name string, flag int, perm os.FileMode) (fsys.File, error) {
	if name == f.name {
		if f.read++; f.read > 1 {
			return nil, exo.Errorf("test", exo.Unavailable, name, "the disk does not answer")
		}
	}
	return f.FS.OpenFile(name, flag, perm)
}

func TestADiskThatFailsBeforeTheLastCopyLeavesTheTreeAsItWas(t *testing.T) {
	disk := &fickle{}
	b := open(t, fastDir(t), func(f fsys.FS) fsys.FS { disk.FS = f; return disk })
	b.fill(2)
	b.create("v1", "raw/**", "processed/**")
	const first = "processed/lightcurves/tess/lc00000_12345678.fits" // by path before the table
	b.spoil(first)
	b.spoil(koi)
	before, err := os.ReadFile(b.path(first))
	if err != nil {
		t.Fatal(err)
	}
	disk.name = "versions/v1/files/" + koi
	r, err := b.Restore(t.Context(), "v1", version.RestoreOptions{}, nil)
	if !errors.Is(err, exo.Unavailable) || len(r.Restored) > 0 || r.Bytes != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if after, err := os.ReadFile(b.path(first)); err != nil || string(after) != string(before) {
		t.Errorf("%s was touched before all could be had: %v", first, err)
	}
	disk.name = ""
	if r, err := b.Restore(t.Context(), "v1", version.RestoreOptions{}, nil); err != nil || len(r.Restored) != 2 {
		t.Errorf("again: %+v %v", r, err)
	}
	staged, err := os.ReadDir(b.path(".staging"))
	for _, e := range staged {
		if list, err := os.ReadDir(b.path(".staging/" + e.Name())); err == nil && len(list) > 0 {
			t.Errorf("left in staging: %v", list)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func TestTwoRestoresToOneFolderDoNotMix(t *testing.T) {
	b := open(t, fastDir(t))
	want := map[exo.VersionName]tree{}
	for i, v := range []exo.VersionName{"v1", "v2"} {
		for k := range 50 {
			b.lay(fmt.Sprintf("lightcurves/tess/s%04d/lc.fits", k), fmt.Sprint("of version ", i))
		}
		want[v] = tree{}
		for _, f := range b.create(string(v)).Files {
			want[v][string(f.Path)] = f.Hash
		}
	}
	for round := range 10 {
		folder := fmt.Sprint("r", round)
		var mu sync.Mutex
		var won []exo.VersionName
		var wg sync.WaitGroup
		for v := range want {
			wg.Go(func() {
				_, err := b.Restore(t.Context(), v, version.RestoreOptions{Target: version.InFolder, Folder: folder}, nil)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won = append(won, v)
				} else if !errors.Is(err, exo.Exists) || !strings.Contains(exo.MessageOf(err), folder) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%v were restored to one folder", won)
		}
		compareTree(t, b.path("restored/"+folder), want[won[0]])
	}
}
