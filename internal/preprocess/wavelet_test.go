package preprocess_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

type waveletVectors struct {
	Filters []struct {
		Wavelet string
		DecLo   floats `json:"dec_lo"`
		DecHi   floats `json:"dec_hi"`
		RecLo   floats `json:"rec_lo"`
		RecHi   floats `json:"rec_hi"`
	}
	MaxLevel [][3]int `json:"max_level"`
	Denoise  []struct {
		Input, Wavelet   string
		Levels           int
		LevelUsed        int `json:"level_used"`
		Sigma, Threshold float64
		Sum, Sumsq       float64
		Index            []int
		Y                floats
	}
	Cases []struct {
		Input, Wavelet string
		First, Level   int
		Lengths        []int
		Coeffs         floats
	}
}

func TestFiltersAgreeWithTheVectors(t *testing.T) {
	var v waveletVectors
	vectors(t, "wavelet.json", &v)
	if len(v.Filters) != len(preprocess.Wavelets()) {
		t.Errorf("%d filters, the vectors have %d", len(preprocess.Wavelets()), len(v.Filters))
	}
	for _, c := range v.Filters {
		got, err := preprocess.Filters(c.Wavelet)
		if err != nil {
			t.Error(err)
			continue
		}
		allNear(t, c.Wavelet+" dec_lo", got.DecLo, c.DecLo, 1e-12)
		allNear(t, c.Wavelet+" dec_hi", got.DecHi, c.DecHi, 1e-12)
		allNear(t, c.Wavelet+" rec_lo", got.RecLo, c.RecLo, 1e-12)
		allNear(t, c.Wavelet+" rec_hi", got.RecHi, c.RecHi, 1e-12)
	}
	for _, c := range v.MaxLevel {
		if got := preprocess.MaxLevel(c[0], c[1]); got != c[2] {
			t.Errorf("MaxLevel(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestWavedecAgreesWithTheVectors(t *testing.T) {
	var v waveletVectors
	vectors(t, "wavelet.json", &v)
	in := inputs(t)
	for _, c := range v.Cases {
		name := fmt.Sprintf("%s %d level %d", c.Wavelet, c.First, c.Level)
		_, x, _ := in[c.Input].valid()
		x = x[:c.First]
		got, err := preprocess.Wavedec(x, c.Wavelet, c.Level)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var all []float64
		for i, part := range got {
			if i >= len(c.Lengths) || len(part) != c.Lengths[i] {
				t.Errorf("%s: part %d has %d coefficients, want the lengths %v", name, i, len(part), c.Lengths)
			}
			all = append(all, part...)
		}
		allNear(t, name, all, c.Coeffs, 1e-11*maxAbs(x))
	}
}

func TestDenoiseAgreesWithTheVectors(t *testing.T) {
	var v waveletVectors
	vectors(t, "wavelet.json", &v)
	in := inputs(t)
	for _, c := range v.Denoise {
		name := fmt.Sprintf("%s %s %d", c.Input, c.Wavelet, c.Levels)
		_, x, _ := in[c.Input].valid()
		y, d, err := preprocess.Denoise(x, c.Wavelet, c.Levels)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Level != c.LevelUsed || !near(d.Sigma, c.Sigma, 1e-9*c.Sigma) || !near(d.Threshold, c.Threshold, 1e-9*c.Threshold) {
			t.Errorf("%s: %+v, want level %d, sigma %g, threshold %g", name, d, c.LevelUsed, c.Sigma, c.Threshold)
		}
		tol := 1e-10 * maxAbs(x)
		sum, sumsq := 0.0, 0.0
		for _, a := range y {
			sum, sumsq = sum+a, sumsq+a*a
		}
		if n := float64(len(x)); !near(sum, c.Sum, tol*n) || !near(sumsq, c.Sumsq, 2*tol*maxAbs(x)*n) {
			t.Errorf("%s: sum %v and of squares %v, want %v and %v", name, sum, sumsq, c.Sum, c.Sumsq)
		}
		for i, at := range c.Index {
			if !near(y[at], c.Y[i], tol) {
				t.Errorf("%s: y[%d] = %v, want %v", name, at, y[at], c.Y[i])
				break
			}
		}
	}
}

func allNear(t *testing.T, name string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if !near(got[i], want[i], tol) {
			t.Errorf("%s: value %d is %v, want %v", name, i, got[i], want[i])
			return
		}
	}
}

// TestFiltersAreOrthogonal holds the table to the equations that define it, so
// that a digit that slipped is seen without the reference.
func TestFiltersAreOrthogonal(t *testing.T) {
	for _, name := range preprocess.Wavelets() {
		f, err := preprocess.Filters(name)
		if err != nil {
			t.Fatal(err)
		}
		tol := filterError(name)
		h, n := f.RecLo, len(f.RecLo)
		for m := 0; m < n/2; m++ {
			same, cross := 0.0, 0.0
			for k := 0; k+2*m < n; k++ {
				same += h[k] * h[k+2*m]
				cross += h[k] * f.RecHi[k+2*m]
			}
			if want := map[bool]float64{true: 1}[m == 0]; !near(same, want, tol) {
				t.Errorf("%s: h·h shifted by %d is %g", name, 2*m, same)
			}
			if !near(cross, 0, tol) {
				t.Errorf("%s: h·g shifted by %d is %g", name, 2*m, cross)
			}
		}
		sum, alternating := 0.0, 0.0
		for k, v := range h {
			sum += v
			alternating += v * float64(1-2*(k%2))
			if f.DecLo[n-1-k] != v || f.DecHi[n-1-k] != f.RecHi[k] {
				t.Errorf("%s: decomposition and reconstruction differ at %d", name, k)
			}
		}
		if !near(sum, math.Sqrt2, tol) || !near(alternating, 0, tol) {
			t.Errorf("%s: the low pass sums to %v, with alternating signs to %g", name, sum, alternating)
		}
	}
}

// filterError is how far a wavelet's filters are from orthogonal: the sym
// filters are a table of twelve digits.
func filterError(name string) float64 {
	if name[:3] == "sym" {
		return 1e-11
	}
	return 1e-15
}

// roundTrip splits x in the most octaves and puts it together again.
func roundTrip(t *testing.T, x []float64, name string) {
	t.Helper()
	f, _ := preprocess.Filters(name)
	for level := 1; level <= preprocess.MaxLevel(len(x), len(f.RecLo)); level++ {
		c, err := preprocess.Wavedec(x, name, level)
		if err != nil {
			t.Fatal(err)
		}
		y, err := preprocess.Waverec(c, name)
		if err != nil {
			t.Fatal(err)
		}
		if len(y) != len(x)+len(x)%2 {
			t.Fatalf("%s, %d samples: %d come back", name, len(x), len(y))
		}
		tol := 1e-12 * maxAbs(x)
		if name[:3] == "sym" {
			tol *= 10 * float64(level)
		}
		allNear(t, fmt.Sprintf("%s, %d samples, %d octaves", name, len(x), level), y[:len(x)], x, tol)
	}
}

func TestWaverecUndoesWavedec(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range preprocess.Wavelets() {
		for n := 1; n < 80; n++ {
			roundTrip(t, whiteNoise(r, n), name)
		}
		roundTrip(t, whiteNoise(r, 2001), name)
	}
}

func whiteNoise(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 + 1e-3*r.NormFloat64()
	}
	return x
}

func FuzzWavelet(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(4), uint8(6), 1.0)
	f.Add(uint64(2), uint16(1), uint8(0), uint8(1), 1e9)
	f.Add(uint64(3), uint16(17), uint8(18), uint8(20), 1e-300)
	f.Add(uint64(4), uint16(2000), uint8(12), uint8(3), 1e300)
	f.Add(uint64(5), uint16(500), uint8(5), uint8(6), 1.7e308)
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, wavelet, levels uint8, scale float64) {
		names := preprocess.Wavelets()
		name := names[int(wavelet)%len(names)]
		if !isFinite(scale) {
			scale = 1
		}
		x := whiteNoise(rand.New(rand.NewPCG(seed, 0)), int(n)%3000)
		for i := range x {
			if x[i] *= scale; !isFinite(x[i]) {
				x[i] = math.MaxFloat64
			}
		}
		y, d, err := preprocess.Denoise(x, name, int(levels))
		if levels == 0 {
			if !errors.Is(err, exo.Invalid) {
				t.Fatalf("no octave: %v", err)
			}
			return
		}
		if err != nil || len(y) != len(x) || d.Level > int(levels) {
			t.Fatalf("%d samples, %+v, %v", len(y), d, err)
		}
		for i := range y {
			if !isFinite(y[i]) || d.Level == 0 && y[i] != x[i] {
				t.Fatalf("y[%d] = %v, x %v", i, y[i], x[i])
			}
		}
		if a := math.Abs(scale); a > 1e-290 && a < 1e290 {
			roundTrip(t, x, name)
		}
	})
}

// TestWaveletsAgreeWithPyWavelets compares with the library itself: every
// wavelet, lengths odd and even, from shorter than the filter on.
func TestWaveletsAgreeWithPyWavelets(t *testing.T) {
	const script = `
import sys
try:
    import pywt
except ImportError:
    print("missing"); sys.exit()
import json, numpy as np
r = np.random.default_rng(5)
out = []
for w in sys.argv[1:]:
    F = pywt.Wavelet(w).dec_len
    for n in [F, 2*F-2, 2*F-1, 4*F+1, 100, 333, 1024, 2001]:
        x = 1 + 1e-3*np.cumsum(r.standard_normal(n))
        m = pywt.dwt_max_level(n, F)
        if m < 1: continue
        c = pywt.wavedec(x, w, mode="symmetric", level=m)
        s = np.median(np.abs(c[-1]))/0.6745
        T = s*np.sqrt(2*np.log(n))
        y = pywt.waverec([c[0]]+[pywt.threshold(d, T, mode="soft") for d in c[1:]], w, mode="symmetric")[:n]
        out.append(dict(wavelet=w, x=x.tolist(), level=m, coeffs=[v.tolist() for v in c], sigma=float(s), y=y.tolist()))
print(json.dumps(out))`
	text := xtest.Python(t, script, preprocess.Wavelets()...)
	if text == "missing\n" {
		pythonMissing(t, "PyWavelets")
	}
	var cases []struct {
		Wavelet string
		X       floats
		Level   int
		Coeffs  []floats
		Sigma   float64
		Y       floats
	}
	if err := json.Unmarshal([]byte(text), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		name := fmt.Sprintf("%s %d", c.Wavelet, len(c.X))
		got, err := preprocess.Wavedec(c.X, c.Wavelet, c.Level)
		if err != nil || len(got) != len(c.Coeffs) {
			t.Fatalf("%s: %d parts, %v", name, len(got), err)
		}
		for i := range got {
			allNear(t, name, got[i], c.Coeffs[i], 1e-11*maxAbs(c.X))
		}
		y, d, err := preprocess.Denoise(c.X, c.Wavelet, 99)
		if err != nil || d.Level != c.Level || !near(d.Sigma, c.Sigma, 1e-9*c.Sigma) {
			t.Errorf("%s: %+v, %v; want level %d, sigma %v", name, d, err, c.Level, c.Sigma)
		}
		allNear(t, name+" denoised", y, c.Y, 1e-10*maxAbs(c.X))
	}
}

// pythonMissing skips, or fails where nothing may be missing.
func pythonMissing(t *testing.T, what string) {
	t.Helper()
	xtest.Tool(t, "python3 with "+what)
}

func TestDenoisingLeavesWhatItCannotAddUp(t *testing.T) {
	big := math.MaxFloat64
	for _, name := range preprocess.Wavelets() {
		x := whiteNoise(rand.New(rand.NewPCG(4, 4)), 200)
		x[50], x[51], x[120] = big, -big, big
		y, d, err := preprocess.Denoise(x, name, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range y {
			if !isFinite(y[i]) || d.Sigma == 0 && y[i] != x[i] {
				t.Fatalf("%s: y[%d] = %v, x %v, %+v", name, i, y[i], x[i], d)
			}
		}
	}
}

func TestDenoisingScalesWithItsInput(t *testing.T) {
	x := whiteNoise(rand.New(rand.NewPCG(4, 5)), 3001)
	y, _, err := preprocess.Denoise(x, "db4", 6)
	if err != nil {
		t.Fatal(err)
	}
	for i := range x {
		x[i] *= -8
	}
	scaled, _, err := preprocess.Denoise(x, "db4", 6)
	if err != nil {
		t.Fatal(err)
	}
	for i := range y {
		if scaled[i] != -8*y[i] {
			t.Fatalf("y[%d] = %v, scaled %v", i, y[i], scaled[i])
		}
	}
	spread, smooth := 0.0, 0.0
	for i := range y {
		spread, smooth = spread+math.Abs(x[i]/-8-1), smooth+math.Abs(y[i]-1)
	}
	if smooth > 0.2*spread {
		t.Errorf("white noise of mean %g keeps %g", spread, smooth)
	}
}

func TestWaveletMistakesAreNamed(t *testing.T) {
	x := make([]float64, 100)
	for name, f := range map[string]func() error{
		"unknown wavelet":      func() error { _, err := preprocess.Filters("db9"); return err },
		"no octave":            func() error { _, err := preprocess.Wavedec(x, "db4", 0); return err },
		"too many octaves":     func() error { _, err := preprocess.Wavedec(x, "db4", 4); return err },
		"nothing to recompose": func() error { _, err := preprocess.Waverec(nil, "db4"); return err },
		"details that do not fit": func() error {
			_, err := preprocess.Waverec([][]float64{x, x[:50]}, "db4")
			return err
		},
		"details shorter than the filter": func() error {
			_, err := preprocess.Waverec([][]float64{x[:3], x[:3]}, "db4")
			return err
		},
		"denoising without octaves": func() error { _, _, err := preprocess.Denoise(x, "db4", 0); return err },
	} {
		if err := f(); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
