package validate_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

// judged is a fixed time after all real files were observed.
var judged = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// curves returns the real light curves by file name.
func curves(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = data
	}
	return files
}

func judge(t testing.TB, name string, data []byte, o validate.LightCurveOptions) *validate.Report {
	t.Helper()
	f, err := fits.Parse(data)
	if err != nil {
		t.Fatal(name, err)
	}
	o.Now, o.Path = judged, exo.Path("lightcurves/"+name)
	return validate.LightCurve(f, o)
}

func TestRealLightCurvesHaveNoErrors(t *testing.T) {
	for name, data := range curves(t) {
		r := judge(t, name, data, validate.LightCurveOptions{})
		for _, f := range r.Findings {
			t.Logf("%s: %s %s %s %s: %s", name, f.Severity, f.Rule, f.Column, f.Value, f.Message)
			if f.Severity == validate.Error {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}
