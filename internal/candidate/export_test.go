package candidate

// For tests of what has no exported name.
var (
	Shift      = shift
	Plus       = plus
	IsNumber   = isNumber
	Degrees    = degrees
	Quarters   = quarters
	Reference  = reference
	ISODate    = isoDate
	Verdict    = verdict
	IsObject   = isObject
	Natural    = natural
	AppendJSON = appendNumber
)

// Distance is separation for positions in degrees and motions in mas per year.
func Distance(ra1, dec1, ra2, dec2, pmRA, pmDec float64) float64 {
	return separation(point{ra: ra1, dec: dec1}, point{ra: ra2, dec: dec2, pmRA: pmRA / 1000, pmDec: pmDec / 1000, moves: true})
}

// Near returns the indices of the points that the grid finds along a way.
func Near(points [][2]float64, ra, dec, pmRA, pmDec float64) map[int]bool {
	list := make([]point, len(points))
	for i, p := range points {
		list[i] = point{ra: p[0], dec: p[1]}
	}
	found := map[int]bool{}
	newGrid(list).along(point{ra: ra, dec: dec, pmRA: pmRA / 1000, pmDec: pmDec / 1000, moves: true}, func(i int) bool {
		found[i] = true
		return true
	})
	return found
}

// Words lists the vocabulary.
func Words() []string {
	var names []string
	for _, w := range vocabulary {
		names = append(names, w.name)
	}
	return names
}
