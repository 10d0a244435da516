package csvtab

import (
	"bytes"
	"errors"
	"io"

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
	at   []uint32 // per row: begin of each cell, then end of the row plus one
	rows int
}

// ReadAll reads the table in b. It keeps a copy of b and four bytes per cell.
func ReadAll(b []byte, lim Limits) (*Table, error) {
	lim = lim.withDefaults()
	if int64(len(b)) > lim.Bytes {
		return nil, exo.Errorf(op, exo.TooLarge, nil, "the table is larger than %d bytes", lim.Bytes)
	}
	r := &Reader{lim: lim, buf: b, eof: true}
	header, err := r.Header()
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: header, Comments: r.comments, text: string(b), head: r.head}
	if rows := rowsAtMost(b[r.off:], r.s.delim, len(header)); rows > 0 {
		t.at = make([]uint32, 0, rows*(len(header)+1))
	}
	for {
		_, err := r.next()
		if errors.Is(err, io.EOF) {
			t.s, t.rows = r.s, r.row
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		t.at = append(t.at, uint32(r.begin))
		for _, end := range r.s.ends {
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
	k := i*(len(t.Columns)+1) + j
	return t.s.cell(t.text[t.at[k] : t.at[k+1]-1])
}

// Row appends the cells of row i to dst[:0].
func (t *Table) Row(i int, dst []string) []string {
	dst = dst[:0]
	for j := range t.Columns {
		dst = append(dst, t.Cell(i, j))
	}
	return dst
}

// Raw returns row i as it stands in the text, without its line end.
func (t *Table) Raw(i int) string {
	k := i * (len(t.Columns) + 1)
	return t.text[t.at[k] : t.at[k+len(t.Columns)]-1]
}
