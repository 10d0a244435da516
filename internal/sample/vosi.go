package sample

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// vosi sends an XML document.
func vosi(w http.ResponseWriter, doc string) {
	w.Header().Set("Content-Type", "text/xml")
	io.WriteString(w, doc)
}

// availability is the VOSI document of a service that is up (VOSI 1.1 section 2.3).
const availability = xmlHead + `<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">
  <vosi:available>true</vosi:available>
  <vosi:note>service is accepting queries</vosi:note>
</vosi:availability>
`

// vosiCapabilities says what the TAP service can do (TAPRegExt 1.0).
func (s *Server) vosiCapabilities(w http.ResponseWriter, r *request) {
	base := "http://" + r.Host + "/TAP"
	face := func(p string) string {
		return `    <interface xsi:type="vs:ParamHTTP" role="std"><accessURL use="` + map[bool]string{true: "base", false: "full"}[p == ""] + `">` + base + p + "</accessURL></interface>\n"
	}
	var formats strings.Builder
	for _, f := range []string{"votable", "csv", "tsv", "ipac", "json"} {
		formats.WriteString("    <outputFormat><mime>" + contentTypes[f] + "</mime><alias>" + f + "</alias></outputFormat>\n")
	}
	vosi(w, xmlHead+`<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">
`+face("")+`    <language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version></language>
`+formats.String()+`  </capability>
  <capability standardID="ivo://ivoa.net/std/VOSI#capabilities">
`+face("/capabilities")+`  </capability>
  <capability standardID="ivo://ivoa.net/std/VOSI#availability">
`+face("/availability")+`  </capability>
  <capability standardID="ivo://ivoa.net/std/VOSI#tables">
`+face("/tables")+`  </capability>
</vosi:capabilities>
`)
}

// vosiTables describes the tables (VODataService 1.1).
func (s *Server) vosiTables(w http.ResponseWriter, r *request) {
	var b strings.Builder
	b.WriteString(xmlHead + `<vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <schema><name>exoplanets</name>
`)
	for _, t := range s.public(r) {
		b.WriteString("    <table type=\"table\"><name>" + xmlText(t.name) + "</name>\n")
		for _, c := range t.cols {
			size := ""
			if !c.numeric() {
				size = ` arraysize="*"`
			}
			b.WriteString("      <column><name>" + xmlText(c.name) + "</name><description>" + xmlText(c.desc) + "</description><unit>" + xmlText(c.unit) +
				`</unit><dataType xsi:type="vs:VOTableType"` + size + ">" + votType(c) + "</dataType></column>\n")
		}
		b.WriteString("    </table>\n")
	}
	b.WriteString("  </schema>\n</vosi:tableset>\n")
	vosi(w, b.String())
}

func votType(c column) string {
	if c.kind == "date" {
		return "char"
	}
	return c.kind
}

// public returns the tables that queries can reach.
func (s *Server) public(r *request) []*table {
	var out []*table
	for _, name := range s.src.tables() {
		if name == "exofop" || name == "gaia" {
			continue
		}
		if t, _, err := r.view(name); err == nil && t != nil {
			out = append(out, t)
		}
	}
	return out
}

// schema returns one of the tables that describe the tables (TAP 1.1 section 4),
// nil for another name.
func (s *Server) schema(r *request, name string) *table {
	text := func(names ...string) []column {
		cols := make([]column, len(names))
		for i, n := range names {
			cols[i] = column{name: n, kind: "char"}
			if n == "principal" || n == "indexed" || n == "std" || n == "size" {
				cols[i].kind = "int"
			}
		}
		return cols
	}
	var rows [][]string
	switch name {
	case "schemas":
		return newTable("TAP_SCHEMA.schemas", text("schema_name", "utype", "description"),
			[][]string{{"TAP_SCHEMA", "", "the tables that describe the tables"}, {"exoplanets", "", "the archive's tables"}})
	case "tables":
		for _, t := range s.public(r) {
			rows = append(rows, []string{"exoplanets", t.name, "table", "", strconv.Itoa(len(t.rows)) + " rows"})
		}
		for _, n := range []string{"schemas", "tables", "columns", "keys", "key_columns"} {
			rows = append(rows, []string{"TAP_SCHEMA", "TAP_SCHEMA." + n, "table", "", ""})
		}
		return newTable("TAP_SCHEMA.tables", text("schema_name", "table_name", "table_type", "utype", "description"), rows)
	case "columns":
		for _, t := range s.public(r) {
			for _, c := range t.cols {
				rows = append(rows, []string{t.name, c.name, c.desc, c.unit, "", "", votType(c), "", "0", "0", "0"})
			}
		}
		if v, ok := r.fault("phantom"); ok {
			name, col, _ := strings.Cut(v, ".")
			rows = append(rows, []string{name, col, "a column that cannot be selected", "", "", "", "char", "", "0", "0", "0"})
		}
		return newTable("TAP_SCHEMA.columns", text("table_name", "column_name", "description", "unit", "ucd", "utype", "datatype", "size", "principal", "indexed", "std"), rows)
	case "keys":
		return newTable("TAP_SCHEMA.keys", text("key_id", "from_table", "target_table", "description", "utype"), nil)
	case "key_columns":
		return newTable("TAP_SCHEMA.key_columns", text("key_id", "from_column", "target_column"), nil)
	}
	return nil
}
