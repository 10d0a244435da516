package fits

import (
	"strings"

	"exoplanetai/internal/exo"
)

const opTable = "fits.Table"

// Column describes one column of a binary table (FITS 4.0 §7.3).
type Column struct {
	Name    string  // TTYPE
	TForm   string  // TFORM as written
	Unit    string  // TUNIT
	Disp    string  // TDISP
	Dim     []int   // TDIM, the fastest axis first; nil when absent
	Type    byte    // letter of TForm: L X B I J K A E D C M P Q
	Elem    byte    // for P and Q: letter of the arrays' elements
	Repeat  int     // elements in a row; for X bits, for A characters
	MaxLen  int     // for P and Q: largest length as declared, -1 when not
	Offset  int     // of the first byte in a row
	Width   int     // bytes in a row
	Scale   float64 // TSCAL, 1 when absent
	Zero    float64 // TZERO, 0 when absent
	Null    int64   // TNULL of an integer column, where HasNull
	HasNull bool

	seen     uint16 // which keywords were read: the first of duplicates counts
	nullRead bool   // TNULL is an integer
}

// Table is a view of a binary table: what its columns are, and the bytes of
// its rows. Columns are decoded one by one, when they are asked for.
// It is safe for use from several goroutines.
type Table struct {
	Rows    int
	Columns []Column

	hdu    int
	rowLen int
	data   []byte // rows
	heap   []byte // FITS 4.0 §7.3.5
}

// Find returns the index of the first column of that name, upper and lower
// case alike (FITS 4.0 §7.3.2: names should not differ by case only).
func (t *Table) Find(name string) (index int, ok bool) {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return i, true
		}
	}
	return -1, false
}

// Table reads the description of a binary table. Errors are exo.Corrupt and
// name the HDU and the card: column widths that do not add up to NAXIS1,
// TFORM with an unknown letter or a repeat count beyond the row, a heap
// outside the data, values that cannot be read. An HDU of another kind is
// exo.Invalid.
func (h *HDU) Table() (*Table, error) {
	if h.Kind != KindBinTable {
		return nil, invalid(opTable, hduName(h.Index), "%s is no binary table", hduName(h.Index))
	}
	t := &Table{hdu: h.Index}
	if err := t.shape(h); err != nil {
		return nil, err
	}
	if err := t.readCards(h.Header); err != nil {
		return nil, err
	}
	sum := 0
	for i := range t.Columns {
		c := &t.Columns[i]
		if err := c.finish(t.rowLen); err != nil {
			return nil, corrupt(opTable, h.Index, "column %d (%s): %s", i+1, c.Name, err)
		}
		c.Offset = sum
		if sum += c.Width; sum > t.rowLen {
			break
		}
	}
	if sum != t.rowLen {
		return nil, corrupt(opTable, h.Index, "the columns up to here are %d bytes wide, but NAXIS1 is %d", sum, t.rowLen)
	}
	return t, nil
}

// shape reads the sizes and finds rows and heap.
func (t *Table) shape(h *HDU) error {
	bitpix, _ := h.Header.ordered(1, "BITPIX")
	naxis, _ := h.Header.ordered(2, "NAXIS")
	gcount, _ := h.Header.Int("GCOUNT")
	if bitpix != 8 || naxis != 2 || gcount != 1 {
		return corrupt(opTable, h.Index, "a binary table needs BITPIX 8, NAXIS 2 and GCOUNT 1")
	}
	width, _ := h.Header.ordered(3, "NAXIS1")
	rows, _ := h.Header.ordered(4, "NAXIS2")
	if width == 0 && rows > 0 {
		return corrupt(opTable, h.Index, "NAXIS2 promises %d rows of no bytes", rows)
	}
	fields, ok := h.Header.Int("TFIELDS")
	if !ok || fields < 0 || fields > 999 {
		return corrupt(opTable, h.Index, "TFIELDS is missing or not in 0 to 999")
	}
	end := width * rows // at most len(data), since Parse checked the size
	heap := end
	if c, ok := h.Header.Get("THEAP"); ok && c.Kind() != Undefined {
		if heap, ok = c.Int(); !ok || heap < end || heap > int64(len(h.data)) {
			return corrupt(opTable, h.Index, "THEAP lies outside the data behind the rows")
		}
	}
	t.Rows, t.rowLen = int(rows), int(width)
	t.data, t.heap = h.data[:end:end], h.data[heap:]
	t.Columns = make([]Column, fields)
	return nil
}

// readCards goes once through the header and notes what it says of columns.
func (t *Table) readCards(h *Header) error {
	text := string(h.cards) // one copy, which the columns' texts are parts of
	for i := range t.Columns {
		t.Columns[i].Scale = 1
	}
	for i := 0; i < len(h.cards); i += cardLen {
		raw := h.cards[i : i+cardLen]
		if raw[0] != 'T' {
			continue
		}
		which, n := columnKey(raw)
		if which < 0 || n > len(t.Columns) {
			continue
		}
		c := &t.Columns[n-1]
		if c.seen&(1<<which) != 0 {
			continue
		}
		c.seen |= 1 << which
		v, ok := valueField(raw)
		if !ok || kindOf(v) == Undefined {
			continue
		}
		if !c.set(columnKeys[which], h, text, i, v) {
			return corrupt(opTable, t.hdu, "card %d (%s) has a value that cannot be read", i/cardLen+1, keyOf(raw))
		}
	}
	return nil
}

var columnKeys = [...]string{"TTYPE", "TFORM", "TUNIT", "TDISP", "TNULL", "TSCAL", "TZERO", "TDIM"}

// columnKey splits a keyword such as TTYPE12 into its place in columnKeys and
// the column's number; -1 when it is none.
func columnKey(raw []byte) (which, n int) {
	for w, key := range columnKeys {
		if string(raw[:len(key)]) != key {
			continue
		}
		for _, c := range raw[len(key):8] {
			switch {
			case c >= '0' && c <= '9' && (n > 0 || c > '0'):
				n = 10*n + int(c-'0')
			case c == ' ' && n > 0:
				return w, n
			default:
				return -1, 0
			}
		}
		if n > 0 && n <= 999 {
			return w, n
		}
	}
	return -1, 0
}

// set notes the value of one keyword; false when it cannot be read. The card
// is at offset i of text, v its value field.
func (c *Column) set(key string, h *Header, text string, i int, v []byte) (ok bool) {
	switch key {
	case "TTYPE":
		c.Name, ok = cardText(h, text, i, v)
	case "TFORM":
		c.TForm, ok = cardText(h, text, i, v)
	case "TUNIT":
		c.Unit, ok = cardText(h, text, i, v)
	case "TDISP":
		c.Disp, ok = cardText(h, text, i, v)
	case "TNULL":
		c.HasNull, ok = true, true // whether it is one is known when the form is
		c.Null, c.nullRead = parseInt(token(v))
	case "TSCAL":
		c.Scale, ok = parseFloat(v)
	case "TZERO":
		c.Zero, ok = parseFloat(v)
	case "TDIM":
		var s string
		if s, ok = cardText(h, text, i, v); ok {
			c.Dim, ok = parseDim(s)
		}
	}
	return ok
}

// cardText returns the string of the card at offset i of text, without
// copying it where it needs no joining.
func cardText(h *Header, text string, i int, v []byte) (string, bool) {
	end, err := closing(v)
	if err != nil {
		return "", false
	}
	if h.span(i) > cardLen || strings.Contains(string(v[1:end]), "''") {
		return h.at(i).Str()
	}
	start := i + cardLen - len(v) + 1 // the field ends where the record ends
	return strings.TrimRight(text[start:start+end-1], " "), true
}

// column finds a column or says that it is not there.
func (t *Table) column(op, name string) (*Column, error) {
	i, ok := t.Find(name)
	if !ok {
		return nil, exo.Errorf(op, exo.NotFound, name, "%s has no column %s", hduName(t.hdu), name)
	}
	return &t.Columns[i], nil
}

// pick finds a column and checks type and shape.
func (t *Table) pick(op, name, letters string, scalar bool) (*Column, error) {
	c, err := t.column(op, name)
	if err != nil {
		return nil, err
	}
	if strings.IndexByte(letters, c.Type) < 0 {
		return nil, invalid(op, name, "column %s has the form %s, which cannot be read this way", name, c.TForm)
	}
	if scalar && c.Repeat != 1 {
		return nil, invalid(op, name, "column %s has %d elements a row, not one", name, c.Repeat)
	}
	return c, nil
}
