package validate

import (
	"fmt"
	"math"
	"strconv"
)

var nan = math.NaN()

// ranges holds every number against its limits, and every column's median
// against where the medians of such tables lie.
func (r *run) ranges() {
	for _, q := range r.d.quantities {
		if c := r.cols[q.id]; c != nil {
			r.within(&q, c)
		}
	}
}

func (r *run) within(q *quantity, c *column) {
	s := r.inside[c.j]
	if s == nil {
		s = &share{}
		r.inside[c.j] = s
	}
	m := middle{span: q.mid}
	for i, v := range c.x {
		if math.IsNaN(v) {
			continue
		}
		m.add(v)
		switch {
		case q.can.outside(v):
			s.add(false)
			r.find(q.id+".range", i, c.j, "%s of %s cannot be", c.name, measure(v, q.unit))
		case q.does.outside(v):
			s.add(false)
			r.find(q.id+".plausible", i, c.j, "%s of %s is not believed", c.name, measure(v, q.unit))
		default:
			s.add(true)
		}
	}
	r.checked[Range] += m.seen
	if m.off() {
		r.find(q.id+".distribution", tableRow, c.j, "the median of %s is %s, which no such table has: another unit or another column?", c.name, measure(median(c.x), q.unit))
	}
}

// middle tells whether the median of numbers lies in a span, without sorting
// them.
type middle struct {
	span
	seen, below, above int
}

func (m *middle) add(v float64) {
	m.seen++
	if v < m.lo {
		m.below++
	} else if v > m.hi {
		m.above++
	}
}

func (m *middle) off() bool {
	return m.set() && m.seen >= minRows && (2*m.below > m.seen || 2*m.above > m.seen)
}

func measure(v float64, unit string) string {
	s := strconv.FormatFloat(v, 'g', 8, 64)
	if unit != "" {
		s += " " + unit
	}
	return s
}

// text writes a span with what lies in it.
func (s span) text(what, unit string) string {
	lo, hi := strconv.FormatFloat(s.lo, 'g', -1, 64), strconv.FormatFloat(s.hi, 'g', -1, 64)
	switch {
	case !s.set():
		return ""
	case s.lo == s.hi:
		return fmt.Sprintf("%s = %s", what, join(lo, unit))
	case math.IsInf(s.hi, 1):
		return fmt.Sprintf("%s ≥ %s", what, join(lo, unit))
	case math.IsInf(s.lo, -1):
		return fmt.Sprintf("%s ≤ %s", what, join(hi, unit))
	}
	return fmt.Sprintf("%s ≤ %s ≤ %s", lo, what, join(hi, unit))
}

func join(s, unit string) string {
	if unit == "" {
		return s
	}
	return s + " " + unit
}
