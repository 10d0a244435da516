package periodogram_test

import (
	"math"
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
		{"TESS20k", synth{start: 1325.3, days: 27.8, cadence: 120. / 86400, noise: 1e-3, planets: []planet{{3.5225, 1327.1, 0.12, 1e-3}}, seed: 1}, 1000},
		{"Kepler65k", synth{start: 120.5, days: 1328, cadence: 1765.5 / 86400, noise: 3e-4, planets: []planet{{9.4341, 131.2, 0.2, 4e-4}}, seed: 2}, 300},
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

// BenchmarkPeer searches the same curves by the same grids with ours and with
// astropy's C in turns, one thread each; the shortest of three runs of each turn
// counts.
func BenchmarkPeer(b *testing.B) {
	for _, tr := range benched(b) {
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
			ours, theirs := math.Inf(1), math.Inf(1)
			b.ReportAllocs()
			for b.Loop() {
				for range 3 {
					began := time.Now()
					if err := s.Run(b.Context(), w, 0, s.Len(), r); err != nil {
						b.Fatal(err)
					}
					ours = min(ours, time.Since(began).Seconds())
				}
				b.StopTimer()
				judged := astropy(b, 3, tr)[0]
				theirs = min(theirs, judged.shortest)
				for k, power := range judged.Power {
					if apart(r.Power[k], power) > 1e-9 {
						b.Fatalf("power %v, astropy %v", r.Power[k], power)
					}
				}
				b.StartTimer()
			}
			n := float64(s.Len())
			b.ReportMetric(ours*1e6/n, "us/period")
			b.ReportMetric(theirs*1e6/n, "astropy-us/period")
			b.ReportMetric(theirs/ours, "ratio")
			b.ReportMetric(s.Cost(0, s.Len())/ours, "cost/s")
		})
	}
}
