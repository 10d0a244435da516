package query

import (
	"context"
	"slices"

	"exoplanetai/internal/export"
	"exoplanetai/internal/tables"
)

// Record is a made-up row.
type Record struct {
	Key     string
	RA, Dec float64
	Cells   []any
}

// Write makes the query file of a version from made-up rows, in place of those
// of its table.
func (s *Service) Write(ctx context.Context, v tables.Version, cols []export.Column, rows func(yield func(Record) bool)) (int64, error) {
	if err := s.prepareFolder(); err != nil {
		return 0, err
	}
	a := about{Table: v.Meta.Table, SHA256: v.Meta.SHA256, Program: s.opt.Program}
	for _, c := range cols {
		a.Columns = append(a.Columns, column{Column: c, Indexed: true})
	}
	return s.writeFile(ctx, fileName(v), &a, func(yield func(*record) bool) {
		for r := range rows {
			if !yield(&record{key: r.Key, objects: []string{r.Key}, ra: r.RA, dec: r.Dec, cells: r.Cells}) {
				return
			}
		}
	})
}

// FileName is the name of a version's query file.
func FileName(v tables.Version) string { return fileName(v) }

// Natural compares keys.
var Natural = natural

// Cover returns what tells whether the cells of a circle hold a position, and
// the share of all cells that they are.
func Cover(c Cone) (holds func(ra, dec float64) bool, share float64) {
	spans := c.cover()
	cells := 0.0
	for _, s := range spans {
		cells += float64(s.hi - s.lo + 1)
	}
	return func(ra, dec float64) bool {
		at := cell(ra, dec)
		return slices.ContainsFunc(spans, func(s span) bool { return at >= s.lo && at <= s.hi })
	}, cells / float64(firstCell[bands])
}

// Separations measures from one position to others, seconds of arc.
func Separations(ra, dec float64, to [][2]float64) []float64 {
	list := make([]float64, 0, len(to))
	for _, p := range to {
		list = append(list, unit(ra, dec).separation(unit(p[0], p[1])))
	}
	return list
}

// Angle, Radius read coordinates; Split cuts alternatives.
var (
	Angle  = parseAngle
	Radius = parseRadius
	Split  = split
)

// Users counts the calls that hold a file.
func (s *Service) Users() (n int) {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	for _, q := range s.shelf.files {
		n += q.users
	}
	return n
}

// Explain returns SQLite's plan of a request.
func (s *Service) Explain(ctx context.Context, r Request) (plan []string, err error) {
	v, err := s.opt.Tables.Pick(ctx, r.Table, r.Ref)
	if err != nil {
		return nil, err
	}
	cone, err := s.cone(ctx, r.Cone)
	if err != nil {
		return nil, err
	}
	err = s.with(ctx, v, func(q *file) error {
		p, err := q.about.plan(r, cone)
		if err != nil {
			return err
		}
		b := &budget{left: s.opt.Timeout, now: s.now}
		sc, err := p.scope(ctx, b, q)
		if err == nil {
			err = p.count(ctx, b, q, sc)
		}
		if err != nil {
			return err
		}
		text, args := p.selection(q, sc)
		rows, err := q.db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, append(args, int64(p.limit), p.offset)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a, b, c int
			var detail string
			if err := rows.Scan(&a, &b, &c, &detail); err != nil {
				return err
			}
			plan = append(plan, detail)
		}
		return rows.Err()
	})
	return plan, err
}
