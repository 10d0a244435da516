package sample

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value is what an expression yields for a row.
type value struct {
	kind valueKind
	f    float64
	s    string
	geo  *[3]float64 // point (ra, dec, 0) or circle (ra, dec, radius), degrees
}

type valueKind byte

const (
	isNull valueKind = iota
	isNum
	isText
	isDate // s is "2006-01-02 15:04:05"
	isTrue // f is 0 or 1
	isGeo
)

// eval computes an expression for a row.
type eval func(row int) value

// compiler turns expressions over one table into functions. The first error at
// run time, such as a text that is no number, stays in err.
type compiler struct {
	t       *table
	aliases []string // names by which a query may qualify columns
	err     error
}

func (c *compiler) fail(err error) value {
	if c.err == nil {
		c.err = err
	}
	return value{}
}

func (c *compiler) compile(n *node) (eval, error) {
	switch n.op {
	case "col":
		return c.column(n)
	case "num":
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil {
			return nil, oracle("ORA-01722: invalid number")
		}
		v := value{kind: isNum, f: f, s: n.text}
		return func(int) value { return v }, nil
	case "str":
		v := value{kind: isText, s: n.text}
		if n.text == "" {
			v = value{} // Oracle holds the empty text for null
		}
		return func(int) value { return v }, nil
	case "null":
		return func(int) value { return value{} }, nil
	case "star", "calldistinct":
		return nil, oracle("ORA-00936: missing expression")
	}
	kids := make([]eval, len(n.kids))
	for i, k := range n.kids {
		e, err := c.compile(k)
		if err != nil {
			return nil, err
		}
		kids[i] = e
	}
	if n.op == "call" {
		return c.function(n.text, kids)
	}
	return c.operator(n.op, kids)
}

// lookup finds the position of a column by the name that a query uses.
func (c *compiler) lookup(text string) (int, error) {
	name := text
	if i := strings.LastIndexByte(text, '.'); i >= 0 {
		prefix := text[:i]
		if !slices.ContainsFunc(c.aliases, func(a string) bool { return strings.EqualFold(a, prefix) }) {
			return -1, oracle(`ORA-00904: "%s"."%s": invalid identifier`, strings.ToUpper(clip(prefix)), strings.ToUpper(clip(text[i+1:])))
		}
		name = text[i+1:]
	}
	if i := c.t.col(name); i >= 0 {
		return i, nil
	}
	return -1, oracle(`ORA-00904: "%s": invalid identifier`, strings.ToUpper(clip(name)))
}

func (c *compiler) column(n *node) (eval, error) {
	i, err := c.lookup(n.text)
	if err != nil {
		return nil, err
	}
	rows := c.t.rows
	switch {
	case c.t.cols[i].numeric():
		nums := c.t.floats(i)
		return func(row int) value {
			if math.IsNaN(nums[row]) {
				return value{}
			}
			return value{kind: isNum, f: nums[row], s: rows[row][i]}
		}, nil
	case c.t.cols[i].kind == "date":
		return func(row int) value { return dateValue(rows[row][i]) }, nil
	}
	return func(row int) value {
		if rows[row][i] == "" {
			return value{}
		}
		return value{kind: isText, s: rows[row][i]}
	}, nil
}

// dateValue fills a date up to seconds, so that dates compare as text.
func dateValue(s string) value {
	switch {
	case s == "":
		return value{}
	case len(s) == len("2006-01-02"):
		s += " 00:00:00"
	}
	return value{kind: isDate, s: s}
}

func (c *compiler) operator(op string, k []eval) (eval, error) {
	switch op {
	case "and", "or":
		return logic(op == "and", k), nil
	case "not":
		return func(row int) value {
			v := truth(k[0](row))
			if v.kind == isNull {
				return v
			}
			return boolean(v.f == 0)
		}, nil
	case "isnull":
		return func(row int) value { return boolean(k[0](row).kind == isNull) }, nil
	case "notnull":
		return func(row int) value { return boolean(k[0](row).kind != isNull) }, nil
	case "like":
		return func(row int) value {
			a, b := k[0](row), k[1](row)
			if a.kind == isNull || b.kind == isNull {
				return value{}
			}
			return boolean(like(a.text(), b.text()))
		}, nil
	case "between":
		return logic(true, []eval{c.compare(">=", k[0], k[1]), c.compare("<=", k[0], k[2])}), nil
	case "in":
		var any []eval
		for _, e := range k[1:] {
			any = append(any, c.compare("=", k[0], e))
		}
		return logic(false, any), nil
	case "=", "<>", "<", "<=", ">", ">=":
		return c.compare(op, k[0], k[1]), nil
	case "neg":
		return c.arithmetic("-", func(int) value { return value{kind: isNum} }, k[0]), nil
	}
	return c.arithmetic(op, k[0], k[1]), nil
}

// logic joins conditions with SQL's three values.
func logic(all bool, k []eval) eval {
	decisive := 0.0
	if !all {
		decisive = 1
	}
	return func(row int) value {
		unknown := false
		for _, e := range k {
			v := truth(e(row))
			if v.kind == isNull {
				unknown = true
			} else if v.f == decisive {
				return v
			}
		}
		if unknown {
			return value{}
		}
		return boolean(all)
	}
}

func boolean(b bool) value {
	if b {
		return value{kind: isTrue, f: 1}
	}
	return value{kind: isTrue}
}

func truth(v value) value {
	if v.kind == isNull || v.kind == isTrue {
		return v
	}
	return boolean(v.kind == isNum && v.f != 0)
}

func (c *compiler) compare(op string, a, b eval) eval {
	return func(row int) value {
		x, y := a(row), b(row)
		if x.kind == isNull || y.kind == isNull {
			return value{}
		}
		d := c.order(x, y)
		switch op {
		case "=":
			return boolean(d == 0)
		case "<>":
			return boolean(d != 0)
		case "<":
			return boolean(d < 0)
		case "<=":
			return boolean(d <= 0)
		case ">":
			return boolean(d > 0)
		}
		return boolean(d >= 0)
	}
}

// order compares two values that are not null. As in Oracle a number meets a
// text by turning the text into a number.
func (c *compiler) order(x, y value) int {
	switch {
	case x.kind == isDate || y.kind == isDate:
		return strings.Compare(dateValue(x.text()).s, dateValue(y.text()).s)
	case x.kind == isText && y.kind == isText:
		return strings.Compare(x.s, y.s)
	}
	p, q := c.num(x), c.num(y)
	switch {
	case p < q:
		return -1
	case p > q:
		return 1
	}
	return 0
}

func (c *compiler) num(v value) float64 {
	if v.kind == isNum || v.kind == isTrue {
		return v.f
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(v.s), 64)
	if err != nil || v.kind == isGeo {
		c.fail(oracle("ORA-01722: invalid number"))
	}
	return f
}

func (c *compiler) arithmetic(op string, a, b eval) eval {
	return func(row int) value {
		x, y := a(row), b(row)
		if op == "||" {
			return value{kind: isText, s: x.text() + y.text()}
		}
		if x.kind == isNull || y.kind == isNull {
			return value{}
		}
		p, q := c.num(x), c.num(y)
		switch op {
		case "+":
			p += q
		case "-":
			p -= q
		case "*":
			p *= q
		default:
			if q == 0 {
				return c.fail(oracle("ORA-01476: divisor is equal to zero"))
			}
			p /= q
		}
		return value{kind: isNum, f: p}
	}
}

// text gives the value as a cell.
func (v value) text() string {
	switch {
	case v.kind == isNull || v.kind == isGeo:
		return ""
	case v.s != "":
		return v.s
	case v.kind == isNum || v.kind == isTrue:
		return strconv.FormatFloat(v.f, 'g', -1, 64)
	}
	return v.s
}

// like matches SQL's pattern: % any text, _ any byte.
func like(s, pattern string) bool {
	// Two-pointer match: on a mismatch go back to the last %, one byte further.
	i, j, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '%':
			star, mark = j, i
			j++
		case j < len(pattern) && (pattern[j] == '_' || pattern[j] == s[i]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '%' {
		j++
	}
	return j == len(pattern)
}

// toDate reads a text by an Oracle format of the kind yyyy-mm-dd hh24:mi:ss.
func toDate(text, format string) (value, error) {
	layout := strings.NewReplacer("yyyy", "2006", "hh24", "15", "mm", "01", "dd", "02", "mi", "04", "ss", "05").
		Replace(strings.ToLower(format))
	t, err := time.Parse(layout, text)
	if err != nil {
		return value{}, oracle("ORA-01861: literal does not match format string")
	}
	return value{kind: isDate, s: t.Format("2006-01-02 15:04:05")}, nil
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}
