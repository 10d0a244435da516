package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/doctor"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/store"
	"exoplanetai/internal/verify"
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
	d := doctor.Options{Clock: p.clock, Beyond: func(ctx context.Context) []doctor.Finding { return p.beyond(ctx, cfg) }}
	if err == nil {
		p.furnish(&d, a, fix)
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
func (p *program) furnish(d *doctor.Options, a *App, fix bool) {
	d.Log, d.Disk, d.Store = a.Log, a.disk, a.Store
	d.Versions = func(ctx context.Context) (doctor.Copies, error) { return copies(ctx, a) }
	if d.NoBackup = a.Backup == nil; !d.NoBackup {
		d.Backup = func(ctx context.Context) (doctor.Backups, error) { return backups(ctx, a) }
	}
	if !fix {
		return
	}
	d.Mender = a.Store
	d.Reindex = func(ctx context.Context) (doctor.Outcome, error) { return outcome(a.Store.Reindex(ctx, nil)) }
	d.Rebuild = func(ctx context.Context) (doctor.Outcome, error) {
		r, err := a.Releases.Rebuild(ctx)
		return doctor.Outcome{Done: len(r.Recorded) + len(r.Restored)}, err
	}
	d.Repair = func(ctx context.Context, paths []string) (doctor.Outcome, error) { return repaired(ctx, a, paths) }
	d.Cleanup = func(ctx context.Context) (files, bytes int64, err error) {
		r, err := a.Maintain.Cleanup(ctx, maintain.CleanupOptions{All: true})
		return int64(r.RemovedFiles), r.RemovedBytes, err
	}
}

// repaired brings files back from whoever has their bytes.
func repaired(ctx context.Context, a *App, paths []string) (doctor.Outcome, error) {
	if len(paths) == 0 { // no paths are all that a full check finds
		return doctor.Outcome{}, nil
	}
	r, err := a.Integrity.Repair(ctx, verify.RepairOptions{Paths: paths}, nil)
	out := doctor.Outcome{Done: r.Repaired}
	for _, f := range r.Files {
		if f.Outcome != verify.Repaired && f.Outcome != verify.Intact {
			out.Left = append(out.Left, f.Path+": "+f.Detail)
		}
	}
	return out, err
}

// backups tells how far the data would survive the loss of the disk.
func backups(ctx context.Context, a *App) (doctor.Backups, error) {
	list, err := a.Backup.List(ctx)
	if err != nil || len(list) == 0 {
		return doctor.Backups{}, err
	}
	b := doctor.Backups{Count: len(list)}
	for _, s := range list {
		if b.Newest == nil || s.CreatedAt.After(*b.Newest) {
			b.Newest = &s.CreatedAt
		}
	}
	switch drill, err := a.Backup.LastDrill(ctx); {
	case err == nil && !drill.StartedAt.IsZero():
		b.LastDrill, b.DrillFailed = &drill.StartedAt, !drill.OK
	case err != nil && !errors.Is(err, exo.NotFound):
		return b, err
	}
	return b, nil
}

// copies tells what versions there are. It reads every manifest and every object
// of their Git record, which listing does not.
func copies(ctx context.Context, a *App) (doctor.Copies, error) {
	damaged, err := a.Releases.CheckRecord(ctx)
	if err != nil {
		return doctor.Copies{}, err
	}
	if len(damaged) > 0 {
		d, more := damaged[0], ""
		if n := len(damaged) - 1; n > 0 {
			more = fmt.Sprintf(", and %d more", n)
		}
		return doctor.Copies{}, exo.Errorf("app.copies", exo.Corrupt, d.Path, "%s: %s%s", d.Path, d.Detail, more).Try("exoplanetai version rebuild")
	}
	list, err := a.Releases.List(ctx)
	if err != nil || len(list) == 0 {
		return doctor.Copies{}, err
	}
	return doctor.Copies{Count: len(list), Newest: &list[0].CreatedAt}, nil
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
