package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"exoplanetai/internal/exo"
)

// mirrorGrace is how far the mirror is behind where another process writes it,
// without a word about it.
const mirrorGrace = 10 * time.Second

// mirrorCheck walks through the mirror beside the table. A line that has the
// bytes of its event's row needs no look of its own; others are judged by their
// seals. All methods of a nil check do nothing.
type mirrorCheck struct {
	v     *verifier
	file  io.ReadCloser
	in    lineReader
	owner bool // this process writes the mirror, so that it has all of it

	// The line at hand, in its place by the order of events.
	seq    int64 // 0: none
	line   []byte
	number int64

	first    int64  // of the events in their place; 0: none yet
	last     int64  // of them
	lastHash []byte // seal of the line before the one at hand
	end      bool
	fragment []byte // of a line that seems to have been cut short; nil: none
	fragLine int64
	gaps     [][2]int64 // events that were missing where they belong
	foreign  int64      // first line after the table's events; 0: none

	skipped struct { // rows of the table before the mirror begins
		from, to int64
		newest   time.Time
	}
	unseen struct { // rows after its end
		from, to int64
		oldest   time.Time
	}
}

func newMirrorCheck(v *verifier, owner bool) (*mirrorCheck, error) {
	file, err := v.l.o.ReadMirror(0)
	switch {
	case exo.KindOf(err) == exo.NotFound && err != nil:
		file = io.NopCloser(bytes.NewReader(nil))
	case err != nil:
		return nil, err
	}
	v.Mirrored = true
	return &mirrorCheck{v: v, file: file, in: lineReader{bufio.NewReaderSize(file, MaxLine)}, owner: owner}, nil
}

func (m *mirrorCheck) close() {
	if m != nil {
		_ = m.file.Close() // it was only read
	}
}

func (m *mirrorCheck) add(line, seq int64, format string, args ...any) {
	m.v.add(Break{Seq: seq, Where: inMirror, Line: line, What: fmt.Sprintf(format, args...)})
}

// skipTo passes the lines of events before one, which the table does not have,
// and returns how many there were of those that it should have.
func (m *mirrorCheck) skipTo(ctx context.Context, seq int64) (n int64, err error) {
	if m == nil {
		return 0, nil
	}
	if m.seq == 0 && !m.end {
		if err := m.next(ctx); err != nil {
			return 0, err
		}
	}
	for m.seq != 0 && m.seq < seq {
		if m.judgeAlone() && m.seq > m.v.note.baseSeq {
			n++
		}
		if err := m.next(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// compare holds a row against its line.
func (m *mirrorCheck) compare(ctx context.Context, r *row, line []byte) error {
	switch {
	case m == nil:
		return nil
	case m.seq == r.seq:
		if !bytes.Equal(m.line, line) && m.judgeAlone() {
			m.add(m.number, r.seq, "event %d reads otherwise than in the table", r.seq)
		}
		return m.next(ctx)
	case m.seq == 0 && m.first == 0 && m.v.l.o.MirrorKeep > 0 && m.mayBeGone(r.at): // all of it
	case m.seq == 0:
		if m.unseen.from == 0 {
			m.unseen.from, m.unseen.oldest = r.seq, r.at
		}
		m.unseen.to = r.seq
	case m.seq == m.first:
		if m.skipped.from == 0 {
			m.skipped.from = r.seq
		}
		m.skipped.to, m.skipped.newest = r.seq, r.at
	}
	return nil
}

// mayBeGone reports whether an event is so old that its line may have been
// removed.
func (m *mirrorCheck) mayBeGone(at time.Time) bool {
	keep := m.v.l.o.MirrorKeep
	return keep < 0 || keep > 0 && !at.After(m.v.l.o.Clock().Add(-keep))
}

// next takes the next line that is in its place; those that are not are breaks.
func (m *mirrorCheck) next(ctx context.Context) error {
	if m.seq != 0 {
		at := len(m.line) - tailSize + len(hashMark)
		m.lastHash = append(m.lastHash[:0], m.line[at:at+sealSize]...)
	}
	m.seq = 0
	for {
		if m.v.MirrorLines%10000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, whole, err := m.in.next()
		if errors.Is(err, io.EOF) {
			m.end = true
			if m.fragment != nil {
				m.add(m.fragLine, 0, "line %d is no event", m.fragLine)
				m.fragment = nil
			}
			return nil
		}
		if err != nil {
			return err
		}
		m.v.MirrorLines++
		m.number = m.v.MirrorLines
		if m.take(line, whole) {
			return nil
		}
	}
}

// take looks at a line and reports whether it is in its place.
func (m *mirrorCheck) take(line []byte, whole bool) bool {
	if m.fragment != nil {
		if len(line) <= len(m.fragment) || !bytes.HasPrefix(line, m.fragment) {
			m.add(m.fragLine, 0, "line %d is no event", m.fragLine)
		}
		m.fragment = nil // a kill cut it short, and the next start wrote it again
	}
	seq, ok := shape(line)
	if !ok {
		if whole {
			m.fragment, m.fragLine = bytes.Clone(line), m.number
		}
		return false // the last line, without a newline: being written, or cut short by a kill
	}
	if seq <= m.last {
		if m.wasMissing(seq) {
			m.add(m.number, seq, "event %d stands after event %d", seq, m.last)
		} else {
			m.add(m.number, seq, "event %d stands here again", seq)
		}
		return false
	}
	follows := seq == m.last+1
	if m.first == 0 {
		m.first = seq
	} else if !follows {
		m.add(m.number, m.last+1, "%s missing before line %d", span(m.last+1, seq-1), m.number)
		if len(m.gaps) < breaksMax {
			m.gaps = append(m.gaps, [2]int64{m.last + 1, seq - 1})
		}
	}
	if !follows {
		m.lastHash = m.lastHash[:0] // there is nothing to compare with
	}
	m.seq, m.last, m.line = seq, seq, append(m.line[:0], line...)
	return true
}

func (m *mirrorCheck) wasMissing(seq int64) bool {
	for _, g := range m.gaps {
		if seq >= g[0] && seq <= g[1] {
			return true
		}
	}
	return false
}

// shape reads the event's number from a line that looks like one.
func shape(line []byte) (seq int64, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(lineStart))
	if !ok || len(line) < len(lineStart)+tailSize || len(line) >= MaxLine || !bytes.HasSuffix(line, []byte(lineEnd)) ||
		!bytes.HasPrefix(line[len(line)-tailSize:], []byte(hashMark)) {
		return 0, false
	}
	for i, c := range rest {
		switch {
		case c >= '0' && c <= '9' && i < 18:
			seq = 10*seq + int64(c-'0')
		case c == ',' && i > 0:
			return seq, seq > 0
		default:
			return 0, false
		}
	}
	return 0, false
}

// judgeAlone judges the line at hand by its own seal.
func (m *mirrorCheck) judgeAlone() bool {
	at := len(m.line) - tailSize
	e, err := ParseLine(m.line)
	if err != nil {
		m.add(m.number, m.seq, "event %d was changed", m.seq)
		return false
	}
	s := m.v.keys.of(e.Key)
	switch {
	case s == nil:
		m.add(m.number, m.seq, "event %d was sealed with key %s, which is not here", m.seq, clean(e.Key, maxWord))
	case !bytes.Equal(s.seal(m.line[:at]), m.line[at+len(hashMark):at+len(hashMark)+sealSize]):
		m.add(m.number, m.seq, "event %d was changed", m.seq)
	case len(m.lastHash) > 0 && string(m.lastHash) != e.Prev:
		m.add(m.number, m.seq, "event %d does not follow the event before it", m.seq)
	default:
		return true
	}
	return false
}

// finish reads what is left after the last row that was checked. The mirror is
// written after the table, so a line beyond the head that is found after all
// lines were read has no row. A note that is gone says nothing.
func (m *mirrorCheck) finish(ctx context.Context, noNote bool) error {
	if m == nil {
		return nil
	}
	var from, to, line int64
	if m.seq == 0 && !m.end {
		if err := m.next(ctx); err != nil {
			return err
		}
	}
	for m.seq != 0 {
		if m.judgeAlone() && m.seq > m.v.upto {
			if from == 0 {
				from, line = m.seq, m.number
			}
			to = m.seq
		}
		if err := m.next(ctx); err != nil {
			return err
		}
	}
	if from != 0 && !noNote {
		h, err := readHead(ctx, m.v.l.o.DB)
		if err != nil {
			return err
		}
		if h.seq >= from {
			line += h.seq + 1 - from
			from = h.seq + 1
		}
	}
	if from != 0 && from <= to {
		m.add(line, from, "%s in the mirror, but not in the table: its end was cut off", span(from, to))
	}
	if s := m.skipped; s.from != 0 && !m.mayBeGone(s.newest) {
		m.add(0, s.from, "%s missing at the beginning of the mirror", span(s.from, s.to))
	}
	switch u := m.unseen; {
	case u.from == 0:
	case m.owner:
		m.add(0, u.from, "%s missing at the end of the mirror", span(u.from, u.to))
	case u.oldest.Before(m.v.l.o.Clock().Add(-mirrorGrace)): // whoever writes it next completes it
		m.v.MirrorBehind = u.to - u.from + 1
	}
	return nil
}
