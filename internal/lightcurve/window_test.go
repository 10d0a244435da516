package lightcurve_test

import (
	"math"
	"os"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/xtest"
)

func TestWindowsFollowEachOther(t *testing.T) {
	for m, slices := range map[exo.Mission][2]int{exo.TESS: {1, 83}, exo.K2: {0, 19}, exo.Kepler: {0, 17}} {
		end := math.Inf(-1)
		for s := slices[0]; s <= slices[1]; s++ {
			from, to, ok := lightcurve.Window(m, s)
			if !ok || from < end || to <= from || to-from > 120 {
				t.Errorf("%s %d: %g to %g after %g", m, s, from, to, end)
			}
			end = to
		}
	}
	for name, c := range map[string]struct {
		m        exo.Mission
		slice    int
		from, to float64
	}{
		"a mission that goes on":     {exo.TESS, -1, 1324.5, math.Inf(1)},
		"a sector that is to come":   {exo.TESS, 200, 3584.5, math.Inf(1)},
		"the first sector":           {exo.TESS, 1, 1324.5, 1352.5},
		"half of a campaign":         {exo.K2, 102, 2742.5, 2822.5},
		"a campaign that never was":  {exo.K2, 25, 1861, 3588.5},
		"Kepler without quarter":     {exo.Kepler, -1, 120, 1592},
		"a quarter that never was":   {exo.Kepler, 30, 120, 1592},
		"the mission as a whole, K2": {exo.K2, -1, 1861, 3588.5},
	} {
		from, to, ok := lightcurve.Window(c.m, c.slice)
		if !ok || from != c.from || to != c.to {
			t.Errorf("%s: got %g to %g, want %g to %g", name, from, to, c.from, c.to)
		}
	}
	if _, _, ok := lightcurve.Window("Spitzer", 1); ok {
		t.Error("a mission that is not known has a window")
	}
	if got := lightcurve.DayOf(time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC), exo.BJD); got != 2451545 {
		t.Error(got)
	}
}

// The first and last times of the real files lie in their windows, to the two
// days by which a date of a page may be off.
func TestRealTimesLieInTheirWindows(t *testing.T) {
	const grace = 2
	files := xtest.Glob(t, "data/real/lightcurves/*/*.fits")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := fits.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		info, err := lightcurve.Inspect(f)
		if err != nil {
			t.Fatal(err)
		}
		from, to, ok := lightcurve.Window(info.Mission, info.SectorQuarter)
		if !ok || info.First < from-grace || info.Last > to+grace {
			t.Errorf("%s: %g to %g, not in %g to %g", name, info.First, info.Last, from, to)
		}
	}
}
