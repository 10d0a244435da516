package preprocess_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"exoplanetai/internal/xtest"
)

// floats reads the vectors' numbers: null is NaN, "inf" and "-inf" are
// infinite. A single one is number.
type floats []float64

func (f *floats) UnmarshalJSON(b []byte) error {
	var list []number
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*f = make(floats, len(list))
	for i, v := range list {
		(*f)[i] = float64(v)
	}
	return nil
}

type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*n = number(math.NaN())
	case `"inf"`:
		*n = number(math.Inf(1))
	case `"-inf"`:
		*n = number(math.Inf(-1))
	default:
		return json.Unmarshal(b, (*float64)(n))
	}
	return nil
}

// input is an entry of inputs.json.
type input struct {
	Name      string  `json:"name"`
	Time      floats  `json:"time"`
	Flux      floats  `json:"flux"`
	FluxErr   floats  `json:"flux_err"`
	Quality   []int32 `json:"quality"`
	Ephemeris []struct {
		Period, T0, Duration float64
	} `json:"ephemeris"`
}

// valid returns time, flux and error of the rows whose time and flux are
// finite, in order: what the steps are given.
func (in input) valid() (t, f, e []float64) {
	for i := range in.Time {
		if isFinite(in.Time[i]) && isFinite(in.Flux[i]) {
			t, f, e = append(t, in.Time[i]), append(f, in.Flux[i]), append(e, in.FluxErr[i])
		}
	}
	return t, f, e
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// vectors reads a file of reference results into doc.
func vectors(t testing.TB, name string, doc any) {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "vectors/"+name))
	if err == nil {
		err = json.Unmarshal(b, doc)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// inputs reads inputs.json by name.
func inputs(t testing.TB) map[string]input {
	t.Helper()
	var doc struct{ Cases []input }
	vectors(t, "inputs.json", &doc)
	m := map[string]input{}
	for _, in := range doc.Cases {
		m[in.Name] = in
	}
	return m
}

func maxAbs(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		if !math.IsNaN(v) {
			m = math.Max(m, math.Abs(v))
		}
	}
	return m
}

// near reports whether got is within tol of want; NaN is near NaN, infinity
// near itself.
func near(got, want, tol float64) bool {
	return got == want || math.IsNaN(got) && math.IsNaN(want) || math.Abs(got-want) <= tol
}

// TestVectorsAreRead guards the reader itself.
func TestVectorsAreRead(t *testing.T) {
	in := inputs(t)
	if len(in) < 10 {
		t.Fatalf("%d inputs", len(in))
	}
	for name, v := range in {
		if len(v.Time) == 0 || len(v.Flux) != len(v.Time) || len(v.FluxErr) != len(v.Time) || len(v.Quality) != len(v.Time) {
			t.Errorf("%s: %d times, %d fluxes, %d errors, %d qualities", name, len(v.Time), len(v.Flux), len(v.FluxErr), len(v.Quality))
		}
	}
}
