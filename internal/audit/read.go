package audit

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Filter selects events; zero fields select all. Words are compared as they
// stand.
type Filter struct {
	From, To  time.Time // at or after From, before To
	Actor     string
	Role      string
	Via       string
	Address   string
	Action    string // with * at its end: all that begin so
	Object    string // the same
	Outcome   Outcome
	Code      string
	RequestID string
	Before    int64 // only events before this one; Page.Next of the page before
	After     int64 // only events after this one
	Limit     int   // 0: 100; at most 1000
}

// Page is a part of what was asked for, newest first.
type Page struct {
	Events []Event `json:"events"`
	Next   int64   `json:"next,omitempty"` // Filter.Before of the next page; 0: this is the last
}

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// Query returns events, newest first. exo.Invalid for a limit out of range.
func (l *Log) Query(ctx context.Context, f Filter) (Page, error) {
	const op = "audit.Query"
	limit := f.Limit
	switch {
	case limit == 0:
		limit = defaultLimit
	case limit < 0 || limit > maxLimit:
		return Page{}, exo.Errorf(op, exo.Invalid, nil, "limit must be between 1 and %d", maxLimit)
	}
	where, args := f.where()
	rows, err := l.rows(ctx, where+` ORDER BY seq DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return Page{}, exo.E(op, exo.KindOf(err), nil, err)
	}
	p := Page{Events: make([]Event, 0, min(len(rows), limit))}
	for i := range rows {
		if i == limit {
			p.Next = rows[i-1].seq
			break
		}
		p.Events = append(p.Events, rows[i].event())
	}
	return p, nil
}

func (f *Filter) where() (string, []any) {
	terms, args := []string{"seq > ?"}, []any{f.After}
	add := func(term string, arg any) {
		terms, args = append(terms, term), append(args, arg)
	}
	if f.Before > 0 {
		add("seq < ?", f.Before)
	}
	if !f.From.IsZero() {
		add("at >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		add("at < ?", f.To.UnixMicro())
	}
	for _, word := range []struct{ column, value string }{
		{"actor", f.Actor}, {"role", f.Role}, {"via", f.Via}, {"address", f.Address}, {"outcome", string(f.Outcome)},
		{"code", f.Code}, {"request_id", f.RequestID}, {"action", f.Action}, {"object", f.Object},
	} {
		if word.value == "" {
			continue
		}
		value := strings.ReplaceAll(strings.ToValidUTF8(word.value, "\ufffd"), "\x00", "") // Postgres takes no other text
		if begin, ok := strings.CutSuffix(value, "*"); ok && (word.column == "action" || word.column == "object") {
			add("substr("+word.column+", 1, "+strconv.Itoa(len([]rune(begin)))+") = ?", begin)
			continue
		}
		add(word.column+" = ?", value)
	}
	return strings.Join(terms, " AND "), args
}

// Export writes all events, oldest first, one line of JSON each: the format of
// the mirror. Memory does not grow with their number.
func (l *Log) Export(ctx context.Context, w io.Writer) error {
	_, err := l.export(ctx, w, 0)
	return err
}

// export writes the events up to one of them, or all, and returns the last.
func (l *Log) export(ctx context.Context, w io.Writer, upto int64) (last row, err error) {
	const op = "audit.Export"
	query, args := `SELECT `+columns+` FROM audit_events ORDER BY seq`, []any{}
	if upto > 0 {
		query, args = `SELECT `+columns+` FROM audit_events WHERE seq <= ? ORDER BY seq`, []any{upto}
	}
	rs, err := l.o.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return last, sqldb.Typed(op, nil, err)
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	out := bufio.NewWriterSize(w, 64<<10)
	var s rowScanner
	var buf []byte
	for rs.Next() {
		r, err := s.scan(rs)
		if err != nil {
			return last, err
		}
		buf = append(r.appendLine(buf[:0]), '\n')
		if _, err := out.Write(buf); err != nil {
			return last, exo.E(op, exo.KindOf(err), nil, err)
		}
		last.seq, last.hash = r.seq, append(last.hash[:0], r.hash...)
	}
	if err := rs.Err(); err != nil {
		return last, sqldb.Typed(op, nil, err)
	}
	if err := out.Flush(); err != nil {
		return last, exo.E(op, exo.KindOf(err), nil, err)
	}
	return last, nil
}

// lastBefore returns the last event before a time; the base if there is none.
func (l *Log) lastBefore(ctx context.Context, t time.Time) (int64, error) {
	var seq sql.NullInt64
	err := l.o.DB.QueryRowContext(ctx, `SELECT max(seq) FROM audit_events WHERE at < ?`, t.UnixMicro()).Scan(&seq)
	if err != nil {
		return 0, sqldb.Typed("audit.rows", nil, err)
	}
	return max(seq.Int64, l.seen.baseSeq), nil
}

// rowScanner reads rows without copying their texts.
type rowScanner struct {
	raw  [columnCount]sql.RawBytes
	dest [columnCount]any
	r    row
}

// scan reads the current row; it is valid until the next call. exo.Corrupt if it
// is no event at all: what stands in its place in the row is still returned.
func (s *rowScanner) scan(rs *sql.Rows) (*row, error) {
	const op = "audit.rows"
	for i := range s.raw {
		s.dest[i] = &s.raw[i]
	}
	if err := rs.Scan(s.dest[:]...); err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	t := s.raw
	seq, err := strconv.ParseInt(string(t[0]), 10, 64)
	micro, timeErr := strconv.ParseInt(string(t[1]), 10, 64)
	s.r = row{
		seq: seq, at: time.UnixMicro(micro).UTC(), request: t[2], actor: t[3], role: t[4], via: t[5], address: t[6], action: t[7], object: t[8],
		outcome: t[9], code: t[10], detail: t[11], key: t[12], prev: t[13], hash: t[14],
	}
	if err := errors.Join(err, timeErr); err != nil {
		return &s.r, exo.E(op, exo.Corrupt, fmt.Sprintf("event %d", seq), err).Say("the audit log is damaged").Try("run `exoplanetai audit verify`")
	}
	return &s.r, nil
}

// clone returns a row that stays.
func (r *row) clone() row {
	c := *r
	for _, field := range []*[]byte{&c.request, &c.actor, &c.role, &c.via, &c.address, &c.action, &c.object, &c.outcome, &c.code,
		&c.detail, &c.key, &c.prev, &c.hash} {
		*field = slices.Clone(*field)
	}
	return c
}
