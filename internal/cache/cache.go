package cache

import (
	"context"
	"time"
)

// Limits that every backend keeps.
const (
	MaxKey   = 1024     // bytes of a key; longer, or empty: exo.Invalid
	MaxValue = 64 << 20 // bytes of a value; larger: exo.TooLarge
)

// Cache keeps values for a while.
//
// All methods may be called at the same time from several goroutines. The
// caller owns the slices it gives and gets. Errors are exo.Unavailable or
// exo.Full when the backend is out of order, exo.Canceled, exo.Invalid and
// exo.TooLarge; a caller may take any error of Get as a miss.
type Cache interface {
	// Get returns the value and true, or false if there is none to serve.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Set keeps a copy of the value for ttl, in place of an earlier one. A ttl
	// of zero or less keeps it until room is needed. The value may be dropped
	// at any time, at once if it is larger than the whole cache.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Delete drops the value; nil if there is none.
	Delete(ctx context.Context, key string) error
	// Stats tells what the cache holds and how well it serves.
	Stats(ctx context.Context) (Stats, error)
}

// Stats describes a cache, as `storage/stats` shows it.
type Stats struct {
	Backend string  `json:"backend"`  // "file", "redis"
	Entries int     `json:"entries"`  // values held, expired ones that still take room included
	Bytes   int64   `json:"bytes"`    // room taken
	Hits    int64   `json:"hits"`     // since the start of the program
	Misses  int64   `json:"misses"`   // since the start of the program
	HitRate float64 `json:"hit_rate"` // hits of all questions, 0…1; 0 before the first
}

// Rate fills HitRate from Hits and Misses.
func (s Stats) Rate() Stats {
	s.HitRate = 0
	if n := s.Hits + s.Misses; n > 0 {
		s.HitRate = float64(s.Hits) / float64(n)
	}
	return s
}
