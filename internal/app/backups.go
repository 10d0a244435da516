package app

import (
	"context"
	"errors"
	"os"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
)

// Backups opens the backups with the data tree, or without one where it is lost
// or damaged: then they are what it is had back from.
func (p *program) Backups(ctx context.Context, c cli.Common, keep bool) (*cli.Backups, error) {
	cfg, err := p.load(c)
	if err != nil {
		return nil, err
	}
	role := Reader
	if keep {
		role = Writer
	}
	o := p.options(c, role, "a command")
	if holdsTree(cfg.DataPath) {
		a, err := New(ctx, cfg, o)
		if err == nil {
			b := &cli.Backups{Backup: a.Backup, Close: a.Close}
			if keep {
				if b.Done, err = a.act(ctx, c.Command, ""); err != nil {
					return nil, errors.Join(err, a.Close())
				}
			}
			return b, nil
		}
		lost := errors.Is(err, exo.Corrupt) || errors.Is(err, exo.NotFound)
		if ctx.Err() != nil || keep && !lost {
			return nil, err
		}
	}
	return bareBackups(cfg, o)
}

// bareBackups opens the backups alone. Nothing is made in the place where the
// data folder was; what is needed for a while is in the system's folder for that.
func bareBackups(cfg config.Config, o Options) (_ *cli.Backups, err error) {
	const op = "app.bareBackups"
	a := &App{Log: newLog(o.People, o.Level, nil, 0)}
	b, err := a.backupOptions(cfg, o)
	if err != nil {
		return nil, err
	}
	if b.StateDir, err = os.MkdirTemp("", "exoplanetai-"); err != nil {
		return nil, exo.E(op, writeKind(err), nil, err).Say("no temporary folder can be made").Try("let TMPDIR name a folder that you may write to")
	}
	done := func() error {
		if err := os.RemoveAll(b.StateDir); err != nil {
			return exo.E(op, exo.Unavailable, nil, err)
		}
		return nil
	}
	service, err := backup.New(b)
	if err != nil {
		return nil, errors.Join(err, done())
	}
	return &cli.Backups{Backup: service, Alone: true, Close: done}, nil
}
