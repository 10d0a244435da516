package preprocess_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"exoplanetai/internal/preprocess"
)

const tessPoints = 20000

func BenchmarkIsolationForest20k(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 2*tessPoints)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	var w preprocess.StepWork
	s := make([]float64, tessPoints)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.ForestScores(x, 2, forestDefaults, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkForestOutliers20k(b *testing.B) {
	time, x, _ := spotted(1, 1e-3, 5e-3, 3)
	var w preprocess.StepWork
	bad := make([]bool, len(x))
	b.ReportAllocs()
	for b.Loop() {
		if err := w.ForestOutliers(context.Background(), time, x, forestDefaults, 0.005, 3.5, preprocess.SidesBoth, bad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRunningFeatures20k(b *testing.B) {
	_, x, _ := spotted(1, 1e-3, 5e-3, 3)
	var w preprocess.StepWork
	feature := make([]float64, 2*len(x))
	b.ReportAllocs()
	for b.Loop() {
		w.Running(x, feature)
	}
}

func BenchmarkDenoise20k(b *testing.B) {
	for _, name := range preprocess.Wavelets() {
		b.Run(name, func(b *testing.B) {
			x := whiteNoise(rand.New(rand.NewPCG(1, 1)), tessPoints)
			y := make([]float64, len(x))
			var w preprocess.StepWork
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Denoise(x, name, 6, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMeasure20k(b *testing.B) {
	time, x, _ := spotted(1, 1e-3, 5e-3, 3)
	segment := segmentNumbers(time, x)
	var w preprocess.StepWork
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Measure(time, x, segment, len(x)); err != nil {
			b.Fatal(err)
		}
	}
}

// TestStepsKeepTheirMemory holds the promise that the second light curve needs no
// new memory.
func TestStepsKeepTheirMemory(t *testing.T) {
	time, x, _ := spotted(1, 1e-3, 5e-3, 3)
	var w preprocess.StepWork
	y, bad := make([]float64, len(x)), make([]bool, len(x))
	o := preprocess.ForestOptions{Trees: 3, Samples: 256}
	for name, f := range map[string]func(n int) error{
		"denoise": func(n int) error { _, err := w.Denoise(x[:n], "db4", 6, y); return err },
		"coif3":   func(n int) error { _, err := w.Denoise(x[:n], "coif3", 9, y); return err },
		"forest": func(n int) error {
			return w.ForestOutliers(context.Background(), time[:n], x[:n], o, 0.005, 3.5, preprocess.SidesBoth, bad)
		},
	} {
		if err := f(len(x)); err != nil {
			t.Fatal(err)
		}
		n := len(x)
		if a := testing.AllocsPerRun(5, func() {
			n -= 7
			if err := f(n); err != nil {
				t.Fatal(err)
			}
		}); a > 0 {
			t.Errorf("%s: %v allocations on the second light curve", name, a)
		}
	}
}
