package verify

import (
	"context"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Check looks at everything that is kept and lists all damage.
func (s *Service) Check(ctx context.Context, o CheckOptions, report func(done, total int64)) (Report, error) {
	return Report{}, exo.Errorf("verify.Check", exo.Internal, nil, "not built")
}

// Sweep reads back a part of the store.
func (s *Service) Sweep(ctx context.Context, o store.SweepOptions, report func(done, total int64)) (SweepReport, error) {
	return SweepReport{}, exo.Errorf("verify.Sweep", exo.Internal, nil, "not built")
}

// Repair mends what is damaged.
func (s *Service) Repair(ctx context.Context, o RepairOptions, report func(done, total int64)) (RepairReport, error) {
	return RepairReport{}, exo.Errorf("verify.Repair", exo.Internal, nil, "not built")
}
