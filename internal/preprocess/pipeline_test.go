package preprocess_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

// pipelineCase is an entry of pipeline.json.
type pipelineCase struct {
	Input, Mission string
	Params, Extra  map[string]json.RawMessage
	N, Kept        int
	Segments       int
	SegmentSizes   []int `json:"segment_sizes"`
	Norm           floats
	Wavelet        []struct{ Level int }
	FlagNonzero    []int   `json:"flag_nonzero"`
	FlagValue      []int32 `json:"flag_value"`
	Index          []int
	Flux           floats
	FluxErr        floats `json:"flux_err"`
	Sum, Sumsq     float64
}

// params puts the case into our parameters.
func (c pipelineCase) params(t *testing.T) json.RawMessage {
	names := map[string]string{"ephemeris": "ephemerides", "window_days": "biweight_window_days"}
	all := map[string]json.RawMessage{}
	for _, m := range []map[string]json.RawMessage{c.Params, c.Extra} {
		for name, v := range m {
			if ours, ok := names[name]; ok {
				name = ours
			}
			all[name] = v
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPipelineVectors(t *testing.T) {
	var doc struct{ Cases []pipelineCase }
	vectors(t, "pipeline.json", &doc)
	in := inputs(t)
	var p preprocess.Processor // one for all: nothing may be left over
	var out preprocess.Result
	for k, c := range doc.Cases {
		t.Run(fmt.Sprintf("%d %s %s", k, c.Input, c.params(t)), func(t *testing.T) {
			v := in[c.Input]
			s := preprocess.Series{Time: v.Time, Flux: v.Flux, FluxErr: v.FluxErr, Quality: v.Quality, Table: lightcurve.FlagTable(c.Mission)}
			r := mustRecipe(t, "default", string(c.params(t)))
			if err := p.Run(context.Background(), s, r, &out); err != nil {
				t.Fatal(err)
			}
			c.compare(t, r, &out)
			checkPartition(t, s, &out)
		})
	}
}

func (c pipelineCase) compare(t *testing.T, r *preprocess.Recipe, out *preprocess.Result) {
	flags := make([]int32, c.N)
	for j, i := range c.FlagNonzero {
		flags[i] = c.FlagValue[j]
	}
	for i, f := range flags {
		if out.Flag[i] != f {
			t.Fatalf("row %d has flags %d, want %d", i, out.Flag[i], f)
		}
	}
	if out.Kept != c.Kept || out.Segments != c.Segments {
		t.Errorf("%d rows in %d segments, want %d in %d", out.Kept, out.Segments, c.Kept, c.Segments)
	}
	sizes := make([]int, c.Segments)
	for _, s := range out.Segment {
		if s >= 0 {
			sizes[s]++
		}
	}
	if fmt.Sprint(sizes) != fmt.Sprint(c.SegmentSizes) {
		t.Errorf("segments of %v rows, want %v", sizes, c.SegmentSizes)
	}
	tol := 1e-10
	if r.Params.BaselineMethod == "biweight" {
		tol = 2e-6
	}
	tol *= math.Max(1, maxAbs(c.Flux))
	sum, sumsq, worst := 0.0, 0.0, 0.0
	for _, v := range out.Flux {
		if !math.IsNaN(v) {
			sum, sumsq = sum+v, sumsq+v*v
		}
	}
	for j, i := range c.Index {
		if !near(out.Flux[i], c.Flux[j], tol) {
			t.Fatalf("flux %d is %.15g, want %.15g", i, out.Flux[i], c.Flux[j])
		}
		if !near(out.FluxErr[i], c.FluxErr[j], tol*math.Max(1, maxAbs(c.FluxErr))) {
			t.Fatalf("error %d is %.15g, want %.15g", i, out.FluxErr[i], c.FluxErr[j])
		}
		if d := math.Abs(out.Flux[i] - c.Flux[j]); d > worst {
			worst = d
		}
	}
	n := float64(c.Kept)
	if !near(sum, c.Sum, n*tol) || !near(sumsq, c.Sumsq, 2*n*tol*math.Max(1, maxAbs(out.Flux))) {
		t.Errorf("sums %.15g and %.15g, want %.15g and %.15g", sum, sumsq, c.Sum, c.Sumsq)
	}
	deepest := 0.0
	for _, w := range c.Wavelet {
		deepest = math.Max(deepest, float64(w.Level))
	}
	for _, s := range out.Steps {
		if s.Name == "wavelet" && (s.Values.Get("segments") != float64(len(c.Wavelet)) || s.Values.Get("levels") != deepest) {
			t.Errorf("wavelet step %+v, want %+v", s, c.Wavelet)
		}
	}
	t.Logf("largest difference %.2g", worst)
}

// checkPartition holds a result to what the flags promise: each row has a
// finite flux, or a reason why not, and never both.
func checkPartition(t testing.TB, s preprocess.Series, out *preprocess.Result) {
	t.Helper()
	n, kept := s.Len(), 0
	if len(out.Flux) != n || len(out.FluxErr) != n || len(out.Trend) != n || len(out.Segment) != n || len(out.Flag) != n {
		t.Fatalf("%d rows became %d", n, len(out.Flux))
	}
	const gone = preprocess.FlagTime | preprocess.FlagFlux | preprocess.FlagQuality | preprocess.FlagOutlier | preprocess.FlagDuplicate | preprocess.FlagTrend
	for i, f := range out.Flag {
		has := isFinite(out.Flux[i])
		if has {
			kept++
		} else if !math.IsNaN(out.Flux[i]) {
			t.Fatalf("row %d is %g", i, out.Flux[i])
		}
		switch {
		case has && f&gone != 0, !has && f&(gone|preprocess.FlagShort) == 0:
			t.Fatalf("row %d is %g with flags %d", i, out.Flux[i], f)
		case has && out.Segment[i] < 0:
			t.Fatalf("row %d has no segment", i)
		case math.IsInf(out.FluxErr[i], 0) || !has && !math.IsNaN(out.FluxErr[i]):
			t.Fatalf("row %d has the error %g with flux %g", i, out.FluxErr[i], out.Flux[i])
		case f&preprocess.FlagTime != 0 && isFinite(s.Time[i]), f&preprocess.FlagFlux != 0 && isFinite(s.Flux[i]):
			t.Fatalf("row %d has flags %d with time %g and flux %g", i, f, s.Time[i], s.Flux[i])
		}
	}
	if kept != out.Kept {
		t.Fatalf("%d rows are kept, Kept is %d", kept, out.Kept)
	}
	points := n
	for k, step := range out.Steps {
		if step.PointsBefore != points || step.PointsAfter > points {
			t.Fatalf("step %d %s has %d points before and %d after, %d were left", k, step.Name, step.PointsBefore, step.PointsAfter, points)
		}
		points = step.PointsAfter
	}
	if points != kept {
		t.Fatalf("the steps end with %d points, %d are kept", points, kept)
	}
}
