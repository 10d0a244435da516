package derive_test

import (
	"testing"
	"time"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
)

// BenchmarkUpdate makes all derived tables of the real tables.
func BenchmarkUpdate(b *testing.B) {
	koi, toi, k2p := real(b, koi2025), real(b, toi2025), real(b, k2)
	for b.Loop() {
		b.StopTimer()
		bn := open(b)
		bn.hold(b, catalog.KOI, noon, koi)
		bn.hold(b, catalog.TOI, noon.Add(time.Second), toi)
		bn.hold(b, catalog.K2, noon.Add(2*time.Second), k2p)
		b.StartTimer()
		bn.update(b)
	}
}

// BenchmarkParts tells where the time goes.
func BenchmarkParts(b *testing.B) {
	var s candidate.Sources
	for _, src := range []struct {
		typ  catalog.Type
		name string
		to   **candidate.Normal
	}{{catalog.KOI, koi2025, &s.KOI}, {catalog.TOI, toi2025, &s.TOI}, {catalog.K2, k2, &s.K2}} {
		text := real(b, src.name)
		var table *catalog.Table
		b.Run("parse "+string(src.typ), func(b *testing.B) {
			for b.Loop() {
				var err error
				if table, err = catalog.Parse(src.typ, text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("normalize "+string(src.typ), func(b *testing.B) {
			for b.Loop() {
				var err error
				if *src.to, err = candidate.Normalize(table); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encode "+string(src.typ), func(b *testing.B) {
			for b.Loop() {
				_, _ = (*src.to).CSV(), (*src.to).JSON()
			}
		})
	}
	var m *candidate.Merged
	b.Run("merge", func(b *testing.B) {
		for b.Loop() {
			var err error
			if m, err = candidate.Merge(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode candidates", func(b *testing.B) {
		for b.Loop() {
			_, _, _, _ = m.CSV(), m.JSON(), m.AliasesCSV(), m.ConflictsCSV()
		}
	})
}
