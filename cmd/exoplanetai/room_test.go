package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/maintain"
)

// TestCleanupAndRepairOnAFullDisk damages a file on a disk that is then filled
// (R4). storage cleanup works on the full disk, and what it frees is enough for the
// repair. Where there is no cache to free, the repair ends well or is refused as
// Full with what to do, and ends well once a person has made room.
func TestCleanupAndRepairOnAFullDisk(t *testing.T) {
	_, web := archives(t, nil)
	rooms, refused := []int64{0, 4 << 10, 64 << 10}, 0
	for _, left := range rooms {
		for _, cached := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d bytes left, a cache %v", left, cached), func(t *testing.T) {
				h := newHome(t, web)
				h.smallDisk(t)
				path, sum := h.acknowledge(t)
				damaged(t, h)
				if cached {
					h.cached(t, 4, 512<<10)
				}
				free := h.fill(t, left)
				if cached {
					h.must(t, nil, "storage", "cleanup", "--max-age-days", "0")
				} else {
					if h.advised(t, "storage", "repair", "--yes") {
						refused++
						h.fullCleanup(t)
					}
					free()
				}
				h.must(t, nil, "storage", "repair", "--yes")
				if got := digest(t, filepath.Join(h.data(), path)); got != sum {
					t.Errorf("%s is now %s", path, got)
				}
				h.whole(t)
				intact("v1")(t, h)
				count("cleanups and repairs on a full disk of 16 MiB", 1)
			})
		}
	}
	if refused == 0 {
		t.Error("no repair was refused")
	}
	t.Logf("%d repairs were refused", refused)
}

// cached puts answers into the cache.
func (h home) cached(t *testing.T, n, size int) {
	t.Helper()
	dir := filepath.Join(h.data(), "cache")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		name := sha256.Sum256([]byte{byte(i)})
		if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(name[:])+".entry"), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fullCleanup cleans up where nothing may go: that is told, or refused like the rest.
func (h home) fullCleanup(t *testing.T) {
	t.Helper()
	if h.advised(t, "storage", "cleanup", "--max-age-days", "0") {
		return
	}
	var r maintain.CleanupReport
	if h.must(t, &r, "storage", "cleanup", "--max-age-days", "0"); r.NeededBytes == 0 {
		t.Errorf("a cleanup that finds nothing does not tell what the disk wants: %+v", r)
	}
}

// advised runs a command on a full disk and reports whether it was refused as
// Full, with a hint that names the cleanup.
func (h home) advised(t *testing.T, line ...string) bool {
	t.Helper()
	cmd := h.command(append(line, "--json")...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err == nil {
		return false
	}
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	var doc struct {
		Error struct{ Code, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &doc); err != nil || doc.Error.Code != "Full" || !strings.Contains(doc.Error.Hint, "exoplanetai storage cleanup") {
		t.Errorf("%v on a full disk, exit %d: %s\n%s", line, cmd.ProcessState.ExitCode(), clip(errs.String()), clip(out.String()))
	}
	return true
}
