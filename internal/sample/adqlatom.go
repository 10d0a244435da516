package sample

import (
	"strings"
)

// sum reads + - || of products.
func (p *parser) sum() (*node, error) { return p.binary(p.product, "+", "-", "||") }

func (p *parser) product() (*node, error) { return p.binary(p.atom, "*", "/") }

func (p *parser) binary(operand func() (*node, error), ops ...string) (*node, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for links := 0; ; {
		op := ""
		for _, o := range ops {
			if p.symbol(o) {
				op = o
				break
			}
		}
		if op == "" {
			return left, nil
		}
		// Each link deepens the tree, and with it the recursion of whoever walks it.
		if links++; links > maxDepth {
			return nil, oracle("ORA-00913: too many values")
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = &node{op: op, kids: []*node{left, right}}
	}
}

func (p *parser) atom() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, oracle("ORA-00913: too many values")
	}
	defer func() { p.depth-- }()
	t := p.next()
	switch {
	case t.kind == tokNumber:
		return &node{op: "num", text: t.text}, nil
	case t.kind == tokString:
		return &node{op: "str", text: t.text}, nil
	case t.kind == tokSymbol && t.text == "(":
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		if !p.symbol(")") {
			return nil, oracle("ORA-00907: missing right parenthesis")
		}
		return e, nil
	case t.kind == tokSymbol && (t.text == "-" || t.text == "+"):
		e, err := p.atom()
		if err != nil || t.text == "+" {
			return e, err
		}
		return &node{op: "neg", kids: []*node{e}}, nil
	case t.kind == tokQuoted:
		return p.name(t)
	case t.kind == tokWord && strings.EqualFold(t.text, "null"):
		return &node{op: "null"}, nil
	case t.kind == tokWord && !reservedWord(t.text):
		return p.name(t)
	}
	return nil, oracle("ORA-00936: missing expression")
}

func reservedWord(s string) bool {
	switch strings.ToLower(s) {
	case "select", "from", "where", "and", "or", "not", "in", "is", "like", "between", "order", "group", "by", "as", "distinct":
		return true
	}
	return false
}

// name reads a column, with its table's name or alias before it, or a call.
func (p *parser) name(t token) (*node, error) {
	if t.kind == tokWord && p.symbol("(") {
		return p.call(strings.ToLower(t.text))
	}
	text := t.text
	for p.symbol(".") {
		part := p.next()
		if part.kind != tokWord && part.kind != tokQuoted && part.text != "*" {
			return nil, oracle("ORA-01747: invalid user.table.column, table.column, or column specification")
		}
		text += "." + part.text
	}
	return &node{op: "col", text: text}, nil
}

func (p *parser) call(name string) (*node, error) {
	e := &node{op: "call", text: name}
	if p.word("distinct") {
		e.op = "calldistinct"
	}
	if p.symbol(")") {
		return e, nil
	}
	for {
		if p.symbol("*") {
			e.kids = append(e.kids, &node{op: "star"})
		} else {
			k, err := p.expr()
			if err != nil {
				return nil, err
			}
			e.kids = append(e.kids, k)
			// A unit behind a radius, as in circle('icrs',1,2,0.1 degree).
			p.word("degree", "degrees", "deg")
		}
		if p.symbol(")") {
			return e, nil
		}
		if !p.symbol(",") {
			return nil, oracle("ORA-00907: missing right parenthesis")
		}
	}
}
