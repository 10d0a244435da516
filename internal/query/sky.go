package query

import (
	"math"
	"slices"
)

// The sky is cut into bands of declination of one degree, and each band into
// cells of about one degree along it. A row is filed under its cell, so that a
// circle touches few rows more than it holds: 1.3 times at 5°, in the mean.
const bands = 180

// firstCell holds the number of the first cell of each band, from the south
// pole; its last element is the number of all cells.
var firstCell = cells()

func cells() (first [bands + 1]int64) {
	for b := range bands {
		first[b+1] = first[b] + width(b)
	}
	return first
}

// width counts the cells of a band.
func width(b int) int64 {
	middle := (float64(b) + 0.5 - 90) * math.Pi / 180
	return int64(math.Ceil(360 * math.Cos(middle)))
}

// band returns the band of a declination in degrees.
func band(dec float64) int { return min(max(int(math.Floor(dec+90)), 0), bands-1) }

// cell returns the number of the cell of a position in degrees.
func cell(ra, dec float64) int64 {
	b := band(dec)
	return firstCell[b] + slot(b, ra)
}

// slot returns the place in its band of a right ascension from 0 to 360.
func slot(b int, ra float64) int64 {
	n := width(b)
	return min(max(int64(ra/360*float64(n)), 0), n-1)
}

// vector is a point of the unit sphere.
type vector struct{ x, y, z float64 }

// unit gives the vector of a position in degrees.
func unit(ra, dec float64) vector {
	sa, ca := math.Sincos(ra * degree)
	sd, cd := math.Sincos(dec * degree)
	return vector{cd * ca, cd * sa, sd}
}

// separation returns the angle between two points in seconds of arc, to
// a millionth. Unlike the arc cosine of their product it is exact for close
// points too, and unlike the chord for opposite ones (W. Kahan).
func (v vector) separation(w vector) float64 {
	difference := math.Sqrt(sq(v.x-w.x) + sq(v.y-w.y) + sq(v.z-w.z))
	sum := math.Sqrt(sq(v.x+w.x) + sq(v.y+w.y) + sq(v.z+w.z))
	arcsec := 2 * math.Atan2(difference, sum) * 180 / math.Pi * 3600
	return math.Round(arcsec*1e6) / 1e6
}

func (v vector) opposite() vector { return vector{-v.x, -v.y, -v.z} }

// center is that of a cone.
type center struct {
	vector
	wide bool // the cone is larger than half the sky
}

func sq(x float64) float64 { return x * x }

// degree is one degree in radians.
const degree = math.Pi / 180

// span is a run of cells, both ends included.
type span struct{ lo, hi int64 }

// cover returns the runs of cells that hold all positions within the circle, in
// order, none touching the next.
func (c Cone) cover() []span {
	var spans []span
	lo, hi := c.Dec-c.Radius-slack, c.Dec+c.Radius+slack
	for b := band(lo); b <= band(hi); b++ {
		spans = append(spans, c.inBand(b)...)
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.lo <= merged[n-1].hi+1 {
			merged[n-1].hi = max(merged[n-1].hi, s.hi)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// slack widens a circle by more than the rounding of its borders, degrees.
const slack = 1e-5

// inBand returns the runs of cells of one band that the circle touches: two
// where it crosses right ascension 0.
func (c Cone) inBand(b int) []span {
	first, n := firstCell[b], width(b)
	half := c.halfWidth(float64(b)-90, float64(b)-89)
	if half >= 180 {
		return []span{{first, first + n - 1}}
	}
	west, east := c.RA-half, c.RA+half
	switch {
	case west < 0:
		return []span{{first, first + slot(b, east)}, {first + slot(b, west+360), first + n - 1}}
	case east >= 360:
		return []span{{first, first + slot(b, east-360)}, {first + slot(b, west), first + n - 1}}
	}
	return []span{{first + slot(b, west), first + slot(b, east)}}
}

// halfWidth returns the largest difference in right ascension between the
// center and a point of the circle whose declination is from lo to hi; 180 or
// more for all around. On the circle's border, at declination δ,
//
//	cos Δα = (cos r − sin δ₀ sin δ) / (cos δ₀ cos δ)
//
// which is largest where sin δ = sin δ₀ / cos r, if such a δ is there, else at
// an end.
func (c Cone) halfWidth(lo, hi float64) float64 {
	r := c.Radius + slack
	lo, hi = max(lo, c.Dec-r), min(hi, c.Dec+r)
	if lo <= -90+slack || hi >= 90-slack || math.Abs(c.Dec) >= 90-slack {
		return 180
	}
	s0, c0 := math.Sincos(c.Dec * degree)
	at := func(dec float64) float64 {
		s, k := math.Sincos(dec * degree)
		return math.Acos(min(max((math.Cos(r*degree)-s0*s)/(c0*k), -1), 1)) / degree
	}
	half := max(at(lo), at(hi))
	if s := s0 / math.Cos(r*degree); r < 90 && math.Abs(s) < 1 {
		if widest := math.Asin(s) / degree; widest > lo && widest < hi {
			half = max(half, at(widest))
		}
	}
	return half + slack/c0
}
