package periodogram_test

import (
	"encoding/binary"
	"math"
	"testing"

	"exoplanetai/internal/periodogram"
)

// FuzzSearch makes a series and parameters of anything: no panic, no number
// that is none where one belongs, and the bins of the two ways to fold.
func FuzzSearch(f *testing.F) {
	seed := func(v ...float64) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return b
	}
	f.Add(seed(0, 1, 0.1, 1, 2, 0.1, 2, 1, 0.1, 3, 1, 0.1), 0.1, 1.0, 1.5, uint8(10), uint8(0))
	f.Add(seed(0, 1, 0.1, 0, 2, 0.1, 1e-300, 1, 1e-150, 3, math.NaN(), 0.1, -5, 1e300, 1e150), 0.3, 0.7, 2.5, uint8(1), uint8(3))
	f.Add(seed(0, 1, 0.1, 1e-300, 2, 0.1), 0.1, 100.0, 1.5, uint8(10), uint8(0))
	f.Add(seed(1e300, 1, 0, 2e300, 2, 0, 3, -1, 0), 1e290, 1e300, 3e300, uint8(100), uint8(7))
	f.Fuzz(func(t *testing.T, data []byte, duration, p1, p2 float64, oversample, options uint8) {
		var s periodogram.Series
		for ; len(data) >= 24 && len(s.Time) < 200; data = data[24:] {
			at := func(k int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(data[8*k:])) }
			s.Time, s.Flux, s.FluxErr = append(s.Time, at(0)), append(s.Flux, at(1)), append(s.FluxErr, at(2))
		}
		if options&1 != 0 {
			s.FluxErr = nil
		}
		p := periodogram.Params{Durations: []float64{duration, 2 * duration}, Oversample: int(oversample), FullWrap: options&2 != 0, MinimumPeriod: p1, MaximumPeriod: p2}
		if options&4 != 0 {
			p.Objective = periodogram.SNR
		}
		c, err := periodogram.NewCurve(s)
		if err != nil {
			return
		}
		if c.Baseline()*c.Baseline()/duration/p1 < 1e4 && c.Baseline()*c.Baseline()/duration/p2 < 1e4 {
			if periods, err := c.Grid(p); err == nil && (len(periods) == 0 || len(periods) > periodogram.MaxPeriods) {
				t.Fatalf("%d periods", len(periods))
			}
		}
		search, err := periodogram.NewSearch(c, []float64{p1, p2}, p)
		if err != nil || search.Cost(0, 2) > 1e5 {
			return
		}
		r := search.NewResult()
		if err := search.Run(t.Context(), new(periodogram.Scratch), 0, 2, r); err != nil {
			t.Fatal(err)
		}
		for i := range r.Power {
			if math.IsNaN(r.Power[i]) || r.Power[i] < 0 || math.IsNaN(r.TransitTime[i]) {
				t.Fatalf("%+v", r)
			}
			if r.Duration[i] > 0 {
				_, _ = c.Stats(r.Box(i)) // no panic
				if _, err := c.Fold(r.Period[i], r.TransitTime[i], periodogram.FoldOptions{Bins: int(oversample), Average: periodogram.Median}); err != nil {
					t.Fatal(err)
				}
			}
		}
		periodogram.Peaks(r, c.Baseline(), periodogram.PeakOptions{})
	})
}
