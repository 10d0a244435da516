package fits

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ColumnData is one column to be written.
type ColumnData struct {
	Name string // TTYPE
	Form string // TFORM as it shall stand, "25D" for 25 elements a row; empty: one element a row, strings as long as the longest
	Unit string // TUNIT, written when not empty
	Disp string // TDISP, written when not empty
	Dim  []int  // TDIM, the fastest axis first; written when not empty

	Null *int64 // TNULL, written when not nil
	// Scale and Zero are TSCAL and TZERO, written when one of them is not zero;
	// a Scale of zero stands for 1. Data then holds the stored numbers.
	Scale, Zero float64

	Comments ColumnComments

	// Data is []float64, []float32, []int64, []int32, []int16, []uint8, []bool,
	// []string, []complex128 or []complex64: the elements row after row, one
	// string for a row of text; or []uint16, []uint32, []uint64 or []int8,
	// which are stored with the TZERO of FITS 4.0 table 19. []bool is stored as
	// logical values, or as bits when Form says X.
	Data any
}

// ColumnComments are the comments of a column's cards.
type ColumnComments struct {
	Name, Form, Unit, Disp, Null, Scale, Zero, Dim string
}

// layout is how a column lies in a row.
type layout struct {
	letter byte
	repeat int // elements in a row
	width  int // bytes in a row
	count  int // elements in all, strings counted as Repeat each
}

// NewTable makes a binary table. The header may hold the mandatory cards and
// any TTYPEn, TFORMn ... with order and comments of its own: their values are
// set, their places kept, and their comments unless the column has another.
// Those it lacks are put in: the mandatory ones at the beginning, those of the
// columns behind TFIELDS, for each column in the order TTYPE, TFORM, TUNIT,
// TDISP, TNULL, TSCAL, TZERO, TDIM. The error is exo.Invalid and names the
// column: rows that differ in number, a form that does not suit the data.
func NewTable(h *Header, columns []ColumnData) (*HDU, error) {
	const op = "fits.NewTable"
	layouts := make([]layout, len(columns))
	columns = append([]ColumnData(nil), columns...) // forms are completed in the copy
	rows, width := 0, 0
	for i := range columns {
		l, err := columns[i].resolve()
		if err == nil && i > 0 && l.count/l.repeat != rows {
			err = fmt.Errorf("has %d rows, those before it %d", l.count/l.repeat, rows)
		}
		if err != nil {
			return nil, invalid(op, columns[i].Name, "column %d (%s) %s", i+1, columns[i].Name, err)
		}
		layouts[i], rows = l, l.count/l.repeat
		width += l.width
	}
	h.ensure(0, "XTENSION", "BINTABLE", "marks the beginning of a new HDU")
	h.ensure(1, "BITPIX", 8, "array data type")
	h.ensure(2, "NAXIS", 2, "number of array dimensions")
	h.ensure(3, "NAXIS1", width, "length of first array dimension")
	h.ensure(4, "NAXIS2", rows, "length of second array dimension")
	h.ensure(5, "PCOUNT", 0, "group parameter count (not used)")
	h.ensure(6, "GCOUNT", 1, "group count (not used)")
	h.ensure(7, "TFIELDS", len(columns), "number of table fields")
	at := h.find("TFIELDS")/cardLen + 1
	b := make([]byte, rows*width)
	offset := 0
	for i := range columns {
		at = columns[i].describe(h, i+1, at)
		if rows > 0 {
			columns[i].fill(b[offset:], width, layouts[i])
		}
		offset += layouts[i].width
	}
	hdu, err := newHDU(op, h, 1, b)
	if err != nil {
		return nil, err
	}
	if _, err := hdu.Table(); err != nil {
		return nil, invalid(op, hduName(1), "the cards do not describe the table: %s", err)
	}
	return hdu, nil
}

// describe writes the cards of column n, those that are absent from record
// number at on, and returns the number of the record behind them.
func (c *ColumnData) describe(h *Header, n, at int) int {
	put := func(key string, value any, comment string) {
		key += strconv.Itoa(n)
		if i := h.find(key); i >= 0 {
			h.Set(key, value, comment)
			at = max(at, i/cardLen+1)
			return
		}
		at += h.ensure(at, key, value, comment)
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
		put("TSCAL", number(c.Scale), c.Comments.Scale)
		put("TZERO", number(c.Zero), c.Comments.Zero)
	}
	if len(c.Dim) > 0 {
		dims := make([]string, len(c.Dim))
		for i, d := range c.Dim {
			dims[i] = strconv.Itoa(d)
		}
		put("TDIM", "("+strings.Join(dims, ",")+")", c.Comments.Dim)
	}
	return at
}

// number writes whole numbers as integers, which 2^63 needs to be exact.
func number(v float64) any {
	if v == math.Trunc(v) && math.Abs(v) <= 1<<63 {
		return Literal(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return v
}

// resolve finds the layout and completes Form, Scale and Zero.
func (c *ColumnData) resolve() (layout, error) {
	letter, count, zero := stored(c.Data)
	if letter == 0 {
		return layout{}, fmt.Errorf("has data of the type %T, which cannot be written", c.Data)
	}
	if zero != 0 {
		c.Scale, c.Zero = 1, zero
	}
	if c.Zero != 0 && c.Scale == 0 {
		c.Scale = 1
	}
	if c.Form == "" {
		c.Form = string(letter)
		if s, ok := c.Data.([]string); ok {
			c.Form = strconv.Itoa(longest(s)) + "A"
		}
	}
	form := Column{TForm: c.Form}
	if err := form.form(maxData); err != nil {
		return layout{}, err
	}
	l := layout{letter: form.Type, repeat: form.Repeat, width: form.Width, count: count}
	if form.Type != letter && !(letter == 'L' && form.Type == 'X') {
		return l, fmt.Errorf("has the form %s, which does not suit %T", c.Form, c.Data)
	}
	if letter == 'A' {
		l.count *= l.repeat
		if s := c.Data.([]string); longest(s) > l.repeat && len(s) > 0 {
			return l, fmt.Errorf("has the form %s and a string of %d bytes", c.Form, longest(s))
		}
	}
	if l.repeat == 0 {
		return l, errors.New("has no elements")
	}
	if l.count%l.repeat != 0 || l.count/l.repeat > maxData/l.width {
		return l, fmt.Errorf("has %d elements, which do not make rows of %d", count, l.repeat)
	}
	return l, nil
}

func longest(list []string) int {
	n := 1
	for _, s := range list {
		n = max(n, len(s))
	}
	return n
}

// stored returns letter, number and TZERO of the elements; 0 for a type that
// cannot be stored.
func stored(data any) (letter byte, count int, zero float64) {
	switch d := data.(type) {
	case []float64:
		return 'D', len(d), 0
	case []float32:
		return 'E', len(d), 0
	case []int64:
		return 'K', len(d), 0
	case []int32:
		return 'J', len(d), 0
	case []int16:
		return 'I', len(d), 0
	case []uint8:
		return 'B', len(d), 0
	case []int8:
		return 'B', len(d), -1 << 7
	case []uint16:
		return 'I', len(d), 1 << 15
	case []uint32:
		return 'J', len(d), 1 << 31
	case []uint64:
		return 'K', len(d), 1 << 63
	case []bool:
		return 'L', len(d), 0
	case []complex64:
		return 'C', len(d), 0
	case []complex128:
		return 'M', len(d), 0
	case []string:
		return 'A', len(d), 0
	}
	return 0, 0, 0
}

// fill writes the elements into rows that are stride bytes apart.
func (c *ColumnData) fill(b []byte, stride int, l layout) {
	be := binary.BigEndian
	switch d := c.Data.(type) {
	case []float64:
		each(b, stride, l, 8, d, func(p []byte, v float64) { be.PutUint64(p, math.Float64bits(v)) })
	case []float32:
		each(b, stride, l, 4, d, func(p []byte, v float32) { be.PutUint32(p, math.Float32bits(v)) })
	case []int64:
		each(b, stride, l, 8, d, func(p []byte, v int64) { be.PutUint64(p, uint64(v)) })
	case []uint64:
		each(b, stride, l, 8, d, func(p []byte, v uint64) { be.PutUint64(p, v^1<<63) })
	case []int32:
		each(b, stride, l, 4, d, func(p []byte, v int32) { be.PutUint32(p, uint32(v)) })
	case []uint32:
		each(b, stride, l, 4, d, func(p []byte, v uint32) { be.PutUint32(p, v^1<<31) })
	case []int16:
		each(b, stride, l, 2, d, func(p []byte, v int16) { be.PutUint16(p, uint16(v)) })
	case []uint16:
		each(b, stride, l, 2, d, func(p []byte, v uint16) { be.PutUint16(p, v^1<<15) })
	case []uint8:
		each(b, stride, l, 1, d, func(p []byte, v uint8) { p[0] = v })
	case []int8:
		each(b, stride, l, 1, d, func(p []byte, v int8) { p[0] = uint8(v) ^ 1<<7 })
	case []complex64:
		each(b, stride, l, 8, d, func(p []byte, v complex64) {
			be.PutUint32(p, math.Float32bits(real(v)))
			be.PutUint32(p[4:], math.Float32bits(imag(v)))
		})
	case []complex128:
		each(b, stride, l, 16, d, func(p []byte, v complex128) {
			be.PutUint64(p, math.Float64bits(real(v)))
			be.PutUint64(p[8:], math.Float64bits(imag(v)))
		})
	case []bool:
		fillBools(b, stride, l, d)
	case []string:
		for i, s := range d {
			copy(b[i*stride:], s)
		}
	}
}

// each calls put for every element with the bytes it goes to.
func each[T any](b []byte, stride int, l layout, size int, data []T, put func([]byte, T)) {
	if l.repeat == 1 {
		for i, v := range data {
			put(b[i*stride:], v)
		}
		return
	}
	for i, v := range data {
		put(b[i/l.repeat*stride+i%l.repeat*size:], v)
	}
}

func fillBools(b []byte, stride int, l layout, data []bool) {
	for i, v := range data {
		row, k := b[i/l.repeat*stride:], i%l.repeat
		switch {
		case l.letter == 'X' && v:
			row[k/8] |= 0x80 >> (k % 8)
		case l.letter == 'X':
		case v:
			row[k] = 'T'
		default:
			row[k] = 'F'
		}
	}
}
