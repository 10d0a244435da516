package validate_test

import (
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/validate"
)

// BenchmarkLightCurve judges a file of one TESS sector at two minutes: 20,076
// rows of 20 columns.
func BenchmarkLightCurve(b *testing.B) {
	const name = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"
	data, ok := curves(b)[name]
	if !ok {
		b.Skip("another set of files")
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		f, err := fits.Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		if r := validate.LightCurve(f, validate.LightCurveOptions{Now: judged, Path: name}); !r.Valid {
			b.Fatal(r.Findings)
		}
	}
}
