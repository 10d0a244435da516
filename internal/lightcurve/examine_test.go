package lightcurve_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/xtest"
)

func TestExamineIsInspectAndCheckInOne(t *testing.T) {
	var examiner lightcurve.Examiner // one for all files, which must not mix
	for _, name := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := fits.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := lightcurve.ParseFileName(filepath.Base(name))
		want.SectorQuarter++ // so that there is a finding
		info, findings, err := examiner.Examine(f, want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		alone, err := lightcurve.Inspect(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(info), fmt.Sprint(alone); got != want {
			t.Errorf("%s: Examine says\n%s\nInspect says\n%s", filepath.Base(name), got, want)
		}
		if got, want := fmt.Sprint(findings), fmt.Sprint(lightcurve.Check(f, want)); got != want {
			t.Errorf("%s: Examine finds\n%s\nCheck finds\n%s", filepath.Base(name), got, want)
		}
	}
}
