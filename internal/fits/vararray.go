package fits

import (
	"encoding/binary"
	"strings"
)

// Columns of the forms P and Q hold arrays of differing lengths: the row has
// their length and place, the heap behind the rows their elements (FITS 4.0
// §7.3.5). The functions below return the array of one row, counted from 0,
// as the column functions of the same types do: scaled, with their errors,
// and exo.Corrupt for an array outside the heap, naming the row.

// VarLen returns the number of elements of the array in a row.
func (t *Table) VarLen(name string, row int) (int, error) {
	s, err := t.array("fits.VarLen", name, row, "LXBIJKAEDCM")
	if err != nil {
		return 0, err
	}
	return s.each, nil
}

// VarFloat64 returns the numeric array of a row.
func (t *Table) VarFloat64(name string, row int) ([]float64, error) {
	return varFloats[float64](t, "fits.VarFloat64", name, row)
}

// VarFloat32 returns the numeric array of a row in single precision.
func (t *Table) VarFloat32(name string, row int) ([]float32, error) {
	return varFloats[float32](t, "fits.VarFloat32", name, row)
}

// VarInt32 returns the integer array of a row.
func (t *Table) VarInt32(name string, row int) ([]int32, error) {
	return varInts[int32](t, "fits.VarInt32", name, row)
}

// VarInt64 returns the integer array of a row.
func (t *Table) VarInt64(name string, row int) ([]int64, error) {
	return varInts[int64](t, "fits.VarInt64", name, row)
}

// VarUint64 returns the integer array of a row.
func (t *Table) VarUint64(name string, row int) ([]uint64, error) {
	return varInts[uint64](t, "fits.VarUint64", name, row)
}

// VarBool returns the logical or bit array of a row.
func (t *Table) VarBool(name string, row int) ([]bool, error) {
	const op = "fits.VarBool"
	s, err := t.array(op, name, row, "LX")
	if err != nil {
		return nil, err
	}
	dst := make([]bool, s.each)
	if at := loadBools(dst, s.data, s.letter); at >= 0 {
		return nil, invalid(op, name, "column %s, row %d, element %d is neither T nor F", name, row+1, at+1)
	}
	return dst, nil
}

// VarString returns the text of a row.
func (t *Table) VarString(name string, row int) (string, error) {
	s, err := t.array("fits.VarString", name, row, "A")
	if err != nil {
		return "", err
	}
	return string(text(s.data)), nil
}

// VarComplex returns the complex array of a row.
func (t *Table) VarComplex(name string, row int) ([]complex128, error) {
	s, err := t.array("fits.VarComplex", name, row, "CM")
	if err != nil {
		return nil, err
	}
	dst := make([]complex128, s.each)
	loadComplexes(dst, s.data, s.letter, &Column{Scale: s.scale, Zero: s.zero})
	return dst, nil
}

func varFloats[T floating](t *Table, op, name string, row int) ([]T, error) {
	s, err := t.array(op, name, row, numbers)
	if err != nil {
		return nil, err
	}
	dst := make([]T, s.each)
	loadFloats(dst, s)
	return dst, nil
}

func varInts[T whole](t *Table, op, name string, row int) ([]T, error) {
	s, err := t.array(op, name, row, integers)
	if err != nil {
		return nil, err
	}
	dst := make([]T, s.each)
	if at, why := loadInts(dst, s); why != "" {
		return nil, invalid(op, name, "column %s, row %d, element %d %s", name, row+1, at+1, why)
	}
	return dst, nil
}

// array finds the elements of a row's array, which must lie in the heap.
func (t *Table) array(op, name string, row int, letters string) (source, error) {
	c, err := t.pick(op, name, "PQ", false)
	if err != nil {
		return source{}, err
	}
	if strings.IndexByte(letters, c.Elem) < 0 {
		return source{}, invalid(op, name, "column %s has the form %s, which cannot be read this way", name, c.TForm)
	}
	if row < 0 || row >= t.Rows {
		return source{}, invalid(op, name, "there is no row %d in a table of %d", row+1, t.Rows)
	}
	s := c.source()
	s.letter, s.groups = c.Elem, 1
	if c.Repeat == 0 {
		return s, nil
	}
	n, at, bytes := descriptor(t.cell(row, c), c)
	heap := uint64(len(t.heap))
	if n > heap*8 || at > heap || bytes > heap-at {
		return source{}, corrupt(op, t.hdu, "column %s, row %d: the array of %d elements at byte %d lies outside the heap of %d bytes",
			name, row+1, n, at, heap)
	}
	s.each, s.data = int(n), t.heap[at:at+bytes:at+bytes]
	return s, nil
}

// descriptor reads number, place and size in bytes of an array. A negative
// number or place comes out larger than any heap. The size is right only for
// numbers that a heap could hold.
func descriptor(cell []byte, c *Column) (n, at, bytes uint64) {
	if c.Type == 'P' {
		n = uint64(int64(int32(binary.BigEndian.Uint32(cell))))
		at = uint64(int64(int32(binary.BigEndian.Uint32(cell[4:]))))
	} else {
		n, at = binary.BigEndian.Uint64(cell), binary.BigEndian.Uint64(cell[8:])
	}
	if bytes = n * uint64(sizeOf(c.Elem)); c.Elem == 'X' {
		bytes = n/8 + min(n%8, 1)
	}
	return n, at, bytes
}
