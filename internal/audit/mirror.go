package audit

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

const (
	tailBytes = 1 << 20 // of the mirror that a start reads
	chunkRows = 1000    // rows that are held at once
)

// deliver gives rows that are in the table to the mirror and the subscribers,
// with all before them that other processes appended. The error is that of the
// mirror. Called with writeMu.
func (l *Log) deliver(ctx context.Context, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	first := rows[0].seq
	var err error
	if l.o.Mirror != nil {
		if err = l.fillMirror(ctx, first-1); err == nil {
			err = l.mirror(rows)
		}
		if err != nil {
			l.o.Log.ErrorContext(ctx, "the mirror of the audit log cannot be written", "error", err)
		}
	}
	if l.published < first-1 {
		if gapErr := l.each(ctx, l.published, first-1, func(rows []row) error { l.publish(rows); return nil }); gapErr != nil {
			l.o.Log.ErrorContext(ctx, "events of another process cannot be read", "error", gapErr)
		}
	}
	l.publish(rows)
	return err
}

// fillMirror adds to the mirror what it lacks up to an event.
func (l *Log) fillMirror(ctx context.Context, upto int64) error {
	if l.mirrored >= upto && len(l.rest) == 0 {
		return nil
	}
	return l.each(ctx, l.mirrored, upto, l.mirror)
}

// mirror writes lines to the mirror. If only a part of a line goes in, its rest
// goes first the next time.
func (l *Log) mirror(rows []row) error {
	buf := slices.Clone(l.rest)
	ends := make([]int, len(rows))
	for i := range rows {
		buf = append(rows[i].appendLine(buf), '\n')
		ends[i] = len(buf)
	}
	n, err := l.o.Mirror.Write(buf)
	if err == nil && n < len(buf) {
		err = io.ErrShortWrite
	}
	if err == nil {
		l.rest, l.mirrored = nil, rows[len(rows)-1].seq
		return nil
	}
	n = max(0, min(n, len(buf)))
	start := len(l.rest)
	if n < start { // not even the old rest went in
		l.rest = buf[n:start:start]
	} else {
		l.rest = nil
		for i, end := range ends {
			if n >= end {
				l.mirrored = rows[i].seq
				start = end
			} else if n > start { // a part of this line
				l.rest, l.mirrored = buf[n:end:end], rows[i].seq
				break
			}
		}
	}
	return exo.E("audit.mirror", refusal(err), nil, err).Say("the mirror of the audit log cannot be written")
}

// each hands out the rows after one event up to another, some at a time.
func (l *Log) each(ctx context.Context, after, upto int64, f func([]row) error) error {
	for after < upto {
		rows, err := l.rows(ctx, `seq > ? AND seq <= ? ORDER BY seq LIMIT ?`, after, upto, chunkRows)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		if err := f(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].seq
	}
	return nil
}

// rows selects rows.
func (l *Log) rows(ctx context.Context, where string, args ...any) (list []row, err error) {
	const op = "audit.rows"
	rs, err := l.o.DB.QueryContext(ctx, `SELECT `+columns+` FROM audit_events WHERE `+where, args...)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	var s rowScanner
	for rs.Next() {
		r, err := s.scan(rs)
		if err != nil {
			return nil, err
		}
		list = append(list, r.clone())
	}
	return list, sqldb.Typed(op, nil, rs.Err())
}

// meetMirror compares table and mirror at the start and completes what is
// behind.
func (l *Log) meetMirror(ctx context.Context) error {
	if l.o.Mirror == nil || l.o.ReadMirror == nil {
		return nil
	}
	end, err := l.mirrorEnd()
	if err != nil {
		return exo.E("audit.Open", exo.KindOf(err), nil, err).Say("the mirror of the audit log cannot be read").
			Try("let this user read the folder of the logs")
	}
	l.rest = end.rest
	switch {
	case end.seq == 0: // none yet, or all of it was removed by age
		l.mirrored = l.seen.baseSeq
		if l.o.MirrorKeep < 0 {
			l.mirrored = max(l.mirrored, l.seen.seq-chunkRows)
		}
		if l.o.MirrorKeep > 0 {
			if l.mirrored, err = l.lastBefore(ctx, l.now().Add(-l.o.MirrorKeep)); err != nil {
				return err
			}
		}
	case end.seq > l.seen.seq:
		if err := l.recover(ctx, end); err != nil {
			return err
		}
	default:
		l.mirrored = end.seq
	}
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	if err := l.fillMirror(ctx, l.seen.seq); err != nil { // a full disk must not keep a server from reading
		l.o.Log.ErrorContext(ctx, "the mirror of the audit log cannot be completed", "error", err)
	}
	return nil
}

// mirrorTail is the end of the mirror: the last whole event, and what must be
// written first to begin a new line.
type mirrorTail struct {
	seq  int64
	rest []byte
}

func (l *Log) mirrorEnd() (mirrorTail, error) {
	end, err := l.scanEnd(tailBytes)
	if err == nil && end.seq == 0 {
		end, err = l.scanEnd(0)
	}
	return end, err
}

func (l *Log) scanEnd(tail int64) (end mirrorTail, err error) {
	err = l.eachLine(tail, func(line []byte, whole bool) error {
		e, parseErr := ParseLine(line)
		end.rest = nil
		if parseErr == nil {
			end.seq = e.Seq
		}
		if !whole && len(line) > 0 {
			end.rest = []byte("\n")
		}
		return nil
	})
	return end, err
}

// eachLine reads the mirror line by line. whole is false for a last line without
// newline. Of a line that is too long only the beginning is handed out.
func (l *Log) eachLine(tail int64, f func(line []byte, whole bool) error) (err error) {
	file, err := l.o.ReadMirror(tail)
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in := lineReader{in: bufio.NewReaderSize(file, MaxLine)}
	for {
		line, whole, err := in.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := f(line, whole); err != nil {
			return err
		}
	}
}

// lineReader reads lines of bounded length.
type lineReader struct{ in *bufio.Reader }

// next returns the next line without its newline, valid until the next call;
// io.EOF after the last.
func (r *lineReader) next() (line []byte, whole bool, err error) {
	line, err = r.in.ReadSlice('\n')
	switch {
	case err == nil:
		return line[:len(line)-1], true, nil
	case errors.Is(err, bufio.ErrBufferFull):
		line = bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		return line, err == nil, nil
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, false, nil
	}
	return nil, false, err
}

// recover takes events back into the table that only the mirror has: after a
// loss of power, or from a backup of the database, the table is behind. They are
// taken as far as their seals continue the chain.
func (l *Log) recover(ctx context.Context, end mirrorTail) error {
	ring, err := l.load()
	if err != nil {
		return err
	}
	keys := &sealers{ring: ring}
	from, h := l.seen, l.seen
	var rows []row
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := l.restore(ctx, rows)
		rows = rows[:0]
		return err
	}
	stop := errors.New("stop")
	err = l.eachLine(0, func(line []byte, _ bool) error {
		e, parseErr := ParseLine(line)
		if parseErr != nil || e.Seq <= h.seq {
			return nil
		}
		if !l.follows(keys, &h, &e) {
			return stop
		}
		h.seq, h.hash = e.Seq, e.Hash
		if rows = append(rows, e.row()); len(rows) < chunkRows {
			return nil
		}
		return flush()
	})
	if err != nil && !errors.Is(err, stop) {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	note := Event{Actor: system, Action: recoverAction, Outcome: Done, Object: fmt.Sprintf("events %d to %d", from.seq+1, h.seq)}
	if h.seq < end.seq {
		note.Outcome, note.Code = Failed, string(exo.Corrupt)
		note.Object = fmt.Sprintf("events %d to %d", h.seq+1, end.seq)
	}
	l.o.Log.ErrorContext(ctx, "the audit log was behind its mirror", "table", from.seq, "mirror", end.seq, "recovered", h.seq)
	l.mirrored, l.published = h.seq, h.seq
	return l.Append(ctx, note)
}

// follows reports whether an event of the mirror continues the chain. A plain one
// in a sealed chain could be anybody's.
func (l *Log) follows(keys *sealers, h *head, e *Event) bool {
	if e.Seq != h.seq+1 || e.Prev != h.hash || e.Key == "" && keys.ring.current != "" && !l.o.AcceptPlain {
		return false
	}
	r, s := e.row(), keys.of(e.Key)
	return s != nil && bytes.Equal(s.seal(r.appendBody(nil)), r.hash)
}

// restore puts rows with their seals back into the table.
func (l *Log) restore(ctx context.Context, rows []row) error {
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	ring, err := l.load()
	if err != nil {
		return err
	}
	last := rows[len(rows)-1]
	var h head
	err = l.o.DB.InTx(ctx, func(tx *sql.Tx) (err error) {
		if h, err = l.lockHead(ctx, tx); err != nil {
			return err
		}
		if h.seq != rows[0].seq-1 {
			return exo.Errorf("audit.recover", exo.Conflict, nil, "another process writes the audit log")
		}
		if err := insert(ctx, tx, rows); err != nil {
			return err
		}
		h.seq, h.hash = last.seq, string(last.hash)
		h = h.signed(newSealer(ring.keys[ring.current]))
		return writeHead(ctx, tx, h)
	})
	if err == nil {
		l.seen = h
	}
	return err
}
