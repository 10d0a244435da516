package main_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheDiskOfTheBackupsIsFull fills the disk of the repository, not that of the
// data, at several points of a backup. It is refused soon, and as what it is; the
// backups from before are whole, nothing of the refused one takes room, and when
// there is room again the next one succeeds.
func TestTheDiskOfTheBackupsIsFull(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	disk := filepath.Join(t.TempDir(), "disk")
	mount(t, disk, "24m")
	h := newHome(t, web).with("BACKUP_REPOSITORY=" + filepath.Join(disk, "repository"))
	h.acknowledge(t)
	for _, left := range []int64{0, 4 << 10} { // the first backup, too, which makes the repository
		free := fill(t, filepath.Join(disk, "ballast"), left)
		h.noRoomForBackups(t)
		free()
		count("backups to a full disk of their own, refused, the former ones whole", 1)
	}
	h.must(t, nil, "backup", "create")
	big := filepath.Join(h.data(), "lightcurves", "big.fits")
	noise := make([]byte, 24<<20)
	rng := rand.NewChaCha8([32]byte{7})
	_, _ = rng.Read(noise) // never fails
	for _, left := range []int64{0, 64 << 10, 16 << 20} {
		if err := os.WriteFile(big, noise, 0o600); err != nil {
			t.Fatal(err)
		}
		free := fill(t, filepath.Join(disk, "ballast"), left)
		began := time.Now()
		h.noRoomForBackups(t)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%d bytes left: refused after %v", left, took)
		}
		var list struct{ Backups []struct{ ID string } }
		if h.must(t, &list, "backup", "list"); len(list.Backups) != 1 {
			t.Fatalf("%d bytes left: %d backups, want 1", left, len(list.Backups))
		}
		h.must(t, nil, "backup", "verify")
		if waste, err := filepath.Glob(filepath.Join(disk, "repository", "*", "*", "*.tmp.*")); err != nil || len(waste) > 0 {
			t.Errorf("%d bytes left: %d files left in the repository, %v", left, len(waste), err)
		}
		if err := os.Remove(big); err != nil {
			t.Fatal(err)
		}
		free()
		count("backups to a full disk of their own, refused, the former ones whole", 1)
	}
	h.must(t, nil, "ingest", "table", "k2")
	h.must(t, nil, "backup", "create")
	h.must(t, nil, "backup", "drill")
}

// noRoomForBackups makes a backup that must be refused because the disk of the
// backups is full.
func (h home) noRoomForBackups(t *testing.T) {
	t.Helper()
	var errs bytes.Buffer
	cmd := h.command("backup", "create", "--json")
	cmd.Stderr = &errs
	err := cmd.Run()
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	var doc struct {
		Error struct{ Code, Message, Hint string }
	}
	if jerr := json.Unmarshal([]byte(lines[len(lines)-1]), &doc); err == nil || jerr != nil || doc.Error.Code != "Full" ||
		!strings.Contains(doc.Error.Message, "backups") || !strings.Contains(doc.Error.Hint, "backup") || strings.Contains(doc.Error.Hint, "the data") {
		t.Errorf("%v, %s", err, clip(errs.String()))
	}
}
