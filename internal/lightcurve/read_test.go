package lightcurve_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/xtest"
)

func open(t testing.TB, name string) *fits.File {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fits.Parse(b)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(name), err)
	}
	return f
}

func realFile(t testing.TB, pattern string) *fits.File {
	t.Helper()
	return open(t, xtest.Glob(t, "data/real/lightcurves/"+pattern)[0])
}

// readmeRows are rows and finite PDCSAP values as the README of the real files states them.
func readmeRows(t *testing.T) map[string][2]string {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/real/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][2]string{}
	for line := range strings.SplitSeq(string(b), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) > 8 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`lightcurves/") {
			name := filepath.Base(strings.Trim(strings.TrimSpace(cells[1]), "`"))
			rows[name] = [2]string{strings.TrimSpace(cells[6]), strings.TrimSpace(cells[7])}
		}
	}
	return rows
}

func TestEveryRealFileIsReadWithTheRowsOfTheReadme(t *testing.T) {
	rows := readmeRows(t)
	for _, name := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		base := filepath.Base(name)
		want, ok := rows[base]
		if !ok {
			t.Errorf("%s is not in the README", base)
			continue
		}
		f := open(t, name)
		lc, err := lightcurve.FromFITS(f, lightcurve.Options{})
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		finite := 0
		for _, x := range lc.Flux {
			if !math.IsNaN(x) {
				finite++
			}
		}
		if strconv.Itoa(lc.Len()) != want[0] || (want[1] != "-" && strconv.Itoa(finite) != want[1]) {
			t.Errorf("%s: %d rows, %d finite; want %v", base, lc.Len(), finite, want)
		}
		p, _ := lightcurve.ParseFileName(base)
		if found := lightcurve.Check(f, p); len(found) != 0 {
			t.Errorf("%s: %+v", base, found)
		}
		info, err := lightcurve.Inspect(f)
		if err != nil || info.Author != p.Author || info.Mission != p.Mission || info.Rows != lc.Len() ||
			info.Target != lc.Target || info.SectorQuarter != p.SectorQuarter || info.SpanDays() < 9 ||
			!lightcurve.SameCadence(info.CadenceS, p.CadenceS) {
			t.Errorf("%s: %+v %v", base, info, err)
		}
		if len(lc.Flux) != lc.Len() || len(lc.FluxErr) != lc.Len() || len(lc.Quality) != lc.Len() || len(lc.Cadence) != lc.Len() {
			t.Errorf("%s: columns of different length", base)
		}
	}
}

// astropyScript prints sums over the rows of the columns given as
// file:hdu:time,flux,err,quality,cadence, so that every value counts.
const astropyScript = `
import sys, json, numpy as np
from astropy.io import fits
out = []
for a in sys.argv[1:]:
    name, hdu, cols = a.split('|')
    d = fits.open(name)[int(hdu)].data
    row = []
    for c in cols.split(','):
        if c == '':
            row.append([0, 0.0, 0.0]); continue
        v = np.asarray(d[c], dtype=float)
        ok = np.isfinite(v)
        w = (np.arange(len(v)) % 1009 + 1)[ok]
        row.append([int(ok.sum()), float(np.sum(v[ok] * w)), float(v[ok][-1]) if ok.any() else 0.0])
    out.append(row)
print(json.dumps(out))`

func summary(v []float64) [3]float64 {
	var n, sum, last float64
	for i, x := range v {
		if !math.IsNaN(x) {
			n, sum, last = n+1, sum+x*float64(i%1009+1), x
		}
	}
	return [3]float64{n, sum, last}
}

func floats(v []int32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func TestValuesAreThoseOfAstropy(t *testing.T) {
	cases := []struct {
		pattern, hdu, columns string
		flux                  lightcurve.Flux
	}{
		{"tess/tess2018206045859*25155310*", "1", "TIME,PDCSAP_FLUX,PDCSAP_FLUX_ERR,QUALITY,CADENCENO", ""},
		{"tess/tess2022217*", "1", "TIME,SAP_FLUX,SAP_FLUX_ERR,QUALITY,CADENCENO", lightcurve.SAP},
		{"tess/hlsp_tess-data-alerts*", "1", "TIME,PDCSAP_FLUX,PDCSAP_FLUX_ERR,QUALITY,CADENCENO", lightcurve.PDCSAP},
		{"tess/hlsp_tglc*s0034*", "1", "time,cal_aper_flux,,TESS_flags,cadence_num", ""},
		{"tess/hlsp_tglc*s0007*", "1", "time,psf_flux,,TESS_flags,cadence_num", "psf_flux"},
		{"kepler/kplr010002792-2009259*", "1", "TIME,PDCSAP_FLUX,PDCSAP_FLUX_ERR,SAP_QUALITY,CADENCENO", ""},
		{"kepler/*_slc.fits", "1", "TIME,SAP_BKG,SAP_BKG_ERR,SAP_QUALITY,CADENCENO", "SAP_BKG"},
		{"k2/ktwo211117077*", "1", "TIME,PDCSAP_FLUX,PDCSAP_FLUX_ERR,SAP_QUALITY,CADENCENO", ""},
		{"k2/hlsp_k2sff*", "1", "T,FCOR,,MOVING,CADENCENO", ""},
		{"k2/hlsp_k2sff*", "1", "T,FRAW,,MOVING,CADENCENO", lightcurve.SAP},
		{"k2/hlsp_everest*", "1", "TIME,FLUX,RAW_FERR,OUTLIER,", ""},
		{"k2/hlsp_everest*", "1", "TIME,RAW_FLUX,RAW_FERR,OUTLIER,", lightcurve.SAP},
	}
	var args []string
	for _, c := range cases {
		args = append(args, xtest.Glob(t, "data/real/lightcurves/"+c.pattern)[0]+"|"+c.hdu+"|"+c.columns)
	}
	var want [][5][3]float64
	if err := json.Unmarshal([]byte(xtest.Python(t, astropyScript, args...)), &want); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		lc, err := lightcurve.FromFITS(realFile(t, c.pattern), lightcurve.Options{Flux: c.flux})
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		got := [5][3]float64{summary(lc.Time), summary(lc.Flux), summary(lc.FluxErr), summary(floats(lc.Quality)), summary(floats(lc.Cadence))}
		for k, name := range strings.Split(c.columns, ",") {
			if name == "" {
				continue
			}
			if got[k][0] != want[i][k][0] || got[k][2] != want[i][k][2] || math.Abs(got[k][1]-want[i][k][1]) > 1e-9*math.Abs(want[i][k][1]) {
				t.Errorf("%s %s: got %v, want %v", c.pattern, name, got[k], want[i][k])
			}
		}
	}
}

func TestRowsOfTheProtocolFixturesAreRead(t *testing.T) {
	for rows, pattern := range map[string]string{
		"kepler_q02_kic10002792_llc": "kepler/kplr010002792-2009259*", "kepler_q00_kic10666592_slc": "kepler/*_slc.fits",
		"k2_c03_epic206103150_llc": "k2/ktwo206103150*",
	} {
		b, err := os.Open(xtest.Shared(t, "data/protocol/fits/"+rows+".rows.csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		records, err := csv.NewReader(b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		lc, err := lightcurve.FromFITS(realFile(t, pattern), lightcurve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, name := range records[0] {
			at[name] = i
		}
		for _, r := range records[1:] {
			i, _ := strconv.Atoi(r[0])
			for name, got := range map[string]float64{
				"TIME": lc.Time[i], "PDCSAP_FLUX": lc.Flux[i], "PDCSAP_FLUX_ERR": lc.FluxErr[i],
				"SAP_QUALITY": float64(lc.Quality[i]), "CADENCENO": float64(lc.Cadence[i]),
			} {
				want, err := strconv.ParseFloat(r[at[name]], 64)
				if err != nil {
					t.Fatal(err)
				}
				if same := got == want || math.Abs(got-want) <= 2e-8*math.Abs(want) || (math.IsNaN(got) && math.IsNaN(want)); !same {
					t.Errorf("%s row %d %s: got %v, want %v", rows, i, name, got, want)
				}
			}
		}
	}
}

func TestHeadersOfEachProductAreUnderstood(t *testing.T) {
	for pattern, want := range map[string]string{
		"tess/tess2018206045859*25155310*": "TIC 25155310|TIC 25155310|TESS|SPOC|1|120.0|BTJD|tess|e-/s|DR1 spoc-3.3.36-20180925|10.555",
		"tess/hlsp_tess-data*":             "TIC 25155310|TIC 25155310|TESS|TESS-DATA-ALERTS|1|120.0|BTJD|tess|e-/s|DR0 spoc-3.3.28-20180822-3-g8d5f3fff42|10.555",
		"tess/hlsp_tglc*s0034*":            "TIC 218795833|Gaia DR3 5707485527450614656|TESS|TGLC|34|600.0|BTJD|tess|1|0.7.0|14.542",
		"kepler/*_slc.fits":                "KIC 10666592|KIC 10666592|Kepler|Kepler|0|58.8|BKJD|kepler|e-/s|DR25 svn+ssh://murzim/repo/soc/tags/release/9.3.46 r61343|9.710",
		"k2/ktwo206103150*":                "EPIC 206103150|EPIC 206103150|K2|K2|3|1765.5|BKJD|kepler|e-/s|DR5 svn+ssh://murzim/repo/soc/tags/release/9.3.15 r59816|11.762",
		"k2/hlsp_k2sff*":                   "EPIC 205905563|EPIC 205905563|K2|K2SFF|3|1765.5|BKJD|k2sff|1|DR5|17.019",
		"k2/hlsp_everest*":                 "EPIC 205905563|EPIC 205905563|K2|EVEREST|3|1765.5|BKJD|out|e-/s|DR5 1.0|17.019",
		"k2/hlsp_k2sc*":                    "EPIC 205905563|EPIC 205905563|K2|K2SC|3|1765.5|BKJD|kepler|e-/s|DR5 k2_syscor v0.8|17.019",
	} {
		f := realFile(t, pattern)
		lc, err := lightcurve.FromFITS(f, lightcurve.Options{})
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		info, _ := lightcurve.Inspect(f)
		got := fmt.Sprintf("%s|%s|%s|%s|%d|%.1f|%s|%s|%s|%s|%.3f", lc.Target, lc.Name, lc.Mission, lc.Author, lc.SectorQuarter,
			lc.CadenceS, lc.Scale, lc.Flags, lc.FluxUnit, info.Release, lc.Mag)
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", pattern, got, want)
		}
	}
}

func TestK2SCNumbersAreRestoredFromSixteenBits(t *testing.T) {
	mission, err := lightcurve.FromFITS(realFile(t, "k2/ktwo205905563*"), lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, flux := range []lightcurve.Flux{lightcurve.PDCSAP, lightcurve.SAP} {
		lc, err := lightcurve.FromFITS(realFile(t, "k2/hlsp_k2sc*"), lightcurve.Options{Flux: flux})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range lc.Cadence {
			row := int(c - mission.Cadence[0])
			if row < 0 || row >= mission.Len() || mission.Time[row] != lc.Time[i] || mission.Quality[row]&0xffff != lc.Quality[i] {
				t.Fatalf("row %d: cadence %d at %v is not the mission's", i, c, lc.Time[i])
			}
		}
	}
}

func TestAnAbsentColumnIsNamedWithWhatIsThere(t *testing.T) {
	f := realFile(t, "kepler/*_slc.fits")
	_, err := lightcurve.FromFITS(f, lightcurve.Options{Flux: "KSPSAP_FLUX"})
	if exo.KindOf(err) != exo.Invalid || !strings.Contains(exo.MessageOf(err), "HDU 1 (LIGHTCURVE) has no column KSPSAP_FLUX") ||
		!strings.Contains(exo.MessageOf(err), "SAP_QUALITY") {
		t.Errorf("got %v", err)
	}
	extra := exo.ExtraOf(err)
	if extra["column"] != "KSPSAP_FLUX" || extra["hdu"] != "LIGHTCURVE" || len(extra["found"].([]string)) != 20 {
		t.Errorf("got %v", extra)
	}
}

func TestCheckFindsAFileOfAnotherStar(t *testing.T) {
	f := realFile(t, "tess/tess2018206045859*25155310*")
	want := lightcurve.Product{Mission: exo.TESS, Author: "TESS-SPOC", ID: tic(1), SectorQuarter: 2, CadenceS: 20}
	rules := map[string]bool{}
	for _, x := range lightcurve.Check(f, want) {
		rules[x.Rule] = x.Fatal
	}
	for _, rule := range []string{lightcurve.RuleTarget, lightcurve.RuleSlice, lightcurve.RuleAuthor, lightcurve.RuleCadence} {
		if !rules[rule] {
			t.Errorf("%s is not found in %v", rule, rules)
		}
	}
}

func BenchmarkFromFITS20k(b *testing.B) {
	f := realFile(b, "tess/tess2018206045859*25155310*")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := lightcurve.FromFITS(f, lightcurve.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
