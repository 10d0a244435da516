package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
	"exoplanetai/internal/xtest"
)

const curvePath = "/api/v1/lightcurves/TIC%201"

// curveJSON is what a client reads of the JSON form.
type curveJSON struct {
	Series, Scale, Unit string
	Points              int
	Sectors             []struct {
		Label string
		Rows  struct{ Start, End int }
	}
	Segments []struct{ Sector, Segment, Rows int }
	Flags    []struct {
		Bit   int32
		Name  string
		Count int
	}
	Decimated *struct{ From, To int }
	Warnings  []string
	Columns   map[string][]*float64
}

func readJSON(t *testing.T, w *httptest.ResponseRecorder) curveJSON {
	t.Helper()
	var c curveJSON
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || w.Code != 200 {
		t.Fatalf("%d %v in %.500s", w.Code, err, w.Body)
	}
	return c
}

func same(p *float64, x float64) bool {
	if math.IsNaN(x) {
		return p == nil
	}
	return p != nil && math.Float64bits(*p) == math.Float64bits(x)
}

func TestTheJSONFormHasEveryRowBitForBit(t *testing.T) {
	f := newFixture(t)
	one, two := sector(1, 400), sector(2, 300)
	f.proc.view = viewOf(two, one) // not in order of time
	w := f.do("GET", curvePath, "")
	c := readJSON(t, w)
	if c.Points != 700 || c.Series != "processed" || c.Scale != "BTJD" || c.Unit != "e-/s" || c.Decimated != nil || w.Header().Get("X-Points") != "700" {
		t.Errorf("head: %+v %v", c, w.Header())
	}
	if len(c.Sectors) != 2 || c.Sectors[0].Label != "S1" || c.Sectors[1].Rows.Start != 400 || c.Sectors[1].Rows.End != 700 || len(c.Segments) != 4 {
		t.Errorf("sectors %+v segments %+v", c.Sectors, c.Segments)
	}
	k := 0
	for _, src := range []process.Curve{one, two} {
		for i := range src.Raw.Time {
			for name, want := range map[string]float64{
				"time": src.Raw.Time[i], "raw_flux": src.Raw.Flux[i], "raw_flux_err": src.Raw.FluxErr[i], "flux": src.Result.Flux[i],
				"flux_err": src.Result.FluxErr[i], "trend": src.Result.Trend[i], "segment": float64(src.Result.Segment[i]), "flag": float64(src.Result.Flag[i]),
				"quality": float64(src.Raw.Quality[i]), "cadence": float64(src.Raw.Cadence[i]), "sector": float64(src.Raw.SectorQuarter),
			} {
				if !same(c.Columns[name][k], want) {
					t.Fatalf("row %d: %s is %v, want %v", k, name, c.Columns[name][k], want)
				}
			}
			k++
		}
	}
	if len(c.Columns) != 11 {
		t.Errorf("%d columns", len(c.Columns))
	}
}

func TestTheCSVFormReadsBack(t *testing.T) {
	f := newFixture(t)
	src := sector(1, 200)
	f.proc.view = viewOf(src)
	w := f.do("GET", curvePath, "", "Accept", "text/csv;q=0.9, application/json;q=0.2")
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 201 || strings.Join(rows[0], ",") != "time,raw_flux,raw_flux_err,flux,flux_err,trend,segment,flag,quality,cadence,sector" {
		t.Fatalf("%d rows, %v, %v", len(rows), err, rows[0])
	}
	for i, row := range rows[1:] {
		x, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			x = math.NaN()
		}
		if want := src.Result.Flux[i]; x != want && !(math.IsNaN(want) && row[3] == "") {
			t.Fatalf("row %d: %q, want %v", i, row[3], want)
		}
	}
}

func TestTheBinaryFormIsSeventeenBytesAPoint(t *testing.T) {
	f := newFixture(t)
	src := sector(1, 300)
	f.proc.view = viewOf(src)
	for series, flux := range map[string][]float64{"raw&profile=default": src.Raw.Flux, "processed": src.Result.Flux} {
		w := f.do("GET", curvePath+"?format=bin&series="+series, "")
		b := w.Body.Bytes()
		n := len(b) / 17
		if w.Code != 200 || len(b) != 17*n || w.Header().Get("X-Points") != strconv.Itoa(n) || w.Header().Get("Content-Length") != strconv.Itoa(len(b)) {
			t.Fatalf("%d, %d bytes, %v", w.Code, len(b), w.Header())
		}
		k := 0
		for i, x := range src.Raw.Time {
			if math.IsNaN(x) {
				continue
			}
			gotT := math.Float64frombits(binary.LittleEndian.Uint64(b[8*k:]))
			gotF := math.Float32frombits(binary.LittleEndian.Uint32(b[8*n+4*k:]))
			gotB := math.Float32frombits(binary.LittleEndian.Uint32(b[12*n+4*k:]))
			if gotT != x || !same32(gotF, flux[i]) || !same32(gotB, src.Result.Trend[i]) || int32(b[16*n+k]) != src.Result.Flag[i] {
				t.Fatalf("%s row %d: %v %v %v %d", series, i, gotT, gotF, gotB, b[16*n+k])
			}
			k++
		}
		if k != n {
			t.Errorf("%d points, want %d", n, k)
		}
	}
}

func same32(got float32, want float64) bool {
	return got == float32(want) || got != got && math.IsNaN(want)
}

func TestARawSeriesHasNoProcessedColumns(t *testing.T) {
	f := newFixture(t)
	f.proc.view = viewOf(sector(1, 100))
	c := readJSON(t, f.do("GET", curvePath+"?series=raw", ""))
	if c.Columns["flux"] != nil || c.Columns["trend"] != nil || len(c.Columns["raw_flux"]) != 100 || c.Series != "raw" {
		t.Errorf("%+v", c)
	}
	if c := readJSON(t, f.do("GET", curvePath+"?series=raw&profile=transit", "")); len(c.Columns["trend"]) != 100 {
		t.Error("raw with a profile has no trend")
	}
}

func TestATimeWindowTakesItsRowsOnly(t *testing.T) {
	f := newFixture(t)
	src := sector(1, 1000)
	f.proc.view = viewOf(src)
	c := readJSON(t, f.do("GET", curvePath+"?from=1027.5&to=1027.9", ""))
	want := 0
	for _, x := range src.Raw.Time {
		if x >= 1027.5 && x <= 1027.9 {
			want++
		}
	}
	if c.Points != want || want == 0 {
		t.Errorf("%d points, want %d", c.Points, want)
	}
}

func TestThinningOutKeepsExtremesAndEveryKindOfFlag(t *testing.T) {
	f := newFixture(t)
	src := sector(1, 20000)
	src.Raw.Flux[777], src.Result.Flux[777], src.Result.Flag[777], src.Raw.Time[777] = 5e3, 0.5, 0, src.Raw.Time[776]+1e-6
	f.proc.view = viewOf(src, sector(2, 20000))
	w := f.do("GET", curvePath+"?decimate=2000", "")
	c := readJSON(t, w)
	if c.Points > 2600 || c.Points < 1000 || c.Decimated == nil || c.Decimated.To != c.Points || !strings.Contains(w.Header().Get("X-Decimated"), "min-max") {
		t.Fatalf("%d points, %+v, %q", c.Points, c.Decimated, w.Header().Get("X-Decimated"))
	}
	lowest := math.Inf(1)
	kinds := map[int32]int{}
	for i, x := range c.Columns["flux"] {
		kinds[int32(*c.Columns["flag"][i])]++
		if x != nil {
			lowest = math.Min(lowest, *x)
		}
	}
	for _, flag := range []int32{0, preprocess.FlagFlux, preprocess.FlagQuality, preprocess.FlagOutlier, preprocess.FlagTransit, preprocess.FlagDuplicate} {
		if kinds[flag] == 0 {
			t.Errorf("no row with flag %d is left", flag)
		}
	}
	if lowest != 0.5 {
		t.Errorf("the deepest point is gone: %v", lowest)
	}
	for _, fl := range c.Flags {
		if fl.Name == "outlier" && fl.Count < 500 {
			t.Errorf("outliers are counted after thinning: %d", fl.Count)
		}
	}
}

func TestAnAnswerIsNotSentTwice(t *testing.T) {
	f := newFixture(t)
	f.proc.view = viewOf(sector(1, 300))
	tags := map[string]string{}
	for _, query := range []string{"", "?format=csv", "?format=bin", "?decimate=100", "?from=3", "?series=raw"} {
		for _, coding := range []string{"identity", "gzip"} {
			w := f.do("GET", curvePath+query, "", "Accept-Encoding", coding)
			tag := w.Header().Get("ETag")
			if other, taken := tags[tag]; taken || tag == "" || w.Code != 200 {
				t.Errorf("%q %s: tag %q, also of %q", query, coding, tag, other)
			}
			tags[tag] = query
			if again := f.do("GET", curvePath+query, "", "Accept-Encoding", coding, "If-None-Match", tag); again.Code != 304 || again.Body.Len() != 0 {
				t.Errorf("%q again: %d", query, again.Code)
			}
		}
	}
	old := f.do("GET", curvePath, "").Header().Get("ETag")
	f.proc.view.Curves[0].Meta.SHA256 = exo.DigestOf([]byte("changed"))
	if f.do("GET", curvePath, "", "If-None-Match", old).Code != 200 {
		t.Error("a changed source is not noticed")
	}
}

func TestACompressedAnswerIsTheSame(t *testing.T) {
	f := newFixture(t)
	f.proc.view = viewOf(sector(1, 5000))
	for _, form := range []string{"json", "csv", "bin"} {
		plain := f.do("GET", curvePath+"?format="+form, "")
		packed := f.do("GET", curvePath+"?format="+form, "", "Accept-Encoding", "br, gzip;q=0.5")
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(got, plain.Body.Bytes()) || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %v", form, err)
		}
	}
}

func TestSeveralFilesAreNoFITSAnswer(t *testing.T) {
	f := newFixture(t)
	f.proc.view = viewOf(sector(1, 10), sector(2, 10))
	w := f.do("GET", curvePath+"?format=fits", "")
	p := problem(t, w)
	if list, _ := p["candidates"].([]any); w.Code != 409 || len(list) != 2 || list[1].(map[string]any)["sector_quarter"] != 2.0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAFITSAnswerIsTheStoredFile(t *testing.T) {
	f, _, small, _ := withStore(t)
	src := sector(1, 10)
	f.proc.view = viewOf(src)
	w := f.do("GET", curvePath+"?series=raw", "", "Accept", "application/fits")
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), small) || w.Header().Get("ETag") != `"`+exo.DigestOf(small).String()+`"` || w.Header().Get("Content-Type") != "application/fits" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestBadCurveRequestsGetAProblemAndReadNothing(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		header []string
		status int
		says   string
	}{
		"a number without a catalog":       {"/api/v1/lightcurves/441420236", nil, 400, "TIC"},
		"an unknown parameter":             {curvePath + "?sectr=1", nil, 400, "sectr"},
		"an unknown form":                  {curvePath + "?format=xml", nil, 400, "format"},
		"an unknown series":                {curvePath + "?series=best", nil, 400, "series"},
		"an unknown profile":               {curvePath + "?profile=best", nil, 400, "profile"},
		"an unknown mission":               {curvePath + "?mission=JWST", nil, 400, "mission"},
		"a sector that is no number":       {curvePath + "?sector_quarter=one", nil, 400, "sector_quarter"},
		"a negative sector":                {curvePath + "?sector_quarter=-1", nil, 400, "sector_quarter"},
		"too few points":                   {curvePath + "?decimate=1", nil, 400, "decimate"},
		"too many points":                  {curvePath + "?decimate=100000000", nil, 400, "decimate"},
		"a time that is no number":         {curvePath + "?from=NaN", nil, 400, "from"},
		"an infinite time":                 {curvePath + "?to=inf", nil, 400, "to"},
		"a window that ends first":         {curvePath + "?from=5&to=4", nil, 400, "from"},
		"parameters that are no JSON":      {curvePath + "?processing_params=%7B", nil, 400, "processing_params"},
		"a parameter twice":                {curvePath + "?processing_params=" + url.QueryEscape(`{"iqr_k":1,"iqr_k":2}`), nil, 400, "twice"},
		"a parameter beyond its limits":    {curvePath + "?processing_params=" + url.QueryEscape(`{"baseline_window_length":4}`), nil, 400, "baseline_window_length"},
		"a thinned-out FITS file":          {curvePath + "?format=fits&decimate=100", nil, 400, "whole"},
		"a media type that is not offered": {curvePath, []string{"Accept", "image/png"}, 406, "image/png"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do("GET", c.target, "", c.header...)
			p := problem(t, w)
			if w.Code != c.status || p["code"] != "Invalid" || !strings.Contains(p["detail"].(string)+p["hint"].(string), c.says) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if len(f.proc.calls) > 0 {
				t.Error("the use case was called")
			}
		})
	}
}

func TestTooMuchForOneAnswerIsRefused(t *testing.T) {
	f := newFixture(t)
	for range 401 {
		f.proc.view.Curves = append(f.proc.view.Curves, sector(1, 1))
	}
	w := f.do("GET", curvePath, "")
	if p := problem(t, w); w.Code != 413 || !strings.Contains(p["hint"].(string), "sector_quarter") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestFirstPaintIsQuick(t *testing.T) {
	f := newFixture(t)
	f.proc.view = viewOf(sector(1, 20000), sector(2, 20000), sector(3, 25000))
	best := time.Hour
	for range 5 {
		start := time.Now()
		if w := f.do("GET", curvePath+"?format=bin&decimate=4000", ""); w.Code != 200 || w.Body.Len() > 17*4600 {
			t.Fatalf("%d, %d bytes", w.Code, w.Body.Len())
		}
		best = min(best, time.Since(start))
	}
	t.Logf("65000 points thinned out to 4000 in %v", best)
	if best > 300*time.Millisecond { // 30 ms is the goal; a loaded machine under the race detector gets ten times that
		t.Errorf("%v", best)
	}
}

// TestPythonReadsEachForm lets numpy compare what it reads over HTTP.
func TestPythonReadsEachForm(t *testing.T) {
	f := newFixture(t)
	f.proc.view = viewOf(sector(1, 3000), sector(2, 2000))
	srv := httptest.NewServer(f)
	defer srv.Close()
	out := xtest.Python(t, `
import sys, io, json, csv, gzip, urllib.request
import numpy as np
def get(q, **h):
    with urllib.request.urlopen(urllib.request.Request(sys.argv[1] + q, headers=h)) as r:
        b = r.read()
        if r.headers.get("Content-Encoding") == "gzip": b = gzip.decompress(b)
        return b
j = json.loads(get(""))
col = {k: np.array([np.nan if x is None else x for x in v], float) for k, v in j["columns"].items()}
rows = list(csv.DictReader(io.StringIO(get("?format=csv").decode())))
for k in col:
    c = np.array([float(r[k]) if r[k] else np.nan for r in rows])
    assert c.tobytes() == col[k].tobytes(), k
from astropy.table import Table
t = Table.read(get("", Accept="text/csv").decode(), format="ascii.csv")
assert len(t) == 5000 and t.colnames == list(col)
for q, name in (("?series=processed", "flux"), ("?series=raw&profile=default", "raw_flux")):
    b = get(q, Accept="application/vnd.exoplanetai.lc", **{"Accept-Encoding": "gzip"})
    n = len(b) // 17
    keep = np.isfinite(col["time"])
    assert n == keep.sum() and len(b) == 17 * n
    assert np.array_equal(np.frombuffer(b, "<f8", n, 0), col["time"][keep])
    assert np.array_equal(np.frombuffer(b, "<f4", n, 8*n), col[name][keep].astype("f4"), equal_nan=True)
    assert np.array_equal(np.frombuffer(b, "<f4", n, 12*n), col["trend"][keep].astype("f4"), equal_nan=True)
    assert np.array_equal(np.frombuffer(b, "u1", n, 16*n), col["flag"][keep].astype("u1"))
print("ok")
`, srv.URL+"/api/v1/lightcurves/TIC%201")
	if strings.TrimSpace(out) != "ok" {
		t.Error(out)
	}
}

// FuzzCurveQuery: whatever the query, the answer is a light curve or a refusal.
func FuzzCurveQuery(f *testing.F) {
	for _, seed := range []string{"", "format=bin&decimate=100", "from=1000&to=1e300", "processing_params={}", "series=raw&profile=transit", "from=0x1p-2", "sector_quarter=1&sector_quarter=2",
		"processing_params=%7B%22ephemerides%22%3A%5B%5D%7D", "cadence_s=99999999999999999999", "format=csv&format=bin", "%zz", ";", "decimate=+16"} {
		f.Add(seed)
	}
	fix := newFixture(f)
	fix.proc.view = viewOf(sector(1, 50))
	f.Fuzz(func(t *testing.T, query string) {
		fix.proc.calls = nil
		u := url.URL{RawQuery: query}
		if _, err := url.ParseRequestURI("/x?" + u.RawQuery); err != nil || strings.ContainsAny(query, " \r\n\t#") {
			return
		}
		for _, c := range []byte(query) {
			if c < 0x21 || c > 0x7e {
				return
			}
		}
		w := fix.do("GET", curvePath+"?"+query, "")
		switch w.Code {
		case 200:
			if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%q: not JSON", query)
			}
		case 400, 404:
			problem(t, w)
		default:
			t.Errorf("%d for %q: %s", w.Code, query, w.Body)
		}
	})
}
