package main_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of 16 MiB as the data folder.
func (h home) smallDisk(t *testing.T) {
	t.Helper()
	mount(t, h.data(), "16m")
}

// mount mounts a file system of some size at a folder.
func mount(t *testing.T, at, size string) {
	t.Helper()
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		if os.Getenv("EXOPLANETAI_MOUNT") != "" {
			t.Fatalf("a file system cannot be mounted, though it could before: %v", err)
		}
		skipped()
		t.Skipf("this system does not let the test mount a file system (%v); run it as root", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, 0); err != nil {
			t.Error(err)
		}
	})
}

// fill takes the disk but for some bytes, and returns how to free it again.
func (h home) fill(t *testing.T, but int64) (free func()) {
	t.Helper()
	return fill(t, filepath.Join(h.data(), "cache", "ballast"), but)
}

// fill takes the disk of a file, as that file, but for some bytes.
func fill(t *testing.T, name string, but int64) (free func()) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(name), &st); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, make([]byte, max(0, int64(st.Bavail)*st.Bsize-but)), 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// TestFullDisk fills a real disk at several points of each act. What is refused
// says so, what is held can be read, and when there is room again the act ends
// with the bytes of an undisturbed one.
func TestFullDisk(t *testing.T) {
	_, web := archives(t, nil)
	all := acts()
	for _, name := range []string{"ingest of a table", "ingest of a light curve", "preprocessing", "version", "restore", "backup"} {
		act := all[name]
		t.Run(name, func(t *testing.T) {
			undisturbed := newHome(t, web)
			undisturbed.acknowledge(t)
			act.ready(t, undisturbed)
			undisturbed.must(t, nil, act.line...)
			want := undisturbed.contents(t)
			refused, rooms := 0, []int64{0, 4 << 10, 64 << 10, 200 << 10}
			for _, left := range rooms {
				h := newHome(t, web)
				h.smallDisk(t)
				path, sum := h.acknowledge(t)
				act.ready(t, h)
				free := h.fill(t, left)
				if h.full(t, act.line...) {
					refused++
				}
				if got := digest(t, filepath.Join(h.data(), path)); got != sum {
					t.Fatalf("%d bytes left: %s is now %s", left, path, got)
				}
				h.must(t, nil, "storage", "stats")
				free()
				if act.again == nil || act.again(t, h) {
					h.must(t, nil, act.line...)
				}
				h.whole(t)
				if act.after != nil {
					act.after(t, h)
				}
				if got := h.contents(t); !maps.Equal(got, want) {
					t.Fatalf("%d bytes left: the tree holds\n%v\nwant\n%v", left, got, want)
				}
			}
			if refused == 0 {
				t.Error("no disk was full")
			}
			count("acts on a full disk of 16 MiB, then freed: "+name, len(rooms))
			t.Logf("%d of %d acts were refused", refused, len(rooms))
		})
	}
}

// full runs an act on a full disk and reports whether it was refused: then the
// refusal must say that the disk is full.
func (h home) full(t *testing.T, line ...string) bool {
	t.Helper()
	cmd := h.command(append(line, "--json")...)
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Run(); err == nil {
		return false
	}
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	var doc struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &doc); err != nil || doc.Error.Code != "Full" {
		t.Errorf("%v on a full disk: %s", line, clip(errs.String()))
	}
	return true
}
