package store

import (
	"context"

	"exoplanetai/internal/exo"
)

// Forget removes files from the store for good.
func (s *Store) Forget(ctx context.Context, list []exo.Path) error {
	return exo.Errorf("store.Forget", exo.Internal, nil, "not built")
}
