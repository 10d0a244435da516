package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// linesOf is all that a store says of its lines: rows with offsets, notes, and
// the checksum files.
func linesOf(t *testing.T, b *bench) string {
	t.Helper()
	var s strings.Builder
	for _, q := range []string{
		`SELECT path || ' ' || line || ' ' || meta_line FROM files ORDER BY path`,
		`SELECT name || ' ' || value FROM tree WHERE value > 0 AND name LIKE 'checksums/%' ORDER BY name`,
	} {
		rows, err := b.db.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			s.WriteString(text + "\n")
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(b.dir, "checksums", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&s, "%s\n%s", filepath.Base(f), text)
	}
	return s.String()
}

// sidecarReads is a disk that counts how often a sidecar is opened.
type sidecarReads struct {
	fsys.FS
	n atomic.Int64 // files are read side by side
}

func (d *sidecarReads) OpenFile(name string, flag int, perm os.FileMode) (fsys.File, error) {
	if strings.HasPrefix(name, "metadata/raw") || strings.HasPrefix(name, "metadata/processed") {
		d.n.Add(1)
	}
	return d.FS.OpenFile(name, flag, perm)
}

func TestForgettingLeavesWhatReindexWouldMake(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for round := range 12 {
		disk := &sidecarReads{}
		b := open(t, fastDir(t), func(o *store.Options) { disk.FS = o.FS; o.FS = disk })
		var paths []exo.Path
		for i := range 30 {
			p := fmt.Sprintf("%s/%0*d.csv", []string{"raw/nasa", "processed/v1", "raw/exofop"}[i%3], 1+rng.IntN(40), i)
			publish(t, b.Store, p, []byte(p))
			paths = append(paths, exo.Path(p))
		}
		rng.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		disk.n.Store(0)
		gone := paths[:[]int{1, 2, 10, 29, 30}[round%5]] // at last all
		if err := b.Forget(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if n := disk.n.Load(); n > 0 {
			t.Errorf("%d sidecars were read to forget %d files", n, len(gone))
		}
		fullyVerified(t, b, "after forgetting")
		after := linesOf(t, b)
		if r, err := b.Reindex(t.Context(), nil); err != nil || len(r.Damaged) > 0 || r.Files != int64(len(paths)-len(gone)) {
			t.Fatalf("%+v %v", r, err)
		}
		if again := linesOf(t, b); again != after {
			t.Fatalf("%d of %d forgotten: it was\n%sand reindex makes\n%s", len(gone), len(paths), after, again)
		}
		publish(t, b.Store, string(gone[0]), []byte("anew"))
		fullyVerified(t, b, "after a publication")
	}
}

func TestForgettingBesideADamagedChecksumFileMendsIt(t *testing.T) {
	for what, spoil := range map[string]func(text []byte) []byte{
		"a byte of a line that stays is another": func(text []byte) []byte { text[70] = '\x01'; return text },
		"the last line is torn":                  func(text []byte) []byte { return append(text, "abc"...) },
		"a line stands twice":                    func(text []byte) []byte { return append(text, text[:strings.IndexByte(string(text), '\n')+1]...) },
	} {
		t.Run(what, func(t *testing.T) {
			b := open(t, fastDir(t))
			forgettable(t, b)
			name := filepath.Join(b.dir, "checksums/raw.sha256")
			text, err := os.ReadFile(name)
			if err == nil {
				err = os.WriteFile(name, spoil(text), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Forget(t.Context(), unkept); err != nil {
				t.Fatal(err)
			}
			if gone, problem := forgottenOrNot(b); !gone || problem != "" {
				t.Errorf("%t %s", gone, problem)
			}
			checkSums(t, b.dir)
		})
	}
}
