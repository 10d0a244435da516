package fits

import (
	"math"

	"exoplanetai/internal/exo"
)

type integer interface{ ~int32 | ~int64 | ~uint64 }

func isInteger(letter byte) bool {
	return letter == 'B' || letter == 'I' || letter == 'J' || letter == 'K'
}

// Int32 reads an integer column of one element a row, TSCAL and TZERO applied
// exactly, unsigned columns included. Errors: exo.NotFound, exo.Invalid for a
// column of another kind, for a scale that gives fractions, and for a row
// whose value is null or does not fit.
func (t *Table) Int32(dst []int32, name string) ([]int32, error) {
	return readInt(t, "fits.Int32", dst, name, true)
}

// Int64 is Int32 in 64 bits.
func (t *Table) Int64(dst []int64, name string) ([]int64, error) {
	return readInt(t, "fits.Int64", dst, name, true)
}

// Uint64 is Int32 in unsigned 64 bits.
func (t *Table) Uint64(dst []uint64, name string) ([]uint64, error) {
	return readInt(t, "fits.Uint64", dst, name, true)
}

// VectorInt32 is Int32 for any repeat count: Rows times Repeat values.
func (t *Table) VectorInt32(dst []int32, name string) ([]int32, error) {
	return readInt(t, "fits.VectorInt32", dst, name, false)
}

// VectorInt64 is VectorInt32 in 64 bits.
func (t *Table) VectorInt64(dst []int64, name string) ([]int64, error) {
	return readInt(t, "fits.VectorInt64", dst, name, false)
}

// VectorUint64 is VectorInt32 in unsigned 64 bits.
func (t *Table) VectorUint64(dst []uint64, name string) ([]uint64, error) {
	return readInt(t, "fits.VectorUint64", dst, name, false)
}

func readInt[T integer](t *Table, op string, dst []T, name string, scalar bool) ([]T, error) {
	c, err := t.pick(op, name, scalar, isInteger)
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows*c.Repeat)
	if at, why := loadInt(dst, t.source(c), c); why != "" {
		return nil, exo.Errorf(op, exo.Invalid, name, "column %s, row %d %s", name, at/max(c.Repeat, 1)+1, why)
	}
	return dst, nil
}

// loadInt decodes all elements; on the first that cannot be given as a T it
// returns its place and the reason.
func loadInt[T integer](dst []T, s source, c *Column) (int, string) {
	unsigned64 := c.Zero == 1<<63 && c.Scale == 1
	if !unsigned64 && (c.Zero != math.Trunc(c.Zero) || c.Scale != math.Trunc(c.Scale) ||
		math.Abs(c.Zero) > 1<<53 || math.Abs(c.Scale) > 1<<53) {
		return 0, "is scaled to a fraction"
	}
	scale, zero := int64(c.Scale), int64(0)
	if !unsigned64 {
		zero = int64(c.Zero)
	}
	for g := range s.groups {
		if s.each == 0 {
			break
		}
		row := s.data[g*s.stride:]
		for i := range s.each {
			k := g*s.each + i
			n := intAt(row, s.letter, i)
			if c.HasNull && n == c.Null {
				return k, "has no value"
			}
			if unsigned64 {
				u := uint64(n) ^ 1<<63
				if dst[k] = T(u); uint64(dst[k]) != u || dst[k] < 0 {
					return k, "does not fit"
				}
				continue
			}
			p := n * scale
			v := p + zero
			if (n != 0 && p/n != scale) || (zero > 0 && v < p) || (zero < 0 && v > p) {
				return k, "does not fit"
			}
			if dst[k] = T(v); int64(dst[k]) != v || (dst[k] < 0) != (v < 0) {
				return k, "does not fit"
			}
		}
	}
	return 0, ""
}
