package backup

import (
	"context"
	"io"
	"time"

	"exoplanetai/internal/exo"
)

// Service makes backups of one data tree in one repository.
type Service struct{ o Options }

// New checks the options. Nothing is read or written yet.
func New(o Options) (*Service, error) { return &Service{o: o}, nil }

func notBuilt(op string) error { return exo.Errorf(op, exo.Internal, nil, "not built") }

// Create makes a snapshot.
func (s *Service) Create(ctx context.Context, o CreateOptions, report func(done, total int64)) (Result, error) {
	return Result{}, notBuilt("backup.Create")
}

// List lists the snapshots, newest first.
func (s *Service) List(ctx context.Context) ([]Snapshot, error) { return nil, notBuilt("backup.List") }

// Verify reads a snapshot back.
func (s *Service) Verify(ctx context.Context, o VerifyOptions, report func(done, total int64)) (VerifyReport, error) {
	return VerifyReport{}, notBuilt("backup.Verify")
}

// Restore brings a snapshot back to an empty folder.
func (s *Service) Restore(ctx context.Context, o RestoreOptions, report func(done, total int64)) (RestoreReport, error) {
	return RestoreReport{}, notBuilt("backup.Restore")
}

// Drill restores a snapshot for trial.
func (s *Service) Drill(ctx context.Context, o DrillOptions, report func(done, total int64)) (DrillReport, error) {
	return DrillReport{}, notBuilt("backup.Drill")
}

// Open reads a file with this digest from the newest snapshot that has it.
func (s *Service) Open(ctx context.Context, p exo.Path, want exo.Digest) (io.ReadCloser, string, error) {
	return nil, "", notBuilt("backup.Open")
}

// Has tells when a snapshot with the file was last verified.
func (s *Service) Has(ctx context.Context, p exo.Path, want exo.Digest) (*time.Time, error) {
	return nil, notBuilt("backup.Has")
}

// Expire removes old snapshots.
func (s *Service) Expire(ctx context.Context, dryRun bool) ([]string, error) {
	return nil, notBuilt("backup.Expire")
}
