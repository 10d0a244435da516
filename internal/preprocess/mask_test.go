package preprocess_test

import (
	"math"
	"slices"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestTransitMaskAgreesWithTheReference(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input                             string
			First                             int
			Period, T0, Duration, Factor, Pad float64
			Masked                            []int
		}
	}
	vectors(t, "transit_mask.json", &doc)
	in := inputs(t)
	for i, c := range doc.Cases {
		time := in[c.Input].Time[:c.First]
		e := preprocess.Ephemeris{Period: c.Period, T0: c.T0, Duration: c.Duration}
		got := indices(preprocess.TransitMask(time, e, c.Factor, c.Pad))
		if !slices.Equal(got, c.Masked) {
			t.Errorf("case %d: %v, want %v", i, got, c.Masked)
		}
	}
}

func TestTransitMaskLeavesMissingTimesOut(t *testing.T) {
	e := preprocess.Ephemeris{Period: 2, T0: 10, Duration: 100}
	if got := preprocess.TransitMask([]float64{math.NaN(), 3, math.NaN()}, e, 1, 0); got[0] || !got[1] || got[2] {
		t.Errorf("%v", got)
	}
}

// indices lists where a mask is set.
func indices(mask []bool) []int {
	at := []int{}
	for i, v := range mask {
		if v {
			at = append(at, i)
		}
	}
	return at
}

func TestTheMaskIsWidenedForTheEphemerisDrift(t *testing.T) {
	e := preprocess.Ephemeris{Period: 2, T0: 100, Duration: 0.1, PeriodErr: 1e-5, T0Err: 3e-4}
	for name, c := range map[string]struct {
		e     preprocess.Ephemeris
		tMid  float64
		pad   float64
		stale bool
	}{
		"at the mid-time only its own error counts": {e, 100.4, 3 * 3e-4, false},
		"the period's error grows with the epochs":  {e, 100 + 2*400, 3 * math.Hypot(3e-4, 400e-5), false},
		"and as fast before the mid-time":           {e, 100 - 2*400, 3 * math.Hypot(3e-4, 400e-5), false},
		"up to a quarter of the duration":           {e, 100 + 2*1000, 0.025, false},
		"beyond half of it the ephemeris is stale":  {e, 100 + 2*2000, 0.025, true},
		"no errors, no widening":                    {preprocess.Ephemeris{Period: 2, T0: 100, Duration: 0.1}, 9000, 0, false},
		"a single transit does not drift":           {preprocess.Ephemeris{T0: 100, Duration: 0.1, T0Err: 0.001, PeriodErr: 9}, 9000, 0.003, false},
		"a missing error counts as none":            {preprocess.Ephemeris{Period: 2, T0: 100, Duration: 0.1, T0Err: math.NaN(), PeriodErr: math.Inf(1)}, 900, 0, false},
	} {
		pad, stale := preprocess.EphemerisPad(c.e, c.tMid)
		if !near(pad, c.pad, 1e-15) || stale != c.stale {
			t.Errorf("%s: %v %v, want %v %v", name, pad, stale, c.pad, c.stale)
		}
	}
}
