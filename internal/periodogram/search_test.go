package periodogram_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/periodogram"
)

func TestAPlanetIsFoundWithItsDepthAndDuration(t *testing.T) {
	for name, make := range known() {
		t.Run(name, func(t *testing.T) {
			p := make.planets[0]
			s := make.series()
			params := periodogram.Params{Durations: []float64{p.duration / 2, p.duration, p.duration * 2}, Spacing: periodogram.SpacingLog, FrequencyFactor: 5, MinimumPeriod: max(1, p.period/2.2), MaximumPeriod: 3 * p.period}
			periods := grid(t, s, params)
			r := run(t, s, periods, params)
			c, err := periodogram.NewCurve(s)
			if err != nil {
				t.Fatal(err)
			}
			peaks := periodogram.Peaks(r, c.Baseline(), periodogram.PeakOptions{})
			at := slices.IndexFunc(peaks, func(k periodogram.Peak) bool { return math.Abs(k.Period/p.period-1) < p.duration/c.Baseline() })
			if at < 0 || at > 3 {
				t.Fatalf("the planet of %v days is peak %d of %+v", p.period, at, peaks)
			}
			k := peaks[at]
			if off := math.Abs(math.Mod(k.TransitTime-p.t0+1000.5*p.period, p.period) - p.period/2); off > p.duration/2 {
				t.Errorf("transit at %v, %v days off", k.TransitTime, off)
			}
			if math.Abs(k.Depth.Value-p.depth) > 0.3*p.depth || apart(k.Duration, p.duration) > 0.51 || k.SDE < 4 || k.SNR < 7 {
				t.Errorf("depth %v, duration %v, SDE %v, SNR %v of %v", k.Depth, k.Duration, k.SDE, k.SNR, p)
			}
			for _, k := range peaks {
				t.Logf("%.5f d, depth %.0f ppm, power %.4g, SDE %.3g, of %d %v", k.Period, 1e6*k.Depth.Value, k.Power, k.SDE, k.Of, k.Ratio)
			}
		})
	}
}

func TestHarmonicsAreMarked(t *testing.T) {
	s := synth{start: 0, days: 60, cadence: 0.02, noise: 2e-4, planets: []planet{{3, 1, 0.15, 2e-3}}, seed: 9}.series()
	p := periodogram.Params{Durations: []float64{0.15}, MaximumPeriod: 15, FrequencyFactor: 8}
	r := run(t, s, grid(t, s, p), p)
	peaks := periodogram.Peaks(r, 60, periodogram.PeakOptions{})
	ratios := map[[2]int]bool{}
	for i, k := range peaks {
		if i == 0 && (k.Of != -1 || math.Abs(k.Period-3) > 0.01) || i > 0 && k.Of >= i {
			t.Errorf("peak %d: %+v", i, k)
		}
		ratios[k.Ratio] = true
	}
	if !ratios[[2]int{2, 1}] || !ratios[[2]int{1, 2}] || !ratios[[2]int{3, 1}] {
		t.Errorf("%+v", peaks)
	}
}

// A transit at the very first point lies across phase zero of every period.
func TestAFullWrapSeesABoxAcrossPhaseZeroWhole(t *testing.T) {
	s := synth{start: 0, days: 40, cadence: 0.01, noise: 1e-5, planets: []planet{{4, 0.015, 0.3, 1e-3}}, seed: 2}.series()
	p := periodogram.Params{Durations: []float64{0.05, 0.3}}
	cut := run(t, s, []float64{4}, p)
	p.FullWrap = true
	whole := run(t, s, []float64{4}, p)
	if whole.Duration[0] != 0.3 || apart(whole.Depth[0], 1e-3) > 0.05 || whole.Power[0] < 1.2*cut.Power[0] {
		t.Errorf("whole: duration %v, depth %v, power %v; cut: %v %v %v", whole.Duration[0], whole.Depth[0], whole.Power[0], cut.Duration[0], cut.Depth[0], cut.Power[0])
	}
}

func TestRowsThatAreNoMeasurementChangeNothing(t *testing.T) {
	s := known()["an irregular curve of few points"].series()
	p := periodogram.Params{FrequencyFactor: 10}
	periods := grid(t, s, p)
	want := run(t, s, periods, p)
	nan, inf := math.NaN(), math.Inf(1)
	for _, row := range [][3]float64{{nan, 1, 1e-3}, {5, nan, 1e-3}, {5, inf, 1e-3}, {5, 1, 0}, {5, 1, -1}, {5, 1, nan}, {5, 1, inf}, {5, 1, 1e-200}, {-inf, 1, 1e-3}} {
		s.Time, s.Flux, s.FluxErr = slices.Insert(s.Time, 100, row[0]), slices.Insert(s.Flux, 100, row[1]), slices.Insert(s.FluxErr, 100, row[2])
	}
	c, err := periodogram.NewCurve(s)
	if err != nil || c.Skipped() != 9 || c.Len() != 600 || !c.HasErrors() {
		t.Fatal(c.Skipped(), c.Len(), err)
	}
	if got := run(t, s, periods, p); !slices.Equal(got.Power, want.Power) {
		t.Error("the power is another")
	}
	s.FluxErr = slices.Repeat([]float64{nan}, len(s.Time))
	if c, err = periodogram.NewCurve(s); err != nil || c.HasErrors() || c.Len() != 605 {
		t.Error(c.Len(), err)
	}
}

func TestASeriesThatCannotBeSearchedIsRefused(t *testing.T) {
	nan := math.NaN()
	for name, tt := range map[string]struct {
		s    periodogram.Series
		kind exo.Kind
	}{
		"nothing":            {periodogram.Series{}, exo.Invalid},
		"unequal lengths":    {periodogram.Series{Time: []float64{1, 2}, Flux: []float64{1}}, exo.Invalid},
		"unequal errors":     {periodogram.Series{Time: []float64{1, 2}, Flux: []float64{1, 1}, FluxErr: []float64{}}, exo.Invalid},
		"one point":          {periodogram.Series{Time: []float64{1, nan}, Flux: []float64{1, 1}}, exo.Invalid},
		"one time":           {periodogram.Series{Time: []float64{1, 1}, Flux: []float64{1, 2}}, exo.Invalid},
		"times too near":     {periodogram.Series{Time: []float64{0, 1e-9}, Flux: []float64{1, 2}}, exo.Invalid},
		"times out of reach": {periodogram.Series{Time: []float64{-1.7e308, 1.7e308}, Flux: []float64{1, 2}}, exo.Invalid},
		"too many":           {periodogram.Series{Time: make([]float64, periodogram.MaxPoints+1), Flux: make([]float64, periodogram.MaxPoints+1)}, exo.TooLarge},
	} {
		if _, err := periodogram.NewCurve(tt.s); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParametersThatCannotBeSearchedAreRefused(t *testing.T) {
	c, err := periodogram.NewCurve(known()["an irregular curve of few points"].series()) // 60 days
	if err != nil {
		t.Fatal(err)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for name, tt := range map[string]struct {
		p    periodogram.Params
		kind exo.Kind
	}{
		"a negative duration":      {periodogram.Params{Durations: []float64{0.1, -0.1}}, exo.Invalid},
		"no number for a duration": {periodogram.Params{Durations: []float64{nan}}, exo.Invalid},
		"65 durations":             {periodogram.Params{Durations: slices.Repeat([]float64{0.1}, 65)}, exo.TooLarge},
		"another objective":        {periodogram.Params{Objective: "power"}, exo.Invalid},
		"another spacing":          {periodogram.Params{Spacing: "linear"}, exo.Invalid},
		"oversampling below one":   {periodogram.Params{Oversample: -1}, exo.Invalid},
		"too much oversampling":    {periodogram.Params{Oversample: 101}, exo.Invalid},
		"one transit":              {periodogram.Params{MinimumNTransit: 1}, exo.Invalid},
		"an endless factor":        {periodogram.Params{FrequencyFactor: inf}, exo.Invalid},
		"a negative period":        {periodogram.Params{MinimumPeriod: -1}, exo.Invalid},
		"an endless period":        {periodogram.Params{MaximumPeriod: inf}, exo.Invalid},
		"a period too short":       {periodogram.Params{Durations: []float64{0.5}, MinimumPeriod: 0.4}, exo.Invalid},
		"no period left":           {periodogram.Params{MinimumPeriod: 50}, exo.Invalid},
		"durations too long":       {periodogram.Params{Durations: []float64{20}}, exo.Invalid},
		"too many periods":         {periodogram.Params{FrequencyFactor: 1e-9}, exo.TooLarge},
		"endlessly many periods":   {periodogram.Params{FrequencyFactor: 1e-320, Spacing: periodogram.SpacingFrequency}, exo.TooLarge},
		"bins too fine":            {periodogram.Params{Durations: []float64{1e-11}, MinimumPeriod: 1e-10, MaximumPeriod: 1e-9, FrequencyFactor: 1e20}, exo.TooLarge},
		"too many bins":            {periodogram.Params{Durations: []float64{1e-4}, Oversample: 100, MinimumPeriod: 29, MaximumPeriod: 30, FrequencyFactor: 1000}, exo.TooLarge},
	} {
		periods, err := c.Grid(tt.p)
		if err == nil {
			_, err = periodogram.NewSearch(c, periods, tt.p)
		}
		if !errors.Is(err, tt.kind) || exo.MessageOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, periods := range map[string][]float64{"none": nil, "not a number": {1, nan}, "shorter than a duration": {1, 0.1}} {
		if _, err := periodogram.NewSearch(c, periods, periodogram.Params{}); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheAutomaticGridIsAstropysUntilItIsTooLong(t *testing.T) {
	short, err := periodogram.NewCurve(periodogram.Series{Time: []float64{0, 27}, Flux: []float64{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	long, err := periodogram.NewCurve(periodogram.Series{Time: []float64{0, 1470}, Flux: []float64{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*periodogram.Curve{short, long} {
		auto, err := c.Grid(periodogram.Params{})
		if err != nil || !slices.IsSorted(auto) {
			t.Fatal(err)
		}
		spacing := map[bool]periodogram.Spacing{true: periodogram.SpacingFrequency, false: periodogram.SpacingLog}[c == short]
		same, err := c.Grid(periodogram.Params{Spacing: spacing})
		if err != nil || !slices.Equal(auto, same) {
			t.Errorf("%s: %d and %d periods, %v", spacing, len(auto), len(same), err)
		}
	}
	log, err := long.Grid(periodogram.Params{})
	if n := len(log); err != nil || log[0] != 0.66 || log[n-1] != 735 || math.Abs(log[1]/log[0]-1-0.05/3/1470) > 1e-9 {
		t.Errorf("%d periods from %v to %v, %v", n, log[0], log[n-1], err)
	}
}

func TestACurveWithoutADipHasNoBox(t *testing.T) {
	s := periodogram.Series{Time: make([]float64, 100), Flux: slices.Repeat([]float64{7}, 100)}
	for i := range s.Time {
		s.Time[i] = float64(i) / 10
	}
	r := run(t, s, []float64{1, 2, 3}, periodogram.Params{})
	for i := range r.Power {
		if r.Power[i] != 0 || r.Duration[i] != 0 || r.DepthErr[i] != 0 {
			t.Errorf("%+v", r)
		}
	}
	if peaks := periodogram.Peaks(r, 10, periodogram.PeakOptions{}); len(peaks) != 0 {
		t.Errorf("%+v", peaks)
	}
}

// The power must not depend on the units, however far they are from one.
func TestUnitsDoNotMatter(t *testing.T) {
	s := known()["an irregular curve of few points"].series()
	p := periodogram.Params{FrequencyFactor: 20}
	periods := grid(t, s, p)
	want := run(t, s, periods, p)
	for _, unit := range []float64{0x1p-120, 0x1p200, 0x1p-400} {
		u := periodogram.Series{Time: s.Time}
		for i := range s.Flux {
			u.Flux, u.FluxErr = append(u.Flux, s.Flux[i]*unit), append(u.FluxErr, s.FluxErr[i]*unit)
		}
		if got := run(t, u, periods, p); !slices.Equal(got.Power, want.Power) || got.Depth[0] != want.Depth[0]*unit {
			t.Errorf("in units of %v: %v, not %v", unit, got.Power[0], want.Power[0])
		}
	}
}

func TestSharingOutThePeriodsChangesNoBit(t *testing.T) {
	s := known()["a hot planet in a sector of two minutes"].series()
	p := periodogram.Params{FrequencyFactor: 50}
	c, err := periodogram.NewCurve(s)
	if err != nil {
		t.Fatal(err)
	}
	periods := grid(t, s, p)
	want := run(t, s, periods, p)
	search, err := periodogram.NewSearch(c, periods, p)
	if err != nil {
		t.Fatal(err)
	}
	got := search.NewResult()
	var wg sync.WaitGroup
	for k := range 7 {
		wg.Go(func() {
			if err := search.Run(t.Context(), new(periodogram.Scratch), k*len(periods)/7, (k+1)*len(periods)/7, got); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, pair := range [][2][]float64{{got.Power, want.Power}, {got.Depth, want.Depth}, {got.DepthErr, want.DepthErr}, {got.Duration, want.Duration}, {got.TransitTime, want.TransitTime}, {got.DepthSNR, want.DepthSNR}} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("column %d differs", i)
		}
	}
}

func TestASearchEndsWithItsContext(t *testing.T) {
	s := known()["a hot planet in a sector of two minutes"].series()
	c, err := periodogram.NewCurve(s)
	if err != nil {
		t.Fatal(err)
	}
	search, err := periodogram.NewSearch(c, grid(t, s, periodogram.Params{}), periodogram.Params{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := search.Run(ctx, new(periodogram.Scratch), 0, search.Len(), search.NewResult()); !errors.Is(err, exo.Canceled) {
		t.Error(err)
	}
	if err := search.Run(t.Context(), new(periodogram.Scratch), 1, 0, search.NewResult()); !errors.Is(err, exo.Internal) {
		t.Error(err)
	}
}

func TestASearchAllocatesNothing(t *testing.T) {
	for _, name := range []string{"a hot planet in a sector of two minutes", "an irregular curve of few points"} {
		s := known()[name].series()
		c, err := periodogram.NewCurve(s)
		if err != nil {
			t.Fatal(err)
		}
		search, err := periodogram.NewSearch(c, []float64{1, 2, 3}, periodogram.Params{})
		if err != nil {
			t.Fatal(err)
		}
		r, w := search.NewResult(), new(periodogram.Scratch)
		if n := testing.AllocsPerRun(5, func() {
			if err := search.Run(t.Context(), w, 0, 3, r); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestThinningKeepsThePeaks(t *testing.T) {
	r := &periodogram.Result{}
	for i := range 10_000 {
		r.Period, r.Power = append(r.Period, float64(i+1)), append(r.Power, math.Abs(math.Sin(float64(i)*0.01)))
	}
	r.Power[7777] = 5
	period, power := periodogram.Thin(r, 4000)
	if at := top(power); len(period) != 4000 || period[at] != 7778 || power[at] != 5 || !slices.IsSorted(period) {
		t.Errorf("%d periods, best %v %v", len(period), period[at], power[at])
	}
	if period, power = periodogram.Thin(r, 20_000); !slices.Equal(period, r.Period) || !slices.Equal(power, r.Power) {
		t.Error("a short result was changed")
	}
}
