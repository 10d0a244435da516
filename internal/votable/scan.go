package votable

import (
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

const maxInfos = 1000

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

func (s *scanner) start(t xml.StartElement) error {
	name := t.Name.Local
	if len(s.open) >= s.lim.Depth {
		return exo.Errorf(op, exo.TooLarge, nil, "the VOTable nests deeper than %d elements", s.lim.Depth)
	}
	if len(s.open) == 0 {
		if s.rooted || name != "VOTABLE" {
			return s.bad("its root is %.40q", name)
		}
		s.rooted = true
	}
	parent := s.parent()
	s.open = append(s.open, name)
	if parent == "TABLEDATA" || name == "TR" || name == "TD" {
		return s.startCell(name, parent)
	}
	return s.startPart(t, parent)
}

// startPart begins an element of the document's frame.
func (s *scanner) startPart(t xml.StartElement, parent string) error {
	switch name := t.Name.Local; name {
	case "INFO":
		if len(s.doc.Infos) >= maxInfos {
			return exo.Errorf(op, exo.TooLarge, nil, "the VOTable has more than %d INFO elements", maxInfos)
		}
		s.info = &Info{Name: attr(t, "name"), Value: attr(t, "value")}
	case "TABLE":
		if s.doc.Table {
			return s.bad("it holds more than one table")
		}
		s.doc.Table = true
	case "FIELD":
		if parent != "TABLE" || s.told {
			return s.bad("a FIELD stands outside the head of a TABLE")
		}
		return s.addField(t)
	case "DESCRIPTION":
		s.inDesc = parent == "FIELD"
	case "VALUES":
		if parent == "FIELD" {
			s.doc.Fields[len(s.doc.Fields)-1].Null = strings.TrimSpace(attr(t, "null"))
		}
	case "BINARY", "BINARY2", "FITS":
		if parent == "DATA" {
			return s.bad("its data are %s; only TABLEDATA is read", name)
		}
	case "TABLEDATA":
		if parent != "DATA" {
			return s.bad("TABLEDATA stands outside DATA")
		}
		if len(s.doc.Fields) == 0 {
			return s.bad("its table has data but no fields")
		}
		return s.tell()
	}
	return nil
}

// startCell begins a row or a cell.
func (s *scanner) startCell(name, parent string) error {
	switch name {
	case "TR":
		if parent != "TABLEDATA" {
			return s.bad("a TR stands outside TABLEDATA")
		}
		s.row = s.row[:0]
	case "TD":
		if parent != "TR" {
			return s.bad("a TD stands outside a TR")
		}
		if len(s.row) == len(s.doc.Fields) {
			return s.bad("row %d has more cells than the %d fields", s.rows+1, len(s.doc.Fields))
		}
		s.inCell = true
		s.cell.Reset()
	}
	return nil
}

func (s *scanner) parent() string {
	if len(s.open) == 0 {
		return ""
	}
	return s.open[len(s.open)-1]
}

func (s *scanner) end(name string) error {
	if s.parent() != name {
		return s.bad("%.40q ends inside %.40q", name, s.parent())
	}
	s.open = s.open[:len(s.open)-1]
	switch name {
	case "INFO":
		s.endInfo()
	case "DESCRIPTION":
		if s.inDesc {
			f := &s.doc.Fields[len(s.doc.Fields)-1]
			f.Description = strings.TrimSpace(f.Description)
		}
		s.inDesc = false
	case "TD":
		s.inCell = false
		cell, err := s.cellText()
		if err != nil {
			return err
		}
		s.row = append(s.row, cell)
	case "TR":
		return s.endRow()
	case "TABLE":
		return s.tell()
	}
	return nil
}

// cellText returns the open cell. Blanks around a number are layout, those in
// a text are its own.
func (s *scanner) cellText() (string, error) {
	v := s.cell.String()
	switch f := &s.doc.Fields[len(s.row)]; f.Datatype {
	case "char", "unicodeChar":
		if n, fixed := textLimit(f.ArraySize); fixed && utf8.RuneCountInString(v) > n {
			return "", s.bad("row %d: the text in %.40q is longer than the %d characters of its field", s.rows+1, f.Name, n)
		}
		return v, nil
	default:
		if v = strings.TrimSpace(v); v == f.Null {
			return "", nil
		}
		return v, nil
	}
}

// textLimit returns the most characters that a text of one dimension may have:
// "8" and "8*" say 8, "" says 1 (VOTable 1.4 §2.2). Old services leave the size of
// texts out altogether, so "" is no limit here.
func textLimit(size string) (n int, fixed bool) {
	n, err := strconv.Atoi(strings.TrimSuffix(size, "*"))
	return n, err == nil
}

// isArraySize tells whether s is an array size: numbers joined by "x", of which
// the last may be, or end in, "*" (VOTable 1.4 §4.1).
func isArraySize(s string) bool {
	dims := strings.Split(strings.TrimSuffix(s, "*"), "x")
	for i, d := range dims {
		if d == "" && i == len(dims)-1 && strings.HasSuffix(s, "*") {
			continue
		}
		if _, err := strconv.ParseUint(d, 10, 31); err != nil {
			return false
		}
	}
	return true
}

func (s *scanner) endRow() error {
	s.rows++
	switch {
	case len(s.row) != len(s.doc.Fields):
		return s.bad("row %d has %d cells, not %d", s.rows, len(s.row), len(s.doc.Fields))
	case s.rows > s.lim.Rows:
		return exo.Errorf(op, exo.TooLarge, nil, "the VOTable has more than %d rows", s.lim.Rows)
	case s.onRow != nil:
		return s.onRow(s.row)
	}
	return nil
}

func (s *scanner) endInfo() {
	in := s.info
	s.info = nil
	if in == nil {
		return
	}
	in.Text = strings.TrimSpace(in.Text)
	if !equalFold(in.Name, "QUERY_STATUS") {
		s.doc.Infos = append(s.doc.Infos, *in)
		return
	}
	// A second status after the table outranks the first: OK before the rows
	// was a hope, OVERFLOW or ERROR behind them is the result.
	s.doc.Status = Status(strings.ToUpper(strings.TrimSpace(in.Value)))
	s.doc.Message = in.Text
}

func (s *scanner) addField(t xml.StartElement) error {
	if len(s.doc.Fields) >= s.lim.Fields {
		return exo.Errorf(op, exo.TooLarge, nil, "the VOTable has more than %d fields", s.lim.Fields)
	}
	f := Field{
		ID: attr(t, "ID"), Name: attr(t, "name"), Datatype: attr(t, "datatype"), ArraySize: attr(t, "arraysize"),
		Unit: attr(t, "unit"), UCD: attr(t, "ucd"),
	}
	if f.Name == "" {
		f.Name = f.ID
	}
	if f.ArraySize != "" && !isArraySize(f.ArraySize) {
		return s.bad("field %.40q has the array size %.40q", f.Name, f.ArraySize)
	}
	if f.Name == "" {
		return s.bad("field %d has no name", len(s.doc.Fields)+1)
	}
	s.doc.Fields = append(s.doc.Fields, f)
	return nil
}

// tell hands the fields out, once.
func (s *scanner) tell() error {
	if s.told {
		return nil
	}
	s.told = true
	if s.onFields == nil {
		return nil
	}
	return s.onFields(s.doc.Fields)
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
