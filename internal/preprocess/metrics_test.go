package preprocess_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestMetricsAgreeWithTheVectors(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input     string
			Cadence   float64  `json:"median_cadence_days"`
			RMS       float64  `json:"rms"`
			MADStd    float64  `json:"mad_std"`
			P2PMAD    float64  `json:"p2p_mad"`
			P2PStd    float64  `json:"p2p_std"`
			Segments  int      `json:"segments"`
			N         int      `json:"n"`
			Retained  float64  `json:"retained"`
			DutyCycle float64  `json:"duty_cycle"`
			CDPP13    float64  `json:"cdpp_13_101_ppm"`
			CDPP      *float64 `json:"cdpp_6p5h_ppm"`
			Duration  int      `json:"cdpp_duration"`
			Window    int      `json:"cdpp_window"`
		}
	}
	vectors(t, "metrics.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		time, flux := in[c.Input].Time, in[c.Input].Flux
		valid, f, _ := in[c.Input].valid()
		m := preprocess.Measure(time, flux, segmentNumbers(time, flux), len(time))
		if *m.NIn != len(time) || *m.NKept != c.N || *m.Segments != c.Segments {
			t.Errorf("%s: %d of %d rows, %d segments; want %d, %d", c.Input, *m.NKept, *m.NIn, *m.Segments, c.N, c.Segments)
		}
		for name, v := range map[string]struct {
			got  *float64
			want *float64
			tol  float64
		}{
			"median_cadence_days": {m.MedianCadenceDays, &c.Cadence, 1e-10},
			"rms":                 {m.RMS, &c.RMS, 1e-10},
			"mad_std":             {m.MADStd, &c.MADStd, 1e-10},
			"p2p_mad":             {m.P2PMAD, &c.P2PMAD, 1e-10},
			"p2p_std":             {m.P2PStd, &c.P2PStd, 1e-10},
			"fraction_retained":   {m.FractionRetained, &c.Retained, 1e-10},
			"duty_cycle":          {m.DutyCycle, &c.DutyCycle, 1e-10},
			"cdpp_13_101_ppm":     {m.CDPP13x101PPM, &c.CDPP13, 1e-7},
			"cdpp_ppm":            {m.CDPPPPM, c.CDPP, 1e-7},
		} {
			switch {
			case v.got == nil || v.want == nil:
				if v.got != v.want {
					t.Errorf("%s: %s is %v, want %v", c.Input, name, v.got, v.want)
				}
			case !near(*v.got, *v.want, v.tol*math.Abs(*v.want)):
				t.Errorf("%s: %s is %v, want %v", c.Input, name, *v.got, *v.want)
			}
		}
		if c.CDPP != nil {
			got, ok := preprocess.CDPP(valid, f, c.Duration, c.Window)
			if !ok || !near(got, *c.CDPP, 1e-7**c.CDPP) {
				t.Errorf("%s: CDPP(%d, %d) is %v, %v; want %v", c.Input, c.Duration, c.Window, got, ok, *c.CDPP)
			}
		}
	}
}

// segmentNumbers numbers the segments of the rows with a number, -1 the others.
func segmentNumbers(time, flux []float64) []int32 {
	var at []int
	var valid []float64
	out := make([]int32, len(time))
	for i := range time {
		out[i] = -1
		if isFinite(time[i]) && isFinite(flux[i]) {
			at, valid = append(at, i), append(valid, time[i])
		}
	}
	for k, s := range preprocess.Segments(valid, 0.5, 5) {
		for _, i := range at[s[0]:s[1]] {
			out[i] = int32(k)
		}
	}
	return out
}

func TestWhatCannotBeMeasuredIsNil(t *testing.T) {
	nan := math.NaN()
	long := make([]float64, 3000)
	for i := range long {
		long[i] = float64(i) / 720
	}
	for name, c := range map[string]struct {
		time, flux []float64
		nIn        int
		want       []string // metrics that there are
	}{
		"no row":           {nil, nil, 0, []string{"NIn", "NKept"}},
		"no flux":          {[]float64{1, 2}, []float64{nan, math.Inf(1)}, 2, []string{"NIn", "NKept", "FractionRetained"}},
		"no time":          {[]float64{nan, nan}, []float64{1, 2}, 2, []string{"NIn", "NKept", "FractionRetained"}},
		"one row":          {[]float64{1}, []float64{5}, 1, []string{"NIn", "NKept", "FractionRetained"}},
		"rows of one time": {[]float64{1, 1, 1}, []float64{5, 6, 7}, 3, []string{"NIn", "NKept", "FractionRetained", "RMS", "MADStd", "P2PMAD", "P2PStd"}},
		"two rows":         {[]float64{1, 2}, []float64{5, 6}, 2, []string{"NIn", "NKept", "FractionRetained", "MedianCadenceDays", "DutyCycle", "RMS", "MADStd"}},
		"flux about zero":  {long, make([]float64, len(long)), 3000, []string{"NIn", "NKept", "FractionRetained", "MedianCadenceDays", "DutyCycle", "RMS", "MADStd", "P2PMAD", "P2PStd"}},
	} {
		m := reflect.ValueOf(preprocess.Measure(c.time, c.flux, nil, c.nIn))
		want := map[string]bool{}
		for _, f := range c.want {
			want[f] = true
		}
		for i := range m.NumField() {
			f := m.Type().Field(i).Name
			if m.Field(i).IsNil() == want[f] {
				t.Errorf("%s: %s is %v, want it: %v", name, f, m.Field(i), want[f])
			}
		}
	}
}

func TestMetricsOfHugeNumbersAreFiniteOrNil(t *testing.T) {
	big := math.MaxFloat64
	for _, flux := range [][]float64{{big, -big, big}, {big, big, big, big}, {0, big, 1, -big, 5, big}, {1e-320, 0, 1e-320}} {
		time := []float64{-big, 0, 1, 2, 3, big}[:len(flux)]
		m := reflect.ValueOf(preprocess.Measure(time, flux, nil, len(flux)))
		for i := range m.NumField() {
			if v, ok := m.Field(i).Interface().(*float64); ok && v != nil && !isFinite(*v) {
				t.Errorf("%v: %s is %v", flux, m.Type().Field(i).Name, *v)
			}
		}
	}
}

func TestMetricsDoNotCareForTheOrderOfRows(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	n := 4000
	time, flux, segment := make([]float64, n), make([]float64, n), make([]int32, n)
	for i := range n {
		time[i], flux[i], segment[i] = float64(i)/48+float64(i/1000), 1+1e-4*r.NormFloat64(), int32(i/1000)
	}
	want := preprocess.Measure(time, flux, segment, n)
	r.Shuffle(n, func(i, j int) {
		time[i], time[j] = time[j], time[i]
		flux[i], flux[j] = flux[j], flux[i]
		segment[i], segment[j] = segment[j], segment[i]
	})
	if got := preprocess.Measure(time, flux, segment, n); !reflect.DeepEqual(got, want) {
		t.Errorf("shuffled rows give %+v, want %+v", got, want)
	}
	if *want.Segments != 4 || want.CDPPPPM == nil {
		t.Errorf("%d segments, CDPP %v", *want.Segments, want.CDPPPPM)
	}
}

func TestCDPPOfWhiteNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	n := 20000
	time, flux := make([]float64, n), make([]float64, n)
	for i := range n {
		time[i], flux[i] = float64(i)/48, 7*(1+100e-6*r.NormFloat64())
	}
	got, ok := preprocess.CDPP(time, flux, 13, 1001)
	if want := 100 / math.Sqrt(13); !ok || math.Abs(got/want-1) > 0.05 {
		t.Errorf("%v ppm, want about %v", got, want)
	}
	for name, c := range map[string]struct{ n, duration, window int }{
		"a window as long as the series": {101, 13, 101},
		"an even window":                 {n, 13, 100},
		"no window":                      {n, 13, 0},
		"no duration":                    {n, 0, 101},
		"a duration beyond the series":   {200, 5000, 101},
	} {
		if got, ok := preprocess.CDPP(time[:c.n], flux[:c.n], c.duration, c.window); ok {
			t.Errorf("%s: %v ppm", name, got)
		}
	}
}
