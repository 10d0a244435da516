package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// The two benchmarks do the same work with the same concurrency: BareLoop2MB
// streams a light curve of 2 MB to a file, hashes it, syncs and renames it, as
// a script would; Publish2MB stores it with sidecar, checksum lines and index.

const benchWorkers = 5

func payload(rng *rand.ChaCha8) []byte {
	data := make([]byte, 2<<20)
	_, _ = rng.Read(data) // never fails
	return data
}

func inParallel(b *testing.B, work func(i int, data []byte) error) {
	b.Helper()
	data := payload(rand.NewChaCha8([32]byte{1}))
	b.SetBytes(int64(len(data)))
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range benchWorkers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := work(int(i), data); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkBareLoop2MB(b *testing.B) {
	dir := b.TempDir()
	inParallel(b, func(i int, data []byte) error {
		temp := filepath.Join(dir, fmt.Sprintf("%d.part", i))
		f, err := os.Create(temp)
		if err != nil {
			return err
		}
		h := sha256.New()
		if _, err := io.CopyBuffer(io.MultiWriter(onlyWriter{f}, h), onlyReader{bytes.NewReader(data)}, make([]byte, 32<<10)); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		return os.Rename(temp, filepath.Join(dir, fmt.Sprintf("%d.fits", i)))
	})
}

func BenchmarkPublish2MB(b *testing.B) {
	s := open(b, b.TempDir())
	inParallel(b, func(i int, data []byte) error {
		st, err := s.Stage(context.Background())
		if err != nil {
			return err
		}
		defer func() { _ = st.Discard() }()
		if _, err := io.CopyBuffer(onlyWriter{st}, onlyReader{bytes.NewReader(data)}, make([]byte, 32<<10)); err != nil {
			return err
		}
		m := meta(fmt.Sprintf("lightcurves/tess/s%04d/%d.fits", i%4, i))
		m.Kind, m.Mission, m.Target = store.LightCurve, exo.TESS, exo.TargetID{Catalog: exo.TIC, Number: uint64(i)}
		_, err = s.Publish(context.Background(), store.Item{Staged: st, Meta: m})
		return err
	})
}

type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }
