package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/verify"
)

// openCare builds what looks after the data: backups, the check of everything
// that is kept, and its repair.
func (a *App) openCare(cfg config.Config, o Options) error {
	b, err := a.backupOptions(cfg, o)
	if err != nil {
		return err
	}
	b.Still = func(ctx context.Context, do func(context.Context) error) error {
		return a.Releases.Alone(ctx, func(ctx context.Context) error { return a.Store.Still(ctx, do) })
	}
	if a.Backup, err = backup.New(b); err != nil {
		return err
	}
	v := verify.Options{Store: a.Store, Versions: a.Releases, Clock: o.Clock, Log: a.Log, Observe: a.metrics.Checked}
	if o.Role != Reader {
		v.Origin = origin(a.Ingest)
	}
	if b.Repository != "" {
		v.Backup = a.Backup
	}
	a.Integrity = verify.New(v)
	return a.openMaintain(cfg, o)
}

// sweepNow is how long a command may be held up by the clean-up that it began.
const sweepNow = 10 * time.Second

// openMaintain builds what frees room. Only a writer may remove anything.
func (a *App) openMaintain(cfg config.Config, o Options) error {
	m := maintain.Options{
		Store: a.Store, Versions: a.Releases, FS: a.disk, Cache: a.caches, Clock: o.Clock, Log: a.Log, Guard: a.Guard,
		RawRetention: cfg.Storage.RawRetention, CacheRetention: cfg.Storage.CacheRetention, LogRetention: cfg.Logs.Keep, CacheMaxBytes: cfg.Storage.CacheMaxBytes,
	}
	if cfg.Backup.Repository != "" {
		m.Backup = a.Backup
	}
	if o.Role != Reader {
		m.After = a.follow(o.Role)
		logs, err := openLogs(cfg.DataPath)
		if err != nil {
			return err
		}
		a.later("log folder", logs.Close)
		m.Logs = logs
		a.later("clean-up", func() error { // before the folders that it works on
			if o.Role == Writer {
				a.sweeping.wg.Wait()
			}
			return a.sweeping.close()
		})
	}
	a.Maintain = maintain.New(m)
	return nil
}

// openGuard watches the disk of the data folder for whoever writes to it.
func (a *App) openGuard(cfg config.Config, o Options) {
	if o.Role == Reader {
		return
	}
	g := maintain.GuardOptions{
		FS: a.disk, Clock: o.Clock, Log: a.Log,
		LowShare: float64(cfg.Storage.LowDiskPercent) / 100, FullShare: float64(cfg.Storage.FullDiskPercent) / 100,
		Cleanup: func(ctx context.Context) {
			if a.Maintain == nil || ctx.Err() != nil {
				return // the program is still being built, or ends
			}
			if _, err := a.Maintain.Cleanup(ctx, maintain.CleanupOptions{All: true, Quick: true}); err != nil && !errors.Is(err, exo.Canceled) {
				a.Log.Error("the cache could not be cleaned up on a disk that is nearly full", "error", err)
			}
		},
		Aside: func(do func(context.Context)) {
			if a.Maintain == nil {
				do(context.Background())
				return
			}
			a.sweeping.start(do)
		},
	}
	a.sweeping = newBackground(context.Background())
	if o.Role == Writer { // it waits for the end
		g.Within = sweepNow
	}
	if len(cfg.Storage.AlertWebhooks) > 0 {
		g.Alert = a.alert(cfg, o)
	}
	g.Alert = a.observeGuard(g.Alert)
	a.Guard = maintain.NewGuard(g)
}

// alert posts alerts to the web hooks, beside what goes on. A command waits for
// that in the end.
func (a *App) alert(cfg config.Config, o Options) func(maintain.Alert) {
	poster := a.newPoster(o)
	hooks := maintain.Hooks{Poster: poster, URLs: cfg.Storage.AlertWebhooks, Secret: cfg.Changes.WebhookSecret, AllowPrivate: cfg.Changes.WebhookPrivate}
	sending := newBackground(context.Background())
	within := announceLater
	if o.Role == Writer {
		within = announceNow
	}
	a.later("alerts", func() error {
		if o.Role == Writer {
			sending.wg.Wait()
		}
		return sending.close()
	})
	return func(alert maintain.Alert) {
		for _, url := range hooks.URLs { // none waits for another that does not answer
			one := hooks
			one.URLs = []string{url}
			sending.start(func(ctx context.Context) {
				ctx, cancel := context.WithTimeout(ctx, within)
				defer cancel()
				if err := one.Send(ctx, alert); err != nil {
					a.Log.Warn("an alert was not delivered", "state", string(alert.State), "error", err)
				}
			})
		}
	}
}

// room refuses to write to a disk that is full.
func (a *App) room() error {
	if a.Guard == nil {
		return nil
	}
	return a.Guard.Room()
}

// origin is what fetches the bytes of a record once more, if it can.
func origin(from any) verify.Origin {
	again, _ := from.(verify.Origin)
	return again
}

// backupOptions reads the password, which only a file holds.
func (a *App) backupOptions(cfg config.Config, o Options) (backup.Options, error) {
	const op = "app.backupOptions"
	b := backup.Options{
		FS: a.disk, Repository: cfg.Backup.Repository, AccessKey: cfg.Backup.AccessKey, SecretKey: cfg.Backup.SecretKey,
		RetentionDays: int(cfg.Storage.BackupRetention / (24 * time.Hour)), DB: a.db, Clock: o.Clock, Log: a.Log, Program: o.Program,
	}
	var err error
	if b.DataPath, err = filepath.Abs(cfg.DataPath); err != nil {
		return b, exo.E(op, exo.Internal, nil, err)
	}
	state, err := filepath.Abs(a.cacheFolder(cfg))
	if err != nil {
		return b, exo.E(op, exo.Internal, nil, err)
	}
	b.StateDir = filepath.Join(state, "backup")
	if b.Repository != "" {
		b.Password, b.Unusable = readPassword(cfg.Backup.PasswordFile) // who asks for no backup needs no password
		if b.Warning = openToOthers(cfg.Backup.PasswordFile); b.Warning != "" {
			a.Log.Warn(b.Warning)
		}
	}
	return b, nil
}

// openToOthers tells of a file with a password that others than its owner may
// read. It is used all the same: secrets that a container is given look like that.
func openToOthers(name string) string {
	const others = 0o077
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm()&others == 0 {
		return ""
	}
	return "others than its owner may read the file that backup.password_file names: run chmod 600 on it"
}

// maxPassword bounds a file with a password.
const maxPassword = 4096

// readPassword reads the first line of a file.
func readPassword(name string) (string, error) {
	const op = "app.readPassword"
	f, err := os.Open(name)
	if err != nil {
		return "", exo.E(op, exo.NotFound, nil, err).Say("the file of the backups' password, %.200s, cannot be read", name).
			Try("name a file that you may read with backup.password_file")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", exo.E(op, exo.Invalid, nil, err).Say("the file of the backups' password, %.200s, cannot be read", name).
			Try("name a plain file with backup.password_file")
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 || len(text) > maxPassword {
		return "", exo.Errorf(op, exo.Invalid, nil, "the file of the backups' password, %.200s, has no password in its first line, or is too long", name).
			Try("write the password into the first line of the file")
	}
	return string(line), nil
}
