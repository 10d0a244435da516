package fits

import (
	"bytes"
	"strings"
)

// Bool reads a logical column of one element a row. A row that is neither T
// nor F is an error that names it: exo.Invalid for null, exo.Corrupt for any
// other byte.
func (t *Table) Bool(dst []bool, name string) ([]bool, error) {
	return t.bools("fits.Bool", dst, name, true)
}

// VectorBool reads a logical or bit column of any repeat count: Rows times
// Repeat values.
func (t *Table) VectorBool(dst []bool, name string) ([]bool, error) {
	return t.bools("fits.VectorBool", dst, name, false)
}

func (t *Table) bools(op string, dst []bool, name string, scalar bool) ([]bool, error) {
	c, err := t.pick(op, name, "LX", scalar)
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows*c.Repeat)
	for g := range t.Rows {
		row := t.cell(g, c)
		if at := loadBools(dst[g*c.Repeat:(g+1)*c.Repeat], row, c.Type); at >= 0 {
			if row[at] == 0 {
				return nil, invalid(op, name, "column %s, row %d has no value", name, g+1)
			}
			return nil, corrupt(op, t.hdu, "column %s, row %d is neither T nor F", name, g+1)
		}
	}
	return dst, nil
}

// loadBools reads logical values or bits, and returns the place of the first
// that is neither true nor false, or -1.
func loadBools(dst []bool, b []byte, letter byte) int {
	for i := range dst {
		if letter == 'X' { // the highest bit first (FITS 4.0 §7.3.3.1)
			dst[i] = b[i/8]&(0x80>>(i%8)) != 0
			continue
		}
		if b[i] != 'T' && b[i] != 'F' {
			return i
		}
		dst[i] = b[i] == 'T'
	}
	return -1
}

// cell returns the bytes of one column in one row, counted from 0.
func (t *Table) cell(row int, c *Column) []byte {
	i := row*t.rowLen + c.Offset
	return t.data[i : i+c.Width : i+c.Width]
}

// Strings reads a text column, one string a row: up to the first NUL, without
// trailing blanks (FITS 4.0 §7.3.3.1). The bytes are given as they are.
func (t *Table) Strings(dst []string, name string) ([]string, error) {
	return t.strings("fits.Strings", dst, name, false)
}

// VectorStrings reads a text column that holds several strings a row, as its
// TDIM says: the first axis is the length of a string. Without TDIM it is
// Strings.
func (t *Table) VectorStrings(dst []string, name string) ([]string, error) {
	return t.strings("fits.VectorStrings", dst, name, true)
}

func (t *Table) strings(op string, dst []string, name string, split bool) ([]string, error) {
	c, err := t.pick(op, name, "A", false)
	if err != nil {
		return nil, err
	}
	width, each := c.Width, 1
	if split && len(c.Dim) > 1 && c.Dim[0] > 0 {
		width = c.Dim[0]
		each = c.Width / width
	}
	dst = resize(dst, t.Rows*each)
	total := 0
	for i := range dst {
		total += len(text(t.cell(i/each, c)[i%each*width:][:width]))
	}
	var b strings.Builder // one allocation, which all the strings are parts of
	b.Grow(total)
	for i := range dst {
		s := text(t.cell(i/each, c)[i%each*width:][:width])
		at := b.Len()
		b.Write(s)
		dst[i] = b.String()[at:]
	}
	return dst, nil
}

// text returns the part of a text cell that counts.
func text(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimRight(b, " ")
}

// Complex reads a complex column of one element a row, scaled by TSCAL and
// TZERO.
func (t *Table) Complex(dst []complex128, name string) ([]complex128, error) {
	return t.complexes("fits.Complex", dst, name, true)
}

// VectorComplex is Complex for any repeat count: Rows times Repeat values.
func (t *Table) VectorComplex(dst []complex128, name string) ([]complex128, error) {
	return t.complexes("fits.VectorComplex", dst, name, false)
}

func (t *Table) complexes(op string, dst []complex128, name string, scalar bool) ([]complex128, error) {
	c, err := t.pick(op, name, "CM", scalar)
	if err != nil {
		return nil, err
	}
	dst = resize(dst, t.Rows*c.Repeat)
	for g := range t.Rows {
		loadComplexes(dst[g*c.Repeat:(g+1)*c.Repeat], t.cell(g, c), c.Type, c)
	}
	return dst, nil
}

// loadComplexes decodes complex numbers. TZERO shifts the real part only
// (FITS 4.0 §7.3.2).
func loadComplexes(dst []complex128, b []byte, letter byte, c *Column) {
	for i := range dst {
		if letter == 'C' {
			dst[i] = complex(float64(float32At(b[8*i:])), float64(float32At(b[8*i+4:])))
		} else {
			dst[i] = complex(float64At(b[16*i:]), float64At(b[16*i+8:]))
		}
		if c.Scale != 1 || c.Zero != 0 {
			dst[i] = complex(c.Zero+c.Scale*real(dst[i]), c.Scale*imag(dst[i]))
		}
	}
}
