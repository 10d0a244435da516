package preprocess_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
)

// noisy is a series of n rows at 2 minutes about 1.
func noisy(n int) preprocess.Series {
	r := rand.New(rand.NewPCG(3, 4))
	s := preprocess.Series{Time: make([]float64, n), Flux: make([]float64, n), Table: "tess"}
	for i := range n {
		s.Time[i], s.Flux[i] = 1500+float64(i)/720, 1+1e-3*r.NormFloat64()
	}
	return s
}

func TestClippingAfterNoBaselineRemovesWhatIsAbove(t *testing.T) {
	s := noisy(500)
	s.Flux[100], s.Flux[300] = 1.5, 0.5
	out := run(t, s, mustRecipe(t, "default", `{"baseline_method":"none","clip_after":true,"sigma_clip_maxiters":1,"sigma_clip_sigma":2}`))
	if out.Flag[100]&preprocess.FlagOutlier == 0 {
		t.Error("the row above stays")
	}
}

func TestClippingAfterLeavesTheRoundingOfAConstantSeries(t *testing.T) {
	s := noisy(900)
	for i := range s.Flux {
		s.Flux[i] = 10000.1
	}
	for _, params := range []string{`{}`, `{"baseline_method":"savgol"}`, `{"baseline_method":"savgol","baseline_mode":"subtract"}`, `{"baseline_method":"savgol","outlier_method":"mad"}`} {
		out := run(t, s, mustRecipe(t, "transit", params))
		if out.Kept != len(s.Flux) {
			t.Errorf("%s: %d of %d rows stay", params, out.Kept, len(s.Flux))
		}
	}
}

func TestALongFitEndsWithItsContext(t *testing.T) {
	s := noisy(100_000)
	for _, params := range []string{
		`{"baseline_method":"savgol_masked","baseline_window_length":999999,"baseline_polyorder":9}`,
		`{"baseline_method":"savgol","baseline_window_length":50001,"baseline_polyorder":9}`,
		`{"baseline_method":"savgol_iterative","baseline_window_length":50001,"baseline_polyorder":9}`,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		begin := time.Now()
		var p preprocess.Processor
		var out preprocess.Result
		err := p.Run(ctx, s, mustRecipe(t, "default", params), &out)
		cancel()
		if took := time.Since(begin); !errors.Is(err, exo.Unavailable) || took > time.Second {
			t.Errorf("%s: %v after %v", params, err, took)
		}
	}
}
