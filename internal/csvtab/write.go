package csvtab

import (
	"bufio"
	"io"
	"strings"

	"exoplanetai/internal/exo"
)

// Write writes a table as RFC 4180 has it, with LF line ends: cells with
// separators, quotes or line ends are quoted, quotes inside doubled. What it
// writes, Reader reads back to the same cells. Every row needs as many cells
// as there are columns.
func Write(w io.Writer, columns []string, rows [][]string) error {
	const op = "csvtab.Write"
	bw := bufio.NewWriterSize(w, 1<<16)
	writeRow(bw, columns, true)
	for i, row := range rows {
		if len(row) != len(columns) {
			return exo.Errorf(op, exo.Internal, nil, "row %d has %d cells, the header has %d", i+1, len(row), len(columns))
		}
		writeRow(bw, row, false)
	}
	if err := bw.Flush(); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	return nil
}

// writeRow leaves errors to the final Flush, as bufio keeps the first.
func writeRow(w *bufio.Writer, row []string, header bool) {
	for j, cell := range row {
		if j > 0 {
			w.WriteByte(',')
		}
		if !needsQuotes(cell, len(row) == 1, header && j == 0) {
			w.WriteString(cell)
			continue
		}
		w.WriteByte('"')
		w.WriteString(strings.ReplaceAll(cell, `"`, `""`))
		w.WriteByte('"')
	}
	w.WriteByte('\n')
}

// needsQuotes: an empty row of one cell would be an empty line, and a header's
// first cell must not look like a part of the preamble.
func needsQuotes(cell string, only, first bool) bool {
	switch {
	case cell == "":
		return only
	case strings.ContainsAny(cell, ",\"|\t\r\n"):
		return true
	}
	return first && (cell[0] == '#' || cell[0] == '<' || cell[0] == '{' ||
		strings.HasPrefix(cell, string(bom)) || isBanner([]byte(cell)))
}
