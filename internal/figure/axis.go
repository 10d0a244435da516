package figure

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// xAxis maps times to pixels. Stretches of time far apart get an axis each,
// side by side, with a break between.
type xAxis struct {
	blocks []block
	parts  []span // time of each part, in the order of time
}

type span struct {
	from, to float64
	label    string
}

type block struct {
	from, to float64 // days
	x0, x1   float64 // pixels
}

const breakWidth = 26

// newXAxis lays the parts out between two pixels.
func newXAxis(parts []Part, x0, x1 int) xAxis {
	var a xAxis
	for _, p := range parts {
		s := span{math.Inf(1), math.Inf(-1), p.Label}
		for _, t := range p.Time {
			if finite(t) {
				s.from, s.to = min(s.from, t), max(s.to, t)
			}
		}
		if s.from <= s.to {
			a.parts = append(a.parts, s)
		}
	}
	slices.SortStableFunc(a.parts, func(x, y span) int {
		switch {
		case x.from < y.from:
			return -1
		case x.from > y.from:
			return 1
		}
		return 0
	})
	covered := 0.0
	for _, s := range a.parts {
		covered += s.to - s.from
	}
	for _, s := range a.parts {
		if n := len(a.blocks); n > 0 && s.from-a.blocks[n-1].to <= max(0.5*covered/float64(len(a.parts)), 1e-3) {
			a.blocks[n-1].to = max(a.blocks[n-1].to, s.to)
			continue
		}
		a.blocks = append(a.blocks, block{from: s.from, to: s.to})
	}
	a.place(float64(x0), float64(x1))
	return a
}

// place gives each block pixels by its length, with a least width.
func (a *xAxis) place(x0, x1 float64) {
	total := 0.0
	for i := range a.blocks {
		b := &a.blocks[i]
		pad := max(0.01*(b.to-b.from), 1e-9*math.Abs(b.to), 1e-3)
		b.from, b.to = b.from-pad, b.to+pad
		total += b.to - b.from
	}
	n := float64(len(a.blocks))
	gap := min(breakWidth, (x1-x0)/(2*n))
	room := x1 - x0 - gap*(n-1)
	x := x0
	for i := range a.blocks {
		b := &a.blocks[i]
		b.x0 = x
		b.x1 = x + room*(0.7*(b.to-b.from)/total+0.3/n)
		x = b.x1 + gap
	}
}

// at returns the pixel of a time.
func (a *xAxis) at(t float64) float64 {
	for _, b := range a.blocks {
		if t <= b.to {
			return b.x0 + (t-b.from)/(b.to-b.from)*(b.x1-b.x0)
		}
	}
	return -1
}

// yRange returns robust limits: nearly all values, with 13 % of room.
func yRange(v []float64) (lo, hi float64, ok bool) {
	if len(v) == 0 {
		return 0, 1, false
	}
	slices.Sort(v)
	n := float64(len(v) - 1)
	lo, hi = v[int(0.0005*n)], v[int(math.Ceil(0.9995*n))]
	spread := hi - lo
	lo, hi = max(v[0], lo-0.3*spread), min(v[len(v)-1], hi+0.3*spread)
	pad := 0.13 * (hi - lo)
	if least := 1e-9 * max(math.Abs(lo), math.Abs(hi)); pad <= least {
		pad = max(1e-3*math.Abs(lo), 1e-9)
	}
	return lo - pad, hi + pad, true
}

// ticks returns round numbers between the limits, about as many as wanted, and
// their step.
func ticks(lo, hi float64, wanted int) (list []float64, step float64) {
	raw := (hi - lo) / float64(max(wanted, 1))
	if !(raw > 0) || !finite(raw) {
		return nil, 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step = m * unit; step >= raw {
			break
		}
	}
	first := math.Ceil(lo / step)
	for k := range 60 {
		v := (first + float64(k)) * step
		if v > hi {
			break
		}
		list = append(list, v)
	}
	return list, step
}

// label writes a tick: digits by the step, commas, a minus sign.
func label(v, step float64) string {
	digits := 0
	if step < 1 {
		digits = int(math.Ceil(-math.Log10(step) - 1e-9))
	}
	var s string
	if digits > 9 || math.Abs(v) >= 1e9 {
		s = strconv.FormatFloat(v, 'g', 6, 64)
	} else {
		s = commas(strconv.FormatFloat(v, 'f', digits, 64))
	}
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.ReplaceAll(s, "-", "\u2212")
}

// commas parts thousands of five digits and more.
func commas(s string) string {
	whole, frac, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if len(whole) > 4 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	if frac != "" {
		whole += "." + frac
	}
	return sign + whole
}
