package preprocess_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"exoplanetai/internal/preprocess"
)

// slowMedian is the definition.
func slowMedian(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	y := slices.Clone(x)
	slices.Sort(y)
	h := len(y) / 2
	if len(y)%2 == 1 {
		return y[h]
	}
	if s := y[h-1] + y[h]; !math.IsInf(s, 0) {
		return s / 2
	}
	return y[h-1]/2 + y[h]/2
}

func noise(n int) []float64 {
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 + 1e-3*r.NormFloat64() + 5e-3*math.Sin(float64(i)/2000)
	}
	for i := 137; i < n; i += 997 {
		x[i] += 0.02 * r.Float64()
	}
	return x
}

// shapes are series that are hard for one way or another to find ranks.
func shapes(r *rand.Rand) map[string]func(i, n int) float64 {
	return map[string]func(i, n int) float64{
		"noise":            func(i, n int) float64 { return 1 + 1e-3*r.NormFloat64() },
		"constant":         func(i, n int) float64 { return 1.1 },
		"two values":       func(i, n int) float64 { return float64(r.IntN(2)) },
		"five values":      func(i, n int) float64 { return 0.1 * float64(r.IntN(5)) },
		"half zero":        func(i, n int) float64 { return math.Max(0, r.NormFloat64()) },
		"rising":           func(i, n int) float64 { return float64(i) },
		"falling":          func(i, n int) float64 { return -float64(i) },
		"saw":              func(i, n int) float64 { return float64(i % 64) },
		"spikes on a grid": func(i, n int) float64 { return map[bool]float64{true: 9, false: r.Float64()}[i%16 == 0] },
		"high on the stride": func(i, n int) float64 {
			return map[bool]float64{true: 9 + r.Float64(), false: r.Float64()}[i%(1+n/512) == 0]
		},
		"nine decades": func(i, n int) float64 { return math.Pow(10, 9*r.Float64()) },
		"whole range":  func(i, n int) float64 { return math.Ldexp(r.NormFloat64(), r.IntN(2000)-1000) },
		"huge":         func(i, n int) float64 { return 1.7e308 * (2*r.Float64() - 1) },
		"subnormal":    func(i, n int) float64 { return 5e-324 * float64(r.IntN(1000)-500) },
		"one far away": func(i, n int) float64 { return map[bool]float64{true: 1e300, false: r.Float64()}[i == n/3] },
		"signed zeros": func(i, n int) float64 { return math.Copysign(0, float64(r.IntN(2))-0.5) },
		"neighbouring": func(i, n int) float64 { return math.Float64frombits(math.Float64bits(1) + r.Uint64N(40)) },
	}
}

func series(f func(i, n int) float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = f(i, n)
	}
	return x
}

var lengths = []int{1, 2, 3, 4, 5, 16, 31, 64, 65, 127, 128, 129, 500, 511, 1024, 2000, 2001, 4096, 9999, 20000}

func TestTheMedianIsThatOfTheSortedSeries(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for name, f := range shapes(r) {
		for _, n := range lengths {
			x := series(f, n)
			before := slices.Clone(x)
			_, b := preprocess.MADClip(x, 3, preprocess.SidesBoth)
			if !near(b.Center, slowMedian(before), 0) {
				t.Errorf("%s, %d points: %v, want %v", name, n, b.Center, slowMedian(before))
			}
			if !slices.Equal(x, before) {
				t.Errorf("%s, %d points: the input was changed", name, n)
			}
		}
	}
}

func TestPercentilesAreThoseOfTheSortedSeries(t *testing.T) {
	var w preprocess.Work
	r := rand.New(rand.NewPCG(13, 14))
	for name, f := range shapes(r) {
		for _, n := range lengths {
			x := series(f, n)
			y := slices.Clone(x)
			slices.Sort(y)
			for _, q := range []float64{0, 0.01, 5, 25, 50, 75, 95, 99.99, 100} {
				pos := float64(n-1) * (q / 100)
				k := int(pos)
				a, b := y[k], y[min(k+1, n-1)]
				want := a + (b-a)*(pos-float64(k))
				if got := w.Percentile(x, q); math.IsInf(b-a, 0) {
					if !(got >= a && got <= b) {
						t.Errorf("%s, %d points, %v %%: %v is not between %v and %v", name, n, q, got, a, b)
					}
				} else if !near(got, want, 1e-15*max(math.Abs(a), math.Abs(b))+1e-323) {
					t.Errorf("%s, %d points, %v %%: %v, want %v", name, n, q, got, want)
				}
			}
		}
	}
	if got := w.Percentile(nil, 5); !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}

// exactMoments computes with bits enough for the whole range of numbers.
func exactMoments(x []float64) (mean, std float64) {
	num := func() *big.Float { return new(big.Float).SetPrec(2400) }
	n := num().SetInt64(int64(len(x)))
	m, s := num(), num()
	for _, v := range x {
		m.Add(m, num().SetFloat64(v))
	}
	m.Quo(m, n)
	for _, v := range x {
		d := num().Sub(num().SetFloat64(v), m)
		s.Add(s, d.Mul(d, d))
	}
	mean, _ = m.Float64()
	std, _ = s.Sqrt(s.Quo(s, n)).Float64()
	return mean, std
}

func TestMeanAndDeviationAreExactToTwelveDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	all := shapes(r)
	all["far from zero"] = func(i, n int) float64 { return 1e9 + r.NormFloat64() }
	all["first far away"] = func(i, n int) float64 { return map[bool]float64{true: 1e12, false: r.Float64()}[i == 0] }
	all["tiny"] = func(i, n int) float64 { return 1e-200 * r.NormFloat64() }
	all["big"] = func(i, n int) float64 { return 1e200 * r.NormFloat64() }
	for name, f := range all {
		for _, n := range []int{1, 2, 3, 7, 511, 2000} {
			x := series(f, n)
			mean, std := preprocess.MeanStd(x)
			wantMean, wantStd := exactMoments(x)
			// The distances themselves are rounded to the last bit of x.
			if !near(mean, wantMean, 1e-15*maxAbs(x)) || !near(std, wantStd, 1e-12*wantStd+5e-324) {
				t.Errorf("%s, %d points: %v ± %v, want %v ± %v", name, n, mean, std, wantMean, wantStd)
			}
		}
	}
}

func TestNothingIsAllocatedOnceTheMemoryIsThere(t *testing.T) {
	var w preprocess.Work
	x, time := noise(20000), steps(20000, func(i int) float64 { return 2/1440. + 1e-8*math.Sin(float64(i)/3000) })
	bad := make([]bool, len(x))
	run := func() {
		w.SigmaClip(x, preprocess.SigmaClipOptions{Lower: 3, Upper: 3, MaxIters: 3}, bad)
		w.SigmaClip(x, preprocess.SigmaClipOptions{Lower: 3, Upper: 3, Grow: 2}, bad)
		w.MedianCadence(time)
		for _, m := range preprocess.Normalizations() {
			w.Affine(x, m)
		}
	}
	run()
	if n := testing.AllocsPerRun(10, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
