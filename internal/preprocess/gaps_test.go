package preprocess_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestSegmentsAgreeWithTheReference(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input     string
			Threshold float64  `json:"gap_threshold_hours"`
			Cadences  float64  `json:"gap_min_cadences"`
			Cadence   number   `json:"median_cadence_days"`
			Segments  [][2]int `json:"segments"`
		}
	}
	vectors(t, "gaps.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		time, _, _ := in[c.Input].valid()
		if got := preprocess.MedianCadence(time); !near(got, float64(c.Cadence), 1e-14) {
			t.Errorf("%s: cadence %v, want %v", c.Input, got, c.Cadence)
		}
		if got := preprocess.Segments(time, c.Threshold, c.Cadences); !slices.Equal(got, c.Segments) {
			t.Errorf("%s %v %v: %v, want %v", c.Input, c.Threshold, c.Cadences, got, c.Segments)
		}
	}
}

func TestMedianCadenceIsThatOfTheSortedDifferences(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	makers := map[string]func(n int) []float64{
		"equal steps":      func(n int) []float64 { return steps(n, func(int) float64 { return 0.25 }) },
		"two-minute steps": func(n int) []float64 { return steps(n, func(int) float64 { return 2 / 1440. }) },
		"drifting steps": func(n int) []float64 {
			return steps(n, func(i int) float64 { return 0.02 + 1e-6*math.Sin(float64(i)/900) })
		},
		"gaps and equal times":  func(n int) []float64 { return steps(n, func(int) float64 { return float64(r.IntN(3)) }) },
		"random steps":          func(n int) []float64 { return steps(n, func(int) float64 { return math.Exp(20 * r.NormFloat64()) }) },
		"steps back and forth":  func(n int) []float64 { return steps(n, func(int) float64 { return r.NormFloat64() }) },
		"two cadences, half":    func(n int) []float64 { return steps(n, func(i int) float64 { return 1 + float64(i*2/n) }) },
		"two cadences, by turn": func(n int) []float64 { return steps(n, func(i int) float64 { return 1 + float64(i%2) }) },
	}
	for name, f := range makers {
		for _, n := range []int{1, 2, 3, 10, 257, 1000, 1001, 4500, 20000} {
			time := f(n)
			if got, want := preprocess.MedianCadence(time), slowCadence(time); !near(got, want, 0) {
				t.Errorf("%s, %d points: %v, want %v", name, n, got, want)
			}
		}
	}
}

func slowCadence(t []float64) float64 {
	var d []float64
	for i := 1; i < len(t); i++ {
		if v := t[i] - t[i-1]; v > 0 {
			d = append(d, v)
		}
	}
	return slowMedian(d)
}

func steps(n int, step func(i int) float64) []float64 {
	t := make([]float64, n)
	t[0] = 1500
	for i := 1; i < n; i++ {
		t[i] = t[i-1] + step(i)
	}
	return t
}

func TestSegmentsOfFewPoints(t *testing.T) {
	if got := preprocess.Segments(nil, 0.5, 5); len(got) != 0 {
		t.Errorf("nothing: %v", got)
	}
	if got := preprocess.Segments([]float64{3}, 0.5, 5); !slices.Equal(got, [][2]int{{0, 1}}) {
		t.Errorf("one point: %v", got)
	}
	if got := preprocess.MedianCadence([]float64{3, 3}); !math.IsNaN(got) {
		t.Errorf("equal times have cadence %v", got)
	}
}

func BenchmarkMedianCadence20k(b *testing.B) {
	time := steps(20000, func(i int) float64 { return 2/1440. + 1e-8*math.Sin(float64(i)/3000) })
	benchCadence(b, time)
}

func BenchmarkMedianCadenceEqual20k(b *testing.B) {
	benchCadence(b, steps(20000, func(int) float64 { return 2 / 1440. }))
}
