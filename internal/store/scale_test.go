package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
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

// The two benchmarks read the same files with as many goroutines as there are
// processors: HashOnly opens and hashes them, VerifyFull does what Verify does.

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

func BenchmarkVerifyQuick20000(b *testing.B) {
	s := filled(b, 20_000, 100)
	for b.Loop() {
		if rep, err := s.Verify(context.Background(), store.VerifyOptions{Quick: true}, nil); err != nil || !rep.OK {
			b.Fatal(err, rep.Damaged)
		}
	}
}
