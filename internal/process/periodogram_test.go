package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/process"
	"exoplanetai/internal/store"
)

// quick is a search of a few thousand periods.
func quick() periodogram.Params {
	return periodogram.Params{Durations: []float64{0.08, 0.12, 0.16}, MinimumPeriod: 1.2, MaximumPeriod: 8, FrequencyFactor: 4}
}

func (b *bench) periodogram(t testing.TB, req process.PeriodogramRequest) process.Periodogram {
	t.Helper()
	res, err := b.Periodogram(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err, exo.HintOf(err))
	}
	return res
}

func TestAPeriodogramFindsThePlanetOfTheCatalog(t *testing.T) {
	b := newBench(t)
	b.tables(t)
	b.holdReal(t, sector14)
	b.holdReal(t, sector15)
	for _, req := range []process.PeriodogramRequest{
		{TargetName: star1265, Profile: "transit", Search: quick()},
		{TargetName: star1265, Series: process.SeriesRaw, Search: quick()},
	} {
		res := b.periodogram(t, req)
		known, err := b.Ephemerides(t.Context(), res.Target.ID, exo.BTJD)
		if err != nil || len(known) != 1 {
			t.Fatal(known, err)
		}
		var hit *process.PeriodogramPeak
		for i, p := range res.Peaks {
			if p.Object == known[0].Object && p.ObjectRatio == "1:1" {
				hit = &res.Peaks[i]
				break
			}
		}
		if hit == nil {
			t.Fatalf("%s: %v is not among %+v", req.Series, known[0], res.Peaks)
		}
		t.Logf("%q: %d points, %d periods, best %.5f d; %s %.5f d: depth %.0f ppm, catalog %.5f d, %.0f ppm, SDE %.1f", req.Series, res.Points, res.Periods,
			res.Best.PeriodDays, hit.Object, hit.PeriodDays, hit.Depth.PPM, known[0].Period, known[0].DepthPPM, hit.SDE)
		if req.Series == "" && (res.Best.Object != known[0].Object || math.Abs(hit.PeriodDays/known[0].Period-1) > 1e-3 || math.Abs(hit.Depth.PPM/known[0].DepthPPM-1) > 0.3) {
			t.Errorf("best %+v, catalog %+v", res.Best, known[0])
		}
		if len(res.Inputs) != 2 || res.Scale != exo.BTJD || len(res.Period) > process.MaxPeriodogramBins || len(res.Period) != len(res.Power) || slices.Max(res.Power) != res.Best.Power {
			t.Errorf("%d inputs, scale %s, %d bins", len(res.Inputs), res.Scale, len(res.Period))
		}
		if n := len(res.Best.Transits); n < 5 || res.Peaks[0].Transits != nil || res.Best.TransitsObserved > n {
			t.Errorf("%d transits", n)
		}
	}
	if n := b.files(t, store.Processed); n != 0 {
		t.Errorf("%d files were published", n)
	}
}

// What an answer records is enough to make it again, bit for bit: by any number
// of workers, from stored results or computed ones.
func TestAPeriodogramIsMadeAgainFromWhatItRecords(t *testing.T) {
	one := newBench(t, func(o *process.Options) { o.Workers = 1 })
	two := newBench(t, func(o *process.Options) { o.Workers = 3 })
	req := process.PeriodogramRequest{TargetName: star1265, Profile: "transit", Search: quick()}
	for _, b := range []*bench{one, two} {
		b.holdReal(t, sector14)
		b.holdReal(t, sector15)
	}
	want := one.periodogram(t, req)
	if got := two.periodogram(t, req); text(t, got) != text(t, want) {
		t.Error("more workers give another answer")
	}
	made := two.must(t, process.Request{TargetName: star1265, Profile: "transit"})
	kept := two.periodogram(t, req)
	for i := range kept.Inputs {
		if kept.Inputs[i].ProcessedPath != made.Outputs[i].Path || kept.Inputs[i].SHA256 != made.Outputs[i].SourceChecksum || *kept.Inputs[i].Recipe != made.Outputs[i].Recipe {
			t.Errorf("%+v, not of %+v", kept.Inputs[i], made.Outputs[i])
		}
		kept.Inputs[i].ProcessedPath = ""
	}
	if text(t, kept) != text(t, want) {
		t.Error("stored results give another answer")
	}
	again := one.periodogram(t, process.PeriodogramRequest{TargetName: want.Target.ID.String(), Mission: string(want.Target.Mission), Profile: want.Inputs[0].Profile, ProcessingParams: want.Inputs[0].RecipeParams, Search: want.Search})
	again.Target.Query = want.Target.Query
	if text(t, again) != text(t, want) {
		t.Error("the recorded parameters give another answer")
	}
	var back process.Periodogram
	if err := json.Unmarshal([]byte(text(t, want)), &back); err != nil || text(t, back) != text(t, want) {
		t.Error("the answer does not survive JSON", err)
	}
}

// However a recipe normalises, the depth is that of relative flux.
func TestTheDepthDoesNotDependOnTheNormalization(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, sector14)
	var depths []float64
	for _, params := range []string{`{}`, `{"normalize_method":"zscore"}`, `{"normalize_method":"minmax"}`, `{"baseline_mode":"subtract","normalize_method":"zscore"}`} {
		res := b.periodogram(t, process.PeriodogramRequest{SourcePath: m.Path, Profile: "transit", ProcessingParams: json.RawMessage(params), Search: quick()})
		depths = append(depths, res.Best.Depth.PPM)
	}
	for i, d := range depths {
		if bound := map[bool]float64{true: 1e-9, false: 0.01}[i < 3]; math.Abs(d/depths[0]-1) > bound {
			t.Errorf("depths %v", depths)
		}
	}
}

func TestOfSeveralCadencesOfASectorTheLongestIsSearched(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, sector14)
	fast := m
	fast.Path, fast.CadenceS = exo.Path(strings.Replace(string(m.Path), "s_lc.fits", "a_fast-lc.fits", 1)), 20
	fast = b.put(t, altered(t, sector14), fast)
	res := b.periodogram(t, process.PeriodogramRequest{TargetName: star1265, Search: quick()})
	if len(res.Inputs) != 1 || res.Inputs[0].Path != m.Path || !slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.Contains(w, string(fast.Path)+" was left out") }) {
		t.Errorf("%+v %q", res.Inputs, res.Warnings)
	}
}

func TestASearchThatMeansNothingIsRefusedBeforeAnyWork(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, quarter2)
	for name, tt := range map[string]struct {
		req  process.PeriodogramRequest
		kind exo.Kind
		say  string
	}{
		"another series":      {process.PeriodogramRequest{SourcePath: m.Path, Series: "both"}, exo.Invalid, "series"},
		"a negative duration": {process.PeriodogramRequest{SourcePath: m.Path, Search: periodogram.Params{Durations: []float64{-1}}}, exo.Invalid, "duration"},
		"no star":             {process.PeriodogramRequest{}, exo.Invalid, "target_name"},
		"a star not held":     {process.PeriodogramRequest{TargetName: "KIC 1"}, exo.NotFound, "KIC 1"},
		"periods too long":    {process.PeriodogramRequest{SourcePath: m.Path, Search: periodogram.Params{MinimumPeriod: 1e4}}, exo.Invalid, "period"},
		"too fine a grid":     {process.PeriodogramRequest{SourcePath: m.Path, Search: periodogram.Params{FrequencyFactor: 1e-6}}, exo.TooLarge, "periods"},
	} {
		_, err := b.Periodogram(t.Context(), tt.req, nil)
		if !errors.Is(err, tt.kind) || !strings.Contains(exo.MessageOf(err), tt.say) {
			t.Errorf("%s: %v, want %s about %q", name, err, tt.kind, tt.say)
		}
	}
}

func TestAPeriodogramTellsItsProgressAndCanBeStopped(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, sector14)
	req := process.PeriodogramRequest{SourcePath: m.Path, Search: periodogram.Params{MinimumPeriod: 1}}
	var last, total int64
	res, err := b.Periodogram(t.Context(), req, func(done, of int64, unit, _ string) {
		if done <= last || unit != "periods" {
			t.Errorf("%d %s after %d", done, unit, last)
		}
		last, total = done, of
	})
	if err != nil || last != total || last != int64(res.Periods) {
		t.Error(last, total, res.Periods, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := b.Periodogram(ctx, req, func(int64, int64, string, string) { cancel() }); !errors.Is(err, exo.Canceled) {
		t.Error(err)
	}
	slow := newBench(t, func(o *process.Options) { o.Timeout = time.Nanosecond })
	m = slow.holdReal(t, sector14)
	if _, err := slow.Periodogram(t.Context(), process.PeriodogramRequest{SourcePath: m.Path}, nil); !errors.Is(err, exo.Unavailable) {
		t.Error(err)
	}
}
