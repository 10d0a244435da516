package votable

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"

	"exoplanetai/internal/exo"
)

// Write writes the document as the NASA Exoplanet Archive does: VOTable 1.3,
// one resource of type "results", QUERY_STATUS before the table, one cell a
// line, text in CDATA, null as an empty TD. A document without a table (an
// error) gets none. Equal documents give equal bytes. What Write writes, Read
// reads back, except for characters that XML 1.0 cannot hold: they become
// U+FFFD.
func Write(w io.Writer, d Doc) error {
	b := bufio.NewWriter(w)
	if err := write(b, d); err != nil {
		return err
	}
	return b.Flush()
}

func write(b *bufio.Writer, d Doc) error {
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.ivoa.net/xml/VOTable/v1.3">
  <RESOURCE type="results">
`)
	if d.Status != "" {
		writeInfo(b, Info{Name: "QUERY_STATUS", Value: string(d.Status), Text: d.Message})
	}
	for _, in := range d.Infos {
		writeInfo(b, in)
	}
	if d.Table {
		b.WriteString("  <TABLE>\n")
		for _, f := range d.Fields {
			writeField(b, f)
		}
		if err := writeRows(b, d); err != nil {
			return err
		}
		b.WriteString("  </TABLE>\n")
	}
	_, err := b.WriteString("  </RESOURCE>\n</VOTABLE>\n")
	return err
}

func writeInfo(b *bufio.Writer, in Info) {
	b.WriteString("  <INFO")
	writeAttr(b, "name", in.Name)
	writeAttr(b, "value", in.Value)
	if in.Text == "" {
		b.WriteString("/>\n")
		return
	}
	b.WriteByte('>')
	escape(b, in.Text)
	b.WriteString("</INFO>\n")
}

func writeField(b *bufio.Writer, f Field) {
	b.WriteString("    <FIELD")
	for _, a := range [...][2]string{{"ID", f.ID}, {"arraysize", f.ArraySize}, {"datatype", f.Datatype},
		{"name", f.Name}, {"unit", f.Unit}, {"ucd", f.UCD}} {
		if a[1] != "" {
			writeAttr(b, a[0], a[1])
		}
	}
	if f.Description == "" {
		b.WriteString("/>\n")
		return
	}
	b.WriteString("><DESCRIPTION>")
	escape(b, f.Description)
	b.WriteString("</DESCRIPTION></FIELD>\n")
}

// writeRows writes the DATA element, which a table without rows lacks.
func writeRows(b *bufio.Writer, d Doc) error {
	if len(d.Rows) == 0 {
		return nil
	}
	b.WriteString("    <DATA>\n      <TABLEDATA>\n")
	for i, row := range d.Rows {
		if len(row) != len(d.Fields) {
			return exo.Errorf("votable.Write", exo.Internal, nil, "row %d has %d cells, not %d", i+1, len(row), len(d.Fields))
		}
		b.WriteString("      <TR>\n")
		for c, cell := range row {
			b.WriteString("        <TD>")
			switch d.Fields[c].Datatype {
			case "char", "unicodeChar":
				writeText(b, cell)
			default:
				escape(b, cell)
			}
			b.WriteString("</TD>\n")
		}
		if _, err := b.WriteString("      </TR>\n"); err != nil {
			return err
		}
	}
	_, err := b.WriteString("      </TABLEDATA>\n    </DATA>\n")
	return err
}

// writeText writes a text cell in CDATA. "]]>" cannot stand in one section, and
// a carriage return would be read back as a line feed: such a text is escaped.
func writeText(b *bufio.Writer, s string) {
	switch {
	case s == "":
	case strings.Contains(s, "]]>") || strings.ContainsFunc(s, unsafeInCDATA):
		escape(b, s)
	default:
		b.WriteString("<![CDATA[")
		b.WriteString(s)
		b.WriteString("]]>")
	}
}

func unsafeInCDATA(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' || r == 0xfffd || r == 0xfffe || r == 0xffff
}

func writeAttr(b *bufio.Writer, name, value string) {
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	escape(b, value)
	b.WriteByte('"')
}

// escape writes text so that XML keeps it; the writer keeps its own error.
func escape(b *bufio.Writer, s string) { _ = xml.EscapeText(b, []byte(s)) }
