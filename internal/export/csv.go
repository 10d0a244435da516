package export

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/votable"
)

// csvWriter writes RFC 4180 with a header and LF line ends.
type csvWriter struct {
	*table
	out
}

func newCSV(o out, t *table) (Writer, error) {
	w := &csvWriter{table: t, out: o}
	names := make([]string, len(t.cols))
	for j, c := range t.cols {
		names[j] = guard(calm(c.Name))
	}
	w.buf = csvtab.AppendHeader(w.buf, names)
	return w, nil
}

func (w *csvWriter) Row(cells []any) error {
	if w.err != nil {
		return w.err
	}
	vals, err := w.values(cells)
	if err != nil {
		return w.fail(err)
	}
	for j, v := range vals {
		if j > 0 {
			w.buf = append(w.buf, ',')
		}
		switch v.kind {
		case integer:
			w.buf = strconv.AppendInt(w.buf, v.i, 10)
		case float:
			w.buf = votable.AppendDouble(w.buf, v.f)
		default: // a null is an empty text
			w.buf = csvtab.AppendCell(w.buf, guard(calm(v.s)), len(vals) == 1)
		}
	}
	w.buf = append(w.buf, '\n')
	return w.spill()
}

// Close ends the table. CSV has no place for an overflow: who sends the
// document says it beside it.
func (w *csvWriter) Close(bool) error { return w.flush() }

// guard puts an apostrophe before a text that a spreadsheet would take for a
// formula: one that begins, after apostrophes and blanks, with "=", "+", "-" or
// "@" (their full-width forms too), a tab or a line end, and is not a number or a
// sexagesimal angle ("-55:52:18.7", "+17d47m35.7s"), which are no formulas. To
// have the text back, take one apostrophe from a cell whose rest would get one.
func guard(s string) string {
	if s == "" || s[0] > '@' && s[0] < utf8.RuneSelf || s[0] >= '0' && s[0] <= '9' {
		return s
	}
	rest := strings.TrimLeft(s, "'")
	bare := strings.TrimLeft(rest, " \u00a0\ufeff")
	if bare == "" || !strings.ContainsAny(firstRune(bare), "=+-@\t\r\n＝＋－＠") || isNumber(rest) || isAngle(rest) {
		return s
	}
	return "'" + s
}

// isAngle tells whether s is a sign and three numbers with d, m, s or colons.
func isAngle(s string) bool {
	if s[0] != '+' && s[0] != '-' {
		return false
	}
	fields := strings.FieldsFunc(s[1:], func(r rune) bool { return r == ':' || r == 'd' || r == 'm' || r == 's' })
	if len(fields) != 3 {
		return false
	}
	for i, f := range fields {
		if whole, _, _ := strings.Cut(f, "."); strings.Trim(f, ".0123456789") != "" || whole == "" || len(whole) > 3 || i < 2 && whole != f {
			return false
		}
	}
	return s[1:] == strings.Join(fields, ":") || s[1:] == fields[0]+"d"+fields[1]+"m"+fields[2]+"s"
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// calm replaces what acts on a terminal, and bytes that are no text, by U+FFFD:
// CSV has no way to escape them.
func calm(s string) string {
	if plain(s, 0, 0) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if active(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}
