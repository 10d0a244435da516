package query

import (
	"context"
	"math"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
)

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

// scope is where matching rows are looked for.
type scope struct {
	from  clause // FROM and WHERE, with the cone, without the filters
	count clause // the same, to count only
	index int    // condition whose index is used; -1: none
	cost  int64  // of finding all matches, as rows read one after the other
	total int64  // rows that match; -1: not counted yet
	once  bool   // all matches are read, and so counted, where that is cheaper than looking twice
}

// scope decides which index is used: the cone's cells, else that of the
// condition that leaves the fewest rows, if these are few.
func (p *plan) scope(ctx context.Context, b *budget, q *file) (*scope, error) {
	s := &scope{index: -1, cost: q.about.Rows, total: -1}
	switch {
	case p.cone != nil:
		sorted := slices.ContainsFunc(p.order, func(o order) bool { return o.col >= 0 })
		s.from, s.count = p.circle(len(p.conditions) > 0 || sorted), p.circle(len(p.conditions) > 0)
		s.once = len(p.conditions) > 0 // looking rows up takes most of the time
		return s, nil
	case len(p.conditions) == 0:
		s.total = q.about.Rows
	}
	s.from.add(" FROM t WHERE 1")
	s.count = s.from
	most := q.about.Rows // that can match
	for i, c := range p.conditions {
		if !p.about.indexable(c) {
			continue
		}
		one := p.about.condition(c, true)
		n, err := askNumber(ctx, b, q, "SELECT count(*) FROM t WHERE "+one.text, one.args)
		if err != nil {
			return s, err
		}
		if n*worth < s.cost {
			s.index, s.cost = i, n*worth
		}
		if len(p.conditions) == 1 {
			s.total = n
		}
		most = min(most, n)
	}
	s.once = s.total < 0 && most < q.about.Rows/3
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
