package tables

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Ask is asked which star a name means when the tables do not know it;
// exo.NotFound if it does not know either.
type Ask func(ctx context.Context, name, mission string) (exo.TargetID, error)

// Resolve finds the star that a name means: the number that it is, else the
// current tables, else whoever is asked; nil asks nobody. A mission that is not
// empty leaves only the stars that have its numbers.
//
// Errors: exo.Invalid for what is no name or mission, and for a name that several
// stars answer to, with the member `candidates`; exo.NotFound.
func (t *Tables) Resolve(ctx context.Context, query, mission string, ask Ask) (exo.TargetID, exo.Name, error) {
	const op = "tables.Resolve"
	none := exo.TargetID{}
	name, err := exo.ParseName(query)
	if err != nil {
		return none, name, err
	}
	var m exo.Mission
	if mission != "" {
		if m, err = exo.ParseMission(mission); err != nil {
			return none, name, err
		}
	}
	if name.Form == exo.FormID {
		if m != "" && m.Catalog() != name.ID.Catalog {
			return none, name, exo.Errorf(op, exo.NotFound, nil, "no %s number is known for %s", m.Catalog(), name.Canonical).
				Try("%s stars have %s numbers: give the star's %s number, or leave the mission out", m, m.Catalog(), m.Catalog())
		}
		return name.ID, name, nil
	}
	if m == "" {
		m = name.Form.Mission()
	}
	stars, err := t.Find(ctx, name)
	if err != nil {
		return none, name, err
	}
	stars = slices.DeleteFunc(stars, func(c catalog.Star) bool { return m != "" && c.ID.Catalog != m.Catalog() })
	switch {
	case len(stars) == 1:
		return stars[0].ID, name, nil
	case len(stars) > 1:
		return none, name, ambiguous(name, stars)
	case ask != nil:
		id, err := ask(ctx, name.Query, string(m))
		if err == nil && !id.IsZero() || err != nil && !errors.Is(err, exo.NotFound) {
			return id, name, err
		}
	}
	return none, name, exo.Errorf(op, exo.NotFound, nil, "no star is known by the name %q", name.Query).
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
	return exo.Errorf("tables.Resolve", exo.Invalid, nil, "the name %q is ambiguous: %d stars answer to it", name.Query, n).
		Try("give one of these numbers: %s", strings.Join(ids, ", ")).With("candidates", list)
}
