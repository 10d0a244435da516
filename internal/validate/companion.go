package validate

import (
	"math"
	"strings"
)

// companions are the columns that go with a quantity: its errors, and what the
// archive says of its limits. A nil column is absent.
type companions struct {
	of       *column
	paired   bool
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
		p := companions{of: c, paired: q.paired}
		names := companionNames(c.name)
		p.up, p.down, p.lim, p.sym = r.load(names[0]), r.load(names[1]), r.load(names[2]), r.load(names[3])
		if p.up != nil {
			r.cols[q.id+".error"] = p.up
		}
		if p.down != nil {
			r.cols[q.id+".lower"] = p.down
		}
		if p.up != nil || p.down != nil || p.lim != nil {
			r.paired = append(r.paired, p)
		}
	}
	return r.paired
}

// companionNames are the names that the archives give to the upper error, the
// lower error, the limit flag and the flag of equal errors of a column.
func companionNames(name string) [4][]string {
	base, _, _ := strings.Cut(name, " (")
	return [4][]string{
		{name + "_err1", name + "err1", name + " err", name + " error", base + " error", name + "_err", name + "_error"},
		{name + "_err2", name + "err2"}, {name + "lim"}, {name + "symerr"},
	}
}

// companions asks of errors and limit flags what their definition says.
func (r *run) companions() {
	for _, p := range r.pairs() {
		r.errors(p)
		r.limits(p)
		r.opposed(p)
	}
}

// opposed asks whether the two errors of a quantity grow together. It is asked
// where they do in every real table; an impact parameter's do not.
func (r *run) opposed(p companions) {
	if !p.paired || p.up == nil || p.down == nil {
		return
	}
	tau, n := concordance(p.up.x, p.down.x)
	r.checked[Quality] += n
	if n >= minPairs && tau > -leastOpposed {
		r.find("error.pair", tableRow, p.down.j, "%s and %s do not go together: rank correlation %.2f", p.up.name, p.down.name, tau)
	}
}

// leastOpposed is the rank correlation, without sign, that upper and lower
// errors have at least; the real tables have 0.4 or more.
const leastOpposed = 0.2

func (r *run) errors(p companions) {
	signed, alone, sides := share{}, share{}, share{}
	zero := 0
	for i := range r.n {
		up, down := at(p.up, i), at(p.down, i)
		hasUp, hasDown := up == up, down == down
		if !hasUp && !hasDown {
			continue
		}
		signed.add(!(up < 0) && !(down > 0))
		alone.add(p.of.x[i] == p.of.x[i])
		if up < 0 {
			r.find("error.sign", i, p.up.j, "the upper error %s is negative", p.up.name)
		}
		if down > 0 {
			r.find("error.sign", i, p.down.j, "the lower error %s is positive", p.down.name)
		}
		if p.of.x[i] != p.of.x[i] {
			c := p.up
			if !hasUp {
				c = p.down
			}
			r.find("error.alone", i, c.j, "%s is given and %s is not", c.name, p.of.name)
		}
		if p.up != nil && p.down != nil {
			sides.add(hasUp == hasDown)
			if hasUp != hasDown {
				r.find("error.one-sided", i, p.up.j, "only one of %s and %s is given", p.up.name, p.down.name)
			}
		}
		if up == 0 || down == 0 {
			zero++
		}
		if at(p.sym, i) == 1 && hasUp && hasDown && math.Abs(up+down) > 1e-6*math.Abs(up) {
			r.find("error.symmetric", i, p.sym.j, "%s says that %s and %s are equal", p.sym.name, p.up.name, p.down.name)
		}
	}
	r.judged(p, signed, alone, sides)
	if zero > 0 {
		r.find("error.zero", tableRow, present(p.up, p.down)[0].j, "%d rows give 0 as an error of %s: it is unknown, not exact", zero, p.of.name)
	}
}

// Shares of the rows whose errors may stand alone or one-sided; real tables have
// 0.1 and 1 %.
const (
	mostAlone    = 0.03
	mostOneSided = 0.1
)

// judged counts what errors was asked, and finds columns that have lost their
// rows.
func (r *run) judged(p companions, signed, alone, sides share) {
	r.checked[Quality] += signed.of + sides.of
	r.count(signed, present(p.up, p.down)...)
	r.count(alone, present(p.of, p.up, p.down)...)
	j := present(p.up, p.down, p.of)[0].j
	if broken := alone.of - alone.good; alone.of >= minRows && float64(broken) > mostAlone*float64(alone.of) {
		r.find("error.alone.share", tableRow, j, "%d of %d errors of %s have no value", broken, alone.of, p.of.name)
	}
	if broken := sides.of - sides.good; sides.of >= minRows && float64(broken) > mostOneSided*float64(sides.of) {
		r.find("error.one-sided.share", tableRow, j, "%d of %d errors of %s are one-sided", broken, sides.of, p.of.name)
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
