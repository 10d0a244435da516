package candidate

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// compared are the values whose disagreements are listed, with the relative
// difference that counts where not both sources give an error.
var compared = []struct {
	name     string
	relative float64
	eph      bool // of the ephemeris' row
}{
	{"period_d", 1e-3, true},
	{"duration_h", 0.25, true},
	{"depth_ppm", 0.25, true},
	{"radius_earth", 0.25, false},
	{"star_radius_sun", 0.15, false},
	{"star_teff_k", 0.05, false},
}

// maxSigma is how many joint errors two values may differ.
const maxSigma = 3

// pairs of sources in the order in which they are compared.
var pairs = [][2]origin{{fromKOI, fromTOI}, {fromKOI, fromK2}, {fromK2, fromTOI}}

// conflicts lists what the sources of a candidate disagree in.
func (m *merger) conflicts(c *candidate) []Conflict {
	var list []Conflict
	for _, p := range pairs {
		a, b := c.of[p[0]], c.of[p[1]]
		if a == nil || b == nil {
			continue
		}
		add := func(column, x, y, sigma, note string) {
			list = append(list, Conflict{Candidate: c.key, Column: column, SourceA: originNames[a.from], RowA: a.key(), ValueA: x,
				SourceB: originNames[b.from], RowB: b.key(), ValueB: y, Sigma: sigma, Note: note})
		}
		if x, y := a.get("disposition"), b.get("disposition"); x != y && isVerdict(x) && isVerdict(y) {
			add("disposition", x, y, "", negative(x, y))
		}
		clashEphemeris(a, b, add)
		for _, q := range compared {
			clashValue(a, b, q.name, q.relative, q.eph, add)
		}
		clashStar(a, b, add)
	}
	return list
}

func isVerdict(s string) bool { return s != "" && s != NotDispositioned }

// negative notes that two verdicts differ in words only.
func negative(x, y string) string {
	no := []string{FalsePositive, FalseAlarm, Refuted}
	if slices.Contains(no, x) && slices.Contains(no, y) {
		return "both say no planet"
	}
	if slices.Contains(no, x) != slices.Contains(no, y) && (x == Confirmed || y == Confirmed) {
		return "planet in one, none in the other"
	}
	return ""
}

type adder = func(column, x, y, sigma, note string)

// clashValue compares one measured value.
func clashValue(a, b *entity, name string, relative float64, eph bool, add adder) {
	i, j := a.rows[0], b.rows[0]
	if eph {
		i, j = a.eph, b.eph
	}
	x, y := num(a.view.get(i, name)), num(b.view.get(j, name))
	if math.IsNaN(x) || math.IsNaN(y) || !a.measured(i, name) || !b.measured(j, name) || x == y {
		return
	}
	ex, ey := a.side(i, name, y > x), b.side(j, name, x > y)
	sigma, note := "", ""
	if ex > 0 && ey > 0 {
		s := math.Abs(x-y) / math.Hypot(ex, ey)
		if s <= maxSigma {
			return
		}
		sigma = strconv.FormatFloat(s, 'g', 4, 64)
	} else if math.Abs(x-y) <= relative*max(math.Abs(x), math.Abs(y)) {
		return
	}
	if name == "period_d" && x > 0 && y > 0 {
		if ok, n, d := ratio(x, y, namedPeriod); ok && n != d {
			note = "period ratio " + colon(n, d)
		}
	}
	add(name, a.view.get(i, name), b.view.get(j, name), sigma, note)
}

// side returns the error of a value towards the other one: the upper if that is
// larger. Where only one is given it counts both ways; 0 for none.
func (e *entity) side(i int, name string, up bool) float64 {
	first, second := "_err_down", "_err_up"
	if up {
		first, second = second, first
	}
	if s := num(e.view.get(i, name+first)); s > 0 {
		return s
	}
	if s := num(e.view.get(i, name+second)); s > 0 {
		return s
	}
	return 0
}

// clashEphemeris compares the epochs, folded by the better period.
func clashEphemeris(a, b *entity, add adder) {
	better, other := a, b
	if b.hasPeriod() && (!a.hasPeriod() || b.periodErr > 0 && (a.periodErr == 0 || b.periodErr < a.periodErr)) {
		better, other = b, a
	}
	if better.hasPeriod() && other.hasPeriod() {
		if ok, n, d := ratio(better.period, other.period, namedPeriod); !ok || n != d {
			return // the periods are told apart already
		}
	}
	off, joint, ok := fold2(other, better)
	if !ok {
		return
	}
	sigma := ""
	if better.periodErr > 0 && better.epochErr > 0 && other.epochErr > 0 {
		s := off / joint
		if s <= maxSigma {
			return
		}
		sigma = strconv.FormatFloat(s, 'g', 4, 64)
	} else {
		half := better.period / 20
		if better.duration > 0 {
			half = min(half, better.duration/48)
		}
		if off <= half {
			return
		}
	}
	add("epoch_bjd", a.view.get(a.eph, "epoch_bjd"), b.view.get(b.eph, "epoch_bjd"), sigma,
		"transits predicted from one miss the other's by "+strconv.FormatFloat(off, 'f', 4, 64)+" d")
}

// clashStar compares position and catalog numbers.
func clashStar(a, b *entity, add adder) {
	if d := separation(a.point, b.point); d > sameStar {
		add("ra_deg", a.position(), b.position(), "", strconv.FormatFloat(d, 'f', 2, 64)+" arcsec apart")
	}
	for _, name := range []string{"kic", "tic", "epic"} {
		if x, y := a.get(name), b.get(name); x != "" && y != "" && x != y {
			add(name, x, y, "", "")
		}
	}
}

func (e *entity) position() string {
	return strconv.FormatFloat(e.ra, 'f', -1, 64) + " " + strconv.FormatFloat(e.dec, 'f', -1, 64)
}

// unmerged lists what was noted of rows that may be one and were not merged.
func (m *merger) unmerged() []Conflict {
	var list []Conflict
	seen := map[note]bool{}
	for _, n := range m.notes {
		a, b := m.all[n.a], m.all[n.b]
		x, y := m.of[n.a], m.of[n.b]
		if x == y || seen[n] || n.column == "period_d" && (x.of[b.from] != nil || y.of[a.from] != nil) {
			continue // each is known to be another
		}
		seen[n] = true
		first, second := cmp.Or(a.name, x.key), cmp.Or(b.name, y.key)
		if n.column == "period_d" {
			first, second = a.view.get(a.eph, n.column), b.view.get(b.eph, n.column)
		}
		list = append(list, Conflict{Candidate: x.key, Column: n.column, SourceA: originNames[a.from], RowA: a.key(), ValueA: first,
			SourceB: originNames[b.from], RowB: b.key(), ValueB: second, Note: n.text})
	}
	slices.SortFunc(list, func(a, b Conflict) int {
		return slices.Compare([]string{a.Candidate, a.Column, a.SourceB, a.RowB, a.Note}, []string{b.Candidate, b.Column, b.SourceB, b.RowB, b.Note})
	})
	return list
}
