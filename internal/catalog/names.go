package catalog

import (
	"iter"
	"math"
	"slices"
	"strings"
)

// Fold drops what writers vary in a name: case, blanks, dashes and underscores,
// except between digits, where they keep numbers apart (K2-18 is not K218).
func Fold(name string) string { return fold(name) }

// NamesOf returns the names by which row i is known: first those of its object
// (K00752.01, Kepler-227 b, TOI 700.01), then those of its star (KIC 10797460,
// Kepler-227, TOI 700). The key stands among them as the archive writes it.
func (t *Table) NamesOf(i int) (objects, stars []string) {
	add := func(list *[]string, names ...string) {
		for _, name := range names {
			if name != "" && !slices.Contains(*list, name) {
				*list = append(*list, name)
			}
		}
	}
	key := t.Get(i, RoleKey)
	star, _, numbered := strings.Cut(key, ".")
	add(&objects, key)
	switch {
	case t.Type == TOI && numbered:
		add(&objects, "TOI "+key)
		add(&stars, "TOI "+star)
	case t.Type == KOI && numbered:
		add(&stars, star)
	case t.Type == Candidates:
		for _, name := range t.aliases(i) {
			add(&objects, name)
			add(&stars, starOf(name), host(name))
		}
	}
	planet := t.Get(i, RolePlanet)
	add(&objects, planet)
	for name := range t.mentioned(i) {
		add(&objects, name)
		add(&stars, host(name))
	}
	for _, id := range t.ids(i) {
		add(&stars, id.String())
	}
	add(&stars, t.Get(i, RoleHost), host(planet))
	return objects, stars
}

// mentioned gives the planets' names in the comments of row i: the parts between
// semicolons, commas or slashes that are nothing but one ("HAT-P-7 b/Kepler-2 b").
func (t *Table) mentioned(i int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.FieldsFuncSeq(t.Get(i, RoleComments), func(r rune) bool { return r == ';' || r == ',' || r == '/' }) {
			if part = strings.TrimSpace(part); host(part) != "" && !yield(part) {
				return
			}
		}
	}
}

// Position returns where row i stands on the sky, degrees, ICRS; false if the
// table does not say, or says what cannot be.
func (t *Table) Position(i int) (ra, dec float64, ok bool) {
	a, d := t.Get(i, RoleRA), t.Get(i, RoleDec)
	if a == "" || d == "" {
		return 0, 0, false
	}
	ra, err1 := parseAngle(a, true)
	dec, err2 := parseAngle(d, false)
	ok = err1 == nil && err2 == nil && ra >= 0 && ra <= 360 && math.Abs(dec) <= 90
	return ra, dec, ok
}
