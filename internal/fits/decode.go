package fits

import (
	"encoding/binary"
	"math"
)

// floating is what numbers are read into when they may be fractions.
type floating interface{ float32 | float64 }

// Float64 reads a numeric column of one element a row, in the column's unit:
// scaled by TSCAL and TZERO, TNULL as NaN. The result is dst when that is
// large enough, else a new slice of Rows elements. Errors: exo.NotFound for
// an absent column, exo.Invalid for one that is not numeric or has not one
// element a row.
func (t *Table) Float64(dst []float64, name string) ([]float64, error) {
	return readFloats(t, "fits.Float64", dst, name, true)
}

// Float32 is Float64 in single precision.
func (t *Table) Float32(dst []float32, name string) ([]float32, error) {
	return readFloats(t, "fits.Float32", dst, name, true)
}

// VectorFloat64 is Float64 for a column of any repeat count: Rows times
// Repeat values, row after row.
func (t *Table) VectorFloat64(dst []float64, name string) ([]float64, error) {
	return readFloats(t, "fits.VectorFloat64", dst, name, false)
}

// VectorFloat32 is VectorFloat64 in single precision.
func (t *Table) VectorFloat32(dst []float32, name string) ([]float32, error) {
	return readFloats(t, "fits.VectorFloat32", dst, name, false)
}

func readFloats[T floating](t *Table, op string, dst []T, name string, scalar bool) ([]T, error) {
	c, err := t.pick(op, name, numbers, scalar)
	if err != nil {
		return nil, err
	}
	s := t.source(c)
	dst = resize(dst, s.len())
	loadFloats(dst, s)
	return dst, nil
}

// loadFloats decodes all elements of a source, scaled and with NaN for null.
func loadFloats[T floating](dst []T, s source) {
	if s.groups == 0 {
		return
	}
	b, stride, ok := s.run()
	if ok && s.plain() {
		copyFloats(dst, b, stride, s.letter)
		return
	}
	for g := range s.groups {
		row := s.group(g)
		part := dst[g*s.each : (g+1)*s.each]
		if s.plain() {
			copyFloats(part, row, sizeOf(s.letter), s.letter)
			continue
		}
		for i := range part {
			part[i] = T(s.floatAt(row, i))
		}
	}
}

// floatAt returns element i of b, scaled and with NaN for null.
func (s *source) floatAt(b []byte, i int) float64 {
	var v float64
	switch s.letter {
	case 'D':
		v = float64At(b[8*i:])
	case 'E':
		v = float64(float32At(b[4*i:]))
	default:
		n := intAt(b, s.letter, i)
		if s.hasNull && n == s.null {
			return math.NaN()
		}
		if s.letter == 'K' && (s.scale != 1 || s.zero != 0) {
			return s.wideAt(n)
		}
		v = float64(n)
	}
	if s.scale == 1 && s.zero == 0 {
		return v
	}
	return s.zero + s.scale*v
}

// wideAt scales a 64-bit integer and rounds once, at the end: float64(n) alone
// would lose the last ten bits of n, which with the offset of the unsigned
// form, 2^63, are all that a small value has.
func (s *source) wideAt(n int64) float64 {
	if l, ok := s.linear(); ok {
		if mag, neg, ok := l.apply(n); ok && neg && mag > 0 {
			return -float64(mag)
		} else if ok {
			return float64(mag)
		}
	}
	return s.zero + s.scale*float64(n)
}

// copyFloats converts len(dst) numbers that are stride bytes apart. This is
// where a light curve is read: one loop for each type, with one bounds check
// and no other branch within.
func copyFloats[T floating](dst []T, b []byte, stride int, letter byte) {
	p := 0
	switch letter {
	case 'D':
		for i := range dst {
			dst[i] = T(math.Float64frombits(binary.BigEndian.Uint64(b[p : p+8])))
			p += stride
		}
	case 'E':
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.BigEndian.Uint32(b[p : p+4])))
			p += stride
		}
	case 'B':
		for i := range dst {
			dst[i] = T(b[p])
			p += stride
		}
	case 'I':
		for i := range dst {
			dst[i] = T(int16(binary.BigEndian.Uint16(b[p : p+2])))
			p += stride
		}
	case 'J':
		for i := range dst {
			dst[i] = T(int32(binary.BigEndian.Uint32(b[p : p+4])))
			p += stride
		}
	case 'K':
		for i := range dst {
			dst[i] = T(int64(binary.BigEndian.Uint64(b[p : p+8])))
			p += stride
		}
	}
}
