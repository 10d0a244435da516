package store

import (
	"context"
	"time"

	"exoplanetai/internal/exo"
)

// SweepOptions bounds one sweep; zero values bound nothing.
type SweepOptions struct {
	MaxBytes int64
	MaxFiles int
	For      time.Duration
}

// SweepReport tells what a sweep read, what it found, and how well the whole
// store is proved after it.
type SweepReport struct {
	StartedAt   time.Time  `json:"started_at"`
	FinishedAt  time.Time  `json:"finished_at"`
	Files       int64      `json:"files"`        // read back by this sweep
	Bytes       int64      `json:"bytes"`        // of them
	Complete    bool       `json:"complete"`     // it read everything that was stored when it began
	OK          bool       `json:"ok"`           // nothing damaged was found
	Damaged     []Damage   `json:"damaged"`      // all that was found, by path
	Total       Amount     `json:"total"`        // what the store holds
	Coverage    float64    `json:"coverage"`     // share of the bytes proved in the last 30 days, 0…1
	OldestProof *time.Time `json:"oldest_proof"` // null: some file was never read back
	OldestAgeS  *float64   `json:"oldest_age_s"` // its age in seconds; null as above
}

// Sweep reads back the files whose proof is oldest.
func (s *Store) Sweep(ctx context.Context, o SweepOptions, report func(done, total int64)) (SweepReport, error) {
	return SweepReport{}, exo.Errorf("store.Sweep", exo.Internal, nil, "not built")
}
