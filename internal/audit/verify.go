package audit

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Break is a place where the record is not as it was written.
type Break struct {
	Seq   int64  `json:"seq"`            // event it is about; 0: none
	Where string `json:"where"`          // table, head, mirror
	Line  int64  `json:"line,omitempty"` // of the mirror, from 1
	What  string `json:"what"`           // in plain words
}

// Where a break is.
const (
	inTable  = "table"
	inHead   = "head"
	inMirror = "mirror"
)

// Report is what Verify found.
type Report struct {
	Events      int64 `json:"events"`       // of the table that were checked
	First       int64 `json:"first"`        // of them; 0: none
	Last        int64 `json:"last"`         // of them
	Plain       int64 `json:"plain"`        // of them that have no seal of a key
	Mirrored    bool  `json:"mirrored"`     // there is a mirror, and it was checked too
	MirrorLines int64 `json:"mirror_lines"` // that were read
	// MirrorBehind is how many of the newest events the mirror lacks, where this
	// process does not write it: nobody did since, or they were cut off.
	MirrorBehind int64   `json:"mirror_behind"`
	OK           bool    `json:"ok"`
	Breaks       []Break `json:"breaks"`       // the first 1000
	BreaksTotal  int64   `json:"breaks_total"` // all of them
}

const (
	breaksMax   = 1000
	suspectsMax = 50 // changed events that are looked at again, to tell what happened to them
	nearby      = 64 // how far a moved event is looked for
	verifyTries = 3  // when events are pruned meanwhile
)

// Verify reads table, head note and mirror from end to end and names each place
// where something was removed, changed, moved, repeated or cut off. The error is
// about reading; what was found is in the report. Events that come while it
// reads are left to the next time. Memory does not grow with the number of
// events.
func (l *Log) Verify(ctx context.Context) (Report, error) {
	const op = "audit.Verify"
	for try := 1; ; try++ {
		r, same, err := l.verify(ctx)
		if err != nil {
			return r, exo.E(op, exo.KindOf(err), nil, err)
		}
		if same || try == verifyTries {
			return r, nil
		}
	}
}

// verifier checks one row after the other.
type verifier struct {
	l    *Log
	keys sealers
	Report
	note     head  // as it was before
	upto     int64 // last event to check
	prevSeq  int64
	prevHash []byte
	keyed    bool  // an event before had the seal of a key
	broken   bool  // the event before was not as it was written
	pruned   int64 // last event whose pruning is on record
	noteHash []byte
	suspects []row
	buf      []byte
	mirror   *mirrorCheck // nil: none
}

// verify reports too whether the beginning of the chain stayed the same.
func (l *Log) verify(ctx context.Context) (Report, bool, error) {
	ring, err := l.load()
	if err != nil {
		return Report{}, false, err
	}
	v := &verifier{l: l, keys: sealers{ring: ring}, Report: Report{Breaks: []Break{}}}
	noNote, err := v.begin(ctx)
	if err != nil {
		return v.Report, false, err
	}
	defer v.mirror.close()
	if err := v.table(ctx); err != nil {
		return v.Report, false, err
	}
	after := v.note
	if !noNote {
		if after, err = readHead(ctx, l.o.DB); err != nil {
			return v.Report, false, err
		}
		v.judgeNote(&after)
	}
	if err := v.judgeEnd(ctx, &after); err != nil {
		return v.Report, false, err
	}
	if err := v.mirror.finish(ctx, noNote); err != nil {
		return v.Report, false, err
	}
	if err := v.explain(ctx); err != nil {
		return v.Report, false, err
	}
	v.OK = v.BreaksTotal == 0
	return v.Report, after.baseSeq == v.note.baseSeq, nil
}

// begin fixes what is checked: all events that are in table and mirror by now.
func (v *verifier) begin(ctx context.Context) (noNote bool, err error) {
	l := v.l
	owner := l.o.Mirror != nil && !l.o.DB.ReadOnly()
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	v.note, err = readHead(ctx, l.o.DB)
	switch {
	case errors.Is(err, exo.NotFound):
		noNote = true
		v.add(Break{Where: inHead, What: "the head note is gone"})
		v.note = l.seen
	case err != nil:
		return false, err
	case v.note.seq < l.seen.seq:
		v.add(Break{Seq: v.note.seq, Where: inHead, What: fmt.Sprintf("the head note was set back to event %d; this process knows event %d", v.note.seq, l.seen.seq)})
	}
	v.upto = max(v.note.seq, l.seen.seq)
	v.prevSeq, v.prevHash = v.note.baseSeq, []byte(v.note.baseHash)
	if l.o.ReadMirror == nil {
		return noNote, nil
	}
	if owner {
		if err := l.fillMirror(ctx, v.upto); err != nil {
			l.o.Log.WarnContext(ctx, "the mirror of the audit log cannot be completed", "error", err)
		}
	}
	v.mirror, err = newMirrorCheck(v, owner)
	return noNote, err
}

func (v *verifier) add(b Break) {
	v.BreaksTotal++
	if len(v.Breaks) < breaksMax {
		v.Breaks = append(v.Breaks, b)
	}
}

// table reads all rows.
func (v *verifier) table(ctx context.Context) (err error) {
	rs, err := v.l.o.DB.QueryContext(ctx, `SELECT `+columns+` FROM audit_events WHERE seq <= ? ORDER BY seq`, v.upto)
	if err != nil {
		return sqldb.Typed("audit.Verify", nil, err)
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	var s rowScanner
	for rs.Next() {
		r, err := s.scan(rs)
		if r == nil {
			return err
		}
		if err := v.row(ctx, r, err != nil); err != nil {
			return err
		}
	}
	return sqldb.Typed("audit.Verify", nil, rs.Err())
}

// row checks a row: its place, its seal, and its line of the mirror.
func (v *verifier) row(ctx context.Context, r *row, unreadable bool) error {
	v.Events++
	if v.First == 0 {
		v.First = r.seq
	}
	v.Last = r.seq
	have, err := v.mirror.skipTo(ctx, r.seq)
	if err != nil {
		return err
	}
	gap := r.seq != v.prevSeq+1
	switch {
	case r.seq <= v.prevSeq:
		v.add(Break{Seq: r.seq, Where: inTable, What: fmt.Sprintf("event %d was pruned and stands here again", r.seq)})
	case gap:
		v.missing(v.prevSeq+1, r.seq-1, have, v.Events == 1)
	}
	v.buf = r.appendBody(v.buf[:0])
	good := v.judgeSeal(r, unreadable)
	switch {
	case good && !gap && !v.broken && !bytes.Equal(r.prev, v.prevHash):
		v.add(Break{Seq: r.seq, Where: inTable, What: fmt.Sprintf("event %d does not follow the event before it", r.seq)})
	case good && len(r.key) == 0 && v.keys.ring.current != "" && (v.keyed || !v.l.o.AcceptPlain):
		v.add(Break{Seq: r.seq, Where: inTable, What: fmt.Sprintf("event %d has no seal of a key, though there is a key", r.seq)})
	}
	if good {
		v.keyed = v.keyed || len(r.key) > 0
		v.pruned = max(v.pruned, prunedBy(r))
	}
	if len(r.key) == 0 {
		v.Plain++
	}
	v.broken = !good
	v.prevSeq, v.prevHash = r.seq, append(v.prevHash[:0], r.hash...)
	if r.seq == v.note.seq {
		v.noteHash = bytes.Clone(r.hash)
	}
	v.buf = append(append(append(v.buf, hashMark...), r.hash...), lineEnd...)
	return v.mirror.compare(ctx, r, v.buf)
}

// judgeSeal reports whether the row is as it was written; its text is in buf.
func (v *verifier) judgeSeal(r *row, unreadable bool) bool {
	s := v.keys.of(string(r.key))
	switch {
	case unreadable:
		v.add(Break{Seq: r.seq, Where: inTable, What: fmt.Sprintf("event %d was changed and cannot be read", r.seq)})
		return false
	case s == nil:
		v.add(Break{Seq: r.seq, Where: inTable, What: fmt.Sprintf("event %d was sealed with key %s, which is not here", r.seq, clean(string(r.key), maxWord))})
		return false
	case !bytes.Equal(s.seal(v.buf), r.hash):
		if len(v.suspects) < suspectsMax {
			v.suspects = append(v.suspects, r.clone())
		} else {
			v.add(Break{Seq: r.seq, Where: inTable, What: fmt.Sprintf("event %d was changed", r.seq)})
		}
		return false
	}
	return true
}

// missing notes events that are not in the table.
func (v *verifier) missing(from, to, mirrored int64, first bool) {
	what := span(from, to) + " missing"
	if first {
		what += " at the beginning"
	}
	switch {
	case mirrored >= to-from+1:
		what += "; the mirror has them"
	case mirrored > 0:
		what += fmt.Sprintf("; the mirror has %d of them", mirrored)
	}
	v.add(Break{Seq: from, Where: inTable, What: what})
}

// span names events, with the verb.
func span(from, to int64) string {
	if from == to {
		return fmt.Sprintf("event %d is", from)
	}
	return fmt.Sprintf("events %d to %d are", from, to)
}

// judgeNote checks the seal of the head note, and what it says.
func (v *verifier) judgeNote(h *head) {
	if h.seq == 0 && h.baseSeq == 0 && h.mac == "" {
		return // no event yet
	}
	id, mac, _ := strings.Cut(h.mac, ":")
	s := v.keys.of(id)
	switch {
	case s == nil:
		v.add(Break{Seq: h.seq, Where: inHead, What: "the head note was sealed with a key that is not here"})
	case string(s.seal(h.note())) != mac:
		v.add(Break{Seq: h.seq, Where: inHead, What: "the head note was changed"})
	case id == "" && v.keys.ring.current != "":
		v.add(Break{Seq: h.seq, Where: inHead, What: "the head note has no seal of a key, though there is a key"})
	}
	if v.noteHash != nil && string(v.noteHash) != v.note.hash {
		v.add(Break{Seq: v.note.seq, Where: inHead, What: fmt.Sprintf("the head note has another seal for event %d than the table", v.note.seq)})
	}
	if v.note.baseSeq > v.pruned {
		v.add(Break{Seq: v.note.baseSeq, Where: inHead, What: fmt.Sprintf("the chain begins after event %d, but no pruning up to there is on record", v.note.baseSeq)})
	}
}

// judgeEnd looks for what was cut off the table's end, or stands after it.
func (v *verifier) judgeEnd(ctx context.Context, after *head) error {
	if v.prevSeq < v.upto {
		have, err := v.mirror.skipTo(ctx, v.upto+1)
		if err != nil {
			return err
		}
		what := span(v.prevSeq+1, v.upto) + " missing at the end"
		if have > 0 {
			what += fmt.Sprintf("; the mirror has %d of them", have)
		}
		v.add(Break{Seq: v.prevSeq + 1, Where: inTable, What: what})
	}
	var last sql.NullInt64
	if err := v.l.o.DB.QueryRowContext(ctx, `SELECT max(seq) FROM audit_events`).Scan(&last); err != nil {
		return sqldb.Typed("audit.Verify", nil, err)
	}
	limit := after.seq
	if last.Int64 > limit && last.Int64 > v.upto {
		h, err := readHead(ctx, v.l.o.DB) // another may have come since
		if err == nil && h.seq < last.Int64 || errors.Is(err, exo.NotFound) {
			v.add(Break{Seq: limit + 1, Where: inTable, What: span(limit+1, last.Int64) + " after the end that the head note names"})
		} else if err != nil {
			return err
		}
	}
	return nil
}

// explain tells what happened to the events whose seals do not hold: an event
// that carries the seal of another place was moved, or repeats one.
func (v *verifier) explain(ctx context.Context) error {
	for i := range v.suspects {
		r := &v.suspects[i]
		what := fmt.Sprintf("event %d was changed", r.seq)
		var twin sql.NullInt64
		err := v.l.o.DB.QueryRowContext(ctx, `SELECT min(seq) FROM audit_events WHERE hash = ? AND seq <> ?`, string(r.hash), r.seq).Scan(&twin)
		if err != nil {
			return sqldb.Typed("audit.Verify", nil, err)
		}
		if twin.Valid {
			what = fmt.Sprintf("event %d repeats event %d", r.seq, twin.Int64)
		} else if from := v.placeOf(r); from != 0 {
			what = fmt.Sprintf("event %d was moved here from place %d", r.seq, from)
		}
		v.add(Break{Seq: r.seq, Where: inTable, What: what})
	}
	return nil
}

// placeOf returns the place at which the event's seal holds; 0 if none nearby.
func (v *verifier) placeOf(r *row) int64 {
	s := v.keys.of(string(r.key))
	moved := *r
	for d := int64(1); d <= nearby; d++ {
		for _, seq := range []int64{r.seq - d, r.seq + d} {
			moved.seq = seq
			if v.buf = moved.appendBody(v.buf[:0]); bytes.Equal(s.seal(v.buf), r.hash) {
				return seq
			}
		}
	}
	return 0
}
