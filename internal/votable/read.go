package votable

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"exoplanetai/internal/exo"
)

// Read reads a whole document. A document that breaks the standard is Invalid,
// one that breaks a limit TooLarge; failures of r come back as they are.
// A document with status ERROR or OVERFLOW is no error here: the caller looks
// at Doc.Status.
func Read(r io.Reader, lim Limits) (*Doc, error) {
	var rows [][]string
	doc, err := Scan(r, lim, nil, func(row []string) error {
		rows = append(rows, append([]string(nil), row...))
		return nil
	})
	if err != nil {
		return nil, err
	}
	doc.Rows = rows
	return doc, nil
}

// Scan reads a document as a stream: fields is called once before the first
// row (or at the end of a table without rows), row for each row with a slice
// that is used again. Either may be nil. An error of theirs ends the scan and
// comes back unchanged. The document that is returned holds everything but
// the rows; since QUERY_STATUS may stand after the table, rows that were handed
// out are worth nothing before Scan has returned.
func Scan(r io.Reader, lim Limits, fields func([]Field) error, row func([]string) error) (*Doc, error) {
	lim = lim.filled()
	src := &meter{r: r, token: lim.Token, total: lim.Bytes}
	d := xml.NewDecoder(src)
	d.CharsetReader = charset
	s := &scanner{lim: lim, doc: &Doc{}, onFields: fields, onRow: row}
	for {
		src.left = lim.Token
		t, err := d.RawToken()
		if err == io.EOF {
			return s.finish()
		}
		if err != nil {
			return nil, s.fault(err, src)
		}
		if err := s.token(t); err != nil {
			return nil, err
		}
	}
}

// meter counts the bytes that a decoder takes, in all and for one token, so
// that a tag or a text of a gigabyte ends at the limit and not in memory.
type meter struct {
	r            io.Reader
	token, total int64 // limits
	left, read   int64
	broken       string // which limit was broken
	err          error  // of r
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		m.broken = "a tag or cell"
		return 0, errLimit
	}
	n, err := m.r.Read(p)
	m.left -= int64(n)
	m.read += int64(n)
	if m.read > m.total {
		m.broken = "the document"
		return 0, errLimit
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

var errLimit = errors.New("limit reached")

type scanner struct {
	lim      Limits
	doc      *Doc
	onFields func([]Field) error
	onRow    func([]string) error

	open   []string // names of the open elements
	rooted bool     // a VOTABLE element was seen
	told   bool     // onFields was called
	info   *Info    // open INFO
	inDesc bool     // in the DESCRIPTION of a FIELD
	field  bool     // in a FIELD
	row    []string
	cell   strings.Builder
	inCell bool
	rows   int
}

const op = "votable.Read"

func (s *scanner) bad(format string, args ...any) error {
	return exo.Errorf(op, exo.Invalid, nil, "the VOTable is not valid: "+format, args...)
}

func (s *scanner) fault(err error, m *meter) error {
	switch {
	case m.broken != "":
		return exo.Errorf(op, exo.TooLarge, nil, "%s of the VOTable is larger than its limit", m.broken)
	case m.err != nil:
		return m.err
	}
	return exo.E(op, exo.Invalid, nil, err).Say("the VOTable is not valid XML or ends too early")
}

func (s *scanner) finish() (*Doc, error) {
	switch {
	case len(s.open) > 0:
		return nil, s.bad("it ends inside %s", s.open[len(s.open)-1])
	case !s.rooted:
		return nil, s.bad("it has no VOTABLE element")
	}
	return s.doc, nil
}

func (s *scanner) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.EndElement:
		return s.end(t.Name.Local)
	case xml.CharData:
		return s.text(t)
	case xml.Directive:
		return s.bad("a document type declaration is not accepted")
	}
	return nil
}

func (s *scanner) text(t xml.CharData) error {
	switch {
	case s.inCell:
		s.cell.Write(t)
	case s.info != nil:
		return s.grow(&s.info.Text, t)
	case s.inDesc:
		return s.grow(&s.doc.Fields[len(s.doc.Fields)-1].Description, t)
	case len(s.open) == 0 && strings.TrimSpace(string(t)) != "":
		return s.bad("text stands outside its elements")
	}
	if int64(s.cell.Len()) > s.lim.Token {
		return exo.Errorf(op, exo.TooLarge, nil, "a cell of the VOTable is larger than its limit")
	}
	return nil
}

// grow adds to a text that comes in pieces. The bound is small: these are words
// for people, and adding piece by piece costs the square of the length.
func (s *scanner) grow(text *string, t xml.CharData) error {
	const most = 64 << 10
	if len(*text)+len(t) > most {
		return exo.Errorf(op, exo.TooLarge, nil, "a message of the VOTable is larger than %d bytes", most)
	}
	*text += string(t)
	return nil
}

// charset turns ISO-8859-1, which old services declare, into UTF-8.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "iso-8859-1", "latin1", "us-ascii", "ascii":
		return &latin1{r: in}, nil
	}
	return nil, exo.Errorf(op, exo.Invalid, nil, "the VOTable has the character encoding %.40q, which is not supported", label)
}

type latin1 struct {
	r    io.Reader
	rest []byte
	buf  [512]byte
}

func (l *latin1) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		n, err := l.r.Read(l.buf[:])
		for _, b := range l.buf[:n] {
			l.rest = append(l.rest, string(rune(b))...)
		}
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}
