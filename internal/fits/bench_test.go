package fits_test

import (
	"bytes"
	"os"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/xtest"
)

// tess20k is a real TESS file: 20,076 rows of 20 columns, 2.0 MB.
func tess20k(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/tess/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readFour reads what a light curve is made of.
func readFour(t testing.TB, b []byte) (time, flux, fluxErr []float64, quality []int32) {
	t.Helper()
	f, err := fits.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	table, err := f.HDUs[1].Table()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*[]float64{"TIME": &time, "PDCSAP_FLUX": &flux, "PDCSAP_FLUX_ERR": &fluxErr} {
		if *p, err = table.Float64(*p, name); err != nil {
			t.Fatal(err)
		}
	}
	if quality, err = table.Int32(nil, "QUALITY"); err != nil {
		t.Fatal(err)
	}
	return time, flux, fluxErr, quality
}

func BenchmarkReadTESS20k(b *testing.B) {
	file := tess20k(b)
	b.ReportAllocs()
	for b.Loop() {
		readFour(b, file)
	}
}

func BenchmarkReadTESS20kNative(b *testing.B) {
	file := tess20k(b)
	b.ReportAllocs()
	for b.Loop() {
		f, err := fits.Parse(file)
		if err != nil {
			b.Fatal(err)
		}
		t, err := f.HDUs[1].Table()
		if err != nil {
			b.Fatal(err)
		}
		t.Float64(nil, "TIME")
		t.Float32(nil, "PDCSAP_FLUX")
		t.Float32(nil, "PDCSAP_FLUX_ERR")
		t.Int32(nil, "QUALITY")
	}
}

func BenchmarkReadTESS20kReused(b *testing.B) {
	file := tess20k(b)
	var f1, f2, f3 []float64
	var q []int32
	b.ReportAllocs()
	for b.Loop() {
		f, err := fits.Parse(file)
		if err != nil {
			b.Fatal(err)
		}
		t, err := f.HDUs[1].Table()
		if err != nil {
			b.Fatal(err)
		}
		f1, _ = t.Float64(f1, "TIME")
		f2, _ = t.Float64(f2, "PDCSAP_FLUX")
		f3, _ = t.Float64(f3, "PDCSAP_FLUX_ERR")
		q, _ = t.Int32(q, "QUALITY")
	}
}

func BenchmarkParse(b *testing.B) {
	file := tess20k(b)
	b.ReportAllocs()
	for b.Loop() {
		f, err := fits.Parse(file)
		if err != nil {
			b.Fatal(err)
		}
		if _, err = f.HDUs[1].Table(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify2MB(b *testing.B) {
	f, err := fits.Parse(tess20k(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(2039040)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Verify(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	f, err := fits.Parse(tess20k(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(2039040)
	for b.Loop() {
		var w bytes.Buffer
		if err := f.Encode(&w); err != nil {
			b.Fatal(err)
		}
	}
}
