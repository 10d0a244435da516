package store_test

import (
	"fmt"
	"testing"

	"exoplanetai/internal/exo"
)

// BenchmarkForget10Of100000 removes ten files, as a retention does.
func BenchmarkForget10Of100000(b *testing.B) {
	const files, some = 100_000, 10
	s := filled(b, files, 100)
	next := 0
	for b.Loop() {
		list := make([]exo.Path, some)
		for i := range list {
			k := next*some*97 + i*7919 // all over the folders
			list[i] = exo.Path(fmt.Sprintf("lightcurves/tess/s%04d/%08d.fits", k%files/5000, k%files))
		}
		next++
		if err := s.Forget(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
}
