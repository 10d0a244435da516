// Package tables gives the newest catalog tables that the store holds, parsed
// once and kept until another takes their place.
package tables

import (
	"context"
	"sync"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Tables reads the current tables of a store. Its methods may be called from
// many goroutines.
type Tables struct {
	store *store.Store

	mu     sync.Mutex
	parsed map[catalog.Type]parsed // guarded by mu
}

type parsed struct {
	digest exo.Digest
	table  *catalog.Table
}

// New makes a reader of the store's tables.
func New(s *store.Store) *Tables { return &Tables{store: s, parsed: map[catalog.Type]parsed{}} }

// Read reads and parses one stored table.
func (t *Tables) Read(ctx context.Context, m store.Meta) (*catalog.Table, error) {
	return nil, exo.Errorf("tables.Read", exo.Internal, nil, "not built")
}
