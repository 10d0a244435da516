package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/backup"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/cache/file"
	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/config"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/history"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/limit"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/process"
	"exoplanetai/internal/query"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/verify"
	"exoplanetai/internal/version"
)

// Role says how much of the program is built.
type Role string

// The roles.
const (
	Reader Role = "reader" // looks at the store; nothing on the disk changes
	Writer Role = "writer" // one command that ingests
	Server Role = "server" // writer, queue of jobs and HTTP interface
	Worker Role = "worker" // writer and queue of jobs
	Keeper Role = "keeper" // one command that changes accounts or jobs, beside others; no data tree
)

// Options says how to build the program. All fields but Rebuild and Command
// are required.
type Options struct {
	Role    Role
	Clock   exo.Clock
	Rand    io.Reader
	Program string        // name and version, for provenance
	Command string        // for the message to whoever finds the store in use
	People  io.Writer     // where log lines for people go
	Level   slog.Level    // least level of those
	Rebuild bool          // open although the index is damaged or contradicts the tree
	Random  func() uint64 // chance for pauses between tries

	ConfigDir string // the user's folder for settings; empty: there is none
	NoWork    bool   // a server that leaves jobs to workers
	Local     bool   // only this machine reaches the server
}

// App is the program, built. What its role does not need is nil.
type App struct {
	Log     *slog.Logger
	Store   *store.Store
	Cache   cache.Cache
	Ingest  *ingest.Service
	Process *process.Service
	Query   *query.Service
	History *history.Service
	Derive  *derive.Service
	Review  *review.Service
	Reports *reports.Reports
	Jobs    *jobs.Runner
	API     *api.Server

	Releases  *version.Versions
	Backup    *backup.Service
	Integrity *verify.Service
	Maintain  *maintain.Service
	Guard     *maintain.Guard // nil: a reader writes nothing

	Auth  *auth.Service // nil: nobody asks who calls
	Audit *audit.Log
	Watch *audit.Watch

	processLog *slog.Logger // of processing: a file of its own

	SetAside string // where the damaged index database went, in the data folder; empty: it was not damaged

	disk     fsys.FS
	dataPath string
	db       *sqldb.DB      // the index
	cache    fsys.FS        // nil: there is none to read
	caches   fsys.FS        // those of all processes, for the clean-up
	tables   *tables.Tables // of Store, parsed once for all
	closers  []closer

	background *background
	sweeping   *background // clean-ups that the guard begins; nil for a reader
	announces  bool        // there are web hooks

	observing

	clock    exo.Clock
	instance string // folder of the logs below logs/; empty: logs/ itself
	logs     []*logFile
	mirror   *logFile // of the audit log; nil: this process writes none
	mirrorAt string   // of a mirror that another process writes
	master   *masterKeys
	sealing  func() ([]byte, error) // gives the key of the audit log; nil: it has none
	files    *file.Cache            // nil: there is none
	redis    *redis.Cache           // nil: there is none
	alerted  func(audit.Alert)

	triesMu sync.Mutex
	triers  map[int]limit.Limiter // guarded by triesMu; by the tries a minute
}

type closer struct {
	name string
	do   func() error
}

// New builds the program. On an error nothing stays open. On a disk that is too
// full even for that, a writer lets the cache go and tries once more.
func New(ctx context.Context, cfg config.Config, o Options) (*App, error) {
	a, err := build(ctx, cfg, o)
	if o.Role == Reader || !errors.Is(err, exo.Full) {
		return a, err
	}
	if err := letGo(ctx, cfg, o, err); err != nil {
		return nil, err
	}
	return build(ctx, cfg, o)
}

func build(ctx context.Context, cfg config.Config, o Options) (_ *App, err error) {
	a := newApp(o)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := checkFolder(cfg.DataPath, o); err != nil {
		return nil, err
	}
	if err := a.openLog(cfg, o); err != nil {
		return nil, err
	}
	if err := a.openObserving(ctx, cfg, o); err != nil {
		return nil, err
	}
	if err := a.openStore(ctx, cfg, o); err != nil {
		return nil, err
	}
	if err := a.openCache(cfg, o); err != nil {
		return nil, err
	}
	if o.Role != Reader {
		if err := a.openMirror(cfg, o); err != nil {
			return nil, err
		}
		if err := a.openAccess(ctx, cfg, o); err != nil {
			return nil, err
		}
		a.openRedis(ctx, cfg, o)
	}
	if err := a.openVersions(ctx, o); err != nil {
		return nil, err
	}
	a.tables = tables.New(a.Store)
	a.Reports = reports.New(a.Store)
	a.Reports.Observe = a.metrics.Validated
	ingesting := a.ingestOptions(cfg, o)
	ingesting.Reports, ingesting.After = a.Reports, a.follow(o.Role)
	a.Ingest = ingest.New(ingesting)
	a.Process = process.New(a.processOptions(cfg, o))
	if err := a.openCare(cfg, o); err != nil {
		return nil, err
	}
	if err := a.openCatalogs(cfg, o, ingesting); err != nil {
		return nil, err
	}
	if o.Role != Server && o.Role != Worker {
		return a, nil
	}
	a.background = newBackground(ctx)
	a.later("background", a.background.close)
	if t := cfg.Schedule.Logs; t.On {
		a.background.start(a.turnLogs(t.Every))
	}
	if err := a.openJobs(ctx, cfg, o); err != nil {
		return nil, err
	}
	if o.Role == Worker {
		return a, a.observeWorker(ctx, cfg, o)
	}
	return a, a.openAPI(ctx, cfg, o)
}

func newApp(o Options) *App { return &App{clock: o.Clock, triers: map[int]limit.Limiter{}} }

// Close undoes New in reverse. It reports everything that failed.
func (a *App) Close() error {
	var errs []error
	for len(a.closers) > 0 {
		last := a.closers[len(a.closers)-1]
		a.closers = a.closers[:len(a.closers)-1]
		if err := last.do(); err != nil {
			errs = append(errs, exo.E("app.Close", exo.KindOf(err), last.name, err))
		}
	}
	return errors.Join(errs...)
}

func (a *App) later(name string, do func() error) { a.closers = append(a.closers, closer{name, do}) }

// processOptions sets up processing.
func (a *App) processOptions(cfg config.Config, o Options) process.Options {
	workers := 0 // as many as there are processors
	if !cfg.Processing.Parallel {
		workers = 1
	}
	return process.Options{
		Store: a.Store, Tables: a.tables, Clock: o.Clock, Log: a.processLog, Program: o.Program,
		Workers: workers, Timeout: cfg.Processing.MaxTime, Quality: cfg.Processing.DefaultQualityBitmask, Resolve: a.resolve,
		Observe: a.metrics.Processed,
	}
}

// checkFolder looks at the data folder before anything is made beside it. Only
// who brings data may begin a new one.
func checkFolder(name string, o Options) error {
	const op = "app.checkFolder"
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir() && o.Rebuild && !holdsTree(name):
		return exo.Errorf(op, exo.NotFound, nil, "the folder %.200s holds no data tree", name).Try("name the data folder with --data-path")
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return exo.Errorf(op, exo.Invalid, nil, "%.200s is no folder", name).Try("name the data folder with --data-path")
	case errors.Is(err, fs.ErrNotExist) && o.Role != Reader && !o.Rebuild:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return exo.E(op, exo.NotFound, nil, err).Say("there is no data folder %.200s", name).
			Try("ingest something first, exoplanetai ingest table koi for one, or name the folder with --data-path")
	}
	return exo.E(op, exo.Invalid, nil, err).Say("the data folder %.200s cannot be opened", name).
		Try("check the name and the permissions of the folders on the way, or name another with --data-path")
}

// holdsTree tells a data folder from any other, whatever it has lost: it has one
// of the folders that an index is made from.
func holdsTree(name string) bool {
	for _, part := range []string{"metadata", "checksums"} {
		if info, err := os.Stat(filepath.Join(name, part)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

func (a *App) openStore(ctx context.Context, cfg config.Config, o Options) error {
	const op = "app.openStore"
	write := o.Role != Reader
	disk, err := fsys.OpenDir(cfg.DataPath, write)
	if err != nil {
		return err
	}
	a.disk, a.dataPath = disk, cfg.DataPath
	a.later("data folder", disk.Close)
	a.openGuard(cfg, o)
	if write {
		if err := store.Prepare(disk); err != nil {
			return err
		}
	}
	db, err := a.openIndex(ctx, cfg, o)
	if err != nil {
		if errors.Is(err, exo.NotFound) {
			return exo.E(op, exo.NotFound, nil, err).Say("the folder %s holds no data yet", cfg.DataPath).
				Try("ingest something first, exoplanetai ingest table koi for one, or name the folder with --data-path")
		}
		return err
	}
	a.later("index", db.Close)
	a.db = db
	a.Store, err = store.Open(ctx, store.Options{
		FS: disk, DB: db, Clock: o.Clock, Program: o.Program, Log: a.Log,
		Observe: a.metrics.Committed, Room: a.room, Holder: fmt.Sprintf("%s, process %d", o.Command, os.Getpid()), ReadOnly: !write, Rebuild: o.Rebuild, Shared: cfg.DatabaseURL != "" && write,
	})
	if err != nil {
		return inUse(err)
	}
	a.later("store", a.Store.Close)
	return nil
}

// openIndex opens the index database. To rebuild, one that is damaged anywhere
// is set aside, and a new one is opened in its place.
func (a *App) openIndex(ctx context.Context, cfg config.Config, o Options) (*sqldb.DB, error) {
	at := stateDatabase(cfg, o.Role == Reader)
	if o.Role != Reader && cfg.DatabaseURL == "" {
		if err := private(at.Path); err != nil {
			return nil, err
		}
	}
	db, err := sqldb.Open(ctx, at)
	if !o.Rebuild {
		return db, err
	}
	if err == nil {
		if err = db.Check(ctx); err == nil {
			return db, nil
		}
		err = errors.Join(err, db.Close())
	}
	if !errors.Is(err, exo.Corrupt) || cfg.DatabaseURL != "" {
		return nil, err
	}
	a.Log.Warn("the index database is damaged and set aside", "error", err)
	if a.SetAside, err = store.SetAside(a.disk, o.Clock()); err != nil {
		return nil, busy(err)
	}
	return a.openAnew(ctx, cfg, at)
}

// busy says why a damaged index cannot be set aside.
func busy(err error) error {
	if !errors.Is(err, exo.Conflict) {
		return err
	}
	return exo.E("app.openIndex", exo.Conflict, nil, err).
		Say("the index database is damaged, and another program holds the data folder").Try("stop that program first, a server for one, then run this again")
}

// stateDatabase is where index, accounts and audit log are: in the data tree, or in
// Postgres.
func stateDatabase(cfg config.Config, readOnly bool) sqldb.Options {
	if cfg.DatabaseURL != "" {
		return sqldb.Options{URL: cfg.DatabaseURL, ReadOnly: readOnly}
	}
	return sqldb.Options{Path: indexPath(cfg), ReadOnly: readOnly}
}

func indexPath(cfg config.Config) string {
	return filepath.Join(cfg.DataPath, filepath.FromSlash(store.IndexPath()))
}

// inUse says what to do when another process has the store.
func inUse(err error) error {
	if !errors.Is(err, exo.Conflict) || !strings.Contains(exo.HintOf(err), "stop it") {
		return err
	}
	return exo.E("app.openStore", exo.Conflict, nil, err).Say("%s", exo.MessageOf(err)).
		Try("stop it first, or ask the running server over HTTP (its address shows /docs)")
}
