package periodogram_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/xtest"
)

func TestPowerOfKnownPlanetsIsAstropys(t *testing.T) {
	var trials []trial
	for name, make := range known() {
		for _, objective := range []periodogram.Objective{periodogram.Likelihood, periodogram.SNR} {
			for _, errors := range []bool{true, false} {
				s := make.series()
				p := periodogram.Params{Objective: objective, Durations: []float64{0.06, 0.1, 0.137, 0.25}, Oversample: 7, FrequencyFactor: 5}
				if !errors {
					s.FluxErr = nil
				}
				trials = append(trials, trial{fmt.Sprintf("%s, %s, errors %v", name, objective, errors), s, some(grid(t, s, p), 100), p})
			}
		}
	}
	compareAll(t, trials)
}

func TestPowerOfRealLightCurvesIsAstropys(t *testing.T) {
	var trials []trial
	for _, path := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := processed(t, data)
		p := periodogram.Params{FrequencyFactor: 10}
		trials = append(trials, trial{strings.TrimSuffix(filepath.Base(path), ".fits"), s, some(grid(t, s, p), 100), p})
	}
	if len(trials) < 23 {
		t.Fatalf("%d real light curves", len(trials))
	}
	compareAll(t, trials)
}

func compareAll(t *testing.T, trials []trial) {
	t.Helper()
	for i, want := range astropy(t, 1, trials...) {
		tr := trials[i]
		t.Run(tr.name, func(t *testing.T) {
			got := run(t, tr.series, tr.periods, tr.params)
			worst, others := compare(t, *got, want.Result)
			best := top(got.Power)
			t.Logf("%d points, %d periods, power apart by %.1g, %d other boxes; best %.5f d, depth %.0f ppm", len(tr.series.Time), len(tr.periods), worst, others, got.Period[best], 1e6*got.Depth[best])
		})
	}
}
