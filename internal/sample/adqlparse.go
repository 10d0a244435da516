package sample

import (
	"strconv"
	"strings"
)

// query is a parsed SELECT of one table.
type query struct {
	distinct bool
	top      int // -1: all
	items    []item
	table    string // as written, with its schema
	alias    string
	joins    []joined // further tables
	aliases  []string // further names by which columns may be qualified
	where    *node
	group    []*node
	order    []ordering
}

// joined is a further table of a query; the condition is read and not kept.
type joined struct{ table, alias string }

type item struct {
	expr  *node // nil: *
	alias string
}

type ordering struct {
	expr *node
	desc bool
}

// node is an expression: a column, a literal, a call or an operator.
type node struct {
	op   string // "col", "num", "str", "null", "call", or the operator in lower case
	text string // column, literal, function name
	kids []*node
}

type parser struct {
	toks  []token
	pos   int
	depth int
}

// parseQuery reads the part of ADQL that the archives' clients use: one table,
// no joins, no sub-queries.
func parseQuery(q string) (*query, error) {
	if strings.TrimSpace(q) == "" {
		return nil, oracle("Input 'query' is blank.")
	}
	toks, err := lex(q)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	if !p.word("select") {
		return nil, oracle("ORA-00900: invalid SQL statement")
	}
	out := &query{top: -1}
	steps := []func(*query) error{p.head, p.list, p.from, p.tail}
	for _, step := range steps {
		if err := step(out); err != nil {
			return nil, err
		}
	}
	if p.peek().kind != tokEnd {
		return nil, oracle("ORA-00933: SQL command not properly ended")
	}
	return out, nil
}

func (p *parser) peek() token { return p.toks[p.pos] }

func (p *parser) next() token {
	t := p.toks[p.pos]
	if t.kind != tokEnd {
		p.pos++
	}
	return t
}

// word takes the next token if it is one of the words.
func (p *parser) word(words ...string) bool {
	t := p.peek()
	if t.kind != tokWord {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.text, w) {
			p.pos++
			return true
		}
	}
	return false
}

func (p *parser) symbol(s string) bool {
	if t := p.peek(); t.kind == tokSymbol && t.text == s {
		p.pos++
		return true
	}
	return false
}

func (p *parser) head(q *query) error {
	q.distinct = p.word("distinct")
	p.word("all")
	if p.word("top") {
		t := p.next()
		n, err := strconv.Atoi(t.text)
		if t.kind != tokNumber || err != nil || n < 0 {
			return oracle("ORA-00923: FROM keyword not found where expected")
		}
		q.top = n
	}
	q.distinct = p.word("distinct") || q.distinct
	return nil
}

func (p *parser) list(q *query) error {
	for {
		it := item{}
		if !p.symbol("*") {
			e, err := p.expr()
			if err != nil {
				return err
			}
			it.expr = e
			if e.op == "col" && strings.HasSuffix(e.text, ".*") {
				it.expr = nil
			}
			if p.word("as") {
				it.alias = p.next().text
			} else if t := p.peek(); t.kind == tokQuoted || t.kind == tokWord && !strings.EqualFold(t.text, "from") {
				it.alias = p.next().text
			}
		}
		q.items = append(q.items, it)
		if !p.symbol(",") {
			return nil
		}
	}
}

func (p *parser) from(q *query) error {
	if !p.word("from") {
		if p.peek().kind == tokEnd {
			return oracle("No table name found in ADQL query.")
		}
		return oracle("ORA-00923: FROM keyword not found where expected")
	}
	var err error
	if q.table, q.alias, err = p.tableName(); err != nil {
		return err
	}
	for p.word("left", "right", "full", "inner", "natural", "join") {
		p.word("outer")
		p.word("join")
		j := joined{}
		if j.table, j.alias, err = p.tableName(); err != nil {
			return err
		}
		if p.word("on", "using") {
			if _, err := p.expr(); err != nil {
				return err
			}
		}
		q.joins = append(q.joins, j)
	}
	if p.symbol(",") {
		return oracle("ORA-00942: table or view does not exist")
	}
	return nil
}

// tableName reads a table with its schema and its alias.
func (p *parser) tableName() (name, alias string, err error) {
	t := p.next()
	if t.kind != tokWord && t.kind != tokQuoted {
		return "", "", oracle("ORA-00903: invalid table name")
	}
	name = t.text
	for p.symbol(".") {
		name += "." + p.next().text
	}
	p.word("as")
	if t := p.peek(); t.kind == tokWord && !isClause(t.text) {
		alias = p.next().text
		// An alias followed by a number is "limit 10", which this dialect lacks.
		if p.peek().kind == tokNumber {
			return "", "", oracle("ORA-00933: SQL command not properly ended")
		}
	}
	return name, alias, nil
}

func isClause(s string) bool {
	switch strings.ToLower(s) {
	case "where", "order", "group", "limit", "having", "union", "offset", "join", "left", "right", "full", "inner", "natural", "on", "using":
		return true
	}
	return false
}

func (p *parser) tail(q *query) (err error) {
	if p.word("where") {
		if q.where, err = p.expr(); err != nil {
			return err
		}
	}
	if p.word("group") {
		if !p.word("by") {
			return oracle("ORA-00924: missing BY keyword")
		}
		if q.group, err = p.exprs(); err != nil {
			return err
		}
	}
	if !p.word("order") {
		return nil
	}
	if !p.word("by") {
		return oracle("ORA-00924: missing BY keyword")
	}
	for {
		e, err := p.expr()
		if err != nil {
			return err
		}
		o := ordering{expr: e, desc: p.word("desc")}
		if !o.desc {
			p.word("asc")
		}
		q.order = append(q.order, o)
		if !p.symbol(",") {
			return nil
		}
	}
}

func (p *parser) exprs() ([]*node, error) {
	var out []*node
	for {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		if !p.symbol(",") {
			return out, nil
		}
	}
}

// expr reads an expression: or, and, not, comparison, sum, product, atom.
func (p *parser) expr() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, oracle("ORA-00913: too many values")
	}
	defer func() { p.depth-- }()
	return p.chain(p.and, "or")
}

func (p *parser) and() (*node, error) { return p.chain(p.not, "and") }

// chain reads operands joined by a word into one flat node.
func (p *parser) chain(operand func() (*node, error), word string) (*node, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for p.word(word) {
		right, err := operand()
		if err != nil {
			return nil, err
		}
		if left.op == word {
			left.kids = append(left.kids, right)
		} else {
			left = &node{op: word, kids: []*node{left, right}}
		}
	}
	return left, nil
}

func (p *parser) not() (*node, error) {
	n := 0
	for p.word("not") {
		n++
	}
	e, err := p.comparison()
	if err != nil || n%2 == 0 {
		return e, err
	}
	return &node{op: "not", kids: []*node{e}}, nil
}

func (p *parser) comparison() (*node, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind == tokSymbol {
		switch t.text {
		case "=", "<>", "!=", "<", "<=", ">", ">=":
			p.pos++
			right, err := p.sum()
			if err != nil {
				return nil, err
			}
			op := t.text
			if op == "!=" {
				op = "<>"
			}
			return &node{op: op, kids: []*node{left, right}}, nil
		}
	}
	if p.word("is") {
		op := "isnull"
		if p.word("not") {
			op = "notnull"
		}
		if !p.word("null") {
			return nil, oracle("ORA-00908: missing NULL keyword")
		}
		return &node{op: op, kids: []*node{left}}, nil
	}
	negate := p.word("not")
	e, err := p.predicate(left)
	if err != nil {
		return nil, err
	}
	switch {
	case e == nil && negate:
		return nil, oracle("ORA-00920: invalid relational operator")
	case e == nil:
		return left, nil
	case negate:
		return &node{op: "not", kids: []*node{e}}, nil
	}
	return e, nil
}

// predicate reads like, in, between after their left side; nil if none follows.
func (p *parser) predicate(left *node) (*node, error) {
	switch {
	case p.word("like"):
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		return &node{op: "like", kids: []*node{left, right}}, nil
	case p.word("between"):
		low, err := p.sum()
		if err != nil {
			return nil, err
		}
		if !p.word("and") {
			return nil, oracle("ORA-00905: missing keyword")
		}
		high, err := p.sum()
		if err != nil {
			return nil, err
		}
		return &node{op: "between", kids: []*node{left, low, high}}, nil
	case p.word("in"):
		if !p.symbol("(") {
			return nil, oracle("ORA-00906: missing left parenthesis")
		}
		list, err := p.exprs()
		if err != nil {
			return nil, err
		}
		if !p.symbol(")") {
			return nil, oracle("ORA-00907: missing right parenthesis")
		}
		return &node{op: "in", kids: append([]*node{left}, list...)}, nil
	}
	return nil, nil
}
