package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/sqldb"
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

// plan is a request, read against the columns of a table.
type plan struct {
	about      *about
	columns    []int
	conditions []condition
	order      []order
	cone       *Cone
	center     center
	limit      int
	offset     int64
}

func (a *about) plan(r Request, cone *Cone) (*plan, error) {
	p := &plan{about: a, cone: cone, limit: r.Limit, offset: r.Offset}
	if p.limit == 0 {
		p.limit = defaultLimit
	}
	if cone != nil {
		p.center = center{unit(cone.RA, cone.Dec), cone.Radius > 90}
	}
	var err error
	if p.columns, err = a.chosen(r.Columns, cone != nil); err != nil {
		return nil, err
	}
	if p.conditions, err = a.parseFilters(r.Filters); err != nil {
		return nil, err
	}
	p.order, err = a.parseSort(r.Sort, cone != nil)
	return p, err
}

// chosen places the wanted columns; none named: all, and the separation in
// a cone.
func (a *about) chosen(names []string, cone bool) ([]int, error) {
	var list []int
	if len(names) == 0 {
		for j := range a.Columns {
			list = append(list, j)
		}
		if cone {
			list = append(list, colSeparation)
		}
		return list, nil
	}
	var extra []int
	if cone {
		extra = []int{colSeparation}
	}
	for _, name := range names {
		col, err := a.find("columns", name, extra...)
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, col) {
			return nil, exo.Errorf("query.chosen", exo.Invalid, nil, "the column %q is asked for twice", clip(name, 60)).
				With("parameter", "columns").With("allowed", a.names(cone)).Try("name each column once")
		}
		list = append(list, col)
	}
	return list, nil
}

// head describes the columns of the answer.
func (p *plan) head() []export.Column {
	list := make([]export.Column, len(p.columns))
	for i, col := range p.columns {
		list[i] = p.about.column(col).Column
	}
	return list
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
	if p.cone != nil && len(p.conditions) > 0 {
		// Looking rows up takes most of the time: once is enough for both.
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

// scope is where matching rows are looked for.
type scope struct {
	from  clause // FROM and WHERE, with the cone, without the filters
	count clause // the same, to count only
	index int    // condition whose index is used; -1: none
	cost  int64  // of finding all matches, as rows read one after the other
	total int64  // rows that match; -1: not counted yet
}

// scope decides which index is used: the cone's cells, else that of the
// condition that leaves the fewest rows, if these are few.
func (p *plan) scope(ctx context.Context, b *budget, q *file) (*scope, error) {
	s := &scope{index: -1, cost: q.about.Rows, total: -1}
	switch {
	case p.cone != nil:
		sorted := slices.ContainsFunc(p.order, func(o order) bool { return o.col >= 0 })
		s.from, s.count = p.circle(len(p.conditions) > 0 || sorted), p.circle(len(p.conditions) > 0)
		return s, nil
	case len(p.conditions) == 0:
		s.total = q.about.Rows
	}
	s.from.add(" FROM t WHERE 1")
	s.count = s.from
	for i, c := range p.conditions {
		if !p.about.indexable(c) {
			continue
		}
		one := p.about.condition(c, true)
		n, err := number1(ctx, b, q, "SELECT count(*) FROM t WHERE "+one.text, one.args)
		if err != nil {
			return s, err
		}
		if n*worth < s.cost {
			s.index, s.cost = i, n*worth
		}
		if len(p.conditions) == 1 {
			s.total = n
		}
	}
	return s, nil
}

// worth is how many rows can be read in their order while one is looked up
// through an index.
const worth = 6

// circle writes the tables and conditions of a cone, the table of the rows only
// where it is asked something.
func (p *plan) circle(rows bool) clause {
	var c clause
	spans := p.cone.cover()
	c.add(" FROM (VALUES (?, ?)", spans[0].lo, spans[0].hi)
	for _, s := range spans[1:] {
		c.add(", (?, ?)", s.lo, s.hi)
	}
	c.add(") AS r CROSS JOIN p ON p.cell BETWEEN r.column1 AND r.column2")
	if rows {
		c.add(" CROSS JOIN t ON t.id = p.id")
	}
	half := p.cone.Radius * degree / 2
	if p.center.wide { // from the other side, where the chord is exact
		text, args := chord(p.center.opposite())
		c.add(" WHERE "+text+" >= ?", append(args, sq(2*math.Cos(half)))...)
		return c
	}
	text, args := chord(p.center.vector)
	c.add(" WHERE "+text+" <= ?", append(args, sq(2*math.Sin(half)))...)
	return c
}

// number1 asks for one number.
func number1(ctx context.Context, b *budget, q *file, text string, args []any) (n int64, err error) {
	err = b.step(ctx, func(ctx context.Context) error {
		return q.db.QueryRowContext(ctx, text, args...).Scan(&n)
	})
	return n, err
}

// count counts the rows that match.
func (p *plan) count(ctx context.Context, b *budget, q *file, s *scope) (err error) {
	if s.total < 0 {
		w := p.about.where(p.conditions, s.index)
		s.total, err = number1(ctx, b, q, "SELECT count(*)"+s.count.text+w.text, slices.Concat(s.count.args, w.args))
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

// selection writes the query for the rows; limit and offset are left to bind.
func (p *plan) selection(q *file, s *scope) (text string, args []any) {
	index, walk := s.index, p.walks(q, s)
	if walk {
		index = -1
	}
	id, columns := "t.id", "t.id"
	if p.cone != nil {
		id, columns = "p.id", "p.id, p.x, p.y, p.z"
	}
	w := p.about.where(p.conditions, index)
	o := p.about.orderBy(p.order, p.center, id, walk)
	return "SELECT " + columns + s.from.text + w.text + o.text + " LIMIT ? OFFSET ?",
		slices.Concat(s.from.args, w.args, o.args)
}

// walks tells whether reading the rows in their order, and leaving out those
// that do not match, comes to the end of the page sooner than finding all
// matches and sorting them.
func (p *plan) walks(q *file, s *scope) bool {
	if p.cone != nil || p.limit < 0 || s.total <= 0 {
		return false
	}
	visits := float64(p.offset+int64(p.limit)) * float64(q.about.Rows) / float64(s.total)
	if len(p.order) > 0 {
		col := p.order[0].col
		if col < 0 || !q.about.Columns[col].Indexed || q.about.Columns[col].Numeric {
			return false
		}
		visits *= worth
	}
	return visits < float64(s.cost)
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
