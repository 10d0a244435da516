package csvtab

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

const op = "csvtab.Read"

// Reader reads a table row by row. It holds one record, never the table.
type Reader struct {
	r        io.Reader
	lim      Limits
	s        scanner
	buf      []byte // buf[off:] is not read yet
	off      int
	begin    int // place of the last row in buf
	eof      bool
	broken   error // of r, once
	total    int64 // bytes taken from r
	row      int   // data rows returned
	header   []string
	head     string // header record as it stands in the text
	comments []string
	kept     int // bytes of comment lines
	started  bool
	err      error // sticky
}

// NewReader returns a reader of the table in r. It reads nothing yet.
func NewReader(r io.Reader, lim Limits) *Reader {
	return &Reader{r: r, lim: lim.withDefaults()}
}

// Header returns the names of the columns as the file spells them.
func (r *Reader) Header() ([]string, error) {
	r.start()
	if r.header == nil {
		return nil, r.err
	}
	return r.header, nil
}

// Comments returns the "#" lines before the header, without the "#".
func (r *Reader) Comments() []string {
	r.start()
	return r.comments
}

// Next appends the cells of the next row to dst[:0] and returns it. At the end
// it returns io.EOF. The cells share one string made for the row, so they stay
// valid; nothing else is allocated if dst has room.
func (r *Reader) Next(dst []string) ([]string, error) {
	r.start()
	if r.err != nil {
		return dst[:0], r.err
	}
	rec, err := r.next()
	if err != nil {
		r.err = err
		return dst[:0], err
	}
	return r.s.cells(dst[:0], string(rec)), nil
}

func (s *scanner) cells(dst []string, rec string) []string {
	from := 0
	for _, end := range s.ends {
		dst = append(dst, s.cell(rec[from:end]))
		from = end + 1
	}
	return dst
}

// next returns the bytes of the next row without its line end; its cells are
// in r.s.ends. Empty lines are skipped.
func (r *Reader) next() ([]byte, error) {
	for {
		rec, n, err := r.record(r.row + 1)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, io.EOF
		}
		r.begin, r.off = r.off, r.off+n
		if len(rec) == 0 {
			continue
		}
		r.row++
		switch {
		case r.row > r.lim.Rows:
			return nil, exo.Errorf(op, exo.TooLarge, nil, "the table has more than %d rows", r.lim.Rows)
		case len(r.s.ends) != r.s.cols:
			return nil, exo.Errorf(op, exo.Invalid, nil, "row %d has %d cells, the header has %d", r.row, len(r.s.ends), r.s.cols).
				Try("the file is cut, or a cell holds a separator outside quotes")
		}
		return rec, nil
	}
}

// record finds the next record, without taking it. n is 0 at the end.
func (r *Reader) record(row int) (rec []byte, n int, err error) {
	for {
		b, eof := r.window()
		if len(b) == 0 && eof {
			return nil, 0, nil
		}
		n, st := r.s.record(b, eof)
		switch st {
		case done:
			rec = b[:r.s.ends[len(r.s.ends)-1]]
			return rec, n, r.clean(rec, row)
		case unclosed:
			return nil, 0, exo.Errorf(op, exo.Invalid, nil, "a quote in %s is never closed", where(row))
		case bareCR:
			return nil, 0, exo.Errorf(op, exo.Invalid, nil, "%s holds a carriage return that ends no line", where(row)).
				Try("save the table with LF or CR LF line ends")
		case tooMany:
			return nil, 0, exo.Errorf(op, exo.TooLarge, nil, "%s has more than %d cells", where(row), r.lim.Columns)
		}
		if len(b) >= r.lim.LineBytes {
			return nil, 0, exo.Errorf(op, exo.TooLarge, nil, "%s is longer than %d bytes", where(row), r.lim.LineBytes).
				Try("a quote may be open, or the file is no table")
		}
		if err := r.fill(); err != nil {
			return nil, 0, err
		}
	}
}

// clean refuses bytes that no text has.
func (r *Reader) clean(rec []byte, row int) error {
	if at := bytes.IndexByte(rec, 0); at >= 0 {
		return exo.Errorf(op, exo.Invalid, nil, "%s holds a NUL byte%s", where(row), r.column(at)).
			Try("the file is damaged, or is not UTF-8 text")
	}
	if utf8.Valid(rec) {
		return nil
	}
	at := 0
	for at < len(rec) {
		c, n := utf8.DecodeRune(rec[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	err := exo.Errorf(op, exo.Invalid, nil, "%s is not valid UTF-8%s", where(row), r.column(at))
	if c := rec[at]; c >= 0xa0 && c < 0xfe {
		return err.Try("the byte %#02x is %q in Latin-1: save the table as UTF-8", c, rune(c))
	}
	return err.Try("save the table as UTF-8")
}

// column names the cell of the last record that holds the byte at that place.
func (r *Reader) column(at int) string {
	j, _ := slices.BinarySearch(r.s.ends, at+1)
	if j < len(r.header) {
		return ", in column " + strconv.Quote(short(r.header[j]))
	}
	return ", in cell " + itoa(j+1)
}

func where(row int) string {
	if row == 0 {
		return "the header"
	}
	return "row " + itoa(row)
}

// window returns the bytes at hand that a record may take, and whether they
// are the last of the input.
func (r *Reader) window() (b []byte, eof bool) {
	b = r.buf[r.off:]
	if len(b) > r.lim.LineBytes {
		return b[:r.lim.LineBytes], false
	}
	return b, r.eof
}

// fill reads more bytes behind those at hand, at least as many as there are if
// the input has them: a record is looked at again after each fill, and may come
// in crumbs.
func (r *Reader) fill() error {
	if r.broken != nil {
		return exo.E(op, exo.KindOf(r.broken), nil, r.broken)
	}
	r.buf = r.buf[:copy(r.buf, r.buf[r.off:])]
	r.off = 0
	want := min(max(1<<16, 2*len(r.buf)), r.lim.LineBytes+1<<16)
	if cap(r.buf) < want {
		r.buf = slices.Grow(r.buf, want-len(r.buf))
	}
	idle := 0
	for len(r.buf) < want {
		n, err := r.r.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if r.total += int64(n); r.total > r.lim.Bytes {
			return exo.Errorf(op, exo.TooLarge, nil, "the table is larger than %d bytes", r.lim.Bytes)
		}
		if err == io.EOF {
			r.eof = true
			return nil
		}
		if idle++; n > 0 {
			idle = 0
		}
		if err == nil && idle == 100 {
			err = exo.E(op, exo.Unavailable, nil, io.ErrNoProgress)
		}
		if r.broken = err; err != nil { // the rows before come first
			return nil
		}
	}
	return nil
}

// start reads the preamble and the header, once.
func (r *Reader) start() {
	if r.started {
		return
	}
	r.started = true
	if r.err = r.preamble(); r.err != nil {
		r.header = nil
	}
}

func (r *Reader) setHeader(rec string) error {
	r.header, r.head = r.s.cells(nil, rec), rec
	r.s.cols = len(r.header)
	seen := make(map[string]bool, len(r.header))
	for _, name := range r.header {
		if seen[name] {
			return exo.Errorf(op, exo.Invalid, nil, "the header names the column %q twice", short(name))
		}
		seen[name] = true
		if strings.ContainsFunc(name, unprintable) {
			return exo.Errorf(op, exo.Invalid, nil, "the column name %q holds a control character", short(name))
		}
	}
	return nil
}

// unprintable finds characters that would act on a terminal or a log instead of
// standing in it: names of columns are shown to people.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
