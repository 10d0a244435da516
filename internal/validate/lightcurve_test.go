package validate_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
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

// told are the findings of the real files that are known; all others of the
// missions have none.
var told = map[string]string{
	"hlsp_everest_k2_llc_205905563-c03_kepler_v1.0_lc.fits":                          "checksum.absent",
	"hlsp_k2sc_k2_llc_205905563-c03_kepler_v1_lc.fits":                               "checksum.absent flux.unflagged:141 rows",
	"hlsp_k2sff_k2_lightcurve_205905563-c03_kepler_v1_llc.fits":                      "checksum.absent",
	"hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits":                "time.present:815 without time flux.zero error.zero",
	"hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0007-cam2-ccd3_tess_v2_llc.fits": "checksum.absent",
	"hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0034-cam2-ccd3_tess_v2_llc.fits": "checksum.absent flux.unflagged:4 rows",
	"kplr009726699-2009350155506_llc.fits":                                           "flux.unflagged:1 row",
	"ktwo205905563-c03_llc.fits":                                                     "flux.unflagged:3 rows",
	"ktwo206103150-c03_llc.fits":                                                     "flux.unflagged:95 rows",
	"ktwo211117077-c04_llc.fits":                                                     "flux.unflagged:10 rows",
	"ktwo211436265-c05_llc.fits":                                                     "flux.unflagged:4 rows",
	"ktwo211495446-c05_llc.fits":                                                     "flux.unflagged:11 rows",
	"kplr010002792-2009259160929_llc.fits":                                           "",
	"tess2018206045859-s0001-0000000025155310-0120-s_lc.fits":                        "",
	"tess2019226182529-s0015-0000000424865156-0151-s_lc.fits":                        "",
}

func TestRealLightCurvesHaveNoErrors(t *testing.T) {
	for name, data := range curves(t) {
		r := judge(t, name, data, validate.LightCurveOptions{})
		var got []string
		for _, f := range r.Findings {
			if f.Severity == validate.Error {
				t.Errorf("%s: %+v", name, f)
			}
			words := strings.TrimPrefix(f.Rule, "lightcurve.")
			if strings.HasPrefix(words, "time.present") || strings.HasPrefix(words, "flux.unflagged") {
				words += ":" + f.Value
			}
			got = append(got, words)
		}
		if want, known := told[name]; known && strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// The metrics of a file, counted beside by numpy: 18104 of 20076 rows have time
// and flux, and 19261 a time.
func TestMetricsOfALightCurve(t *testing.T) {
	const name = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"
	data, ok := curves(t)[name]
	if !ok {
		t.Skip("another set of files")
	}
	r := judge(t, name, data, validate.LightCurveOptions{Fresh: 6 * time.Hour, Retrieved: judged.Add(-24 * time.Hour)})
	m := r.Metrics
	if m.Completeness.Overall != 18104.0/20076 || m.Completeness.Columns["TIME"] != 19261.0/20076 || m.Completeness.Columns["CADENCENO"] != 1 || m.Completeness.Columns["PSF_CENTR1"] != 0 {
		t.Errorf("%+v", m.Completeness)
	}
	if m.Accuracy.Overall != 1 || m.Consistency.Overall != 1 || m.Freshness.Overall != 0.25 || len(r.Levels) != 5 || r.Rows != 20076 || r.Columns != 20 {
		t.Errorf("%+v %+v %+v", m.Accuracy, m.Consistency, m.Freshness)
	}
	var a, b *validate.Report = judge(t, name, data, validate.LightCurveOptions{}), judge(t, name, data, validate.LightCurveOptions{})
	if !reflect.DeepEqual(a, b) {
		t.Error("equal input gives unequal reports")
	}
}

func TestReportsOfSeveralLightCurvesAreCombined(t *testing.T) {
	files := curves(t)
	var list []*validate.Report
	rows, findings := 0, 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r := judge(t, name, files[name], validate.LightCurveOptions{Fresh: time.Hour, Retrieved: judged.Add(-time.Duration(len(list)) * time.Hour)})
		list = append(list, r)
		rows, findings = rows+r.Rows, findings+len(r.Findings)
	}
	all := validate.Combine(list)
	if !all.Valid || all.Rows != rows || len(all.Findings) != findings || all.Metrics.Freshness.Overall != 1/float64(len(list)-1) {
		t.Errorf("%d of %d rows, %d of %d findings, %+v", all.Rows, rows, len(all.Findings), findings, all.Metrics.Freshness)
	}
	sum := 0.0
	for _, r := range list {
		sum += r.Metrics.Completeness.Overall * float64(r.Rows)
	}
	if got := all.Metrics.Completeness.Overall; math.Abs(got-sum/float64(rows)) > 1e-12 {
		t.Error(got, sum/float64(rows))
	}
	level := -1
	for _, f := range all.Findings {
		if l := slices.Index(validate.Levels, f.Level); l < level {
			t.Error("the findings are not in the order of the levels")
		} else {
			level = l
		}
	}
	if none := validate.Combine(nil); !none.Valid || none.Metrics.Completeness != nil || len(none.Levels) != 5 {
		t.Errorf("%+v", none)
	}
}

// short is a file with the first 40 rows of its first table alone.
func short(t testing.TB, data []byte) []byte {
	t.Helper()
	const rows = 40
	f, err := fits.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	two, err := (&fits.File{HDUs: f.HDUs[:2]}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	table := f.HDUs[1]
	all, _ := table.Header.Int("NAXIS2")
	start := bytes.Index(two, table.Data())
	card, fewer := fmt.Appendf(nil, "NAXIS2  = %20d", all), fmt.Appendf(nil, "NAXIS2  = %20d", rows)
	two = bytes.Replace(two, card, fewer, 1)[:start+len(table.Data())/int(all)*rows]
	two = append(two, make([]byte, (2880-len(two)%2880)%2880)...)
	if f, err := fits.Parse(two); err != nil || validate.LightCurve(f, validate.LightCurveOptions{Now: judged}).Rows != rows {
		t.Fatal("the file was not shortened", err)
	}
	return two
}

// What is no light curve, or half of one, is judged without harm.
func FuzzLightCurve(f *testing.F) {
	for _, name := range []string{"k2/ktwo205905563*.fits", "k2/hlsp_k2sc*.fits", "tess/tess2018206045859-s0001-0000000025155310*.fits", "tess/hlsp_tglc*s0007*.fits"} {
		for _, name := range xtest.Glob(f, "data/real/lightcurves/"+name) {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			data = short(f, data)
			for _, at := range []uint32{0, 5760, 9000, uint32(len(data) - 4000)} {
				f.Add(data, at, uint64(0x7ff8000000000001))
				f.Add(data, at, uint64(0x4142434445464748))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint32, word uint64) {
		data = bytes.Clone(data)
		if i := int(at); i+8 <= len(data) {
			binary.BigEndian.PutUint64(data[i:], word)
		}
		file, err := fits.Parse(data)
		if err != nil {
			return
		}
		r := validate.LightCurve(file, validate.LightCurveOptions{Now: judged, Path: "lightcurves/a.fits", Fresh: time.Hour, Star: func(id exo.TargetID) (catalog.Star, bool) {
			return catalog.Star{ID: id, RA: 1, Dec: 2, Mag: 3}, true
		}})
		errors := 0
		for _, x := range r.Findings {
			if x.Severity == validate.Error {
				errors++
			}
			if len(x.Value) > 210 || len(x.Message) > 210 || x.Limit == "" {
				t.Errorf("%+v", x)
			}
		}
		if r.Valid != (errors == 0) || r.Summary().Errors != errors {
			t.Errorf("valid %v with %d errors", r.Valid, errors)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
