package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bad is a finding of version verify.
type bad struct {
	Path, Class, Detail, Repair string
	Versions, Targets           []string
}

// judged verifies a version and returns what is damaged.
func (h home) judged(t *testing.T, name string) []bad {
	t.Helper()
	out, code := h.run(t, "version", "verify", name, "--json")
	var doc struct {
		OK      bool
		Damaged []bad
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("version verify %s: exit %d, %v\n%s", name, code, err, clip(out))
	}
	if doc.OK != (code == 0) || doc.OK != (len(doc.Damaged) == 0) {
		t.Errorf("version verify %s: exit %d, ok %v, %d damaged", name, code, doc.OK, len(doc.Damaged))
	}
	return doc.Damaged
}

// populated is a folder with tables, light curves of three stars and what was
// made of them.
func populated(t *testing.T, h home) {
	t.Helper()
	h.must(t, nil, "ingest", "batch")
	h.must(t, nil, "ingest", "lightcurve", "TIC 441420236", "--mission", "TESS")
	h.acknowledge(t)
	for _, profile := range []string{"default", "transit"} {
		h.must(t, nil, "preprocess", "lightcurve", "TIC 441420236", "--profile", profile)
		h.must(t, nil, "preprocess", "lightcurve", "EPIC 201912552", "--profile", profile)
	}
}

// TestDamageIsNamedInEveryVersion damages 25 files that 7 versions share. Each
// version lists all of them, each with all 7 versions and its star, and the store
// lists those whose bytes it shares.
func TestDamageIsNamedInEveryVersion(t *testing.T) {
	t.Parallel()
	const objects, releases = 25, 7
	_, web := archives(t, nil)
	h := newHome(t, web)
	populated(t, h)
	var names []string
	for n := range releases {
		names = append(names, fmt.Sprintf("v%d", n+1))
		h.must(t, nil, "version", "create", names[n])
		if got := h.judged(t, names[n]); len(got) > 0 {
			t.Fatalf("a new version is damaged: %v", got)
		}
	}
	files := []string{}
	for path := range h.files(t, "versions/v1/files") {
		files = append(files, strings.TrimPrefix(path, "versions/v1/files/"))
	}
	if len(files) < objects {
		t.Fatalf("only %d files: %v", len(files), files)
	}
	slices.Sort(files)
	files = files[:objects]
	before := h.files(t, "raw", "lightcurves", "processed")
	for i, f := range files {
		flip(t, filepath.Join(h.data(), "versions/v1/files", f), int64(i))
	}
	var shared []string // files whose bytes the store shares with the versions
	for path, sum := range h.files(t, "raw", "lightcurves", "processed") {
		if before[path] != sum {
			shared = append(shared, path)
		}
	}
	for _, name := range names {
		damaged := h.judged(t, name)
		var got []string
		for _, d := range damaged {
			got = append(got, d.Path)
			slices.Sort(d.Versions)
			if d.Class != "corrupt" || d.Repair == "" || !slices.Equal(d.Versions, names) {
				t.Errorf("%s in %s: class %s, versions %v, repair %q", d.Path, name, d.Class, d.Versions, d.Repair)
			}
			if strings.HasPrefix(d.Path, "lightcurves/") && len(d.Targets) != 1 {
				t.Errorf("%s in %s: targets %v", d.Path, name, d.Targets)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, files) {
			t.Errorf("%s lists %v, want %v", name, got, files)
		}
		count("damaged files named, of 25 shared by 7 versions", len(got))
	}
	out, _ := h.run(t, "storage", "verify", "--json")
	for _, path := range shared {
		if !strings.Contains(out, `"`+path+`"`) {
			t.Errorf("storage verify does not name %s", path)
		}
	}
	if len(shared) == 0 || len(shared) == objects {
		t.Errorf("%d of %d files share their bytes with the store", len(shared), objects)
	}
}

// TestDamageOfAVersionIsClassed damages one file of a version in each way.
func TestDamageOfAVersionIsClassed(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.must(t, nil, "ingest", "table", "koi")
	h.must(t, nil, "version", "create", "v1")
	tables, err := filepath.Glob(filepath.Join(h.data(), "versions/v1/files/raw/nasa/*.csv"))
	if err != nil || len(tables) != 1 {
		t.Fatalf("%v, %v", tables, err)
	}
	file := tables[0]
	others, err := filepath.Glob(filepath.Join(h.data(), "versions/v1/files/processed/v1/*.csv"))
	if err != nil || len(others) != 1 {
		t.Fatalf("%v, %v", others, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, text []byte) error {
		_ = os.Remove(name) // so that a link is not written through
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return err
		}
		return os.Chmod(name, 0o444)
	}
	zeroed := slices.Clone(text)
	clear(zeroed[4096:8192])
	for name, c := range map[string]struct {
		do    func() error
		undo  func() error
		class string
	}{
		"a bit is turned over":      {do: func() error { flip(t, file, 7); return nil }, class: "corrupt"},
		"the end is cut off":        {do: func() error { return write(file, text[:len(text)-1]) }, class: "corrupt"},
		"it is empty":               {do: func() error { return write(file, nil) }, class: "corrupt"},
		"a block is zero":           {do: func() error { return write(file, zeroed) }, class: "corrupt"},
		"a byte was added":          {do: func() error { return write(file, append(slices.Clone(text), '\n')) }, class: "corrupt"},
		"another file is in place":  {do: func() error { other, err := os.ReadFile(others[0]); return join(err, write(file, other)) }, class: "corrupt"},
		"it is gone":                {do: func() error { return os.Remove(file) }, class: "missing"},
		"it may be written":         {do: func() error { return os.Chmod(file, 0o644) }, class: "mode"},
		"a stranger is beside it":   {do: func() error { return write(file+".txt", []byte("x")) }, undo: func() error { return os.Remove(file + ".txt") }, class: "extra"},
		"it is a link to something": {do: func() error { return join(os.Remove(file), os.Symlink(others[0], file)) }, class: "corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.do(); err != nil {
				t.Fatal(err)
			}
			got := h.judged(t, "v1")
			if len(got) != 1 || got[0].Class != c.class {
				t.Errorf("found %+v, want one %s", got, c.class)
			}
			if c.undo != nil {
				err = c.undo()
			}
			if err := join(err, write(file, text)); err != nil {
				t.Fatal(err)
			}
			if got := h.judged(t, "v1"); len(got) != 0 {
				t.Fatalf("a false alarm: %+v", got)
			}
			count("ways to damage a file of a version, each found and classed", 1)
		})
	}
}

func join(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
