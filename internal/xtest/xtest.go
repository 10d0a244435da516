// Package xtest holds what the tests of several packages share: where the
// shared data are, and which outside programs judge our output.
//
// A missing part skips the test with a message, except when
// EXOPLANETAI_REQUIRE is set, as .ci/run does: then it fails.
package xtest

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Root returns the folder that holds go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test's folder")
		}
	}
}

// Shared returns a path below the shared data folder: EXOPLANETAI_SHARED, or
// the folder "shared" beside the project's root.
func Shared(t testing.TB, rel string) string {
	t.Helper()
	base := os.Getenv("EXOPLANETAI_SHARED")
	if base == "" {
		base = filepath.Join(filepath.Dir(Root(t)), "shared")
	}
	p := filepath.Join(base, filepath.FromSlash(rel))
	if _, err := os.Stat(p); err != nil {
		missing(t, "shared data %s: %v", rel, err)
	}
	return p
}

// Gunzip returns what a gzipped file of the shared data holds.
func Gunzip(t testing.TB, rel string) []byte {
	t.Helper()
	f, err := os.Open(Shared(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatalf("%s: %v", rel, err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", rel, err)
	}
	return b
}

// Glob returns the shared files that match the pattern, at least one.
func Glob(t testing.TB, pattern string) []string {
	t.Helper()
	dir := Shared(t, filepath.Dir(strings.SplitN(pattern, "*", 2)[0]+"x"))
	files, err := filepath.Glob(filepath.Join(Shared(t, "."), filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		missing(t, "no file matches %s in %s (%v)", pattern, dir, err)
	}
	return files
}

// Tool returns the path of an outside program.
func Tool(t testing.TB, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		missing(t, "program %s is not installed", name)
	}
	return p
}

// Python runs a script with Debian's Python, which has astropy and astroquery,
// and returns what it printed. A failing script fails the test.
func Python(t testing.TB, script string, args ...string) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import astropy").Run(); err != nil {
		missing(t, "Debian's python3-astropy is not installed")
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(python, append([]string{"-c", script}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("python: %v\n%s%s", err, out.String(), errs.String())
	}
	return out.String()
}

func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("EXOPLANETAI_REQUIRE") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
