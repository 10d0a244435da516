package fits

import (
	"encoding/binary"
	"math"
)

// Letters of TFORM by what they can be read into.
const (
	integers = "BIJK"
	numbers  = "BIJKED"
)

// source is where the elements of a column, an array or an image lie: groups
// of each elements, the groups stride bytes apart.
type source struct {
	letter       byte
	data         []byte
	groups, each int
	stride       int
	scale, zero  float64
	null         int64
	hasNull      bool
}

// source returns the elements of a column.
func (t *Table) source(c *Column) source {
	s := c.source()
	s.letter, s.groups, s.each, s.stride = c.Type, t.Rows, c.Repeat, t.rowLen
	if t.Rows == 0 || c.Repeat == 0 {
		s.groups = 0
		return s
	}
	s.data = t.data[c.Offset:]
	if c.Repeat == 1 {
		return s
	}
	if t.rowLen == c.Width { // the only column: one run
		s.groups, s.each, s.stride = 1, t.Rows*c.Repeat, 0
	}
	return s
}

// source returns what a column says of the scale of its elements.
func (c *Column) source() source {
	return source{scale: c.Scale, zero: c.Zero, null: c.Null, hasNull: c.HasNull}
}

func (s *source) len() int { return s.groups * s.each }

// plain reports whether stored numbers are the values.
func (s *source) plain() bool {
	return s.scale == 1 && s.zero == 0 && !s.hasNull
}

// run returns the elements as one run: first byte, distance of elements in
// bytes; false when groups of several elements are apart.
func (s *source) run() (b []byte, stride int, ok bool) {
	size := sizeOf(s.letter)
	switch {
	case s.each == 1:
		return s.data, s.stride, true
	case s.groups <= 1:
		return s.data, size, true
	}
	return nil, 0, false
}

// group returns the bytes from group g on.
func (s *source) group(g int) []byte { return s.data[g*s.stride:] }

// intAt returns element i of b as it is stored, one of the letters BIJK.
func intAt(b []byte, letter byte, i int) int64 {
	switch letter {
	case 'B':
		return int64(b[i])
	case 'I':
		return int64(int16(binary.BigEndian.Uint16(b[2*i:])))
	case 'J':
		return int64(int32(binary.BigEndian.Uint32(b[4*i:])))
	}
	return int64(binary.BigEndian.Uint64(b[8*i:]))
}

func float64At(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

func float32At(b []byte) float32 { return math.Float32frombits(binary.BigEndian.Uint32(b)) }

// resize returns dst with n elements, which are not cleared: the caller sets
// every one.
func resize[T any](dst []T, n int) []T {
	if cap(dst) >= n {
		return dst[:n]
	}
	return make([]T, n)
}
