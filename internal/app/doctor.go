package app

import (
	"context"
	"errors"
	"log/slog"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/doctor"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// Doctor opens the data folder as far as it opens. A store that does not open
// is a finding, not an error; who is only to be told what is wrong opens nothing
// to write.
func (p *program) Doctor(ctx context.Context, c cli.Common, fix bool) (cli.Examiner, func() error, error) {
	role := Reader
	if fix {
		role = Writer
	}
	cfg, err := p.load(c)
	if err != nil {
		return nil, nil, err
	}
	o := p.options(c, role, "doctor")
	o.Level = max(o.Level, slog.LevelError)
	a, err := open(ctx, cfg, o)
	if ctx.Err() != nil {
		return nil, nil, err
	}
	d := doctor.Options{Clock: p.clock}
	if err == nil {
		p.furnish(&d, a, c, fix)
		return doctor.New(d), a.Close, nil
	}
	d.Opened = err
	end := func() error { return nil }
	if disk, derr := fsys.OpenDir(cfg.DataPath, false); derr == nil {
		d.Disk, end = disk, disk.Close
	}
	if fix && errors.Is(err, exo.Corrupt) {
		d.Reindex = func(ctx context.Context) (doctor.Outcome, error) { return p.remake(ctx, c) }
	}
	return doctor.New(d), end, nil
}

// open is New for who makes no data folder.
func open(ctx context.Context, cfg config.Config, o Options) (*App, error) {
	look := o
	look.Role = Reader
	if err := checkFolder(cfg.DataPath, look); err != nil {
		return nil, err
	}
	return New(ctx, cfg, o)
}

// furnish hands the doctor what the program has.
func (p *program) furnish(d *doctor.Options, a *App, c cli.Common, fix bool) {
	d.Log, d.Disk, d.Store = a.Log, a.disk, a.Store
	if !fix {
		return
	}
	d.Mender = a.Store
	d.Reindex = func(ctx context.Context) (doctor.Outcome, error) {
		return outcome(a.Store.Reindex(ctx, nil))
	}
}

// remake opens the store although its index is damaged, and makes that anew.
func (p *program) remake(ctx context.Context, c cli.Common) (out doctor.Outcome, err error) {
	w, err := p.Write(ctx, c, true)
	if err != nil {
		return doctor.Outcome{}, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return outcome(w.Reindex.Reindex(ctx, nil))
}

func outcome(r store.ReindexReport, err error) (doctor.Outcome, error) {
	out := doctor.Outcome{Done: int(r.Files)}
	for _, x := range r.Damaged {
		out.Left = append(out.Left, x.Path+": "+x.Detail)
	}
	return out, err
}
