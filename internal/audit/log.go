package audit

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Options says where the record is kept. DB and Clock are required.
type Options struct {
	DB    *sqldb.DB
	Clock exo.Clock
	Log   *slog.Logger // nil: nothing is said

	// Mirror takes a copy of each event, one Write per group of lines; logs/audit.log.
	// One process writes one mirror. nil: no mirror.
	Mirror io.Writer

	// ReadMirror opens the mirror with all that was put aside by rotation, oldest
	// first. With tail > 0 the last bytes, about so many, are enough; they may begin
	// in the middle of a line. nil: the mirror is not looked at, neither at the start
	// nor by Verify.
	ReadMirror func(tail int64) (io.ReadCloser, error)

	// MirrorKeep is the age at which old lines of the mirror may have been removed;
	// 0: never, so that a mirror that begins later than the table is a break. Negative:
	// they are removed by size, so that it may begin anywhere.
	MirrorKeep time.Duration

	// Key returns the key that seals, 16 bytes or more; it is asked at the first
	// need, until it succeeds. nil: a plain chain.
	Key func() ([]byte, error)

	// OldKeys returns the keys that sealed before; they only verify. nil: none.
	OldKeys func() ([][]byte, error)

	// AcceptPlain says that the chain may begin with events that have no seal of a
	// key, because there was none then. Otherwise such an event is a break: who has
	// no key could have written it.
	AcceptPlain bool

	// Written is told of each event that this process has written; nil: nobody is.
	Written func(Outcome)

	// Poll is how often Run looks for events of other processes; 0: 1 s.
	Poll time.Duration
}

// Log is the record. Its methods may be called by several goroutines.
type Log struct {
	o Options

	queueMu sync.Mutex
	queue   []*batch // guarded by queueMu: what waits to be written
	late    []Event  // guarded by queueMu: ends of calls that could not be written yet

	keyMu sync.Mutex
	keys  *keyring // guarded by keyMu; nil: not loaded

	writeMu   sync.Mutex // held by who writes; guards what follows
	sealer    *sealer
	seen      head   // the newest head this process knows
	mirrored  int64  // last event that is in the mirror
	rest      []byte // of a line of which only a part could be written to the mirror
	published int64  // last event that was handed to the subscribers

	subMu sync.Mutex
	subs  map[*subscriber]struct{} // guarded by subMu
}

// head is the head note: where the chain ends, and where it begins since the
// last pruning.
type head struct {
	seq      int64  // of the last event; 0: none yet
	hash     string // its seal
	baseSeq  int64  // of the last event that was pruned; 0: none
	baseHash string // its seal
	mac      string // seal of all these, "<key>:<seal>"
}

// schema makes the tables; steps are only added. Plain types, so that SQLite and
// Postgres read them alike. Times are microseconds since 1970, UTC.
var schema = []string{
	`CREATE TABLE audit_events (
		seq BIGINT PRIMARY KEY,
		at BIGINT NOT NULL,
		request_id TEXT NOT NULL,
		actor TEXT NOT NULL,
		role TEXT NOT NULL,
		via TEXT NOT NULL,
		address TEXT NOT NULL,
		action TEXT NOT NULL,
		object TEXT NOT NULL,
		outcome TEXT NOT NULL,
		code TEXT NOT NULL,
		detail TEXT NOT NULL,
		key_id TEXT NOT NULL,
		prev TEXT NOT NULL,
		hash TEXT NOT NULL
	)`,
	`CREATE INDEX audit_events_at ON audit_events (at)`,
	`CREATE INDEX audit_events_actor ON audit_events (actor, seq)`,
	`CREATE TABLE audit_head (
		id BIGINT PRIMARY KEY,
		writes BIGINT NOT NULL,
		seq BIGINT NOT NULL,
		hash TEXT NOT NULL,
		base_seq BIGINT NOT NULL,
		base_hash TEXT NOT NULL,
		mac TEXT NOT NULL
	)`,
	`INSERT INTO audit_head (id, writes, seq, hash, base_seq, base_hash, mac) VALUES (1, 0, 0, '` + origin + `', 0, '` + origin + `', '')`,
}

const (
	headColumns = `seq, hash, base_seq, base_hash, mac`
	columns     = `seq, at, request_id, actor, role, via, address, action, object, outcome, code, detail, key_id, prev, hash`
	columnCount = 15
)

// Open opens the record and makes its tables. What a kill left undone between
// table and mirror is completed here, except on a database that is read only.
func Open(ctx context.Context, o Options) (*Log, error) {
	const op = "audit.Open"
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if err := sqldb.Migrate(ctx, o.DB, "audit", schema); err != nil {
		return nil, err
	}
	l := &Log{o: o, subs: map[*subscriber]struct{}{}}
	h, err := readHead(ctx, o.DB)
	lost := errors.Is(err, exo.NotFound)
	if lost {
		h, err = l.headOfTable(ctx)
	}
	if err != nil {
		return nil, exo.E(op, exo.KindOf(err), nil, err)
	}
	l.seen, l.published, l.mirrored = h, h.seq, h.seq
	if o.DB.ReadOnly() {
		return l, nil
	}
	if lost {
		if err := l.makeHead(ctx); err != nil {
			return nil, err
		}
	}
	if err := l.meetMirror(ctx); err != nil {
		return nil, err
	}
	return l, l.meetKey(ctx)
}

// headOfTable tells from the events what a head note that is gone said.
func (l *Log) headOfTable(ctx context.Context) (head, error) {
	h := head{hash: origin, baseHash: origin}
	for _, part := range []struct {
		query string
		dest  []any
	}{
		{`SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1`, []any{&h.seq, &h.hash}},
		{`SELECT seq - 1, prev FROM audit_events ORDER BY seq LIMIT 1`, []any{&h.baseSeq, &h.baseHash}},
	} {
		err := l.o.DB.QueryRowContext(ctx, part.query).Scan(part.dest...)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return h, sqldb.Typed("audit.head", nil, err)
		}
	}
	return h, nil
}

// makeHead makes the head note again, and records that it was gone.
func (l *Log) makeHead(ctx context.Context) error {
	h := l.seen
	_, err := l.o.DB.ExecContext(ctx, `INSERT INTO audit_head (id, writes, `+headColumns+`) VALUES (1, 0, ?, ?, ?, ?, ?)`, h.seq, h.hash, h.baseSeq, h.baseHash, h.mac)
	if err != nil {
		return sqldb.Typed("audit.head", nil, err)
	}
	l.o.Log.ErrorContext(ctx, "the head note of the audit log was gone", "events", h.seq)
	return l.Append(ctx, Event{Actor: system, Action: recoverAction, Object: "head note", Outcome: Failed, Code: string(exo.Corrupt)})
}

// querier is a *sql.Tx or the database.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readHead(ctx context.Context, q querier) (head, error) {
	return scanHead(q.QueryRowContext(ctx, `SELECT `+headColumns+` FROM audit_head WHERE id = 1`))
}

func scanHead(r *sql.Row) (h head, err error) {
	err = r.Scan(&h.seq, &h.hash, &h.baseSeq, &h.baseHash, &h.mac)
	return h, sqldb.Typed("audit.head", nil, err)
}

// note returns the text that the seal of a head note is of.
func (h *head) note() []byte {
	b := append([]byte(`{"v":1,"head":`), itoa(h.seq)...)
	b = appendMember(b, "hash", []byte(h.hash))
	b = append(append(b, `,"base":`...), itoa(h.baseSeq)...)
	b = appendMember(b, "base_hash", []byte(h.baseHash))
	return append(b, '}')
}

// signed returns the head note with its seal.
func (h head) signed(s *sealer) head {
	h.mac = s.id + ":" + string(s.seal(h.note()))
	return h
}
