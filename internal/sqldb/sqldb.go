package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Options says how to open a database.
type Options struct {
	Path     string // of the database file; its folder must exist
	MaxConns int    // open connections at most; 0: 4
	ReadOnly bool   // never write, not even beside the file; see Open
	Scratch  bool   // a file that is being made, for one connection; see Open
	Memory   bool   // no file at all: rows in memory, for one connection; Path is not used
	CacheKiB int    // pages that each connection keeps in memory; 0: 2000
}

// DB is an open database.
type DB struct {
	*sql.DB
	readOnly bool
}

// ReadOnly reports whether the database was opened to read only.
func (db *DB) ReadOnly() bool { return db.readOnly }

const defaultConns = 4

// Open opens the database and makes it if there is none.
//
// With ReadOnly nothing is made or written. Beside a running writer the
// database is read through the writer's own log and shared memory. Where there
// is no log, the file alone is the whole truth and is read as one that does not
// change; a writer that starts later is then not seen.
//
// With Scratch there is no log, no lock and no sync: writing is as fast as can
// be, and a file whose making was cut short is rubbish. Who makes one syncs it
// and gives it its name when it is whole.
//
// Errors: exo.NotFound (read only, and no file), exo.Corrupt (not a database,
// or damaged), exo.Unavailable, exo.Full.
func Open(ctx context.Context, o Options) (*DB, error) {
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
			return &DB{pool, o.ReadOnly}, nil
		}
		_ = pool.Close() // nothing was written
	}
	return nil, Typed(op, nil, lastErr)
}

// Check lets the database compare its own structure from end to end; damage in
// a page that nobody has asked for yet is found too. exo.Corrupt for damage.
func (db *DB) Check(ctx context.Context) error {
	const op = "sqldb.Check"
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
// commits if f returns nil.
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
	if err = f(tx); err != nil {
		return Typed(op, nil, err)
	}
	return Typed(op, nil, tx.Commit())
}

// Migrate brings the tables of one user of the database up to date: the steps
// that have not been taken yet are taken, each in one transaction with the note
// that it was. Steps are never edited once released, only added.
//
// exo.Conflict when the database knows more steps than this program, or is
// read only and misses some.
func Migrate(ctx context.Context, db *DB, name string, steps []string) error {
	const op = "sqldb.Migrate"
	have, err := version(ctx, db, name)
	if err != nil {
		return err
	}
	switch {
	case have > len(steps):
		return exo.Errorf(op, exo.Conflict, nil, "the database was made by a newer program (%s %d, this program knows %d)", name, have, len(steps)).
			Try("use the newer program; this one would not understand the data")
	case have < len(steps) && db.readOnly:
		return exo.Errorf(op, exo.Conflict, nil, "the database is older than this program (%s %d of %d)", name, have, len(steps)).
			Try("start the server once, or run any writing command; that brings it up to date")
	}
	for i := have; i < len(steps); i++ {
		err := db.InTx(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, steps[i]); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO schema_versions(name, version) VALUES(?, ?)
				ON CONFLICT(name) DO UPDATE SET version = excluded.version`, name, i+1)
			return err
		})
		if err != nil {
			return fmt.Errorf("step %d of %s: %w", i+1, name, err)
		}
	}
	return nil
}

func version(ctx context.Context, db *DB, name string) (int, error) {
	const op = "sqldb.Migrate"
	if !db.readOnly {
		const table = `CREATE TABLE IF NOT EXISTS schema_versions(name TEXT PRIMARY KEY, version INTEGER NOT NULL)`
		if _, err := db.ExecContext(ctx, table); err != nil {
			return 0, Typed(op, nil, err)
		}
	}
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'schema_versions'`).Scan(&n)
	if err != nil || n == 0 {
		return 0, Typed(op, nil, err)
	}
	err = db.QueryRowContext(ctx, `SELECT version FROM schema_versions WHERE name = ?`, name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, Typed(op, nil, err)
}

// Typed gives an error of the database its kind. An error that has a kind keeps
// it.
func Typed(op string, item any, err error) error {
	if err == nil || errors.As(err, new(*exo.Error)) {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return typedCode(op, item, e)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, fs.ErrNotExist):
		return exo.E(op, exo.NotFound, item, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return exo.E(op, exo.KindOf(err), item, err)
	}
	return exo.E(op, exo.Internal, item, err)
}

func damaged(op string, item any, err error) error {
	return exo.E(op, exo.Corrupt, item, err).Say("the index database is damaged").
		Try("run `exoplanetai storage reindex`; it sets the damaged file aside and makes the index again from the data tree")
}

func typedCode(op string, item any, err *sqlite.Error) error {
	code := err.Code() & 0xff // the low byte is the primary code
	if err.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
		code = sqlite3.SQLITE_FULL // on a full disk the shared index of the log cannot be laid out
	}
	switch code {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged(op, item, err)
	case sqlite3.SQLITE_FULL:
		return exo.E(op, exo.Full, item, err).Say("the disk that holds the index database is full").
			Try("free some space, with `exoplanetai storage cleanup --max-age-days 0` or by hand, and run the command again")
	case sqlite3.SQLITE_CANTOPEN:
		return exo.E(op, exo.NotFound, item, err).Say("the index database cannot be opened").
			Try("check that the data folder exists and may be written to")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return exo.E(op, exo.Unavailable, item, err).Say("the index database is busy").Try("try again in a moment")
	case sqlite3.SQLITE_INTERRUPT:
		return exo.E(op, exo.Canceled, item, err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return exo.E(op, exo.Unavailable, item, err).Say("the index database cannot be read or written").
			Try("check the permissions of the data folder and the system's log for errors of the disk")
	case sqlite3.SQLITE_CONSTRAINT:
		return exo.E(op, exo.Conflict, item, err)
	}
	return exo.E(op, exo.Internal, item, err)
}
