package version_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// many is how many light curves a version of the benchmark holds.
const many = 100_000

// length is that of each: ten FITS blocks, a tenth of the shortest light curve
// that the archives hold, so that the copies for the peers fit on a disk.
const length = 28_800

// stock lays files into the tree and into the index, past the store: publishing
// them one by one is not what is measured.
func (b *bench) stock(tb testing.TB, from, to int) {
	tb.Helper()
	tx, err := b.db.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	text := make([]byte, length)
	for i := from; i < to; i++ {
		rand.NewChaCha8([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}).Read(text) // measured fluxes hardly compress
		p := exo.Path(fmt.Sprintf("lightcurves/tess/s%04d/tess-%016d-lc.fits", i/20_000+1, i))
		if err := os.MkdirAll(filepath.Dir(b.path(string(p))), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(b.path(string(p)), text, 0o444); err != nil {
			tb.Fatal(err)
		}
		m := store.Meta{Path: p, SHA256: exo.DigestOf(text), SizeBytes: length, RetrievedAt: noon, Kind: store.LightCurve, Program: "exoplanetai test"}
		meta, err := store.EncodeMeta(m)
		if err != nil {
			tb.Fatal(err)
		}
		_, err = tx.Exec(`INSERT INTO files(path, folder, kind, table_type, target, mission, author, sha256, size_bytes, retrieved_at, line, meta_line, meta)
			VALUES(?, 'lightcurves/tess', 'lightcurve', '', '', '', '', ?, ?, ?, -1, -1, ?)`, string(p), m.SHA256[:], m.SizeBytes, noon.UnixNano(), meta)
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkCreate makes a version of 100,000 light curves, a second one after
// 100 more came, and lets git and git-annex take the same files.
func BenchmarkCreate(b *testing.B) {
	t := open(b, b.TempDir())
	t.stock(b, 0, many)
	made := 0
	create := func(b *testing.B) {
		made++
		m, err := t.Create(context.Background(), version.CreateOptions{Name: fmt.Sprintf("v%d", made)})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(m.Links.Hard), "links")
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		b.ReportMetric(float64(mem.Sys)/1e6, "MB-from-system")
	}
	b.Run("first", func(b *testing.B) { // once: a second run would have a parent
		if made == 0 {
			create(b)
		}
	})
	next := many
	b.Run("second", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			t.stock(b, next, next+100)
			next += 100
			b.StartTimer()
			create(b)
		}
	})
	for name, steps := range map[string][][]string{
		"git":       {{"git", "init", "-q"}, {"git", "add", "."}, {"git", "commit", "-q", "-m", "v1"}},
		"git-annex": {{"git", "init", "-q"}, {"git", "annex", "init", "-q"}, {"git", "annex", "add", "-q", "."}, {"git", "commit", "-q", "-m", "v1"}},
	} {
		b.Run(name, func(b *testing.B) {
			if name == "git-annex" {
				if _, err := exec.LookPath(name); err != nil {
					b.Skip("git-annex is not installed")
				}
			}
			dir := b.TempDir()
			if out, err := exec.Command("cp", "-r", t.path("lightcurves"), dir).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			b.ResetTimer()
			for _, s := range steps {
				c := exec.Command(s[0], s[1:]...)
				c.Dir = dir
				c.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b.invalid", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b.invalid", "GIT_CONFIG_GLOBAL=/dev/null")
				if out, err := c.CombinedOutput(); err != nil {
					b.Fatalf("%v: %v\n%s", s, err, out)
				}
			}
		})
	}
}
