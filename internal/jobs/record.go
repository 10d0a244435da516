package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// schema holds the steps that make the table of records; steps are only added. Times are microseconds since 1970, UTC.
// The partial index is what makes a job unique while it has not ended.
var schema = []string{
	`CREATE TABLE jobs (
		seq INTEGER PRIMARY KEY AUTOINCREMENT,
		id TEXT NOT NULL UNIQUE,
		kind TEXT NOT NULL,
		args TEXT NOT NULL,
		digest TEXT NOT NULL,
		state TEXT NOT NULL CHECK (state IN ('queued','running','succeeded','failed','cancelled')),
		done INTEGER NOT NULL DEFAULT 0,
		total INTEGER NOT NULL DEFAULT 0,
		unit TEXT NOT NULL DEFAULT '',
		message TEXT NOT NULL DEFAULT '',
		created_at INTEGER NOT NULL,
		started_at INTEGER,
		finished_at INTEGER,
		result TEXT,
		error TEXT,
		tries INTEGER NOT NULL DEFAULT 0,
		kills INTEGER NOT NULL DEFAULT 0,
		cancel INTEGER NOT NULL DEFAULT 0,
		river_id INTEGER NOT NULL DEFAULT 0
	)`,
	`CREATE UNIQUE INDEX jobs_once ON jobs (digest) WHERE state IN ('queued','running')`,
	`CREATE INDEX jobs_state ON jobs (state, seq)`,
	`CREATE INDEX jobs_kind ON jobs (kind, seq)`,
	`ALTER TABLE jobs ADD COLUMN worker TEXT NOT NULL DEFAULT ''`,
	`ALTER TABLE jobs ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0`,
	`ALTER TABLE jobs ADD COLUMN request_id TEXT NOT NULL DEFAULT ''`,
	`ALTER TABLE jobs ADD COLUMN kill_done INTEGER NOT NULL DEFAULT 0`,
	`CREATE INDEX jobs_running ON jobs (worker) WHERE state = 'running'`,
	`CREATE TABLE job_workers (id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, alive_at INTEGER NOT NULL)`,
	`CREATE TABLE job_schedule (name TEXT PRIMARY KEY, last_at INTEGER NOT NULL, job_id TEXT NOT NULL)`,
	`CREATE TABLE job_items (job_id TEXT NOT NULL, key TEXT NOT NULL, ok INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (job_id, key))`,
}

const columns = `id, kind, state, done, total, unit, message, created_at, started_at, finished_at, result, error, args, tries, cancel, river_id, worker, not_before, request_id`

// record is a row: the public Job and what only the runner needs.
type record struct {
	Job
	args    json.RawMessage
	tries   int // failed with Unavailable so often
	cancel  bool
	riverID int64
}

// Ended reports whether the job has come to its end.
func (s State) Ended() bool { return s == Succeeded || s == Failed || s == Cancelled }

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func scan(row scanner) (record, error) {
	var (
		rec               record
		created           int64
		started, finished sql.NullInt64
		result, problem   sql.NullString
		args              string
		notBefore         int64
	)
	err := row.Scan(&rec.ID, &rec.Kind, &rec.State, &rec.Progress.Done, &rec.Progress.Total, &rec.Progress.Unit, &rec.Progress.Message,
		&created, &started, &finished, &result, &problem, &args, &rec.tries, &rec.cancel, &rec.riverID,
		&rec.Worker, &notBefore, &rec.RequestID)
	if err != nil {
		return record{}, err
	}
	rec.CreatedAt = time.UnixMicro(created).UTC()
	rec.StartedAt, rec.FinishedAt = timeOf(started), timeOf(finished)
	rec.Result, rec.Error = jsonOf(result), jsonOf(problem)
	if notBefore > 0 {
		rec.NotBefore = timeOf(sql.NullInt64{Int64: notBefore, Valid: true})
	}
	rec.args = json.RawMessage(args)
	return rec, nil
}

func timeOf(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := time.UnixMicro(n.Int64).UTC()
	return &t
}

func jsonOf(s sql.NullString) json.RawMessage {
	if !s.Valid {
		return nil
	}
	return json.RawMessage(s.String)
}

// querier is a *sql.DB or *sql.Tx.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func find(ctx context.Context, q querier, op, id string) (record, error) {
	rec, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM jobs WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, exo.Errorf(op, exo.NotFound, nil, "there is no job %.40q", id).Try("list the jobs to see their identifiers")
	}
	if err != nil {
		return record{}, sqldb.Typed(op, id, err)
	}
	return rec, nil
}

func (r *Runner) now() int64 { return r.opts.Clock().UnixMicro() }
