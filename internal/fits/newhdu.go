package fits

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"exoplanetai/internal/exo"
)

// NewPrimary makes a primary HDU without data. The header may hold the
// mandatory cards SIMPLE, BITPIX, NAXIS with comments of its own; those it
// lacks are put in. The header is taken over.
func NewPrimary(h *Header) (*HDU, error) {
	h.mandatory(0, "SIMPLE", true, "conforms to FITS standards")
	h.mandatory(1, "BITPIX", 8, "array data type")
	h.mandatory(2, "NAXIS", 0, "number of array dimensions")
	return &HDU{Header: h, Kind: KindPrimary}, h.err
}

// mandatory sets the keyword to a value, keeping its comment when it has one,
// and puts it in as record number at when it is absent.
func (h *Header) mandatory(at int, key string, value any, comment string) {
	if h.find(key) >= 0 {
		h.Set(key, value, "")
		return
	}
	if card, ok := h.format(key, value, comment); ok {
		i := min(at*cardLen, len(h.cards))
		h.splice(i, i, card)
	}
}

// NewImage makes an image: the primary HDU when h begins with SIMPLE, an
// IMAGE extension otherwise. dims are the axes, the fastest first; data is
// []uint8, []int16, []int32, []int64, []float32 or []float64 to suit bitpix.
func NewImage(h *Header, bitpix int, dims []int, data any) (*HDU, error) {
	const op = "fits.NewImage"
	kind, n := KindImage, 1
	if h.find("SIMPLE") >= 0 {
		kind = KindPrimary
		h.mandatory(0, "SIMPLE", true, "")
	} else {
		h.mandatory(0, "XTENSION", "IMAGE", "Image extension")
	}
	h.mandatory(1, "BITPIX", bitpix, "array data type")
	h.mandatory(2, "NAXIS", len(dims), "number of array dimensions")
	for i, d := range dims {
		h.mandatory(3+i, "NAXIS"+strconv.Itoa(i+1), d, "length of dimension "+strconv.Itoa(i+1))
		n *= d
	}
	if kind == KindImage {
		h.mandatory(3+len(dims), "PCOUNT", 0, "number of group parameters")
		h.mandatory(4+len(dims), "GCOUNT", 1, "number of groups")
	}
	letter := map[int]byte{8: 'B', 16: 'I', 32: 'J', 64: 'K', -32: 'E', -64: 'D'}[bitpix]
	c := ColumnData{Name: "image", Data: data, Form: strconv.Itoa(n) + string(letter)}
	b := make([]byte, n*sizeOf(letter))
	if err := c.fill(b, len(b), letter, n, 1); err != nil {
		return nil, exo.E(op, exo.Invalid, nil, err).Say("image: %s", err)
	}
	return &HDU{Header: h, Kind: kind, data: b}, h.err
}

// ColumnData is one column to be written.
type ColumnData struct {
	Name, Unit, Disp string
	Form             string  // TFORM as it shall stand; empty: from Data
	Null             *int64  // TNULL
	Scale, Zero      float64 // TSCAL and TZERO, written when not both 0; Data then holds the stored numbers
	Dim              []int
	Comments         ColumnComments

	// Data is []float64, []float32, []int64, []int32, []int16, []uint8, []bool,
	// []string, []complex128 or []complex64: the elements of the rows one after
	// the other; and []uint16, []uint32, []uint64, []int8, which are stored
	// with the TZERO of FITS 4.0 table 19.
	Data any
}

// ColumnComments are the comments of a column's cards.
type ColumnComments struct {
	Name, Form, Unit, Disp, Null, Dim string
}

// NewTable makes a binary table. The header may hold the mandatory cards and
// any TTYPEn, TFORMn ... with order and comments of its own: their values are
// set and their places kept. Those it lacks are put in: the mandatory ones at
// the beginning, those of the columns behind TFIELDS, in the order TTYPE,
// TFORM, TUNIT, TDISP, TNULL, TSCAL, TZERO, TDIM for each column.
func NewTable(h *Header, columns []ColumnData) (*HDU, error) {
	const op = "fits.NewTable"
	rows, width := -1, 0
	type shape struct {
		letter       byte
		repeat, size int
	}
	shapes := make([]shape, len(columns))
	for i := range columns {
		c := &columns[i]
		letter, repeat, n, err := c.shape()
		if err == nil && repeat == 0 {
			err = fmt.Errorf("has no elements")
		}
		if err == nil && rows >= 0 && n/repeat != rows {
			err = fmt.Errorf("has %d rows, those before it %d", n/repeat, rows)
		}
		if err != nil {
			return nil, exo.Errorf(op, exo.Invalid, c.Name, "column %s %s", c.Name, err)
		}
		rows = n / repeat
		shapes[i] = shape{letter, repeat, repeat * sizeOf(letter)}
		width += shapes[i].size
	}
	rows = max(rows, 0)
	h.mandatory(0, "XTENSION", "BINTABLE", "marks the beginning of a new HDU")
	h.mandatory(1, "BITPIX", 8, "array data type")
	h.mandatory(2, "NAXIS", 2, "number of array dimensions")
	h.mandatory(3, "NAXIS1", width, "length of first array dimension")
	h.mandatory(4, "NAXIS2", rows, "length of second array dimension")
	h.mandatory(5, "PCOUNT", 0, "group parameter count (not used)")
	h.mandatory(6, "GCOUNT", 1, "group count (not used)")
	h.mandatory(7, "TFIELDS", len(columns), "number of table fields")
	at := h.find("TFIELDS")/cardLen + 1
	b := make([]byte, rows*width)
	off := 0
	for i := range columns {
		at = columns[i].describe(h, i+1, at)
		if err := columns[i].fill(b[off:], width, shapes[i].letter, shapes[i].repeat, rows); err != nil {
			return nil, exo.Errorf(op, exo.Invalid, columns[i].Name, "column %s %s", columns[i].Name, err)
		}
		off += shapes[i].size
	}
	return &HDU{Header: h, Kind: KindBinTable, data: b}, h.err
}

// describe writes the cards of column n from record number at on, and returns
// the number of the record behind them.
func (c *ColumnData) describe(h *Header, n, at int) int {
	put := func(key string, value any, comment string) {
		key += strconv.Itoa(n)
		had := h.Len()
		if h.find(key) >= 0 {
			h.Set(key, value, comment)
		} else if h.mandatory(at, key, value, comment); h.Len() > had {
			at += h.Len() - had
		}
	}
	put("TTYPE", c.Name, c.Comments.Name)
	put("TFORM", c.Form, c.Comments.Form)
	if c.Unit != "" {
		put("TUNIT", c.Unit, c.Comments.Unit)
	}
	if c.Disp != "" {
		put("TDISP", c.Disp, c.Comments.Disp)
	}
	if c.Null != nil {
		put("TNULL", *c.Null, c.Comments.Null)
	}
	if c.Scale != 0 || c.Zero != 0 {
		if c.Scale == 0 {
			c.Scale = 1
		}
		put("TSCAL", c.Scale, "")
		put("TZERO", zeroLiteral(c.Zero), "")
	}
	if len(c.Dim) > 0 {
		s := "("
		for i, d := range c.Dim {
			if i > 0 {
				s += ","
			}
			s += strconv.Itoa(d)
		}
		put("TDIM", s+")", c.Comments.Dim)
	}
	return at
}

// zeroLiteral writes whole offsets as integers, which 2^63 needs to be exact.
func zeroLiteral(z float64) any {
	if z == math.Trunc(z) && math.Abs(z) <= 1<<63 {
		return Literal(strconv.FormatFloat(z, 'f', 0, 64))
	}
	return z
}

// shape finds letter, repeat count and number of elements, and completes Form
// and Zero.
func (c *ColumnData) shape() (letter byte, repeat, n int, err error) {
	unsigned := func(zero float64) { c.Scale, c.Zero = 1, zero }
	switch d := c.Data.(type) {
	case []float64:
		letter, n = 'D', len(d)
	case []float32:
		letter, n = 'E', len(d)
	case []int64:
		letter, n = 'K', len(d)
	case []int32:
		letter, n = 'J', len(d)
	case []int16:
		letter, n = 'I', len(d)
	case []uint8:
		letter, n = 'B', len(d)
	case []int8:
		letter, n = 'B', len(d)
		unsigned(-1 << 7)
	case []uint16:
		letter, n = 'I', len(d)
		unsigned(1 << 15)
	case []uint32:
		letter, n = 'J', len(d)
		unsigned(1 << 31)
	case []uint64:
		letter, n = 'K', len(d)
		unsigned(1 << 63)
	case []bool:
		letter, n = 'L', len(d)
	case []complex64:
		letter, n = 'C', len(d)
	case []complex128:
		letter, n = 'M', len(d)
	case []string:
		letter = 'A'
		longest := 1
		for _, s := range d {
			longest = max(longest, len(s))
		}
		if c.Form == "" {
			c.Form = strconv.Itoa(longest) + "A"
		}
		col := Column{TForm: c.Form}
		err = col.form(math.MaxInt32)
		return 'A', col.Repeat, len(d) * col.Repeat, err
	default:
		return 0, 0, 0, fmt.Errorf("has data of the type %T, which cannot be written", c.Data)
	}
	if c.Form == "" {
		c.Form = string(letter)
	}
	col := Column{TForm: c.Form}
	if err = col.form(math.MaxInt32); err == nil && col.Type != letter {
		err = fmt.Errorf("has the form %s, which does not suit %T", c.Form, c.Data)
	}
	return letter, col.Repeat, n, err
}

// fill writes the elements into rows that are width bytes apart.
func (c *ColumnData) fill(b []byte, width int, letter byte, repeat, rows int) error {
	if s, ok := c.Data.([]string); ok {
		for i, v := range s {
			if len(v) > repeat {
				return fmt.Errorf("row %d is longer than %d bytes", i+1, repeat)
			}
			copy(b[i*width:], v)
		}
		return nil
	}
	size := sizeOf(letter)
	for r := range rows {
		row := b[r*width:]
		for i := range repeat {
			if err := c.put(row[i*size:], r*repeat+i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *ColumnData) put(b []byte, i int) error {
	be := binary.BigEndian
	switch d := c.Data.(type) {
	case []float64:
		be.PutUint64(b, math.Float64bits(d[i]))
	case []float32:
		be.PutUint32(b, math.Float32bits(d[i]))
	case []int64:
		be.PutUint64(b, uint64(d[i]))
	case []uint64:
		be.PutUint64(b, d[i]^1<<63)
	case []int32:
		be.PutUint32(b, uint32(d[i]))
	case []uint32:
		be.PutUint32(b, d[i]^1<<31)
	case []int16:
		be.PutUint16(b, uint16(d[i]))
	case []uint16:
		be.PutUint16(b, d[i]^1<<15)
	case []uint8:
		b[0] = d[i]
	case []int8:
		b[0] = uint8(d[i]) ^ 1<<7
	case []bool:
		b[0] = 'F'
		if d[i] {
			b[0] = 'T'
		}
	case []complex64:
		be.PutUint32(b, math.Float32bits(real(d[i])))
		be.PutUint32(b[4:], math.Float32bits(imag(d[i])))
	case []complex128:
		be.PutUint64(b, math.Float64bits(real(d[i])))
		be.PutUint64(b[8:], math.Float64bits(imag(d[i])))
	}
	return nil
}
