package process

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// resolve finds the star that a name means: the number that it is, else the
// newest tables, else whoever the options name.
func (s *Service) resolve(ctx context.Context, query, mission string) (Target, error) {
	name, err := exo.ParseName(query)
	if err != nil {
		return Target{}, err
	}
	var m exo.Mission
	if mission != "" {
		if m, err = exo.ParseMission(mission); err != nil {
			return Target{}, err
		}
	}
	if name.Form == exo.FormID {
		if m != "" && m.Catalog() != name.ID.Catalog {
			return Target{}, exo.Errorf(op, exo.NotFound, nil, "no %s number is known for %s", m.Catalog(), name.Canonical).
				Try("%s stars have %s numbers: give the star's %s number, or leave the mission out", m, m.Catalog(), m.Catalog())
		}
		return Target{Query: name.Query, Mission: name.ID.Catalog.Mission(), ID: name.ID, Name: name.Canonical}, nil
	}
	if m == "" {
		m = name.Form.Mission()
	}
	stars, err := s.opt.Tables.Find(ctx, name)
	if err != nil {
		return Target{}, err
	}
	stars = slices.DeleteFunc(stars, func(c catalog.Star) bool { return m != "" && c.ID.Catalog != m.Catalog() })
	if len(stars) == 0 {
		return s.ask(ctx, name, m)
	}
	if len(stars) > 1 {
		return Target{}, ambiguous(name, stars)
	}
	id := stars[0].ID
	return Target{Query: name.Query, Mission: id.Catalog.Mission(), ID: id, Name: name.Canonical}, nil
}

// ask asks others for a name that the tables do not know.
func (s *Service) ask(ctx context.Context, name exo.Name, m exo.Mission) (Target, error) {
	if s.opt.Resolve != nil {
		id, err := s.opt.Resolve(ctx, name.Query, string(m))
		switch {
		case err == nil && !id.IsZero():
			return Target{Query: name.Query, Mission: id.Catalog.Mission(), ID: id, Name: name.Canonical}, nil
		case err != nil && !errors.Is(err, exo.NotFound):
			return Target{}, err
		}
	}
	return Target{}, exo.Errorf(op, exo.NotFound, nil, "no star is known by the name %q", name.Query).
		Try("check the spelling, ingest the catalog that lists it (koi, toi, k2), or give the catalog number, such as TIC 441420236")
}

// candidate is one of several stars that a name may mean.
type candidate struct {
	ID  exo.TargetID `json:"id"`
	RA  float64      `json:"ra"`  // degrees; 0 unknown
	Dec float64      `json:"dec"` // degrees; 0 unknown
	Mag float64      `json:"mag,omitempty"`
}

// ambiguous is the error for a name that several stars answer to.
func ambiguous(name exo.Name, stars []catalog.Star) error {
	const most = 20
	n := len(stars)
	if n > most {
		stars = stars[:most]
	}
	known := func(x float64) float64 {
		if math.IsNaN(x) {
			return 0
		}
		return x
	}
	ids, list := make([]string, len(stars)), make([]candidate, len(stars))
	for i, c := range stars {
		ids[i], list[i] = c.ID.String(), candidate{c.ID, known(c.RA), known(c.Dec), known(c.Mag)}
	}
	return exo.Errorf(op, exo.Invalid, nil, "the name %q is ambiguous: %d stars answer to it", name.Query, n).
		Try("give one of these numbers: %s", strings.Join(ids, ", ")).With("candidates", list)
}
