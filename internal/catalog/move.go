package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What a move is. Where errors are given it is a difference of more than three
// joint errors. Where none are given, a period has moved by more than a
// ten-thousandth of itself, an epoch by more than a tenth of the transit's
// duration.
const (
	movedSigma    = 3
	movedPeriod   = 1e-4 // relative
	movedDuration = 0.1  // of the duration
	movedDays     = 0.01 // where no duration is given either

	maxSigma = 1e9 // what is told of errors that cannot be
)

// couple is a row and what it was.
type couple struct {
	old, new *Table
	j, i     int // rows of these
}

// measure is a value of a row with its error.
type measure struct {
	v, err float64 // err 0: none is given
	ok     bool    // there is a value
	limit  bool    // which is only a limit
}

// measure reads a value with the larger of its two errors.
func (t *Table) measure(i int, v, up, down, limit Role) measure {
	m := measure{err: t.sigma(i, up, down), limit: t.isLimit(i, limit)}
	m.v, m.ok = t.value(i, v)
	return m
}

// period reads a period in days; 0 stands for unknown.
func (t *Table) period(i int) measure {
	m := t.measure(i, RolePeriod, RolePeriodErr, RolePeriodErr2, RolePeriodLimit)
	m.ok = m.ok && m.v > 0
	return m
}

// epoch reads the time of a transit, BJD; a number on another scale is unknown.
func (t *Table) epoch(i int) measure {
	m := t.measure(i, RoleEpoch, RoleEpochErr, RoleEpochErr2, RoleEpochLimit)
	if m.ok {
		m.v += t.epochScale().Zero()
	}
	m.ok = m.ok && m.v >= minEpochBJD && m.v <= maxEpochBJD
	return m
}

// joint is the error of a difference; one that is missing is taken to be as
// large as the other. 0: none is given.
func joint(a, b float64) float64 {
	switch {
	case a == 0:
		a = b
	case b == 0:
		b = a
	}
	return math.Hypot(a, b)
}

// event begins an event of a column.
func (c couple) event(kind EventKind, r Role) Event {
	return Event{Kind: kind, Column: word(c.new.Columns[c.new.at[r]].Name), From: value(c.old.Get(c.j, r)), To: value(c.new.Get(c.i, r))}
}

// both tells whether both tables have the column: one that came or went is no
// change of its cells.
func (c couple) both(r Role) bool { return c.old.at[r] >= 0 && c.new.at[r] >= 0 }

// disposition compares verdicts as they stand.
func (c couple) disposition() (Event, bool) {
	if !c.both(RoleDisposition) {
		return Event{}, false
	}
	from, to := known(c.old.Get(c.j, RoleDisposition)), known(c.new.Get(c.i, RoleDisposition))
	if from == to {
		return Event{}, false
	}
	e := c.event(EventDisposition, RoleDisposition)
	switch {
	case from == "":
		e.Text = "had no disposition, is " + e.To + " now"
	case to == "":
		e.Text = "was " + e.From + ", has no disposition now"
	default:
		e.Text = "was " + e.From + ", is " + e.To + " now"
	}
	if name := value(c.new.Get(c.i, RolePlanet)); c.new.Type == KOI && name != "" && c.both(RolePlanet) && known(c.old.Get(c.j, RolePlanet)) == "" {
		e.Text += ", as " + name
	}
	return e, true
}

// ephemeris tells whether period or epoch moved. Of two moves the event bears
// the columns and sigma of the larger, and both words.
func (c couple) ephemeris() (Event, bool) {
	p, moved := c.periodMove()
	t, shifted := c.epochMove()
	switch {
	case moved && shifted:
		text := p.Text + "; " + t.Text
		if t.Sigma > p.Sigma {
			p = t
		}
		p.Text = text
		return p, true
	case shifted:
		return t, true
	}
	return p, moved
}

func (c couple) periodMove() (Event, bool) {
	if !c.both(RolePeriod) {
		return Event{}, false
	}
	a, b := c.old.period(c.j), c.new.period(c.i)
	switch {
	case a.limit || b.limit || !a.ok && !b.ok:
		return Event{}, false
	case a.ok != b.ok:
		e := c.event(EventEphemeris, RolePeriod)
		if e.Text = "has a period now: " + digits(b.v, 8) + " d"; a.ok {
			e.Text = "has no period now; it was " + digits(a.v, 8) + " d"
		}
		return e, true
	}
	diff := math.Abs(b.v - a.v)
	sigma, moved := 0.0, diff/a.v > movedPeriod
	if s := joint(a.err, b.err); s > 0 {
		sigma = min(diff/s, maxSigma)
		moved = sigma > movedSigma
	}
	if !moved {
		return Event{}, false
	}
	e := c.event(EventEphemeris, RolePeriod)
	e.Sigma = sigma
	e.Text = fmt.Sprintf("had a period of %s d, has %s d now%s", apart(a.v, b.v), apart(b.v, a.v), inSigma(sigma))
	return e, true
}

func (c couple) epochMove() (Event, bool) {
	if !c.both(RoleEpoch) {
		return Event{}, false
	}
	a, b := c.old.epoch(c.j), c.new.epoch(c.i)
	switch {
	case a.limit || b.limit || !a.ok && !b.ok:
		return Event{}, false
	case a.ok != b.ok:
		e := c.event(EventEphemeris, RoleEpoch)
		if e.Text = "has a transit epoch now: BJD " + digits(b.v, 12); a.ok {
			e.Text = "has no transit epoch now; it was BJD " + digits(a.v, 12)
		}
		return e, true
	}
	late, n, sigma, moved := c.shift(a, b)
	if !moved {
		return Event{}, false
	}
	e := c.event(EventEphemeris, RoleEpoch)
	e.Sigma = sigma
	how := "later"
	if late < 0 {
		how = "earlier"
	}
	over := ""
	if n != 0 {
		over = fmt.Sprintf(" %.0f periods on", math.Abs(n))
	}
	e.Text = fmt.Sprintf("transits %s %s than its former ephemeris foretold%s%s", span(math.Abs(late)), how, over, inSigma(sigma))
	return e, true
}

// shift compares the new epoch with the old one, propagated to it by n whole
// periods: of the old ephemeris, whose error grows with n. Without errors of the
// epoch it takes the period, of the two, that fits better: a fit of more transits
// has a better period, and its old epoch is no witness against it.
func (c couple) shift(a, b measure) (late, n, sigma float64, moved bool) {
	p, q := c.old.period(c.j), c.new.period(c.i)
	if !p.ok || p.limit {
		p = q
	}
	if !p.ok || p.limit {
		p = measure{}
	}
	late, n = residual(a.v, b.v, p)
	if s := joint(a.err, b.err); s > 0 {
		if p.err == 0 {
			p.err = q.err
		}
		sigma = min(math.Abs(late)/math.Hypot(s, n*p.err), maxSigma)
		return late, n, sigma, sigma > movedSigma
	}
	if q.ok && !q.limit && p.ok {
		if l, m := residual(a.v, b.v, q); math.Abs(l) < math.Abs(late) {
			late, n = l, m
		}
	}
	allowed := movedDays
	for _, side := range []struct {
		t *Table
		i int
	}{{c.old, c.j}, {c.new, c.i}} {
		if h, ok := side.t.value(side.i, RoleDuration); ok && h > 0 && h <= maxDurationH {
			allowed = movedDuration * h / 24
		}
	}
	return late, n, 0, math.Abs(late) > allowed
}

// residual is how much later the second time is than the first propagated by the
// whole number of periods that brings them closest.
func residual(from, to float64, p measure) (late, n float64) {
	late = to - from
	if p.ok {
		n = math.RoundToEven(late / p.v)
		late -= n * p.v
	}
	return late, n
}

// radius tells of any other number for the planet's radius.
func (c couple) radius() (Event, bool) {
	if !c.both(RoleRadius) {
		return Event{}, false
	}
	a := c.old.measure(c.j, RoleRadius, RoleRadiusErr, RoleRadiusErr2, RoleRadiusLimit)
	b := c.new.measure(c.i, RoleRadius, RoleRadiusErr, RoleRadiusErr2, RoleRadiusLimit)
	if a.ok == b.ok && (!a.ok || a.v == b.v) || c.onlyRounded(RoleRadius, a, b) {
		return Event{}, false
	}
	e := c.event(EventRadius, RoleRadius)
	switch {
	case !a.ok:
		e.Text = "has a radius now: " + digits(b.v, 4) + " Earth radii"
	case !b.ok:
		e.Text = "has no radius now; it was " + digits(a.v, 4) + " Earth radii"
	default:
		if s := joint(a.err, b.err); s > 0 && !a.limit && !b.limit {
			e.Sigma = min(math.Abs(b.v-a.v)/s, maxSigma)
		}
		e.Text = fmt.Sprintf("had a radius of %s Earth radii, has %s now", apart(a.v, b.v), apart(b.v, a.v))
		if a.v > 0 {
			e.Text += ", " + percent((b.v-a.v)/a.v)
		}
		e.Text += inSigma(e.Sigma)
		if e.Sigma > movedSigma {
			e.Text += ", beyond its errors"
		}
	}
	return e, true
}

// onlyRounded tells whether two dialects give one number to different digits.
func (c couple) onlyRounded(r Role, a, b measure) bool {
	if !a.ok || !b.ok || c.old.Columns[c.old.at[r]].Name == c.new.Columns[c.new.at[r]].Name {
		return false
	}
	step := max(lastPlace(c.old.Get(c.j, r)), lastPlace(c.new.Get(c.i, r)))
	return math.Abs(a.v-b.v) <= step*0.5000001
}

// lastPlace is the value of one unit in the last digit of a number's text.
func lastPlace(s string) float64 {
	mantissa, exp := s, 0
	if k := strings.IndexAny(s, "eE"); k >= 0 {
		mantissa = s[:k]
		exp, _ = strconv.Atoi(s[k+1:]) // a number too great for an int has been refused as a value
	}
	_, decimals, _ := strings.Cut(mantissa, ".")
	return math.Pow(10, float64(exp-len(decimals)))
}

// percent writes a relative change.
func percent(share float64) string {
	v := 100 * share
	switch a := math.Abs(v); {
	case a >= 1000:
		return fmt.Sprintf("to %.0f times as much", 1+share)
	case a >= 10:
		return fmt.Sprintf("%+.0f %%", v)
	case a >= 0.095:
		return fmt.Sprintf("%+.1f %%", v)
	}
	return fmt.Sprintf("%+.1g %%", v)
}

func inSigma(s float64) string {
	if s == 0 {
		return ""
	}
	if s >= 1000 {
		return " (more than 1000 sigma)"
	}
	return " (" + strconv.FormatFloat(s, 'f', 1, 64) + " sigma)"
}

// digits writes a number with at most n digits.
func digits(v float64, n int) string { return strconv.FormatFloat(v, 'g', n, 64) }

// apart writes a number with the digits that show how it differs from another.
func apart(v, other float64) string {
	if v == 0 || v == other {
		return digits(v, 8)
	}
	n := math.Ceil(math.Log10(math.Abs(v))) - math.Floor(math.Log10(math.Abs(v-other))) + 1
	if math.IsNaN(n) || n > 17 {
		n = 17
	}
	return digits(v, int(max(n, 3)))
}

// span writes a time in the unit that suits it.
func span(days float64) string {
	switch {
	case days < 1.0/24:
		return strconv.FormatFloat(days*24*60, 'f', 1, 64) + " min"
	case days < 2:
		return strconv.FormatFloat(days*24, 'f', 1, 64) + " h"
	}
	return strconv.FormatFloat(days, 'f', 2, 64) + " d"
}
