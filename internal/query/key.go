package query

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/tables"
)

// maxKey bounds the text of a key; that of a K2 row names two papers.
const maxKey = 500

// Key finds one row by its key, with all columns; names that a user would write
// for it are taken too ("TOI-700.01", "KOI-752.01", "Kepler-10 b"), and the name
// of a star that has one row. Of the several rows of a K2 planet it is the
// default one. exo.NotFound names near keys, exo.Invalid the rows of a star that
// has several.
func (s *Service) Key(ctx context.Context, table catalog.Type, ref tables.Ref, key string) (Head, []any, error) {
	const op = "query.Key"
	key = strings.TrimSpace(key)
	if key == "" || len(key) > maxKey {
		return Head{}, nil, exo.Errorf(op, exo.Invalid, table, "%.60q is no key of a row", clip(key, 60)).With("parameter", "key").
			Try("write K00752.01, TOI-700.01 or K2-18 b")
	}
	v, err := s.opt.Tables.Pick(ctx, table, ref)
	if err != nil {
		return Head{}, nil, err
	}
	b := &budget{left: s.opt.Timeout, limit: s.opt.Timeout, now: s.now}
	head := Head{Version: v, Total: 1, Limit: 1}
	var row []any
	err = s.with(ctx, v, func(q *file) error {
		p, err := q.about.plan(Request{}, nil)
		if err != nil {
			return err
		}
		id, err := q.lookup(ctx, b, key)
		if err != nil {
			return err
		}
		rows, err := p.fetch(ctx, b, q, []hit{{id: id}})
		if err != nil {
			return err
		}
		head.Columns, row = p.head(), rows[0]
		return nil
	})
	if err != nil {
		return Head{}, nil, err
	}
	return head, row, nil
}

// found is a row that goes by a name.
type found struct {
	id   int64
	rank int
	key  string
}

// lookup finds the row that a key or name means.
func (q *file) lookup(ctx context.Context, b *budget, key string) (int64, error) {
	rows, err := q.rows(ctx, b, "SELECT id, 0, k FROM t WHERE k = ? ORDER BY id LIMIT 1", key)
	if err != nil {
		return 0, err
	}
	names := []string{catalog.Fold(key)}
	if name, err := exo.ParseName(key); err == nil {
		names = append(names, catalog.Fold(name.Canonical))
	}
	for _, name := range names {
		if len(rows) > 0 {
			break
		}
		const text = "SELECT n.id, n.rank, t.k FROM n JOIN t ON t.id = n.id WHERE n.name = ? ORDER BY n.rank, n.id LIMIT 1000"
		if rows, err = q.rows(ctx, b, text, name); err != nil {
			return 0, err
		}
	}
	if len(rows) == 0 {
		return 0, q.notFound(ctx, b, key)
	}
	best := rows[:1]
	for len(best) < len(rows) && rows[len(best)].rank == best[0].rank {
		best = rows[:len(best)+1]
	}
	if len(best) == 1 || q.about.Table == catalog.K2 && best[0].rank <= rankObject {
		return best[0].id, nil
	}
	return 0, q.several(key, best)
}

// several is the error of a name that several rows go by.
func (q *file) several(key string, rows []found) error {
	keys := make([]string, 0, len(rows))
	for _, r := range rows {
		keys = append(keys, r.key)
	}
	return exo.Errorf("query.Key", exo.Invalid, nil, "%d rows of the %s table go by the name %q", len(rows), q.about.Table, clip(key, 60)).
		With("parameter", "key").With("allowed", keys).Try("ask for one of them: %s", strings.Join(keys[:min(len(keys), 5)], ", "))
}

func (q *file) notFound(ctx context.Context, b *budget, key string) error {
	near, err := q.near(ctx, b, key)
	if err != nil {
		return err
	}
	e := exo.Errorf("query.Key", exo.NotFound, nil, "the %s table has no row %q", q.about.Table, clip(key, 60)).With("parameter", "key")
	if len(near) == 0 {
		return e.Try("select the rows of a star by its number, or look around its position with a cone")
	}
	return e.With("near", near).Try("there is %s", strings.Join(near, ", "))
}

// maxNames bounds the names that are compared with a wrong one.
const maxNames = 100_000

// near returns keys that may have been meant, at most three.
func (q *file) near(ctx context.Context, b *budget, key string) ([]string, error) {
	type near struct {
		key  string
		d    int
		same int // bytes at the beginning that are right
	}
	want := catalog.Fold(key)
	if name, err := exo.ParseName(key); err == nil {
		want = catalog.Fold(name.Canonical)
	}
	const text = "SELECT n.id, n.name, t.k FROM n JOIN t ON t.id = n.id WHERE n.rank <= 1 LIMIT ?"
	var list []near
	err := b.step(ctx, func(ctx context.Context) error {
		rows, err := q.db.QueryContext(ctx, text, maxNames)
		if err != nil {
			return err
		}
		defer rows.Close() // its errors are those of Err
		var id int64
		var name, key string
		for rows.Next() {
			if err := rows.Scan(&id, &name, &key); err != nil {
				return err
			}
			if d := exo.Edits(want, name); d <= 1+len(want)/5 {
				list = append(list, near{key, d, common(want, name)})
			}
		}
		return rows.Err()
	})
	slices.SortStableFunc(list, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(b.same, a.same), natural(a.key, b.key))
	})
	var out []string
	for _, x := range list {
		if len(out) < 3 && !slices.Contains(out, x.key) {
			out = append(out, x.key)
		}
	}
	return out, err
}

// common counts the bytes that two names begin with alike.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// rows asks for rows by name.
func (q *file) rows(ctx context.Context, b *budget, text string, args ...any) (list []found, err error) {
	err = b.step(ctx, func(ctx context.Context) error {
		var rows *sql.Rows
		if rows, err = q.db.QueryContext(ctx, text, args...); err != nil {
			return err
		}
		for rows.Next() {
			var f found
			if err := rows.Scan(&f.id, &f.rank, &f.key); err != nil {
				return errors.Join(err, rows.Close())
			}
			list = append(list, f)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	return list, err
}
