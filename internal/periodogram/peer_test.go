package periodogram_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

// trial is a series without NaN, and a search in it.
type trial struct {
	name    string
	series  periodogram.Series
	periods []float64
	params  periodogram.Params
}

// judgement is what astropy says of a trial.
type judgement struct {
	periodogram.Result
	shortest, middle float64 // seconds
}

// astropy gives what its BoxLeastSquares makes of each trial.
func astropy(t testing.TB, repeats int, trials ...trial) []judgement {
	t.Helper()
	dir := t.TempDir()
	var jobs []map[string]any
	for i, tr := range trials {
		p := tr.params.WithDefaults()
		at := func(what string) string { return filepath.Join(dir, fmt.Sprint(what, i)) }
		writeFloats(t, at("curve"), tr.series.Time, tr.series.Flux, tr.series.FluxErr)
		writeFloats(t, at("periods"), tr.periods)
		jobs = append(jobs, map[string]any{"curve": at("curve"), "periods": at("periods"), "out": at("out"), "errors": tr.series.FluxErr != nil,
			"durations": p.Durations, "objective": p.Objective, "oversample": p.Oversample, "repeats": repeats})
	}
	text, err := json.Marshal(jobs)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "jobs"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	said := strings.NewReader(xtest.Python(t, script(t, "peer_power.py"), filepath.Join(dir, "jobs")))
	list := make([]judgement, len(trials))
	for i, tr := range trials {
		if _, err := fmt.Fscan(said, &list[i].shortest, &list[i].middle); err != nil {
			t.Fatal(err)
		}
		n := len(tr.periods)
		c := readFloats(t, filepath.Join(dir, fmt.Sprint("out", i)), 7*n)
		list[i].Result = periodogram.Result{
			Period: tr.periods, Power: c[:n], Depth: c[n : 2*n], DepthErr: c[2*n : 3*n], Duration: c[3*n : 4*n],
			TransitTime: c[4*n : 5*n], DepthSNR: c[5*n : 6*n], LogLikelihood: c[6*n:],
		}
	}
	return list
}

func script(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFloats(t testing.TB, path string, columns ...[]float64) {
	t.Helper()
	var b []byte
	for _, c := range columns {
		for _, v := range c {
			b = binary.NativeEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFloats(t testing.TB, path string, n int) []float64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil || len(b) != 8*n {
		t.Fatalf("%d bytes, want %d: %v", len(b), 8*n, err)
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Float64frombits(binary.NativeEndian.Uint64(b[8*i:]))
	}
	return v
}

// run searches in one go.
func run(t testing.TB, s periodogram.Series, periods []float64, p periodogram.Params) *periodogram.Result {
	t.Helper()
	c, err := periodogram.NewCurve(s)
	if err != nil {
		t.Fatal(err)
	}
	search, err := periodogram.NewSearch(c, periods, p)
	if err != nil {
		t.Fatal(err)
	}
	r := search.NewResult()
	if err := search.Run(t.Context(), new(periodogram.Scratch), 0, search.Len(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// grid is the grid of a series.
func grid(t testing.TB, s periodogram.Series, p periodogram.Params) []float64 {
	t.Helper()
	c, err := periodogram.NewCurve(s)
	if err != nil {
		t.Fatal(err)
	}
	periods, err := c.Grid(p)
	if err != nil {
		t.Fatal(err)
	}
	return periods
}

func apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / max(math.Abs(a), math.Abs(b))
}

// compare holds two results to be equal: the power to 1e-9; the box, wherever
// the two have chosen the same one. It returns the greatest difference of power
// and how many boxes differ: those whose power is equal but for rounding.
func compare(t *testing.T, got, want periodogram.Result) (worst float64, others int) {
	t.Helper()
	const bound = 1e-9
	for i := range want.Power {
		d := apart(got.Power[i], want.Power[i])
		if worst = max(worst, d); !(d <= bound) {
			t.Fatalf("period %d, %v d: power %v, astropy %v, apart %.2g", i, want.Period[i], got.Power[i], want.Power[i], d)
		}
		if apart(got.Duration[i], want.Duration[i]) > 1e-12 || math.Abs(got.TransitTime[i]-want.TransitTime[i]) > 1e-9 {
			others++
			continue
		}
		for _, v := range [][2]float64{{got.Depth[i], want.Depth[i]}, {got.DepthErr[i], want.DepthErr[i]}, {got.DepthSNR[i], want.DepthSNR[i]}, {got.LogLikelihood[i], want.LogLikelihood[i]}} {
			if !(apart(v[0], v[1]) <= bound) {
				t.Fatalf("period %v d: %v, astropy %v", want.Period[i], v[0], v[1])
			}
		}
	}
	best, theirs := top(got.Power), top(want.Power)
	if best != theirs || got.Duration[best] != want.Duration[best] || apart(got.Depth[best], want.Depth[best]) > bound {
		t.Errorf("best %v, astropy %v", got.Box(best), want.Box(theirs))
	}
	return worst, others
}

func top(x []float64) int {
	at := 0
	for i, v := range x {
		if v > x[at] {
			at = i
		}
	}
	return at
}

// real reads a real light curve, processed by the transit profile, without NaN.
func real(t testing.TB, name string) periodogram.Series {
	t.Helper()
	data, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return processed(t, data)
}

func processed(t testing.TB, data []byte) (s periodogram.Series) {
	t.Helper()
	file, err := fits.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	lc, err := lightcurve.FromFITS(file, lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := preprocess.NewRecipe(preprocess.ProfileTransit, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var p preprocess.Processor
	var out preprocess.Result
	if err := p.Run(t.Context(), preprocess.SeriesOf(lc), recipe, &out); err != nil {
		t.Fatal(err)
	}
	errors := slices.ContainsFunc(out.FluxErr, func(e float64) bool { return e > 0 })
	for i, y := range out.Flux {
		if e := out.FluxErr[i]; !math.IsNaN(y) && (!errors || e > 0) {
			s.Time, s.Flux = append(s.Time, lc.Time[i]), append(s.Flux, y)
			if errors {
				s.FluxErr = append(s.FluxErr, e)
			}
		}
	}
	return s
}

// some chooses n of the periods, evenly; all if there are fewer.
func some(periods []float64, n int) []float64 {
	if len(periods) <= n {
		return periods
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = periods[i*(len(periods)-1)/(n-1)]
	}
	return list
}
