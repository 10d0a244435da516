package preprocess_test

import (
	"math"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestNormalizationsAgreeWithTheReference(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input      string
			Method     preprocess.Normalization
			A, S, B    number
			Degenerate bool
			Index      []int
			Y          floats
			YErr       floats `json:"y_err"`
			Sum        number
		}
	}
	vectors(t, "normalize.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		_, x, e := in[c.Input].valid()
		y, yerr, a, degenerate := preprocess.Normalize(x, e, c.Method)
		scale := maxAbs(x)
		tol := 1e-12 * scale
		if !near(a.A, float64(c.A), tol) || !near(a.S, float64(c.S), tol) || !near(a.B, float64(c.B), tol) || degenerate != c.Degenerate {
			t.Errorf("%s %s: %+v %v, want %v %v %v %v", c.Input, c.Method, a, degenerate, c.A, c.S, c.B, c.Degenerate)
		}
		tol = 1e-11 * math.Max(1, maxAbs(y))
		for j, i := range c.Index {
			if !near(y[i], c.Y[j], tol) || !near(yerr[i], c.YErr[j], tol) {
				t.Errorf("%s %s row %d: %v ± %v, want %v ± %v", c.Input, c.Method, i, y[i], yerr[i], c.Y[j], c.YErr[j])
				break
			}
		}
		if got := sum(y); !near(got, float64(c.Sum), tol*float64(len(y))) {
			t.Errorf("%s %s: sum %v, want %v", c.Input, c.Method, got, c.Sum)
		}
		if degenerate {
			continue
		}
		for i, v := range preprocess.Denormalize(y, a) {
			if !near(v, x[i], 1e-11*scale) {
				t.Errorf("%s %s row %d: %v comes back as %v", c.Input, c.Method, i, x[i], v)
				break
			}
		}
	}
}

func TestADegenerateSeriesIsConstantAndHasNoErrors(t *testing.T) {
	flat := map[preprocess.Normalization]float64{preprocess.NormMedian: 1, preprocess.NormMean: 1, preprocess.NormUnity: 1}
	for name, x := range map[string][]float64{"zeros": {0, 0, 0}, "one zero": {0}, "nothing": {}} {
		for _, m := range preprocess.Normalizations() {
			y, yerr, a, degenerate := preprocess.Normalize(x, make([]float64, len(x)), m)
			if !degenerate || a.S != 0 || math.IsNaN(a.A) {
				t.Errorf("%s %s: %+v %v", name, m, a, degenerate)
			}
			for i := range y {
				if y[i] != flat[m] || !math.IsNaN(yerr[i]) {
					t.Errorf("%s %s: %v ± %v", name, m, y[i], yerr[i])
				}
			}
			for i, v := range preprocess.Denormalize(y, a) {
				if v != x[i] {
					t.Errorf("%s %s: back %v", name, m, v)
				}
			}
		}
	}
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

func BenchmarkNormalizeMedian20k(b *testing.B) {
	x := noise(20000)
	for b.Loop() {
		preprocess.Normalize(x, nil, preprocess.NormMedian)
	}
}
