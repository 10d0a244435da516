package tables

import (
	"context"
	"math"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// others are the tables that may know the stars of a table, the most precise
// positions first: stars go by number, and each catalog has numbers of its own.
var others = map[catalog.Type][]catalog.Type{
	catalog.KOI:  {catalog.Gaia},
	catalog.TOI:  {catalog.Gaia, catalog.K2},
	catalog.K2:   {catalog.Gaia, catalog.TOI},
	catalog.Gaia: {catalog.KOI, catalog.TOI, catalog.K2},
}

// Elsewhere returns what the other current tables know of the stars of a table;
// nil if none of them is held. A star without a position is not known.
func (t *Tables) Elsewhere(ctx context.Context, typ catalog.Type) (func(exo.TargetID) (catalog.Star, bool), error) {
	var list []*catalog.Table
	for _, other := range others[typ] {
		table, _, err := t.Newest(ctx, other)
		if err != nil {
			return nil, err
		}
		if table != nil {
			list = append(list, table)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return func(id exo.TargetID) (catalog.Star, bool) {
		name := exo.Name{Canonical: id.String(), Form: exo.FormID, ID: id}
		for _, table := range list {
			for _, star := range table.Find(name) {
				if !math.IsNaN(star.RA) && !math.IsNaN(star.Dec) {
					return star, true
				}
			}
		}
		return catalog.Star{}, false
	}, nil
}
