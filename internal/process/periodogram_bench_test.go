package process_test

import (
	"testing"

	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/process"
)

const sector55 = "tess/tess2022217014003-s0055-0000000424865156-0242-s_lc.fits"

// BenchmarkPeriodogram makes the periodogram of a sector, and of four sectors
// over three years, of periods up to 15 days: files read and processed, periods
// searched by two workers, peaks described.
func BenchmarkPeriodogram(b *testing.B) {
	for name, sectors := range map[string][]string{"Sector": {sector14}, "FourSectors": {sector14, sector15, sector41, sector55}} {
		b.Run(name, func(b *testing.B) {
			all := newBench(b)
			for _, s := range sectors {
				all.holdReal(b, s)
			}
			for b.Loop() {
				res := all.periodogram(b, process.PeriodogramRequest{TargetName: star1265, Profile: "transit", Search: periodogram.Params{MaximumPeriod: 15}})
				b.ReportMetric(float64(res.Periods), "periods")
				b.ReportMetric(float64(res.Points), "points")
			}
		})
	}
}
