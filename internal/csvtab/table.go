package csvtab

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"

	"exoplanetai/internal/exo"
)

// Table is a whole table in memory: one text and, for every cell, where it
// begins. Cells are parts of that text; only a cell with doubled quotes is made
// anew when asked for.
type Table struct {
	Columns  []string // names as the file spells them
	Comments []string // "#" lines before the header, without the "#"

	head string // header record
	text string
	s    scanner
	at   []uint32 // begin of every cell, row after row; then the end of the text
	rows int
}

// ReadAll reads the table in b. It keeps a copy of b and four bytes per cell.
func ReadAll(b []byte, lim Limits) (*Table, error) {
	lim = lim.withDefaults()
	lim.Bytes = min(lim.Bytes, math.MaxUint32-1) // places in the text have 32 bits
	if int64(len(b)) > lim.Bytes {
		return nil, exo.Errorf(op, exo.TooLarge, nil, "the table is larger than %d bytes", lim.Bytes)
	}
	r := &Reader{lim: lim, buf: b, eof: true}
	header, err := r.Header()
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: header, Comments: r.comments, text: string(b), head: r.head}
	t.at = make([]uint32, 0, rowsAtMost(b[r.off:], r.s.delim, len(header))*len(header)+1)
	for {
		_, err := r.next()
		if errors.Is(err, io.EOF) {
			t.s, t.rows, t.at = r.s, r.row, append(t.at, uint32(len(b)))
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		t.at = append(t.at, uint32(r.begin))
		for _, end := range r.s.ends[:len(header)-1] {
			t.at = append(t.at, uint32(r.begin+end+1))
		}
	}
}

// rowsAtMost bounds the number of rows from the number of line ends and
// separators: every row but the last has cols-1 separators and a line end.
func rowsAtMost(b []byte, delim byte, cols int) int {
	lines := min(bytes.Count(b, []byte{'\n'})+1, len(b)/2+1)
	if cols == 1 {
		return lines
	}
	return min(lines, bytes.Count(b, []byte{delim})/(cols-1)+1)
}

// Len returns the number of rows.
func (t *Table) Len() int { return t.rows }

// Size returns the number of bytes of the text.
func (t *Table) Size() int { return len(t.text) }

// Separator returns the byte that separates cells.
func (t *Table) Separator() byte { return t.s.delim }

// RawHeader returns the header as it stands in the text, without its line end.
func (t *Table) RawHeader() string { return t.head }

// Cell returns the text of the cell in row i (from 0) and column j.
func (t *Table) Cell(i, j int) string {
	k := i*len(t.Columns) + j
	raw := t.text[t.at[k]:t.at[k+1]]
	if j == len(t.Columns)-1 {
		return t.s.cell(strings.TrimRight(raw, "\r\n"))
	}
	return t.s.cell(raw[:len(raw)-1])
}

// Row appends the cells of row i to dst[:0].
func (t *Table) Row(i int, dst []string) []string {
	dst = dst[:0]
	for j := range t.Columns {
		dst = append(dst, t.Cell(i, j))
	}
	return dst
}

// Raw returns row i as it stands in the text, without its line end. The line
// ends behind it, of empty lines too, cannot belong to its last cell: inside a
// cell they stand before a quote.
func (t *Table) Raw(i int) string {
	n := len(t.Columns)
	return strings.TrimRight(t.text[t.at[i*n]:t.at[(i+1)*n]], "\r\n")
}
