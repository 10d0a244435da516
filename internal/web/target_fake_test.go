package web_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// hostile is a name that would do harm if it became markup.
const hostile = `<img src=x onerror="document.title='harmed'">`

// fakeStar is an interface that knows one star: 65,000 points of a made light
// curve like those of Kepler, with gaps, steps, outliers and transits.
type fakeStar struct {
	time             []float64
	raw, trend, flux []float32
	flag             []uint8
	quarters         []map[string]any
	segments         []map[string]any
	fail             atomic.Pointer[string] // beginning of the paths that are refused
}

const (
	starPeriod   = 3.52249859
	starEpoch    = 121.11942
	starDuration = 3.2 / 24
	starCadence  = 29.4244 / 1440
)

func newFakeStar(points int) *fakeStar {
	s := &fakeStar{}
	r := rand.New(rand.NewPCG(20091, 7))
	t := 131.5
	for q := 1; len(s.time) < points; q++ {
		level, start := 61800+2600*math.Sin(float64(q)*1.9), len(s.time)
		from := t
		for range min(3825, points-len(s.time)) {
			s.point(r, t, level*(1+0.002*math.Sin((t-from)/9.6)))
			t += starCadence
		}
		rows := map[string]any{"start": start, "end": len(s.time)}
		s.quarters = append(s.quarters, map[string]any{
			"label": fmt.Sprintf("Q%d", q), "sector_quarter": q, "cadence_s": 1765.5, "author": "Kepler", "unit": "e-/s", "rows": rows,
			"source_path": fmt.Sprintf("lightcurves/kepler/0069/q%d.fits", q), "source_checksum": "sha256:" + strings.Repeat("ab", 32), "path": nil, "checksum": nil,
			"recipe": "sha256:" + strings.Repeat("7f", 32), "normalization": map[string]any{"method": "median", "a": 0, "s": 1, "b": 0},
		})
		s.segments = append(s.segments, map[string]any{"sector": q - 1, "segment": 0, "from": from, "to": t - starCadence, "rows": len(s.time) - start})
		t += 1.3
	}
	return s
}

// refuse makes the requests to the paths that begin so fail.
func (s *fakeStar) refuse(start string) { s.fail.Store(&start) }

func (s *fakeStar) point(r *rand.Rand, t, level float64) {
	p := math.Mod(t-starEpoch, starPeriod)
	if p > starPeriod/2 {
		p -= starPeriod
	}
	rel, flag := 1+0.00021*r.NormFloat64(), uint8(0)
	if math.Abs(p) < starDuration/2 {
		rel -= 0.00915
		flag = 32
	}
	switch x := r.Float64(); {
	case x < 0.005:
		rel, flag = rel+0.011*(r.Float64()-0.6), 4
	case x < 0.0065:
		rel, flag = rel+0.004+0.004*r.Float64(), 8
	}
	s.time = append(s.time, t)
	s.raw = append(s.raw, float32(level*rel))
	s.flag = append(s.flag, flag)
	if flag&12 != 0 {
		s.trend, s.flux = append(s.trend, float32(math.NaN())), append(s.flux, float32(math.NaN()))
		return
	}
	s.trend, s.flux = append(s.trend, float32(level)), append(s.flux, float32(rel))
}

// bin is the binary form, docs/format/curve.md, of every n-th row of a stretch of time.
func (s *fakeStar) bin(processed, plain bool, n int, from, to float64) []byte {
	var b [4]bytes.Buffer
	for i := 0; i < len(s.time); i += n {
		if s.time[i] < from || s.time[i] > to {
			continue
		}
		flux := s.raw[i]
		if processed {
			flux = s.flux[i]
		}
		trend, flag := s.trend[i], s.flag[i]
		if plain {
			trend, flag = float32(math.NaN()), 0
		}
		for k, v := range []any{s.time[i], flux, trend, flag} {
			_ = binary.Write(&b[k], binary.LittleEndian, v) // to memory
		}
	}
	return bytes.Join([][]byte{b[0].Bytes(), b[1].Bytes(), b[2].Bytes(), b[3].Bytes()}, nil)
}

func (s *fakeStar) meta(profile string) map[string]any {
	warnings := []string{}
	if profile == "default" {
		warnings = append(warnings, "transits of 3.2 h keep about 9 % of their depth after this baseline; "+hostile)
	}
	quarters, segments := s.quarters, s.segments
	if profile == "" { // nothing is processed
		segments, quarters = []map[string]any{}, nil
		for _, q := range s.quarters {
			q = maps.Clone(q)
			q["recipe"], q["normalization"] = nil, nil
			quarters = append(quarters, q)
		}
	}
	return map[string]any{
		"target": map[string]any{"query": "KIC 6922244", "mission": "Kepler", "id": "KIC 6922244", "name": "KIC 6922244"}, "series": "processed", "profile": profile,
		"recipe": "sha256:" + strings.Repeat("7f", 32), "scale": "BKJD", "unit": "e-/s", "sectors": quarters, "segments": segments, "warnings": warnings,
		"ephemerides": []any{map[string]any{"period": starPeriod, "t0": starEpoch, "duration": starDuration, "depth_ppm": 9145, "object": "K00010.01", "source": "koi 2026-11-24T13:00:52Z sha256:cfeb"}},
		"flags":       []any{}, "decimated": map[string]any{"from": len(s.time), "to": 16, "method": "min-max"}, "points": 16,
		"columns": map[string]any{"time": []any{}, "flag": []any{}, "quality": []any{}, "cadence": []any{}},
	}
}

func (s *fakeStar) target() map[string]any {
	state := map[string]any{"id": "koi_1", "number": 1, "path": "raw/nasa/koi.csv", "checksum": "sha256:00", "retrieved_at": "2026-11-24T13:00:52Z", "rows": 9564}
	return map[string]any{
		"query": "KIC 6922244", "name": hostile, "ids": []string{"KIC 6922244"}, "aliases": []string{"KIC 6922244", hostile, "Kepler-8 b"}, "ra": 281.28812, "dec": 42.45108,
		"objects": []any{map[string]any{"table": "koi", "key": "K00010.01", "object": hostile, "disposition": "CONFIRMED", "solutions": 1, "first_seen": state, "last_seen": state,
			"values": map[string]any{"koi_kepmag": 13.563}}},
		"candidates": []any{}, "conflicts": []any{}, "entries": []any{},
		"files": []any{map[string]any{"path": "lightcurves/kepler/0069/q1.fits", "kind": "lightcurve", "checksum": "sha256:" + strings.Repeat("9c", 32), "retrieved_at": "2026-11-24T13:00:52Z", "sector_quarter": 1}},
	}
}

// powers is a periodogram with a peak at the star's period.
func powers() map[string]any {
	var periods, power []float64
	for i := range 1500 {
		p := math.Exp(math.Log(0.6) + math.Log(20/0.6)*float64(i)/1499)
		v := 40 + 8*math.Sin(float64(i)*1.7)
		for k, h := range map[float64]float64{1: 1, 0.5: 0.56, 2: 0.5} {
			z := (p/(starPeriod*k) - 1) / 0.004
			v += 900 * h * math.Exp(-z*z/2)
		}
		periods, power = append(periods, p), append(power, v)
	}
	peak := func(k float64, of any, ratio, object string) map[string]any {
		return map[string]any{"period_d": starPeriod * k, "duration_d": starDuration, "depth": map[string]any{"ppm": 9100, "err_ppm": 11}, "transit_time": starEpoch + 4*starPeriod, "snr": 812, "sde": 30,
			"harmonic_of": of, "ratio": ratio, "object": "K00010.01", "object_ratio": object}
	}
	return map[string]any{"period_d": periods, "power": power, "periods": 120000, "best": peak(1, nil, "", "1:1"), "peaks": []any{peak(1, nil, "", "1:1"), peak(2, 0, "2:1", "2:1")}, "warnings": []string{}}
}

// parameters are a few of those of preprocessing, as the interface describes them.
var parameters = map[string]any{
	"sigma_clip_sigma": map[string]any{"type": "number", "default": 5, "description": "Limit of sigma clipping, in standard deviations. Allowed: above 0, at most 1000000000."},
	"baseline_method":  map[string]any{"type": "string", "default": "savgol", "enum": []string{"none", "savgol", "biweight"}, "description": "How the baseline is found. Allowed: one of none, savgol, biweight."},
	"remove_outliers":  map[string]any{"type": "boolean", "default": true, "description": "Find outliers and remove them. Allowed: true or false."},
	"ensemble_members": map[string]any{"type": "array", "default": []string{"mad"}, "items": map[string]any{"enum": []string{"mad", "iqr"}}, "description": "Methods that vote. Allowed: a list."},
}

func (s *fakeStar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	if start := s.fail.Load(); start != nil && strings.HasPrefix(path, *start) {
		problem(w, http.StatusInsufficientStorage, "the disk is full of "+hostile)
		return
	}
	q := r.URL.Query()
	row := map[string]any{"kepid": 6922244, "koi_period": starPeriod, "koi_disposition": "CONFIRMED", "koi_prad": 14.92}
	switch {
	case path == "/targets/KIC 6922244":
		starAnswer(w, s.target())
	case path == "/lightcurves/KIC 6922244" && strings.Contains(q.Get("processing_params"), "-3"):
		w.WriteHeader(http.StatusBadRequest)
		starAnswer(w, map[string]any{"title": "Invalid", "status": 400, "code": "Invalid", "detail": "1 parameter does not fit", "request_id": "ab12",
			"parameters": []any{map[string]any{"name": "sigma_clip_sigma", "value": -3, "limits": "above 0, at most 1000000000"}}})
	case path == "/lightcurves/KIC 6922244" && q.Get("format") == "bin":
		n, from, to := 1, math.Inf(-1), math.Inf(1)
		if most, err := strconv.Atoi(q.Get("decimate")); err == nil {
			n = (len(s.time) + most - 1) / most
		}
		if q.Get("from") != "" {
			from, _ = strconv.ParseFloat(q.Get("from"), 64)
			to, _ = strconv.ParseFloat(q.Get("to"), 64)
		}
		w.Header().Set("Content-Type", "application/vnd.exoplanetai.lc")
		_, _ = w.Write(s.bin(q.Get("series") == "processed", q.Get("profile") == "", n, from, to)) // the browser may be gone
	case path == "/lightcurves/KIC 6922244":
		starAnswer(w, s.meta(q.Get("profile")))
	case path == "/lightcurves/KIC 6922244/periodogram":
		starAnswer(w, powers())
	case path == "/catalogs/koi/versions":
		starAnswer(w, map[string]any{"table": "koi", "versions": []any{map[string]any{"id": "koi_2", "number": 2, "retrieved_at": "2026-11-24T13:00:52Z", "rows": 9564}, map[string]any{"id": "koi_1", "number": 1, "retrieved_at": "2026-10-24T13:00:52Z", "rows": 9560}}})
	case strings.HasPrefix(path, "/catalogs/koi/rows/"):
		if q.Get("version") == "koi_1" {
			row["koi_prad"] = 14.59
		}
		starAnswer(w, map[string]any{"table": "koi", "row": row, "columns": []any{map[string]any{"name": "koi_period", "unit": "days"}, map[string]any{"name": "koi_prad", "unit": "Earth radii"}, map[string]any{"name": "koi_disposition"}}})
	case path == "/data/validate/reports":
		starAnswer(w, map[string]any{"reports": []any{}})
	case path == "/jobs":
		starAnswer(w, map[string]any{"jobs": []any{}})
	case path == "/openapi.json":
		starAnswer(w, map[string]any{"components": map[string]any{"schemas": map[string]any{"PreprocessBody": map[string]any{"properties": map[string]any{"processing_params": map[string]any{"properties": parameters}}}}}})
	case path == "/data/version/list":
		starAnswer(w, map[string]any{"versions": []any{}})
	case path == "/health":
		starAnswer(w, map[string]any{"status": "ok"})
	case path == "/data/storage/stats":
		starAnswer(w, map[string]any{"disk": map[string]any{"total": 100, "free": 50, "used_percent": 50}})
	case strings.HasPrefix(path, "/files/"):
		w.Header().Set("Content-Length", "2042880")
	default:
		problem(w, http.StatusNotFound, "there is no "+r.URL.Path)
	}
}

func starAnswer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the browser may be gone
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	starAnswer(w, map[string]any{"title": http.StatusText(status), "status": status, "detail": detail, "code": "Internal", "request_id": "cafe01"})
}

// TestFakeStar holds the made curve to what the tests say of it.
func TestFakeStar(t *testing.T) {
	s := newFakeStar(65000)
	if n := len(s.bin(false, false, 1, 0, math.Inf(1))); n != 65000*17 {
		t.Errorf("the answer has %d bytes, want %d", n, 65000*17)
	}
}
