package preprocess_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

// filterCase is one call of the filter, as the judge reads it.
type filterCase struct {
	X             []float64
	Window, Order int
	Want          []float64 `json:",omitempty"`
}

func TestSavgolAgreesWithScipyOnRandomLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var cases []filterCase
	for range 60 {
		n := 1 + r.IntN(3000)
		c := filterCase{X: make([]float64, n), Window: 1 + 2*r.IntN(min((n+1)/2, 400))}
		c.Order = r.IntN(min(c.Window, 4))
		level := math.Pow(10, 6*r.Float64()-3)
		for i := range c.X {
			c.X[i] = level * (1 + 0.01*r.NormFloat64() + 0.1*math.Sin(float64(i)/77))
		}
		cases = append(cases, c)
	}
	file := filepath.Join(t.TempDir(), "cases.json")
	doc, err := json.Marshal(cases)
	if err == nil {
		err = os.WriteFile(file, doc, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	answer := xtest.Python(t, `
import json, sys, warnings
from scipy.signal import savgol_filter
warnings.simplefilter("ignore")
print(json.dumps([savgol_filter(c["X"], c["Window"], c["Order"], mode="interp").tolist() for c in json.load(open(sys.argv[1]))]))
`, file)
	var want [][]float64
	if err := json.Unmarshal([]byte(answer), &want); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		got, err := preprocess.Savgol(c.X, c.Window, c.Order)
		if err != nil {
			t.Fatal(err)
		}
		wholeTrend(want[i]).check(t, fmt.Sprintf("n=%d W=%d p=%d", len(c.X), c.Window, c.Order), got, 2e-10*maxAbs(c.X))
	}
}

func TestSavgolKeepsPolynomialsOfItsOrder(t *testing.T) {
	for order := range 6 {
		for _, window := range []int{7, 15, 101, 401, 1441} {
			x := make([]float64, 3000)
			for i := range x {
				u := float64(i)/1500 - 1
				x[i] = 1 + math.Pow(u, float64(order))
			}
			got, err := preprocess.Savgol(x, window, order)
			if err != nil {
				t.Fatal(err)
			}
			wholeTrend(x).check(t, fmt.Sprintf("W=%d p=%d", window, order), got, 1e-11*maxAbs(x))
		}
	}
}

func TestOneHugeValueDoesNotSpoilTheRest(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	x := make([]float64, 2000)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	want, _ := preprocess.Savgol(x, 101, 2)
	x[1000] = 1e25
	got, _ := preprocess.Savgol(x, 101, 2)
	for i := range got {
		if d := i - 1000; (d < -50 || d > 50) && !near(got[i], want[i], 1e-12) {
			t.Fatalf("row %d: %v, without the value %v", i, got[i], want[i])
		}
	}
}

// gappy makes a segment with missing cadences and masked runs.
func gappy(r *rand.Rand, n int) (tm, x []float64, mask []bool) {
	const cadence = 2. / 1440
	at := 0
	for range n {
		at++
		switch r.IntN(60) {
		case 0:
			at += 1 + r.IntN(40)
		case 1, 2:
			at++
		}
		tm = append(tm, 1500+float64(at)*cadence+1e-6*r.NormFloat64())
		x = append(x, 1+0.01*math.Sin(float64(at)/200)+1e-3*r.NormFloat64())
	}
	mask = make([]bool, n)
	for range n / 150 {
		from := r.IntN(n)
		for i := from; i < min(n, from+r.IntN(120)); i++ {
			mask[i] = true
		}
	}
	return tm, x, mask
}

// plainMasked is the definition word for word, solved by Gram–Schmidt on the
// rows of each window.
func plainMasked(tm, x []float64, mask []bool, window, order int, cadence float64) []float64 {
	k := make([]int, len(tm))
	for i := range tm {
		k[i] = int(math.RoundToEven((tm[i] - tm[0]) / cadence))
		if i > 0 && k[i] <= k[i-1] {
			panic("times do not rise")
		}
	}
	cells := k[len(k)-1] + 1
	first := min(window, (cells-1)|1)
	if cells%2 == 0 {
		first = min(window, cells-1)
	}
	out := make([]float64, len(x))
	for i, g := range k {
		for w := first; ; w = min(cells, int(math.Ceil(1.5*float64(w)))|1) {
			a := min(max(g-w/2, 0), cells-w)
			var u, v []float64
			before, after := false, false
			for j := range k {
				if !mask[j] && k[j] >= a && k[j] < a+w {
					u, v = append(u, float64(k[j]-g)/float64(w)), append(v, x[j])
					before, after = before || k[j] <= g, after || k[j] >= g
				}
			}
			if len(v) < max(order+1, (min(w, first)+1)/2) && w < cells {
				continue
			}
			p := min(order, len(v)-1)
			if !before || !after {
				p = min(p, 1)
			}
			out[i] = polyAtZero(u, v, p)
			break
		}
	}
	return out
}

// polyAtZero fits a polynomial by modified Gram–Schmidt, done twice for
// exactness, and returns it at zero.
func polyAtZero(u, v []float64, order int) float64 {
	rest := slices.Clone(v)
	var basis [][]float64
	var at []float64
	value := 0.0
	for d := 0; d <= order; d++ {
		b, zero := make([]float64, len(u)), 0.0
		for i := range b {
			b[i] = math.Pow(u[i], float64(d))
		}
		if d == 0 {
			zero = 1
		}
		for range 2 {
			for j, q := range basis {
				s := dotOf(b, q)
				zero -= s * at[j]
				for i := range b {
					b[i] -= s * q[i]
				}
			}
		}
		norm := math.Sqrt(dotOf(b, b))
		for i := range b {
			b[i] /= norm
		}
		basis, at = append(basis, b), append(at, zero/norm)
		s := dotOf(rest, b)
		value += s * at[d]
		for i := range rest {
			rest[i] -= s * b[i]
		}
	}
	return value
}

func dotOf(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func TestSavgolMaskedIsTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, window := range []int{5, 31, 101, 301} {
		for order := range 5 {
			tm, x, mask := gappy(r, 300+r.IntN(600))
			const cadence = 2. / 1440
			got, err := preprocess.SavgolMasked(context.Background(), tm, x, mask, window, order, cadence)
			if err != nil {
				t.Fatal(err)
			}
			wholeTrend(plainMasked(tm, x, mask, window, order, cadence)).check(t, fmt.Sprintf("W=%d p=%d", window, order), got, 1e-10)
		}
	}
}

func TestSavgolMaskedWithoutMaskIsSavgol(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, n := range []int{1, 2, 3, 50, 1000, 5000} {
		tm, x := make([]float64, n), make([]float64, n)
		for i := range x {
			tm[i], x[i] = 100+float64(i)*0.02, 5+r.NormFloat64()
		}
		want, _ := preprocess.Savgol(x, 51, 2)
		got, err := preprocess.SavgolMasked(context.Background(), tm, x, nil, 51, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n > 3 {
			wholeTrend(want).check(t, fmt.Sprint(n, " rows"), got, 1e-11)
		}
	}
}

// plainLocation is the definition of the biweight location.
func plainLocation(x []float64, c float64) float64 {
	m := plainMedian(x)
	d := make([]float64, len(x))
	for i := range x {
		d[i] = math.Abs(x[i] - m)
	}
	s := c * plainMedian(d)
	if s == 0 {
		return m
	}
	for range 2000 {
		var sw, sd float64
		for _, v := range x {
			if u := (v - m) / s; math.Abs(u) < 1 {
				w := (1 - u*u) * (1 - u*u)
				sw, sd = sw+w, sd+w*(v-m)
			}
		}
		if sw == 0 {
			return m
		}
		m += sd / sw
		if math.Abs(sd/sw) <= 1e-13*s {
			break
		}
	}
	return m
}

func plainMedian(x []float64) float64 {
	y := slices.Sorted(slices.Values(x))
	return (y[(len(y)-1)/2] + y[len(y)/2]) / 2
}

func TestBiweightIsTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	noises := map[string]func() float64{
		"gauss":    r.NormFloat64,
		"cauchy":   func() float64 { return r.NormFloat64() / r.NormFloat64() },
		"two runs": func() float64 { return float64(6*r.IntN(2)) + 0.5*r.NormFloat64() },
		"uniform":  r.Float64,
		"grid":     func() float64 { return math.Round(3 * r.NormFloat64()) },
	}
	for name, noise := range noises {
		tm, x, mask := gappy(r, 1200)
		for i := range x {
			x[i] = 3*math.Sin(float64(i)/90) + noise()
		}
		for _, window := range []float64{0.004, 0.05, 0.5, 5} {
			got, err := preprocess.Biweight(context.Background(), tm, x, mask, window, 5)
			if err != nil {
				t.Fatal(err)
			}
			bad, worst := 0, 0.0
			for i := range x {
				var v []float64
				for j := range x {
					if !mask[j] && tm[j] >= tm[i]-window/2 && tm[j] < tm[i]+window/2 {
						v = append(v, x[j])
					}
				}
				if len(v) == 0 {
					continue
				}
				if d := math.Abs(got[i] - plainLocation(v, 5)); d > 1e-8 {
					bad, worst = bad+1, math.Max(worst, d)
				}
			}
			if bad > 0 {
				t.Errorf("%s, window %v d: %d rows differ, by up to %.3g", name, window, bad, worst)
			}
		}
	}
}

func TestBaselinesOfDegenerateInput(t *testing.T) {
	ctx, nan := context.Background(), math.NaN()
	inputs := map[string]struct{ t, x []float64 }{
		"nothing":     {nil, nil},
		"one row":     {[]float64{5}, []float64{2}},
		"two rows":    {[]float64{5, 6}, []float64{2, 3}},
		"equal times": {[]float64{5, 5, 5, 5, 5, 5}, []float64{1, 2, 3, 4, 5, 6}},
		"constant":    {[]float64{1, 2, 3, 4, 5, 6, 7}, []float64{2, 2, 2, 2, 2, 2, 2}},
		"huge":        {[]float64{1, 2, 3, 4, 5, 6, 7}, []float64{1e300, -1e300, 1e299, 1, 2, 3, 1e300}},
		"tiny":        {[]float64{1, 2, 3, 4, 5, 6, 7}, []float64{5e-324, 0, 5e-324, 1e-320, 0, 0, 0}},
		"far apart":   {[]float64{-1e300, 0, 1e-9, 1, 2, 1e15, 1e300}, []float64{1, 2, 3, 4, 5, 6, 7}},
	}
	for name, in := range inputs {
		n := len(in.x)
		whole := make([]bool, n)
		for i := range whole {
			whole[i] = true
		}
		check := func(what string, trend []float64, err error) {
			t.Helper()
			if err != nil || len(trend) != n {
				t.Errorf("%s, %s: %d values, %v", name, what, len(trend), err)
			}
			for _, v := range trend {
				if v != v {
					t.Errorf("%s, %s: %v", name, what, trend)
					return
				}
			}
		}
		for _, mask := range [][]bool{nil, whole} {
			for _, window := range []int{1, 3, 5, 101} {
				order := min(2, window-1)
				y, err := preprocess.Savgol(in.x, window, order)
				check("savgol", y, err)
				y, err = preprocess.SavgolMasked(ctx, in.t, in.x, mask, window, order, 0)
				check("masked", y, err)
				y, err = preprocess.SavgolIterative(ctx, in.t, in.x, mask, preprocess.IterativeOptions{Window: window, Order: order})
				check("iterative", y, err)
			}
			for _, window := range []float64{1e-9, 1.5, 1e9} {
				y, err := preprocess.Biweight(ctx, in.t, in.x, mask, window, 5)
				check("biweight", y, err)
			}
		}
	}
	if y, _ := preprocess.SavgolIterative(ctx, []float64{1, 2, 3}, []float64{nan, nan, nan}, nil, preprocess.IterativeOptions{}); y[0] == y[0] {
		t.Errorf("no flux at all: trend %v", y)
	}
}

func TestBaselinesRefuseWhatCannotBe(t *testing.T) {
	ctx := context.Background()
	gone, stop := context.WithCancel(ctx)
	stop()
	two := []float64{1, 2}
	failed := func(name string, kind exo.Kind, err error) {
		t.Helper()
		if exo.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, w := range [][2]int{{4, 2}, {0, 0}, {-3, 1}, {3, 3}, {5, -1}} {
		_, err := preprocess.SavgolCoefficients(w[0], w[1])
		failed(fmt.Sprint("window and order ", w), exo.Invalid, err)
	}
	_, err := preprocess.SavgolMasked(ctx, two, two[:1], nil, 3, 1, 0)
	failed("unequal columns", exo.Invalid, err)
	_, err = preprocess.Biweight(ctx, two, two, nil, math.NaN(), 5)
	failed("no window", exo.Invalid, err)
	_, err = preprocess.SavgolIterative(ctx, two, two, nil, preprocess.IterativeOptions{Sigma: math.NaN()})
	failed("no limit", exo.Invalid, err)
	_, err = preprocess.Biweight(gone, two, two, nil, 1, 5)
	failed("biweight given up", exo.Canceled, err)
	_, err = preprocess.SavgolMasked(gone, two, two, nil, 3, 1, 0)
	failed("masked given up", exo.Canceled, err)
	_, err = preprocess.SavgolIterative(gone, two, two, nil, preprocess.IterativeOptions{})
	failed("iterative given up", exo.Canceled, err)
}
