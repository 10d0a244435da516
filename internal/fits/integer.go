package fits

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// whole is what integers are read into.
type whole interface{ int32 | int64 | uint64 }

// Int32 reads an integer column of one element a row, TSCAL and TZERO applied
// exactly, unsigned columns included (FITS 4.0 table 19). Errors:
// exo.NotFound, exo.Invalid for a column of another kind, for a scale that
// gives fractions, and for a row whose value is null or does not fit, which
// they name; Float64 reads such columns.
func (t *Table) Int32(dst []int32, name string) ([]int32, error) {
	return readInts(t, "fits.Int32", dst, name, true)
}

// Int64 is Int32 in 64 bits.
func (t *Table) Int64(dst []int64, name string) ([]int64, error) {
	return readInts(t, "fits.Int64", dst, name, true)
}

// Uint64 is Int32 in unsigned 64 bits.
func (t *Table) Uint64(dst []uint64, name string) ([]uint64, error) {
	return readInts(t, "fits.Uint64", dst, name, true)
}

// VectorInt32 is Int32 for any repeat count: Rows times Repeat values.
func (t *Table) VectorInt32(dst []int32, name string) ([]int32, error) {
	return readInts(t, "fits.VectorInt32", dst, name, false)
}

// VectorInt64 is VectorInt32 in 64 bits.
func (t *Table) VectorInt64(dst []int64, name string) ([]int64, error) {
	return readInts(t, "fits.VectorInt64", dst, name, false)
}

// VectorUint64 is VectorInt32 in unsigned 64 bits.
func (t *Table) VectorUint64(dst []uint64, name string) ([]uint64, error) {
	return readInts(t, "fits.VectorUint64", dst, name, false)
}

func readInts[T whole](t *Table, op string, dst []T, name string, scalar bool) ([]T, error) {
	c, err := t.pick(op, name, integers, scalar)
	if err != nil {
		return nil, err
	}
	s := t.source(c)
	dst = resize(dst, s.len())
	if at, why := loadInts(dst, s); why != "" {
		return nil, invalid(op, name, "column %s, row %d %s", name, at/max(c.Repeat, 1)+1, why)
	}
	return dst, nil
}

// loadInts decodes all elements; on the first that cannot be given as a T it
// returns its place and the reason.
func loadInts[T whole](dst []T, s source) (at int, why string) {
	if s.groups == 0 {
		return 0, ""
	}
	if b, stride, ok := s.run(); ok && s.plain() && always[T](s.letter) {
		copyInts(dst, b, stride, s.letter)
		return 0, ""
	}
	l, ok := s.linear()
	if !ok {
		return 0, "is scaled to a fraction"
	}
	for g := range s.groups {
		row := s.group(g)
		for i := range s.each {
			k := g*s.each + i
			n := intAt(row, s.letter, i)
			if s.hasNull && n == s.null {
				return k, "has no value"
			}
			mag, neg, ok := l.apply(n)
			if !ok || !store(&dst[k], mag, neg) {
				return k, "has a value that does not fit"
			}
		}
	}
	return 0, ""
}

// always reports whether every integer of the letter fits a T.
func always[T whole](letter byte) bool {
	one := T(1)
	signed, wide := -one < 0, one<<31 > 0
	return letter == 'B' || signed && (letter != 'K' || wide)
}

// copyInts converts len(dst) integers that are stride bytes apart and always
// fit, as copyFloats does.
func copyInts[T whole](dst []T, b []byte, stride int, letter byte) {
	p := 0
	switch letter {
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

// linear is a whole scale and offset, the offset as magnitude and sign so
// that 2^63 can be one.
type linear struct {
	scale   int64
	zero    uint64
	zeroNeg bool
}

// linear returns the scale of the source; false when it gives fractions.
func (s *source) linear() (linear, bool) {
	if s.scale != math.Trunc(s.scale) || s.zero != math.Trunc(s.zero) ||
		math.Abs(s.scale) > 1<<53 || math.Abs(s.zero) > 1<<63 {
		return linear{}, false
	}
	return linear{int64(s.scale), uint64(math.Abs(s.zero)), s.zero < 0}, true
}

// apply returns scale·n + zero as magnitude and sign; false above 64 bits.
func (l linear) apply(n int64) (mag uint64, neg, ok bool) {
	hi, p := bits.Mul64(magnitude(n), magnitude(l.scale))
	if hi != 0 {
		return 0, false, false
	}
	neg = (n < 0) != (l.scale < 0)
	if neg == l.zeroNeg {
		sum, carry := bits.Add64(p, l.zero, 0)
		return sum, neg, carry == 0
	}
	if p >= l.zero {
		return p - l.zero, neg, true
	}
	return l.zero - p, l.zeroNeg, true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// store puts a magnitude and sign into a T; false when it does not fit.
func store[T whole](p *T, mag uint64, neg bool) bool {
	v := T(mag)
	if neg {
		v = -v
	}
	*p = v
	if neg && mag > 0 {
		return v < 0 && magnitude(int64(v)) == mag
	}
	return v >= 0 && uint64(v) == mag
}
