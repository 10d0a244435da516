package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// EventKind says what a change of a row means.
type EventKind string

// The kinds of events, most important first.
const (
	EventNew         EventKind = "new"         // an object that was not listed before
	EventRetired     EventKind = "retired"     // an object that is not listed any more
	EventDisposition EventKind = "disposition" // the verdict changed
	EventEphemeris   EventKind = "ephemeris"   // period or epoch moved by more than 3 sigma
	EventRadius      EventKind = "radius"      // the planet's radius changed
	EventOther       EventKind = "other"       // only other cells changed
)

// EventKinds lists the kinds in order.
var EventKinds = []EventKind{EventNew, EventRetired, EventDisposition, EventEphemeris, EventRadius, EventOther}

// Event is what changed for one object, with its meaning. A row may have several,
// at most one of each kind.
type Event struct {
	Kind   EventKind `json:"kind"`
	Key    string    `json:"key"`              // row key
	Object string    `json:"object"`           // K00752.01, TOI 700.01, K2-18 b
	Star   string    `json:"star"`             // KIC 10797460
	Column string    `json:"column,omitempty"` // that changed
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
	Sigma  float64   `json:"sigma,omitempty"` // of a move: in joint errors; 0 where no errors are given
	Text   string    `json:"text"`            // the event in plain words
}

// Events gives the differences between two tables their meaning, by kind, then
// in the order of d. Rows of d that mean nothing of the listed kinds are
// EventOther, once each; a cell whose text changed and whose number did not
// ("1.0", "1.0000"), or that spells the absence of a value otherwise, is none.
//
// Objects are rows; in the K2 table, which has a row for each published
// solution, they are planets, and stand for their default rows. Values are found
// by what columns mean, so that tables of two dialects can be compared: in these,
// a number that was only rounded otherwise has not changed.
//
// Without an old table there is nothing to tell: see Table.Listed.
func Events(old, new *Table, d Difference) []Event {
	if old == nil || new == nil {
		return nil
	}
	t := newTelling(old, new, d)
	t.objects()
	t.rest()
	var events []Event
	for _, kind := range EventKinds {
		events = append(events, t.told[kind]...)
	}
	return events
}

// telling is the work of Events.
type telling struct {
	old, new *Table
	d        Difference
	told     map[EventKind][]Event

	from, to map[string]Object // by Object.Name
	objNew   []int             // row of the new table → its object, place in news
	objOld   []int
	olds     []Object
	news     []Object

	changed map[int]bool    // rows of the new table that d calls changed; nil: look at all
	names   map[string]bool // columns whose cells are identifiers
	told1   map[int]bool    // rows of the old table whose object was told of by them
	told2   map[int]bool    // the same of the new one
}

func newTelling(old, new *Table, d Difference) *telling {
	if len(d.pairs) != new.Len() || len(d.places) != len(d.Rows) {
		d = Diff(old, new) // it has been through JSON
	}
	t := &telling{old: old, new: new, d: d, told: map[EventKind][]Event{}, names: map[string]bool{}, told1: map[int]bool{}, told2: map[int]bool{}}
	t.olds, t.news = old.Objects(), new.Objects()
	t.from, t.to = byName(t.olds), byName(t.news)
	t.objOld, t.objNew = owners(old, t.olds), owners(new, t.news)
	if !dialects(old, new) {
		t.changed = make(map[int]bool, len(d.Rows))
		for k, r := range d.Rows {
			if r.Kind == RowChanged {
				t.changed[t.d.places[k][1]] = true
			}
		}
	}
	return t
}

// dialects tells whether a column that events read has another name in the other
// table, so that comparing columns by name says nothing of it.
func dialects(old, new *Table) bool {
	for _, r := range []Role{RoleDisposition, RolePeriod, RoleEpoch, RoleRadius} {
		if j, i := old.at[r], new.at[r]; j >= 0 && i >= 0 && old.Columns[j].Name != new.Columns[i].Name {
			return true
		}
	}
	return false
}

func byName(objects []Object) map[string]Object {
	m := make(map[string]Object, len(objects))
	for _, o := range objects {
		m[o.Name] = o
	}
	return m
}

// owners tells for each row which object it belongs to.
func owners(t *Table, objects []Object) []int {
	at := make([]int, t.Len())
	for k, o := range objects {
		for _, i := range o.Rows {
			at[i] = k
		}
	}
	return at
}

// objects tells what happened to objects.
func (t *telling) objects() {
	for _, o := range t.news {
		was, ok := t.from[o.Name]
		if !ok {
			t.tell(t.new.Listed(o))
			continue
		}
		c := couple{old: t.old, new: t.new, j: was.Row, i: o.Row}
		if len(o.Rows) > 1 || len(was.Rows) > 1 {
			c.j, c.i = t.defaults(was, o)
		}
		if t.same(c) {
			continue
		}
		for _, say := range []func() (Event, bool){c.disposition, c.ephemeris, c.radius} {
			if e, ok := say(); ok {
				e.Key, e.Object, e.Star = t.new.keys[c.i], t.new.ObjectOf(c.i), t.new.StarOf(c.i)
				e.Text = e.Object + " " + e.Text
				t.tell(e)
				t.told1[c.j], t.told2[c.i] = true, true
			}
		}
	}
	for _, o := range t.olds {
		if _, ok := t.to[o.Name]; !ok {
			t.tell(t.old.unlisted(o))
		}
	}
}

func (t *telling) tell(e Event) { t.told[e.Kind] = append(t.told[e.Kind], e) }

// same tells whether d says that the two rows are one and did not change.
func (t *telling) same(c couple) bool {
	return t.d.pairs[c.i] == c.j && t.changed != nil && !t.changed[c.i]
}

// defaults chooses the rows that stand for an object of several: the default
// rows, of several default rows two that belong together.
func (t *telling) defaults(was, is Object) (j, i int) {
	for _, i := range is.defaults {
		for _, j := range was.defaults {
			if t.d.pairs[i] == j {
				return j, i
			}
		}
	}
	return was.Row, is.Row
}

// rest tells of the rows of d that nothing was told of.
func (t *telling) rest() {
	for k, r := range t.d.Rows {
		j, i := t.d.places[k][0], t.d.places[k][1]
		switch r.Kind {
		case RowChanged:
			if t.isCovered(j, i) {
				continue
			}
			if cells := t.meant(r.Cells); len(cells) > 0 {
				t.tell(t.otherwise(r, i, cells))
			}
		case RowAdded:
			o := t.news[t.objNew[i]]
			if _, known := t.from[o.Name]; known && !t.told2[i] {
				t.tell(t.new.another(i, "is listed with one more solution"))
			}
		case RowRemoved:
			o := t.olds[t.objOld[j]]
			if _, stays := t.to[o.Name]; stays && !t.told1[j] {
				t.tell(t.old.another(j, "is listed without one of its solutions"))
			}
		}
	}
}

// isCovered tells whether a changed row's object was told of, and the row has no
// story of its own.
func (t *telling) isCovered(j, i int) bool {
	if t.told1[j] || t.told2[i] {
		return true
	}
	o := t.news[t.objNew[i]]
	if len(o.Rows) == 1 {
		return false
	}
	was, known := t.from[o.Name]
	if !known {
		return true
	}
	a, b := t.defaults(was, o)
	c := couple{old: t.old, new: t.new, j: a, i: b}
	if _, ok := c.disposition(); !ok {
		return false
	}
	c.j, c.i = j, i
	_, ok := c.disposition()
	return ok
}

// meant drops the cells that only spell the same value otherwise.
func (t *telling) meant(cells []CellChange) []CellChange {
	kept := make([]CellChange, 0, len(cells))
	for _, c := range cells {
		if !sameValue(c.Old, c.New, t.isIdentifier(c.Column)) {
			kept = append(kept, c)
		}
	}
	return kept
}

// isIdentifier tells whether the cells of a column look like numbers and are not.
func (t *telling) isIdentifier(column string) bool {
	is, seen := t.names[column]
	if !seen {
		is = identifiers[canon(column)]
		t.names[column] = is
	}
	return is
}

// otherwise tells of a row in which other cells changed.
func (t *telling) otherwise(r RowChange, i int, cells []CellChange) Event {
	const named = 4
	o := t.news[t.objNew[i]]
	e := Event{Kind: EventOther, Key: r.Key, Object: t.new.ObjectOf(i), Star: t.new.StarOf(i)}
	what := "its"
	if len(o.Rows) > 1 || len(t.from[o.Name].Rows) > 1 {
		what = "the solution of " + word(t.new.solution(i)) + ": its"
	}
	if len(cells) == 1 {
		c := cells[0]
		e.Column, e.From, e.To = word(c.Column), value(c.Old), value(c.New)
		e.Text = fmt.Sprintf("%s: %s %s was %s, is %s now", e.Object, what, e.Column, orNone(e.From), orNone(e.To))
		return e
	}
	names := make([]string, 0, named)
	for _, c := range cells[:min(len(cells), named)] {
		names = append(names, word(c.Column))
	}
	more := ""
	if n := len(cells) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	e.Text = fmt.Sprintf("%s: %s %s%s changed", e.Object, what, strings.Join(names, ", "), more)
	return e
}

// another tells of a published solution of a planet that came or went.
func (t *Table) another(i int, what string) Event {
	e := Event{Kind: EventOther, Key: t.keys[i], Object: t.ObjectOf(i), Star: t.StarOf(i)}
	e.Text = e.Object + " " + what
	if ref := word(t.solution(i)); ref != "" {
		e.Text += " (" + ref + ")"
	}
	return e
}

// solution names the paper that row i comes from.
func (t *Table) solution(i int) string { return plain(t.Get(i, RolePlanetRef)) }

// sameValue tells whether two cells mean the same: equal but for blanks, both
// without a value, or equal numbers, if they are not identifiers.
func sameValue(a, b string, identifier bool) bool {
	a, b = known(a), known(b)
	if a == b {
		return true
	}
	if identifier || a == "" || b == "" || classify(a) == typeChar || classify(b) == typeChar {
		return false
	}
	return ParseNumber(a) == ParseNumber(b) // NaN equals nothing
}

// known returns the trimmed text of a cell, "" for the words that archives and
// programs write for no value.
func known(s string) string {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "null", "nan", "none", "n/a", "na", "--", "-":
		return ""
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// value is a cell as an event shows it.
func value(s string) string { return word(known(s)) }

// word makes a cell of a hostile table fit for a sentence: one line, printable,
// short.
func word(s string) string {
	const limit = 80
	clean := len(s) <= limit
	for i := 0; clean && i < len(s); i++ {
		clean = s[i] >= ' ' && s[i] < 0x7f
	}
	if clean {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s[:min(len(s), 4*limit)])
	if runes := []rune(s); len(runes) > limit {
		s = string(runes[:limit]) + "…"
	}
	return s
}
