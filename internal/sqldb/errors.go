package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"exoplanetai/internal/exo"
)

// Typed gives an error of the database its kind. An error that has a kind keeps
// it.
func Typed(op string, item any, err error) error {
	if err == nil || errors.As(err, new(*exo.Error)) {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return typedCode(op, item, e)
	}
	if typed := typedPostgres(op, item, err); typed != nil {
		return typed
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
