package preprocess_test

import (
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
