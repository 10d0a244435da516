package lightcurve

import (
	"math"

	"exoplanetai/internal/exo"
)

// Concat joins light curves in the order given, for instance the sectors of a
// star. All must be of one star, time scale, flux unit and flag table, so that
// no number changes its meaning; anything else is Invalid. The result keeps the
// description of the first; its sector is -1 and its cadence NaN where the
// parts differ.
func Concat(parts ...*LightCurve) (*LightCurve, error) {
	const op = "lightcurve.Concat"
	if len(parts) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "there is no light curve to join")
	}
	out := *parts[0]
	n := 0
	for _, p := range parts {
		if err := joinable(op, parts[0], p); err != nil {
			return nil, err
		}
		n += p.Len()
		if p.SectorQuarter != out.SectorQuarter {
			out.SectorQuarter = -1
		}
		if p.CadenceS != out.CadenceS {
			out.CadenceS = math.NaN()
		}
		if p.Author != out.Author {
			out.Author = ""
		}
	}
	out.Time, out.Flux, out.FluxErr = make([]float64, 0, n), make([]float64, 0, n), make([]float64, 0, n)
	out.Quality, out.Cadence = make([]int32, 0, n), make([]int32, 0, n)
	for _, p := range parts {
		out.Time, out.Flux, out.FluxErr = append(out.Time, p.Time...), append(out.Flux, p.Flux...), append(out.FluxErr, p.FluxErr...)
		out.Quality, out.Cadence = append(out.Quality, p.Quality...), append(out.Cadence, p.Cadence...)
	}
	return &out, nil
}

func joinable(op string, a, b *LightCurve) error {
	refuse := func(what string, x, y any) error {
		return exo.Errorf(op, exo.Invalid, a.Name, "light curves of different %s cannot be joined: %v and %v", what, x, y)
	}
	switch {
	case a.Target != b.Target:
		return refuse("stars", a.Target, b.Target)
	case a.Scale != b.Scale:
		return refuse("time scales", a.Scale, b.Scale)
	case a.FluxUnit != b.FluxUnit:
		return refuse("flux units", a.FluxUnit, b.FluxUnit)
	case a.Flags != b.Flags:
		return refuse("quality flags", a.Flags, b.Flags)
	}
	return nil
}
