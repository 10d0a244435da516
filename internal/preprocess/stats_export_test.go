package preprocess

import "testing"

// Work lets tests and benchmarks use the steps with their memory kept.
type Work struct {
	o outlierWork
}

func (w *Work) Median(x []float64) float64                { return w.o.stat.median(x) }
func (w *Work) Percentile(x []float64, q float64) float64 { return w.o.stat.percentile(x, q) }
func (w *Work) MedianCadence(t []float64) float64         { return w.o.stat.medianCadence(t) }
func (w *Work) MAD(x []float64, c float64) float64        { return w.o.stat.mad(x, c) }
func (w *Work) SigmaClip(x []float64, o SigmaClipOptions, bad []bool) ClipBounds {
	return w.o.sigmaClip(x, o, bad)
}
func (w *Work) Affine(x []float64, m Normalization) (Affine, bool) { return w.o.stat.affine(x, m) }

// MeanStd and the others are what is not exported otherwise.
func MeanStd(x []float64) (mean, std float64) { return meanStd(x) }

func EphemerisPad(e Ephemeris, tMid float64) (float64, bool) { return ephemerisPad(e, tMid) }

// SegmentCount counts segments without allocating.
func SegmentCount(b *testing.B, t []float64, cadence float64) {
	var dst []span
	for b.Loop() {
		dst = segments(t, 0.5, 5, cadence, dst[:0])
	}
}
