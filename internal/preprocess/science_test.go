package preprocess_test

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

// An injection is a planet put into a light curve of 27 days at two minutes.
type injection struct {
	e      preprocess.Ephemeris
	depth  float64 // at mid-transit
	sigma  float64 // white noise of a point
	t      []float64
	shape  []float64 // of the transits, 1 at mid-transit
	flux   []float64 // without the planet
	bits   []int32
	weight float64 // sum of (shape - its mean)²: white noise gives a depth ± sigma/√weight
}

// limbDarkened is the light that a small planet hides at a distance of z stellar
// radii, k its radius: that of the part of its disc on the star's, whose
// brightness goes down to the limb as 1 - 0.4(1-µ) - 0.25(1-µ)².
func limbDarkened(z, k float64) float64 {
	on := 1.0
	switch {
	case z >= 1+k:
		return 0
	case z > 1-k:
		x := (z - 1) / k // the limb is straight for a small planet
		on = (math.Acos(x) - x*math.Sqrt(1-x*x)) / math.Pi
		z = 1 - k*(1-x)/2 // middle of what is on the star
	}
	mu := 1 - math.Sqrt(max(0, 1-z*z))
	return on * (1 - 0.4*mu - 0.25*mu*mu)
}

// inject makes an injection of docs/preprocessing.md, "What detrending does to
// transits".
func inject(seed uint64) injection {
	r := newDice(seed)
	in := injection{t: cadences(1500+100*r.Float64(), 2.0/1440, 19_440)}
	in.sigma = 3e-4 * math.Pow(2000.0/300, r.Float64())
	k := math.Sqrt(2e-4) + (0.1-math.Sqrt(2e-4))*r.Float64() // radii are drawn evenly
	in.depth = k * k
	period := math.Pow(12, r.Float64())
	hours := min(1+9*r.Float64(), 6*period)
	in.e = preprocess.Ephemeris{Period: period, T0: in.t[0] + period*r.Float64(), Duration: hours / 24}
	in.flux, in.bits = starlight(r, in.t, in.sigma)
	b := 0.6 * r.Float64()
	half := math.Sqrt((1+k)*(1+k) - b*b)
	top := limbDarkened(b, k)
	in.shape = make([]float64, len(in.t))
	for i, t := range in.t {
		if d := t - in.t[0]; d > 13.1 && d < 14 {
			in.flux[i] = math.NaN() // between the orbits
		}
		dt := t - in.e.T0
		dt -= period * math.Floor(dt/period+0.5)
		in.shape[i] = limbDarkened(math.Hypot(b, 2*dt/in.e.Duration*half), k) / top
	}
	mean, n := 0.0, 0.0
	for i, s := range in.shape {
		if isFinite(in.flux[i]) {
			mean, n = mean+s, n+1
		}
	}
	for i, s := range in.shape {
		if isFinite(in.flux[i]) {
			in.weight += (s - mean/n) * (s - mean/n)
		}
	}
	return in
}

// fitDepth is the depth by least squares of shape and a level, and the share of
// rows at more than half depth that are left.
func (in injection) fitDepth(flux []float64) (depth, left float64) {
	var n, s, f, ss, sf, inside, kept float64
	for i, v := range flux {
		x := in.shape[i]
		if x > 0.5 && isFinite(in.flux[i]) {
			inside++
		}
		if math.IsNaN(v) {
			continue
		}
		if x > 0.5 {
			kept++
		}
		n, s, f, ss, sf = n+1, s+x, f+v, ss+x*x, sf+x*v
	}
	return -(sf - s*f/n) / (ss - s*s/n), kept / max(inside, 1)
}

// measured is what came of one injection.
type measured struct {
	hours, depth, point float64 // point: white noise of one
	sigma               float64 // white noise of a depth
	with, without, left float64 // depths with and without the planet; share of rows in transit that survived
}

// measure runs a recipe with and without the planet.
func (in injection) measure(p *preprocess.Processor, r *preprocess.Recipe) (measured, error) {
	m := measured{hours: 24 * in.e.Duration, depth: in.depth, point: in.sigma, sigma: in.sigma / math.Sqrt(in.weight)}
	s := preprocess.Series{Time: in.t, Flux: in.flux, Quality: in.bits, Table: lightcurve.FlagsTESS, Scale: exo.BTJD}
	var out preprocess.Result
	if err := p.Run(context.Background(), s, r, &out); err != nil {
		return m, err
	}
	m.without, _ = in.fitDepth(out.Flux)
	s.Flux = make([]float64, len(in.flux))
	for i, f := range in.flux {
		s.Flux[i] = f - in.depth*in.shape[i]
	}
	if err := p.Run(context.Background(), s, r, &out); err != nil {
		return m, err
	}
	m.with, m.left = in.fitDepth(out.Flux)
	return m, nil
}

// survey measures injections, two at a time.
func survey(t *testing.T, seeds []uint64, recipe func(injection) *preprocess.Recipe) []measured {
	t.Helper()
	list, errs := make([]measured, len(seeds)), make([]error, len(seeds))
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			var p preprocess.Processor
			for i := worker; i < len(seeds); i += 2 {
				in := inject(seeds[i])
				list[i], errs[i] = in.measure(&p, recipe(in))
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("injection %d: %v", i, err)
		}
	}
	return list
}

func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	x = slices.Sorted(slices.Values(x))
	return x[int(q*float64(len(x)-1)+0.5)]
}

// ratios are depths with the noise taken out, over those injected.
func ratios(list []measured, keep func(measured) bool) (x []float64) {
	for _, m := range list {
		if keep(m) {
			x = append(x, (m.with-m.without)/m.depth)
		}
	}
	return x
}

func everyOne(measured) bool { return true }

// underRace says whether the race detector slows this program down some ten
// times; the survey is then a part of itself, with bounds for its size.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func seedsFrom(first uint64, n int) []uint64 {
	list := make([]uint64, n)
	for i := range list {
		list[i] = first + uint64(i)
	}
	return list
}

// summary is a line as in the table of docs/preprocessing.md.
func summary(list []measured) string {
	text := ""
	for _, bin := range durationBins() {
		text += fmt.Sprintf("%g–%g h %.3f, ", bin[0], bin[1], quantile(ratios(list, bin.holds), 0.5))
	}
	x := ratios(list, everyOne)
	return fmt.Sprintf("%sall %.4f [%.3f, %.3f]", text, quantile(x, 0.5), quantile(x, 0.16), quantile(x, 0.84))
}

type durationBin [2]float64

func (b durationBin) holds(m measured) bool { return m.hours >= b[0] && m.hours < b[1] }

func durationBins() []durationBin { return []durationBin{{1, 2}, {2, 3}, {3, 5}, {5, 7}, {7, 10}} }

// TestKnownTransitsAreKept: profile transit with the ephemeris loses no transit
// and takes nothing of its depth.
func TestKnownTransitsAreKept(t *testing.T) {
	n, noiseBound := 300, 3.5
	if underRace() {
		n, noiseBound = 30, 5 // a tenth of the numbers: the spread is known to a fifth
	}
	list := survey(t, seedsFrom(2000, n), func(in injection) *preprocess.Recipe { return mustRecipe(t, "transit", "{}", in.e) })
	var noise, strong []float64
	for _, m := range list {
		if m.left < 0.2 {
			t.Errorf("a transit of %.1f h and %.0f ppm is lost: %.2f of its rows are left", m.hours, 1e6*m.depth, m.left)
		}
		noise = append(noise, m.without/m.sigma)
		if m.depth > 100*m.sigma {
			strong = append(strong, m.with/m.depth-1)
		}
	}
	spread := (quantile(noise, 0.84) - quantile(noise, 0.16)) / 2
	t.Logf("%d injections: %s; noise %.2f; %d with S/N above 100: %+.4f [%+.4f, %+.4f]", n, summary(list), spread,
		len(strong), quantile(strong, 0.5), quantile(strong, 0.16), quantile(strong, 0.84))
	if d := quantile(ratios(list, everyOne), 0.5) - 1; !(math.Abs(d) < 0.001) {
		t.Errorf("the median ratio is off by %g", d)
	}
	if !(spread <= noiseBound) {
		t.Errorf("the noise is %.2f times the white noise", spread)
	}
	if underRace() {
		return // too few of them are strong
	}
	for i := range strong {
		strong[i] = math.Abs(strong[i])
	}
	if q := quantile(strong, 0.68); !(q < 0.015) || len(strong) < 20 {
		t.Errorf("68 %% of %d strong ones are within %.4f", len(strong), q)
	}
}

// TestUnknownTransitsAreMostlyKept: profile transit without the ephemeris, with
// a window of six durations.
func TestUnknownTransitsAreMostlyKept(t *testing.T) {
	n := 300
	if underRace() {
		n = 30
	}
	list := survey(t, seedsFrom(2000, n), func(in injection) *preprocess.Recipe {
		return mustRecipe(t, "transit", fmt.Sprintf(`{"biweight_window_days":%g}`, 6*in.e.Duration))
	})
	t.Logf("%d injections: %s", n, summary(list))
	if underRace() {
		return // too few for each duration
	}
	if m := quantile(ratios(list, everyOne), 0.5); !(m >= 0.92) {
		t.Errorf("median ratio %.3f", m)
	}
	// what is recovered depends on how deep a transit is in units of the noise of
	// a point: these do not depend on how depths and noise were drawn
	for _, c := range [][3]float64{{0, 1, 0.87}, {1, 3, 0.91}, {3, 99, 0.99}} {
		x := ratios(list, func(m measured) bool { return m.depth >= c[0]*m.point && m.depth < c[1]*m.point })
		t.Logf("depth of %g to %g sigma: median of %d is %.3f", c[0], c[1], len(x), quantile(x, 0.5))
		if m := quantile(x, 0.5); !near(m, c[2], 0.03) {
			t.Errorf("depth of %g to %g sigma: the median ratio is %.3f, want %.2f", c[0], c[1], m, c[2])
		}
	}
	for _, bin := range durationBins() {
		x := ratios(list, bin.holds)
		if m := quantile(x, 0.5); !(m >= 0.88) {
			t.Errorf("median ratio %.3f of the %d transits of %g to %g h", m, len(x), bin[0], bin[1])
		}
	}
}

// TestTheDefaultProfileDestroysTransits is why its results carry a warning.
func TestTheDefaultProfileDestroysTransits(t *testing.T) {
	n := 300
	if underRace() {
		n = 30
	}
	list := survey(t, seedsFrom(2000, n), func(in injection) *preprocess.Recipe { return mustRecipe(t, "default", "{}") })
	t.Logf("%d injections: %s", n, summary(list))
	if m := quantile(ratios(list, everyOne), 0.5); m > 0.06 {
		t.Errorf("median ratio %.3f; the warnings say otherwise", m)
	}
}
