package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"exoplanetai/internal/exo"
)

// typedPostgres gives an error of Postgres, or of the way to it, its kind; nil
// for any other.
func typedPostgres(op string, item any, err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return typedState(op, item, err, e.Code)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	var cerr *pgconn.ConnectError
	var nerr net.Error
	if errors.As(err, &cerr) || errors.As(err, &nerr) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool") {
		return lost(op, item, err)
	}
	return nil
}

func lost(op string, item any, err error) error {
	return exo.E(op, exo.Unavailable, item, err).Say("the Postgres database does not answer").
		Try("check that it runs and that DATABASE_URL names it; what was asked may be tried again")
}

// typedState knows the codes of https://www.postgresql.org/docs/15/errcodes-appendix.html.
func typedState(op string, item any, err error, code string) error {
	switch code {
	case "53100":
		return exo.E(op, exo.Full, item, err).Say("the disk of the Postgres database is full").Try("free some space there, and try again")
	case "57014":
		return exo.E(op, exo.Canceled, item, err)
	case "40001", "40P01", "55P03", "55006": // serialization, deadlock, a lock that was not free, in use
		return exo.E(op, exo.Unavailable, item, err).Say("the Postgres database is busy").Try("try again in a moment")
	case "3D000", "3F000":
		return exo.E(op, exo.NotFound, item, err).Say("the Postgres server has no such database").Try("make it with `createdb`, or correct DATABASE_URL")
	case "42501", "25006":
		return exo.E(op, exo.Unavailable, item, err).Say("the Postgres database does not allow this to the program").
			Try("let the user in DATABASE_URL own the database")
	case "22021", "22P05": // a zero byte or another that is no text
		return exo.E(op, exo.Invalid, item, err).Say("a text holds signs that the database cannot keep")
	}
	switch code[:min(2, len(code))] {
	case "23":
		return exo.E(op, exo.Conflict, item, err)
	case "28":
		return exo.E(op, exo.Unavailable, item, err).Say("the Postgres database refuses the sign-in").Try("check the user and password in DATABASE_URL")
	case "XX":
		if code == "XX001" || code == "XX002" {
			return exo.E(op, exo.Corrupt, item, err).Say("the Postgres database is damaged").Try("restore it from a backup; the data tree is whole without it")
		}
	case "08", "57", "53", "58": // connection, operator, resources, system
		return lost(op, item, err)
	}
	return exo.E(op, exo.Internal, item, err)
}
