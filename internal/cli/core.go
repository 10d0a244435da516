package cli

import (
	"context"
	"errors"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/process"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

// Library is the store as the storage commands see it.
type Library interface {
	Stats(ctx context.Context) (store.Stats, error)
	Verify(ctx context.Context, o store.VerifyOptions, report func(done, total int64)) (store.VerifyReport, error)
}

// Reindexer makes the index anew from the tree.
type Reindexer interface {
	Reindex(ctx context.Context, report func(done, total int64)) (store.ReindexReport, error)
}

// CacheStats tells how the cache does.
type CacheStats interface {
	Stats(ctx context.Context) (cache.Stats, error)
}

// Lister lists what is held.
type Lister interface {
	List(ctx context.Context, f store.Filter) ([]store.Meta, error)
}

// Viewer is processing as far as it writes nothing.
type Viewer interface {
	View(ctx context.Context, req process.Request, raw bool) (process.View, error)
	Find(ctx context.Context, src processed.Source) (data []byte, where string, err error)
}

// Processor is the use case behind `preprocess lightcurve`.
type Processor interface {
	Viewer
	LightCurve(ctx context.Context, req process.Request, report process.Report) (process.Result, error)
}

// Reader is an open store that is only looked at.
type Reader struct {
	Library Library
	Cache   CacheStats // nil: no cache
	Ingest  Looker
	Process Viewer
	Files   Lister
	Close   func() error

	Catalogs  Catalogs
	Versions  Versions
	History   Historian
	Reports   Reports
	Targets   Targets
	Releases  ReleaseReader
	Integrity Checker
	Base      string // where others reach the server, for the links of feeds
}

// Writer is an open store with all that feeds it.
type Writer struct {
	Library Library
	Reindex Reindexer
	Ingest  Ingester
	Process Processor
	Derive  Deriver
	Review  Reviewer
	Reports Reports
	Close   func() error

	Releases  Releases
	Maintain  maintain.Maintainer
	Integrity Integrity
	Backup    backup.Backups

	Done func(error) // tells the audit log how the command ended; nil: there is none

	SetAside string // where a damaged index went, for a rebuild; empty: it was not damaged
}

// Backups are the backups, with a data tree or without.
type Backups struct {
	Backup backup.Backups
	Alone  bool        // there is no data tree that can be opened
	Done   func(error) // as of Writer
	Close  func() error
}

// read opens the store for looking, does the work and closes it.
func (c *command) read(ctx context.Context, do func(context.Context, *Reader) error) (err error) {
	r, err := c.program.Read(ctx, c.common)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, r.Close()) }()
	return do(ctx, r)
}

// write opens the store for writing, does the work and closes it.
func (c *command) write(ctx context.Context, do func(context.Context, *Writer) error) (err error) {
	w, err := c.program.Write(ctx, c.common, false)
	if err != nil {
		return err
	}
	defer func() {
		told(w.Done, err)
		err = joined(err, w.Close())
	}()
	return do(ctx, w)
}

// told tells how a command ended.
func told(done func(error), err error) {
	if done != nil {
		done(err)
	}
}

// joined keeps the first error in front; nil if there is none.
func joined(first, second error) error {
	if second == nil {
		return first
	}
	return errors.Join(first, second)
}
