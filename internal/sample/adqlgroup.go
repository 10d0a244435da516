package sample

import (
	"slices"
	"strings"
)

var aggregates = []string{"count", "max", "min", "sum", "avg"}

func hasAggregate(n *node) bool {
	if n == nil {
		return false
	}
	if (n.op == "call" || n.op == "calldistinct") && slices.Contains(aggregates, n.text) {
		return true
	}
	return slices.ContainsFunc(n.kids, hasAggregate)
}

// aggregate answers a query with GROUP BY or aggregate functions. Items are
// aggregates of an expression, or grouped columns.
func (q *query) aggregate(c *compiler, rows []int) (*result, error) {
	out := &result{}
	reduce := make([]func([]int) (value, error), len(q.items))
	for i, it := range q.items {
		var err error
		if reduce[i], err = q.reducer(c, it); err != nil {
			return nil, err
		}
		out.cols = append(out.cols, c.describe(it))
	}
	groups, err := q.groups(c, rows)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		cells := make([]string, len(reduce))
		for i, f := range reduce {
			v, err := f(g)
			if err != nil {
				return nil, err
			}
			cells[i] = v.text()
		}
		out.rows = append(out.rows, cells)
	}
	return out, q.sortOutput(out)
}

// groups splits the rows by the GROUP BY keys, in order of the keys.
func (q *query) groups(c *compiler, rows []int) ([][]int, error) {
	if len(q.group) == 0 {
		return [][]int{rows}, nil
	}
	keys := make([]eval, len(q.group))
	for i, g := range q.group {
		e, err := c.compile(g)
		if err != nil {
			return nil, err
		}
		keys[i] = e
	}
	byKey := map[string][]int{}
	var names []string
	for _, row := range rows {
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = k(row).text()
		}
		key := strings.Join(parts, "\x00")
		if _, ok := byKey[key]; !ok {
			names = append(names, key)
		}
		byKey[key] = append(byKey[key], row)
	}
	slices.Sort(names)
	out := make([][]int, len(names))
	for i, n := range names {
		out[i] = byKey[n]
	}
	return out, nil
}

func (q *query) reducer(c *compiler, it item) (func([]int) (value, error), error) {
	if it.expr == nil {
		return nil, oracle("ORA-00937: not a single-group group function")
	}
	n := it.expr
	if !hasAggregate(n) {
		text := n.String()
		if !slices.ContainsFunc(q.group, func(g *node) bool { return g.String() == text }) {
			return nil, oracle("ORA-00937: not a single-group group function")
		}
		e, err := c.compile(n)
		if err != nil {
			return nil, err
		}
		return func(g []int) (value, error) { return e(g[0]), nil }, nil
	}
	if n.op != "call" && n.op != "calldistinct" || len(n.kids) != 1 {
		return nil, oracle("ORA-00909: invalid number of arguments")
	}
	if n.kids[0].op == "star" {
		if n.text != "count" {
			return nil, oracle("ORA-00936: missing expression")
		}
		return func(g []int) (value, error) { return value{kind: isNum, f: float64(len(g))}, nil }, nil
	}
	e, err := c.compile(n.kids[0])
	if err != nil {
		return nil, err
	}
	name, unique := n.text, n.op == "calldistinct"
	return func(g []int) (value, error) { return c.fold(name, unique, e, g), c.err }, nil
}

// fold computes an aggregate over the values that are not null.
func (c *compiler) fold(name string, unique bool, e eval, rows []int) value {
	var best value
	var sum float64
	n := 0
	seen := map[string]bool{}
	for _, row := range rows {
		v := e(row)
		if v.kind == isNull {
			continue
		}
		if unique {
			if seen[v.text()] {
				continue
			}
			seen[v.text()] = true
		}
		n++
		switch name {
		case "sum", "avg":
			sum += c.num(v)
		case "max":
			if n == 1 || c.order(v, best) > 0 {
				best = v
			}
		case "min":
			if n == 1 || c.order(v, best) < 0 {
				best = v
			}
		}
	}
	switch {
	case name == "count":
		return value{kind: isNum, f: float64(n)}
	case n == 0:
		return value{}
	case name == "avg":
		return value{kind: isNum, f: sum / float64(n)}
	case name == "sum":
		return value{kind: isNum, f: sum}
	}
	return best
}

// sortOutput orders grouped rows by columns of the output.
func (q *query) sortOutput(out *result) error {
	if len(q.order) == 0 {
		return nil
	}
	t := newTable("", out.cols, out.rows)
	c := &compiler{t: t}
	rows := make([]int, len(out.rows))
	for i := range rows {
		rows[i] = i
	}
	plain := &query{}
	for _, o := range q.order {
		i := slices.IndexFunc(q.items, func(it item) bool {
			return it.expr != nil && (it.expr.String() == q.resolve(o.expr).String())
		})
		if i < 0 {
			return oracle("ORA-00979: not a GROUP BY expression")
		}
		plain.order = append(plain.order, ordering{expr: &node{op: "col", text: out.cols[i].name}, desc: o.desc})
	}
	if err := plain.sort(c, rows); err != nil {
		return err
	}
	sorted := make([][]string, len(rows))
	for i, row := range rows {
		sorted[i] = out.rows[row]
	}
	out.rows = sorted
	return nil
}
