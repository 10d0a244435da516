package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"exoplanetai/internal/exo"
)

const (
	postgresConns = 10
	connectLimit  = 10 * time.Second // for one connection, unless the URL says otherwise
	idleLimit     = 5 * time.Minute  // of a connection that nobody uses
)

// settings of each connection: who waits for a lock does not wait longer than on
// SQLite, a process that was paused in a transaction does not hold up the others
// for ever, and the server soon notices that a machine has gone.
var settings = map[string]string{
	"application_name":                    "exoplanetai",
	"timezone":                            "UTC",
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "5min",
	"tcp_keepalives_idle":                 "15",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
}

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	const op = "sqldb.Open"
	if !strings.HasPrefix(o.URL, "postgres://") && !strings.HasPrefix(o.URL, "postgresql://") {
		return nil, exo.Errorf(op, exo.Invalid, nil, "the address of the database does not begin with postgres://").
			Try("set DATABASE_URL to postgres://user:password@host:5432/name")
	}
	cfg, err := pgx.ParseConfig(o.URL)
	if err != nil {
		// The cause may hold the password.
		return nil, exo.Errorf(op, exo.Invalid, nil, "the address of the database cannot be read").
			Try("set DATABASE_URL to postgres://user:password@host:5432/name; percent-encode special signs of the password")
	}
	for name, value := range settings {
		if _, given := cfg.RuntimeParams[name]; !given {
			cfg.RuntimeParams[name] = value
		}
	}
	if o.ReadOnly {
		cfg.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectLimit
	}
	pool := sql.OpenDB(connector{stdlib.GetConnector(*cfg)})
	conns := o.MaxConns
	if conns <= 0 {
		conns = postgresConns
	}
	conns = max(conns, 2) // one may hold a lock while the other works
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(idleLimit)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close() // nothing was written
		return nil, Typed(op, nil, err)
	}
	return &DB{DB: pool, dialect: Postgres, readOnly: o.ReadOnly}, nil
}

// lockDomain waits for the write lock of a name; the end of the transaction
// gives it back.
func lockDomain(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "exoplanetai:"+name)
	return err
}

// Alone runs f while no other process runs one of the same name; it holds no
// transaction. On SQLite f just runs: one process has the file.
func (db *DB) Alone(ctx context.Context, name string, f func() error) error {
	const op = "sqldb.Alone"
	if db.dialect != Postgres {
		return f()
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return Typed(op, nil, err)
	}
	defer conn.Close()
	key := "exoplanetai alone:" + name
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, key); err != nil {
		return Typed(op, nil, err)
	}
	err = f()
	uctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectLimit)
	defer cancel()
	if _, uerr := conn.ExecContext(uctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, key); uerr != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the end of the connection frees it
	}
	return err
}

// connector makes connections that understand the statements of SQLite.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: inner.(*stdlib.Conn)}, nil
}

// conn numbers the places of a statement, and tells database/sql to take another
// connection where this one broke and nothing can have happened.
type conn struct {
	*stdlib.Conn
	inTx bool
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	text, ours := dollars(query)
	result, err := c.Conn.ExecContext(ctx, text, plain(args, ours))
	return result, c.broken(ctx, query, err)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	text, ours := dollars(query)
	rows, err := c.Conn.QueryContext(ctx, text, plain(args, ours))
	return rows, c.broken(ctx, query, err)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	text, ours := dollars(query)
	inner, err := c.Conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, c.broken(ctx, "SELECT", err) // preparing changes nothing
	}
	return &stmt{Stmt: inner.(*stdlib.Stmt), ours: ours}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	inner, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, c.broken(ctx, "SELECT", err) // nothing has been done in it
	}
	c.inTx = true
	return &tx{inner, c}, nil
}

// broken returns driver.ErrBadConn for an error after which the statement may be
// sent again: the connection is gone, the statement is not part of a
// transaction, and it changes nothing or was not carried out.
func (c *conn) broken(ctx context.Context, query string, err error) error {
	if err == nil || ctx.Err() != nil || c.inTx || !c.Conn.Conn().IsClosed() {
		return err
	}
	pgErr, said := errors.AsType[*pgconn.PgError](err)
	ended := said && strings.HasPrefix(pgErr.Code, "57P0") // the server said so instead of carrying it out
	if ended || isSelect(query) {
		return driver.ErrBadConn
	}
	return err
}

func isSelect(query string) bool {
	word := strings.TrimLeft(query, " \t\r\n(")
	return len(word) >= 6 && strings.EqualFold(word[:6], "SELECT")
}

// plain turns truth values into the numbers that SQLite keeps for them, in our
// own statements.
func plain(args []driver.NamedValue, ours bool) []driver.NamedValue {
	if !ours {
		return args
	}
	for i, a := range args {
		if b, ok := a.Value.(bool); ok {
			args[i].Value = int64(0)
			if b {
				args[i].Value = int64(1)
			}
		}
	}
	return args
}

type stmt struct {
	*stdlib.Stmt
	ours bool
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.Stmt.ExecContext(ctx, plain(args, s.ours))
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.Stmt.QueryContext(ctx, plain(args, s.ours))
}

type tx struct {
	driver.Tx
	conn *conn
}

// Commit implements driver.Tx.
func (t *tx) Commit() error {
	t.conn.inTx = false
	return t.Tx.Commit()
}

// Rollback implements driver.Tx.
func (t *tx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}
