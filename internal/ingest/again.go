package ingest

import (
	"context"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Again fetches the bytes of a stored file once more from where they came.
func (s *Service) Again(ctx context.Context, m store.Meta, to *store.Staged) error {
	return exo.Errorf("ingest.Again", exo.Internal, m.Path, "not built")
}
