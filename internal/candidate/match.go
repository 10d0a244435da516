package candidate

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

const (
	// samePeriod is the relative difference up to which two periods of one star
	// are one. Two bodies so close would not stay on their orbits; the same
	// planet's periods of different papers differ by up to 0.003.
	samePeriod = 5e-3

	// namedPeriod is the same for two rows of which one names the other.
	namedPeriod = 1e-2

	// onePixel is how far in arcsec a row may stand from the object that it
	// names: TESS's pixels of 21 arcsec may not tell neighbours apart.
	onePixel = 21.0

	// around bounds how many signals of nearly the same period are compared with
	// one of another source.
	around = 8
)

// basis says what a match rests on, best first.
type basis int

const (
	byName     basis = iota // the row names the object
	byMention               // its comment mentions the object, and the ephemerides agree
	byStar                  // the same star by its number, and the same period
	byPosition              // the same star by its position, and the same period
	byNothing
)

// link is two entities of different sources that may be one.
type link struct {
	a, b  int // indices into merger.all
	basis basis
	cost  float64 // how badly they agree
}

// match finds which entities are one candidate.
func (m *merger) match() {
	links := m.nameLinks()
	for i, s := range m.stars {
		if len(s.members) > 1 {
			links = append(links, m.periodLinks(i)...)
		}
	}
	slices.SortFunc(links, func(x, y link) int {
		return cmp.Or(cmp.Compare(x.basis, y.basis), cmp.Compare(x.cost, y.cost), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	m.groups = newSets(len(m.all))
	m.basis = make([]basis, len(m.all))
	has := make([][origins]bool, len(m.all))
	for i, e := range m.all {
		has[i][e.from] = true
		m.basis[i] = byNothing
	}
	for _, l := range links {
		i, j := m.groups.find(l.a), m.groups.find(l.b)
		if i == j {
			continue
		}
		if shares(has[i], has[j]) {
			if l.basis <= byMention {
				m.note(l.a, l.b, "names", "names an object that is taken by another row: not merged")
			}
			continue
		}
		m.groups.join(i, j)
		root := min(i, j)
		for o := range has[root] {
			has[root][o] = has[i][o] || has[j][o]
		}
		m.basis[root] = min(m.basis[i], m.basis[j], l.basis)
	}
}

// nameLinks finds the objects that rows name.
func (m *merger) nameLinks() []link {
	at := map[string][origins]int{} // index + 1; -1 for several
	put := func(name string, i int) {
		if name = foldObject(name); name == "" {
			return
		}
		o := m.all[i].from
		slots := at[name]
		switch slots[o] {
		case 0:
			slots[o] = i + 1
		case i + 1:
		default:
			slots[o] = -1
		}
		at[name] = slots
	}
	for i, e := range m.all {
		put(e.name, i)
		for _, row := range e.rows {
			put(e.view.get(row, "planet_name"), i)
			put(e.view.get(row, "candidate_name"), i)
		}
	}
	var links []link
	for i, e := range m.all {
		for _, n := range m.mentions[i] {
			for o, slot := range at[n.fold] {
				if slot > 0 && origin(o) != e.from {
					if l, ok := m.named(i, slot-1, n.sure); ok {
						links = append(links, l)
					}
				}
			}
		}
	}
	return links
}

// named judges a row that names another's object: a holds the name of b.
func (m *merger) named(a, b int, sure bool) (l link, ok bool) {
	x, y := m.all[a], m.all[b]
	l = link{a: min(a, b), b: max(a, b), basis: byMention, cost: m.cost(x, y, namedPeriod)}
	if sure {
		l.basis = byName
	}
	if separation(x.point, y.point) > onePixel { // an unknown one is not
		return l, false
	}
	switch {
	case x.hasPeriod() && y.hasPeriod():
		r, n, d := ratio(x.period, y.period, namedPeriod)
		switch {
		case r && n == d:
			return l, true
		case r && sure:
			l.cost += float64(n + d)
			return l, true
		case sure:
			m.note(l.a, l.b, "period_d", "the name is the same, the period is not: not merged")
		case r:
			m.note(l.a, l.b, "period_d", "period ratio "+colon(n, d)+" to an object that the comment mentions: not merged")
		}
		return l, false
	case sure:
		return l, true
	}
	return l, inPhase(x, y) || inPhase(y, x)
}

// ratio tells whether two periods are equal or small multiples of each other:
// a:b = n:d.
func ratio(a, b, tolerance float64) (ok bool, n, d int) {
	for _, r := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {3, 1}, {1, 3}, {4, 1}, {1, 4}, {5, 1}, {1, 5}} {
		if math.Abs(a*float64(r[1])-b*float64(r[0])) <= tolerance*b*float64(r[0]) {
			return true, r[0], r[1]
		}
	}
	return false, 0, 0
}

func colon(n, d int) string { return string(rune('0'+n)) + ":" + string(rune('0'+d)) }

// inPhase tells whether a single transit falls on one of those that a known
// ephemeris predicts, and whether that says something: the prediction must be
// good to a twentieth of the period.
func inPhase(single, of *entity) bool {
	if single.hasPeriod() || !of.hasPeriod() {
		return false
	}
	off, sigma, ok := fold2(single, of)
	if !ok || 3*sigma > of.period/20 {
		return false
	}
	half := 0.0
	if of.duration > 0 && of.duration < 48 {
		half = of.duration / 48
	}
	return off <= max(3*sigma, min(half, of.period/20))
}

// fold2 returns how far in days the epoch of a lies from the nearest transit
// that the ephemeris of b predicts, and the joint error: those of both epochs
// and of b's period over the cycles between.
func fold2(a, b *entity) (off, sigma float64, ok bool) {
	if math.IsNaN(a.epoch) || math.IsNaN(b.epoch) || !b.hasPeriod() {
		return 0, 0, false
	}
	cycles := math.Round((a.epoch - b.epoch) / b.period)
	off = math.Abs(a.epoch - b.epoch - cycles*b.period)
	return off, math.Hypot(math.Hypot(a.epochErr, b.epochErr), cycles*b.periodErr), true
}

// cost tells how badly two ephemerides agree: the periods' difference against
// the tolerance, and the phase of one epoch in the other's ephemeris, where
// both are known.
func (m *merger) cost(x, y *entity, tolerance float64) float64 {
	c := 1.0
	if x.hasPeriod() && y.hasPeriod() {
		c = math.Abs(x.period-y.period) / (tolerance * min(x.period, y.period))
	}
	better, other := x, y
	if y.hasPeriod() && (!x.hasPeriod() || y.periodErr > 0 && y.periodErr < x.periodErr) {
		better, other = y, x
	}
	phase := 0.25
	if off, sigma, ok := fold2(other, better); ok && 3*sigma < better.period/20 {
		phase = off / better.period
	}
	return c + 4*phase
}

// periodLinks compares the signals of one star: those of different sources with
// the same period may be one. Multiples are noted.
func (m *merger) periodLinks(s int) []link {
	var by [origins][]int
	for _, e := range m.stars[s].members {
		if e.hasPeriod() {
			by[e.from] = append(by[e.from], e.index)
		}
	}
	for o := range by {
		slices.SortFunc(by[o], func(i, j int) int {
			return cmp.Or(cmp.Compare(m.all[i].period, m.all[j].period), cmp.Compare(i, j))
		})
	}
	var links []link
	for a := range by {
		for b := a + 1; b < len(by); b++ {
			if len(by[a]) > crowd || len(by[b]) > crowd {
				continue // no star has so many signals
			}
			for _, i := range by[a] {
				for _, j := range m.window(by[b], m.all[i].period, samePeriod) {
					links = append(links, link{a: min(i, j), b: max(i, j), basis: m.stars[s].link(m.all[i], m.all[j]), cost: m.cost(m.all[i], m.all[j], samePeriod)})
				}
				m.multiples(i, by[b])
			}
		}
	}
	return links
}

// window returns the entities of a list sorted by period that lie within the
// tolerance of one, at most a few, nearest first on either side.
func (m *merger) window(list []int, period, tolerance float64) []int {
	from := sort.Search(len(list), func(k int) bool { return m.all[list[k]].period >= period })
	lo, hi := from, from
	for lo > 0 && from-lo < around && period-m.all[list[lo-1]].period <= tolerance*m.all[list[lo-1]].period {
		lo--
	}
	for hi < len(list) && hi-from < around && m.all[list[hi]].period-period <= tolerance*period {
		hi++
	}
	return list[lo:hi]
}

// multiples remembers signals of one star whose periods are 1:2 or 1:3.
func (m *merger) multiples(i int, list []int) {
	for _, r := range [][2]int{{2, 1}, {1, 2}, {3, 1}, {1, 3}} {
		found := m.window(list, m.all[i].period*float64(r[1])/float64(r[0]), samePeriod)
		if len(found) > 0 {
			m.note(i, found[0], "period_d", "period ratio "+colon(r[0], r[1])+": perhaps one signal; not merged")
		}
	}
}

// link tells how two members of a star are known to circle the same one.
func (s *star) link(x, y *entity) basis {
	for _, id := range x.stars {
		if slices.Contains(y.stars, id) {
			return byStar
		}
	}
	if s.joined {
		return byPosition
	}
	return byStar
}
