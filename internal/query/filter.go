package query

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

// The bounds of a request. A list of a thousand star numbers fits well.
const (
	maxFilters = 100
	maxExpr    = 64 << 10 // bytes of one expression
	maxValues  = 2000     // alternatives, in all filters together
	maxOthers  = 200      // of them, those that are no plain values
	maxSort    = 16       // columns
)

// condition is a parsed filter: a row passes if it has no value and that is
// asked for, or if one of any (where there are some) and all of none's opposites
// hold.
type condition struct {
	col  int
	null bool   // rows without a value pass
	any  []test // alternatives
	none []test // what must not hold
	some bool   // there must be a value: !null
}

// The kinds of tests.
const (
	isEqual = iota
	isLess
	isAtMost
	isMore
	isAtLeast
	isBetween
	isInside // contains a text
)

// test is one comparison with values of the column's type.
type test struct {
	kind int
	a, b any // b: the end of a range
}

const grammar = `write 1..5, 1.., ..5, >3, >=3, <3, <=3, a value, !x, ~part, null or !null; several, separated by commas, are alternatives; "…" around a value with a comma`

// parseFilters reads the filters of a request.
func (a *about) parseFilters(filters []Filter) ([]condition, error) {
	const op = "query.parseFilters"
	if len(filters) > maxFilters {
		return nil, exo.Errorf(op, exo.Invalid, nil, "there are %d filters, more than %d", len(filters), maxFilters).
			With("parameter", "filters").Try("join the alternatives of a column with commas")
	}
	list := make([]condition, 0, len(filters))
	values, others := 0, 0
	for _, f := range filters {
		c, err := a.parseFilter(f)
		if err != nil {
			return nil, err
		}
		for _, t := range slices.Concat(c.any, c.none) {
			values++
			if t.kind != isEqual {
				others++
			}
		}
		if values > maxValues || others > maxOthers {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the filters have more than %d values, or more than %d that are no plain values", maxValues, maxOthers).
				With("parameter", f.Column).Try("ask in parts")
		}
		list = append(list, c)
	}
	return list, nil
}

func (a *about) parseFilter(f Filter) (condition, error) {
	col, err := a.find("filter", f.Column)
	if err != nil {
		return condition{}, err
	}
	c := condition{col: col}
	p := parser{column: a.column(col), expr: f.Expr}
	if err := p.check(); err != nil {
		return c, err
	}
	parts, ok := split(f.Expr)
	if !ok {
		return c, p.bad(f.Expr, "a quote in it is not closed")
	}
	for _, part := range parts {
		if err := p.alternative(&c, strings.TrimSpace(part)); err != nil {
			return c, err
		}
	}
	return c, nil
}

// split cuts a text at its commas, but for those between quotes. A quote counts
// only where a value begins; "" inside is a quote that is meant.
func split(s string) (parts []string, ok bool) {
	from, quoted, begin := 0, false, true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted:
			if c == '"' {
				if i+1 < len(s) && s[i+1] == '"' {
					i++
					continue
				}
				quoted, begin = false, false
			}
		case c == '"' && begin:
			quoted = true
		case c == ',':
			parts = append(parts, s[from:i])
			from, begin = i+1, true
		default:
			begin = begin && strings.IndexByte(" !~<>=", c) >= 0 || c == '.' && i > from && s[i-1] == '.'
		}
	}
	return append(parts, s[from:]), !quoted
}

// parser reads the expression of one filter.
type parser struct {
	column column
	expr   string
}

// check refuses what no expression is.
func (p parser) check() error {
	switch {
	case len(p.expr) > maxExpr:
		return p.bad(p.expr, "it is longer than %d bytes", maxExpr)
	case strings.TrimSpace(p.expr) == "":
		return p.bad(p.expr, "it is empty")
	case !utf8.ValidString(p.expr) || strings.ContainsRune(p.expr, 0):
		return p.bad(p.expr, "it holds characters that no cell has")
	}
	return nil
}

func (p parser) bad(part, format string, args ...any) error {
	const op = "query.parseFilter"
	why := exo.Errorf(op, exo.Invalid, nil, format, args...).Message
	return exo.Errorf(op, exo.Invalid, nil, "%s=%s cannot be used: %s", p.column.Name, strconv.Quote(clip(part, 60)), why).
		With("parameter", p.column.Name).With("value", clip(part, 200)).With("allowed", p.allowed()).Try("%s", grammar)
}

// allowed says in a few words what a filter on the column may be.
func (p parser) allowed() []string {
	list := []string{"a value", "!value", "low..high", ">x", ">=x", "<x", "<=x", "null", "!null"}
	if p.column.Type == "int" || p.column.Type == "double" {
		list[0] = "a number"
		return list
	}
	return append(list, "~part")
}

// alternative reads one of the parts between commas.
func (p parser) alternative(c *condition, s string) error {
	rest, not := strings.CutPrefix(s, "!")
	rest = strings.TrimSpace(rest)
	switch {
	case rest == "":
		return p.bad(p.expr, "a value is missing")
	case not && rest[0] == '!':
		return p.bad(s, "! stands twice")
	case rest == "null" && not:
		c.some = true
		return nil
	case rest == "null":
		c.null = true
		return nil
	}
	t, err := p.test(rest)
	if err != nil {
		return err
	}
	if not {
		c.none = append(c.none, t)
	} else {
		c.any = append(c.any, t)
	}
	return nil
}

// signs begin a comparison, the longer ones first.
var signs = []struct {
	sign string
	kind int
}{{">=", isAtLeast}, {"<=", isAtMost}, {">", isMore}, {"<", isLess}, {"=", isEqual}}

func (p parser) test(s string) (test, error) {
	if part, ok := strings.CutPrefix(s, "~"); ok {
		if p.column.Type != "char" {
			return test{}, p.bad(s, "the column holds numbers, and ~ looks for a part of a text")
		}
		part, err := p.unquote(part)
		if err == nil && part == "" {
			err = p.bad(s, "the text after ~ is missing")
		}
		return test{kind: isInside, a: lower(part)}, err
	}
	for _, g := range signs {
		if rest, ok := strings.CutPrefix(s, g.sign); ok {
			v, err := p.value(rest, g.kind != isEqual)
			return test{kind: g.kind, a: v}, err
		}
	}
	if lo, hi, ok := cutRange(s); ok {
		return p.span(s, strings.TrimSpace(lo), strings.TrimSpace(hi))
	}
	v, err := p.value(s, false)
	return test{kind: isEqual, a: v}, err
}

// cutRange splits a range at its "..", unless that stands between quotes.
func cutRange(s string) (lo, hi string, ok bool) {
	from := 0
	if s[0] == '"' {
		from = len(s)
		for i := 1; i < len(s); i++ {
			if s[i] != '"' {
				continue
			}
			if i+1 < len(s) && s[i+1] == '"' {
				i++
				continue
			}
			from = i
			break
		}
	}
	if i := strings.Index(s[from:], ".."); i >= 0 {
		return s[:from+i], s[from+i+2:], true
	}
	return "", "", false
}

func (p parser) span(s, lo, hi string) (t test, err error) {
	switch {
	case lo == "" && hi == "":
		return t, p.bad(s, "the range has no ends")
	case lo == "":
		t.kind = isAtMost
		t.a, err = p.value(hi, true)
		return t, err
	case hi == "":
		t.kind = isAtLeast
		t.a, err = p.value(lo, true)
		return t, err
	}
	t.kind = isBetween
	if t.a, err = p.value(lo, true); err == nil {
		t.b, err = p.value(hi, true)
	}
	if err == nil && compare(t.a, t.b) > 0 {
		err = p.bad(s, "the range ends before it begins")
	}
	return t, err
}

// value gives a text the type of the column. Where values are put in order, a
// column of numbers that are kept as text takes numbers.
func (p parser) value(s string, ordered bool) (any, error) {
	text, err := p.unquote(s)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, p.bad(p.expr, "a value is missing; null stands for no value")
	}
	if p.column.Type == "char" && !(ordered && p.column.Numeric) {
		return text, nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil && p.column.Type != "char" {
		return v, nil
	}
	if v, ok := parseNumber(text); ok {
		return v, nil
	}
	return nil, p.bad(text, "the column %s holds numbers, and that is none", p.column.Name)
}

// unquote takes the quotes off a value.
func (p parser) unquote(s string) (string, error) {
	s = strings.TrimSpace(s)
	inner, ok := strings.CutPrefix(s, `"`)
	if !ok {
		return s, nil
	}
	inner, ok = strings.CutSuffix(inner, `"`)
	if !ok || strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
		return "", p.bad(s, "quotes go around a whole value, and twice inside")
	}
	return strings.ReplaceAll(inner, `""`, `"`), nil
}

// compare orders two values of one column.
func compare(a, b any) int {
	if x, ok := a.(string); ok {
		y, _ := b.(string)
		return strings.Compare(x, y)
	}
	i, ok1 := a.(int64)
	j, ok2 := b.(int64)
	if ok1 && ok2 {
		return cmp.Compare(i, j)
	}
	return cmp.Compare(float(a), float(b))
}

func float(v any) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	f, _ := v.(float64)
	return f
}

// lower folds the case of ASCII letters, as SQLite's lower does.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// clip shortens a text of a request for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
