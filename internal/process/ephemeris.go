package process

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/store"
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

// known returns the ephemerides of a star for a recipe. Where the newest result
// of the star was made with the same numbers, they keep the source that it
// names: a table that came since and says the same of this star is no reason to
// make every result again.
func (s *Service) known(ctx context.Context, t Target, scale exo.Scale) ([]preprocess.Ephemeris, error) {
	list, err := s.Ephemerides(ctx, t.ID, scale)
	if list = preprocess.Usable(list); err != nil || len(list) == 0 { // as the accounts have them
		return list, err
	}
	reports, err := s.opt.Store.List(ctx, store.Filter{Kind: store.Report, Target: t.ID, Mission: t.Mission})
	if err != nil {
		return nil, err
	}
	reports = slices.DeleteFunc(reports, func(m store.Meta) bool { return m.Scale != scale })
	if len(reports) == 0 {
		return list, nil
	}
	newest := slices.MaxFunc(reports, func(a, b store.Meta) int { return a.RetrievedAt.Compare(b.RetrievedAt) })
	text, err := s.bytes(ctx, newest.Path)
	var a account
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if ctx.Err() != nil {
		return nil, exo.E(op, exo.KindOf(ctx.Err()), t.ID, ctx.Err())
	}
	if err != nil { // damage is told where the result itself is asked for
		s.log.WarnContext(ctx, "a report cannot be read", "path", newest.Path, "error", err)
		return list, nil
	}
	if sameTransits(a.Known, list) {
		return a.Known, nil
	}
	return list, nil
}
