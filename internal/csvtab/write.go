package csvtab

import (
	"bytes"
	"io"
	"strings"

	"exoplanetai/internal/exo"
)

// Write writes a table as RFC 4180 has it, with LF line ends: cells with
// separators, quotes or line ends are quoted, quotes inside doubled. What it
// writes, Reader reads back to the same cells. Every row needs as many cells
// as there are columns.
func Write(w io.Writer, columns []string, rows [][]string) error {
	const op, block = "csvtab.Write", 1 << 16
	b := AppendHeader(make([]byte, 0, 2*block), columns)
	for i, row := range rows {
		if len(row) != len(columns) {
			return exo.Errorf(op, exo.Internal, nil, "row %d has %d cells, the header has %d", i+1, len(row), len(columns))
		}
		for j, cell := range row {
			if j > 0 {
				b = append(b, ',')
			}
			b = AppendCell(b, cell, len(row) == 1)
		}
		b = append(b, '\n')
		if len(b) >= block {
			if _, err := w.Write(b); err != nil {
				return exo.E(op, exo.KindOf(err), nil, err)
			}
			b = b[:0]
		}
	}
	if _, err := w.Write(b); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	return nil
}

// AppendHeader appends the header with its line end. Its first cell must not
// look like a part of the preamble.
func AppendHeader(dst []byte, columns []string) []byte {
	for j, name := range columns {
		if j > 0 {
			dst = append(dst, ',')
		}
		if j == 0 && name != "" && (name[0] == '#' || name[0] == '<' || name[0] == '{' || strings.IndexByte(name, ';') >= 0 ||
			strings.HasPrefix(name, string(bom)) || isBanner([]byte(name))) {
			dst = appendQuoted(dst, name)
			continue
		}
		dst = AppendCell(dst, name, len(columns) == 1)
	}
	return append(dst, '\n')
}

// AppendCell appends one cell, in quotes where it needs them. alone tells that
// it is the only cell of its row: empty and without quotes that would be an
// empty line.
func AppendCell(dst []byte, cell string, alone bool) []byte {
	if cell == "" && alone || strings.ContainsAny(cell, ",\"|\t\r\n") {
		return appendQuoted(dst, cell)
	}
	return append(dst, cell...)
}

func appendQuoted(dst []byte, cell string) []byte {
	dst = append(dst, '"')
	from := len(dst)
	dst = append(dst, cell...)
	if bytes.IndexByte(dst[from:], '"') >= 0 {
		dst = append(dst[:from], strings.ReplaceAll(cell, `"`, `""`)...)
	}
	return append(dst, '"')
}
