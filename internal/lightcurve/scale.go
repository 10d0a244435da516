package lightcurve

import (
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// scaleOf finds the zero point of the times: BJDREFI and BJDREFF, else what
// the unit of the time column subtracts, "BJD - 2457000, days", else the
// mission's own.
func scaleOf(h *fits.HDU, t *fits.Table, lay layout) (exo.Scale, error) {
	ref, frac := 0.0, 0.0
	switch c, _ := h.Header.Get("BJDREFI"); {
	case c.Kind() > fits.Undefined:
		var ok bool
		if ref, ok = c.Float(); !ok {
			return "", exo.Errorf("lightcurve.FromFITS", exo.Invalid, h.Name(), "HDU %d (%s) has a BJDREFI that is no number", h.Index, h.Name())
		}
		frac, _ = h.Header.Float("BJDREFF")
	default:
		i, ok := t.Find(lay.time)
		if ok {
			ref, ok = unitZero(t.Columns[i].Unit)
		}
		if !ok {
			return missionScale(lay.mission), nil
		}
	}
	for _, s := range []exo.Scale{exo.BKJD, exo.BTJD} {
		if ref+frac == s.Zero() {
			return s, nil
		}
	}
	return "", exo.Errorf("lightcurve.FromFITS", exo.Invalid, h.Name(), "HDU %d (%s) counts its times from BJD %.15g%+g, which is neither 2454833 nor 2457000", h.Index, h.Name(), ref, frac)
}

func missionScale(m exo.Mission) exo.Scale {
	if m == exo.TESS {
		return exo.BTJD
	}
	return exo.BKJD
}

// unitZero reads the zero point in a unit such as "BJD - 2454833".
func unitZero(unit string) (float64, bool) {
	_, rest, ok := strings.Cut(unit, "BJD - ")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(strings.TrimSpace(rest), ",")
	number, _, _ = strings.Cut(number, " ")
	zero, err := strconv.ParseFloat(number, 64)
	return zero, err == nil
}
