package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"exoplanetai/internal/exo"
)

// Step is one step of the tables of a user of the database. Without a text for
// Postgres, that for SQLite is used, with the types that Postgres has for it:
// INTEGER and INT become BIGINT, BLOB becomes BYTEA, REAL becomes DOUBLE
// PRECISION, and INTEGER PRIMARY KEY AUTOINCREMENT becomes an identity.
type Step struct{ SQLite, Postgres string }

func (s Step) text(d Dialect) string {
	switch {
	case d != Postgres:
		return s.SQLite
	case s.Postgres != "":
		return s.Postgres
	}
	return postgresTypes(s.SQLite)
}

// Migrate is MigrateSteps for steps that both databases understand.
func Migrate(ctx context.Context, db *DB, name string, steps []string) error {
	both := make([]Step, len(steps))
	for i, text := range steps {
		both[i].SQLite = text
	}
	return MigrateSteps(ctx, db, name, both)
}

// MigrateSteps brings the tables of one user of the database up to date: the
// steps that have not been taken yet are taken, each in one transaction with the
// note that it was. Of several programs that start together, one takes a step
// and the others wait. Steps are never edited once released, only added.
//
// exo.Conflict when the database knows more steps than this program, or is
// read only and misses some.
func MigrateSteps(ctx context.Context, db *DB, name string, steps []Step) error {
	const op = "sqldb.Migrate"
	have, err := version(ctx, db, db.dialect, name)
	if err != nil {
		return err
	}
	switch {
	case have > len(steps):
		return newer(name, have, len(steps))
	case have < len(steps) && db.readOnly:
		return exo.Errorf(op, exo.Conflict, nil, "the database is older than this program (%s %d of %d)", name, have, len(steps)).
			Try("start the server once, or run any writing command; that brings it up to date")
	}
	for have < len(steps) {
		if have, err = step(ctx, db.For(migrations), name, steps); err != nil {
			return err
		}
	}
	return nil
}

// migrations names the write lock under which steps are taken.
const migrations = "schema_versions"

// step takes the next step, and returns how many have been taken.
func step(ctx context.Context, db *DB, name string, steps []Step) (have int, err error) {
	err = db.InTx(ctx, func(tx *sql.Tx) error {
		const table = `CREATE TABLE IF NOT EXISTS schema_versions(name TEXT PRIMARY KEY, version BIGINT NOT NULL)`
		if _, err := tx.ExecContext(ctx, table); err != nil {
			return err
		}
		have, err = version(ctx, tx, db.dialect, name) // another program may have taken some
		switch {
		case err != nil:
			return err
		case have > len(steps):
			return newer(name, have, len(steps))
		case have == len(steps):
			return nil
		}
		if _, err := tx.ExecContext(ctx, steps[have].text(db.dialect)); err != nil {
			return fmt.Errorf("step %d of %s: %w", have+1, name, err)
		}
		have++
		_, err := tx.ExecContext(ctx, `INSERT INTO schema_versions(name, version) VALUES(?, ?)
			ON CONFLICT(name) DO UPDATE SET version = excluded.version`, name, have)
		return err
	})
	return have, err
}

func newer(name string, have, known int) error {
	return exo.Errorf("sqldb.Migrate", exo.Conflict, nil, "the database was made by a newer program (%s %d, this program knows %d)", name, have, known).
		Try("use the newer program; this one would not understand the data")
}

type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version tells how many steps have been taken.
func version(ctx context.Context, q rower, d Dialect, name string) (int, error) {
	const op = "sqldb.Migrate"
	exists := `SELECT count(*) FROM sqlite_schema WHERE name = 'schema_versions'`
	if d == Postgres {
		exists = `SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_versions')`
	}
	var n int
	if err := q.QueryRowContext(ctx, exists).Scan(&n); err != nil || n == 0 {
		return 0, Typed(op, nil, err)
	}
	err := q.QueryRowContext(ctx, `SELECT version FROM schema_versions WHERE name = ?`, name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, Typed(op, nil, err)
}
