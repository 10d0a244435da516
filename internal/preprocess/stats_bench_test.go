package preprocess_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"exoplanetai/internal/preprocess"
)

func BenchmarkMedian20k(b *testing.B) {
	var w preprocess.Work
	x := noise(20000)
	b.ReportAllocs()
	for b.Loop() {
		w.Median(x)
	}
}

func BenchmarkMedian65k(b *testing.B) {
	var w preprocess.Work
	x := noise(65000)
	b.ReportAllocs()
	for b.Loop() {
		w.Median(x)
	}
}

func BenchmarkMAD20k(b *testing.B) {
	var w preprocess.Work
	x := noise(20000)
	c := w.Median(x)
	b.ReportAllocs()
	for b.Loop() {
		w.MAD(x, c)
	}
}

func BenchmarkSigmaClip20k(b *testing.B) { benchClip(b, noise(20000)) }

func BenchmarkSigmaClip65k(b *testing.B) { benchClip(b, noise(65000)) }

func benchClip(b *testing.B, x []float64) {
	var w preprocess.Work
	bad := make([]bool, len(x))
	o := preprocess.SigmaClipOptions{Lower: 3, Upper: 3, MaxIters: 3} // three passes that each find something
	b.ReportAllocs()
	for b.Loop() {
		w.SigmaClip(x, o, bad)
	}
}

func benchCadence(b *testing.B, t []float64) {
	var w preprocess.Work
	b.ReportAllocs()
	for b.Loop() {
		w.MedianCadence(t)
	}
}

func BenchmarkSegments20k(b *testing.B) {
	b.ReportAllocs()
	preprocess.SegmentCount(b, steps(20000, func(int) float64 { return 2 / 1440. }), 2/1440.)
}

func BenchmarkAffineMedian20k(b *testing.B) {
	var w preprocess.Work
	x := noise(20000)
	b.ReportAllocs()
	for b.Loop() {
		w.Affine(x, preprocess.NormMedian)
	}
}

// BenchmarkSigmaClipOthers20k takes another series each time, so that no branch
// is learned by heart.
func BenchmarkSigmaClipOthers20k(b *testing.B) {
	var w preprocess.Work
	r := rand.New(rand.NewPCG(17, 18))
	many := make([][]float64, 64)
	for i := range many {
		many[i] = series(func(i, n int) float64 { return 1e4 + 10*r.NormFloat64() + 50*math.Sin(float64(i)/3000) }, 20000)
	}
	bad := make([]bool, 20000)
	i := 0
	for b.Loop() {
		w.SigmaClip(many[i%64], preprocess.SigmaClipOptions{Lower: 2.5, Upper: 2.5, MaxIters: 3}, bad)
		i++
	}
}
