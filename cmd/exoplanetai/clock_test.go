package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/ingest"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/version"
)

const year = 365 * 24 * time.Hour

// shifted builds the program once more, with a clock that is CLOCK_AHEAD of the
// machine's: the one line that gives it its clock is another, the rest is the same.
var shifted = sync.OnceValues(func() (string, error) {
	const file, line = "../../internal/app/run.go", "clock: time.Now,"
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), line); n != 1 {
		return "", fmt.Errorf("%s has %q %d times", file, line, n)
	}
	other := strings.Replace(string(text), line, `clock: func() time.Time {
			ahead, err := time.ParseDuration(getenv("CLOCK_AHEAD"))
			if err != nil {
				panic(err)
			}
			return time.Now().Add(ahead)
		},`, 1)
	at, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(binary)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{at: filepath.Join(dir, "run.go")}})
	if err != nil {
		return "", err
	}
	if err := join(os.WriteFile(filepath.Join(dir, "run.go"), []byte(other), 0o600), os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600)); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "exoplanetai-shifted")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", name, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %v\n%s", err, out)
	}
	return name, nil
})

// ahead is the home whose clock is ahead of the machine's; one below zero is behind it.
func (h home) ahead(t *testing.T, by time.Duration) home {
	t.Helper()
	name, err := shifted()
	if err != nil {
		t.Fatal(err)
	}
	h = h.with("CLOCK_AHEAD=" + by.String())
	h.program = name
	return h
}

// renamed is the home on a machine of another name.
func (h home) renamed(t *testing.T, name string) home {
	t.Helper()
	h.through = []string{"unshare", "-u", "sh", "-c", `hostname "$0" && exec "$@"`, name}
	out, err := exec.Command("unshare", "-u", "sh", "-c", `hostname "$0" && hostname`, name).CombinedOutput()
	if err != nil {
		skipped()
		t.Skipf("this system does not let the test change the name of the machine (%v); run it as root: %s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != name {
		t.Fatalf("the machine is called %q, want %q", got, name)
	}
	return h
}

// era is a visit to the same folder by a program under other circumstances.
type era struct {
	home
	update string // state of the archive's table
}

// TestTheClockJumps goes on with a folder while the clock is right, a year ahead,
// a year behind, and right again (R12). What was made last is the newest table,
// and the parent of the next version, whatever the clock said when it was made.
func TestTheClockJumps(t *testing.T) {
	t.Parallel()
	sky, web := archives(t, nil)
	h := newHome(t, web)
	liveThrough(t, sky, h, []era{{h.ahead(t, 0), "1"}, {h.ahead(t, year), "2"}, {h.ahead(t, -year), "3"}, {h.ahead(t, 0), "4"}})
	count("clocks that jumped a year, the folder used on", 3)
}

// TestTheMachineIsRenamed goes on with a folder on a machine of another name.
func TestTheMachineIsRenamed(t *testing.T) {
	t.Parallel()
	sky, web := archives(t, nil)
	h := newHome(t, web)
	liveThrough(t, sky, h, []era{{h, "1"}, {h.renamed(t, "elsewhere"), "2"}, {h.renamed(t, "a.third.example"), "3"}, {h, "4"}})
	count("names of a machine that changed, the folder used on", 3)
}

// liveThrough ingests, versions, verifies, backs up and restores in each era.
func liveThrough(t *testing.T, sky *sample.Server, h home, eras []era) {
	t.Helper()
	var names []string // of the versions, in the order in which they were made
	held := map[string]string{}
	for i, e := range eras {
		if err := sky.SetFaults(sample.Fault{Name: "exofop.update", Value: e.update}); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("v%d", i+1)
		what := "era " + name
		var got, again ingest.TableResult
		e.must(t, &got, "ingest", "table", "toi", "--force-refresh")
		if got.Source != "archive" || held[got.Checksum.Hex()] != "" {
			t.Fatalf("%s: the table that changed came from %s, with the bytes of %q", what, got.Source, held[got.Checksum.Hex()])
		}
		held[got.Checksum.Hex()] = name
		if e.must(t, &again, "ingest", "table", "toi"); again.Checksum != got.Checksum || again.RawPath != got.RawPath {
			t.Errorf("%s: the newest table is %s, want %s", what, again.RawPath, got.RawPath)
		}
		e.must(t, nil, "ingest", "lightcurve", "EPIC 201912552")
		e.must(t, nil, "preprocess", "lightcurve", "EPIC 201912552", "--profile", "transit")
		e.must(t, nil, "version", "create", name)
		names = append(names, name)
		e.ordered(t, names)
		e.whole(t)
		e.must(t, nil, "version", "verify", name)
		if i > 0 {
			var d version.Diff
			e.must(t, &d, "version", "diff", names[i-1], name)
			at := slices.IndexFunc(d.Tables, func(x version.TableDiff) bool { return x.Table == "toi" })
			if at < 0 || d.Tables[at].To != got.RawPath || d.Tables[at].Changed == 0 {
				t.Errorf("%s: differs from %s by the tables %+v", what, names[i-1], d.Tables)
			}
		}
		e.restores(t, names, string(got.RawPath))
	}
	eras[1].must(t, nil, "backup", "create", "--force")
	eras[2].must(t, nil, "backup", "verify")
	intact(names...)(t, h)
}

// ordered requires the versions in the order in which they were made, newest
// first, each with the one before as its parent, and times that tell the same.
func (h home) ordered(t *testing.T, names []string) {
	t.Helper()
	var doc struct{ Versions []version.Summary }
	h.must(t, &doc, "version", "list")
	if len(doc.Versions) != len(names) {
		t.Fatalf("%d versions, want %v", len(doc.Versions), names)
	}
	for i, v := range doc.Versions {
		at := len(names) - 1 - i
		parent := ""
		if v.ParentVersion != nil {
			parent = string(*v.ParentVersion)
		}
		if want := append([]string{""}, names...)[at]; string(v.Version) != names[at] || parent != want {
			t.Errorf("version %d is %s after %q, want %s after %q", at+1, v.Version, parent, names[at], want)
		}
		if i > 0 && !v.CreatedAt.Before(doc.Versions[i-1].CreatedAt) {
			t.Errorf("%s was made at %s, %s after it at %s", v.Version, v.CreatedAt, doc.Versions[i-1].Version, doc.Versions[i-1].CreatedAt)
		}
	}
}

// restores damages the newest table and has it back from the newest version, and
// brings the first version back to a folder.
func (h home) restores(t *testing.T, names []string, table string) {
	t.Helper()
	last := names[len(names)-1]
	before := h.files(t, "raw", "lightcurves", "processed")
	flip(t, filepath.Join(h.data(), table), 500)
	var r version.RestoreReport
	if h.must(t, &r, "version", "restore", last); len(r.Restored) != 1 || string(r.Restored[0]) != table {
		t.Errorf("restored %v, want %s", r.Restored, table)
	}
	if after := h.files(t, "raw", "lightcurves", "processed"); !maps.Equal(after, before) {
		t.Errorf("after restoring %s the tree is another", last)
	}
	folder := filepath.Join(h.dir, "of-"+last)
	h.must(t, nil, "version", "restore", names[0], "--to", folder)
	for path, sum := range h.files(t, "versions/"+names[0]+"/files") {
		rel := strings.TrimPrefix(path, "versions/"+names[0]+"/files/")
		if got := digest(t, filepath.Join(folder, filepath.FromSlash(rel))); got != sum {
			t.Errorf("%s of %s was restored as %s", rel, names[0], got)
		}
	}
}
