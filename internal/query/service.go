package query

import (
	"context"
	"log/slog"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// Options says what a Service works with.
type Options struct {
	Store  *store.Store   // required
	Tables *tables.Tables // parsed tables of Store; nil: a reader of its own

	// FS is the cache folder, and Folder its full path on this machine: the
	// database library opens files by itself. Query files stand in query/ below.
	// Without them, and for a table that has no file there while Write is not
	// set, the rows are held in memory.
	FS     fsys.FS
	Folder string
	Write  bool // query files may be made and removed

	Clock    exo.Clock
	Log      *slog.Logger  // nil: no log
	Timeout  time.Duration // time that a query may take in the database; 0: 10 s
	MaxBytes int64         // room for all query files together; 0: 2 GiB

	// Resolve finds the position of a name that the tables do not know, degrees,
	// ICRS. nil: nobody is asked.
	Resolve func(ctx context.Context, name string) (ra, dec float64, err error)
}

// Service selects rows. Its methods may be called from many goroutines.
type Service struct{ opt Options }

// New makes a service. The disk is not touched before the first use.
func New(o Options) *Service {
	if o.Tables == nil && o.Store != nil {
		o.Tables = tables.New(o.Store)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 2 << 30
	}
	return &Service{opt: o}
}

// Close lets go of all open query files. Calls that run meanwhile may fail.
func (s *Service) Close() error { return nil }
