package processed_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/xtest"
)

// made returns a processed file of a source, with a result made by hand: the
// format is under test here, not the pipeline.
func made(t testing.TB, name string, raw []byte) (*processed.File, *fits.File) {
	t.Helper()
	src, err := fits.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	lc, err := lightcurve.FromFITS(src, lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return fileOf(t, name, exo.DigestOf(raw), lc.Ext, lc), src
}

func fileOf(t testing.TB, name string, sum exo.Digest, ext string, lc *lightcurve.LightCurve) *processed.File {
	t.Helper()
	known := []preprocess.Ephemeris{{Period: 4.411953, T0: 1326.12, Duration: 0.15, PeriodErr: 1e-5, Object: "TOI 102.01", Source: "toi 2026-11-24T00:31:00Z sha256:0123abcd"}}
	recipe, err := preprocess.NewRecipe(preprocess.ProfileTransit, nil, known)
	if err != nil {
		t.Fatal(err)
	}
	f := &processed.File{
		Source:  processed.Source{Name: name, SHA256: sum, Ext: ext, Column: lc.FluxColumn},
		Program: "exoplanetai 0.2.0", Algorithm: preprocess.Algorithm, Made: time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC),
		Profile: preprocess.ProfileTransit, Recipe: recipe, Curve: lc,
	}
	r := &f.Result
	for i := range lc.Len() {
		y, flag := lc.Flux[i]/1000, int32(0)
		switch {
		case math.IsNaN(lc.Time[i]):
			flag = preprocess.FlagTime
		case math.IsNaN(lc.Flux[i]):
			flag = preprocess.FlagFlux
		case lc.Quality[i] != 0:
			flag = preprocess.FlagQuality
		case i%97 == 5:
			flag = preprocess.FlagOutlier
		}
		segment := int32(2 * i / lc.Len())
		if flag != 0 {
			y, segment = math.NaN(), -1
		} else {
			r.Kept++
		}
		r.Flux, r.FluxErr = append(r.Flux, y), append(r.FluxErr, math.Copysign(lc.FluxErr[i]/1000, -1))
		r.Trend, r.Segment, r.Flag = append(r.Trend, lc.Flux[i]*1.01), append(r.Segment, segment), append(r.Flag, flag)
	}
	r.Segments, r.ShortSegments, r.CadenceDays, r.QualityMask, r.WindowUsed = 2, 1, 0.0013888, 17087, 325
	r.Norm = preprocess.Affine{S: 1.0000123}
	r.Steps = []preprocess.Step{
		{Name: "quality", Method: "default", PointsBefore: 20000, PointsAfter: 19000},
		{Name: "outliers", Method: "sigma_clip", PointsBefore: 19000, PointsAfter: 18000, Values: preprocess.Values{
			{Name: "lo", Value: math.Inf(1)}, {Name: "hi", Value: 5}, {Name: "lower_bound", Value: 0.99987654321012}, {Name: "upper_bound", Value: 1.00012345678901}, {Name: "iterations", Value: 3}}},
	}
	r.Warnings = []preprocess.Warning{{Code: preprocess.WarnStale, Object: "TOI 102.01", Value: 0.25, Other: 3.6}, {Code: preprocess.WarnQuality, Value: 0.3}}
	ppm := 123.456
	f.Report.Metrics.Processed.CDPPPPM = &ppm
	nan := math.NaN()
	f.Report.Metrics.Processed.RMS = &nan
	return f
}

// encoded returns the bytes of a file.
func encoded(t testing.TB, f *processed.File, src *fits.File) []byte {
	t.Helper()
	out, err := processed.Encode(f, src)
	if err != nil {
		t.Fatalf("%s: %v", f.Source.Name, err)
	}
	b, err := out.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t testing.TB, b []byte) *processed.File {
	t.Helper()
	f, err := fits.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := processed.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sources(t testing.TB) []string {
	return xtest.Glob(t, "data/real/lightcurves/*/*.fits")
}

func TestEveryRealLightCurveComesBack(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, path := range sources(t) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, src := made(t, filepath.Base(path), raw)
		b := encoded(t, f, src)
		if !bytes.Equal(b, encoded(t, f, src)) {
			t.Errorf("%s: two encodings differ", f.Source.Name)
		}
		back := decoded(t, b)
		if d := processed.Compare(f, back); len(d) != 0 {
			t.Errorf("%s: came back different: %+v", f.Source.Name, d)
		}
		checkBack(t, f, back)
		if again := encoded(t, back, src); !bytes.Equal(b, again) {
			t.Errorf("%s: encoding what was decoded gives other bytes", f.Source.Name)
		}
		out := filepath.Join(dir, f.Source.Name)
		if err := os.WriteFile(out, b, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, out)
	}
	fitsverify(t, files)
	astropy(t, files)
}

// checkBack compares what Compare leaves out.
func checkBack(t *testing.T, f, back *processed.File) {
	t.Helper()
	if back.Program != f.Program || !back.Made.Equal(f.Made) || back.Profile != f.Profile || back.Source != f.Source {
		t.Errorf("%s: head is %+v", f.Source.Name, back.Source)
	}
	if !reflect.DeepEqual(back.Result.Steps, f.Result.Steps) || !reflect.DeepEqual(back.Result.Warnings, f.Result.Warnings) {
		t.Errorf("%s: steps %+v, warnings %+v", f.Source.Name, back.Result.Steps, back.Result.Warnings)
	}
	a, b := *f.Curve, *back.Curve
	for _, lc := range []*lightcurve.LightCurve{&a, &b} {
		lc.Time, lc.Flux, lc.FluxErr, lc.Quality, lc.Cadence = nil, nil, nil, nil, nil
		for _, v := range []*float64{&lc.CadenceS, &lc.RA, &lc.Dec, &lc.Mag, &lc.CrowdSAP, &lc.FlFrcSAP} {
			if math.IsNaN(*v) {
				*v = -999
			}
		}
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s: description\n%+v, want\n%+v", f.Source.Name, b, a)
	}
	m := back.Report.Metrics.Processed
	if m.CDPPPPM == nil || *m.CDPPPPM != 123.456 || m.RMS != nil {
		t.Errorf("%s: metrics %+v", f.Source.Name, m)
	}
}

func fitsverify(t *testing.T, files []string) {
	tool := xtest.Tool(t, "fitsverify")
	out, _ := exec.Command(tool, append([]string{"-q"}, files...)...).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	good := 0
	for _, l := range lines {
		if strings.Contains(l, "verification OK") {
			good++
		} else if strings.TrimSpace(l) != "" {
			t.Errorf("fitsverify: %s", l)
		}
	}
	if good != len(files) {
		t.Errorf("fitsverify passed %d of %d files", good, len(files))
	}
}

// readers reads as astropy does, and as lightkurve's generic reader and its
// reader of TESS files do, whose rules are repeated here.
const readers = `
import sys, warnings
import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from astropy.timeseries import TimeSeries
for name in sys.argv[1:]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*parse as unit.*")
        warnings.filterwarnings("ignore", message=".*did not parse.*")
        h = fits.open(name, checksum=True)
        h.verify("exception")
        assert [x.name for x in h] == ["PRIMARY", "PROCESSED"], name
        tab = Table.read(h[1], format="fits")
        zero = {2454833: 2454833, 2457000: 2457000}[h[1].header["BJDREFI"]]
        nans = np.isnan(tab["TIME"].data)
        tab = tab[~nans]
        time = Time(tab["TIME"].data, zero, scale=h[1].header["TIMESYS"].lower(), format="jd")
        tab.remove_column("TIME")
        ts = TimeSeries(time=time, data=tab)
        assert "FLUX" in ts.colnames and "FLUX_ERR" in ts.colnames and "QUALITY" in ts.colnames
        assert (h[0].header.get("MISSION") or h[0].header.get("TELESCOP")) and h[1].header["OBJECT"]
        creator = h[0].header["CREATOR"].lower()
        if "lightcurve" in creator:
            assert h[0].header["TELESCOP"] == "TESS"
            h[1].header["FRAMETIM"] * h[1].header["NUM_FRM"]
        d = h[1].data
        kept = np.isfinite(d["FLUX"]).sum()
        assert kept == h[1].header["PPNKEEP"], name
        print(len(d), "CADENCENO" in d.names, repr(h[1].header["PPPARAM"][:2]), h[1].header["PPNEPH"], len(h[1].header["PPPARAM"]))
`

func astropy(t *testing.T, files []string) {
	out := strings.TrimSpace(xtest.Python(t, readers, files...))
	if n := len(strings.Split(out, "\n")); n != len(files) {
		t.Errorf("astropy read %d of %d files", n, len(files))
	}
}

func TestNaNsOfAnyKindGiveEqualData(t *testing.T) {
	f, src := small(t)
	first := encoded(t, f, src)
	f.Result.Flux[2] = math.Float64frombits(0xfff8000000000123)
	if !bytes.Equal(first, encoded(t, f, src)) {
		t.Error("the payload of a NaN went into the file")
	}
}

func TestTheDateIsNoPartOfTheData(t *testing.T) {
	f, src := small(t)
	sum := func() string {
		out, err := processed.Encode(f, src)
		if err != nil {
			t.Fatal(err)
		}
		s, err := processed.Datasum(out)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := sum()
	f.Made = time.Time{}
	if b := sum(); a != b {
		t.Errorf("DATASUM %s, then %s", a, b)
	}
	if back := decoded(t, encoded(t, f, src)); !back.Made.IsZero() {
		t.Errorf("made %v", back.Made)
	}
	f.Result.Flux[0]++
	if b := sum(); a == b {
		t.Error("DATASUM is equal for other data")
	}
}

// small is a file of a few rows.
func small(t testing.TB) (*processed.File, *fits.File) {
	nan := math.NaN()
	lc := &lightcurve.LightCurve{
		Target: exo.TargetID{Catalog: exo.TIC, Number: 441420236}, Name: "AU Mic", Mission: exo.TESS, Author: "SPOC", SectorQuarter: 27,
		CadenceS: 120, Scale: exo.BTJD, Ext: "LIGHTCURVE", FluxColumn: "PDCSAP_FLUX", FluxUnit: "e-/s", Flags: lightcurve.FlagsTESS,
		Time: []float64{2036, 2036.1, nan, 2036.3, 2036.4}, Flux: []float64{1000, 1001, 1002, nan, 999}, FluxErr: []float64{1, 1, nan, 1, 1},
		Quality: []int32{0, 0, 0, 0, 128}, Cadence: []int32{1, 2, 3, 4, 5}, RA: 311.29, Dec: -31.34, Mag: nan, DataRelease: -1, CrowdSAP: nan, FlFrcSAP: nan,
	}
	head := fits.NewHeader()
	head.Set("SIMPLE", true, "")
	head.Set("BITPIX", 8, "")
	head.Set("NAXIS", 0, "")
	head.Set("TELESCOP", "TESS", "telescope")
	head.Set("CREATOR", "LightCurveExporterPipelineModule", "")
	primary, err := fits.NewPrimary(head)
	if err != nil {
		t.Fatal(err)
	}
	return fileOf(t, "caf\u00e9 100% .fits ", exo.DigestOf([]byte("x")), "LIGHTCURVE", lc), &fits.File{HDUs: []*fits.HDU{primary}}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	cases := map[string]struct {
		spoil func(h *fits.Header)
		item  string
	}{
		"another recipe": {func(h *fits.Header) {
			s, _ := h.Str("PPPARAM")
			h.Set("PPPARAM", strings.Replace(s, "db4", "db5", 1), "")
		}, "PPPSHA"},
		"no recipe":             {func(h *fits.Header) { h.Delete("PPPARAM") }, "PPPARAM"},
		"no program":            {func(h *fits.Header) { h.Delete("PPVERS") }, "PPVERS"},
		"no digest":             {func(h *fits.Header) { h.Set("PPINSHA", "0123", "") }, "PPINSHA"},
		"another profile":       {func(h *fits.Header) { h.Set("PPPROF", "best", "") }, "PPPARAM"},
		"rows that are not":     {func(h *fits.Header) { h.Set("PPNIN", 4, "") }, "PPNIN"},
		"kept that are not":     {func(h *fits.Header) { h.Set("PPNKEEP", 5, "") }, "PPNKEEP"},
		"outliers not there":    {func(h *fits.Header) { h.Set("PPNOUT", 1, "") }, "PPNOUT"},
		"too few segments":      {func(h *fits.Header) { h.Set("PPNSEG", 0, "") }, "PPNSEG"},
		"a scale of its own":    {func(h *fits.Header) { h.Set("BJDREFI", 2400000, "") }, "BJDREFI"},
		"a metric that is no":   {func(h *fits.Header) { h.Set("PPCDPP", "many", "") }, "PPCDPP"},
		"a scaled column":       {func(h *fits.Header) { h.Set("TSCAL3", 2.0, "") }, "TTYPE3"},
		"a renamed column":      {func(h *fits.Header) { h.Set("TTYPE3", "BRIGHT", "") }, "TTYPE3"},
		"history of a stranger": {func(h *fits.Header) { h.AppendHistory("made by hand") }, "HISTORY"},
		"no such star":          {func(h *fits.Header) { h.Set("PPTARG", "Sirius", "") }, "PPTARG"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, src := small(t)
			out, err := processed.Encode(f, src)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(out.HDUs[1].Header)
			if err := out.HDUs[1].AddChecksum(""); err != nil {
				t.Fatal(err)
			}
			_, err = processed.Decode(out)
			if !errors.Is(err, exo.Corrupt) {
				t.Fatalf("got %v, want Corrupt", err)
			}
			var e *exo.Error
			if errors.As(err, &e); e.Item != c.item {
				t.Errorf("item %q, want %q: %v", e.Item, c.item, err)
			}
		})
	}
}

func TestABitThatFlippedIsFound(t *testing.T) {
	f, src := small(t)
	b := encoded(t, f, src)
	for at := 100; at < len(b); at += 301 {
		bad := bytes.Clone(b)
		bad[at] ^= 4
		file, err := fits.Parse(bad)
		if err != nil {
			continue
		}
		if _, err := processed.Decode(file); err == nil {
			t.Errorf("byte %d changed and nobody saw it", at)
		}
	}
}

func TestWhatIsNoProcessedFileIsRefused(t *testing.T) {
	_, src := small(t)
	if _, err := processed.Decode(src); !errors.Is(err, exo.Invalid) {
		t.Errorf("Decode: %v", err)
	}
	if _, err := processed.Datasum(src); !errors.Is(err, exo.Invalid) {
		t.Errorf("Datasum: %v", err)
	}
	f, _ := small(t)
	f.Result.Trend = f.Result.Trend[1:]
	if _, err := processed.Encode(f, src); !errors.Is(err, exo.Invalid) {
		t.Errorf("Encode: %v", err)
	}
}

func TestCompareNamesColumnsAndCards(t *testing.T) {
	a, _ := small(t)
	b, _ := small(t)
	if d := processed.Compare(a, b); len(d) != 0 {
		t.Fatalf("equal files differ: %+v", d)
	}
	b.Result.Flux[1]++
	b.Source.SHA256[0]++
	d := processed.Compare(a, b)
	if len(d) != 2 || d[0].What != "PPINSHA" || d[1].What != "column FLUX" || d[1].Rows != 1 || d[1].First != 1 {
		t.Errorf("got %+v", d)
	}
}

func FuzzDecode(f *testing.F) {
	p, src := small(f)
	out, err := processed.Encode(p, src)
	if err != nil {
		f.Fatal(err)
	}
	b, _ := out.Bytes()
	f.Add(b, 0, byte(0))
	f.Add(b, 3000, byte(' '))
	f.Fuzz(func(t *testing.T, b []byte, at int, with byte) {
		b = bytes.Clone(b)
		if at >= 0 && at < len(b) {
			b[at] = with
		}
		file, err := fits.Parse(b)
		if err != nil {
			return
		}
		for _, h := range file.HDUs { // so that more than the sums is tried
			if h.AddDatasum("") != nil || h.AddChecksum("") != nil {
				return
			}
		}
		p, err := processed.Decode(file)
		if err != nil {
			if !errors.Is(err, exo.Corrupt) && !errors.Is(err, exo.Invalid) {
				t.Errorf("neither Corrupt nor Invalid: %v", err)
			}
			return
		}
		again, err := processed.Encode(p, file)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := processed.Decode(again); err != nil || len(processed.Compare(p, back)) != 0 {
			t.Errorf("not the same again: %v", err)
		}
	})
}
