package preprocess_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exoplanetai/internal/preprocess"
)

// slowClip is the definition of sigma clipping, pass by pass.
func slowClip(x []float64, o preprocess.SigmaClipOptions) (lo, hi float64, bad []bool) {
	y := slices.Clone(x)
	lo, hi = math.Inf(-1), math.Inf(1)
	for pass := 0; len(y) > 0 && (o.MaxIters == 0 || pass < o.MaxIters); pass++ {
		c := slowMedian(y)
		_, s := preprocess.MeanStd(y)
		lo, hi = math.Inf(-1), math.Inf(1)
		if !math.IsInf(o.Lower, 1) {
			lo = c - o.Lower*s
		}
		if !math.IsInf(o.Upper, 1) {
			hi = c + o.Upper*s
		}
		n := len(y)
		y = slices.DeleteFunc(y, func(v float64) bool { return v < lo || v > hi })
		if len(y) == n {
			break
		}
	}
	bad = make([]bool, len(x))
	for i, v := range x {
		bad[i] = v < lo || v > hi
	}
	return lo, hi, bad
}

func TestSigmaClipIsThatOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	inf := math.Inf(1)
	for name, f := range shapes(r) {
		for _, n := range []int{1, 2, 3, 4, 129, 500, 2001, 9999} {
			x := series(f, n)
			for range n / 500 {
				x[r.IntN(n)] *= 1 + 0.2*r.NormFloat64()
			}
			for i := range x {
				if math.IsInf(x[i], 0) {
					x[i] = 1e308
				}
			}
			for _, o := range []preprocess.SigmaClipOptions{
				{Lower: 5, Upper: 5, MaxIters: 3}, {Lower: 3, Upper: 3, MaxIters: 1}, {Lower: 2.13, Upper: 2.13},
				{Lower: inf, Upper: 3}, {Lower: 1.07, Upper: 6}, {Lower: inf, Upper: inf, MaxIters: 2}, {Lower: 0.53, Upper: 0.53, MaxIters: 2}, {},
			} {
				lo, hi, bad := slowClip(x, o)
				got, b := preprocess.SigmaClip(x, o)
				tol := 1e-12 * maxAbs(x)
				if !near(b.Lower, lo, tol) || !near(b.Upper, hi, tol) || b.Flagged != len(indices(got)) {
					t.Errorf("%s, %d points, %+v: %+v, want %v %v", name, n, o, b, lo, hi)
				}
				if !sameBeyond(x, got, bad, lo, hi, tol) {
					t.Errorf("%s, %d points, %+v: %d flagged, want %d", name, n, o, len(indices(got)), len(indices(bad)))
				}
			}
		}
	}
}

// sameBeyond compares flagged sets, values on a limit left aside: those are
// decided by the last bit of a sum.
func sameBeyond(x []float64, got, want []bool, lo, hi, tol float64) bool {
	for i, v := range x {
		if got[i] != want[i] && !near(v, lo, tol) && !near(v, hi, tol) {
			return false
		}
	}
	return true
}

func TestGrowTakesTheNeighboursOnceEachPass(t *testing.T) {
	x := noise(400)
	for i := range x {
		x[i] = math.Sin(float64(i))
	}
	x[0], x[200], x[399] = 50, 50, -50
	for _, r := range []int{1, 3, 1000, math.MaxInt} {
		bad, b := preprocess.SigmaClip(x, preprocess.SigmaClipOptions{Lower: 5, Upper: 5, Grow: r})
		want := []int{}
		for i := range x {
			if i <= r || i >= 399-r || i >= 200-r && i-200 <= r {
				want = append(want, i)
			}
		}
		if got := indices(bad); !slices.Equal(got, want) || b.Flagged != len(want) {
			t.Errorf("grow %d: %v, want %v", r, got, want)
		}
	}
}

// methods are all outlier methods with a side to choose.
func methods(sides preprocess.Sides) map[string]func([]float64) []bool {
	lower, upper := 4., 4.
	if sides == preprocess.SidesUpper {
		lower = math.Inf(1)
	}
	if sides == preprocess.SidesLower {
		upper = math.Inf(1)
	}
	return map[string]func([]float64) []bool{
		"one pass": func(x []float64) []bool {
			bad, _ := preprocess.SigmaClip(x, preprocess.SigmaClipOptions{Lower: lower, Upper: upper, MaxIters: 1})
			return bad
		},
		"mad":        func(x []float64) []bool { bad, _ := preprocess.MADClip(x, 4, sides); return bad },
		"iqr":        func(x []float64) []bool { bad, _ := preprocess.IQRClip(x, 1.5, sides); return bad },
		"iqr, k = 0": func(x []float64) []bool { bad, _ := preprocess.IQRClip(x, 0, sides); return bad },
		"modified z": func(x []float64) []bool { bad, _, _ := preprocess.ModifiedZScore(x, 3.5, sides); return bad },
	}
}

func TestUpperAndLowerTogetherAreBoth(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	both, upper, lower := methods(preprocess.SidesBoth), methods(preprocess.SidesUpper), methods(preprocess.SidesLower)
	for shape, f := range shapes(r) {
		x := series(f, 3001)
		for name := range both {
			all, up, down := both[name](x), upper[name](x), lower[name](x)
			for i := range all {
				if all[i] != (up[i] || down[i]) || up[i] && down[i] {
					t.Errorf("%s, %s, row %d (%v): both %v, upper %v, lower %v", shape, name, i, x[i], all[i], up[i], down[i])
					break
				}
			}
		}
	}
}

func TestFlagsFollowThePointsAndNotTheirOrderOrUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	x := noise(5000)
	perm := r.Perm(len(x))
	shuffled, scaled, negative := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	for i, j := range perm {
		shuffled[i] = x[j]
	}
	for i, v := range x {
		scaled[i], negative[i] = math.Ldexp(v, -300), -v
	}
	mirrored := methods(preprocess.SidesLower)
	for name, f := range methods(preprocess.SidesUpper) {
		want := f(x)
		if len(indices(want)) == 0 {
			t.Fatalf("%s finds nothing", name)
		}
		if !slices.Equal(f(scaled), want) {
			t.Errorf("%s: another unit, other flags", name)
		}
		if !slices.Equal(mirrored[name](negative), want) {
			t.Errorf("%s: the mirror image has other flags", name)
		}
		for i, v := range f(shuffled) {
			if v != want[perm[i]] {
				t.Errorf("%s: another order, other flags", name)
				break
			}
		}
	}
}

func TestDegenerateSeriesHaveNoOutliers(t *testing.T) {
	spike := make([]float64, 100)
	spike[50] = 7 // zero MAD, the mean absolute deviation takes over
	for name, x := range map[string][]float64{"nothing": {}, "one": {3}, "two": {3, 4}, "constant": {1.1, 1.1, 1.1, 1.1, 1.1}, "equal and huge": {1e300, 1e300, 1e300}} {
		for _, sides := range []preprocess.Sides{preprocess.SidesBoth, preprocess.SidesUpper, preprocess.SidesLower, ""} {
			for method, f := range methods(sides) {
				if bad := indices(f(x)); len(bad) != 0 && method != "iqr, k = 0" {
					t.Errorf("%s, %s: %v", name, method, bad)
				}
			}
		}
	}
	bad, b := preprocess.MADClip(spike, 5, preprocess.SidesBoth)
	if got := indices(bad); b.From != "meanad" || !slices.Equal(got, []int{50}) {
		t.Errorf("%+v %v", b, got)
	}
}

func TestNotANumberAgainstTheContractDoesNotPanic(t *testing.T) {
	for _, n := range []int{1, 2, 100, 200, 1000, 20000} {
		for _, share := range []int{1, 2, 3, 50} {
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				x := noise(n)
				for i := range x {
					if i%share == 0 {
						x[i] = v
					}
				}
				for _, f := range methods(preprocess.SidesBoth) {
					f(x)
				}
				preprocess.SigmaClip(x, preprocess.SigmaClipOptions{Lower: 3, Upper: 3, Grow: 1})
				preprocess.MedianCadence(x)
				for _, m := range preprocess.Normalizations() {
					preprocess.Normalize(x, nil, m)
				}
			}
		}
	}
}

func TestVotesAreCounted(t *testing.T) {
	members := [][]bool{{true, true, false, false}, {true, false, true, false}, {true, true, false, false}}
	for least, want := range map[int][]int{1: {0, 1, 2}, 2: {0, 1}, 3: {0}, 4: {}} {
		if got := indices(preprocess.Vote(members, least)); !slices.Equal(got, want) {
			t.Errorf("%d votes: %v, want %v", least, got, want)
		}
	}
	if got := preprocess.Vote(nil, 1); got != nil {
		t.Errorf("nobody votes: %v", got)
	}
}

// finite reads float64s, infinities and NaN left out as the steps' contract
// says.
func finite(b []byte) []float64 {
	var x []float64
	for ; len(b) >= 8; b = b[8:] {
		if v := math.Float64frombits(binary.LittleEndian.Uint64(b)); isFinite(v) {
			x = append(x, v)
		}
	}
	return x
}

func seedFloats(f *testing.F) {
	for _, x := range [][]float64{{}, {1}, {1, 1, 1}, {1e308, -1e308, 1e300}, {5e-324, -5e-324, 0, 1e-310}, {-1.7e308, -1.7e308, -1.7e308, 1.7e308, 1.7e308, 1.7e308}, {1, 2, 1e9, 3}, noise(300)} {
		var b []byte
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		f.Add(b, uint16(len(x)), 3.0, 2.0, uint8(3))
		f.Add(b, uint16(len(x)), 0.0, 0.0, uint8(64))
	}
}

func FuzzOutliers(f *testing.F) {
	seedFloats(f)
	f.Fuzz(func(t *testing.T, b []byte, times uint16, lower, upper float64, iters uint8) {
		x := finite(b)
		for n := len(x); n > 0 && len(x) < int(times); {
			x = append(x, x[:min(n, int(times)-len(x))]...) // long ones too
		}
		if !(lower >= 0) || !(upper >= 0) {
			t.Skip()
		}
		o := preprocess.SigmaClipOptions{Lower: lower, Upper: upper, MaxIters: int(iters) % 8, Grow: int(iters) / 64}
		bad, c := preprocess.SigmaClip(x, o)
		check(t, x, bad, c)
		for _, sides := range []preprocess.Sides{preprocess.SidesBoth, preprocess.SidesUpper, preprocess.SidesLower} {
			bad, c = preprocess.MADClip(x, lower, sides)
			check(t, x, bad, c)
			bad, c = preprocess.IQRClip(x, upper, sides)
			check(t, x, bad, c)
			bad, _, c = preprocess.ModifiedZScore(x, upper, sides)
			check(t, x, bad, c)
		}
		checkNorms(t, x)
	})
}

func check(t *testing.T, x []float64, bad []bool, c preprocess.ClipBounds) {
	t.Helper()
	if c.Flagged != len(indices(bad)) {
		t.Errorf("%d flagged, says %d", len(indices(bad)), c.Flagged)
	}
	if len(x) > 0 && (math.IsNaN(c.Lower) || math.IsNaN(c.Upper) || math.IsNaN(c.Center) || math.IsNaN(c.Scale)) {
		t.Errorf("not numbers: %+v", c)
	}
}

func checkNorms(t *testing.T, x []float64) {
	t.Helper()
	for _, m := range preprocess.Normalizations() {
		y, _, a, _ := preprocess.Normalize(x, nil, m)
		if math.IsNaN(a.A) || math.IsNaN(a.S) || math.IsInf(a.S, 0) {
			t.Errorf("%s: %+v", m, a)
		}
		for i, v := range y {
			if math.IsNaN(v) {
				t.Errorf("%s: %v becomes NaN with %+v", m, x[i], a)
				return
			}
		}
	}
}
