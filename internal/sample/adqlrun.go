package sample

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// result is the answer to a query.
type result struct {
	cols     []column
	rows     [][]string
	overflow bool
	whole    *table // the table that was asked for entire, nil otherwise
}

// run answers a query on a table; maxrec < 0 is no limit.
func (q *query) run(t *table, maxrec int) (*result, error) {
	if len(q.items) == 1 && q.items[0].expr == nil && q.where == nil && len(q.order) == 0 && len(q.group) == 0 && q.top < 0 && !q.distinct {
		r := &result{cols: t.cols, rows: t.rows, whole: t}
		return r.limit(-1, maxrec), nil
	}
	c := &compiler{t: t, aliases: append([]string{q.table, q.alias, t.name}, q.aliases...)}
	rows, err := q.filter(c)
	if err != nil {
		return nil, err
	}
	var out *result
	if len(q.group) > 0 || slices.ContainsFunc(q.items, func(it item) bool { return hasAggregate(it.expr) }) {
		out, err = q.aggregate(c, rows)
	} else {
		out, err = q.project(c, rows)
	}
	if err == nil {
		err = c.err
	}
	if err != nil {
		return nil, err
	}
	if q.distinct {
		out.rows = distinct(out.rows)
	}
	return out.limit(q.top, maxrec), nil
}

// limit applies TOP and MAXREC; only the latter is an overflow (TAP 1.1
// section 2.7.4).
func (r *result) limit(top, maxrec int) *result {
	if top >= 0 && len(r.rows) > top {
		r.rows, r.whole = r.rows[:top], nil
	}
	if maxrec >= 0 && len(r.rows) > maxrec {
		r.rows, r.overflow, r.whole = r.rows[:maxrec], true, nil
	}
	return r
}

// filter returns the rows that pass the where clause, in order.
func (q *query) filter(c *compiler) ([]int, error) {
	var test eval
	if q.where != nil {
		var err error
		if test, err = c.compile(q.where); err != nil {
			return nil, err
		}
	}
	rows := make([]int, 0, len(c.t.rows))
	for i := range c.t.rows {
		if test != nil {
			if v := truth(test(i)); v.kind == isNull || v.f == 0 {
				continue
			}
		}
		rows = append(rows, i)
	}
	return rows, c.err
}

// output compiles the select list of a query without aggregates.
func (q *query) output(c *compiler) (cols []column, cells []func(int) string, err error) {
	for _, it := range q.items {
		if it.expr == nil {
			for i, col := range c.t.cols {
				cols = append(cols, col)
				cells = append(cells, func(row int) string { return c.t.rows[row][i] })
			}
			continue
		}
		e, err := c.compile(it.expr)
		if err != nil {
			return nil, nil, err
		}
		cols = append(cols, c.describe(it))
		cells = append(cells, func(row int) string { return e(row).text() })
	}
	return cols, cells, nil
}

// describe names and types the column that an item of the select list yields.
func (c *compiler) describe(it item) column {
	col := column{name: it.alias, kind: "double"}
	switch {
	case it.expr.op == "col":
		if i, err := c.lookup(it.expr.text); err == nil {
			col = c.t.cols[i]
			if it.alias != "" {
				col.name = it.alias
			}
		}
	case it.expr.op == "str" || it.expr.op == "||":
		col.kind = "char"
	case it.expr.op == "calldistinct" || it.expr.op == "call":
		switch it.expr.text {
		case "count":
			col.kind = "int"
		case "upper", "lower", "trim", "to_char":
			col.kind = "char"
		case "to_date":
			col.kind = "date"
		case "max", "min", "nvl":
			if len(it.expr.kids) > 0 {
				col.kind = c.describe(item{expr: it.expr.kids[0]}).kind
			}
		}
	}
	if col.name == "" {
		col.name = it.expr.String()
	}
	return col
}

// String gives the expression as the archive names an unnamed column.
func (n *node) String() string {
	if n == nil {
		return "*"
	}
	kids := make([]string, len(n.kids))
	for i, k := range n.kids {
		kids[i] = k.String()
	}
	switch n.op {
	case "star":
		return "*"
	case "call":
		return n.text + "(" + strings.Join(kids, ",") + ")"
	case "calldistinct":
		return n.text + "(distinct " + strings.Join(kids, ",") + ")"
	case "col", "num":
		return strings.ToLower(n.text)
	case "str":
		return "'" + n.text + "'"
	}
	return strings.Join(kids, n.op)
}

func (q *query) project(c *compiler, rows []int) (*result, error) {
	cols, cells, err := q.output(c)
	if err != nil {
		return nil, err
	}
	if err := q.sort(c, rows); err != nil {
		return nil, err
	}
	out := &result{cols: cols, rows: make([][]string, len(rows))}
	flat := make([]string, len(rows)*len(cols))
	for i, row := range rows {
		r := flat[i*len(cols) : (i+1)*len(cols) : (i+1)*len(cols)]
		for j, cell := range cells {
			r[j] = cell(row)
		}
		out.rows[i] = r
	}
	return out, nil
}

// sort puts the rows in the order asked for. Nulls come last, as in Oracle.
func (q *query) sort(c *compiler, rows []int) error {
	if len(q.order) == 0 {
		return nil
	}
	keys := make([][]value, len(q.order))
	for i, o := range q.order {
		e, err := c.compile(q.resolve(o.expr))
		if err != nil {
			return err
		}
		keys[i] = make([]value, len(c.t.rows))
		for _, row := range rows {
			keys[i][row] = e(row)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		for i, o := range q.order {
			d := c.orderNulls(keys[i][a], keys[i][b])
			if o.desc {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
	return c.err
}

func (c *compiler) orderNulls(x, y value) int {
	if x.kind == isNull || y.kind == isNull {
		return cmp.Compare(b2i(x.kind == isNull), b2i(y.kind == isNull))
	}
	return c.order(x, y)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// resolve replaces an alias or a position in ORDER BY by its expression.
func (q *query) resolve(n *node) *node {
	if n.op == "num" {
		if i, err := strconv.Atoi(n.text); err == nil && i >= 1 && i <= len(q.items) && q.items[i-1].expr != nil {
			return q.items[i-1].expr
		}
	}
	for _, it := range q.items {
		if n.op == "col" && it.alias != "" && strings.EqualFold(it.alias, n.text) && it.expr != nil {
			return it.expr
		}
	}
	return n
}

func distinct(rows [][]string) [][]string {
	seen := make(map[string]bool, len(rows))
	out := rows[:0:0]
	for _, r := range rows {
		key := strings.Join(r, "\x00")
		if !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}
