package fits

import (
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// Column describes one column of a binary table (FITS 4.0 §7.3).
type Column struct {
	Name    string  // TTYPE
	TForm   string  // TFORM as written
	Unit    string  // TUNIT
	Disp    string  // TDISP
	Dim     []int   // TDIM, first axis fastest; nil when absent
	Type    byte    // letter of TFORM: L X B I J K A E D C M P Q
	Elem    byte    // for P and Q: letter of the arrays' elements
	Repeat  int     // elements in a row; for X the number of bits
	MaxLen  int     // for P and Q: largest length as declared, -1 when not
	Offset  int     // of the first byte in a row
	Width   int     // bytes in a row
	Scale   float64 // TSCAL, 1 when absent
	Zero    float64 // TZERO, 0 when absent
	Null    int64   // TNULL, where HasNull
	HasNull bool
}

// Table is a view of a binary table.
type Table struct {
	Rows    int
	Columns []Column

	hdu    int
	rowLen int
	data   []byte // rows
	heap   []byte // FITS 4.0 §7.3.5
}

// Find returns the index of the first column of that name, upper and lower
// case alike (FITS 4.0 §7.3.2 asks for names that do not differ by case only).
func (t *Table) Find(name string) (int, bool) {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return i, true
		}
	}
	return -1, false
}

// column finds a column or says that it is not there.
func (t *Table) column(op, name string) (*Column, error) {
	i, ok := t.Find(name)
	if !ok {
		return nil, exo.Errorf(op, exo.NotFound, name, "%s has no column %s", hduName(t.hdu), name)
	}
	return &t.Columns[i], nil
}

// Table reads the description of a binary table. Errors are exo.Corrupt and
// name the HDU and the card: column widths that do not add up to NAXIS1,
// TFORM with an unknown letter or a repeat count beyond the row, a heap
// outside the data. An HDU of another kind is exo.Invalid.
func (h *HDU) Table() (*Table, error) {
	const op = "fits.Table"
	if h.Kind != KindBinTable {
		return nil, exo.Errorf(op, exo.Invalid, hduName(h.Index), "%s is not a binary table", hduName(h.Index))
	}
	fail := func(format string, args ...any) (*Table, error) {
		return nil, corrupt(op, hduName(h.Index), format, args...)
	}
	bitpix, _ := h.Header.Int("BITPIX")
	naxis, _ := h.Header.Int("NAXIS")
	gcount, _ := h.Header.Int("GCOUNT")
	if bitpix != 8 || naxis != 2 || gcount != 1 {
		return fail("a binary table needs BITPIX 8, NAXIS 2 and GCOUNT 1")
	}
	width, _ := h.Header.Int("NAXIS1")
	rows, _ := h.Header.Int("NAXIS2")
	fields, ok := h.Header.Int("TFIELDS")
	if !ok || fields < 0 || fields > 999 {
		return fail("TFIELDS is missing or not in 0 to 999")
	}
	t := &Table{Rows: int(rows), hdu: h.Index, rowLen: int(width)}
	t.data = h.data[:width*rows]
	t.heap = h.data[width*rows:]
	if off, ok := h.Header.Int("THEAP"); ok {
		if off < width*rows || off > int64(len(h.data)) {
			return fail("THEAP lies outside the data")
		}
		t.heap = h.data[off:]
	}
	t.Columns = make([]Column, fields)
	sum := 0
	for i := range t.Columns {
		c := &t.Columns[i]
		if err := c.read(h.Header, strconv.Itoa(i+1), int(width)); err != nil {
			return fail("TFORM%d %s", i+1, err)
		}
		c.Offset = sum
		if sum += c.Width; sum > int(width) {
			break
		}
	}
	if sum != int(width) {
		return fail("the columns are %d bytes wide, but NAXIS1 is %d", sum, width)
	}
	return t, nil
}

func (c *Column) read(h *Header, n string, limit int) error {
	c.Scale = 1
	c.Name, _ = h.Str("TTYPE" + n)
	c.Unit, _ = h.Str("TUNIT" + n)
	c.Disp, _ = h.Str("TDISP" + n)
	if v, ok := h.Float("TSCAL" + n); ok {
		c.Scale = v
	}
	if v, ok := h.Float("TZERO" + n); ok {
		c.Zero = v
	}
	c.Null, c.HasNull = h.Int("TNULL" + n)
	c.TForm, _ = h.Str("TFORM" + n)
	return c.form(limit)
}
