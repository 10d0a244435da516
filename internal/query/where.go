package query

import (
	"fmt"
	"strings"

	"exoplanetai/internal/exo"
)

// clause is a piece of SQL with the values that are bound to it. Its text is
// made of our own words, numbers of columns, and question marks.
type clause struct {
	text string
	args []any
}

func (c *clause) add(text string, args ...any) {
	c.text += text
	c.args = append(c.args, args...)
}

// expr names a column. Without index it is written so that SQLite takes no
// index of the column: a query is planned here, where it is known how many rows
// a condition leaves.
func expr(col int, index bool) string {
	name := "t.k"
	if col >= 0 {
		name = fmt.Sprintf("t.c%d", col)
	}
	if index {
		return name
	}
	return "+" + name
}

// where joins conditions; that with the number index may use its index, -1: none
// may. It begins with " AND ", or is empty.
func (a *about) where(conditions []condition, index int) clause {
	var w clause
	for i, c := range conditions {
		one := a.condition(c, i == index)
		w.add(" AND "+one.text, one.args...)
	}
	return w
}

func (a *about) condition(c condition, index bool) clause {
	e := expr(c.col, index)
	ordered := e
	if a.column(c.col).Numeric {
		ordered = "CAST(" + e + " AS REAL)"
	}
	var all []string
	var out clause
	if c.some {
		all = append(all, e+" IS NOT NULL")
	}
	if len(c.any) > 0 {
		either := anyOf(e, ordered, c.any)
		all, out.args = append(all, either.text), append(out.args, either.args...)
	}
	if len(c.none) > 0 {
		either := anyOf(e, ordered, c.none)
		all, out.args = append(all, "NOT "+either.text), append(out.args, either.args...)
	}
	text := strings.Join(all, " AND ")
	switch {
	case c.null && text == "":
		out.text = e + " IS NULL"
	case c.null:
		out.text = "(" + e + " IS NULL OR (" + text + "))"
	default:
		out.text = "(" + text + ")"
	}
	return out
}

// anyOf joins tests of which one must hold. Where the cell is empty it is
// unknown, and so is its opposite: neither passes.
func anyOf(e, ordered string, tests []test) clause {
	var out clause
	var texts []string
	var equal []any
	for _, t := range tests {
		if t.kind == isEqual {
			equal = append(equal, t.a)
		}
	}
	if len(equal) > 0 {
		texts = append(texts, e+" IN (?"+strings.Repeat(",?", len(equal)-1)+")")
		out.args = equal
	}
	for _, t := range tests {
		switch t.kind {
		case isLess:
			texts = append(texts, ordered+" < ?")
		case isAtMost:
			texts = append(texts, ordered+" <= ?")
		case isMore:
			texts = append(texts, ordered+" > ?")
		case isAtLeast:
			texts = append(texts, ordered+" >= ?")
		case isBetween:
			texts = append(texts, ordered+" BETWEEN ? AND ?")
		case isInside:
			texts = append(texts, "instr(lower("+e+"), ?) > 0")
		default:
			continue
		}
		out.args = append(out.args, t.a)
		if t.kind == isBetween {
			out.args = append(out.args, t.b)
		}
	}
	out.text = "(" + strings.Join(texts, " OR ") + ")"
	return out
}

// indexable tells whether an index finds the rows that pass: plain values, or
// one range.
func (a *about) indexable(c condition) bool {
	if c.col < colKey || c.null || len(c.any) == 0 || c.col >= 0 && !a.Columns[c.col].Indexed {
		return false
	}
	for _, t := range c.any {
		if t.kind != isEqual && (len(c.any) > 1 || t.kind == isInside || a.column(c.col).Numeric) {
			return false
		}
	}
	return true
}

// order is a column to sort by.
type order struct {
	col     int
	falling bool
}

// parseSort reads the columns to sort by.
func (a *about) parseSort(s string, cone bool) ([]order, error) {
	if strings.TrimSpace(s) == "" {
		if cone {
			return []order{{col: colSeparation}}, nil
		}
		return nil, nil
	}
	parts, ok := split(s)
	if !ok || len(parts) > maxSort || len(s) > maxExpr {
		return nil, badSort(s, a)
	}
	var list []order
	for _, part := range parts {
		name, falling := strings.CutPrefix(strings.TrimSpace(part), "-")
		name = strings.TrimPrefix(strings.TrimSpace(name), "+")
		if inner, ok := strings.CutPrefix(name, `"`); ok {
			name = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
		}
		if strings.TrimSpace(name) == "" {
			return nil, badSort(s, a)
		}
		var extra []int
		if cone {
			extra = []int{colSeparation}
		}
		col, err := a.find("sort", name, extra...)
		if err != nil {
			return nil, err
		}
		list = append(list, order{col, falling})
	}
	return list, nil
}

func badSort(s string, a *about) error {
	return exo.Errorf("query.parseSort", exo.Invalid, nil, "sort=%.80q cannot be used", clip(s, 80)).With("parameter", "sort").
		With("allowed", a.names(false)).Try("write column names, separated by commas, at most %d, each with - before it for falling order", maxSort)
}

// orderBy writes the order: rows without a value last, rows that are equal by
// key, which the rows are numbered by. With index, the first column's may be used.
func (a *about) orderBy(list []order, center center, id string, index bool) clause {
	var o clause
	key := ""
	for i, s := range list {
		if key != "" {
			break // nothing after the key tells rows apart
		}
		direction := ""
		if s.falling {
			direction = " DESC"
		}
		switch {
		case s.col == colSeparation && center.wide:
			// The square of the tangent of half the angle; beyond it lies the opposite point.
			near, args := chord(center.vector)
			far, more := chord(center.opposite())
			ends := map[bool]string{false: " NULLS LAST, ", true: " NULLS FIRST, "}[s.falling]
			o.add(near+"/"+far+direction+ends, append(args, more...)...)
		case s.col == colSeparation:
			text, args := chord(center.vector)
			o.add(text+direction+", ", args...)
		case s.col == colKey:
			key = id + direction
		case a.Columns[s.col].Numeric:
			o.add(fmt.Sprintf("CAST(t.c%d AS REAL)%s NULLS LAST, ", s.col, direction))
		default:
			o.add(expr(s.col, index && i == 0) + direction + " NULLS LAST, ")
		}
	}
	if key == "" {
		key = id
	}
	o.text = " ORDER BY " + o.text + key
	return o
}

// chord is the square of the straight distance of a row from the center; it
// grows with the angle, and is exact for small ones.
func chord(c vector) (string, []any) {
	return "((p.x-?)*(p.x-?)+(p.y-?)*(p.y-?)+(p.z-?)*(p.z-?))", []any{c.x, c.x, c.y, c.y, c.z, c.z}
}
