package app

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

// openAnew opens a new index database in place of the damaged one that was set
// aside, and brings over what the data tree cannot give back. What is lost is
// said, and the damaged file stays.
func (a *App) openAnew(ctx context.Context, cfg config.Config, at sqldb.Options) (*sqldb.DB, error) {
	db, err := sqldb.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	var got store.Rescued
	old, err := sqldb.Open(ctx, sqldb.Options{Path: filepath.Join(cfg.DataPath, filepath.FromSlash(a.SetAside)), ReadOnly: true})
	if err == nil {
		got, err = store.Rescue(ctx, db, old)
		err = errors.Join(err, old.Close())
	}
	switch {
	case errors.Is(err, exo.Corrupt) || errors.Is(err, exo.NotFound):
		a.Log.Error("users, keys, the audit log and jobs of the damaged database cannot be read and start anew: make users and keys again before the server is started", "kept", a.SetAside, "error", err)
		return db, nil
	case err != nil:
		return nil, errors.Join(err, db.Close())
	}
	var lost []string
	for _, t := range got.Tables {
		if !t.Whole {
			lost = append(lost, t.Name)
		}
	}
	if len(lost) > 0 {
		a.Log.Error("some rows of the damaged database cannot be read: look through users, keys and jobs, and run `exoplanetai audit verify`", "tables", strings.Join(lost, " "), "kept", a.SetAside)
	} else {
		a.Log.Info("users, keys, the audit log and jobs were brought over from the damaged database", "tables", len(got.Tables))
	}
	return db, nil
}
