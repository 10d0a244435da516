package fits

import (
	"bytes"
	"encoding/binary"
	"math"

	"exoplanetai/internal/exo"
)

// Bool reads a logical column of one element a row. A row that is neither T
// nor F is an error: exo.Invalid for null, exo.Corrupt for any other byte.
func (t *Table) Bool(dst []bool, name string) ([]bool, error) {
	return t.bools("fits.Bool", dst, name, true)
}

// VectorBool reads a logical or bit column of any repeat count: Rows times
// Repeat values.
func (t *Table) VectorBool(dst []bool, name string) ([]bool, error) {
	return t.bools("fits.VectorBool", dst, name, false)
}

func (t *Table) bools(op string, dst []bool, name string, scalar bool) ([]bool, error) {
	c, err := t.pick(op, name, scalar, func(l byte) bool { return l == 'L' || l == 'X' })
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows*c.Repeat)
	s := t.source(c)
	for g := range s.groups {
		if s.each == 0 {
			break
		}
		row := s.data[g*s.stride:]
		for i := range s.each {
			if c.Type == 'X' {
				dst[g*s.each+i] = row[i/8]&(0x80>>(i%8)) != 0
				continue
			}
			switch row[i] {
			case 'T':
				dst[g*s.each+i] = true
			case 'F':
				dst[g*s.each+i] = false
			case 0:
				return nil, exo.Errorf(op, exo.Invalid, name, "column %s, row %d has no value", name, g+1)
			default:
				return nil, corrupt(op, hduName(t.hdu), "column %s, row %d is neither T nor F", name, g+1)
			}
		}
	}
	return dst, nil
}

// Strings reads a text column, one string a row: up to the first NUL, without
// trailing blanks (FITS 4.0 §7.3.3.1).
func (t *Table) Strings(dst []string, name string) ([]string, error) {
	const op = "fits.Strings"
	c, err := t.pick(op, name, false, func(l byte) bool { return l == 'A' })
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows)
	for i := range dst {
		dst[i] = text(t.data[i*t.rowLen+c.Offset:][:c.Width])
	}
	return dst, nil
}

func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(bytes.TrimRight(b, " "))
}

// Complex reads a complex column of one element a row.
func (t *Table) Complex(dst []complex128, name string) ([]complex128, error) {
	return t.complexes("fits.Complex", dst, name, true)
}

// VectorComplex is Complex for any repeat count: Rows times Repeat values.
func (t *Table) VectorComplex(dst []complex128, name string) ([]complex128, error) {
	return t.complexes("fits.VectorComplex", dst, name, false)
}

func (t *Table) complexes(op string, dst []complex128, name string, scalar bool) ([]complex128, error) {
	c, err := t.pick(op, name, scalar, func(l byte) bool { return l == 'C' || l == 'M' })
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows*c.Repeat)
	s := t.source(c)
	for g := range s.groups {
		if s.each == 0 {
			break
		}
		row := s.data[g*s.stride:]
		for i := range s.each {
			dst[g*s.each+i] = complexAt(row, c.Type, i)
		}
	}
	return dst, nil
}

func complexAt(b []byte, letter byte, i int) complex128 {
	if letter == 'C' {
		b = b[8*i:]
		return complex(float64(math.Float32frombits(binary.BigEndian.Uint32(b))),
			float64(math.Float32frombits(binary.BigEndian.Uint32(b[4:]))))
	}
	b = b[16*i:]
	return complex(math.Float64frombits(binary.BigEndian.Uint64(b)), math.Float64frombits(binary.BigEndian.Uint64(b[8:])))
}
