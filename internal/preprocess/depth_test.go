package preprocess_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"exoplanetai/internal/preprocess"
)

// TestDepthRatioIsThatOfTheTable compares with the noiseless measurements of
// docs/preprocessing.md, cadence 2 minutes. Those are of transits that return,
// measured from the level beside them, which a long window raises a little.
func TestDepthRatioIsThatOfTheTable(t *testing.T) {
	hours := []float64{0.5, 1, 1.5, 2, 3, 4, 6, 10}
	for window, row := range map[int][]float64{
		101:  {0.68, 0.40, 0.22, 0.16, 0.11, 0.08, 0.05, 0.03},
		401:  {0.92, 0.84, 0.76, 0.68, 0.53, 0.40, 0.22, 0.13},
		1441: {0.98, 0.96, 0.94, 0.92, 0.87, 0.83, 0.75, 0.58},
	} {
		for i, want := range row {
			if got := preprocess.DepthRatio(window, 2, 2.0/1440, hours[i]/24); !near(got, want, 0.015+float64(window)/1e5) {
				t.Errorf("window %d, %g h: %.4f, want %.2f", window, hours[i], got, want)
			}
		}
	}
}

// TestDepthRatioOfHigherOrders: a window of order+1 samples follows anything,
// and orders in pairs have the same smoothing coefficients.
func TestDepthRatioOfHigherOrders(t *testing.T) {
	for order := 1; order <= 9; order++ {
		if order%2 == 0 {
			if got := preprocess.DepthRatio(order+1, order, 1, 1); !near(got, 0, 1e-12) {
				t.Errorf("order %d through its own number of points leaves %g", order, got)
			}
		} else if a, b := preprocess.DepthRatio(101, order-1, 1, 7), preprocess.DepthRatio(101, order, 1, 7); !near(a, b, 1e-12) {
			t.Errorf("orders %d and %d: %g and %g", order-1, order, a, b)
		}
	}
	for _, odd := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if v := preprocess.DepthRatio(101, 2, 0.02, odd); math.IsNaN(v) || v < -1e-9 || v > 1 {
			t.Errorf("duration %g gives %g", odd, v)
		}
	}
}

func TestValuesKeepTheirOrderInJSON(t *testing.T) {
	v := preprocess.Values{{Name: "upper", Value: math.Inf(1)}, {Name: "lower", Value: math.Inf(-1)}, {Name: "mean", Value: math.NaN()}, {Name: "n", Value: 1e-9}}
	b, err := json.Marshal(v)
	if want := `{"upper":"inf","lower":"-inf","mean":null,"n":1e-9}`; err != nil || string(b) != want {
		t.Fatalf("%s, %v", b, err)
	}
	var back preprocess.Values
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for i := range v {
		if back[i].Name != v[i].Name || !near(back[i].Value, v[i].Value, 0) {
			t.Errorf("%+v became %+v", v[i], back[i])
		}
	}
	if err := json.Unmarshal([]byte(`{"a":"b"}`), &back); err == nil {
		t.Error("a word is a value")
	}
}

func TestEveryWarningHasWordsAndSaysWhatToDo(t *testing.T) {
	for _, code := range []preprocess.WarningCode{preprocess.WarnQuality, preprocess.WarnFewPoints, preprocess.WarnStale, preprocess.WarnMaskCover,
		preprocess.WarnWavelet, preprocess.WarnDenoised, preprocess.WarnDegenerate, preprocess.WarnZeroCentred, preprocess.WarnDefaultDepth,
		preprocess.WarnClipped, preprocess.WarnTrend} {
		text := preprocess.Warning{Code: code, Value: 0.25, Other: 2}.Text()
		if text == string(code) || len(text) < 40 || strings.Contains(text, "%!") {
			t.Errorf("%s: %q", code, text)
		}
	}
	w := preprocess.Warning{Code: preprocess.WarnDefaultDepth, Object: "TOI 102.01", Value: 0.091, Other: 3.65}
	if want := "TOI 102.01: transits of 3.6 h keep about 9 % of their depth after this baseline; use profile transit, which keeps them"; w.Text() != want {
		t.Errorf("%q", w.Text())
	}
}
