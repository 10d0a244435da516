package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// with is the home with another folder of data or another setting.
func (h home) with(settings ...string) home {
	h.env = append(append([]string{}, h.env...), settings...)
	return h
}

// filled has a table, light curves, results of processing and two versions.
func filled(t *testing.T, h home) {
	t.Helper()
	h.acknowledge(t)
	h.must(t, nil, "ingest", "table", "k2")
	h.must(t, nil, "version", "create", "v1")
	h.must(t, nil, "ingest", "lightcurve", "TIC 441420236", "--mission", "TESS")
	h.must(t, nil, "preprocess", "lightcurve", "EPIC 201912552", "--profile", "transit")
	h.must(t, nil, "version", "create", "v2")
}

// kept are the digests of all that a backup has to bring back, the index apart.
func (h home) kept(t *testing.T) map[string]string {
	t.Helper()
	all := h.files(t, ".")
	maps.DeleteFunc(all, func(path, _ string) bool {
		top, _, _ := strings.Cut(path, "/")
		return top == "cache" || strings.HasPrefix(top, ".") || strings.HasPrefix(path, "metadata/exoplanetai.db") || strings.HasPrefix(top, "logs")
	})
	return all
}

// goesOn uses a tree as one that always was there.
func (h home) goesOn(t *testing.T) {
	t.Helper()
	h.whole(t)
	for _, v := range h.versions(t) {
		h.must(t, nil, "version", "verify", v)
	}
	if out, code := h.run(t, "catalog", "query", "k2", "--limit", "3"); code != 0 || strings.Count(out, "\n") != 4 { // with the head
		t.Errorf("rows of k2: exit %d\n%s", code, clip(out))
	}
	picture := filepath.Join(h.dir, "again.png")
	h.must(t, nil, "lightcurve", "plot", "EPIC 201912552", "-o", picture, "--force")
	if info, err := os.Stat(picture); err != nil || info.Size() < 1000 {
		t.Errorf("the picture of a light curve: %v %v", info, err)
	}
	h.reproduced(t, 1)
	h.must(t, nil, "version", "create", "after")
	h.must(t, nil, "ingest", "table", "koi")
	h.must(t, nil, "backup", "create", "--force")
	h.whole(t)
	intact("after", "v1", "v2")(t, h)
}

// TestARestoredTreeIsAsGoodAsTheFirst backs a tree up to a second disk, brings
// it back to a third, compares every digest, and goes on with it.
func TestARestoredTreeIsAsGoodAsTheFirst(t *testing.T) {
	_, web := archives(t, nil)
	h := newHome(t, web)
	filled(t, h)
	mount(t, filepath.Join(h.dir, "backup"), "64m")
	mount(t, filepath.Join(h.dir, "third"), "64m")
	var made struct {
		Files    int
		SameDisk bool `json:"same_disk"`
	}
	if h.must(t, &made, "backup", "create"); made.SameDisk || made.Files == 0 {
		t.Fatalf("backup %+v", made)
	}
	want := h.kept(t)
	again := h.with("DATA_PATH=" + filepath.Join(h.dir, "third", "data"))
	again.tree = filepath.Join(h.dir, "third", "data")
	h.must(t, nil, "backup", "restore", "--to", again.tree)
	if got := again.kept(t); !maps.Equal(got, want) {
		t.Fatalf("restored %d files, want %d", len(got), len(want))
	}
	for path := range want {
		a, err := os.Stat(filepath.Join(h.data(), path))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.Stat(filepath.Join(again.data(), path)); err != nil || !a.ModTime().Equal(b.ModTime()) || a.Mode() != b.Mode() {
			t.Errorf("%s: %v %v, was %v %v; %v", path, b.ModTime(), b.Mode(), a.ModTime(), a.Mode(), err)
		}
	}
	again.goesOn(t)
	count("trees restored to another disk, compared and used on", 1)
}

// TestADisaster loses the data folder, or what makes it one, and has all of it
// back with nothing but the program, the repository and the password.
func TestADisaster(t *testing.T) {
	_, web := archives(t, nil)
	for name, strike := range map[string]func(t *testing.T, data string){
		"the folder is not there": func(*testing.T, string) {},
		"the folder is empty, as where a disk is not mounted": func(t *testing.T, data string) {
			if err := os.Mkdir(data, 0o755); err != nil {
				t.Fatal(err)
			}
		},
		"the index is no database": func(t *testing.T, data string) {
			if err := os.MkdirAll(filepath.Join(data, "metadata"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, "metadata", "exoplanetai.db"), []byte(strings.Repeat("rubble ", 2000)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, web)
			h.acknowledge(t)
			h.must(t, nil, "ingest", "table", "k2")
			h.must(t, nil, "version", "create", "v1")
			h.must(t, nil, "backup", "create", "--force")
			want := h.kept(t)
			if err := os.RemoveAll(h.data()); err != nil {
				t.Fatal(err)
			}
			strike(t, h.data())
			rubble := h.files(t, ".")
			var list struct{ Backups []struct{ ID string } }
			if h.must(t, &list, "backup", "list"); len(list.Backups) != 1 {
				t.Fatalf("%d backups, want 1", len(list.Backups))
			}
			var proof struct {
				OK    bool
				Files int
			}
			if h.must(t, &proof, "backup", "verify"); !proof.OK || proof.Files < len(want) {
				t.Errorf("verify %+v of %d files", proof, len(want))
			}
			if h.must(t, &proof, "backup", "drill"); !proof.OK {
				t.Errorf("drill %+v", proof)
			}
			again := h
			again.tree = filepath.Join(h.dir, "srv", "exoplanets")
			h.must(t, nil, "backup", "restore", "--to", again.tree, "--dry-run")
			h.must(t, nil, "backup", "restore", "--to", again.tree)
			if got := again.kept(t); !maps.Equal(got, want) {
				t.Errorf("restored %d files, want %d", len(got), len(want))
			}
			h.must(t, nil, "storage", "verify", "--data-path", again.tree)
			h.must(t, nil, "version", "verify", "v1", "--data-path", again.tree)
			if got := h.files(t, "."); !maps.Equal(got, rubble) {
				t.Errorf("the old folder holds %v, and held %v", got, rubble)
			}
			if len(rubble) == 0 { // back to its old place
				h.must(t, nil, "backup", "restore", "--to", h.data())
				h.whole(t)
				h.must(t, nil, "backup", "create", "--force")
			}
			count("data folders lost, and had back from the backup alone", 1)
		})
	}
}
