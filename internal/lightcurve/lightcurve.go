package lightcurve

import (
	"math"

	"exoplanetai/internal/exo"
)

// LightCurve is the brightness of one star over time, with every row of the
// file it came from. The slices have equal length.
type LightCurve struct {
	Target        exo.TargetID // star; zero where the file names none
	Name          string       // OBJECT of the header, or the target's customary form
	Mission       exo.Mission  //
	Author        string       // one of the Author constants
	SectorQuarter int          // sector, quarter or campaign; -1 unknown
	CadenceS      float64      // seconds between rows, from TIMEDEL where given
	Scale         exo.Scale    // of Time: BKJD or BTJD

	Time    []float64 // days, mid-cadence, on Scale; NaN in a gap
	Flux    []float64 // in FluxUnit; NaN where missing
	FluxErr []float64 // one sigma, in FluxUnit; NaN where missing or not given
	Quality []int32   // raw bits, explained by Flags
	Cadence []int32   // cadence number; 0 where the product has none

	Ext        string    // name of the HDU that the columns were read from
	FluxColumn string    // name of the column that Flux was read from
	FluxUnit   string    // "e-/s"; "1" for flux divided by its median
	Flags      FlagTable // the table that explains Quality

	RA, Dec float64 // degrees, ICRS, of HDU 0; NaN unknown
	Mag     float64 // TESS or Kepler magnitude; NaN unknown

	DataRelease int     // DATA_REL; -1 unknown
	ProcVer     string  // pipeline version
	CrowdSAP    float64 // target's share of the flux in the aperture; NaN unknown
	FlFrcSAP    float64 // share of the target's flux inside the aperture; NaN unknown
}

// Len returns the number of rows.
func (lc *LightCurve) Len() int { return len(lc.Time) }

// Finite returns the rows whose time and flux are finite, as a mask.
func (lc *LightCurve) Finite() []bool {
	mask := make([]bool, lc.Len())
	for i := range mask {
		mask[i] = finite(lc.Time[i]) && finite(lc.Flux[i])
	}
	return mask
}

// Select returns a copy with the rows for which keep is true. The mask must be
// as long as the light curve.
func (lc *LightCurve) Select(keep []bool) (*LightCurve, error) {
	if len(keep) != lc.Len() {
		return nil, exo.Errorf("lightcurve.Select", exo.Invalid, lc.Name, "the mask has %d rows, the light curve %d", len(keep), lc.Len())
	}
	n := 0
	for _, k := range keep {
		if k {
			n++
		}
	}
	out := *lc
	out.Time, out.Flux, out.FluxErr = pick(lc.Time, keep, n), pick(lc.Flux, keep, n), pick(lc.FluxErr, keep, n)
	out.Quality, out.Cadence = pick(lc.Quality, keep, n), pick(lc.Cadence, keep, n)
	return &out, nil
}

func pick[T any](from []T, keep []bool, n int) []T {
	out := make([]T, 0, n)
	for i, k := range keep {
		if k {
			out = append(out, from[i])
		}
	}
	return out
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
