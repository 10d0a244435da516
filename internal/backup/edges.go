package backup

import "context"

// Backups is what commands and routes ask of backups; a Service does it.
type Backups interface {
	Create(ctx context.Context, o CreateOptions, report func(done, total int64)) (Result, error)
	List(ctx context.Context) ([]Snapshot, error)
	Verify(ctx context.Context, o VerifyOptions, report func(done, total int64)) (VerifyReport, error)
	Restore(ctx context.Context, o RestoreOptions, report func(done, total int64)) (RestoreReport, error)
	Drill(ctx context.Context, o DrillOptions, report func(done, total int64)) (DrillReport, error)
}
