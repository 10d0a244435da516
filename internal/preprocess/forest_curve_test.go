package preprocess_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
)

var forestDefaults = preprocess.ForestOptions{Trees: 100, Samples: 256}

// spotted is a light curve of 27 days at 2 minutes with rotation, drifts, a gap
// and noise, and the rows to which an outlier of 5 to 12 sigma was added.
func spotted(seed uint64, sigma, amplitude, period float64) (t, x []float64, added []int) {
	r := rand.New(rand.NewPCG(seed, 99))
	walk := 0.0
	for i := range 19440 {
		at := float64(i) / 720
		walk = 0.999*walk + 0.03*sigma*r.NormFloat64()
		if at > 12.8 && at < 13.9 {
			continue
		}
		flux := 1 + amplitude*math.Sin(2*math.Pi*at/period) + amplitude/3*math.Sin(4*math.Pi*at/period+1) + walk
		flux += 2 * sigma * math.Exp(-math.Mod(at, 3.1)/0.05) // settling after each dump of momentum
		t, x = append(t, at), append(x, flux+sigma*r.NormFloat64())
	}
	for _, i := range r.Perm(len(x))[:60] {
		x[i] += sigma * (5 + 7*r.Float64()) * float64(2*r.IntN(2)-1)
		added = append(added, i)
	}
	return t, x, added
}

// TestTheForestFindsOutliersOnVariableStars holds the claim of the definitions:
// it finds at least 85 % of 60 added outliers and takes at most 0.3 % of the
// rest.
func TestTheForestFindsOutliersOnVariableStars(t *testing.T) {
	var w preprocess.StepWork
	for i, c := range []struct{ sigma, amplitude, period float64 }{
		{3e-4, 0, 5}, {3e-4, 5e-3, 5}, {1e-3, 1e-2, 7}, {2e-3, 4e-3, 1.1}, {5e-4, 2e-2, 12}, {1e-4, 1e-3, 2.5},
	} {
		time, x, added := spotted(uint64(i), c.sigma, c.amplitude, c.period)
		bad := make([]bool, len(x))
		if err := w.ForestOutliers(context.Background(), time, x, forestDefaults, 0.005, 3.5, preprocess.SidesBoth, bad); err != nil {
			t.Fatal(err)
		}
		found, other := 0, 0
		for _, j := range added {
			if bad[j] {
				found++
			}
		}
		for _, b := range bad {
			if b {
				other++
			}
		}
		share := float64(other-found) / float64(len(x)-len(added))
		clipped, _ := preprocess.SigmaClip(x, preprocess.SigmaClipOptions{Lower: 5, Upper: 5, MaxIters: 3})
		byClip := 0
		for _, j := range added {
			if clipped[j] {
				byClip++
			}
		}
		t.Logf("noise %g, rotation %g: %.0f %% found (sigma_clip %.0f %%), %.3f %% of the others", c.sigma, c.amplitude,
			100*float64(found)/60, 100*float64(byClip)/60, 100*share)
		if found < 51 || share > 0.003 {
			t.Errorf("noise %g, rotation %g: %d of 60 found, %.3f %% of the others flagged", c.sigma, c.amplitude, found, 100*share)
		}
	}
}

func TestBothConditionsOfTheForest(t *testing.T) {
	var w preprocess.StepWork
	time, x, _ := spotted(5, 1e-3, 5e-3, 3)
	flag := func(contamination, minZ float64, sides preprocess.Sides) []bool {
		bad := make([]bool, len(x))
		for i := range bad {
			bad[i] = true // each is to be written
		}
		if err := w.ForestOutliers(context.Background(), time, x, forestDefaults, contamination, minZ, sides, bad); err != nil {
			t.Fatal(err)
		}
		return bad
	}
	count := func(b []bool) (n int) {
		for _, v := range b {
			if v {
				n++
			}
		}
		return n
	}
	plain := flag(0.01, 0, preprocess.SidesBoth)
	if n, want := count(plain), 0.01*float64(len(x)); math.Abs(float64(n)-want) > 0.1*want {
		t.Errorf("contamination 0.01 alone flags %d of %d", n, len(x))
	}
	both, upper, lower := flag(0.01, 3.5, preprocess.SidesBoth), flag(0.01, 3.5, preprocess.SidesUpper), flag(0.01, 3.5, preprocess.SidesLower)
	for i := range both {
		if both[i] && !plain[i] || both[i] != (upper[i] || lower[i]) || upper[i] && lower[i] {
			t.Fatalf("row %d: plain %v, both %v, upper %v, lower %v", i, plain[i], both[i], upper[i], lower[i])
		}
	}
	if count(upper) < 20 || count(lower) < 20 {
		t.Errorf("%d above, %d below", count(upper), count(lower))
	}
	if n := count(flag(0.01, 1000, preprocess.SidesBoth)); n > 0 {
		t.Errorf("%d rows farther than 1000 deviations", n)
	}
	if again := flag(0.01, 3.5, preprocess.SidesBoth); !slices.Equal(again, both) {
		t.Error("a second run flags others")
	}
	for i := range x { // scale invariance: by a power of two to the last bit
		x[i] *= 1024
	}
	if scaled := flag(0.01, 3.5, preprocess.SidesBoth); !slices.Equal(scaled, both) {
		t.Error("other rows are flagged in another unit")
	}
}

// TestRunningFeatures compares with the definition, sorted anew for each row.
func TestRunningFeatures(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var w preprocess.StepWork
	for _, n := range []int{0, 1, 2, 3, 49, 50, 51, 52, 99, 100, 101, 102, 103, 151, 700} {
		for name, make1 := range map[string]func() float64{
			"noise":    r.NormFloat64,
			"integers": func() float64 { return float64(r.IntN(5)) },
			"mostly 0": func() float64 { return float64(r.IntN(20) / 19) },
			"constant": func() float64 { return 3 },
			"signs":    func() float64 { return math.Copysign(0, float64(r.IntN(2))-0.5) },
		} {
			x := make([]float64, n)
			for i := range x {
				x[i] = make1()
			}
			got, want := make([]float64, 2*n), make([]float64, 2*n)
			w.Running(x, got)
			for i := range x {
				want[2*i] = plainScore(x[max(0, i-50):min(n, i+51)], x[i])
			}
			for i := range x {
				switch {
				case n == 1:
				case i == 0:
					want[1] = want[0] - want[2]
				case i == n-1:
					want[2*i+1] = want[2*i] - want[2*i-2]
				default:
					want[2*i+1] = want[2*i] - (want[2*i-2]+want[2*i+2])/2
				}
			}
			allNear(t, name, got, want, 1e-12*(1+maxAbs(want)))
		}
	}
}

// plainScore is (v - median)/deviation over the window.
func plainScore(window []float64, v float64) float64 {
	y := slices.Clone(window)
	slices.Sort(y)
	mid := func(y []float64) float64 { return (y[(len(y)-1)/2] + y[len(y)/2]) / 2 }
	c, sum := mid(y), 0.0
	for i := range y {
		y[i] = math.Abs(y[i] - c)
		sum += y[i]
	}
	slices.Sort(y)
	switch {
	case mid(y) > 0:
		return (v - c) / (1.482602218505602 * mid(y))
	case sum > 0:
		return (v - c) / (1.2533141373155 * sum / float64(len(y)))
	}
	return 0
}

func TestTheForestStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var w preprocess.StepWork
	time, x, _ := spotted(1, 1e-3, 0, 1)
	if err := w.ForestOutliers(ctx, time, x, forestDefaults, 0.005, 3.5, preprocess.SidesBoth, make([]bool, len(x))); !errors.Is(err, exo.Canceled) {
		t.Error(err)
	}
}

func FuzzForestOutliers(f *testing.F) {
	f.Add(uint64(1), uint16(300), 1.0, 0.01, 3.5, uint8(0))
	f.Add(uint64(2), uint16(0), 0.0, 0.5, 0.0, uint8(1))
	f.Add(uint64(3), uint16(1), 1e308, 0.0, 0.0, uint8(2))
	f.Add(uint64(4), uint16(102), 1e-320, 0.1, 1.0, uint8(0))
	var w preprocess.StepWork
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, scale, contamination, minZ float64, side uint8) {
		if !isFinite(scale) || !(contamination >= 0 && contamination <= 0.5) || !(minZ >= 0) {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		x, time := make([]float64, int(n)%1200), make([]float64, int(n)%1200)
		at := 0.0
		for i := range x {
			at += 0.01
			if r.IntN(100) == 0 {
				at += 1
			}
			time[i], x[i] = at, math.Round(r.NormFloat64()*3)*scale
			if !isFinite(x[i]) {
				x[i] = math.MaxFloat64
			}
		}
		sides := []preprocess.Sides{preprocess.SidesBoth, preprocess.SidesUpper, preprocess.SidesLower}[side%3]
		bad := make([]bool, len(x))
		o := preprocess.ForestOptions{Trees: 5, Samples: 64, Seed: int64(seed)}
		if err := w.ForestOutliers(context.Background(), time, x, o, contamination, minZ, sides, bad); err != nil {
			t.Fatal(err)
		}
		flagged := 0
		for _, b := range bad {
			if b {
				flagged++
			}
		}
		if float64(flagged) > contamination*float64(len(x))+1 {
			t.Fatalf("%d of %d flagged at a contamination of %v", flagged, len(x), contamination)
		}
	})
}
