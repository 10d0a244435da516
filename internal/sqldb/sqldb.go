package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"exoplanetai/internal/fsys"
)

// Dialect tells which database it is, for the few statements that differ.
type Dialect string

// The databases that are known.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Options says how to open a database.
type Options struct {
	URL      string // postgres://…: a Postgres database; empty: the SQLite file at Path
	Path     string // of the database file; its folder must exist
	MaxConns int    // open connections at most; 0: 4, on Postgres 10 and never less than 2
	ReadOnly bool   // never write, not even beside the file; see Open
	Scratch  bool   // a file that is being made, for one connection; see Open
	Memory   bool   // no file at all: rows in memory, for one connection; Path is not used
	CacheKiB int    // pages that each connection keeps in memory; 0: 2000
}

// DB is an open database.
type DB struct {
	*sql.DB
	dialect  Dialect
	readOnly bool
	domain   string // of the write lock on Postgres; see For
}

// Dialect tells which database it is.
func (db *DB) Dialect() Dialect {
	if db.dialect == "" {
		return SQLite
	}
	return db.dialect
}

// ReadOnly reports whether the database was opened to read only.
func (db *DB) ReadOnly() bool { return db.readOnly }

// For returns the same database, with the same connections, whose InTx waits
// only for transactions of the same name. SQLite has one lock, whatever the
// name. Who calls Close closes it for all.
func (db *DB) For(name string) *DB {
	named := *db
	named.domain = name
	return &named
}

const defaultConns = 4

// Open opens the database and makes it if there is none; a Postgres database
// must exist, and be the program's own.
//
// With ReadOnly nothing is made or written. Beside a running writer the
// database is read through the writer's own log and shared memory. Where there
// is no log, the file alone is the whole truth and is read as one that does not
// change; a writer that starts later is then not seen. On Postgres, each
// transaction is read only.
//
// With Scratch there is no log, no lock and no sync: writing is as fast as can
// be, and a file whose making was cut short is rubbish. Who makes one syncs it
// and gives it its name when it is whole.
//
// Errors: exo.NotFound (read only, and no file), exo.Corrupt (not a database,
// or damaged), exo.Unavailable, exo.Full, exo.Invalid (not a postgres:// URL).
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.URL != "" {
		return openPostgres(ctx, o)
	}
	return openSQLite(ctx, o)
}

func openSQLite(ctx context.Context, o Options) (*DB, error) {
	const op = "sqldb.Open"
	if !o.Memory && fsys.SizeOf(o.Path) == 0 && fsys.SizeOf(o.Path+"-wal") > 0 {
		return nil, damaged(op, nil, nil) // SQLite would delete the log
	}
	var lastErr error
	for _, dsn := range sources(o) {
		pool, err := sql.Open("sqlite", dsn)
		if err != nil {
			return nil, Typed(op, nil, err)
		}
		conns := o.MaxConns
		switch {
		case o.Scratch, o.Memory:
			conns = 1
		case conns <= 0:
			conns = defaultConns
		}
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		var n int // the first query reads the file's head and its schema
		if lastErr = pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); lastErr == nil {
			return &DB{DB: pool, dialect: SQLite, readOnly: o.ReadOnly}, nil
		}
		_ = pool.Close() // nothing was written
	}
	return nil, Typed(op, nil, lastErr)
}

// Check lets the database compare its own structure from end to end; damage in
// a page that nobody has asked for yet is found too. exo.Corrupt for damage.
func (db *DB) Check(ctx context.Context) error {
	const op = "sqldb.Check"
	if db.dialect == Postgres { // the server looks after its pages; here only whether it answers
		return Typed(op, nil, db.PingContext(ctx))
	}
	var text sql.NullString // of the first finding; NULL where a page cannot be told at all
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&text); err != nil {
		return Typed(op, nil, err)
	}
	if text.String != "ok" {
		return damaged(op, nil, errors.New(text.String))
	}
	return nil
}

// sources returns the addresses to try, best first. The parameters are those of
// https://www.sqlite.org/uri.html and of the driver.
func sources(o Options) []string {
	if o.Memory {
		return []string{"file::memory:?_pragma=synchronous(OFF)"}
	}
	common := []string{"_pragma=busy_timeout(10000)", "_pragma=foreign_keys(1)"}
	if o.CacheKiB > 0 {
		common = append(common, fmt.Sprintf("_pragma=cache_size(-%d)", o.CacheKiB))
	}
	base := "file:" + (&url.URL{Path: o.Path}).EscapedPath() + "?"
	if o.Scratch {
		return []string{base + strings.Join([]string{"_pragma=page_size(8192)", "_pragma=journal_mode(OFF)", "_pragma=synchronous(OFF)",
			"_pragma=locking_mode(EXCLUSIVE)", "_pragma=cache_size(-65536)"}, "&")}
	}
	if !o.ReadOnly {
		return []string{base + strings.Join(append(common,
			"_pragma=journal_mode(WAL)", "_pragma=synchronous(NORMAL)", "_txlock=immediate"), "&")}
	}
	common = append(common, "_pragma=query_only(1)", "mode=ro")
	beside := base + strings.Join(append(common, "readonly_shm=1"), "&")
	alone := base + strings.Join(append(common, "immutable=1"), "&")
	if fsys.SizeOf(o.Path+"-wal") > 0 {
		return []string{beside, alone}
	}
	return []string{alone}
}

// InTx runs f in a transaction that has the write lock from its start, and
// commits if f returns nil. So what f reads is still true when it writes. On
// Postgres it is an advisory lock, which other ways to write do not take; see
// For.
func (db *DB) InTx(ctx context.Context, f func(tx *sql.Tx) error) (err error) {
	const op = "sqldb.InTx"
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Typed(op, nil, err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error is the one to tell
		}
	}()
	if db.dialect == Postgres && !db.readOnly {
		if err = lockDomain(ctx, tx, db.domain); err != nil {
			return Typed(op, nil, err)
		}
	}
	if err = f(tx); err != nil {
		return Typed(op, nil, err)
	}
	return Typed(op, nil, tx.Commit())
}
