package preprocess_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

func run(t testing.TB, s preprocess.Series, r *preprocess.Recipe) *preprocess.Result {
	t.Helper()
	var p preprocess.Processor
	var out preprocess.Result
	if err := p.Run(context.Background(), s, r, &out); err != nil {
		t.Fatalf("%s: %v", r.Canonical(), err)
	}
	checkPartition(t, s, &out)
	return &out
}

func warned(out *preprocess.Result, code preprocess.WarningCode) (w preprocess.Warning, ok bool) {
	for _, w := range out.Warnings {
		if w.Code == code {
			return w, true
		}
	}
	return w, false
}

// manyRecipes are one of each kind.
func manyRecipes(t testing.TB) []*preprocess.Recipe {
	list := []*preprocess.Recipe{mustRecipe(t, "transit", "{}", hotJupiter), mustRecipe(t, "transit", "{}")}
	for _, p := range []string{
		`{}`, `{"wavelet_denoising":true}`, `{"baseline_mode":"subtract","normalize_method":"zscore"}`, `{"short_segments":"drop"}`,
		`{"baseline_method":"none"}`, `{"baseline_method":"savgol_masked"}`, `{"baseline_method":"savgol_iterative"}`,
		`{"baseline_method":"biweight","biweight_window_days":0.3}`, `{"outlier_method":"mad","clip_after":true}`, `{"outlier_method":"iqr"}`,
		`{"outlier_method":"modified_zscore"}`, `{"outlier_method":"isolation_forest","iforest_trees":10}`,
		`{"outlier_method":"ensemble","iforest_trees":10,"clip_after":true}`, `{"grow":2,"sigma_clip_maxiters":0,"sigma_clip_sigma":3}`,
		`{"remove_outliers":false,"quality_bitmask":"none","normalize_method":"robust"}`,
		`{"ephemerides":[{"period":1.3,"t0":2.1,"duration":0.1}]}`,
	} {
		list = append(list, mustRecipe(t, "default", p))
	}
	for _, m := range preprocess.Normalizations() {
		list = append(list, mustRecipe(t, "default", `{"normalize_method":"`+string(m)+`"}`))
	}
	return list
}

// small is a series of a few thousand rows with everything in it.
func small(seed uint64) preprocess.Series {
	s := tessSector(seed)
	cut := func(x []float64) []float64 { return append(append([]float64(nil), x[8000:10500]...), x[9000:9003]...) }
	q := append(append([]int32(nil), s.Quality[8000:10500]...), s.Quality[9000:9003]...)
	return preprocess.Series{Time: cut(s.Time), Flux: cut(s.Flux), FluxErr: cut(s.FluxErr), Quality: q, Table: s.Table, Scale: s.Scale}
}

func TestOddSeriesGiveTheDefinedResult(t *testing.T) {
	nan := math.NaN()
	for name, s := range map[string]preprocess.Series{
		"empty":       {},
		"all NaN":     {Time: []float64{nan, nan, 3}, Flux: []float64{1, nan, nan}},
		"all flagged": {Time: []float64{1, 2}, Flux: []float64{1, 1}, Quality: []int32{8, 8}, Table: lightcurve.FlagsTESS},
		"infinite":    {Time: []float64{math.Inf(1), 2}, Flux: []float64{1, math.Inf(-1)}},
	} {
		for _, r := range manyRecipes(t)[:3] {
			var p preprocess.Processor
			err := p.Run(context.Background(), s, r, &preprocess.Result{})
			if !errors.Is(err, exo.Invalid) || exo.MessageOf(err) != "no valid data" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	constant := preprocess.Series{Time: cadences(0, 0.02, 500), Flux: make([]float64, 500)}
	for i := range constant.Flux {
		constant.Flux[i] = 1.25
	}
	zero := preprocess.Series{Time: constant.Time, Flux: make([]float64, 500)}
	double := preprocess.Series{Time: append(cadences(0, 0.02, 300), cadences(0, 0.02, 300)...), Flux: constant.Flux}
	double.Flux = append(append([]float64(nil), constant.Flux[:300]...), constant.Flux[:300]...)
	for name, s := range map[string]preprocess.Series{
		"one point":      {Time: []float64{5}, Flux: []float64{2}, FluxErr: []float64{0.1}},
		"two points":     {Time: []float64{5, 4}, Flux: []float64{2, 3}},
		"constant":       constant,
		"zero":           zero,
		"each time once": double,
		"one time":       {Time: make([]float64, 50), Flux: constant.Flux[:50]},
		"huge":           {Time: cadences(0, 0.02, 200), Flux: scaled(small(3).Flux[:200], 1e303)},
		"tiny":           {Time: cadences(0, 0.02, 200), Flux: scaled(small(3).Flux[:200], 1e-312)},
		"both ends":      {Time: cadences(0, 0.02, 300), Flux: ends(300)},
		"far times":      {Time: []float64{-1e300, 0, 1e300, math.MaxFloat64, -math.MaxFloat64}, Flux: []float64{1, 2, 3, 4, 5}},
	} {
		for k, r := range manyRecipes(t) {
			t.Run(fmt.Sprint(name, " ", k), func(t *testing.T) { run(t, s, r) })
		}
	}
	if out := run(t, constant, mustRecipe(t, "default", `{"normalize_method":"zscore"}`)); out.Flux[7] != 0 || out.Norm.S != 0 {
		t.Errorf("a constant becomes %g", out.Flux[7])
	} else if _, ok := warned(out, preprocess.WarnDegenerate); !ok {
		t.Errorf("warnings %v", out.Warnings)
	}
	one := run(t, preprocess.Series{Time: []float64{5}, Flux: []float64{2}, FluxErr: []float64{0.1}}, mustRecipe(t, "default", "{}"))
	if _, ok := warned(one, preprocess.WarnFewPoints); !ok || one.Flux[0] != 1 || !near(one.FluxErr[0], 0.05, 1e-15) {
		t.Errorf("one point becomes %g ± %g, warnings %v", one.Flux[0], one.FluxErr[0], one.Warnings)
	}
	out := run(t, double, mustRecipe(t, "default", "{}"))
	if out.Kept != 300 || out.Flag[300]&preprocess.FlagDuplicate == 0 || out.Flag[299] != 0 {
		t.Errorf("%d kept, flags %d", out.Kept, out.Flag[300])
	}
	if out := run(t, zero, mustRecipe(t, "default", "{}")); out.Kept != 0 {
		t.Errorf("%d rows of zero flux were divided by their trend", out.Kept)
	} else if w, ok := warned(out, preprocess.WarnTrend); !ok || w.Value != 500 {
		t.Errorf("warnings %v", out.Warnings)
	}
}

func ends(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.MaxFloat64 * float64(1-2*(i%2))
	}
	return x
}

func scaled(x []float64, by float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = x[i] * by
	}
	return y
}

func TestSlicesOfUnequalLengthAreRefused(t *testing.T) {
	x := []float64{1, 2, 3}
	for _, s := range []preprocess.Series{{Time: x, Flux: x[:2]}, {Time: x, Flux: x, FluxErr: x[:1]}, {Time: x, Flux: x, Quality: []int32{}}} {
		var p preprocess.Processor
		if err := p.Run(context.Background(), s, mustRecipe(t, "default", "{}"), &preprocess.Result{}); !errors.Is(err, exo.Invalid) {
			t.Errorf("%v", err)
		}
	}
}

func equalResults(a, b *preprocess.Result, at func(int) int, tol float64) error {
	for i := range a.Flux {
		j := at(i)
		if a.Flag[i] != b.Flag[j] || a.Segment[i] != b.Segment[j] || !near(a.Flux[i], b.Flux[j], tol) || !near(a.FluxErr[i], b.FluxErr[j], tol) {
			return fmt.Errorf("row %d: %.17g ± %g flags %d segment %d, and row %d: %.17g ± %g flags %d segment %d", i, a.Flux[i], a.FluxErr[i], a.Flag[i], a.Segment[i],
				j, b.Flux[j], b.FluxErr[j], b.Flag[j], b.Segment[j])
		}
	}
	return nil
}

func same(i int) int { return i }

// TestRowsMayComeInAnyOrder: the same rows in another order give the same
// values, to the bit.
func TestRowsMayComeInAnyOrder(t *testing.T) {
	s := small(5)
	n := s.Len() - 3 // without the doubles, of which the first stays
	s = preprocess.Series{Time: s.Time[:n], Flux: s.Flux[:n], FluxErr: s.FluxErr[:n], Quality: s.Quality[:n], Table: s.Table, Scale: s.Scale}
	perm := rand.New(rand.NewPCG(1, 2)).Perm(n)
	mixed := preprocess.Series{Time: make([]float64, n), Flux: make([]float64, n), FluxErr: make([]float64, n), Quality: make([]int32, n), Table: s.Table, Scale: s.Scale}
	for i, j := range perm {
		mixed.Time[j], mixed.Flux[j], mixed.FluxErr[j], mixed.Quality[j] = s.Time[i], s.Flux[i], s.FluxErr[i], s.Quality[i]
	}
	for _, r := range manyRecipes(t) {
		if err := equalResults(run(t, s, r), run(t, mixed, r), func(i int) int { return perm[i] }, 0); err != nil {
			t.Errorf("%s: %v", r.Canonical(), err)
		}
	}
}

// TestTheUnitOfTheFluxDoesNotMatter: a power of two times the flux gives the
// same result; where scale-free methods are used to the bit.
func TestTheUnitOfTheFluxDoesNotMatter(t *testing.T) {
	s := small(6)
	for _, by := range []float64{1024, 1.0 / 4096} {
		other := s
		other.Flux, other.FluxErr = scaled(s.Flux, by), scaled(s.FluxErr, by)
		for _, r := range manyRecipes(t) {
			if err := equalResults(run(t, s, r), run(t, other, r), same, 1e-12); err != nil {
				t.Errorf("times %g, %s: %v", by, r.Canonical(), err)
			}
		}
	}
}

// TestAProcessorForgetsTheLastCurve: results do not depend on what ran before.
func TestAProcessorForgetsTheLastCurve(t *testing.T) {
	var p preprocess.Processor
	var out preprocess.Result
	big := tessSector(9)
	for _, r := range manyRecipes(t) {
		if err := p.Run(context.Background(), big, mustRecipe(t, "transit", `{"baseline_method":"savgol_masked"}`, hotJupiter), &out); err != nil {
			t.Fatal(err)
		}
		s := small(7)
		if err := p.Run(context.Background(), s, r, &out); err != nil {
			t.Fatal(err)
		}
		fresh := run(t, s, r)
		if err := equalResults(&out, fresh, same, 0); err != nil || fmt.Sprint(out.Steps, out.Warnings, out.Norm, out.Kept) != fmt.Sprint(fresh.Steps, fresh.Warnings, fresh.Norm, fresh.Kept) {
			t.Errorf("%s: %v\n%v\n%v", r.Canonical(), err, out.Steps, fresh.Steps)
		}
	}
}

func TestRunAllocatesNothingOnceWarm(t *testing.T) {
	s := tessSector(2)
	for name, r := range map[string]*preprocess.Recipe{
		"default": mustRecipe(t, "default", "{}"), "default of a star with a planet": mustRecipe(t, "default", "{}", hotJupiter),
		"wavelet": mustRecipe(t, "default", `{"wavelet_denoising":true}`),
		"transit": mustRecipe(t, "transit", "{}", hotJupiter), "blind": mustRecipe(t, "transit", `{"biweight_window_days":0.1}`),
	} {
		var p preprocess.Processor
		var out preprocess.Result
		ctx := context.Background()
		if n := testing.AllocsPerRun(3, func() {
			if err := p.Run(ctx, s, r, &out); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

func TestAContextThatEndsStopsTheRun(t *testing.T) {
	s := tessSector(2)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	late, stop := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer stop()
	for _, r := range manyRecipes(t)[:3] {
		var p preprocess.Processor
		if err := p.Run(gone, s, r, &preprocess.Result{}); !errors.Is(err, exo.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if err := p.Run(late, s, r, &preprocess.Result{}); !errors.Is(err, exo.Unavailable) {
			t.Errorf("late: %v", err)
		}
	}
}

func TestWarningsOfTransitsAtRisk(t *testing.T) {
	s := tessSector(4)
	out := run(t, s, mustRecipe(t, "default", "{}"))
	if w, ok := warned(out, preprocess.WarnDefaultDepth); !ok || w.Other != 2 || !near(w.Value, 0.16, 0.015) {
		t.Errorf("without planets: %v", out.Warnings)
	}
	out = run(t, s, mustRecipe(t, "default", "{}", hotJupiter, preprocess.Ephemeris{T0: 1330, Duration: 0.5, Object: "TOI 1.02"}))
	text := ""
	for _, w := range out.Warnings {
		text += w.Text() + "\n"
	}
	for _, want := range []string{"TOI 1.01: transits of 3.1 h keep about 1", "TOI 1.02: transits of 12 h keep about", "use profile transit", "both sides"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if out = run(t, s, mustRecipe(t, "transit", "{}", hotJupiter)); len(out.Warnings) != 0 {
		t.Errorf("transit: %v", out.Warnings)
	}
	if out.WindowUsed != 281 { // 3 · 0.13 d / 2 min = 280.8, made odd
		t.Errorf("window %d", out.WindowUsed)
	}
	if out = run(t, s, mustRecipe(t, "transit", "{}")); len(out.Warnings) != 0 || out.WindowUsed != 0 {
		t.Errorf("blind: %v", out.Warnings)
	}
	slow := keplerMission(1)
	if _, ok := warned(run(t, slow, mustRecipe(t, "default", "{}")), preprocess.WarnDefaultDepth); ok {
		t.Error("half an hour is a long cadence")
	}
	known := preprocess.Ephemeris{Period: 30, T0: 140, Duration: 0.3}
	if w, ok := warned(run(t, slow, mustRecipe(t, "default", "{}", known)), preprocess.WarnDefaultDepth); !ok || w.Value < 0.6 {
		t.Errorf("a known planet of Kepler: %v", w)
	}
}

func TestOtherWarnings(t *testing.T) {
	s := tessSector(4)
	for name, c := range map[string]struct {
		s      preprocess.Series
		r      *preprocess.Recipe
		code   preprocess.WarningCode
		object string
	}{
		"quality":       {s, mustRecipe(t, "default", `{"quality_bitmask":1}`), "", ""},
		"much quality":  {flagged(s), mustRecipe(t, "default", `{"quality_bitmask":1}`), preprocess.WarnQuality, ""},
		"masks":         {s, mustRecipe(t, "transit", "{}", preprocess.Ephemeris{Period: 1, T0: 1326, Duration: 0.5}), preprocess.WarnMaskCover, ""},
		"stale":         {s, mustRecipe(t, "transit", "{}", preprocess.Ephemeris{Period: 4, T0: -1000, Duration: 0.1, PeriodErr: 1e-3, Object: "X"}), preprocess.WarnStale, "X"},
		"wavelet":       {s, mustRecipe(t, "default", `{"wavelet_denoising":true}`), preprocess.WarnDenoised, ""},
		"short wavelet": {cutTo(s, 20), mustRecipe(t, "default", `{"wavelet_denoising":true,"wavelet_type":"coif3","min_points_per_segment":3}`), preprocess.WarnWavelet, ""},
		"zero centred":  {centred(s), mustRecipe(t, "default", `{"baseline_method":"none","sigma_clip_sigma":100}`), preprocess.WarnZeroCentred, ""},
	} {
		out := run(t, c.s, c.r)
		if w, ok := warned(out, c.code); c.code != "" && (!ok || w.Object != c.object) {
			t.Errorf("%s: %v", name, out.Warnings)
		}
	}
}

func flagged(s preprocess.Series) preprocess.Series {
	s.Quality = append([]int32(nil), s.Quality...)
	for i := 0; i < len(s.Quality); i += 4 {
		s.Quality[i] |= 1
	}
	return s
}

func cutTo(s preprocess.Series, n int) preprocess.Series {
	s.Time, s.Flux, s.FluxErr, s.Quality = s.Time[:n], s.Flux[:n], s.FluxErr[:n], s.Quality[:n]
	return s
}

func centred(s preprocess.Series) preprocess.Series {
	s.Flux = append([]float64(nil), s.Flux...)
	for i := range s.Flux {
		s.Flux[i] = math.Abs(s.Flux[i]-1.2e4) * float64(1-2*(i%2)) / 100
	}
	return s
}

// TestAFullJulianDateIsBroughtOntoTheScale of the series.
func TestAFullJulianDateIsBroughtOntoTheScale(t *testing.T) {
	full := hotJupiter
	full.T0 += 2457000
	s := tessSector(4)
	if err := equalResults(run(t, s, mustRecipe(t, "transit", "{}", hotJupiter)), run(t, s, mustRecipe(t, "transit", "{}", full)), same, 0); err != nil {
		t.Error(err)
	}
}

// TestProtectedRowsAreNeverOutliers, and the trend does not see them.
func TestProtectedRowsAreNeverOutliers(t *testing.T) {
	s := tessSector(4)
	s.Flux = append([]float64(nil), s.Flux...)
	mask := preprocess.TransitMask(s.Time, hotJupiter, 1, 0)
	for i := range s.Flux {
		if mask[i] {
			s.Flux[i] *= 0.9
		}
	}
	for _, method := range []string{"sigma_clip", "mad", "iqr", "modified_zscore", "ensemble"} {
		r := mustRecipe(t, "transit", `{"outlier_method":"`+method+`","iforest_trees":10,"sigma_lower":3,"outlier_sides":"both"}`, hotJupiter)
		out := run(t, s, r)
		for i := range mask {
			if mask[i] && (out.Flag[i]&preprocess.FlagOutlier != 0 || out.Flag[i]&preprocess.FlagTransit == 0) {
				t.Fatalf("%s: row %d in transit has flags %d", method, i, out.Flag[i])
			}
			if mask[i] && isFinite(out.Flux[i]) && (out.Flux[i] < 0.88 || out.Flux[i] > 0.92) {
				t.Fatalf("%s: row %d in a transit of 10 %% is %g", method, i, out.Flux[i])
			}
		}
	}
}

func TestClippingAfterTheBaselineFindsWhatRotationHid(t *testing.T) {
	s := tessSector(4)
	s.Flux = append([]float64(nil), s.Flux...)
	for i := range s.Flux {
		s.Flux[i] *= 1 + 0.05*math.Sin(float64(i)/2000)
	}
	const row = 5000
	s.Flux[row] *= 1.02
	s.Quality = append([]int32(nil), s.Quality...)
	s.Quality[row] = 0
	before := run(t, s, mustRecipe(t, "transit", `{"clip_after":false}`, hotJupiter))
	after := run(t, s, mustRecipe(t, "transit", `{}`, hotJupiter))
	if before.Flag[row] != 0 || after.Flag[row] != preprocess.FlagOutlier || math.IsNaN(after.Trend[row]) {
		t.Errorf("flags %d without and %d with, trend %g", before.Flag[row], after.Flag[row], after.Trend[row])
	}
	low := 0
	for i, f := range after.Flag {
		if f&preprocess.FlagOutlier != 0 && s.Flux[i] < after.Trend[i] {
			low++
		}
	}
	if low > 0 {
		t.Errorf("%d rows below the trend were clipped", low)
	}
}

func FuzzRun(f *testing.F) {
	f.Add(uint64(1), uint16(700), uint8(3), uint16(0))
	f.Add(uint64(2), uint16(1), uint8(0), uint16(9))
	f.Add(uint64(3), uint16(300), uint8(200), uint16(77))
	f.Add(uint64(4), uint16(99), uint8(30), uint16(513))
	f.Fuzz(func(t *testing.T, seed uint64, rows uint16, spoil uint8, choice uint16) {
		r := newDice(seed)
		n := int(rows % 1500)
		s := preprocess.Series{Time: cadences(1000*r.Float64(), math.Exp(8*r.Float64()-8), n), Table: lightcurve.FlagsTESS, Scale: exo.BTJD}
		s.Flux, s.FluxErr, s.Quality = make([]float64, n), make([]float64, n), make([]int32, n)
		odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1e308, -1e308, 5e-324, 1, 1}
		for i := range n {
			s.Flux[i], s.FluxErr[i] = math.Exp(4*r.NormFloat64()), r.Float64()
			for _, x := range [][]float64{s.Time, s.Flux, s.FluxErr} {
				if r.IntN(2048) < int(spoil) {
					x[i] = odd[r.IntN(len(odd))]
				}
			}
			if r.IntN(300) < int(spoil) {
				s.Quality[i] = 1 << r.IntN(16)
			}
			if i > 0 && r.IntN(400) < int(spoil) {
				s.Time[i] = s.Time[r.IntN(i)] + float64(r.IntN(2))*100*r.Float64()
			}
		}
		recipes := manyRecipes(t)
		recipe := recipes[int(choice)%len(recipes)]
		if choice >= 1<<15 && n > 0 {
			recipe = mustRecipe(t, "transit", fmt.Sprintf(`{"min_points_per_segment":%d,"baseline_window_length":%d,"gap_min_cadences":%d,"wavelet_denoising":true}`,
				1+r.IntN(60), 5+2*r.IntN(200), r.IntN(9)), preprocess.Ephemeris{Period: 5 * r.Float64(), T0: 1000 * r.Float64(), Duration: 0.001 + 0.2*r.Float64(), T0Err: r.Float64()})
		}
		var p preprocess.Processor
		var out preprocess.Result
		if err := p.Run(context.Background(), s, recipe, &out); err != nil {
			if !errors.Is(err, exo.Invalid) || exo.MessageOf(err) != "no valid data" {
				t.Fatal(err)
			}
			return
		}
		checkPartition(t, s, &out)
		rep, err := p.Report(context.Background(), s, recipe, &out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(rep); err != nil {
			t.Fatal(err)
		}
	})
}
