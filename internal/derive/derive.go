package derive

import (
	"context"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Table is one table that was made or was held already.
type Table struct {
	Table    catalog.Type `json:"table"` // koi, toi, k2, gaia, candidates
	Path     exo.Path     `json:"path"`
	Checksum exo.Digest   `json:"checksum"`
	Rows     int          `json:"rows"`
	Columns  int          `json:"columns"`
	From     []exo.Path   `json:"from"`   // tables it was made of
	Beside   []exo.Path   `json:"beside"` // description; of candidates also aliases and conflicts
	Made     bool         `json:"made"`   // false: it was held
}

// Result says what there is.
type Result struct {
	Tables []Table           `json:"tables"`
	Merge  *candidate.Counts `json:"merge,omitempty"` // of the candidates, when they were made now
}

// Service makes derived tables. Its methods may be called from many goroutines.
type Service struct{}

// Update makes what is missing or older than its sources: the v1 form of each
// current table, then the candidates. Without any table held it makes nothing.
func (s *Service) Update(ctx context.Context) (Result, error) {
	return Result{}, exo.Errorf("derive.Update", exo.Internal, nil, "not built")
}
