package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/tables"
)

// The bounds of a page.
const (
	defaultLimit = 100
	MaxLimit     = 100_000 // rows of one page; -1 asks for all
)

// chunk is how many rows are read at a time. No query is open while they are
// handed out, so that a slow reader keeps nobody else waiting.
const chunk = 512

// Select finds rows and hands them out. Equal requests give equal rows in
// equal order.
//
// Errors: exo.Invalid with `parameter` and `allowed`, for a bad filter, column,
// sort or cone (the nearest column names as a hint); exo.NotFound for a table or
// version that is not held; exo.Unavailable when the time limit ends it.
func (s *Service) Select(ctx context.Context, r Request, to Rows) error {
	if err := r.check(); err != nil {
		return err
	}
	v, err := s.opt.Tables.Pick(ctx, r.Table, r.Ref)
	if err != nil {
		return err
	}
	cone, err := s.cone(ctx, r.Cone)
	if err != nil {
		return err
	}
	b := &budget{left: s.opt.Timeout, limit: s.opt.Timeout, now: s.now}
	var p *plan
	var page []hit
	var total int64
	err = s.with(ctx, v, func(q *file) error {
		if p, err = q.about.plan(r, cone); err != nil {
			return err
		}
		page, total, err = p.run(ctx, b, q)
		return err
	})
	if err != nil {
		return err
	}
	err = to.Head(Head{
		Version: v, Columns: p.head(), Total: total, Offset: r.Offset, Limit: p.limit,
		More: r.Offset+int64(len(page)) < total, Cone: cone,
	})
	if err != nil {
		return err
	}
	return s.hand(ctx, b, v, p, page, to)
}

// hand reads the rows of a page and hands them out, some at a time.
func (s *Service) hand(ctx context.Context, b *budget, v tables.Version, p *plan, page []hit, to Rows) error {
	for part := range slices.Chunk(page, chunk) {
		var rows [][]any
		err := s.with(ctx, v, func(q *file) (err error) {
			rows, err = p.fetch(ctx, b, q, part)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := to.Row(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// check refuses what no page is.
func (r Request) check() error {
	const op = "query.Select"
	switch {
	case r.Limit < -1 || r.Limit > MaxLimit:
		return exo.Errorf(op, exo.Invalid, nil, "limit=%d is not from 1 to %d", r.Limit, MaxLimit).With("parameter", "limit").
			With("allowed", []string{"1.." + strconv.Itoa(MaxLimit)}).Try("ask for further rows with offset")
	case r.Offset < 0:
		return exo.Errorf(op, exo.Invalid, nil, "offset=%d is below 0", r.Offset).With("parameter", "offset").With("allowed", []string{"0.."})
	case len(r.Columns) > maxColumns:
		return exo.Errorf(op, exo.Invalid, nil, "%d columns are more than a table has", len(r.Columns)).With("parameter", "columns")
	}
	return nil
}

// budget is the time that a call may yet spend in the database.
type budget struct {
	left, limit time.Duration
	now         exo.Clock
}

// step runs one query within the time that is left.
func (b *budget) step(ctx context.Context, f func(context.Context) error) error {
	const op = "query.step"
	start := b.now()
	limited, cancel := context.WithTimeout(ctx, max(b.left, 1))
	defer cancel()
	err := f(limited)
	b.left -= b.now().Sub(start)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return exo.E(op, exo.KindOf(ctx.Err()), nil, err)
	case limited.Err() != nil:
		return exo.E(op, exo.Unavailable, nil, err).Say("the query took longer than %s and was ended", b.limit).
			Try("narrow it: a smaller cone, fewer ~part filters, a sort by a column such as the period")
	}
	err = sqldb.Typed(op, nil, err)
	if k := exo.KindOf(err); k == exo.Corrupt || k == exo.NotFound || k == exo.Unavailable {
		return exo.E(op, k, nil, errors.Join(errFile, err)).Say("a file of the cache cannot be read").
			Try("try again; it is made anew")
	}
	return err
}

// hit is a row that matches.
type hit struct {
	id         int64
	separation float64 // seconds of arc, in a cone
}

// run finds the rows of the page, and how many match in all.
func (p *plan) run(ctx context.Context, b *budget, q *file) (page []hit, total int64, err error) {
	s, err := p.scope(ctx, b, q)
	if err != nil {
		return nil, 0, err
	}
	if s.once {
		page, err = p.ids(ctx, b, q, s, -1, 0)
		total = int64(len(page))
		from := min(p.offset, total)
		if to := from + int64(p.limit); p.limit >= 0 && to < total {
			return page[from:to], total, err
		}
		return page[from:], total, err
	}
	if err = p.count(ctx, b, q, s); err != nil || s.total <= p.offset {
		return nil, s.total, err
	}
	page, err = p.ids(ctx, b, q, s, p.limit, p.offset)
	return page, s.total, err
}

// askNumber asks for one number.
func askNumber(ctx context.Context, b *budget, q *file, text string, args []any) (n int64, err error) {
	err = b.step(ctx, func(ctx context.Context) error {
		return q.db.QueryRowContext(ctx, text, args...).Scan(&n)
	})
	return n, err
}

// count counts the rows that match.
func (p *plan) count(ctx context.Context, b *budget, q *file, s *scope) (err error) {
	if s.total < 0 {
		w := p.about.where(p.conditions, s.index)
		s.total, err = askNumber(ctx, b, q, "SELECT count(*)"+s.count.text+w.text, slices.Concat(s.count.args, w.args))
	}
	return err
}

// ids returns matching rows in their order.
func (p *plan) ids(ctx context.Context, b *budget, q *file, s *scope, limit int, offset int64) ([]hit, error) {
	text, args := p.selection(q, s)
	args = append(args, int64(limit), offset)
	var page []hit
	err := b.step(ctx, func(ctx context.Context) error {
		rows, err := q.db.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		page, err = p.hits(rows)
		return errors.Join(err, rows.Close())
	})
	return page, err
}

func (p *plan) hits(rows *sql.Rows) ([]hit, error) {
	var page []hit
	var h hit
	var at vector
	to := []any{&h.id}
	if p.cone != nil {
		to = append(to, &at.x, &at.y, &at.z)
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		if p.cone != nil {
			h.separation = p.center.separation(at)
		}
		page = append(page, h)
	}
	return page, rows.Err()
}

// fetch reads the cells of some rows, in their order.
func (p *plan) fetch(ctx context.Context, b *budget, q *file, page []hit) ([][]any, error) {
	place := make(map[int64]int, len(page))
	ids := make([]byte, 0, 8*len(page))
	for i, h := range page {
		place[h.id] = i
		ids = append(strconv.AppendInt(ids, h.id, 10), ',')
	}
	text := "SELECT id" + p.list() + " FROM t WHERE id IN (SELECT value FROM json_each(?))"
	rows := make([][]any, len(page))
	err := b.step(ctx, func(ctx context.Context) error {
		found, err := q.db.QueryContext(ctx, text, "["+strings.TrimSuffix(string(ids), ",")+"]")
		if err != nil {
			return err
		}
		err = p.cells(found, page, place, rows)
		return errors.Join(err, found.Close())
	})
	if err == nil && slices.ContainsFunc(rows, func(r []any) bool { return r == nil }) {
		err = exo.E("query.fetch", exo.Corrupt, q.name, errFile) // ids that were found and are not there
	}
	return rows, err
}

// list writes the columns that are read.
func (p *plan) list() string {
	var s strings.Builder
	for _, col := range p.columns {
		switch {
		case col >= 0:
			fmt.Fprintf(&s, ", c%d", col)
		case col == colKey:
			s.WriteString(", k")
		default:
			s.WriteString(", NULL")
		}
	}
	return s.String()
}

// cells reads rows into their places.
func (p *plan) cells(found *sql.Rows, page []hit, place map[int64]int, rows [][]any) error {
	width := len(p.columns)
	all := make([]any, width*len(page))
	to := make([]any, width+1)
	var id int64
	to[0] = &id
	row := make([]any, width)
	for j := range row {
		to[j+1] = &row[j]
	}
	for found.Next() {
		if err := found.Scan(to...); err != nil {
			return err
		}
		i, ok := place[id]
		if !ok {
			continue
		}
		out := all[i*width : (i+1)*width : (i+1)*width]
		copy(out, row)
		for j, col := range p.columns {
			if col == colSeparation {
				out[j] = page[i].separation
			}
		}
		rows[i] = out
	}
	return found.Err()
}
