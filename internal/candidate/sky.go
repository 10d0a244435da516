package candidate

import "math"

const (
	// sameStar is how far apart two catalogs may place one star, in arcsec, once
	// it is followed along its proper motion.
	sameStar = 2.0

	// epochs is how many years apart the catalogs' epochs may be: the KIC's
	// positions are of 2000, Gaia's and those made of them of 2015.5 and 2016.
	epochs = 16.0

	// maxMotion bounds what is believed of a proper motion, in mas/yr; Barnard's
	// star, the fastest, has 10,400.
	maxMotion = 11_000

	// crowd bounds how many neighbours of a star are looked at. There are not so
	// many within a few arcsec anywhere; a table that says so is not believed.
	crowd = 64
)

// point is a place on the sky and its motion.
type point struct {
	ra, dec     float64 // degrees, ICRS; NaN unknown
	pmRA, pmDec float64 // arcsec per year, pmRA with the cosine
	moves       bool    // the motion is known
}

func (p point) known() bool { return !math.IsNaN(p.ra) && !math.IsNaN(p.dec) }

// separation returns the distance of two points in arcsec: the least on the way
// that the star's proper motion takes it within the years between the catalogs'
// epochs. NaN if a position is unknown. The sky is taken as flat, which for the
// arcseconds that matter is exact to a thousandth.
func separation(a, b point) float64 {
	_, moved := separations(a, b)
	return moved
}

// separations returns the distance of two points as they are given, and that on
// the star's way.
func separations(a, b point) (given, moved float64) {
	if !a.known() || !b.known() {
		return math.NaN(), math.NaN()
	}
	dra := math.Remainder(b.ra-a.ra, 360)
	dy := (b.dec - a.dec) * 3600
	if math.Abs(dy) > 3600 {
		return math.Abs(dy), math.Abs(dy)
	}
	dx := dra * 3600 * math.Cos((a.dec+b.dec)/2*math.Pi/180)
	given = math.Hypot(dx, dy)
	vx, vy := a.pmRA, a.pmDec
	if !a.moves {
		vx, vy = b.pmRA, b.pmDec
	}
	if v := vx*vx + vy*vy; v > 0 {
		t := max(-epochs, min(epochs, (dx*vx+dy*vy)/v))
		dx, dy = dx-t*vx, dy-t*vy
	}
	return given, math.Hypot(dx, dy)
}

// apart orders the stars that may be one: those whose given positions agree come
// first, the nearest of them first; then those that meet on their way. A fast
// star's way may lead past any neighbour.
func apart(a, b point) float64 {
	given, moved := separations(a, b)
	if given <= sameStar {
		return given
	}
	return sameStar + moved
}

// cell is the width of the grid's cells in degrees: twice sameStar, so that what
// is near a point lies in its cell or in one of the eight around it.
const cell = 2 * sameStar / 3600

// grid finds points near a place.
type grid struct {
	first map[[2]int32]int32 // the last point put into a cell, and from there
	next  []int32            // the one before it; -1 ends
}

func newGrid(points []point) *grid {
	g := &grid{first: make(map[[2]int32]int32, len(points)), next: make([]int32, len(points))}
	for i, p := range points {
		g.next[i] = -1
		if !p.known() {
			continue
		}
		band := bandOf(p.dec)
		at := [2]int32{band, columnOf(p.ra, band)}
		if j, ok := g.first[at]; ok {
			g.next[i] = j
		}
		g.first[at] = int32(i)
	}
	return g
}

func bandOf(dec float64) int32 { return int32(math.Floor((dec + 90) / cell)) }

// columns returns how many cells a band of declination has: as many as are at
// least one width wide at its narrower edge.
func columns(band int32) int32 {
	edge := max(math.Abs(float64(band)*cell-90), math.Abs(float64(band+1)*cell-90))
	return max(1, int32(360/cell*math.Cos(min(edge, 90)*math.Pi/180)))
}

func columnOf(ra float64, band int32) int32 {
	n := columns(band)
	c := int32(math.Floor(ra / 360 * float64(n)))
	return (c%n + n) % n
}

// near calls f for every point in the nine cells around a place, until f says no.
func (g *grid) near(ra, dec float64, f func(i int) bool) {
	middle := bandOf(dec)
	for band := middle - 1; band <= middle+1; band++ {
		n := columns(band)
		c := columnOf(ra, band)
		for k := range min(n, 3) {
			j, ok := g.first[[2]int32{band, (c + k - 1 + n) % n}]
			for ok && j >= 0 {
				if !f(int(j)) {
					return
				}
				j = g.next[j]
			}
		}
	}
}

// along calls f for the points near the way that the star may have taken. A
// point may come more than once.
func (g *grid) along(p point, f func(i int) bool) {
	g.near(p.ra, p.dec, f)
	way := epochs * math.Hypot(p.pmRA, p.pmDec)
	if !p.moves || way < 0.05 {
		return
	}
	steps := int(math.Ceil(way / (2 * sameStar))) // what is near the way is within twice sameStar of a step
	cos := max(math.Cos(p.dec*math.Pi/180), 1e-6)
	for s := 1; s <= steps; s++ {
		t := epochs * float64(s) / float64(steps)
		for _, t := range [2]float64{-t, t} {
			dec := p.dec + t*p.pmDec/3600
			if math.Abs(dec) <= 90 {
				g.near(math.Mod(p.ra+t*p.pmRA/3600/cos+360, 360), dec, f)
			}
		}
	}
}
