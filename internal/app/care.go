package app

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/verify"
)

// openCare builds what looks after the data: backups, the check of everything
// that is kept, and its repair.
func (a *App) openCare(cfg config.Config, o Options) error {
	b, err := a.backupOptions(cfg, o)
	if err != nil {
		return err
	}
	if a.Backup, err = backup.New(b); err != nil {
		return err
	}
	v := verify.Options{Store: a.Store, Versions: a.Releases, Clock: o.Clock, Log: a.Log}
	if o.Role != Reader {
		v.Origin = origin(a.Ingest)
	}
	if b.Repository != "" {
		v.Backup = a.Backup
	}
	a.Integrity = verify.New(v)
	return nil
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
	state, err := filepath.Abs(cfg.CachePath)
	if err != nil {
		return b, exo.E(op, exo.Internal, nil, err)
	}
	b.StateDir = filepath.Join(state, "backup")
	if b.Repository != "" {
		b.Password, err = readPassword(cfg.Backup.PasswordFile)
	}
	return b, err
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
