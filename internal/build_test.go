package internal_test

import (
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"exoplanetai/internal/xtest"
)

// TestTwoBuildsAreEqual builds the program in two folders as a release is built:
// nothing of the folder, the machine or the day may be in it. By night each build
// starts from nothing; by day they share what the compiler keeps.
func TestTwoBuildsAreEqual(t *testing.T) { // S17
	var sums [2][sha256.Size]byte
	for i := range sums {
		dir := filepath.Join(t.TempDir(), []string{"one", "another/place"}[i])
		copySources(t, dir)
		program := filepath.Join(t.TempDir(), "program")
		build := exec.CommandContext(t.Context(), xtest.Tool(t, "go"), "build", "-trimpath", "-buildvcs=false", "-o", program, "./cmd/exoplanetai")
		build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if xtest.Nightly() {
			build.Env = append(build.Env, "GOCACHE="+filepath.Join(t.TempDir(), "cache"))
		}
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		f, err := os.Open(program)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		h.Sum(sums[i][:0])
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds have the digests %x and %x", sums[0], sums[1])
	}
}

// copySources copies what the program is built from.
func copySources(t *testing.T, to string) {
	t.Helper()
	from := os.DirFS("..")
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == ".git" || base == "testdata" || base == "docs" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
