package periodogram_test

import (
	"testing"
	"time"

	"exoplanetai/internal/periodogram"
)

// benched are the curves and grids of the benchmarks.
func benched(b *testing.B) []trial {
	cases := []struct {
		name    string
		curve   synth
		periods int
	}{
		{"TESS20k", synth{start: 1325.3, days: 27.8, cadence: 120. / 86400, noise: 1e-3, planets: []planet{{3.5225, 1327.1, 0.12, 1e-3}}, seed: 1}, 5000},
		{"Kepler65k", synth{start: 120.5, days: 1328, cadence: 1765.5 / 86400, noise: 3e-4, planets: []planet{{9.4341, 131.2, 0.2, 4e-4}}, seed: 2}, 1000},
	}
	var list []trial
	for _, c := range cases {
		s := c.curve.series()
		p := periodogram.Params{MaximumPeriod: 20}
		periods := grid(b, s, periodogram.Params{MaximumPeriod: 20, Spacing: periodogram.SpacingLog})
		list = append(list, trial{c.name, s, some(periods, c.periods), p})
	}
	return list
}

// BenchmarkPeer searches the same curves by the same grids with astropy's C and
// with ours, one thread each, in the same run.
func BenchmarkPeer(b *testing.B) {
	trials := benched(b)
	judged := astropy(b, 3, trials...)
	for i, tr := range trials {
		b.Run(tr.name, func(b *testing.B) {
			c, err := periodogram.NewCurve(tr.series)
			if err != nil {
				b.Fatal(err)
			}
			s, err := periodogram.NewSearch(c, tr.periods, tr.params)
			if err != nil {
				b.Fatal(err)
			}
			r, w := s.NewResult(), new(periodogram.Scratch)
			shortest := time.Hour
			b.ReportAllocs()
			for b.Loop() {
				began := time.Now()
				if err := s.Run(b.Context(), w, 0, s.Len(), r); err != nil {
					b.Fatal(err)
				}
				shortest = min(shortest, time.Since(began))
			}
			b.ReportMetric(float64(shortest.Nanoseconds())/float64(s.Len())/1e3, "us/period")
			b.ReportMetric(judged[i].shortest*1e6/float64(s.Len()), "astropy-us/period")
			b.ReportMetric(judged[i].shortest/shortest.Seconds(), "ratio")
			b.ReportMetric(s.Cost(0, s.Len())/shortest.Seconds(), "cost/s")
		})
	}
}
