package process

import (
	"context"

	"exoplanetai/internal/tables"
)

// resolve finds the star that a name means: the number that it is, else the
// newest tables, else whoever the options name.
func (s *Service) resolve(ctx context.Context, query, mission string) (Target, error) {
	id, name, err := s.opt.Tables.Resolve(ctx, query, mission, tables.Ask(s.opt.Resolve))
	if err != nil {
		return Target{}, err
	}
	return Target{Query: name.Query, Mission: id.Catalog.Mission(), ID: id, Name: name.Canonical}, nil
}
