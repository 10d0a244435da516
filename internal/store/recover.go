package store

import "context"

func (s *Store) recover(ctx context.Context) error { return nil }

// Verify compares every file with what the store knows of it.
func (s *Store) Verify(ctx context.Context, o VerifyOptions, report func(done, total int64)) (VerifyReport, error) {
	return VerifyReport{}, nil
}

// Reindex makes the index again from the tree.
func (s *Store) Reindex(ctx context.Context, report func(done, total int64)) (ReindexReport, error) {
	return ReindexReport{}, nil
}
