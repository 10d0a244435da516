package periodogram

import "math"

// lookup finds the first point at or after a time: the time from the first to
// the last point is cut into cells, at is the first point of each.
type lookup struct {
	at     []int32 // first point at or after the start of a cell; one cell more than needed
	perDay float64 // cells
}

// newLookup makes cells of about one point each. x increases.
func newLookup(x []float64, near float64) lookup {
	last := x[len(x)-1]
	cells := 4*len(x) + 64
	if near > 0 {
		cells = int(min(float64(cells), last/near+1))
	}
	l := lookup{make([]int32, cells+2), float64(cells) / last}
	i := 0
	for c := range l.at {
		for i < len(x) && int(x[i]*l.perDay) < c {
			i++
		}
		l.at[c] = int32(i)
	}
	return l
}

// from returns the first point of x that is not before t, which is not
// negative; x is what the lookup was made of, or its beginning.
func (l *lookup) from(x []float64, t float64) int {
	c := t * l.perDay
	if c >= float64(len(l.at)) {
		return len(x)
	}
	i := int(l.at[int(c)])
	if i >= len(x) {
		return len(x)
	}
	step := 0 // without a branch that could be mispredicted every other time
	if x[i] < t {
		step = 1
	}
	i += step
	for i < len(x) && x[i] < t {
		i++
	}
	return i
}

// fold adds the points up in bins of phase; bins[k+1] is that from k to k+1
// widths of a bin. Which bin a point is in is decided by the arithmetic of
// astropy, to the last bit: cycle = ⌊x/period⌋, bin = ⌊(x − period·cycle)/width⌋,
// each operation rounded. Where that would be slow, a quicker estimate decides,
// unless it is so near to an edge that rounding might.
func (s *Search) fold(bins [][2]float64, period float64) {
	byEdges := s.near < s.bin/1.5 // more than one point in a bin
	for i := 0; i < len(s.x); {
		cycle := math.Floor(s.x[i] / period)
		begin := float64(period * cycle)
		end := s.cycleEnd(i, period, cycle)
		if byEdges {
			s.foldEdges(bins, i, end, begin)
		} else {
			s.foldPoints(bins, i, end, begin)
		}
		i = end
	}
}

// cycleEnd returns the first point after i that is in a later cycle.
func (s *Search) cycleEnd(i int, period, cycle float64) int {
	x := s.x
	m := max(s.look.from(x, float64(period*(cycle+1))), i+1)
	for m < len(x) && math.Floor(x[m]/period) <= cycle {
		m++
	}
	for m > i+1 && math.Floor(x[m-1]/period) > cycle {
		m--
	}
	return m
}

// foldPoints adds the points from..end, of the cycle that begins at begin, one
// by one.
func (s *Search) foldPoints(bins [][2]float64, from, end int, begin float64) {
	perBin := 1 / s.bin
	margin := 1e-15 * float64(len(bins)) // more than the estimate can be off, in bins
	x, own := s.x[from:end], s.own[from:end]
	own = own[:len(x)]
	for i, t := range x {
		f := (t - begin) * perBin
		k := int(f)
		if rest := f - float64(k); rest < margin || rest > 1-margin {
			k = int((t - begin) / s.bin)
		}
		b := &bins[k+1]
		b[0] += own[i][0]
		b[1] += own[i][1]
	}
}

// foldEdges does the same from edge to edge of the bins: as the times increase,
// the points of a bin stand together, and their sum is a difference of sums.
func (s *Search) foldEdges(bins [][2]float64, from, end int, begin float64) {
	x := s.x[:end]
	margin := 1e-15 * (float64(len(bins))*s.bin + x[end-1]) // days; more than rounding moves an edge
	k := int((x[from] - begin) / s.bin)
	for i := from; i < end; {
		edge := begin + float64(float64(k+1)*s.bin)
		next := max(s.look.from(x, edge), i+1) // x ends with the cycle
		if edge-x[next-1] < margin || next < end && x[next]-edge < margin {
			next = s.exactEdge(i, end, next, k, begin)
		}
		b := &bins[k+1]
		b[0] += s.sums[next][0] - s.sums[i][0]
		b[1] += s.sums[next][1] - s.sums[i][1]
		i = next
		if k++; i < end && x[i]-edge > s.bin-margin { // a gap
			k = int((x[i] - begin) / s.bin)
		}
	}
}

// exactEdge returns the first point after i that is in a later bin than k; next
// is a good guess.
func (s *Search) exactEdge(i, end, next, k int, begin float64) int {
	for next < end && int((s.x[next]-begin)/s.bin) <= k {
		next++
	}
	for next > i+1 && int((s.x[next-1]-begin)/s.bin) > k {
		next--
	}
	return next
}
