package fits

import (
	"encoding/binary"
	"math"

	"exoplanetai/internal/exo"
)

// floating is what numbers are read into when they may be fractions.
type floating interface{ ~float32 | ~float64 }

// numeric reports whether the letter is that of a number that is not complex.
func numeric(letter byte) bool {
	switch letter {
	case 'B', 'I', 'J', 'K', 'E', 'D':
		return true
	}
	return false
}

// source is where the elements of a column or of one array lie: groups of
// each elements, the groups stride bytes apart.
type source struct {
	letter       byte
	data         []byte
	groups, each int
	stride       int
}

// source returns the elements of a column.
func (t *Table) source(c *Column) source {
	s := source{letter: c.Type, groups: t.Rows, each: c.Repeat, stride: t.rowLen}
	if t.Rows > 0 && c.Width > 0 {
		s.data = t.data[c.Offset:]
	}
	return s
}

// resize returns dst with n elements, which are not cleared.
func resize[T any](dst []T, n int) []T {
	if cap(dst) >= n {
		return dst[:n]
	}
	return make([]T, n)
}

// Float64 reads a numeric column of one element a row, in the column's unit:
// scaled by TSCAL and TZERO, TNULL as NaN. The result is dst when that is
// large enough. Errors: exo.NotFound for an absent column, exo.Invalid for
// one that is not numeric or has not one element a row.
func (t *Table) Float64(dst []float64, name string) ([]float64, error) {
	return readReal(t, "fits.Float64", dst, name, true)
}

// Float32 is Float64 in single precision.
func (t *Table) Float32(dst []float32, name string) ([]float32, error) {
	return readReal(t, "fits.Float32", dst, name, true)
}

// VectorFloat64 is Float64 for a column of any repeat count: Rows times
// Repeat values, row after row.
func (t *Table) VectorFloat64(dst []float64, name string) ([]float64, error) {
	return readReal(t, "fits.VectorFloat64", dst, name, false)
}

// VectorFloat32 is VectorFloat64 in single precision.
func (t *Table) VectorFloat32(dst []float32, name string) ([]float32, error) {
	return readReal(t, "fits.VectorFloat32", dst, name, false)
}

func readReal[T floating](t *Table, op string, dst []T, name string, scalar bool) ([]T, error) {
	c, err := t.pick(op, name, scalar, numeric)
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows*c.Repeat)
	loadReal(dst, t.source(c), c)
	return dst, nil
}

// pick finds a column and checks its shape and type.
func (t *Table) pick(op, name string, scalar bool, fits func(byte) bool) (*Column, error) {
	c, err := t.column(op, name)
	if err != nil {
		return nil, err
	}
	if !fits(c.Type) {
		return nil, exo.Errorf(op, exo.Invalid, name, "column %s has the form %s, which cannot be read this way", name, c.TForm)
	}
	if scalar && c.Repeat != 1 {
		return nil, exo.Errorf(op, exo.Invalid, name, "column %s has %d elements a row, not one", name, c.Repeat)
	}
	return c, nil
}

// loadReal decodes all elements of a source, scaled and with NaN for null.
func loadReal[T floating](dst []T, s source, c *Column) {
	for g := range s.groups {
		if s.each == 0 {
			return
		}
		row := s.data[g*s.stride:]
		for i := range s.each {
			dst[g*s.each+i] = T(realAt(row, s.letter, i, c))
		}
	}
}

func realAt(b []byte, letter byte, i int, c *Column) float64 {
	var v float64
	switch letter {
	case 'D':
		v = math.Float64frombits(binary.BigEndian.Uint64(b[8*i:]))
	case 'E':
		v = float64(math.Float32frombits(binary.BigEndian.Uint32(b[4*i:])))
	default:
		n := intAt(b, letter, i)
		if c.HasNull && n == c.Null {
			return math.NaN()
		}
		v = float64(n)
	}
	if c.Scale != 1 || c.Zero != 0 {
		v = c.Zero + c.Scale*v
	}
	return v
}

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
