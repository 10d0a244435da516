package periodogram_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/xtest"
)

type peerFold struct {
	Period  float64             `json:"period"`
	T0      float64             `json:"t0"`
	Bins    int                 `json:"bins"`
	Average periodogram.Average `json:"average"`
}

type peerJob struct {
	Curve  string           `json:"curve"`
	Errors bool             `json:"errors"`
	Boxes  [][3]float64     `json:"boxes"`
	Grids  []map[string]any `json:"grids"`
	Folds  []peerFold       `json:"folds"`

	name   string
	series periodogram.Series
}

type peerAnswer struct {
	Stats []map[string]json.RawMessage
	Grids [][4]float64
	Folds [][][3]*float64
}

// askPeer writes the curves and asks astropy and numpy.
func askPeer(t *testing.T, jobs []peerJob) (answers []peerAnswer) {
	t.Helper()
	dir := t.TempDir()
	for i := range jobs {
		s := jobs[i].series
		jobs[i].Curve, jobs[i].Errors = filepath.Join(dir, string(rune('a'+i))), s.FluxErr != nil
		writeFloats(t, jobs[i].Curve, s.Time, s.Flux, s.FluxErr)
	}
	text, err := json.Marshal(jobs)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "jobs"), text, 0o600)
	}
	if err == nil {
		err = json.Unmarshal([]byte(xtest.Python(t, script(t, "peer_stats.py"), filepath.Join(dir, "jobs"))), &answers)
	}
	if err != nil || len(answers) != len(jobs) {
		t.Fatal(err)
	}
	return answers
}

// peerJobs are curves with and without errors, each with the boxes of its
// planets and some beside them.
func peerJobs() (jobs []peerJob) {
	for name, make := range known() {
		for _, errors := range []bool{true, false} {
			s := make.series()
			if !errors {
				s.FluxErr, name = nil, name+", no errors"
			}
			job := peerJob{name: name, series: s}
			for _, p := range make.planets {
				for _, f := range []float64{1, 2, 0.5, 1.234} {
					job.Boxes = append(job.Boxes, [3]float64{p.period * f, p.duration, p.t0 + 0.01})
				}
				job.Folds = append(job.Folds, peerFold{p.period, p.t0, 100, periodogram.Mean}, peerFold{p.period * 2, p.t0 + 50, 37, periodogram.Median})
			}
			job.Grids = []map[string]any{{"duration": []float64{0.1, 0.2}}, {"duration": 0.3, "frequency_factor": 2.5}, {"duration": 0.15, "minimum_period": 1.0, "maximum_period": 3.5}, {"duration": 0.15, "minimum_n_transit": 2}}
			if make.days > 100 { // more periods than are tried otherwise
				job.Grids = []map[string]any{{"duration": []float64{0.1, 0.2}, "frequency_factor": 12.5, "minimum_period": 1.0}, {"duration": 0.3, "minimum_period": 5.0}}
			}
			jobs = append(jobs, job)
		}
	}
	return jobs
}

func TestStatisticsGridsAndFoldsAreAstropysAndNumpys(t *testing.T) {
	jobs := peerJobs()
	for i, answer := range askPeer(t, jobs) {
		job := jobs[i]
		t.Run(job.name, func(t *testing.T) {
			c, err := periodogram.NewCurve(job.series)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range answer.Stats {
				compareStats(t, c, periodogram.Box{Period: job.Boxes[k][0], Duration: job.Boxes[k][1], TransitTime: job.Boxes[k][2]}, want)
			}
			for k, want := range answer.Grids {
				compareGrid(t, c, job.Grids[k], want)
			}
			for k, want := range answer.Folds {
				compareFold(t, c, job.Folds[k], want)
			}
		})
	}
}

func parse[T any](t *testing.T, m map[string]json.RawMessage, name string) (v T) {
	t.Helper()
	if err := json.Unmarshal(m[name], &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func compareStats(t *testing.T, c *periodogram.Curve, b periodogram.Box, want map[string]json.RawMessage) {
	t.Helper()
	s, err := c.Stats(b)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]periodogram.Measure{"depth": s.Depth, "depth_odd": s.DepthOdd, "depth_even": s.DepthEven, "depth_half": s.DepthHalf, "depth_phased": s.DepthPhased} {
		w := parse[[2]float64](t, want, name)
		if math.Abs(got.Value-w[0]) > 1e-9*w[1] || apart(got.Err, w[1]) > 1e-9 {
			t.Errorf("%v: %s %v, astropy %v", b, name, got, w)
		}
	}
	likelihood := 0.0
	times, counts, each := parse[[]float64](t, want, "transit_times"), parse[[]int](t, want, "per_transit_count"), parse[[]float64](t, want, "per_transit_log_likelihood")
	if len(times) != len(s.Transits) {
		t.Fatalf("%v: %d transits, astropy %d", b, len(s.Transits), len(times))
	}
	for i, got := range s.Transits {
		likelihood += math.Abs(each[i])
		if apart(got.Time, times[i]) > 1e-13 || got.Points != counts[i] || math.Abs(got.LogLikelihood-each[i]) > 1e-9*max(1, math.Abs(each[i])) {
			t.Errorf("%v: transit %v, astropy %v %v %v", b, got, times[i], counts[i], each[i])
		}
	}
	if w := parse[float64](t, want, "harmonic_amplitude"); apart(s.HarmonicAmplitude, w) > 1e-6 {
		t.Errorf("%v: sine of %v, astropy %v", b, s.HarmonicAmplitude, w)
	}
	if w := parse[float64](t, want, "harmonic_delta_log_likelihood"); math.Abs(s.HarmonicDeltaLogLikelihood-w) > 1e-8*(math.Abs(w)+likelihood+float64(c.Len())) {
		t.Errorf("%v: sine against box %v, astropy %v", b, s.HarmonicDeltaLogLikelihood, w)
	}
}

func compareGrid(t *testing.T, c *periodogram.Curve, words map[string]any, want [4]float64) {
	t.Helper()
	p := periodogram.Params{Spacing: periodogram.SpacingFrequency}
	for name, v := range words {
		switch v := v.(type) {
		case []float64:
			p.Durations = v
		case int:
			p.MinimumNTransit = v
		case float64:
			switch name {
			case "duration":
				p.Durations = []float64{v}
			case "frequency_factor":
				p.FrequencyFactor = v
			case "minimum_period":
				p.MinimumPeriod = v
			case "maximum_period":
				p.MaximumPeriod = v
			}
		}
	}
	periods, err := c.Grid(p)
	if err != nil {
		t.Fatal(err)
	}
	n := len(periods)
	if got := [4]float64{float64(n), periods[0], periods[n-1], periods[n/2]}; got[0] != want[0] || apart(got[1], want[1]) > 1e-12 || apart(got[2], want[2]) > 1e-12 || apart(got[3], want[3]) > 1e-12 {
		t.Errorf("%v: grid %v, astropy %v", words, got, want)
	}
}

func compareFold(t *testing.T, c *periodogram.Curve, f peerFold, want [][3]*float64) {
	t.Helper()
	got, err := c.Fold(f.Period, f.T0, periodogram.FoldOptions{Bins: f.Bins, Average: f.Average})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Phase) != c.Len() || len(got.BinFlux) != f.Bins {
		t.Fatalf("%d points, %d bins", len(got.Phase), len(got.BinFlux))
	}
	moved := 0 // between two bins by rounding
	for k, w := range want {
		if got.BinCount[k] != int(*w[2]) {
			moved += int(math.Abs(float64(got.BinCount[k]) - *w[2]))
			continue
		}
		for j, v := range []float64{got.BinFlux[k], got.BinErr[k]} {
			if math.IsNaN(v) != (w[j] == nil) || w[j] != nil && apart(v, *w[j]) > 1e-9 {
				t.Errorf("%v: bin %d, %d points: %v, numpy %v", f, k, got.BinCount[k], v, w[j])
			}
		}
	}
	if moved > 2+c.Len()/20 {
		t.Errorf("%v: %d points in other bins than numpy's", f, moved)
	}
}

func TestABoxThatMeansNothingIsRefused(t *testing.T) {
	c, err := periodogram.NewCurve(known()["an irregular curve of few points"].series())
	if err != nil {
		t.Fatal(err)
	}
	inf, nan := math.Inf(1), math.NaN()
	for name, b := range map[string]periodogram.Box{
		"no period": {0, 0.1, 1}, "a period that is no number": {nan, 0.1, 1}, "an endless period": {inf, 0.1, 1}, "no duration": {1, 0, 1},
		"longer than its period": {1, 1, 1}, "no time": {1, 0.1, nan}, "a time far away": {1, 0.1, 1e300}, "without a point": {1e6, 0.1, 1e5},
	} {
		if _, err := c.Stats(b); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Stats(periodogram.Box{Period: 1e-6, Duration: 1e-7, TransitTime: 0}); !errors.Is(err, exo.TooLarge) {
		t.Error(err)
	}
}
