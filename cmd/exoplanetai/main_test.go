package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/sample"
	"exoplanetai/internal/universe"
	"exoplanetai/internal/xtest"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "exoplanetai")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "exoplanetai")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		code := m.Run()
		if code == 0 {
			if err := settle(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return code
	}())
}

// archives starts sample archives on loopback: a folder of real files, or the
// synthetic universe when data is nil.
func archives(t *testing.T, data fs.FS) (*sample.Server, string) {
	t.Helper()
	o := sample.Options{Data: data, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}
	if data == nil {
		o.Universe = universe.New(1)
	}
	s, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return s, web.URL
}

// home is one user's folder: a data tree, and a configuration that names the
// sample archives as all four sources.
type home struct {
	dir  string
	env  []string
	tree string // the data tree; empty: the folder data

	program string   // empty: the program under test
	through []string // a command that runs it
}

func newHome(t *testing.T, archive string) home {
	t.Helper()
	h := home{dir: t.TempDir()}
	var b strings.Builder
	b.WriteString("data_sources:\n")
	for _, source := range []string{"nasa_archive", "mast", "exofop", "esa"} {
		fmt.Fprintf(&b, "  %s:\n    base_url: %q\n    retry_attempts: 1\n", source, archive)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "data_config.yaml"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(h.dir, "password")
	if err := os.WriteFile(password, []byte("a password for tests\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "DATA_PATH=" + h.data(),
		"BACKUP_REPOSITORY=" + filepath.Join(h.dir, "backup"), "BACKUP_PASSWORD_FILE=" + password}
	return h
}

func (h home) data() string {
	if h.tree != "" {
		return h.tree
	}
	return filepath.Join(h.dir, "data")
}

func (h home) command(args ...string) *exec.Cmd {
	line := append(append(slices.Clone(h.through), cmp.Or(h.program, binary)), args...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir, cmd.Env = h.dir, h.env
	return cmd
}

// run runs a command to its end and returns its standard output and status.
func (h home) run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := h.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Logf("%s: exit %d: %s", strings.Join(args, " "), exit.ExitCode(), clip(errs.String()))
		return out.String(), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), 0
}

// must runs a command that has to succeed and decodes its JSON answer.
func (h home) must(t *testing.T, into any, args ...string) {
	t.Helper()
	out, code := h.run(t, append(args, "--json")...)
	if code != 0 {
		t.Fatalf("%s: exit %d\n%s", strings.Join(args, " "), code, clip(out))
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, clip(out))
	}
}

// whole checks a tree with the program's own eyes and with sha256sum's.
func (h home) whole(t *testing.T) {
	t.Helper()
	if out, code := h.run(t, "storage", "verify", "--json"); code != 0 {
		t.Fatalf("storage verify: exit %d\n%s", code, clip(out))
	}
	sums, err := filepath.Glob(filepath.Join(h.data(), "checksums", "*.sha256"))
	if err != nil || len(sums) == 0 {
		t.Fatalf("no checksum files: %v", err)
	}
	for i, s := range sums {
		sums[i] = filepath.Join("checksums", filepath.Base(s))
	}
	cmd := exec.Command(xtest.Tool(t, "sha256sum"), append([]string{"-c", "--strict", "--quiet"}, sums...)...)
	cmd.Dir = h.data()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sha256sum -c: %v\n%s", err, clip(string(out)))
	}
	left := h.files(t, ".staging")
	for name := range left { // what a shared tree keeps there
		if strings.HasSuffix(name, ".lock") || name == ".staging/database" {
			delete(left, name)
		}
	}
	if len(left) > 0 {
		t.Fatalf("staging holds %v", left)
	}
}

// files returns the digest of every data file below the folders, by path.
func (h home) files(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range folders {
		root := filepath.Join(h.data(), folder)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(h.data(), path)
			if err != nil {
				return err
			}
			found[filepath.ToSlash(rel)] = digest(t, path)
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return found
}

func clip(s string) string {
	const limit = 2000
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
