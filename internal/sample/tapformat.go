package sample

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// contentTypes are the archive's, which are not those of the standard: CSV goes
// out as text/plain.
var contentTypes = map[string]string{
	"votable": "text/xml", "csv": "text/plain", "tsv": "text/plain", "ipac": "text/plain", "json": "application/json",
}

// write sends a result in one of the archive's five formats.
func write(w io.Writer, format string, r *result) error {
	b := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case "csv":
		writeCSV(b, r)
	case "tsv":
		writeTSV(b, r)
	case "ipac":
		writeIPAC(b, r)
	case "json":
		writeJSON(b, r)
	default:
		writeVOTable(b, r)
	}
	return b.Flush()
}

// writeCSV puts text and dates in quotes and does not double those inside;
// the header and numbers stand bare, null is nothing.
func writeCSV(b *bufio.Writer, r *result) {
	for i, c := range r.cols {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.name)
	}
	b.WriteByte('\n')
	for _, row := range r.rows {
		for i, s := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if s != "" && !r.cols[i].numeric() {
				b.WriteByte('"')
				b.WriteString(s)
				b.WriteByte('"')
				continue
			}
			b.WriteString(s)
		}
		b.WriteByte('\n')
	}
}

func writeTSV(b *bufio.Writer, r *result) {
	for i, c := range r.cols {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(c.name)
	}
	b.WriteByte('\n')
	for _, row := range r.rows {
		b.WriteString(strings.Join(row, "\t"))
		b.WriteByte('\n')
	}
}

// writeIPAC sends an IPAC table: four header lines between bars, then columns
// of fixed width.
func writeIPAC(b *bufio.Writer, r *result) {
	width := make([]int, len(r.cols))
	for i, c := range r.cols {
		width[i] = max(len(c.name), len(c.kind), len(c.unit), len("null"))
	}
	for _, row := range r.rows {
		for i, s := range row {
			width[i] = max(width[i], len(s))
		}
	}
	line := func(cell func(column) string) {
		for i, c := range r.cols {
			fmt.Fprintf(b, "|%*s", width[i], cell(c))
		}
		b.WriteString("|\n")
	}
	line(func(c column) string { return c.name })
	line(func(c column) string { return c.kind })
	line(func(c column) string { return c.unit })
	line(func(column) string { return "null" })
	for _, row := range r.rows {
		for i, s := range row {
			if s == "" {
				s = "null"
			}
			b.WriteByte(' ')
			for range width[i] - len(s) {
				b.WriteByte(' ')
			}
			b.WriteString(s)
		}
		b.WriteString(" \n")
	}
}

// writeJSON sends an array of objects.
func writeJSON(b *bufio.Writer, r *result) {
	names := make([]string, len(r.cols))
	for i, c := range r.cols {
		names[i] = jsonText(c.name) + ":"
	}
	b.WriteByte('[')
	for k, row := range r.rows {
		if k > 0 {
			b.WriteString(",\n")
		}
		b.WriteByte('{')
		for i, s := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(names[i])
			b.WriteString(jsonCell(r.cols[i], s))
		}
		b.WriteByte('}')
	}
	b.WriteString("]\n")
}

// jsonCell gives a cell as a JSON value.
func jsonCell(c column, s string) string {
	switch {
	case s == "":
		return "null"
	case !c.numeric():
		return jsonText(s)
	case jsonNumber(s):
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f > 1e308 || f < -1e308 {
		return "null"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// jsonNumber tells whether a number's text is one in JSON too: RFC 8259 wants a
// digit before the point and no leading zeros.
func jsonNumber(s string) bool {
	d := strings.TrimPrefix(s, "-")
	switch {
	case d == "" || !isDigit(d[0]):
		return false
	case len(d) > 1 && d[0] == '0' && isDigit(d[1]):
		return false
	case strings.HasSuffix(d, ".") || strings.Contains(d, ".e") || strings.Contains(d, ".E"):
		return false
	}
	return plainNumber(s)
}

const votableHead = `<?xml version="1.0" encoding="utf-8"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.ivoa.net/xml/VOTable/v1.3">
  <RESOURCE type="results">
  <INFO name="QUERY_STATUS" value="%s"/>
  <TABLE>
`

// writeVOTable sends the archive's VOTable: bare fields, a cell a line, text
// in CDATA, null an empty TD. A table without rows has no DATA.
func writeVOTable(b *bufio.Writer, r *result) {
	status := "OK"
	if r.overflow {
		status = "OVERFLOW"
	}
	fmt.Fprintf(b, votableHead, status)
	for _, c := range r.cols {
		name := strings.ReplaceAll(xmlText(c.name), `"`, "&quot;")
		if c.numeric() {
			fmt.Fprintf(b, "    <FIELD ID=\"%s\" datatype=\"%s\" name=\"%s\"/>\n", name, c.kind, name)
		} else {
			fmt.Fprintf(b, "    <FIELD ID=\"%s\" arraysize=\"*\" datatype=\"char\" name=\"%s\"/>\n", name, name)
		}
	}
	if len(r.rows) > 0 {
		b.WriteString("    <DATA>\n      <TABLEDATA>\n")
		for _, row := range r.rows {
			writeTR(b, r.cols, row)
		}
		b.WriteString("      </TABLEDATA>\n    </DATA>\n")
	}
	b.WriteString("  </TABLE>\n  </RESOURCE>\n</VOTABLE>\n")
}

func writeTR(b *bufio.Writer, cols []column, row []string) {
	b.WriteString("      <TR>\n")
	for i, s := range row {
		b.WriteString("        <TD>")
		switch {
		case s == "":
		case cols[i].numeric():
			b.WriteString(xmlText(s))
		default:
			b.WriteString("<![CDATA[")
			if !plainXML(s) {
				s = strings.ReplaceAll(cleanXML(s), "]]>", "]]]]><![CDATA[>")
			}
			b.WriteString(s)
			b.WriteString("]]>")
		}
		b.WriteString("</TD>\n")
	}
	b.WriteString("      </TR>\n")
}

// xmlText escapes a text for XML, for between tags.
func xmlText(s string) string {
	if plainXML(s) {
		return s
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(cleanXML(s))
}

// plainXML tells whether a text needs no care in XML; nearly all cells do not.
func plainXML(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '&' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// cleanXML drops what XML 1.0 cannot hold: control characters and bytes that
// are not UTF-8.
func cleanXML(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
