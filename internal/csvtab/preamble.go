package csvtab

import (
	"bytes"
	"strconv"

	"exoplanetai/internal/exo"
)

var (
	bom     = []byte("\xef\xbb\xbf")
	banners = [][]byte{[]byte("This file was produced by"), []byte("Filter Values:")} // ExoFOP
)

func itoa(n int) string { return strconv.Itoa(n) }

// preamble reads up to and with the header.
//
// A line without any separator is the header of a table of one column, or a
// notice before the header: the next line decides.
func (r *Reader) preamble() error {
	var notice string
	pending := false
	if err := r.skipBOM(); err != nil {
		return err
	}
	for {
		r.s = scanner{max: r.lim.Columns, quotes: true, delim: ','}
		if err := r.skipLines(pending); err != nil {
			return err
		}
		b, err := r.until(r.complete)
		if err != nil {
			return err
		}
		delim := separator(b)
		switch {
		case delim == 0 && pending: // a row of one cell, or the end
			line, _ := firstLine(b)
			if n := semicolons(notice); n > 0 && n == semicolons(string(line)) {
				return errSemicolons()
			}
			return r.single(notice)
		case len(b) == 0:
			return exo.Errorf(op, exo.Invalid, nil, "the table is empty")
		case delim != 0:
			r.s.delim, r.s.quotes = delim, delim == ','
		}
		rec, n, err := r.record(0)
		if err != nil {
			return err
		}
		text := string(rec)
		if n := semicolons(notice); pending && n > 0 && n == semicolons(text) {
			return errSemicolons()
		}
		r.off += n
		if delim != 0 {
			return r.setHeader(text)
		}
		notice, pending = text, true
	}
}

// semicolons counts those outside quotes. As many in two lines, the first without
// any separator, are a table of another dialect: with decimal commas it would
// be taken for one of commas, its header for a notice.
func semicolons(line string) int {
	n, quoted := 0, false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				n++
			}
		}
	}
	return n
}

func errSemicolons() error {
	return exo.Errorf(op, exo.Invalid, nil, "the cells of the table are separated by semicolons").
		Try("save it with commas between cells and a point in numbers")
}

// skipLines passes over empty lines and, unless a line that may be the header
// came already, over comments and banners. A document that is no table is
// refused here.
func (r *Reader) skipLines(pending bool) error {
	for {
		b, err := r.until(func(b []byte) bool { return bytes.IndexByte(b, '\n') >= 0 })
		if err != nil || len(b) == 0 {
			return err
		}
		line, n := firstLine(b)
		switch {
		case len(line) == 0:
		case pending:
			return nil
		case line[0] == '#':
			if r.kept += len(line); r.kept <= r.lim.LineBytes {
				r.comments = append(r.comments, string(bytes.TrimSpace(line[1:])))
			}
		case isBanner(line):
		case line[0] == '<' || line[0] == '{':
			return exo.Errorf(op, exo.Invalid, nil, "the text is a document, not a table: it begins with %q", short(string(line))).
				Try("the archive may have answered with an error page")
		default:
			return nil
		}
		r.off += n
	}
}

// single makes the one-cell record the header.
func (r *Reader) single(rec string) error {
	r.s.ends = append(r.s.ends[:0], len(rec))
	return r.setHeader(rec)
}

// until returns the bytes at hand once they are enough, or all that a record
// may take.
func (r *Reader) until(enough func([]byte) bool) ([]byte, error) {
	for {
		b, eof := r.window()
		if eof || len(b) >= r.lim.LineBytes || enough(b) {
			return b, nil
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// complete tells whether b holds a whole record.
func (r *Reader) complete(b []byte) bool {
	_, st := r.s.record(b, false)
	return st != more
}

func (r *Reader) skipBOM() error {
	for len(r.buf)-r.off < len(bom) && !r.eof {
		if err := r.fill(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(r.buf[r.off:], bom) {
		r.off += len(bom)
	}
	return nil
}

// firstLine returns the first line without and its length with the line end.
func firstLine(b []byte) (line []byte, n int) {
	n = bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	return bytes.TrimRight(b[:n], "\r\n"), n
}

func isBanner(line []byte) bool {
	for _, p := range banners {
		if bytes.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

// separator returns the separator that the first record uses most, 0 if it has
// none. Separators inside quotes do not count.
func separator(b []byte) byte {
	var comma, bar, tab int
	quoted := false
	for _, c := range b {
		if c == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		switch c {
		case ',':
			comma++
		case '|':
			bar++
		case '\t':
			tab++
		}
		if c == '\n' {
			break
		}
	}
	switch {
	case comma == 0 && bar == 0 && tab == 0:
		return 0
	case bar > comma && bar >= tab:
		return '|'
	case tab > comma:
		return '\t'
	}
	return ','
}
