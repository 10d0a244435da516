package app

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/cache/file"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

func (a *App) openCache(cfg config.Config, o Options) error {
	disk, err := fsys.OpenDir(a.cacheFolder(cfg), o.Role != Reader)
	if err != nil {
		if o.Role == Reader && errors.Is(err, exo.NotFound) {
			return nil
		}
		return err
	}
	a.later("cache folder", disk.Close)
	a.cache, a.caches = disk, disk
	if a.instance != "" { // a clean-up sees those of all, also of processes that are no more
		all, err := fsys.OpenDir(cfg.CachePath, false)
		if err != nil {
			return err
		}
		a.later("cache folders", all.Close)
		a.caches = all
	}
	if a.files, err = file.New(file.Options{FS: disk, Clock: o.Clock}); err != nil {
		return err
	}
	a.Cache = a.files
	return nil
}

// cacheFolder is where this process caches. Of several that share the data folder
// each has a folder of its own: a file that is being made has one writer.
func (a *App) cacheFolder(cfg config.Config) string {
	return filepath.Join(cfg.CachePath, a.instance)
}

// openJobs opens the queue, and begins to work on it unless others do.
func (a *App) openJobs(ctx context.Context, cfg config.Config, o Options) error {
	db, err := sqldb.Open(ctx, jobsDatabase(cfg))
	if err != nil {
		return err
	}
	a.later("job database", db.Close)
	a.Jobs, err = jobs.Open(ctx, a.jobOptions(db, cfg, o))
	if err != nil {
		return err
	}
	a.later("jobs", func() error {
		late, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		return a.Jobs.Close(late)
	})
	return a.Jobs.Start(ctx)
}

// jobsDatabase is where the queue is: beside the index, or in Postgres.
func jobsDatabase(cfg config.Config) sqldb.Options {
	if cfg.DatabaseURL != "" {
		return sqldb.Options{URL: cfg.DatabaseURL}
	}
	return sqldb.Options{Path: indexPath(cfg), MaxConns: 1}
}

// jobOptions says what jobs there are, and when some of them begin by themselves.
func (a *App) jobOptions(db *sqldb.DB, cfg config.Config, o Options) jobs.Options {
	handlers := api.Handlers(a.Ingest, a.Process)
	maps.Copy(handlers, api.ReviewHandlers(a.Review))
	maps.Copy(handlers, api.VersionHandlers(a.releases()))
	maps.Copy(handlers, api.MaintainHandlers(a.Maintain))
	maps.Copy(handlers, api.BackupHandlers(a.Backup))
	maps.Copy(handlers, api.IntegrityHandlers(a.Integrity))
	maps.Copy(handlers, a.scheduleHandlers(cfg))
	out := jobs.Options{
		DB: db, Handlers: handlers, Problem: api.ProblemJSON, Clock: o.Clock, Workers: cfg.Processing.Jobs,
		Timeout: cfg.Processing.MaxTime, Log: a.Log, InsertOnly: o.NoWork, Worker: a.instance, Periodic: a.schedule(cfg),
	}
	a.observeJobs(&out)
	return out
}

// openAPI builds the HTTP interface and what runs beside it.
func (a *App) openAPI(ctx context.Context, cfg config.Config, o Options) (err error) {
	a.watch(cfg, o)
	options := api.Options{
		Ingest: a.Ingest, Process: a.Process, Jobs: a.Jobs, Library: library{a.Store, a.disk}, Cache: a.Cache,
		Catalogs: a.Query, Versions: a.tables, History: a.History, Review: a.Review, Reports: a.Reports,
		Releases: a.releases(), Maintain: a.Maintain, Integrity: a.Integrity, Backup: a.Backup,
		Clock: o.Clock, Rand: o.Rand, Log: a.Log, Version: Version, BaseURL: cfg.Changes.BaseURL, BodyTimeout: 15 * time.Second, WriteTimeout: time.Minute,
		Auth: a.Auth, Local: o.Local, Audit: a.Audit, Watch: a.Watch, Limits: a.limits(cfg, o),
		Proxies: cfg.Security.BehindProxy, TLS: cfg.TLS.CertFile != "", CORS: cfg.Security.CORSOrigins, MetricsFrom: metricsFrom(cfg.Security.Metrics),
	}
	if a.redis != nil {
		options.Pages = a.redis
	}
	a.observeAPI(&options)
	if a.API, err = api.New(options); err != nil {
		return err
	}
	a.catchUp()
	return a.listenMetrics(ctx, cfg)
}

// library adds to the store what the HTTP interface reads beside it.
type library struct {
	*store.Store
	disk fsys.FS
}

// maxChecksums bounds a checksum file that is sent: a million lines.
const maxChecksums = 200 << 20

// Checksums returns the file checksums/<name>.
func (l library) Checksums(_ context.Context, name string) ([]byte, error) {
	p, err := exo.ParsePath("checksums/" + name)
	if err != nil {
		return nil, err
	}
	text, err := fsys.ReadFile(l.disk, string(p), maxChecksums)
	if errors.Is(err, exo.NotFound) {
		return nil, exo.E("app.Checksums", exo.NotFound, p, err).Say("there is no file %s", p).
			Try("the files are checksums/raw.sha256, checksums/lightcurves.sha256 and checksums/metadata.sha256")
	}
	return text, err
}
