package preprocess_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exoplanetai/internal/preprocess"
)

// plainIterative is SavgolIterative of lightkurve's defaults word by word: all
// passes, medians by sorting, lines by searching. It needs a row that stays.
func plainIterative(t *testing.T, at, f []float64, window, passes int) []float64 {
	t.Helper()
	center, std := plainMedian(f), plainStd(f)
	var ut, ux, fit []float64
	for i, v := range f {
		if math.Abs(v-center) <= 3*std {
			ut, ux = append(ut, at[i]), append(ux, v)
		}
	}
	for range passes {
		steps := make([]float64, len(ut)-1)
		for i := range steps {
			steps[i] = ut[i+1] - ut[i]
		}
		limit, start := 5*plainMedian(steps), 0
		fit = fit[:0]
		for i := range ut {
			if i+1 < len(ut) && ut[i+1]-ut[i] <= limit {
				continue
			}
			x := ux[start : i+1]
			trend := slices.Repeat([]float64{plainMedian(x)}, len(x))
			if window <= len(x) && len(x) >= 5 {
				var err error
				if trend, err = preprocess.Savgol(x, window, 2); err != nil {
					t.Fatal(err)
				}
			}
			fit, start = append(fit, trend...), i+1
		}
		rest := make([]float64, len(ux))
		for i := range rest {
			rest[i] = ux[i] - fit[i]
		}
		std, k := plainStd(rest), 0
		for i, r := range rest {
			ut[k], ux[k], fit[k] = ut[i], ux[i], fit[i]
			if math.Abs(r) < 3*std+1e-14 {
				k++
			}
		}
		ut, ux, fit = ut[:k], ux[:k], fit[:k]
	}
	trend := make([]float64, len(at))
	for i, v := range at {
		k, _ := slices.BinarySearch(ut, v)
		k = min(max(k, 1), len(ut)-1)
		trend[i] = fit[k]
		if d := ut[k] - ut[k-1]; d != 0 {
			trend[i] = fit[k-1] + (fit[k]-fit[k-1])/d*(v-ut[k-1])
		}
	}
	return trend
}

func plainStd(x []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(x)))
}

func TestIterativeTrendIsThatOfAllPasses(t *testing.T) {
	bounded := func(r *rand.Rand) float64 { return r.Float64() - 0.5 } // nothing beyond 3 sigma
	normal := func(r *rand.Rand) float64 { return r.NormFloat64() }
	step := func(i int) float64 { return float64(i) }
	cases := map[string]struct {
		noise func(*rand.Rand) float64
		step  func(int) float64
	}{
		"a pass that drops nothing is the last":     {bounded, step},
		"every pass drops rows":                     {normal, step},
		"gaps part the rows":                        {normal, func(i int) float64 { return float64(i + 100*(i/400)) }},
		"rows at the same time count as steps of 0": {normal, func(i int) float64 { return float64(i - i%3/2) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 11))
			at, f := make([]float64, 1500), make([]float64, 1500)
			for i := range f {
				at[i] = 1300 + c.step(i)/720
				f[i] = 1 + 1e-3*math.Sin(float64(i)/200) + 1e-3*c.noise(r)
			}
			for _, passes := range []int{1, 2, 3, 10} {
				got, err := preprocess.SavgolIterative(t.Context(), at, f, nil,
					preprocess.IterativeOptions{Window: 101, Order: 2, Iterations: passes})
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range plainIterative(t, at, f, 101, passes) {
					if !(math.Abs(got[i]-want) <= 1e-12) {
						t.Fatalf("%d passes, row %d: %v, want %v", passes, i, got[i], want)
					}
				}
			}
		})
	}
}
