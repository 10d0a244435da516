package candidate

import (
	"cmp"
	"slices"
	"strings"
)

// The kinds of names.
const (
	kindKOI    = "KOI"
	kindKIC    = "KIC"
	kindKepler = "Kepler"
	kindTOI    = "TOI"
	kindTIC    = "TIC"
	kindEPIC   = "EPIC"
	kindK2     = "K2"
	kindGaia   = "Gaia"
	kindCTOI   = "CTOI"
	kindName   = "name" // WASP-46 b
)

// kinds in the order in which a candidate's names are listed.
var kinds = []string{kindKOI, kindKepler, kindTOI, kindK2, kindEPIC, kindName, kindCTOI, kindKIC, kindTIC, kindGaia}

// kindOf tells the kind of an object's name.
func kindOf(name string) string {
	switch {
	case name != "" && name[0]|0x20 == 'k' && digits(name[len(name)-1:]) == 1 && koi.MatchString(name):
		return kindKOI
	case strings.HasPrefix(name, "Kepler-"):
		return kindKepler
	case strings.HasPrefix(name, "TOI ") || strings.HasPrefix(name, "TOI-"):
		return kindTOI
	case strings.HasPrefix(name, "K2-"):
		return kindK2
	case strings.HasPrefix(name, "EPIC "):
		return kindEPIC
	}
	return kindName
}

// findAliases lists every candidate's names. A name of an object belongs to one
// candidate: those that several claim, or that is the own name of another, are
// nobody's.
func (m *merger) findAliases() {
	owner := make(map[string]*candidate, 2*len(m.list))
	for i, e := range m.all {
		if f := foldObject(e.name); owner[f] == nil {
			owner[f] = m.of[i]
		}
	}
	several := map[string]bool{}
	for _, c := range m.list {
		c.names(m, func(_ *entity, name, _ string) {
			f := foldObject(name)
			if o := owner[f]; o == nil {
				owner[f] = c
			} else if o != c {
				several[f] = true
			}
		})
	}
	for _, c := range m.list {
		for _, e := range c.of {
			if e != nil && owner[foldObject(e.name)] == c {
				kind := kindOf(e.name)
				if e.from == fromKOI {
					kind = kindKOI
				}
				c.alias(Alias{Kind: kind, Name: e.name, Source: originNames[e.from], How: c.via(e)})
			}
		}
		c.names(m, func(e *entity, name, kind string) {
			if f := foldObject(name); owner[f] == c && !several[f] {
				c.alias(Alias{Kind: kind, Name: name, Source: originNames[e.from], How: c.via(e)})
			}
		})
		c.starNames()
		slices.SortStableFunc(c.aliases, func(a, b Alias) int {
			return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), natural(a.Name, b.Name))
		})
	}
}

// via says how a member's names are known to be the candidate's.
func (c *candidate) via(e *entity) string {
	if e == c.main {
		return "row"
	}
	return c.how()
}

// alias adds a name that the candidate has not got yet.
func (c *candidate) alias(a Alias) {
	a.Candidate = c.key
	f := a.Kind + " " + foldObject(a.Name)
	if a.Name != "" && !slices.Contains(c.folds, f) {
		c.aliases, c.folds = append(c.aliases, a), append(c.folds, f)
	}
}

// names calls f for the names that the members' rows give beside their own.
func (c *candidate) names(m *merger, f func(e *entity, name, kind string)) {
	for _, e := range c.of {
		if e == nil {
			continue
		}
		for _, row := range e.rows[:min(len(e.rows), crowd)] {
			if name := e.view.get(row, "planet_name"); name != "" {
				f(e, name, kindOf(name))
			}
			if name := e.view.get(row, "candidate_name"); name != "" {
				if e.from == fromTOI {
					f(e, "CTOI "+strings.TrimPrefix(name, "CTOI "), kindCTOI)
				} else {
					f(e, name, kindOf(name))
				}
			}
		}
		for _, n := range m.mentions[e.index] {
			if n.sure {
				f(e, n.name, kindOf(n.name))
			}
		}
	}
}

// starNames adds the numbers of the star: those of the members, then those that
// other objects of the star give.
func (c *candidate) starNames() {
	kind := func(number string) string { k, _, _ := strings.Cut(number, " "); return k }
	for _, e := range c.of {
		if e == nil {
			continue
		}
		for _, number := range e.stars {
			c.alias(Alias{Kind: kind(number), Name: number, Source: originNames[e.from], How: c.via(e)})
		}
		for _, row := range e.rows[:min(len(e.rows), crowd)] {
			if id := e.view.get(row, "gaia_id"); id != "" {
				c.alias(Alias{Kind: kindGaia, Name: id, Source: originNames[e.from], How: c.via(e)})
			}
		}
	}
	for _, n := range c.star.numbers {
		how := "identifier"
		if n.sky || c.star.joined && !slices.ContainsFunc(c.of[:], func(e *entity) bool { return e != nil && e.from == n.source }) {
			how = "position"
		}
		c.alias(Alias{Kind: kind(n.name), Name: n.name, Source: originNames[n.source], How: how})
	}
}

// objectNames joins the names of the object, without those of its star.
func (c *candidate) objectNames() string {
	var names []string
	for _, a := range c.aliases {
		switch a.Kind {
		case kindKIC, kindTIC, kindGaia:
			continue
		case kindEPIC:
			if starName("EPIC", a.Name) != "" {
				continue
			}
		}
		names = append(names, a.Name)
	}
	return strings.Join(names, "; ")
}
