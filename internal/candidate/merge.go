package candidate

import (
	"cmp"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
)

// Merge makes the table of candidates. The result does not depend on the order
// of rows in the sources.
func Merge(s Sources) (*Merged, error) {
	m := &merger{}
	if err := m.load(s); err != nil {
		return nil, err
	}
	m.mentions = make([][]mention, len(m.all))
	for i, e := range m.all {
		e.index = i
		m.mentions[i] = e.mentions()
	}
	m.findStars()
	m.match()
	m.collect()
	return m.result(), nil
}

// merger makes one Merged.
type merger struct {
	views [origins]*view
	gaia  *view

	all      []*entity // koi, k2, toi, each by name
	mentions [][]mention
	stars    []*star
	groups   sets    // of all: one candidate each
	basis    []basis // of a group's root
	notes    []note

	list   []*candidate
	of     []*candidate // by entity
	fields []field

	nearest map[string][]int // rows of gaia by star, nearest source first
}

// note is something to be said of two entities that were not merged.
type note struct {
	a, b   int
	column string
	text   string
}

func (m *merger) note(a, b int, column, text string) {
	m.notes = append(m.notes, note{min(a, b), max(a, b), column, text})
}

// candidate is one row of the merged table.
type candidate struct {
	key     string
	of      [origins]*entity // nil: not in that source
	main    *entity          // that gives the key
	basis   basis
	star    *star
	aliases []Alias
	folds   []string // kind and name of the aliases, as they are compared
	rows    int
	clash   int // conflicts
}

func (m *merger) load(s Sources) error {
	for o, t := range [origins]struct {
		n   *Normal
		typ catalog.Type
	}{fromKOI: {s.KOI, catalog.KOI}, fromK2: {s.K2, catalog.K2}, fromTOI: {s.TOI, catalog.TOI}} {
		v, err := newView(t.n, t.typ)
		if err != nil {
			return err
		}
		m.views[o] = v
	}
	var err error
	if m.gaia, err = newView(s.Gaia, catalog.Gaia); err != nil {
		return err
	}
	for o, v := range m.views {
		m.all = append(m.all, entities(origin(o), v)...)
	}
	return nil
}

// collect makes the candidates from the groups, in their final order, with
// their keys and names.
func (m *merger) collect() {
	m.of = make([]*candidate, len(m.all))
	for i, e := range m.all {
		root := m.groups.find(i)
		c := m.of[root]
		if c == nil {
			c = &candidate{main: e, basis: m.basis[root], star: m.stars[e.star]}
			m.list = append(m.list, c)
		}
		m.of[i] = c
		c.of[e.from] = e
		c.rows += len(e.rows)
	}
	// The key's source: KOI, then TOI, then K2.
	for _, c := range m.list {
		for _, o := range []origin{fromKOI, fromTOI, fromK2} {
			if c.of[o] != nil {
				c.main = c.of[o]
				break
			}
		}
		c.key = c.main.name
		if c.main.from == fromTOI {
			c.key = strings.Replace(c.key, "TOI ", "TOI-", 1)
		}
		if c.key == "" {
			c.key = "unnamed"
		}
	}
	rank := [origins]int{fromKOI: 0, fromTOI: 1, fromK2: 2}
	slices.SortFunc(m.list, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(rank[a.main.from], rank[b.main.from]), natural(a.main.name, b.main.name))
	})
	taken := make(map[string]bool, len(m.list))
	for _, c := range m.list {
		for taken[c.key] { // a name of one source that another uses for something else
			c.key += " (" + originNames[c.main.from] + ")"
		}
		taken[c.key] = true
	}
	m.findAliases()
}

// result makes the table.
func (m *merger) result() *Merged {
	r := &Merged{}
	for _, c := range m.list {
		r.Conflicts = append(r.Conflicts, m.conflicts(c)...)
	}
	r.Conflicts = append(r.Conflicts, m.unmerged()...)
	place := make(map[string]int, len(m.list))
	for i, c := range m.list {
		place[c.key] = i
	}
	slices.SortStableFunc(r.Conflicts, func(a, b Conflict) int { return cmp.Compare(place[a.Candidate], place[b.Candidate]) })
	clash := make(map[string]int, len(r.Conflicts))
	for _, c := range r.Conflicts {
		clash[c.Candidate]++
	}
	r.Counts = Counts{Candidates: len(m.list), Sources: map[string]int{}, Conflicts: len(r.Conflicts)}
	m.plan()
	r.Columns = m.columns()
	flat := make([]string, len(m.list)*len(r.Columns))
	r.Rows = make([][]string, len(m.list))
	for i, c := range m.list {
		c.clash = clash[c.key]
		r.Rows[i] = flat[i*len(r.Columns) : (i+1)*len(r.Columns) : (i+1)*len(r.Columns)]
		m.fill(c, r.Rows[i])
		r.Aliases = append(r.Aliases, c.aliases...)
		r.Counts.add(c)
	}
	r.Counts.Aliases = len(r.Aliases)
	if m.gaia != nil {
		r.Counts.Sources[string(catalog.Gaia)] = len(m.gaia.rows)
	}
	return r
}

func (n *Counts) add(c *candidate) {
	sources := 0
	for o, e := range c.of {
		if e != nil {
			sources++
			n.Sources[originNames[o]] += len(e.rows)
		}
	}
	if sources < 2 {
		return
	}
	n.InTwo++
	if c.how() == "position" {
		n.Position++
	} else {
		n.Identifier++
	}
}

// how names the basis of a candidate's match as aliases and the table do.
func (c *candidate) how() string {
	switch c.basis {
	case byNothing:
		return "row"
	case byPosition:
		return "position"
	}
	return "identifier"
}
