package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

// Accounts opens users, keys and the audit log, beside whoever works on the data.
func (p *program) Accounts(ctx context.Context, c cli.Common, write bool) (*cli.Accounts, error) {
	a, cfg, err := p.keep(ctx, c, write)
	if err != nil {
		return nil, err
	}
	return &cli.Accounts{
		Users: a.Auth, Audit: a.Audit, Close: a.Close,
		RotateMaster: func(ctx context.Context, o cli.RotateOptions) (cli.MasterRotated, error) {
			return a.rotateMaster(ctx, cfg, o)
		},
		LoseMaster: a.loseMaster,
		Act:        func(ctx context.Context, object string) (func(error), error) { return a.act(ctx, c.Command, object) },
	}, nil
}

// keep builds what needs only the state database.
func (p *program) keep(ctx context.Context, c cli.Common, write bool) (_ *App, cfg config.Config, err error) {
	if cfg, err = p.load(c); err != nil {
		return nil, cfg, err
	}
	role := Reader
	if write {
		role = Keeper
	}
	o := p.options(c, role, "a command")
	a := newApp(o)
	a.Log = newLog(o.People, o.Level, nil, 0)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.openState(ctx, cfg, o); err != nil {
		return nil, cfg, err
	}
	if cfg.DatabaseURL == "" && !write { // who appends must not read the mirror that another process is writing
		abs, err := filepath.Abs(cfg.DataPath)
		if err != nil {
			return nil, cfg, exo.E("app.keep", exo.Internal, nil, err)
		}
		a.mirrorAt = filepath.Join(filepath.Dir(abs), logFolder, auditLog)
	}
	return a, cfg, a.openAccess(ctx, cfg, o)
}

// openState opens the state database without the data tree. Who writes may be the
// first one here: the first admin is made before there are any data.
func (a *App) openState(ctx context.Context, cfg config.Config, o Options) (err error) {
	if cfg.DatabaseURL == "" {
		if err := checkFolder(cfg.DataPath, o); err != nil {
			return err
		}
		if o.Role != Reader {
			disk, err := fsys.OpenDir(cfg.DataPath, true)
			if err != nil {
				return err
			}
			if err := errors.Join(store.Prepare(disk), disk.Close(), private(indexPath(cfg))); err != nil {
				return err
			}
		}
	}
	if a.db, err = sqldb.Open(ctx, stateDatabase(cfg, o.Role == Reader)); err != nil {
		if errors.Is(err, exo.NotFound) {
			return exo.E("app.openState", exo.NotFound, nil, err).Say("the folder %s holds no accounts yet", cfg.DataPath).
				Try("exoplanetai user create NAME --role admin --password-stdin, or name the folder with --data-path")
		}
		return err
	}
	a.later("state database", a.db.Close)
	return nil
}

// private keeps the state database, which has the hashes of passwords, for its
// owner alone. SQLite gives its other files the same permissions.
func private(name string) error {
	const mode = 0o600
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, mode)
	if err != nil {
		return nil // opening the database says why
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&^mode != 0 {
		err = f.Chmod(mode)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return exo.E("app.private", writeKind(err), nil, err).Say("the permissions of the state database cannot be set").Try("let the owner of the data folder run this once")
	}
	return nil
}

// rotateMaster makes a new master key and seals every secret again.
func (a *App) rotateMaster(ctx context.Context, cfg config.Config, o cli.RotateOptions) (cli.MasterRotated, error) {
	out := cli.MasterRotated{File: a.master.file, Lost: []string{}}
	var old, newer *seal.Ring
	var err error
	switch {
	case o.SealOnly:
		newer, err = a.master.ring()
	case cfg.Security.MasterKey != "":
		// Nothing is sealed with a key that is kept nowhere yet.
		if old, err = a.master.ring(); err == nil {
			newer, err = old.Rotate()
		}
		if err == nil {
			return cli.MasterRotated{Key: newer.ID(), Text: string(newer.Encode()), Lost: []string{}}, nil
		}
	default:
		old, newer, err = a.master.rotate()
	}
	if err != nil {
		return out, err
	}
	r, err := a.Auth.RotateMaster(ctx, old, newer)
	if err != nil {
		return out, err
	}
	out.Key, out.Sealed = newer.ID(), r.Sealed
	if cfg.Security.MasterKey != "" {
		out.File = ""
	}
	out.Lost = append(out.Lost, r.Lost...)
	return out, nil
}

// loseMaster puts a new key for the audit log in place of one that no master key
// opens. One that does open stays.
func (a *App) loseMaster(ctx context.Context) error {
	const op = "app.loseMaster"
	_, err := a.Auth.FindSecret(ctx, auditSecret)
	if err == nil || errors.Is(err, exo.NotFound) {
		return exo.Errorf(op, exo.Conflict, nil, "the key of the audit log opens; nothing is lost").Try("exoplanetai key rotate-master makes a new master key")
	}
	if !errors.Is(err, exo.Denied) && !errors.Is(err, exo.Corrupt) {
		return err
	}
	key := make([]byte, secretSize)
	if _, err := io.ReadFull(a.master.rand, key); err != nil {
		return exo.E(op, exo.Internal, nil, err)
	}
	if err := a.Auth.PutSecret(ctx, auditSecret, key); err != nil {
		return err
	}
	return a.Audit.Append(ctx, audit.Event{Actor: auth.Local().Name, Role: string(auth.Admin), Via: "cli", Action: "cli key rotate-master", Object: "master key, lost", Outcome: audit.Done})
}

// Jobs opens the queue of jobs without working on it.
func (p *program) Jobs(ctx context.Context, c cli.Common) (*cli.JobBook, error) {
	cfg, err := p.load(c)
	if err != nil {
		return nil, err
	}
	if cfg.DatabaseURL == "" {
		if err := checkFolder(cfg.DataPath, p.options(c, Reader, "")); err != nil { // whoever looks makes no data folder
			return nil, err
		}
	}
	a, cfg, err := p.keep(ctx, c, true)
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, jobsDatabase(cfg))
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.later("job database", db.Close)
	runner, err := jobs.Open(ctx, jobs.Options{DB: db, Clock: p.clock, Log: a.Log, InsertOnly: true})
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return &cli.JobBook{Queue: runner, Close: a.Close,
		Act: func(ctx context.Context, object string) (func(error), error) { return a.act(ctx, c.Command, object) },
	}, nil
}

// Work does jobs until ctx ends.
func (p *program) Work(ctx context.Context, c cli.Common, ready func(string)) (err error) {
	cfg, err := p.load(c)
	if err != nil {
		return err
	}
	if err := needsPostgres(cfg, "a worker"); err != nil {
		return err
	}
	a, err := New(ctx, cfg, p.options(c, Worker, "worker"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	a.Log.Info("working", "data_path", cfg.DataPath, "instance", a.instance)
	ready("logs in " + logFolder + "/" + a.instance)
	<-ctx.Done()
	return nil
}

// needsPostgres refuses what several processes on one tree are for.
func needsPostgres(cfg config.Config, who string) error {
	if cfg.DatabaseURL != "" {
		return nil
	}
	return exo.Errorf("app.needsPostgres", exo.Invalid, nil, "%s shares the queue of jobs with others, and SQLite has one process", who).
		Try("give the Postgres address of the servers in database_url (DATABASE_URL), or run exoplanetai serve, which does its jobs itself")
}

// refuse says why a server must not begin: whoever reaches it could do everything,
// or would send a password for all to read.
func refuse(cfg config.Config, local, users bool) error {
	const op = "app.refuse"
	const first = "printf '%%s\\n' \"$PASSWORD\" | exoplanetai user create NAME --role admin --password-stdin"
	switch {
	case local:
		return nil
	case !users && len(cfg.Security.BehindProxy) > 0:
		return exo.Errorf(op, exo.Invalid, nil, "a server behind a proxy is reached from everywhere, and there are no users: anybody could do everything").Try("make the first one: " + first)
	case !users:
		return exo.Errorf(op, exo.Invalid, nil, "%s is not a loopback address, and there are no users: anybody could do everything", cfg.Listen).
			Try("make the first one, " + first + ", or listen on 127.0.0.1")
	case cfg.TLS.CertFile == "" && len(cfg.Security.BehindProxy) == 0:
		return exo.Errorf(op, exo.Invalid, nil, "%s is not a loopback address, and there is no TLS: passwords could be read on the way", cfg.Listen).
			Try("give --tls-cert FILE --tls-key FILE, or --behind-proxy ADDRESS for a proxy in front that does TLS, or listen on 127.0.0.1")
	}
	return nil
}

// mayServe refuses to begin without users and TLS where others reach the server.
// It looks before anything is opened to write.
func (p *program) mayServe(ctx context.Context, c cli.Common, cfg config.Config, local bool) error {
	if local {
		return nil
	}
	if err := refuse(cfg, local, true); err != nil {
		return err
	}
	a, _, err := p.keep(ctx, c, false)
	if errors.Is(err, exo.NotFound) || errors.Is(err, exo.Conflict) { // nothing is there, or of a time before there were users
		return refuse(cfg, local, false)
	}
	if err != nil {
		return err
	}
	users, err := a.Auth.HasUsers(ctx)
	if err = errors.Join(err, a.Close()); err != nil {
		return err
	}
	return refuse(cfg, local, users)
}
