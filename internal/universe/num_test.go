package universe

import (
	"math"
	"testing"
)

func TestOwnFunctionsAgreeWithMath(t *testing.T) {
	worst := map[string]float64{}
	note := func(name string, got, want float64) {
		worst[name] = max(worst[name], math.Abs(got-want)/max(1, math.Abs(want)))
	}
	for i := -20000; i <= 20000; i++ {
		x := float64(i) / 1000
		s, c := sincos(x * 100)
		note("sin", s, math.Sin(x*100))
		note("cos", c, math.Cos(x*100))
		note("exp", exp(x), math.Exp(x))
		note("atan2", atan2(x, 1.3), math.Atan2(x, 1.3))
		note("atan2 left", atan2(1.3, -x), math.Atan2(1.3, -x))
		if x > 0 {
			note("ln", ln(x), math.Log(x))
			note("pow", pow(x, 0.7), math.Pow(x, 0.7))
		}
		if math.Abs(x) <= 1 {
			note("acos", acos(x), math.Acos(x))
			note("asin", asin(x), math.Asin(x))
		}
	}
	for name, d := range worst {
		if d > 2e-15 {
			t.Errorf("%s is off by %g", name, d)
		}
	}
}

func TestGaussHasUnitVariance(t *testing.T) {
	c := newChance(1, "test")
	var sum, sum2, sum4 float64
	const n = 400000
	for range n {
		x := c.gauss()
		sum, sum2, sum4 = sum+x, sum2+x*x, sum4+x*x*x*x
	}
	if mean := sum / n; math.Abs(mean) > 0.01 {
		t.Errorf("mean %g", mean)
	}
	if v := sum2 / n; math.Abs(v-1) > 0.01 {
		t.Errorf("variance %g", v)
	}
	if k := sum4 / n; math.Abs(k-2.85) > 0.05 { // 3 - 6/5/8
		t.Errorf("fourth moment %g", k)
	}
}

// brute integrates the hidden light on a grid of the star's disc.
func brute(z, k, u1, u2 float64) float64 {
	const n = 1500
	var total, hidden float64
	for i := range n {
		x := (float64(i)+0.5)/n*2 - 1
		for j := range n {
			y := (float64(j)+0.5)/n*2 - 1
			r2 := x*x + y*y
			if r2 >= 1 {
				continue
			}
			m := 1 - math.Sqrt(1-r2)
			bright := 1 - u1*m - u2*m*m
			total += bright
			if (x-z)*(x-z)+y*y < k*k {
				hidden += bright
			}
		}
	}
	return hidden / total
}

func TestHiddenLightIsThatOfASumOverTheDisc(t *testing.T) {
	for _, c := range []struct{ z, k, u1, u2 float64 }{
		{0, 0.1, 0.3, 0.3}, {0.5, 0.1, 0.3, 0.3}, {0.95, 0.1, 0.4, 0.25}, {1.05, 0.1, 0.4, 0.25},
		{0.2, 0.3, 0.6, 0.1}, {0.3, 0.3, 0.3, 0.2}, {0.7, 0.45, 0.3, 0.2}, {1.2, 0.45, 0, 0},
	} {
		got, want := hidden(c.z, c.k, c.u1, c.u2), brute(c.z, c.k, c.u1, c.u2)
		if math.Abs(got-want) > 4e-5*max(1, 10*want) {
			t.Errorf("%+v: got %.7f, want %.7f", c, got, want)
		}
	}
}

func TestHiddenLightOfAUniformDiscIsKnownExactly(t *testing.T) {
	for _, c := range []struct{ z, k float64 }{{0.3, 0.1}, {0, 0.2}, {0.95, 0.1}, {1.02, 0.1}, {0.9, 0.3}} {
		want := c.k * c.k
		if c.z > 1-c.k { // Mandel & Agol 2002, eq. 1
			k0 := math.Acos((c.k*c.k + c.z*c.z - 1) / (2 * c.k * c.z))
			k1 := math.Acos((1 - c.k*c.k + c.z*c.z) / (2 * c.z))
			root := math.Sqrt((4*c.z*c.z - math.Pow(1+c.z*c.z-c.k*c.k, 2)) / 4)
			want = (c.k*c.k*k0 + k1 - root) / math.Pi
		}
		if got := hidden(c.z, c.k, 0, 0); math.Abs(got-want) > 1e-9 {
			t.Errorf("%+v: got %.10f, want %.10f", c, got, want)
		}
	}
}

func TestShapeInterpolatesWell(t *testing.T) {
	for _, k := range []float64{0.01, 0.1, 0.3} {
		s := newShape(k, 0.3, 0.3)
		worst := 0.0
		for i := range 5000 {
			z := float64(i) / 5000 * (1.1 + k)
			want := 0.0
			if z < 1+k {
				want = hidden(z, k, 0.3, 0.3)
			}
			worst = max(worst, math.Abs(s.at(z)-want))
		}
		if worst > 3e-3*k*k+2e-7 {
			t.Errorf("k %v: off by %g, depth %g", k, worst, s.at(0))
		}
	}
}

func TestOrbitLastsAsLongAsItIsTold(t *testing.T) {
	o := newOrbit(100, 3.5, 0.1, 0.4, 0.08)
	for dt, want := range map[float64]float64{0: 0.4, 0.05: 1.08, -0.05: 1.08} {
		if got := o.distance(100 + 7*3.5 + dt*0.9999999); math.Abs(got-want) > 1e-5 {
			t.Errorf("at %v: %v, want %v", dt, got, want)
		}
	}
	if !math.IsInf(o.distance(100.051), 1) || !math.IsInf(o.distance(101.75), 1) {
		t.Error("there is a transit where none should be")
	}
}

func BenchmarkShape(b *testing.B) {
	for b.Loop() {
		newShape(0.1, 0.3, 0.3)
	}
}
