package validate

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
)

// likeness asks whether the rows of a star, a planet or a paper say the same of
// what they share.
func (r *run) likeness() {
	made := map[group][][]int{}
	for _, s := range r.d.siblings {
		c := r.cols[s.of]
		if c == nil {
			continue
		}
		if _, ok := made[s.group]; !ok {
			made[s.group] = r.groups(s.group)
		}
		n := share{}
		for _, rows := range made[s.group] {
			r.alike(&s, c, rows, &n)
		}
		r.checked[levelOr(s.level, Quality)] += n.of
		r.count(n, c)
		if s.most > 0 && n.of >= minRows && float64(n.of-n.good) > s.most*float64(n.of) {
			r.find(s.id+".share", tableRow, c.j, "%d of %d rows differ from the others of their group: values have lost their rows", n.of-n.good, n.of)
		}
	}
}

// groups lists the rows that belong together, two or more, in the order of
// their first rows.
func (r *run) groups(g group) [][]int {
	// The first row of a group, or, from the second row on, its place in all
	// counted down from -1.
	at := make(map[string]int, r.n)
	var all [][]int
	for i := range r.n {
		key := r.groupKey(g, i)
		if key == "" || r.again[i] { // a repeated row says nothing of its own
			continue
		}
		first, seen := at[key]
		switch {
		case !seen:
			at[key] = i
		case first >= 0:
			at[key] = -1 - len(all)
			all = append(all, []int{first, i})
		default:
			all[-1-first] = append(all[-1-first], i)
		}
	}
	slices.SortFunc(all, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return all
}

// groupKey names the group of row i, "" for none.
func (r *run) groupKey(g group, i int) string {
	switch g {
	case ofPlanet:
		return r.t.Get(i, catalog.RolePlanet)
	case ofNumber:
		number, _, _ := strings.Cut(r.t.Key(i), ".")
		return number
	case ofPaper:
		if ref := r.t.Get(i, catalog.RoleStarRef); ref != "" {
			return r.starText(i) + "\x00" + ref
		}
		return ""
	}
	return r.starText(i)
}

// starText names the row's star.
func (r *run) starText(i int) string {
	if r.d.typ == catalog.K2 {
		return r.t.Get(i, catalog.RoleHost)
	}
	return r.t.Get(i, catalog.RoleStar)
}

// alike compares the values of one group. What most rows say counts; where no
// value has most rows, the finding has no row, for none can be told to be wrong.
func (r *run) alike(s *sibling, c *column, rows []int, n *share) {
	same := func(a, b float64) bool {
		return math.Abs(a-b) <= s.within+s.near*max(math.Abs(a), math.Abs(b))
	}
	given, best, at := 0, 0, -1
	for _, i := range rows {
		if c.x[i] == c.x[i] {
			given++
		}
	}
	if given < 2 {
		return
	}
	for _, i := range rows[:min(len(rows), mostCompared)] {
		k := 0
		for _, j := range rows {
			if same(c.x[i], c.x[j]) {
				k++
			}
		}
		if k > best {
			best, at = k, i
		}
	}
	n.of += given
	n.good += best
	if best == given {
		return
	}
	if 2*best <= given {
		n.good -= best
		r.find(s.id, tableRow, c.j, "%s of %s differs: %s", c.name, r.starText(rows[0]), r.listed(c, rows))
		return
	}
	for _, i := range rows {
		if c.x[i] == c.x[i] && !same(c.x[i], c.x[at]) {
			r.find(s.id, i, c.j, "%s differs from %s of the other rows", c.name, strings.TrimSpace(r.t.Cell(at, c.j)))
		}
	}
}

// mostCompared bounds the work on a hostile table whose rows are all of one
// star.
const mostCompared = 20

// listed names the first rows of a group with their values.
func (r *run) listed(c *column, rows []int) string {
	var list []string
	for _, i := range rows {
		if c.x[i] == c.x[i] && len(list) < 5 {
			list = append(list, catalog.Clip(r.t.Key(i))+" has "+strings.TrimSpace(r.t.Cell(i, c.j)))
		}
	}
	return strings.Join(list, ", ")
}
