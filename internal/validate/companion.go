package validate

import (
	"math"
	"strings"
)

// companions are the columns that go with a quantity: its errors, and what the
// archive says of its limits. A nil column is absent.
type companions struct {
	of       *column
	up, down *column // upper and lower error; one symmetric error is up
	lim      *column // 1: lower limit, -1: upper limit, 0: measured
	sym      *column // 1: the errors are symmetric
}

// pairs finds the companions of every quantity, once.
func (r *run) pairs() []companions {
	if r.paired != nil {
		return r.paired
	}
	r.paired = []companions{}
	for _, q := range r.d.quantities {
		c := r.cols[q.id]
		if c == nil {
			continue
		}
		p := companions{of: c}
		base, _, _ := strings.Cut(c.name, " (")
		p.up = r.load([]string{c.name + "_err1", c.name + "err1", c.name + " err", c.name + " error", base + " error", c.name + "_err", c.name + "_error"})
		p.down = r.load([]string{c.name + "_err2", c.name + "err2"})
		p.lim = r.load([]string{c.name + "lim"})
		p.sym = r.load([]string{c.name + "symerr"})
		if p.up != nil || p.down != nil || p.lim != nil {
			r.paired = append(r.paired, p)
		}
	}
	return r.paired
}

// companions asks of errors and limit flags what their definition says.
func (r *run) companions() {
	for _, p := range r.pairs() {
		r.errors(p)
		r.limits(p)
	}
}

func (r *run) errors(p companions) {
	s := share{}
	zero := 0
	for i := range r.n {
		up, down := at(p.up, i), at(p.down, i)
		if up == up || down == down {
			s.add(!(up < 0) && !(down > 0) && p.of.x[i] == p.of.x[i])
		}
		switch {
		case up < 0:
			r.find("error.sign", i, p.up.j, "the upper error %s is negative", p.up.name)
		case up == up && p.of.x[i] != p.of.x[i]:
			r.find("error.alone", i, p.up.j, "%s is given and %s is not", p.up.name, p.of.name)
		}
		switch {
		case down > 0:
			r.find("error.sign", i, p.down.j, "the lower error %s is positive", p.down.name)
		case p.up != nil && p.down != nil && (up == up) != (down == down):
			r.find("error.one-sided", i, p.up.j, "only one of %s and %s is given", p.up.name, p.down.name)
		}
		if up == 0 || down == 0 {
			zero++
		}
		if v := at(p.sym, i); v == 1 && up == up && down == down && math.Abs(up+down) > 1e-6*math.Abs(up) {
			r.find("error.symmetric", i, p.sym.j, "%s says that %s and %s are equal", p.sym.name, p.up.name, p.down.name)
		}
	}
	r.checked[Quality] += s.of
	r.count(s, present(p.of, p.up, p.down)...)
	if zero > 0 {
		r.find("error.zero", tableRow, p.up.j, "%d rows give 0 as an error of %s: it is unknown, not exact", zero, p.of.name)
	}
}

func (r *run) limits(p companions) {
	if p.lim == nil {
		return
	}
	s := share{}
	for i, v := range p.lim.x {
		if v != v {
			continue
		}
		good := false
		switch {
		case v != 0 && v != 1 && v != -1:
			r.find("limit.flag", i, p.lim.j, "%s is %s: it is 0 for a value, 1 for a lower and -1 for an upper limit", p.lim.name, measure(v, ""))
		case v != 0 && p.of.x[i] != p.of.x[i]:
			r.find("limit.alone", i, p.lim.j, "%s tells of a limit and %s is empty", p.lim.name, p.of.name)
		default:
			good = true
		}
		s.add(good)
	}
	r.checked[Quality] += s.of
	r.count(s, p.of, p.lim)
}

// at is the value of row i, NaN without a column.
func at(c *column, i int) float64 {
	if c == nil {
		return nan
	}
	return c.x[i]
}

func present(list ...*column) []*column {
	var there []*column
	for _, c := range list {
		if c != nil {
			there = append(there, c)
		}
	}
	return there
}
