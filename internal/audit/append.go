package audit

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

const (
	groupMax    = 256              // events of one transaction, about
	insertMax   = 64               // rows of one INSERT
	lateMax     = 1024             // ends of calls that are kept until they can be written
	commitLimit = 10 * time.Second // for one transaction
)

// batch is what one caller wants written, and how that went.
type batch struct {
	events  []Event // with seq and seals once they are in the table
	written bool    // in the table
	ended   bool
	err     error
}

// Begin records that a changing call is let in. If that fails, the call must not
// be made: exo.Full where the disk is, else exo.Unavailable. done records how it ended; it may be called once and
// never fails: an end that cannot be written is kept and written with the next
// event, as far as memory goes.
func (l *Log) Begin(ctx context.Context, e Event) (done func(outcome Outcome, code string), err error) {
	const op = "audit.Begin"
	e.Outcome = Allowed
	b := l.append(ctx, e)
	if b.err != nil {
		if b.written { // in the table, but the mirror is stuck
			l.end(ctx, b.events[0], Failed, string(refusal(b.err)))
		}
		return nil, exo.E(op, refusal(b.err), nil, b.err).Say("the call was not made, because it cannot be recorded in the audit log").
			Try("free space on the disk that holds the database and the logs, then try again; reading works meanwhile")
	}
	var once sync.Once
	return func(outcome Outcome, code string) {
		once.Do(func() { l.end(ctx, b.events[0], outcome, code) })
	}, nil
}

// refusal is the kind of the error of a call that cannot be recorded: a full disk
// is told as one, everything else passes.
func refusal(err error) exo.Kind {
	if exo.KindOf(err) == exo.Full {
		return exo.Full
	}
	return exo.Unavailable
}

// end records how a call ended.
func (l *Log) end(ctx context.Context, e Event, outcome Outcome, code string) {
	detail := map[string]string{"begin": itoa(e.Seq)}
	e.Outcome, e.Code, e.At, e.Detail = outcome, code, l.now(), detail
	if b := l.append(ctx, e); b.err != nil && !b.written {
		l.o.Log.ErrorContext(ctx, "the end of a call could not be recorded yet", "error", b.err, "action", e.Action, "request_id", e.RequestID)
		l.queueMu.Lock()
		defer l.queueMu.Unlock()
		if len(l.late) < lateMax {
			l.late = append(l.late, e.cleaned())
		}
	}
}

// Denied records a call that was turned away. Nothing is refused if that fails;
// the logs have it then.
func (l *Log) Denied(ctx context.Context, e Event) {
	e.Outcome = Denied
	if b := l.append(ctx, e); b.err != nil {
		l.o.Log.ErrorContext(ctx, "a denied call could not be recorded", "error", b.err, "action", e.Action, "actor", e.cleaned().Actor,
			"address", e.cleaned().Address, "request_id", e.RequestID)
	}
}

// Append records events that are no call: a key that was changed, an alert. They
// stand one after the other. exo.Unavailable if that fails.
func (l *Log) Append(ctx context.Context, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	if b := l.append(ctx, events...); b.err != nil {
		return exo.E("audit.Append", exo.Unavailable, nil, b.err).Say("the audit log cannot be written")
	}
	return nil
}

// append writes events and returns when they are in table and mirror, or are
// not. Callers that come together are written together, by one of them.
func (l *Log) append(ctx context.Context, events ...Event) *batch {
	b := &batch{events: make([]Event, len(events))}
	for i, e := range events {
		if e.At.IsZero() {
			e.At = l.now()
		}
		b.events[i] = e.cleaned()
	}
	if l.o.DB.ReadOnly() {
		b.err = exo.Errorf("audit.append", exo.Unavailable, nil, "the database is open to read only")
		return b
	}
	l.queueMu.Lock()
	l.queue = append(l.queue, b)
	l.queueMu.Unlock()
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	for !b.ended {
		l.writeGroup(ctx)
	}
	return b
}

func (l *Log) now() time.Time { return l.o.Clock().UTC() }

// writeGroup writes what has waited longest. Whoever gives up meanwhile must not
// take others with it, so the context only lends its values.
func (l *Log) writeGroup(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	group, late := l.take()
	var events []*Event
	for i := range late {
		events = append(events, &late[i])
	}
	for _, b := range group {
		for i := range b.events {
			events = append(events, &b.events[i])
		}
	}
	rows, err := l.commit(ctx, events)
	written := err == nil
	if written {
		l.tell(events)
		err = l.deliver(ctx, rows)
	} else if len(late) > 0 {
		l.queueMu.Lock()
		l.late = append(late, l.late...)
		l.queueMu.Unlock()
	}
	for _, b := range group {
		b.ended, b.written, b.err = true, written, err
	}
}

// tell counts what was written.
func (l *Log) tell(events []*Event) {
	if l.o.Written == nil {
		return
	}
	for _, e := range events {
		l.o.Written(e.Outcome)
	}
}

// take removes a group from the queue, with the ends that are late.
func (l *Log) take() (group []*batch, late []Event) {
	l.queueMu.Lock()
	defer l.queueMu.Unlock()
	late, l.late = l.late, nil
	n, events := 0, 0
	for n < len(l.queue) && (n == 0 || events+len(l.queue[n].events) <= groupMax) {
		events += len(l.queue[n].events)
		n++
	}
	group = append(group, l.queue[:n]...)
	l.queue = append(l.queue[:0], l.queue[n:]...)
	return group, late
}

// commit puts events into the table and gives them their places in the chain.
func (l *Log) commit(ctx context.Context, events []*Event) ([]row, error) {
	if l.sealer == nil {
		ring, err := l.load()
		if err != nil {
			return nil, err
		}
		l.sealer = newSealer(ring.keys[ring.current])
	}
	var rows []row
	var h head
	err := l.o.DB.InTx(ctx, func(tx *sql.Tx) (err error) {
		rows = rows[:0]
		if h, err = l.lockHead(ctx, tx); err != nil {
			return err
		}
		var buf []byte
		for _, e := range events {
			e.Seq, e.Prev, e.Key, e.Hash = h.seq+1, h.hash, l.sealer.id, ""
			r := e.row()
			buf = r.appendBody(buf[:0])
			r.hash = []byte(string(l.sealer.seal(buf)))
			e.Hash = string(r.hash)
			h.seq, h.hash = e.Seq, e.Hash
			rows = append(rows, r)
		}
		if err := insert(ctx, tx, rows); err != nil {
			return err
		}
		h = h.signed(l.sealer)
		return writeHead(ctx, tx, h)
	})
	if err != nil {
		return nil, err
	}
	l.seen = h
	return rows, nil
}

// lockHead takes the head note for this transaction. On Postgres another
// process's transaction waits here until this one has ended and then gets the
// new head; on SQLite it waits for the lock of the file.
//
// A head that is behind what this process has seen was set back by somebody. The
// chain goes on after what was seen, so that what was cut off stays a gap.
func (l *Log) lockHead(ctx context.Context, tx *sql.Tx) (head, error) {
	h, err := scanHead(tx.QueryRowContext(ctx, `UPDATE audit_head SET writes = writes + 1 WHERE id = 1 RETURNING `+headColumns))
	if errors.Is(err, exo.NotFound) {
		return h, exo.E("audit.append", exo.Corrupt, nil, err).Say("the head note of the audit log is gone").Try("run `exoplanetai audit verify`")
	}
	if err == nil && (h.seq < l.seen.seq || h.seq == l.seen.seq && h.hash != l.seen.hash) {
		l.o.Log.ErrorContext(ctx, "the audit log was changed from outside", "head", h.seq, "seen", l.seen.seq)
		h.seq, h.hash = l.seen.seq, l.seen.hash
	}
	return h, err
}

func writeHead(ctx context.Context, tx *sql.Tx, h head) error {
	_, err := tx.ExecContext(ctx, `UPDATE audit_head SET seq = ?, hash = ?, base_seq = ?, base_hash = ?, mac = ? WHERE id = 1`,
		h.seq, h.hash, h.baseSeq, h.baseHash, h.mac)
	return sqldb.Typed("audit.head", nil, err)
}

func insert(ctx context.Context, tx *sql.Tx, rows []row) error {
	const one = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
	for len(rows) > 0 {
		part := rows[:min(len(rows), insertMax)]
		rows = rows[len(part):]
		args := make([]any, 0, columnCount*len(part))
		for _, r := range part {
			args = append(args, r.seq, r.at.UnixMicro(), string(r.request), string(r.actor), string(r.role), string(r.via), string(r.address),
				string(r.action), string(r.object), string(r.outcome), string(r.code), string(r.detail), string(r.key), string(r.prev), string(r.hash))
		}
		query := `INSERT INTO audit_events (` + columns + `) VALUES ` + strings.Repeat(one+",", len(part)-1) + one
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return sqldb.Typed("audit.append", nil, err)
		}
	}
	return nil
}
