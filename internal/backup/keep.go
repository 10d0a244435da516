package backup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// schema is what the database knows of backups. Times are nanoseconds since
// 1970; a report is the JSON of a DrillReport.
var schema = []string{
	`CREATE TABLE backup_checks(snapshot TEXT PRIMARY KEY, checked_at INTEGER NOT NULL, ok INTEGER NOT NULL) STRICT;
	 CREATE TABLE backup_drills(started_at INTEGER NOT NULL, snapshot TEXT NOT NULL, ok INTEGER NOT NULL, report TEXT NOT NULL) STRICT;
	 CREATE INDEX backup_drills_by_time ON backup_drills(started_at);`,
}

// tables makes the tables; false where nothing can be kept.
func (s *Service) tables(ctx context.Context) (bool, error) {
	if s.o.DB == nil || s.o.DB.ReadOnly() {
		return false, nil
	}
	return true, sqldb.Migrate(ctx, s.o.DB, "backup", schema)
}

// elsewhere tells whether the index is in Postgres, which has backups of its own.
func (s *Service) elsewhere() bool { return s.o.DB != nil && s.o.DB.Dialect() == sqldb.Postgres }

// readable tells whether there are tables to read.
func (s *Service) readable(ctx context.Context) (bool, error) {
	if s.o.DB == nil {
		return false, nil
	}
	if !s.o.DB.ReadOnly() {
		return s.tables(ctx)
	}
	made := `SELECT count(*) FROM sqlite_schema WHERE name = 'backup_checks'`
	if s.elsewhere() {
		made = `SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('backup_checks')`
	}
	var n int
	err := s.o.DB.QueryRowContext(ctx, made).Scan(&n)
	return n > 0, sqldb.Typed("backup.checks", nil, err)
}

// checks are the snapshots whose last check was right, and its time.
func (s *Service) checks(ctx context.Context) (_ map[string]time.Time, err error) {
	const op = "backup.checks"
	ok, err := s.readable(ctx)
	if err != nil || !ok {
		return nil, err
	}
	rows, err := s.o.DB.QueryContext(ctx, `SELECT snapshot, checked_at FROM backup_checks WHERE ok <> 0`)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() { err = errors.Join(err, sqldb.Typed(op, nil, rows.Close())) }()
	out := map[string]time.Time{}
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		out[id] = time.Unix(0, at).UTC()
	}
	return out, sqldb.Typed(op, nil, rows.Err())
}

// checked keeps the outcome of a check.
func (s *Service) checked(ctx context.Context, id string, at time.Time, right bool) error {
	ok, err := s.tables(ctx)
	if err != nil || !ok {
		return err
	}
	_, err = s.o.DB.ExecContext(ctx, `INSERT INTO backup_checks(snapshot, checked_at, ok) VALUES(?, ?, ?)
		ON CONFLICT(snapshot) DO UPDATE SET checked_at = excluded.checked_at, ok = excluded.ok`, id, at.UnixNano(), right)
	return sqldb.Typed("backup.checked", nil, err)
}

func (s *Service) drilled(ctx context.Context, d DrillReport) error {
	ok, err := s.tables(ctx)
	if err != nil || !ok {
		return err
	}
	doc, err := json.Marshal(d)
	if err != nil {
		return exo.E("backup.drilled", exo.Internal, nil, err)
	}
	_, err = s.o.DB.ExecContext(ctx, `INSERT INTO backup_drills(started_at, snapshot, ok, report) VALUES(?, ?, ?, ?)`,
		d.StartedAt.UnixNano(), d.Snapshot, d.OK, string(doc))
	return sqldb.Typed("backup.drilled", nil, err)
}

// LastDrill is the newest drill that is kept; exo.NotFound if there is none.
func (s *Service) LastDrill(ctx context.Context) (d DrillReport, err error) {
	const op = "backup.LastDrill"
	none := exo.Errorf(op, exo.NotFound, nil, "no restore drill was made yet").Try("exoplanetai backup drill")
	ok, err := s.readable(ctx)
	if err != nil {
		return d, err
	}
	if !ok {
		return d, none
	}
	var doc string
	err = s.o.DB.QueryRowContext(ctx, `SELECT report FROM backup_drills ORDER BY started_at DESC LIMIT 1`).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return d, none
	}
	if err != nil {
		return d, sqldb.Typed(op, nil, err)
	}
	if err := json.Unmarshal([]byte(doc), &d); err != nil {
		return d, exo.E(op, exo.Corrupt, nil, err).Say("the report of the last drill cannot be read").Try("exoplanetai backup drill")
	}
	return d, nil
}
