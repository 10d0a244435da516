package folder

import (
	"context"
	"io/fs"
	"time"

	"exoplanetai/internal/exo"
)

// Options sets up a Source.
type Options struct {
	FS fs.FS // the folder; only read
}

// Source is the folder. It is an archive.TableSource, LightCurveSource and
// Pinger.
type Source struct {
	fsys fs.FS
}

// New makes the source.
func New(o Options) *Source { return &Source{fsys: o.FS} }

// Ping tells whether the folder can be read.
func (s *Source) Ping(context.Context) (time.Duration, error) {
	if _, err := fs.ReadDir(s.fsys, "."); err != nil {
		return 0, exo.E("folder.Ping", exo.Unavailable, nil, err).Say("the folder of the archive cannot be read").Try("check its path")
	}
	return 0, nil
}
