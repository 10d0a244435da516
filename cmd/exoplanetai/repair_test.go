package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/xtest"
)

// found checks everything and returns what is damaged.
func (h home) found(t *testing.T) []bad {
	t.Helper()
	out, code := h.run(t, "storage", "verify", "--json")
	var doc struct{ Damaged []bad }
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("storage verify: exit %d, %v\n%s", code, err, clip(out))
	}
	if (code == 4) != (len(doc.Damaged) > 0) || code != 0 && code != 4 {
		t.Errorf("storage verify: exit %d with %d damages", code, len(doc.Damaged))
	}
	return doc.Damaged
}

// obey runs a printed command as somebody would who copies it into a shell and
// says yes, and returns what it prints.
func (h home) obey(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.Command(xtest.Tool(t, "sh"), "-c", line)
	cmd.Dir, cmd.Stdin = h.dir, strings.NewReader("yes\n")
	cmd.Env = append(slices.Clone(h.env), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if strings.HasPrefix(line, "mv ") { // the command says that it is to be run there
		cmd.Dir = h.data()
	}
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() == 4 && line == "exoplanetai storage reindex" {
		err = nil // it tells of lines that it could not read, and has written them anew; the next check judges
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", line, err, clip(string(out)), clip(errs.String()))
	}
	return string(out)
}

// mended runs the command of each damage and requires the tree to be as it was.
// It returns how many files each kind of source gave.
func (h home) mended(t *testing.T, damages []bad, before map[string]string) map[string]int {
	t.Helper()
	sources, done := map[string]int{}, map[string]bool{}
	for _, d := range damages {
		if done[d.Repair] {
			continue
		}
		done[d.Repair] = true
		for line := range strings.Lines(h.obey(t, d.Repair)) {
			if cells := strings.Split(line, "\t"); len(cells) == 4 && cells[1] == "repaired" {
				kind, _, _ := strings.Cut(cells[2], " ")
				sources[kind]++
			}
		}
	}
	if left := h.found(t); len(left) > 0 {
		t.Fatalf("after the printed commands: %+v", left)
	}
	if after := h.files(t, "raw", "lightcurves", "processed", "metadata/raw", "metadata/lightcurves", "metadata/processed", "versions/v1/files"); !maps.Equal(before, after) {
		t.Fatal("a file has other bytes than before the damage")
	}
	h.whole(t)
	return sources
}

// TestPrintedCommandsRepair damages 25 files that 7 versions share, and runs the
// command that is printed for each: with the archives and the versions' own
// copies, then, with neither, from a backup. It damages what describes the files
// too.
func TestPrintedCommandsRepair(t *testing.T) { // R7
	t.Parallel()
	const objects, releases = 25, 7
	_, web := archives(t, nil)
	h := newHome(t, web)
	populated(t, h)
	var names []string
	for n := range releases {
		names = append(names, fmt.Sprintf("v%d", n+1))
		h.must(t, nil, "version", "create", names[n])
	}
	h.must(t, nil, "backup", "create", "--force")
	before := h.files(t, "raw", "lightcurves", "processed", "metadata/raw", "metadata/lightcurves", "metadata/processed", "versions/v1/files")
	files := slices.Sorted(maps.Keys(h.files(t, "lightcurves", "raw", "processed")))
	if len(files) < objects {
		t.Fatalf("only %d files: %v", len(files), files)
	}
	files = files[:objects]
	spoil := func(t *testing.T, too ...string) []bad {
		t.Helper()
		for i, f := range files {
			flip(t, filepath.Join(h.data(), f), int64(10+i))
			for _, n := range too { // copies of the versions; the same bytes where they are linked
				if info, err := os.Stat(filepath.Join(h.data(), "versions", n, "files", f)); err != nil {
					t.Fatal(err)
				} else if same, err := os.Stat(filepath.Join(h.data(), f)); err != nil || os.SameFile(info, same) {
					continue
				}
				if name := filepath.Join(h.data(), "versions", n, "files", f); digest(t, name) == before["versions/v1/files/"+f] {
					flip(t, name, int64(20+i))
				}
			}
		}
		damages := h.found(t)
		for _, f := range files {
			at := slices.IndexFunc(damages, func(d bad) bool { return d.Path == f })
			if at < 0 {
				t.Errorf("%s is not listed", f)
				continue
			}
			d := damages[at]
			slices.Sort(d.Versions)
			star := []string{}
			switch {
			case strings.Contains(f, "lightcurves/tess/"), strings.HasPrefix(f, "raw/mast/") && len(d.Targets) > 0 && d.Targets[0] == "TIC 441420236":
				star = []string{"TIC 441420236"}
			case strings.Contains(f, "lightcurves/k2/"), strings.HasPrefix(f, "raw/mast/"):
				star = []string{"EPIC 201912552"}
			}
			if d.Class != "corrupt" || !slices.Equal(d.Versions, names) || !slices.Equal(d.Targets, star) || d.Repair != "exoplanetai storage repair "+f {
				t.Errorf("%+v", d)
			}
		}
		return damages
	}
	origin := h
	origin.env = slices.DeleteFunc(slices.Clone(h.env), func(s string) bool { return strings.HasPrefix(s, "BACKUP_") })
	sources := origin.mended(t, spoil(t), before)
	t.Logf("versions and archives: %v", sources)
	if sources["version"] == 0 || sources["origin"] == 0 || sources["version"]+sources["origin"] != objects {
		t.Errorf("the bytes came from %v", sources)
	}
	count("damaged files repaired by the printed command: from a version", sources["version"])
	count("damaged files repaired by the printed command: from the archive", sources["origin"])

	away := newHome(t, "http://127.0.0.1:1") // where nobody listens
	away.env = append(slices.Clone(h.env), "CONFIG_FILE="+filepath.Join(away.dir, "data_config.yaml"))
	away.dir = h.dir
	sources = away.mended(t, spoil(t, names...), before)
	t.Logf("neither: %v", sources)
	if sources["backup"] != objects {
		t.Errorf("the bytes came from %v", sources)
	}
	count("damaged files repaired by the printed command: from a backup", sources["backup"])
	h.mendsRest(t, before)
}

// mendsRest damages what describes the files, the versions and their record, and
// runs what is printed.
func (h home) mendsRest(t *testing.T, before map[string]string) {
	t.Helper()
	at := func(pattern string) string {
		list, err := filepath.Glob(filepath.Join(h.data(), pattern))
		if err != nil || len(list) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		return list[0]
	}
	for name, damage := range map[string]func() error{
		"a metadata record":     func() error { flip(t, at("metadata/raw/nasa/*.json"), 30); return nil },
		"no metadata record":    func() error { return os.Remove(at("metadata/lightcurves/tess/s0001/*.json")) },
		"a missing light curve": func() error { return os.Remove(at("lightcurves/tess/s0001/*.fits")) },
		"a writable table":      func() error { return os.Chmod(at("raw/nasa/*.csv"), 0o644) },
		"a checksum line":       func() error { flip(t, at("checksums/raw.sha256"), 5); return nil },
		"no checksum file":      func() error { return os.Remove(at("checksums/lightcurves.sha256")) },
		"a manifest":            func() error { flip(t, at("versions/v3/manifest.json"), 300); return nil },
		"the record's objects":  func() error { flip(t, at("versions/.git/objects/??/*"), 12); return nil },
		"the record's head":     func() error { return os.WriteFile(at("versions/.git/HEAD"), []byte("ref: refs/heads/x\n"), 0o644) },
		"the record's tag":      func() error { return os.Truncate(at("versions/.git/refs/tags/v2"), 0) },
		"a copy in a version":   func() error { return os.Remove(at("versions/v4/files/raw/nasa/*.csv")) },
		"a stranger": func() error {
			return os.WriteFile(filepath.Join(h.data(), "raw/nasa/it's mine.csv"), []byte("x"), 0o600)
		},
		"a stranger by versions": func() error { return os.WriteFile(filepath.Join(h.data(), "versions/notes.txt"), []byte("x"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			damages := h.found(t)
			if len(damages) == 0 {
				t.Fatal("nothing is found")
			}
			h.mended(t, damages, before)
			count("other damages repaired by the printed command", 1)
		})
	}
}
