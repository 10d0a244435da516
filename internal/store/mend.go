package store

import (
	"context"

	"exoplanetai/internal/exo"
)

// Mend mends sidecar, permissions and checksum lines of a file, never its data.
func (s *Store) Mend(ctx context.Context, p exo.Path) (mended bool, err error) {
	return false, exo.Errorf("store.Mend", exo.Internal, p, "not built")
}
