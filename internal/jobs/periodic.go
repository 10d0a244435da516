package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Periodic is a job that is submitted again and again. Give Every or Cron.
type Periodic struct {
	Name  string        // of this line of the schedule, for ever
	Every time.Duration // since the last time
	Cron  string        // minute, hour, day of the month, month, day of the week; UTC
	Kind  string
	Args  any

	// Enabled is asked when a run is due; false lets it pass, as if it had run. nil:
	// always.
	Enabled func() bool

	// AtOnce lets the first run be due when the line is first seen, and not one
	// period later.
	AtOnce bool
}

// scheduleEvery is how often the schedule is looked at.
const scheduleEvery = time.Second

// next returns the first time after t at which a run is due.
func (p Periodic) next(t time.Time) time.Time {
	if p.Cron == "" {
		return t.Add(p.Every)
	}
	c, err := parseCron(p.Cron)
	if err != nil {
		return time.Time{} // Open has refused it
	}
	return c.next(t)
}

func checkPeriodic(o Options) error {
	const op = "jobs.Open"
	seen := map[string]bool{}
	for _, p := range o.Periodic {
		if p.Name == "" || seen[p.Name] || len(p.Name) > maxKind {
			return exo.Errorf(op, exo.Invalid, nil, "the schedule has two lines %q, or one without a name", p.Name)
		}
		seen[p.Name] = true
		if (p.Cron == "") == (p.Every == 0) || p.Every < 0 {
			return exo.Errorf(op, exo.Invalid, p.Name, "the schedule's line %q must have either a period or a time", p.Name)
		}
		if p.Cron != "" {
			if _, err := parseCron(p.Cron); err != nil {
				return exo.E(op, exo.Invalid, p.Name, err)
			}
		}
	}
	return nil
}

// keepSchedule submits what is due, until the context ends. Each process may do
// so: who is first moves the line's last time on, in the transaction that
// submits. However many runs were missed, one follows.
func (r *Runner) keepSchedule(ctx context.Context) {
	if len(r.opts.Periodic) == 0 {
		return
	}
	tick := time.NewTicker(scheduleEvery)
	defer tick.Stop()
	for {
		for _, p := range r.opts.Periodic {
			if err := r.due(ctx, p); err != nil && ctx.Err() == nil {
				r.opts.Log.WarnContext(ctx, "a job of the schedule cannot be submitted", "name", p.Name, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// due submits the line's job if it is due.
func (r *Runner) due(ctx context.Context, p Periodic) error {
	const op = "jobs.schedule"
	now := r.opts.Clock().UTC()
	last, known, err := r.lastRun(ctx, r.db, p.Name)
	if err != nil || known && p.next(last).After(now) {
		return err
	}
	enabled := (known || p.AtOnce) && (p.Enabled == nil || p.Enabled())
	var d draft
	if enabled {
		if d, err = r.draft(ctx, p.Kind, p.Args, time.Time{}); err != nil {
			return err
		}
	}
	return r.db.For("jobs schedule").InTx(ctx, func(tx *sql.Tx) error {
		was, known, err := r.lastRun(ctx, tx, p.Name)
		if err != nil || known && !was.Equal(last) {
			return err // another process was first
		}
		id := ""
		if enabled {
			// What still runs since the last time is not begun twice.
			rec, err := r.openWith(ctx, tx, d.digest)
			if errors.Is(err, sql.ErrNoRows) {
				rec, err = r.insert(ctx, tx, d)
			}
			if err != nil && !errors.Is(err, errTwice) {
				return err
			}
			id = rec.ID
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO job_schedule (name, last_at, job_id) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at, job_id = excluded.job_id`, p.Name, p.mark(last, known, now).UnixMicro(), id)
		return sqldb.Typed(op, p.Name, err)
	})
}

// mark is the time from which the next run is reckoned: the last that was due, so
// that a period does not drift by the time it takes to look.
func (p Periodic) mark(last time.Time, known bool, now time.Time) time.Time {
	if !known || p.Cron != "" || last.After(now) {
		return now
	}
	return last.Add(now.Sub(last) / p.Every * p.Every)
}

// lastRun tells when a line was last due.
func (r *Runner) lastRun(ctx context.Context, q querier, name string) (at time.Time, known bool, err error) {
	var last int64
	err = q.QueryRowContext(ctx, `SELECT last_at FROM job_schedule WHERE name = ?`, name).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return time.UnixMicro(last).UTC(), err == nil, sqldb.Typed("jobs.schedule", name, err)
}

// Scheduled is a line of the schedule, as it stands.
type Scheduled struct {
	Name   string    `json:"name"`
	Kind   string    `json:"kind"`
	LastAt time.Time `json:"last_at"` // when it was last due; zero: never
	NextAt time.Time `json:"next_at"`
	JobID  string    `json:"job_id"` // of the last run; empty if it was not enabled then
}

// Schedule returns the lines of this process.
func (r *Runner) Schedule(ctx context.Context) ([]Scheduled, error) {
	list := make([]Scheduled, 0, len(r.opts.Periodic))
	for _, p := range r.opts.Periodic {
		s := Scheduled{Name: p.Name, Kind: p.Kind}
		var last int64
		err := r.db.QueryRowContext(ctx, `SELECT last_at, job_id FROM job_schedule WHERE name = ?`, p.Name).Scan(&last, &s.JobID)
		switch {
		case err == nil:
			s.LastAt = time.UnixMicro(last).UTC()
			s.NextAt = p.next(s.LastAt)
		case !errors.Is(err, sql.ErrNoRows):
			return nil, sqldb.Typed("jobs.Schedule", p.Name, err)
		}
		list = append(list, s)
	}
	return list, nil
}
