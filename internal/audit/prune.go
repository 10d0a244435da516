package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Pruned says what was moved out of the table.
type Pruned struct {
	Events int64  `json:"events"`
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Hash   string `json:"hash"`   // seal of the last one, which the next one names
	SHA256 string `json:"sha256"` // of what was written
}

const (
	pruneAction = "audit prune"
	pruneDetail = "last"
	pruneRows   = 5000 // that one transaction removes
)

// Prune moves the events before a time out of the table: they are written to w
// as Export does, w is synced if it has a Sync method, an event with the digest
// of what was written is appended, and then they are removed. The chain goes on:
// the head note keeps the seal of the last one, which is what the first one that
// stays names. The newest event always stays. The mirror is not touched.
//
// A kill in between leaves events in both places, never in none; the next call
// moves the rest. exo.Corrupt if the events to be moved are not a whole chain:
// then nothing is removed, and Verify tells more.
func (l *Log) Prune(ctx context.Context, before time.Time, w io.Writer) (Pruned, error) {
	const op = "audit.Prune"
	h, err := readHead(ctx, l.o.DB)
	if err != nil {
		return Pruned{}, exo.E(op, exo.KindOf(err), nil, err)
	}
	// Clocks go back at times: the first event that is young enough ends it.
	var stays sql.NullInt64
	err = l.o.DB.QueryRowContext(ctx, `SELECT min(seq) FROM audit_events WHERE at >= ?`, before.UnixMicro()).Scan(&stays)
	if err != nil {
		return Pruned{}, sqldb.Typed(op, nil, err)
	}
	last := h.seq - 1
	if stays.Valid {
		last = min(last, stays.Int64-1)
	}
	if last <= h.baseSeq {
		return Pruned{}, nil
	}
	p := Pruned{First: h.baseSeq + 1, Last: last, Events: last - h.baseSeq}
	sum := sha256.New()
	end, err := l.export(ctx, io.MultiWriter(w, sum), last)
	if err != nil {
		return Pruned{}, err
	}
	if err := l.whole(ctx, h.baseSeq, last, string(end.hash)); err != nil {
		return Pruned{}, err
	}
	p.Hash, p.SHA256 = string(end.hash), "sha256:"+hex.EncodeToString(sum.Sum(nil))
	if s, ok := w.(interface{ Sync() error }); ok {
		if err := s.Sync(); err != nil {
			return Pruned{}, exo.E(op, exo.Unavailable, nil, err).Say("the pruned events cannot be kept").Try("choose another place for them")
		}
	}
	err = l.Append(ctx, Event{Actor: system, Action: pruneAction, Outcome: Done, Object: fmt.Sprintf("events %d to %d", p.First, p.Last),
		Detail: map[string]string{"first": itoa(p.First), pruneDetail: itoa(p.Last), "hash": p.Hash, "sha256": p.SHA256}})
	if err != nil {
		return Pruned{}, err
	}
	for from := h.baseSeq; from < last; from += pruneRows {
		if err := l.remove(ctx, min(from+pruneRows, last)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// whole checks that no event is missing among those to be moved, and that the
// one which stays follows them.
func (l *Log) whole(ctx context.Context, base, last int64, hash string) error {
	var n int64
	var prev string
	err := l.o.DB.QueryRowContext(ctx, `SELECT count(*) FROM audit_events WHERE seq <= ?`, last).Scan(&n)
	if err == nil {
		err = l.o.DB.QueryRowContext(ctx, `SELECT prev FROM audit_events WHERE seq = ?`, last+1).Scan(&prev)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && (n != last-base || prev != hash):
		return exo.Errorf("audit.Prune", exo.Corrupt, nil, "the audit log is not whole; nothing was removed").Try("run `exoplanetai audit verify`")
	case err != nil:
		return sqldb.Typed("audit.Prune", nil, err)
	}
	return nil
}

// remove lets the chain begin after an event.
func (l *Log) remove(ctx context.Context, last int64) error {
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	ring, err := l.load()
	if err != nil {
		return err
	}
	var h head
	err = l.o.DB.InTx(ctx, func(tx *sql.Tx) (err error) {
		if h, err = l.lockHead(ctx, tx); err != nil {
			return err
		}
		if h.baseSeq >= last {
			return nil // another process was quicker
		}
		if err := tx.QueryRowContext(ctx, `SELECT hash FROM audit_events WHERE seq = ?`, last).Scan(&h.baseHash); err != nil {
			return sqldb.Typed("audit.Prune", nil, err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM audit_events WHERE seq <= ?`, last); err != nil {
			return sqldb.Typed("audit.Prune", nil, err)
		}
		h.baseSeq = last
		h = h.signed(newSealer(ring.keys[ring.current]))
		return writeHead(ctx, tx, h)
	})
	if err == nil {
		l.seen = h
	}
	return err
}

// prunedBy returns the last event that an event says was pruned; 0 for others.
func prunedBy(r *row) int64 {
	if !bytes.Equal(r.action, []byte(pruneAction)) || string(r.actor) != system {
		return 0
	}
	n, err := strconv.ParseInt(r.event().Detail[pruneDetail], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
