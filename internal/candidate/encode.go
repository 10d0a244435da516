package candidate

import (
	"bytes"
	"encoding/json"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/csvtab"
)

// CSV is the table's byte form: RFC 4180 with LF line ends. The same table
// gives the same bytes.
func (n *Normal) CSV() []byte { return writeCSV(n.Columns, n.Rows) }

// writeCSV panics on rows that have not a cell for each column: only this
// package makes tables.
func writeCSV(columns []Column, rows [][]string) []byte {
	names := make([]string, len(columns))
	for j, c := range columns {
		names[j] = c.Name
	}
	size := 0
	for _, row := range rows {
		for _, cell := range row {
			size += len(cell) + 1
		}
	}
	var b bytes.Buffer
	b.Grow(size + size/16 + 4096)
	if err := csvtab.Write(&b, names, rows); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// head is the part of a description before the rows.
type head struct {
	Table       catalog.Type   `json:"table"`
	Version     string         `json:"version"`
	Conventions []string       `json:"conventions"`
	Counts      *Counts        `json:"counts,omitempty"`
	Unread      map[string]int `json:"unread,omitempty"`
	Columns     []Column       `json:"columns"`
	Aliases     []Column       `json:"alias_columns,omitempty"`
	Conflicts   []Column       `json:"conflict_columns,omitempty"`
	RowCount    int            `json:"row_count"`
}

// JSON is the table with its description: the columns with unit, meaning and
// source, the conventions, and the rows as arrays, numbers as numbers and
// unknown cells null. It ends with a line end; the same table gives the same
// bytes.
func (n *Normal) JSON() []byte {
	w := newWriter(head{Table: n.Type, Version: "v1", Conventions: conventions, Unread: n.Unread, Columns: n.Columns, RowCount: len(n.Rows)})
	w.rows("rows", n.Columns, n.Rows)
	return w.end()
}

// conventions hold for every column.
var conventions = []string{
	"An empty cell (null) is unknown; nothing is filled in.",
	"A value whose unit is the source's keeps its digits. One that was moved by a power of ten or a whole number of days was moved as decimal text, exactly.",
	"Errors are one sigma and have no sign; one error of the source that counts both ways stands in both columns.",
	"Limits: 0 measured, 1 upper limit, -1 lower limit.",
	"Times of transit are full barycentric Julian dates on TDB; dates are ISO 8601.",
	"A period of 0 is unknown: a single transit.",
}

// jsonWriter writes a description row by row.
type jsonWriter struct{ b []byte }

func newWriter(h head) *jsonWriter {
	b, err := json.MarshalIndent(h, "", " ")
	if err != nil {
		panic(err) // texts and counts always can be written
	}
	return &jsonWriter{append(make([]byte, 0, 1<<20), bytes.TrimSuffix(b, []byte("\n}"))...)}
}

// rows writes a member whose value is an array of rows, one to a line.
func (w *jsonWriter) rows(name string, columns []Column, rows [][]string) {
	numbers := make([]bool, len(columns))
	for j, c := range columns {
		numbers[j] = c.Type != "char"
	}
	w.b = append(w.b, ",\n \""...)
	w.b = append(w.b, name...)
	w.b = append(w.b, "\": ["...)
	for i, row := range rows {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, "\n  ["...)
		for j, cell := range row {
			if j > 0 {
				w.b = append(w.b, ',')
			}
			w.cell(cell, numbers[j])
		}
		w.b = append(w.b, ']')
	}
	if len(rows) > 0 {
		w.b = append(w.b, "\n "...)
	}
	w.b = append(w.b, ']')
}

func (w *jsonWriter) end() []byte { return append(w.b, "\n}\n"...) }

func (w *jsonWriter) cell(s string, number bool) {
	switch {
	case s == "":
		w.b = append(w.b, "null"...)
	case number && isNumber(s):
		w.b = appendNumber(w.b, s)
	default:
		w.b = appendString(w.b, s)
	}
}

// appendNumber writes a number as JSON allows it: no plus, a digit before the
// point and behind it, no zeros in front.
func appendNumber(b []byte, s string) []byte {
	switch s[0] {
	case '-':
		b, s = append(b, '-'), s[1:]
	case '+':
		s = s[1:]
	}
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i:]
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	b = append(b, whole...)
	if frac != "" {
		b = append(append(b, '.'), frac...)
	}
	return append(b, exponent...)
}

// appendString writes a JSON string; plain text goes without the encoder.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // strings cannot fail
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
