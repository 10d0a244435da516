package export_test

import (
	"testing"

	"exoplanetai/internal/export"
	"exoplanetai/internal/xtest"
)

type count struct{ n int64 }

func (c *count) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// BenchmarkWrite writes the KOI table, 9,564 rows of 49 columns, in each format.
func BenchmarkWrite(b *testing.B) {
	h, rows := typed(b, xtest.Gunzip(b, "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"))
	for _, f := range export.Formats {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			var to count
			for b.Loop() {
				to.n = 0
				w, err := export.NewWriter(&to, f, h)
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range rows {
					if err := w.Row(r); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(false); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(to.n)
			b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(to.n), "bytes")
		})
	}
}
