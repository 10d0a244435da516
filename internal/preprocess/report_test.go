package preprocess_test

import (
	"encoding/json"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestReportAccountsForARun(t *testing.T) {
	s, r := tessSector(4), mustRecipe(t, "transit", "{}", hotJupiter)
	var p preprocess.Processor
	var out preprocess.Result
	if err := p.Run(t.Context(), s, r, &out); err != nil {
		t.Fatal(err)
	}
	flux := append([]float64(nil), out.Flux...)
	rep, err := p.Report(t.Context(), s, r, &out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range flux {
		if !near(flux[i], out.Flux[i], 0) {
			t.Fatal("a report changes the result")
		}
	}
	if rep.Recipe != r.Digest() || string(rep.Parameters) != string(r.Canonical()) || rep.Profile != "transit" || rep.Algorithm != preprocess.Algorithm {
		t.Errorf("%+v", rep)
	}
	bits := 0
	for _, n := range rep.Quality.Bits {
		bits += n
	}
	if rep.Quality.Mask != 17087 || rep.Quality.Preset != "default" || rep.Quality.Rows != rep.Flags["quality"] || bits < rep.Quality.Rows || rep.Quality.Bits["16384"] == 0 {
		t.Errorf("%+v", rep.Quality)
	}
	raw, done := rep.Metrics.Raw, rep.Metrics.Processed
	for name, m := range map[string]preprocess.Metrics{"raw": raw, "processed": done} {
		if m.NIn == nil || *m.NIn != s.Len() || m.RMS == nil || m.CDPPPPM == nil || m.DutyCycle == nil || m.Segments == nil {
			b, _ := json.Marshal(m)
			t.Fatalf("%s: %s", name, b)
		}
	}
	if *done.NKept != out.Kept || *done.InTransitRemoved != *raw.InTransitRemoved || *done.InTransitPoints < 500 {
		t.Errorf("%d kept, %d in transit, %d removed", *done.NKept, *done.InTransitPoints, *done.InTransitRemoved)
	}
	if *done.RMS > 2e-3 || *done.CDPPPPM > 300 || *raw.RMS < 5 {
		t.Errorf("rms %g, cdpp %g; raw rms %g", *done.RMS, *done.CDPPPPM, *raw.RMS)
	}
	if b, err := json.Marshal(rep); err != nil || !json.Valid(b) || len(b) > 1<<14 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	z := mustRecipe(t, "default", `{"normalize_method":"zscore"}`)
	if err := p.Run(t.Context(), s, z, &out); err != nil {
		t.Fatal(err)
	}
	if rep, err := p.Report(t.Context(), s, z, &out); err != nil || rep.Metrics.Processed.CDPPPPM != nil || rep.Metrics.Raw.CDPPPPM == nil {
		t.Errorf("z-scores have no parts per million: %v", err)
	}
}
