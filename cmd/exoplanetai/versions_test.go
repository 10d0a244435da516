package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/xtest"
)

// versioned makes a first version and something new for a second.
func versioned(t *testing.T, h home) {
	t.Helper()
	h.must(t, nil, "version", "create", "v1")
	h.must(t, nil, "ingest", "table", "k2")
}

// damaged makes a version of a light curve and a table, and then turns a bit
// over in the table, of which the version has bytes of its own.
func damaged(t *testing.T, h home) {
	t.Helper()
	h.must(t, nil, "ingest", "table", "k2")
	h.must(t, nil, "version", "create", "v1")
	tables, err := filepath.Glob(filepath.Join(h.data(), "raw", "nasa", "*.csv"))
	if err != nil || len(tables) != 1 {
		t.Fatalf("%v, %v", tables, err)
	}
	flip(t, tables[0], 1000)
}

// flip turns one bit over, as a bad disk does: permissions stay.
func flip(t *testing.T, name string, at int64) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b := []byte{text[at] ^ 4}
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(b, at)
	if cerr := f.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	if err := os.Chmod(name, info.Mode()); err != nil {
		t.Fatal(err)
	}
}

// versions lists the versions, sorted.
func (h home) versions(t *testing.T) []string {
	t.Helper()
	var doc struct{ Versions []struct{ Version string } }
	h.must(t, &doc, "version", "list")
	names := []string{}
	for _, v := range doc.Versions {
		names = append(names, v.Version)
	}
	slices.Sort(names)
	return names
}

func lacks(name string) func(*testing.T, home) bool {
	return func(t *testing.T, h home) bool { return !slices.Contains(h.versions(t), name) }
}

func holds(name string) func(*testing.T, home) bool {
	return func(t *testing.T, h home) bool { return slices.Contains(h.versions(t), name) }
}

// intact requires just these versions, each whole, nothing half-made beside
// them, and a record that system Git finds nothing wrong with.
func intact(want ...string) func(*testing.T, home) {
	return func(t *testing.T, h home) {
		t.Helper()
		if want == nil {
			want = []string{}
		}
		if got := h.versions(t); !slices.Equal(got, want) {
			t.Fatalf("versions %v, want %v", got, want)
		}
		for _, name := range want {
			if out, code := h.run(t, "version", "verify", name, "--json"); code != 0 {
				t.Fatalf("version verify %s: exit %d\n%s", name, code, clip(out))
			}
		}
		entries, err := os.ReadDir(filepath.Join(h.data(), "versions"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != ".git" && !slices.Contains(want, e.Name()) {
				t.Fatalf("versions holds %s beside %v", e.Name(), want)
			}
		}
		cmd := exec.Command(xtest.Tool(t, "git"), "-C", filepath.Join(h.data(), "versions"), "fsck", "--full", "--strict")
		cmd.Env = append(h.env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "error") {
			t.Fatalf("git fsck: %v\n%s", err, out)
		}
	}
}

// backedUp takes a first backup and adds something new for a second.
func backedUp(t *testing.T, h home) {
	t.Helper()
	h.must(t, nil, "backup", "create", "--force")
	h.must(t, nil, "ingest", "table", "k2")
}

// safe tries whether the newest backup can be had back.
func safe(t *testing.T, h home) {
	t.Helper()
	h.must(t, nil, "backup", "drill")
}
