package backup_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/backup"
)

// What happens after the moment of a backup, before its bytes are read, is not in it.
func TestABackupIsTheTreeOfOneMoment(t *testing.T) {
	b := setUp(t)
	lines := "checksums/raw.sha256"
	sum, err := os.ReadFile(filepath.Join(b.data, lines))
	if err != nil {
		t.Fatal(err)
	}
	b.write("versions/doomed/x", []byte("the user deletes it"))
	moments := 0
	b.o.Still = func(ctx context.Context, do func(context.Context) error) error {
		moments++
		err := do(ctx)
		if moments == 1 {
			b.write("raw/nasa/later.csv", []byte("published later"))
			b.write(lines, fmt.Appendf(sum, "%x  raw/nasa/later.csv\n", sha256.Sum256([]byte("published later"))))
			if err := os.Remove(filepath.Join(b.data, "versions/doomed/x")); err != nil {
				t.Error(err)
			}
		}
		if moments == 2 { // the second moment has what came after the first, and no more
			b.write("raw/nasa/last.csv", []byte("published last"))
		}
		return err
	}
	s := b.service()
	made := b.create(s)
	if moments != 2 {
		t.Errorf("%d moments, want another one for the file that went", moments)
	}
	to := filepath.Join(b.base, "again")
	if _, err := s.Restore(t.Context(), backup.RestoreOptions{To: to, Paths: []string{lines, "raw", "versions"}}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(to, lines))
	if err != nil || !strings.HasPrefix(string(got), string(sum)) || strings.Count(string(got), "later.csv") != 1 {
		t.Errorf("the list came back as %q %v", got, err)
	}
	for name, want := range map[string]bool{"raw/nasa/later.csv": true, "raw/nasa/last.csv": false, "versions/doomed/x": false} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != want {
			t.Errorf("%s of %s: %v", name, made.Snapshot, err)
		}
	}
}

// A list that grew is read as long as it was; one that was cut is no such list.
func TestAListThatGrowsIsReadAsItWas(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(string) string
		moments int
	}{
		"grown": {func(s string) string { return s + s }, 1},
		"cut":   {func(s string) string { return s[:10] }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := setUp(t)
			lines := "checksums/raw.sha256"
			sum, err := os.ReadFile(filepath.Join(b.data, lines))
			if err != nil {
				t.Fatal(err)
			}
			moments := 0
			b.o.Still = func(ctx context.Context, do func(context.Context) error) error {
				err := do(ctx)
				if moments++; moments == 1 {
					b.write(lines, []byte(c.change(string(sum))))
				} else {
					b.write(lines, sum)
				}
				return err
			}
			if name == "cut" { // the moment after has it whole again
				still := b.o.Still
				b.o.Still = func(ctx context.Context, do func(context.Context) error) error {
					b.write(lines, sum)
					return still(ctx, do)
				}
			}
			s := b.service()
			b.create(s)
			to := filepath.Join(b.base, "again")
			if _, err := s.Restore(t.Context(), backup.RestoreOptions{To: to}, nil); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(to, lines))
			if err != nil || string(got) != string(sum) || moments != c.moments {
				t.Errorf("%q %v after %d moments", got, err, moments)
			}
		})
	}
}
