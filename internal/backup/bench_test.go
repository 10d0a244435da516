package backup_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/fsys"
)

// BenchmarkDrill backs up a gigabyte in 500 files that cannot be compressed,
// tries whether it comes back, and backs up once more after one file came.
//
//	go test -run '^$' -bench Drill -benchtime 1x ./internal/backup
func BenchmarkDrill(b *testing.B) {
	const files, size = 500, 2_000_000
	for b.Loop() {
		base := b.TempDir()
		data := filepath.Join(base, "data")
		var sums strings.Builder
		rng := rand.NewChaCha8([32]byte{1})
		put := func(i int) {
			body := make([]byte, size)
			_, _ = rng.Read(body) // never fails
			name := fmt.Sprintf("lightcurves/tess/%04d.fits", i)
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(body), name)
			for name, body := range map[string][]byte{name: body, "checksums/lightcurves.sha256": []byte(sums.String())} {
				full := filepath.Join(data, name)
				if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
					b.Fatal(err)
				}
				if err := os.WriteFile(full, body, 0o644); err != nil {
					b.Fatal(err)
				}
			}
		}
		for i := range files {
			put(i)
		}
		fs, err := fsys.OpenDir(data, false)
		if err != nil {
			b.Fatal(err)
		}
		s, err := backup.New(backup.Options{FS: fs, DataPath: data, Repository: filepath.Join(base, "repository"), Password: password,
			Clock: time.Now, StateDir: filepath.Join(base, "state")})
		if err != nil {
			b.Fatal(err)
		}
		create := func() backup.Result {
			r, err := s.Create(b.Context(), backup.CreateOptions{Force: true}, nil)
			if err != nil {
				b.Fatal(err)
			}
			return r
		}
		first := create()
		d, err := s.Drill(b.Context(), backup.DrillOptions{}, nil)
		if err != nil || !d.OK || d.Compared != files || d.Bytes < files*size {
			b.Fatalf("%+v %v", d, err)
		}
		put(files)
		second := create()
		same := create()
		b.ReportMetric(first.DurationS, "s/first")
		b.ReportMetric(d.DurationS, "s/drill")
		b.ReportMetric(second.DurationS, "s/second")
		b.ReportMetric(float64(second.UploadedBytes)/1e6, "MB-added/second")
		b.ReportMetric(same.DurationS, "s/unchanged")
		b.ReportMetric(float64(same.UploadedBytes)/1e6, "MB-added/unchanged")
		b.ReportMetric(peak(b), "MB-peak")
		if err := fs.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// peak is the most memory that the process has had, in MB; 0 where the system
// does not tell.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	line, _, _ := strings.Cut(rest, "kB")
	kb, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb * 1024 / 1e6
}
