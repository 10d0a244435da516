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
