package sqldb_test

import (
	"errors"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

func TestPostgresTakesTheStatementsOfSQLite(t *testing.T) {
	ctx := t.Context()
	db := open(t, sqldb.Options{URL: xtest.Postgres(t)})
	if db.Dialect() != sqldb.Postgres {
		t.Errorf("it is %s", db.Dialect())
	}
	steps := []string{`CREATE TABLE a(n INTEGER PRIMARY KEY AUTOINCREMENT, i INTEGER NOT NULL, t TEXT, b BLOB, r REAL); CREATE INDEX a_t ON a(t)`,
		`INSERT INTO a(i, t) VALUES(1, 'what? ''ever?')`}
	for range 2 {
		if err := sqldb.Migrate(ctx, db, "test", steps); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO a(i, t, b, r) VALUES(?, ?, ?, ?), (?, 'a?', NULL, 1)`, true, "x", []byte{0, 1}, 0.5, 1<<40); err != nil {
		t.Fatal(err)
	}
	var n, i int64
	var text string
	if err := db.QueryRowContext(ctx, `SELECT n, i, t FROM a WHERE t = ? -- why?
		AND i > ?`, "a?", 3).Scan(&n, &i, &text); err != nil || n != 3 || i != 1<<40 || text != "a?" {
		t.Errorf("%d %d %q %v", n, i, text, err)
	}
	_, err := db.ExecContext(ctx, `INSERT INTO a(n, i) VALUES(1, 1)`)
	if !errors.Is(sqldb.Typed("test", nil, err), exo.Conflict) {
		t.Errorf("twice: %v", err)
	}
}
