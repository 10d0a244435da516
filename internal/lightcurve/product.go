package lightcurve

import "exoplanetai/internal/exo"

// Product is what a light-curve file's name says of it.
type Product struct {
	Mission       exo.Mission
	Author        string       // "SPOC", "Kepler", "K2", "TESS-SPOC", "QLP", "TGLC", "K2SFF", "EVEREST", "K2SC", "TESS-DATA-ALERTS"
	ID            exo.TargetID // zero where the name has another identifier (TGLC: Gaia)
	SectorQuarter int          // sector, quarter or campaign; -1 unknown
	CadenceS      int          // nominal cadence in seconds, 0 unknown from the name
}
