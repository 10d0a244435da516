package preprocess_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

// TestAgainstPythonPipeline runs the same light curves through the same chain of
// numpy, scipy, astropy and PyWavelets calls: the results must agree. The times,
// the shortest of 15 runs each, one after the other on one thread, are logged:
//
//	go test -run TestAgainstPythonPipeline -v ./internal/preprocess
func TestAgainstPythonPipeline(t *testing.T) {
	script, err := os.ReadFile("testdata/peer_pipeline.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, params string
		s            preprocess.Series
	}{
		{"TESS 20,000 rows", `{}`, tessSector(1)},
		{"Kepler 65,000 rows", `{}`, keplerMission(1)},
		{"TESS 20,000 rows with wavelets", `{"wavelet_denoising":true}`, tessSector(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mustRecipe(t, "default", c.params)
			var p preprocess.Processor
			var out preprocess.Result
			ours := time.Hour
			for range 15 {
				start := time.Now()
				if err := p.Run(context.Background(), c.s, r, &out); err != nil {
					t.Fatal(err)
				}
				ours = min(ours, time.Since(start))
			}
			dir := t.TempDir()
			in, result := filepath.Join(dir, "in"), filepath.Join(dir, "out")
			var b bytes.Buffer
			for _, column := range []any{c.s.Time, c.s.Flux, c.s.FluxErr, c.s.Quality} {
				if err := binary.Write(&b, binary.LittleEndian, column); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(in, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			n := c.s.Len()
			wavelet := strconv.Itoa(strings.Count(c.params, "true"))
			said := xtest.Python(t, string(script), in, strconv.Itoa(n), fmt.Sprint(out.QualityMask), wavelet, result)
			theirs, err := strconv.ParseFloat(strings.TrimSpace(said), 64)
			if err != nil {
				t.Fatal(err)
			}
			comparePeer(t, result, n, &out)
			t.Logf("ours %.3f ms, Python %.3f ms: %.1f times", 1e3*ours.Seconds(), 1e3*theirs, theirs/ours.Seconds())
		})
	}
}

func comparePeer(t *testing.T, file string, n int, out *preprocess.Result) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 2*n)
	if err := binary.Read(bytes.NewReader(raw), binary.LittleEndian, want); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range n {
		if !near(out.Flux[i], want[i], 1e-10) || !near(out.FluxErr[i], want[n+i], 1e-10) {
			t.Fatalf("row %d is %.15g ± %.15g, Python has %.15g ± %.15g", i, out.Flux[i], out.FluxErr[i], want[i], want[n+i])
		}
		if d := math.Abs(out.Flux[i] - want[i]); d > worst {
			worst = d
		}
	}
	t.Logf("%d rows, largest difference %.2g", n, worst)
}
