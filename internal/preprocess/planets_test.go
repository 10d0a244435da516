package preprocess_test

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

// tois reads the ephemerides of the TOI table, on TESS's time scale.
func tois(t *testing.T) map[string]preprocess.Ephemeris {
	f, err := os.Open(xtest.Shared(t, "data/real/catalogs/TOI_2025.09.29_18.46.06.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(z)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	list := map[string]preprocess.Ephemeris{}
	for _, row := range rows[1:] {
		num := func(name string) float64 {
			v, _ := strconv.ParseFloat(row[at[name]], 64)
			return v
		}
		list[row[at["toi"]]] = preprocess.Ephemeris{Period: num("pl_orbper"), PeriodErr: num("pl_orbpererr1"), T0: num("pl_tranmid") - 2457000,
			T0Err: num("pl_tranmiderr1"), Duration: num("pl_trandurh") / 24, DepthPPM: num("pl_trandep"), Object: "TOI " + row[at["toi"]]}
	}
	return list
}

// phase is the time from the nearest mid-transit, and its number.
func phase(t float64, e preprocess.Ephemeris) (dt, number float64) {
	number = math.Floor((t-e.T0)/e.Period + 0.5)
	return t - e.T0 - e.Period*number, number
}

// rawDepth is the depth without any filter: in each complete transit a straight
// line through what is beside it, and the mean of the inner half against it.
func rawDepth(s preprocess.Series, e preprocess.Ephemeris, cadence float64) (depth float64, transits int) {
	type sums struct{ n, t, f, tt, tf, in float64 }
	beside := map[float64]*sums{}
	mask, _ := lightcurve.Mask(s.Table, lightcurve.PresetDefault)
	use := func(i int) bool { return isFinite(s.Time[i]) && isFinite(s.Flux[i]) && s.Quality[i]&mask == 0 }
	for i, at := range s.Time {
		dt, k := phase(at, e)
		if !use(i) || math.Abs(dt) > 1.5*e.Duration {
			continue
		}
		b := beside[k]
		if b == nil {
			b = new(sums)
			beside[k] = b
		}
		if math.Abs(dt) > 0.65*e.Duration {
			b.n, b.t, b.f, b.tt, b.tf = b.n+1, b.t+dt, b.f+s.Flux[i], b.tt+dt*dt, b.tf+dt*s.Flux[i]
		} else {
			b.in++
		}
	}
	complete := func(b *sums) bool {
		return b != nil && b.n > 0.9*1.7*e.Duration/cadence && b.in > 0.9*1.3*e.Duration/cadence
	}
	sum, n := 0.0, 0.0
	for i, at := range s.Time {
		dt, k := phase(at, e)
		b := beside[k]
		if !use(i) || math.Abs(dt) > 0.25*e.Duration || !complete(b) {
			continue
		}
		slope := (b.tf - b.t*b.f/b.n) / (b.tt - b.t*b.t/b.n)
		sum, n = sum+1-s.Flux[i]/(b.f/b.n+slope*(dt-b.t/b.n)), n+1
	}
	for _, b := range beside {
		if complete(b) {
			transits++
		}
	}
	return sum / n, transits
}

// depthOf is the depth in a result: the mean of the inner half of all transits
// against what is beside them.
func depthOf(s preprocess.Series, out *preprocess.Result, e preprocess.Ephemeris) float64 {
	var in, nin, beside, nbeside float64
	for i, f := range out.Flux {
		dt, _ := phase(s.Time[i], e)
		switch a := math.Abs(dt); {
		case math.IsNaN(f):
		case a <= 0.25*e.Duration:
			in, nin = in+f, nin+1
		case a > 0.65*e.Duration && a < 1.5*e.Duration:
			beside, nbeside = beside+f, nbeside+1
		}
	}
	return 1 - in/nin/(beside/nbeside)
}

// TestRealPlanetsKeepTheirDepth: the planets of eight files of TESS, known and
// blind, and what the default profile makes of them.
func TestRealPlanetsKeepTheirDepth(t *testing.T) {
	planets := tois(t)
	for _, c := range []struct{ file, toi string }{
		{"tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", "114.01"},
		{"tess2018206045859-s0001-0000000038846515-0120-s_lc.fits", "106.01"},
		{"tess2018206045859-s0001-0000000149603524-0120-s_lc.fits", "102.01"},
		{"tess2018234235059-s0002-0000000402026209-0121-s_lc.fits", "232.01"},
		{"tess2019198215352-s0014-0000000424865156-0150-s_lc.fits", "1265.01"},
		{"tess2019226182529-s0015-0000000424865156-0151-s_lc.fits", "1265.01"},
		{"tess2021204101404-s0041-0000000424865156-0212-s_lc.fits", "1265.01"},
		{"tess2022217014003-s0055-0000000424865156-0242-s_lc.fits", "1265.01"},
	} {
		t.Run(c.toi+" "+c.file[18:23], func(t *testing.T) {
			b, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/tess/"+c.file))
			if err != nil {
				t.Fatal(err)
			}
			file, err := fits.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			lc, err := lightcurve.FromFITS(file, lightcurve.Options{})
			if err != nil {
				t.Fatal(err)
			}
			e, ok := planets[c.toi]
			if !ok {
				t.Fatal("not in the table")
			}
			s := preprocess.SeriesOf(lc)
			known := run(t, s, mustRecipe(t, "transit", "{}", e))
			want, transits := rawDepth(s, e, known.CadenceDays)
			ratio := depthOf(s, known, e) / want
			blind := depthOf(s, run(t, s, mustRecipe(t, "transit", `{"biweight_window_days":`+strconv.FormatFloat(6*e.Duration, 'g', -1, 64)+`}`)), e) / want
			plain := run(t, s, mustRecipe(t, "default", "{}", e))
			t.Logf("%.0f ppm in %d transits of %.2f h; known %.3f, blind %.3f, default %.3f", 1e6*want, transits, 24*e.Duration, ratio, blind, depthOf(s, plain, e)/want)
			if !(math.Abs(ratio-1) <= 0.02) {
				t.Errorf("with the catalog's ephemeris %.3f of the depth is left", ratio)
			}
			if !(math.Abs(blind-1) <= 0.03) {
				t.Errorf("blind %.3f of the depth is left", blind)
			}
			if w, ok := warned(plain, preprocess.WarnDefaultDepth); !ok || w.Object != "TOI "+c.toi || w.Value > 0.2 {
				t.Errorf("the default profile warns of %v", plain.Warnings)
			}
		})
	}
}
