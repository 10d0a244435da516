package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/backup"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/store"
)

// Kinds of jobs that only the schedule begins.
const (
	jobTables      = "schedule.tables"
	jobLightCurves = "schedule.lightcurves"
	jobIntegrity   = "schedule.integrity"
	jobLogs        = "schedule.logs"
)

const (
	wholeRound = 30 * 24 * time.Hour // within which all bytes are read again
	maxStars   = 200                 // stars that one run asks an archive for
)

// schedule lists what is done without being asked for. What was missed while
// nothing ran is made up for once.
func (a *App) schedule(cfg config.Config) []jobs.Periodic {
	s := cfg.Schedule
	backups := func() bool { return cfg.Backup.Repository != "" }
	var list []jobs.Periodic
	for _, line := range []struct {
		name    string
		task    config.Task
		kind    string
		args    any
		enabled func() bool
	}{
		{"tables", s.Tables, jobTables, nil, nil},
		{"lightcurves", s.LightCurves, jobLightCurves, nil, nil},
		{"cleanup", s.Cleanup, api.JobCleanup, maintain.CleanupOptions{}, nil},
		{"logs", s.Logs, jobLogs, nil, nil},
		{"integrity", s.Integrity, jobIntegrity, nil, nil},
		{"backup", s.Backup, api.JobBackupCreate, backup.CreateOptions{}, backups},
		{"drill", s.Drill, api.JobBackupDrill, backup.DrillOptions{}, backups},
		{"retention", s.Retention, api.JobRetain, maintain.RetainOptions{}, nil},
	} {
		if line.task.On {
			list = append(list, jobs.Periodic{Name: line.name, Every: line.task.Every, Kind: line.kind, Args: line.args, Enabled: line.enabled})
		}
	}
	return list
}

// scheduleHandlers does the work of the jobs that only the schedule begins.
func (a *App) scheduleHandlers(cfg config.Config) map[string]jobs.Handler {
	return map[string]jobs.Handler{
		jobTables: func(ctx context.Context, _ json.RawMessage, r func(jobs.Progress)) (any, error) {
			return a.refreshTables(ctx, r)
		},
		jobLightCurves: func(ctx context.Context, _ json.RawMessage, r func(jobs.Progress)) (any, error) {
			return a.refreshStars(ctx, r)
		},
		jobIntegrity: func(ctx context.Context, _ json.RawMessage, r func(jobs.Progress)) (any, error) {
			return a.readAgain(ctx, cfg.Schedule.Integrity.Every, r)
		},
		// The logs themselves are put aside by each process; see turnLogs.
		jobLogs: func(ctx context.Context, _ json.RawMessage, _ func(jobs.Progress)) (any, error) {
			return nil, a.Auth.Prune(ctx)
		},
	}
}

// refreshed tells what a run of the schedule fetched. One failure never stops the
// others.
type refreshed struct {
	Looked int               `json:"looked"` // tables or stars
	Asked  int               `json:"asked"`  // of them, that an archive was asked about
	Failed map[string]string `json:"failed"`
}

func (r *refreshed) fail(name string, err error) {
	if len(r.Failed) < maxStars {
		r.Failed[name] = exo.MessageOf(err)
	}
}

// refreshTables fetches the tables that are held and no longer fresh.
func (a *App) refreshTables(ctx context.Context, report func(jobs.Progress)) (refreshed, error) {
	out := refreshed{Failed: map[string]string{}}
	st, err := a.Ingest.Status(ctx)
	if err != nil {
		return out, err
	}
	var due []catalog.Type
	for t, s := range st.Tables {
		if s.Versions > 0 {
			out.Looked++
			if !s.Fresh {
				due = append(due, t)
			}
		}
	}
	slices.Sort(due)
	for i, t := range due {
		report(jobs.Progress{Done: int64(i), Total: int64(len(due)), Unit: "tables", Message: string(t)})
		out.Asked++
		if _, err := a.Ingest.Table(ctx, ingest.TableRequest{TableType: string(t)}, nil); err != nil {
			if ctx.Err() != nil {
				return out, err
			}
			out.fail(string(t), err)
		}
	}
	return out, nil
}

// refreshStars looks for new sectors of the TESS stars that are held: the other
// missions are over, and what they sent stays as it is. A run asks for some stars
// that are no longer fresh; the next goes on with the others.
func (a *App) refreshStars(ctx context.Context, report func(jobs.Progress)) (refreshed, error) {
	out := refreshed{Failed: map[string]string{}}
	stars := map[exo.TargetID]bool{}
	err := a.Store.Each(ctx, store.Filter{Kind: store.LightCurve, Mission: exo.TESS}, func(m store.Meta) error {
		stars[m.Target] = true
		return nil
	})
	if err != nil {
		return out, err
	}
	names := make([]string, 0, len(stars))
	for s := range stars {
		names = append(names, s.String())
	}
	slices.Sort(names)
	out.Looked = len(names)
	for i, name := range names {
		if out.Asked >= maxStars {
			break
		}
		report(jobs.Progress{Done: int64(i), Total: int64(len(names)), Unit: "stars", Message: name})
		r, err := a.Ingest.LightCurve(ctx, ingest.LightCurveRequest{TargetName: name, Mission: string(exo.TESS)}, nil)
		if ctx.Err() != nil {
			return out, err
		}
		if err != nil {
			out.Asked++
			out.fail(name, err)
		} else if r.Source != ingest.FromCache {
			out.Asked++
		}
	}
	return out, nil
}

// readAgain reads so much of all bytes that a round takes no longer than it may.
func (a *App) readAgain(ctx context.Context, every time.Duration, report func(jobs.Progress)) (any, error) {
	st, err := a.Store.Stats(ctx)
	if err != nil {
		return nil, err
	}
	part := st.Total.Bytes
	if every < wholeRound {
		part = int64(float64(part)*float64(every)/float64(wholeRound)) + 1
	}
	return a.Integrity.Sweep(ctx, store.SweepOptions{MaxBytes: part}, func(done, total int64) {
		report(jobs.Progress{Done: done, Total: total, Unit: "bytes"})
	})
}

// turnLogs puts this process's logs aside when they are too old, though nothing is
// written to them.
func (a *App) turnLogs(every time.Duration) func(ctx context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for _, l := range a.logs {
				if err := l.turn(); err != nil {
					a.Log.Warn("a log cannot be put aside", "error", err)
				}
			}
		}
	}
}

// turn puts the file aside if it is too old, and removes what was put aside and is
// too old.
func (l *logFile) turn() (failed error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	now := l.clock()
	if l.size > 0 && now.Sub(l.begun) > logSpan {
		failed = l.rotate()
	}
	return errors.Join(failed, l.prune(now))
}
