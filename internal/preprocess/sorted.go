package preprocess

import "slices"

// sorted is a window of values in order, so that its median and its median
// absolute deviation cost next to nothing from one row to the next.
type sorted struct {
	v       []float64
	nearest int // first of the half that lies nearest to the median
}

// rebuild takes the values x.
func (s *sorted) rebuild(x []float64) {
	s.v = append(s.v[:0], x...)
	slices.Sort(s.v)
	s.nearest = len(x) / 4
}

// lowerBound returns the first index whose value is at least x, without a
// branch that depends on the values.
func lowerBound(v []float64, x float64) int {
	base, n := 0, len(v)
	for n > 1 {
		half := n >> 1
		if v[base+half-1] < x {
			base += half
		}
		n -= half
	}
	if n == 1 && v[base] < x {
		base++
	}
	return base
}

// replace puts in where out was, which must be there.
func (s *sorted) replace(out, in float64) {
	a, b := lowerBound(s.v, out), lowerBound(s.v, in)
	if in > out {
		copy(s.v[a:b-1], s.v[a+1:b])
		s.v[b-1] = in
		return
	}
	copy(s.v[b+1:a+1], s.v[b:a])
	s.v[b] = in
}

// insert adds a value.
func (s *sorted) insert(x float64) { s.v = slices.Insert(s.v, lowerBound(s.v, x), x) }

// remove takes away a value that is there.
func (s *sorted) remove(x float64) {
	a := lowerBound(s.v, x)
	s.v = slices.Delete(s.v, a, a+1)
}

// median of at least one value.
func (s *sorted) median() float64 {
	n := len(s.v)
	return medianOf(s.v[(n-1)/2], s.v[n/2], n)
}

// mad returns the median of |v - c|, c the median: the half of the values that
// lies nearest to c is a run, and it starts close to where it last did.
func (s *sorted) mad(c float64) float64 {
	v, n := s.v, len(s.v)
	k := (n + 1) / 2
	i := min(max(s.nearest, 0), n-k)
	for i > 0 && c-v[i-1] < v[i+k-1]-c {
		i--
	}
	for i+k < n && v[i+k]-c < c-v[i] {
		i++
	}
	s.nearest = i
	d := max(c-v[i], v[i+k-1]-c)
	if n%2 == 1 {
		return d
	}
	switch {
	case i == 0:
		return medianOf(d, v[i+k]-c, n)
	case i+k == n:
		return medianOf(d, c-v[i-1], n)
	}
	return medianOf(d, min(c-v[i-1], v[i+k]-c), n)
}
