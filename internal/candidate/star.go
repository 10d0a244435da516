package candidate

import (
	"cmp"
	"math"
	"slices"
)

// star is a host star: all entities that are known to circle it.
type star struct {
	members []*entity
	has     [origins]bool
	numbers []starNumber
	joined  bool // of stars of several sources, by position
}

// starNumber is one of a star's catalog numbers.
type starNumber struct {
	name   string
	source origin
	sky    bool // known by the position only
}

// maxMagnitude is how much the Kepler and the TESS magnitude of one star may
// differ. The bands are close; the reddest hosts (M8) differ by 1.9.
const maxMagnitude = 2.5

// findStars groups entities by star: by catalog numbers, then by position.
func (m *merger) findStars() {
	groups := newSets(len(m.all))
	first := map[string]int{}
	for i, e := range m.all {
		ids := e.stars
		if host := e.get("host_name"); host != "" {
			ids = append(slices.Clip(ids), "host "+foldName(host))
		}
		for _, id := range ids {
			if j, ok := first[id]; ok {
				groups.join(i, j)
			} else {
				first[id] = i
			}
		}
	}
	byRoot := map[int]*star{}
	var stars []*star
	for i, e := range m.all {
		root := groups.find(i)
		s := byRoot[root]
		if s == nil {
			s = &star{}
			byRoot[root] = s
			stars = append(stars, s)
		}
		s.members = append(s.members, e)
		s.has[e.from] = true
	}
	for _, s := range stars {
		s.number(false)
	}
	m.stars = joinByPosition(stars)
	for i, s := range m.stars {
		for _, e := range s.members {
			e.star = i
		}
	}
}

// number collects the catalog numbers of the members.
func (s *star) number(sky bool) {
	for _, e := range s.members {
		for _, id := range e.stars {
			if len(s.numbers) < crowd && !slices.ContainsFunc(s.numbers, func(n starNumber) bool { return n.name == id }) {
				s.numbers = append(s.numbers, starNumber{id, e.from, sky})
			}
		}
	}
}

// tie is two stars that may be one.
type tie struct {
	a, b int
	d    float64
}

// joinByPosition makes one star of two that different sources list, if each is
// the other's nearest within sameStar, see apart. Stars that share a source stay apart: it
// tells them apart itself.
func joinByPosition(stars []*star) []*star {
	points := make([]point, len(stars))
	mags := make([]float64, len(stars))
	for i, s := range stars {
		points[i], mags[i] = s.place()
	}
	ties := findTies(stars, points, mags)
	nearest := func(i int, other *star) (best tie) {
		best.d = math.Inf(1)
		for _, t := range ties[i] {
			if t.d < best.d && stars[t.b].has == other.has {
				best = t
			}
		}
		return best
	}
	var mutual []tie
	for i := range stars {
		for _, t := range ties[i] {
			if t.a < t.b && nearest(t.a, stars[t.b]).b == t.b && nearest(t.b, stars[t.a]).b == t.a {
				mutual = append(mutual, t)
			}
		}
	}
	slices.SortFunc(mutual, func(x, y tie) int {
		return cmp.Or(cmp.Compare(x.d, y.d), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	joined := newSets(len(stars))
	for _, t := range mutual {
		i, j := joined.find(t.a), joined.find(t.b)
		if i == j || shares(stars[i].has, stars[j].has) {
			continue
		}
		joined.join(i, j)
		stars[min(i, j)].absorb(stars[max(i, j)])
	}
	kept := stars[:0:0]
	for i, s := range stars {
		if joined.find(i) == i {
			kept = append(kept, s)
		}
	}
	return kept
}

// findTies lists for each star the stars of other sources within sameStar. A
// star in a crowd has none.
func findTies(stars []*star, points []point, mags []float64) [][]tie {
	g := newGrid(points)
	ties := make([][]tie, len(stars))
	for i, p := range points {
		if !p.known() {
			continue
		}
		seen := 0
		var found []tie
		g.along(p, func(j int) bool {
			if seen++; seen > crowd {
				return false
			}
			if j != i && separation(p, points[j]) <= sameStar && !shares(stars[i].has, stars[j].has) && !(math.Abs(mags[i]-mags[j]) > maxMagnitude) &&
				!slices.ContainsFunc(found, func(t tie) bool { return t.b == j }) {
				found = append(found, tie{i, j, apart(p, points[j])})
			}
			return true
		})
		if seen > crowd {
			continue
		}
		for _, t := range found {
			ties[t.a] = append(ties[t.a], t)
			ties[t.b] = append(ties[t.b], tie{t.b, t.a, t.d})
		}
	}
	return ties
}

// place returns the position and magnitude of the first member that has one.
// One with a motion is better.
func (s *star) place() (p point, mag float64) {
	p, mag = point{ra: math.NaN(), dec: math.NaN()}, math.NaN()
	for _, e := range s.members {
		if math.IsNaN(mag) {
			mag = e.mag
		}
		if e.known() && (!p.known() || e.moves && !p.moves) {
			p = e.point
		}
	}
	return p, mag
}

// absorb takes over the members of another star that stands at the same place.
func (s *star) absorb(other *star) {
	s.joined = true
	s.members = append(s.members, other.members...)
	for _, n := range other.numbers {
		n.sky = true
		s.numbers = append(s.numbers, n)
	}
	for o := range other.has {
		s.has[o] = s.has[o] || other.has[o]
	}
}

func shares(a, b [origins]bool) bool {
	for o := range a {
		if a[o] && b[o] {
			return true
		}
	}
	return false
}

// sets joins numbers into disjoint sets.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) find(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

// join makes the lower root the root of both: the result does not depend on the
// order of joins.
func (s sets) join(i, j int) {
	a, b := s.find(i), s.find(j)
	s[max(a, b)] = min(a, b)
}
