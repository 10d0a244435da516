package maintain

import (
	"context"
	"io"
	"log/slog"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// Versions are the versions, as far as maintenance asks them.
type Versions interface {
	Show(ctx context.Context, name exo.VersionName) (version.Manifest, error)
	// Holders tells which versions list each path with that digest.
	Holders(ctx context.Context, want map[exo.Path]exo.Digest) (map[exo.Path][]exo.VersionName, error)
	// Copy opens an intact copy of a file.
	Copy(ctx context.Context, p exo.Path, want exo.Digest) (io.ReadCloser, exo.VersionName, error)
	// Alone runs do while no version is made or deleted.
	Alone(ctx context.Context, do func(context.Context) error) error
}

// Backup tells what backups have.
type Backup interface {
	// Has returns when the backup that holds these bytes was last read back and
	// found right; nil: no verified backup has them but one on the disk of the data.
	Has(ctx context.Context, p exo.Path, want exo.Digest) (verifiedAt *time.Time, err error)
}

// Options says what maintenance works on. Store, Versions and Clock are required.
type Options struct {
	Store    *store.Store
	Versions Versions
	Backup   Backup  // nil: no backup is set up, and no raw file ever goes
	FS       fsys.FS // the data folder
	Cache    fsys.FS // nil: no cache
	Logs     fsys.FS // nil: no log folder
	Clock    exo.Clock
	Log      *slog.Logger // nil: no log

	RawRetention   time.Duration // 0: for ever
	CacheRetention time.Duration // 0: for ever
	LogRetention   time.Duration // of logs put aside; 0: for ever
	CacheMaxBytes  int64         // 0: no limit
	Guard          *Guard        // nil: nobody watches the disk

	// After is told of a table that was rolled back, so that what is made of it
	// is made anew; its answers are warnings. Nil: nobody.
	After func(ctx context.Context, t catalog.Type) []string
}

// Maintainer is what commands and routes ask of maintenance; a Service does it.
type Maintainer interface {
	Cleanup(ctx context.Context, o CleanupOptions) (CleanupReport, error)
	Retain(ctx context.Context, o RetainOptions) (RetainReport, error)
	Rollback(ctx context.Context, o RollbackOptions) (RollbackReport, error)
}

// Service does the maintenance. Its methods may be called from several
// goroutines.
type Service struct {
	opt Options
	log *slog.Logger
}

// New makes the service.
func New(o Options) *Service {
	s := &Service{opt: o, log: o.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Disk tells of the room on the disk, and how much is wanting.
func (s *Service) Disk() GuardState {
	if s.opt.Guard == nil {
		return GuardState{State: OK}
	}
	return s.opt.Guard.State()
}

func (s *Service) now() time.Time { return s.opt.Clock().UTC().Round(0) }
