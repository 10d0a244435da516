package query

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
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

	Program string // name and version; a query file of another one is made anew

	Clock    exo.Clock
	Log      *slog.Logger  // nil: no log
	Timeout  time.Duration // time that a query may take in the database; 0: 10 s
	MaxBytes int64         // room for all query files together; 0: 2 GiB

	// Resolve finds the position of a name that the tables do not know, degrees,
	// ICRS. nil: nobody is asked.
	Resolve func(ctx context.Context, name string) (ra, dec float64, err error)
}

// Service selects rows. Its methods may be called from many goroutines.
type Service struct {
	opt   Options
	log   *slog.Logger
	shelf shelf

	folderMu sync.Mutex // held while files of the folder are counted or removed
	swept    bool       // guarded by folderMu: what a former run left is gone
}

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
	return &Service{opt: o, log: o.Log, shelf: shelf{files: map[string]*file{}, last: map[string]int64{}}}
}

func (s *Service) now() time.Time {
	if s.opt.Clock == nil {
		return time.Time{}
	}
	return s.opt.Clock()
}

// Prepare makes the query file of a version ahead of the first question. A
// reader does nothing.
func (s *Service) Prepare(ctx context.Context, table catalog.Type, ref tables.Ref) error {
	if !s.opt.Write || s.opt.FS == nil {
		return nil
	}
	v, err := s.opt.Tables.Pick(ctx, table, ref)
	if err != nil {
		return err
	}
	return s.with(ctx, v, func(*file) error { return nil })
}

// Columns describes the columns of a table.
func (s *Service) Columns(ctx context.Context, table catalog.Type, ref tables.Ref) (tables.Version, []export.Column, error) {
	v, err := s.opt.Tables.Pick(ctx, table, ref)
	if err != nil {
		return tables.Version{}, nil, err
	}
	var list []export.Column
	err = s.with(ctx, v, func(q *file) error {
		list = q.about.described()
		return nil
	})
	return v, list, err
}
