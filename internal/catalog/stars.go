package catalog

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"exoplanetai/internal/exo"
)

// Stars returns the host stars of the table, each once, in the order of the
// rows. A row whose star has no number in an input catalog is left out.
func (t *Table) Stars() []Star {
	seen := make(map[exo.TargetID]bool, t.Len())
	var stars []Star
	for i := range t.Len() {
		// A K2 star may have two numbers; the mission's own is enough.
		if ids := t.ids(i); len(ids) > 0 && !seen[ids[0]] {
			seen[ids[0]] = true
			stars = append(stars, t.star(i, ids[0]))
		}
	}
	return stars
}

// Find returns the stars that the table knows under the name, each once; a
// K2 star by its EPIC and its TIC number. Several stars are several answers:
// the caller lists them and never picks one.
func (t *Table) Find(name exo.Name) []Star {
	var stars []Star
	for _, i := range t.names.rows(t, fold(name.Canonical)) {
		for _, id := range t.ids(i) {
			if name.Form == exo.FormID && id != name.ID {
				continue
			}
			if !slices.ContainsFunc(stars, func(s Star) bool { return s.ID == id }) {
				stars = append(stars, t.star(i, id))
			}
		}
	}
	return stars
}

// ids returns the catalog numbers of a row's star, that of the table's own
// mission first.
func (t *Table) ids(i int) []exo.TargetID {
	own := map[Type]exo.Catalog{KOI: exo.KIC, TOI: exo.TIC}[t.Type]
	if own != "" {
		if n, err := strconv.ParseUint(t.Get(i, RoleStar), 10, 64); err == nil && n > 0 {
			return []exo.TargetID{{Catalog: own, Number: n}}
		}
		return nil
	}
	var ids []exo.TargetID
	texts := []string{t.Get(i, RoleStar), t.Get(i, RoleEPIC), t.Get(i, RoleHost), t.Get(i, RoleTIC)}
	if candidate, _, ok := strings.Cut(t.Get(i, RolePlanet), "."); ok {
		texts = append(texts, candidate) // EPIC 211311380.01
	}
	for _, text := range texts {
		if id, err := exo.ParseTargetID(text); err == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (t *Table) star(i int, id exo.TargetID) Star {
	s := Star{ID: id, RA: math.NaN(), Dec: math.NaN(), Mag: math.NaN()}
	ra, err1 := parseAngle(t.Get(i, RoleRA), true)
	dec, err2 := parseAngle(t.Get(i, RoleDec), false)
	if err1 == nil && err2 == nil {
		s.RA, s.Dec = ra, dec
	}
	if v, err := strconv.ParseFloat(t.Get(i, RoleMag), 64); err == nil {
		s.Mag = v
	}
	return s
}

// nameIndex finds rows by folded name. It is built when first asked for.
type nameIndex struct {
	once sync.Once
	at   map[string][]int
}

func (x *nameIndex) rows(t *Table, folded string) []int {
	x.once.Do(func() { x.build(t) })
	return x.at[folded]
}

func (x *nameIndex) build(t *Table) {
	x.at = make(map[string][]int, 3*t.Len())
	add := func(i int, name string) {
		if name = fold(name); name == "" {
			return
		}
		if at := x.at[name]; len(at) == 0 || at[len(at)-1] != i {
			x.at[name] = append(at, i)
		}
	}
	for i := range t.Len() {
		for _, id := range t.ids(i) {
			add(i, id.String())
		}
		key := t.Get(i, RoleKey)
		star, _, _ := strings.Cut(key, ".")
		switch t.Type {
		case KOI:
			add(i, key)
			add(i, star)
		case TOI:
			add(i, "TOI "+key)
			add(i, "TOI "+star)
		case Candidates:
			add(i, key)
			for _, name := range t.aliases(i) {
				add(i, name)
				add(i, starOf(name))
				add(i, host(name))
			}
		}
		add(i, t.Get(i, RoleHost))
		add(i, t.Get(i, RolePlanet))
		add(i, host(t.Get(i, RolePlanet)))
		for planet := range t.mentioned(i) {
			add(i, planet)
			add(i, host(planet))
		}
	}
}

// host returns the star's part of a planet's name, "WASP-46" of "WASP-46 b";
// "" if the text does not end like a planet's name.
func host(planet string) string {
	n := len(planet)
	if n < 3 || n > 60 || planet[n-2] != ' ' || planet[n-1] < 'b' || planet[n-1] > 'z' {
		return ""
	}
	return strings.TrimSpace(planet[:n-2])
}

// fold drops what writers vary in a name: case, blanks, dashes and underscores,
// except between digits, where they keep numbers apart (K2-18 is not K218).
func fold(name string) string {
	b := make([]byte, 0, len(name))
	gap := false
	for i := range len(name) {
		c := name[i]
		if c == ' ' || c == '-' || c == '_' {
			gap = len(b) > 0
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if gap && isDigit(c) && isDigit(b[len(b)-1]) {
			b = append(b, '-')
		}
		gap = false
		b = append(b, c)
	}
	return string(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
