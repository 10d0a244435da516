package universe_test

import (
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/universe"
)

func TestFilesAreWhatTheyClaim(t *testing.T) {
	u := universe.New(1)
	for _, f := range u.Files() {
		b, err := u.FITS(f.Name)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if dir := os.Getenv("UNIVERSE_OUT"); dir != "" {
			os.WriteFile(filepath.Join(dir, f.Name), b, 0o644)
		}
		if f.Flaw == universe.FlawTruncated {
			if int64(len(b)) >= f.SizeBytes {
				t.Errorf("%s is not cut short", f.Name)
			}
			continue
		}
		if int64(len(b)) != f.SizeBytes {
			t.Errorf("%s has %d bytes, not %d", f.Name, len(b), f.SizeBytes)
		}
		parsed, err := fits.Parse(b)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if err := parsed.Verify(); (err != nil) != (f.Flaw == universe.FlawChecksum) {
			t.Errorf("%s: %v", f.Name, err)
		}
		found := lightcurve.Check(parsed, f.Product)
		want := map[string]string{universe.FlawTarget: lightcurve.RuleTarget, universe.FlawNoFlux: lightcurve.RuleNoFlux}[f.Flaw]
		switch {
		case want == "" && len(found) != 0, want != "" && (len(found) != 1 || found[0].Rule != want):
			t.Errorf("%s (%s): %+v", f.Name, f.Flaw, found)
		}
	}
}
