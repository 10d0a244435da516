package preprocess_test

import (
	"encoding/json"
	"testing"

	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

func TestQualityAgreesWithTheReference(t *testing.T) {
	var doc struct {
		Cases []struct {
			Mission string
			Preset  json.RawMessage
			Bitmask int32
			Quality []int32
			Keep    []int
		}
	}
	vectors(t, "quality.json", &doc)
	for _, c := range doc.Cases {
		mask := c.Bitmask
		var preset lightcurve.Preset
		if json.Unmarshal(c.Preset, &preset) == nil {
			var err error
			if mask, err = lightcurve.Mask(lightcurve.FlagTable(c.Mission), preset); err != nil || mask != c.Bitmask {
				t.Errorf("%s %s: mask %d, %v; want %d", c.Mission, preset, mask, err, c.Bitmask)
			}
		}
		flag := make([]int32, len(c.Quality))
		for i := range flag {
			flag[i] = preprocess.FlagTransit // stays
		}
		n := preprocess.FlagQualityRows(c.Quality, mask, flag)
		for i, keep := range c.Keep {
			want := preprocess.FlagTransit
			if keep == 0 {
				want |= preprocess.FlagQuality
				n--
			}
			if flag[i] != want {
				t.Errorf("%s %s: quality %d has flag %d, want %d", c.Mission, c.Preset, c.Quality[i], flag[i], want)
			}
		}
		if n != 0 {
			t.Errorf("%s %s: count is off by %d", c.Mission, c.Preset, n)
		}
	}
}

func TestNoQualityColumnRejectsNothing(t *testing.T) {
	flag := make([]int32, 3)
	if n := preprocess.FlagQualityRows(nil, -1, flag); n != 0 || flag[0]|flag[1]|flag[2] != 0 {
		t.Errorf("%d rows, flags %v", n, flag)
	}
}
