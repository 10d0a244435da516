package process_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/process"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/xtest"
)

// TestEveryRealLightCurveThroughBothProfiles holds all real files, processes
// each with both profiles, and lets outside judges look at every output.
func TestEveryRealLightCurveThroughBothProfiles(t *testing.T) {
	names := xtest.Glob(t, "data/real/lightcurves/*/*.fits")
	if len(names) < 23 {
		t.Fatalf("%d real light curves", len(names))
	}
	b := newBench(t)
	b.tables(t)
	var made []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src := b.hold(t, filepath.Base(name), data, "")
		for _, profile := range []string{"default", "transit"} {
			res, err := b.LightCurve(t.Context(), process.Request{SourcePath: src.Path, Profile: profile}, nil)
			if err != nil {
				t.Errorf("%s, %s: %v", filepath.Base(name), profile, err)
				continue
			}
			out := res.Outputs[0]
			path := filepath.Join(b.dir, string(out.Path))
			made = append(made, path)
			m := out.Report.Metrics.Processed
			if *m.NIn < 1000 || *m.FractionRetained < 0.5 {
				t.Errorf("%s, %s: %d of %d rows kept", filepath.Base(name), profile, *m.NKept, *m.NIn)
			}
			reproduce(t, b, path)
		}
	}
	verify := xtest.Tool(t, "fitsverify")
	for _, path := range made {
		said, err := exec.Command(verify, "-q", path).CombinedOutput()
		if err != nil || !strings.Contains(string(said), "verification OK") {
			t.Errorf("fitsverify: %s %v", said, err)
		}
	}
	script, err := os.ReadFile("testdata/peer_open.py")
	if err != nil {
		t.Fatal(err)
	}
	got := xtest.Python(t, string(script), made...)
	if want := fmt.Sprintf("%d files\n", len(made)); got != want {
		t.Errorf("astropy says %q, want %q", got, want)
	}
}

func reproduce(t *testing.T, b *bench, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := fits.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := process.Reproduce(t.Context(), file, func(ctx context.Context, src processed.Source) ([]byte, string, error) { return b.Find(ctx, src) })
	if err != nil || !r.Equal {
		t.Errorf("%s: %+v %v", filepath.Base(path), r, err)
	}
}
