package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

// filled is a store of n files of the size, published in large acts.
func filled(b testing.TB, n, size int) *bench {
	b.Helper()
	s := open(b, fastDir(b))
	data := make([]byte, size)
	for from := 0; from < n; from += 500 {
		var items []store.Item
		for i := from; i < min(from+500, n); i++ {
			copy(data, fmt.Sprintf("%08d", i))
			m := meta(fmt.Sprintf("lightcurves/tess/s%04d/%08d.fits", i/5000, i))
			m.Kind, m.Mission, m.Target = store.LightCurve, exo.TESS, exo.TargetID{Catalog: exo.TIC, Number: uint64(i + 1)}
			items = append(items, store.Item{Staged: stage(b, s.Store, data), Meta: m})
		}
		if _, err := s.Publish(context.Background(), items...); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// Three benchmarks read the same files with as many workers as there are
// processors: HashOnly opens and hashes them, VerifyFull does what Verify does,
// and Sha256sum is the program of that name.

const fullFiles, fullSize = 200, 2 << 20

func BenchmarkHashOnly(b *testing.B) {
	s := filled(b, fullFiles, fullSize)
	b.SetBytes(fullFiles * fullSize)
	for b.Loop() {
		var next atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				buf := make([]byte, 256<<10)
				for i := next.Add(1) - 1; i < fullFiles; i = next.Add(1) - 1 {
					f, err := os.Open(filepath.Join(s.dir, fmt.Sprintf("lightcurves/tess/s0000/%08d.fits", i)))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.CopyBuffer(sha256.New(), onlyReader{f}, buf)
					_ = f.Close()
				}
			})
		}
		wg.Wait()
	}
}

func BenchmarkVerifyFull(b *testing.B) {
	s := filled(b, fullFiles, fullSize)
	b.SetBytes(fullFiles * fullSize)
	for b.Loop() {
		if rep, err := s.Verify(context.Background(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
			b.Fatal(err, rep.Damaged)
		}
	}
}

// BenchmarkSha256sum lets the program of the same name read the same files, with
// as many of its processes as there are processors.
func BenchmarkSha256sum(b *testing.B) {
	program := xtest.Tool(b, "sha256sum")
	s := filled(b, fullFiles, fullSize)
	b.SetBytes(fullFiles * fullSize)
	for b.Loop() {
		c := exec.Command("xargs", "-0", "-P", strconv.Itoa(runtime.GOMAXPROCS(0)), "-n", "20", program, "-b")
		c.Dir = filepath.Join(s.dir, "lightcurves/tess/s0000")
		names, err := filepath.Glob(c.Dir + "/*.fits")
		if err != nil || len(names) != fullFiles {
			b.Fatal(len(names), err)
		}
		c.Stdin = strings.NewReader(strings.Join(names, "\x00"))
		if out, err := c.CombinedOutput(); err != nil || bytes.Count(out, []byte("\n")) != fullFiles {
			b.Fatal(err)
		}
	}
}

// stock lays n files, their sidecars and their rows down past the store:
// publishing them one by one is not what is measured.
func (b *bench) stock(tb testing.TB, n, size int) {
	tb.Helper()
	tx, err := b.db.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	put := func(p exo.Path, text []byte) {
		full := filepath.Join(b.dir, string(p))
		err := os.WriteFile(full, text, 0o444)
		if errors.Is(err, fs.ErrNotExist) {
			if err = os.MkdirAll(filepath.Dir(full), 0o755); err == nil {
				err = os.WriteFile(full, text, 0o444)
			}
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	data := make([]byte, size)
	for i := range n {
		copy(data, fmt.Sprintf("%08d", i))
		m := meta(fmt.Sprintf("lightcurves/tess/s%04d/tess-%016d-lc.fits", i/20_000+1, i))
		m.SHA256, m.SizeBytes, m.Kind, m.Mission, m.Target, m.Program = exo.DigestOf(data), int64(size), store.LightCurve, exo.TESS, exo.TargetID{Catalog: exo.TIC, Number: uint64(i + 1)}, "exoplanetai test"
		side, err := store.EncodeMeta(m)
		if err != nil {
			tb.Fatal(err)
		}
		put(m.Path, data)
		put(store.MetadataPath(m.Path), side)
		_, err = tx.Exec(`INSERT INTO files(path, folder, kind, table_type, target, mission, author, sha256, size_bytes, retrieved_at, line, meta_line, meta)
			VALUES(?, 'lightcurves/tess', 'lightcurve', '', ?, 'tess', '', ?, ?, ?, -1, -1, ?)`, string(m.Path), m.Target.String(), m.SHA256[:], m.SizeBytes, noon.UnixNano(), side)
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkVerifyQuick looks at 100,000 light curves and their sidecars on a
// disk, in folders of 20,000 as a sector has them.
func BenchmarkVerifyQuick(b *testing.B) {
	const many = 100_000
	s := open(b, b.TempDir())
	s.stock(b, many, 2880)
	for b.Loop() {
		if rep, err := s.Verify(context.Background(), store.VerifyOptions{Quick: true}, nil); err != nil || !rep.OK || rep.Files != many {
			b.Fatal(err, rep.Files, len(rep.Damaged), rep.Damaged[:min(3, len(rep.Damaged))])
		}
	}
}
