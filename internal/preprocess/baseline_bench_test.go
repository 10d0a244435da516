package preprocess

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// benchSeries is 27 days of 2-min cadence with a gap, rotation, noise and
// transits of 3 h each 9 days; the mask covers these.
func benchSeries(n int) (t, x []float64, mask []bool) {
	r := rand.New(rand.NewPCG(3, 4))
	t, x, mask = make([]float64, n), make([]float64, n), make([]bool, n)
	for i := range t {
		t[i] = 1500 + float64(i)*2/1440
		if i > n/2 {
			t[i]++
		}
		x[i] = 1 + 3e-3*math.Sin(t[i]) + 1e-3*r.NormFloat64()
		if math.Abs(math.Remainder(t[i]-1503, 9)) < 0.0625 {
			x[i] -= 0.005
		}
		mask[i] = math.Abs(math.Remainder(t[i]-1503, 9)) < 0.094
	}
	return t, x, mask
}

func BenchmarkSavgol20k(b *testing.B) {
	_, x, _ := benchSeries(20000)
	trend := make([]float64, len(x))
	var w baseWork
	b.ReportAllocs()
	for b.Loop() {
		if err := w.savgol(b.Context(), x, 101, 2, trend); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSavgol65kIn17(b *testing.B) {
	_, x, _ := benchSeries(65000)
	trend := make([]float64, len(x))
	var w baseWork
	b.ReportAllocs()
	for b.Loop() {
		for i := range 17 {
			lo, hi := i*65000/17, (i+1)*65000/17
			if err := w.savgol(b.Context(), x[lo:hi], 101, 2, trend[lo:hi]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSavgolMasked20k(b *testing.B) {
	t, x, mask := benchSeries(20000)
	trend := make([]float64, len(x))
	var w baseWork
	b.ReportAllocs()
	for b.Loop() {
		_ = w.masked(context.Background(), t, x, mask, 401, 2, 2./1440, trend)
	}
}

func BenchmarkBiweight20k(b *testing.B) {
	t, x, _ := benchSeries(20000)
	trend := make([]float64, len(x))
	var w baseWork
	b.ReportAllocs()
	for b.Loop() {
		_ = w.biweight(context.Background(), t, x, nil, 0.5, 5, trend)
	}
}

func BenchmarkIterative20k(b *testing.B) {
	t, x, _ := benchSeries(20000)
	trend := make([]float64, len(x))
	var w baseWork
	b.ReportAllocs()
	for b.Loop() {
		_ = w.iterative(context.Background(), t, x, nil, IterativeOptions{Window: 1441, Order: 2}, trend)
	}
}
