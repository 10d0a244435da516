package preprocess_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"exoplanetai/internal/preprocess"
)

// sampled is a trend of which only some values are stored, with two sums over
// all of them.
type sampled struct {
	Index []int  `json:"index"`
	Trend floats `json:"trend"`
	Sum   *float64
	SumSq *float64 `json:"sumsq"`
}

// check compares a trend with the stored values and sums.
func (s sampled) check(t *testing.T, name string, got []float64, tol float64) {
	t.Helper()
	worst := 0.0
	for i, at := range s.Index {
		worst = math.Max(worst, math.Abs(got[at]-s.Trend[i]))
	}
	if !(worst <= tol) {
		t.Errorf("%s: off by %.3g, tolerance %.3g", name, worst, tol)
	}
	if s.Sum == nil {
		return
	}
	var sum, sumsq, largest float64
	for _, v := range got {
		sum, sumsq, largest = sum+v, sumsq+v*v, math.Max(largest, math.Abs(v))
	}
	n := float64(len(got))
	if !near(sum, *s.Sum, tol*n) || !near(sumsq, *s.SumSq, 2*largest*tol*n) {
		t.Errorf("%s: sums %.17g %.17g, want %.17g %.17g", name, sum, sumsq, *s.Sum, *s.SumSq)
	}
}

func TestSavgolAgreesWithTheVectors(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input             string
			Window, Polyorder int
			sampled
		}
	}
	vectors(t, "savgol.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		_, x, _ := in[c.Input].valid()
		got, err := preprocess.Savgol(x, c.Window, c.Polyorder)
		if err != nil {
			t.Fatal(err)
		}
		c.check(t, fmt.Sprintf("%s W=%d p=%d", c.Input, c.Window, c.Polyorder), got, 1e-11*maxAbs(x))
	}
}

func TestSavgolCoefficientsAgreeWithTheVectors(t *testing.T) {
	var doc struct {
		Coeffs []struct {
			Window, Polyorder int
			Coeffs            floats
		}
	}
	vectors(t, "savgol.json", &doc)
	for _, c := range doc.Coeffs {
		got, err := preprocess.SavgolCoefficients(c.Window, c.Polyorder)
		if err != nil || len(got) != len(c.Coeffs) {
			t.Fatalf("W=%d p=%d: %d coefficients, %v", c.Window, c.Polyorder, len(got), err)
		}
		for j := range got {
			if !near(got[j], c.Coeffs[j], 1e-13) {
				t.Errorf("W=%d p=%d: c[%d] = %.17g, want %.17g", c.Window, c.Polyorder, j, got[j], c.Coeffs[j])
			}
		}
	}
}

// maskOf returns n booleans, true at the indices.
func maskOf(n int, at []int) []bool {
	mask := make([]bool, n)
	for _, i := range at {
		mask[i] = true
	}
	return mask
}

func TestSavgolMaskedAgreesWithTheVectors(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input, Note              string
			First, Window, Polyorder int
			Rows, Mask               []int
			Trend                    floats
		}
	}
	vectors(t, "savgol_masked.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		tm, x, _ := in[c.Input].valid()
		tm, x = tm[:c.First], x[:c.First]
		if c.Rows != nil {
			tm, x = rowsAt(tm, c.Rows), rowsAt(x, c.Rows)
		}
		got, err := preprocess.SavgolMasked(context.Background(), tm, x, maskOf(len(x), c.Mask), c.Window, c.Polyorder, 0)
		if err != nil {
			t.Fatal(err)
		}
		wholeTrend(c.Trend).check(t, fmt.Sprintf("%s W=%d p=%d %s", c.Input, c.Window, c.Polyorder, c.Note), got, 1e-10*maxAbs(x))
	}
}

// wholeTrend takes a trend of which every value is stored.
func wholeTrend(trend floats) sampled {
	s := sampled{Trend: trend, Index: make([]int, len(trend))}
	for i := range s.Index {
		s.Index[i] = i
	}
	return s
}

func rowsAt(x []float64, rows []int) []float64 {
	y := make([]float64, len(rows))
	for i, r := range rows {
		y[i] = x[r]
	}
	return y
}

func TestSavgolIterativeAgreesWithTheVectors(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input  string
			Params struct {
				W, P, NIters   int
				Sigma          float64
				BreakTolerance float64 `json:"break_tolerance"`
			}
			sampled
		}
	}
	vectors(t, "flatten_iterative.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		var tm, x []float64
		for i, v := range in[c.Input].Time {
			if isFinite(v) {
				tm, x = append(tm, v), append(x, in[c.Input].Flux[i])
			}
		}
		p := c.Params
		got, err := preprocess.SavgolIterative(context.Background(), tm, x, nil, preprocess.IterativeOptions{
			Window: p.W, Order: p.P, BreakTolerance: p.BreakTolerance, Iterations: p.NIters, Sigma: p.Sigma})
		if err != nil {
			t.Fatal(err)
		}
		c.check(t, fmt.Sprintf("%s %+v", c.Input, p), got, 1e-10*maxAbs(x))
	}
}

func TestBiweightAgreesWithTheVectors(t *testing.T) {
	var doc struct {
		Location []struct {
			X           floats
			C, Location float64
		}
		Cases []struct {
			Input      string
			First      int
			WindowDays float64 `json:"window_days"`
			C          float64
			Mask       []int
			Trend      floats
		}
	}
	vectors(t, "biweight.json", &doc)
	for i, c := range doc.Location {
		if got := preprocess.BiweightLocation(c.X, c.C); !near(got, c.Location, 1e-10) {
			t.Errorf("location %d: %.17g, want %.17g", i, got, c.Location)
		}
	}
	in := inputs(t)
	for _, c := range doc.Cases {
		tm, x, _ := in[c.Input].valid()
		tm, x = tm[:c.First], x[:c.First]
		got, err := preprocess.Biweight(context.Background(), tm, x, maskOf(len(x), c.Mask), c.WindowDays, c.C)
		if err != nil {
			t.Fatal(err)
		}
		wholeTrend(c.Trend).check(t, fmt.Sprintf("%s %v d, %d masked", c.Input, c.WindowDays, len(c.Mask)), got, 1e-9)
	}
}
