package app

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/health"
	"exoplanetai/internal/jobs"
)

// sample sets the metrics of what changes slowly. What cannot be told now keeps
// its value.
func (a *App) sample(ctx context.Context) {
	for name, look := range map[string]func(context.Context) error{
		"store": a.sampleStore, "caches": a.sampleCaches, "jobs": a.sampleJobs, "tables": a.sampleTables,
		"versions": a.sampleVersions, "drill": a.sampleDrill, "health": a.sampleHealth,
	} {
		if err := look(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("metrics are old", "of", name, "error", err)
		}
	}
	if a.Guard != nil {
		g := a.Guard.State()
		a.metrics.SetGuard(string(g.State), g.Refused, g.Cleanups)
	}
	a.snapshots.want()
}

func (a *App) sampleStore(ctx context.Context) error {
	if a.Store == nil {
		return nil
	}
	st, err := a.Store.Stats(ctx)
	if err != nil {
		return err
	}
	for _, f := range st.Folders {
		a.metrics.SetFolder(f.Path, f.Files, f.Bytes)
	}
	a.metrics.SetDisk(st.Disk.Free, st.Disk.Total)
	a.metrics.SetIntegrity(st.Integrity.Coverage, st.Integrity.OldestProof, st.Integrity.LastFullAt)
	return nil
}

func (a *App) sampleCaches(ctx context.Context) error {
	tell := func(name string, up bool, of interface {
		Stats(context.Context) (cache.Stats, error)
	}) error {
		st, err := of.Stats(ctx)
		if err == nil {
			a.metrics.SetCache(name, up, int64(st.Entries), st.Bytes, st.Hits, st.Misses)
		}
		return err
	}
	var errs []error
	if a.files != nil {
		errs = append(errs, tell("file", true, a.files))
	}
	if a.redis != nil {
		errs = append(errs, tell("redis", a.redis.State().Up, a.redis))
	}
	return errors.Join(errs...)
}

func (a *App) sampleJobs(ctx context.Context) error {
	if a.Jobs == nil {
		return nil
	}
	const many = 1000 // a longer queue is told as so long
	queued, err := a.Jobs.List(ctx, jobs.Filter{State: jobs.Queued, Limit: many})
	if err != nil {
		return err
	}
	running, err := a.Jobs.List(ctx, jobs.Filter{State: jobs.Running, Limit: many})
	if err != nil {
		return err
	}
	oldest, now := time.Duration(0), a.clock()
	for _, j := range queued {
		if j.NotBefore == nil || !j.NotBefore.After(now) {
			oldest = max(oldest, now.Sub(j.CreatedAt))
		}
	}
	a.metrics.SetQueue(int64(len(queued)), int64(len(running)), oldest)
	return nil
}

func (a *App) sampleTables(ctx context.Context) error {
	if a.Ingest == nil {
		return nil
	}
	st, err := a.Ingest.Status(ctx)
	if err != nil {
		return err
	}
	for name, t := range st.Tables {
		if t.Versions > 0 {
			a.metrics.SetTable(string(name), t.Records, t.Versions, t.CheckedAt, t.Fresh)
		}
	}
	return nil
}

func (a *App) sampleVersions(ctx context.Context) error {
	if a.Releases == nil {
		return nil
	}
	list, err := a.Releases.List(ctx)
	if err != nil {
		return err
	}
	var newest *time.Time
	for _, v := range list {
		if newest == nil || v.CreatedAt.After(*newest) {
			newest = &v.CreatedAt
		}
	}
	a.metrics.SetVersions(len(list), newest)
	return nil
}

func (a *App) sampleDrill(ctx context.Context) error {
	if a.Backup == nil {
		return nil
	}
	d, err := a.Backup.LastDrill(ctx)
	if errors.Is(err, exo.NotFound) || errors.Is(err, exo.Conflict) {
		return nil
	}
	if err != nil {
		return err
	}
	a.metrics.SetDrill(&d.StartedAt, seconds(d.DurationS), d.OK)
	return nil
}

func (a *App) sampleHealth(ctx context.Context) error {
	if a.health == nil {
		return nil
	}
	r := a.health.Examine(ctx)
	for part, state := range map[string]health.State{
		"all": r.Status, "data_sources": r.Checks.DataSources.Status, "storage": r.Checks.Storage.Status,
		"cache": r.Checks.Cache.Status, "pipeline": r.Checks.Pipeline.Status,
	} {
		a.metrics.SetHealth(part, string(state))
	}
	a.metrics.SetReady(r.Ready)
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// snapshots knows of the backups. Asking their repository takes long, and it may
// be on another continent: that is done beside everything else.
type snapshots struct {
	once sync.Once
	wake chan struct{}

	mu   sync.Mutex // guards took
	took time.Duration
}

// snapshotsEvery is the least time between two looks at the repository.
const snapshotsEvery = 10 * time.Minute

func (s *snapshots) signal() chan struct{} {
	s.once.Do(func() { s.wake = make(chan struct{}, 1) })
	return s.wake
}

// want asks for a look at the repository.
func (s *snapshots) want() {
	select {
	case s.signal() <- struct{}{}:
	default:
	}
}

// run looks at the repository when somebody wants to know.
func (s *snapshots) run(a *App) func(context.Context) {
	return func(ctx context.Context) {
		var last time.Time
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.signal():
			}
			if now := a.clock(); last.IsZero() || now.Sub(last) >= snapshotsEvery {
				last = now
				s.look(ctx, a)
			}
		}
	}
}

// look asks the repository.
func (s *snapshots) look(ctx context.Context, a *App) {
	if a.Backup == nil {
		return
	}
	list, err := a.Backup.List(ctx)
	if err != nil && !errors.Is(err, exo.NotFound) {
		if ctx.Err() == nil && !errors.Is(err, exo.Conflict) { // of no repository
			a.Log.Warn("the backups cannot be listed", "error", err)
		}
		return
	}
	var newest *time.Time
	if len(list) > 0 {
		newest = &list[0].CreatedAt
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.metrics.SetBackup(len(list), newest, s.took)
}

// ended notes how long a backup took, and looks at the repository anew.
func (s *snapshots) ended(a *App, j jobs.Job) {
	var r backup.Result
	if !strings.Contains(j.Kind, "backup") || j.State != jobs.Succeeded || json.Unmarshal(j.Result, &r) != nil || r.Snapshot == "" || r.CreatedAt.IsZero() {
		return // of another kind
	}
	s.mu.Lock()
	s.took = seconds(r.DurationS)
	s.mu.Unlock()
	a.background.start(func(ctx context.Context) { s.look(ctx, a) })
}
