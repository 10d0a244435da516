package process

import (
	"context"
	"fmt"
	"math"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/tables"
)

// Ephemerides returns what the newest tables know of the transits of a star, on
// the time scale given; never nil. A star that no table knows has none.
func (s *Service) Ephemerides(ctx context.Context, id exo.TargetID, scale exo.Scale) ([]preprocess.Ephemeris, error) {
	list := []preprocess.Ephemeris{}
	if id.IsZero() {
		return list, nil
	}
	known, err := s.opt.Tables.Ephemerides(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		list = append(list, ephemeris(k, scale))
	}
	return list, nil
}

// ephemeris takes a catalog's numbers to days on the light curve's scale.
func ephemeris(k tables.Known, scale exo.Scale) preprocess.Ephemeris {
	return preprocess.Ephemeris{
		Period: k.PeriodDays, T0: rescale(k.Epoch, k.Scale, scale), Duration: k.DurationH / 24,
		PeriodErr: k.PeriodErr, T0Err: k.EpochErr, DurationErr: k.DurationErr / 24, DepthPPM: k.DepthPPM,
		Object: k.Object,
		Source: fmt.Sprintf("%s %s sha256:%s", k.Table.Table, k.Table.RetrievedAt.UTC().Format(time.RFC3339), k.Table.SHA256.Hex()[:12]),
	}
}

// rescale moves the zero point. A full BJD is known to half a nanoday, so the
// difference is rounded to whole ones: the decimals of the table stay what they
// were.
func rescale(t float64, from, to exo.Scale) float64 {
	if from == to {
		return t
	}
	const steps = 1e9
	return math.Round((t-(to.Zero()-from.Zero()))*steps) / steps
}
