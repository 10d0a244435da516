package app

import (
	"context"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/maintain"
)

// letGo removes what can be made again when not even the index can be opened: the
// guard, which does that on a disk that is nearly full, is not at work yet then,
// and storage cleanup could not begin. full is why; it is returned where nothing
// could be removed.
func letGo(ctx context.Context, cfg config.Config, o Options, full error) (err error) {
	const op = "app.letGo"
	cache, err := fsys.OpenDir(cfg.CachePath, false)
	if err != nil {
		return full
	}
	defer func() {
		if cerr := cache.Close(); err == nil {
			err = cerr
		}
	}()
	s := maintain.New(maintain.Options{Cache: cache, Clock: o.Clock})
	r, err := s.Cleanup(ctx, maintain.CleanupOptions{All: true, Quick: true})
	if err != nil {
		return err
	}
	if r.RemovedBytes == 0 {
		return exo.E(op, exo.Full, nil, full).
			Try("free some space on the disk of the data folder by hand: `exoplanetai storage cleanup` would find nothing more to remove")
	}
	return nil
}
