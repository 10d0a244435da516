package votable

import (
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

// Head is what a document says before its rows.
type Head struct {
	Name        string // of the table; may be empty
	Description string // may be empty
	Infos       []Info // beside QUERY_STATUS
	Fields      []Field
}

// Writer writes a document of one table in the TABLEDATA serialisation of
// VOTable 1.4, a row at a time: its memory does not grow with their number.
// Write is for the dialect of NASA's archive; this is for everyone else.
//
// The cells of a row are given one after the other with Null, Int, Double and
// Text, in the order of the fields, then EndRow. Equal calls give equal bytes.
// After an error every method is without effect and the document stays without
// its end, so that nobody takes it for whole.
//
// A null is an empty cell in every column: since VOTable 1.3 (§6.2) integers
// need no stand-in value, which a stream could not choose.
type Writer struct {
	w    io.Writer
	buf  []byte
	cols int
	col  int // cells of the open row
	row  int // rows ended
	err  error
	ids  map[string]bool // names in use that can be an ID, and IDs given
}

// block is how many bytes are gathered before they are written.
const block = 32 << 10

// NewWriter begins a document with QUERY_STATUS OK. Bytes come to w in blocks:
// a document that fails among its first rows may not have sent any.
func NewWriter(w io.Writer, h Head) *Writer {
	s := &Writer{w: w, cols: len(h.Fields), buf: make([]byte, 0, 2*block), ids: map[string]bool{"QUERY_STATUS": true}}
	for _, in := range h.Infos {
		s.ids[in.Name] = true
	}
	for _, f := range h.Fields {
		s.ids[f.Name], s.ids[f.ID] = true, true
	}
	s.raw(`<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/>
`)
	for _, in := range h.Infos {
		s.info(in)
	}
	s.raw("<TABLE")
	s.attr("ID", s.id(h.Name))
	s.attr("name", h.Name)
	s.raw(">\n")
	s.description(h.Description)
	for _, f := range h.Fields {
		s.field(f)
	}
	s.raw("<DATA><TABLEDATA>\n")
	return s
}

// Null writes an empty cell.
func (s *Writer) Null() { s.cell(); s.raw("<TD/>") }

// Int writes an integer.
func (s *Writer) Int(v int64) {
	s.cell()
	s.raw("<TD>")
	s.buf = strconv.AppendInt(s.buf, v, 10)
	s.raw("</TD>")
}

// Double writes the shortest digits that read back as v.
func (s *Writer) Double(v float64) {
	s.cell()
	s.raw("<TD>")
	switch {
	case math.IsNaN(v):
		s.raw("NaN")
	case math.IsInf(v, 0):
		s.raw(map[bool]string{true: "+Inf", false: "-Inf"}[v > 0])
	default:
		s.buf = AppendDouble(s.buf, v)
	}
	s.raw("</TD>")
}

// AppendDouble appends the shortest digits that read back as the finite v, in
// positional notation where that is short, as people write numbers.
func AppendDouble(dst []byte, v float64) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, 64)
}

// Text writes a text. Characters that XML 1.0 cannot hold become U+FFFD.
func (s *Writer) Text(v string) {
	s.cell()
	s.raw("<TD>")
	s.buf = appendText(s.buf, v, false)
	s.raw("</TD>")
}

func (s *Writer) cell() {
	if s.col == 0 {
		s.raw("<TR>")
	}
	s.col++
}

// EndRow ends the row.
func (s *Writer) EndRow() error {
	if s.err == nil && s.col != s.cols {
		s.err = exo.Errorf("votable.Writer", exo.Internal, nil, "row %d has %d cells, not %d", s.row+1, s.col, s.cols)
	}
	s.raw("</TR>\n")
	s.row, s.col = s.row+1, 0
	if len(s.buf) >= block {
		s.flush()
	}
	return s.err
}

// Close ends the document; with overflow it says that the table was cut
// (DALI 1.1 §4.4.1). It does not close the writer below.
func (s *Writer) Close(overflow bool) error {
	if s.err == nil && s.col != 0 {
		s.err = exo.Errorf("votable.Writer", exo.Internal, nil, "row %d is not ended", s.row+1)
	}
	s.raw("</TABLEDATA></DATA>\n</TABLE>\n")
	if overflow {
		s.info(Info{Name: "QUERY_STATUS", Value: string(Overflow)})
	}
	s.raw("</RESOURCE>\n</VOTABLE>\n")
	s.flush()
	return s.err
}

func (s *Writer) flush() {
	if s.err == nil {
		if _, err := s.w.Write(s.buf); err != nil {
			s.err = exo.E("votable.Writer", exo.KindOf(err), nil, err)
		}
	}
	s.buf = s.buf[:0]
}

func (s *Writer) raw(t string) { s.buf = append(s.buf, t...) }

// attr writes an attribute that is not empty.
func (s *Writer) attr(name, value string) {
	if value == "" {
		return
	}
	s.raw(" " + name + `="`)
	s.buf = appendText(s.buf, value, true)
	s.raw(`"`)
}

func (s *Writer) description(t string) {
	if t == "" {
		return
	}
	s.raw("<DESCRIPTION>")
	s.buf = appendText(s.buf, t, false)
	s.raw("</DESCRIPTION>\n")
}

// info writes an INFO; name and value are required (§4.9).
func (s *Writer) info(in Info) {
	s.raw("<INFO")
	s.attr("ID", s.id(in.Name))
	s.raw(` name="`)
	s.buf = appendText(s.buf, in.Name, true)
	s.raw(`" value="`)
	s.buf = appendText(s.buf, in.Value, true)
	s.raw(`"`)
	if in.Text == "" {
		s.raw("/>\n")
		return
	}
	s.raw(">")
	s.buf = appendText(s.buf, in.Text, false)
	s.raw("</INFO>\n")
}

func (s *Writer) field(f Field) {
	if f.ID == "" {
		f.ID = s.id(f.Name)
	}
	s.raw("<FIELD")
	for _, a := range [...][2]string{{"ID", f.ID}, {"name", f.Name}, {"datatype", f.Datatype},
		{"arraysize", f.ArraySize}, {"unit", f.Unit}, {"ucd", f.UCD}} {
		s.attr(a[0], a[1])
	}
	if f.Description == "" {
		s.raw("/>\n")
		return
	}
	s.raw(">\n")
	s.description(f.Description)
	s.raw("</FIELD>\n")
}

// id returns an ID for an element whose name is none (XML 1.0 §2.3), made of its
// name: readers address columns by it and would make one up. A name that can be
// an ID needs none beside it.
func (s *Writer) id(name string) string {
	b := []byte(name)
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c != '-' && c != '.' && (c < '0' || c > '9')) {
			b[i] = '_'
		}
	}
	id := string(b)
	if id == name { // "" too
		return ""
	}
	for n := 2; s.ids[id]; n++ {
		id = string(b) + "_" + strconv.Itoa(n)
	}
	s.ids[id] = true
	return id
}

// appendText appends text as XML content. What a parser would change (carriage
// returns; in attributes tabs and line feeds too) and what would act on a
// terminal (controls, changes of direction) stands as a character reference.
func appendText(dst []byte, s string, attr bool) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if esc := reference(r, n, attr); esc != "" {
			dst = append(append(dst, s[from:i]...), esc...)
			from = i + n
		}
		i += n
	}
	return append(dst, s[from:]...)
}

// reference returns what stands for the character; "" if it stands for itself.
func reference(r rune, size int, attr bool) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r == '"':
		if attr {
			return "&quot;"
		}
	case r == '\t' || r == '\n':
		if attr {
			return "&#" + strconv.Itoa(int(r)) + ";"
		}
	case r == '\r':
		return "&#13;"
	case r < 0x20 || r == 0xfffe || r == 0xffff || r == utf8.RuneError && size == 1:
		return "\ufffd"
	case r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029:
		return "&#" + strconv.Itoa(int(r)) + ";"
	}
	return ""
}
