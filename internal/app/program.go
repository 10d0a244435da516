package app

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/universe"
)

// options gathers what every build of the program has in common.
func (p *program) options(c cli.Common, role Role, command string) Options {
	level := slog.LevelError // a command tells its errors itself; the log file has the rest
	switch {
	case c.Verbose:
		level = slog.LevelDebug
	case role == Server || role == Worker:
		level = slog.LevelInfo
	}
	return Options{
		Role: role, Clock: p.clock, Rand: p.rand, Program: "exoplanetai " + Version, Command: command,
		People: p.stderr, Level: level, Random: p.random, ConfigDir: p.configDir(), Local: true,
	}
}

// configDir is the user's folder for settings, as the XDG Base Directory
// Specification has it; empty: there is none.
func (p *program) configDir() string {
	if dir, ok := p.env("XDG_CONFIG_HOME"); ok && filepath.IsAbs(dir) {
		return dir
	}
	if home, ok := p.env("HOME"); ok && filepath.IsAbs(home) {
		return filepath.Join(home, ".config")
	}
	return ""
}

// Now tells the time.
func (p *program) Now() time.Time { return p.clock() }

// random draws a number. Where there is no randomness, pauses are not spread.
func (p *program) random() uint64 {
	var b [8]byte
	if _, err := io.ReadFull(p.rand, b[:]); err != nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b[:])
}

func (p *program) build(ctx context.Context, c cli.Common, o Options) (*App, config.Config, error) {
	cfg, err := p.load(c)
	if err != nil {
		return nil, cfg, err
	}
	a, err := New(ctx, cfg, o)
	return a, cfg, err
}

// Read opens the store for looking only.
func (p *program) Read(ctx context.Context, c cli.Common) (*cli.Reader, error) {
	a, cfg, err := p.build(ctx, c, p.options(c, Reader, ""))
	if err != nil {
		return nil, err
	}
	r := &cli.Reader{
		Library: a.Store, Ingest: a.Ingest, Process: a.Process, Files: a.Store, Close: a.Close,
		Catalogs: a.Query, Versions: a.tables, History: a.History, Reports: a.Reports, Targets: a.Review,
		Releases: a.releases(), Integrity: a.Integrity,
		Base: cmp.Or(cfg.Changes.BaseURL, "http://"+cfg.Listen),
	}
	if a.Cache != nil {
		r.Cache = a.Cache
	}
	return r, nil
}

// Write opens the store and all that feeds it.
func (p *program) Write(ctx context.Context, c cli.Common, rebuild bool) (*cli.Writer, error) {
	o := p.options(c, Writer, "a command")
	o.Rebuild = rebuild
	a, _, err := p.build(ctx, c, o)
	if err != nil {
		return nil, err
	}
	w := writer(a)
	if w.Done, err = a.act(ctx, c.Command, ""); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return w, nil
}

func writer(a *App) *cli.Writer {
	return &cli.Writer{
		Library: a.Store, Reindex: a.Store, Ingest: a.Ingest, Process: a.Process, Derive: a.Derive, Review: a.Review, Reports: a.Reports,
		Releases: a.releases(), Maintain: a.Maintain, Integrity: a.Integrity, Backup: a.Backup,
		Close: a.Close, SetAside: a.SetAside,
	}
}

// Serve answers HTTP until ctx ends.
func (p *program) Serve(ctx context.Context, c cli.Common, so cli.ServeOptions, ready func(string)) (err error) {
	cfg, err := p.load(c)
	if err != nil {
		return err
	}
	if so.NoWork {
		if err := needsPostgres(cfg, "a server that does no work"); err != nil {
			return err
		}
	}
	alone := checkLoopback(cfg.Listen) == nil && len(cfg.Security.BehindProxy) == 0
	if err := p.mayServe(ctx, c, cfg, alone); err != nil {
		return err
	}
	l, err := listenAt(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	o := p.options(c, Server, "serve on "+l.Addr().String())
	o.NoWork, o.Local = so.NoWork, alone && loopback(l)
	a, err := New(ctx, cfg, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	srv := a.API.HTTPServer()
	if srv.TLSConfig, err = newTLS(cfg, p.clock, a.Log); err != nil {
		return err
	}
	a.Log.Info("serving", "address", l.Addr().String(), "data_path", cfg.DataPath, "tls", srv.TLSConfig != nil)
	ready(address(l, srv.TLSConfig != nil))
	return serve(ctx, srv, l)
}

// Archive runs the sample archives until ctx ends.
func (p *program) Archive(ctx context.Context, c cli.Common, o cli.ArchiveOptions, ready func(string)) error {
	if err := checkLoopback(o.Listen); err != nil {
		return err
	}
	log := newLog(p.stderr, p.options(c, Reader, "").Level, nil, 0)
	options := sample.Options{Clock: p.clock, Log: log}
	for _, f := range o.Faults {
		fault, err := sample.ParseFault(f)
		if err != nil {
			return err
		}
		options.Faults = append(options.Faults, fault)
	}
	if o.Data != "" {
		if info, err := os.Stat(o.Data); err != nil || !info.IsDir() {
			return exo.E("app.Archive", exo.NotFound, nil, err).Say("there is no folder %s", o.Data).Try("name a folder of tables and FITS files with --data")
		}
		options.Data = os.DirFS(o.Data)
	} else {
		options.Universe = universe.New(o.Seed)
	}
	s, err := sample.New(options)
	if err != nil {
		return err
	}
	l, err := listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	ready(address(l, false))
	return serve(ctx, archiveServer(s, log), l)
}

func archiveServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: grace, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// Faults lists the faults that the sample archives can play.
func (p *program) Faults() []cli.Fault {
	var list []cli.Fault
	for _, f := range sample.Faults() {
		name := f.Name
		if f.Value != "" {
			name += "=" + f.Value
		}
		list = append(list, cli.Fault{Name: name, Doc: f.Text})
	}
	return list
}
