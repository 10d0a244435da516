package export_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/export"
	"exoplanetai/internal/xtest"
)

// typed makes typed rows of a text table, with types by what stands in the cells
// and units and descriptions from NASA's comment lines.
func typed(t testing.TB, text []byte) (export.Head, [][]any) {
	t.Helper()
	tab, err := csvtab.ReadAll(text, csvtab.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	h := export.Head{Name: "table", Description: "A table", Infos: [][2]string{{"source", "test & <more>"}}}
	said := map[string][2]string{}
	for _, c := range tab.Comments {
		name, label, ok := strings.Cut(strings.TrimPrefix(c, "COLUMN "), ":")
		if !ok {
			continue
		}
		label = strings.TrimSpace(label)
		unit := ""
		if i := strings.LastIndexByte(label, '['); i >= 0 && strings.HasSuffix(label, "]") {
			label, unit = strings.TrimSpace(label[:i]), label[i+1:len(label)-1]
		}
		said[name] = [2]string{label, unit}
	}
	rows := make([][]any, tab.Len())
	for i := range rows {
		rows[i] = make([]any, len(tab.Columns))
	}
	for j, name := range tab.Columns {
		c := export.Column{Name: name, Type: "int", Description: said[name][0], Unit: said[name][1]}
		for i := range rows {
			cell := tab.Cell(i, j)
			if _, err := strconv.ParseInt(cell, 10, 64); err != nil && cell != "" && c.Type == "int" {
				c.Type = "double"
			}
			if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" {
				c.Type = "char"
				break
			}
		}
		for i := range rows {
			rows[i][j] = asType(c.Type, tab.Cell(i, j))
		}
		h.Columns = append(h.Columns, c)
	}
	return h, rows
}

func asType(typ, cell string) any {
	if cell == "" {
		return nil
	}
	switch typ {
	case "int":
		n, _ := strconv.ParseInt(cell, 10, 64)
		return n
	case "double":
		f, _ := strconv.ParseFloat(cell, 64)
		return f
	}
	return cell
}

// prepare writes the rows in all formats to a folder, has stilts look at them, and
// returns the folder for the judge.
func prepare(t *testing.T, h export.Head, rows [][]any, ofCSV bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range export.Formats {
		put(t, dir, "t"+f.Extension(), write(t, f, h, rows, false))
	}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	names, types := []string{}, []string{}
	for _, c := range h.Columns {
		names, types = append(names, c.Name), append(types, c.Type)
	}
	enc.Encode(names)
	enc.Encode(types)
	for _, r := range rows {
		line := make([]any, len(r))
		for j, cell := range r {
			switch v := cell.(type) {
			case int64:
				line[j] = strconv.FormatInt(v, 10)
			case float64:
				line[j] = strconv.FormatFloat(v, 'x', -1, 64)
			case string:
				line[j] = []string{v}
			}
		}
		enc.Encode(line)
	}
	put(t, dir, "want.jsonl", want.Bytes())
	votlint(t, filepath.Join(dir, "t.vot"))
	run(t, "stilts", "tpipe", "in="+dir+"/t.vot", "ifmt=votable", "out="+dir+"/stilts.vot.csv", "ofmt=csv")
	if ofCSV { // its guesses of types from text are its own
		run(t, "stilts", "tpipe", "in="+dir+"/t.csv", "ifmt=csv", "out="+dir+"/stilts.csv.csv", "ofmt=csv")
	}
	return dir
}

// judge has the prepared folders read by others.
func judge(t *testing.T, dirs ...string) {
	t.Helper()
	t.Log(xtest.Python(t, `
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "testdata")
import judge
for folder in sys.argv[1:]:
    judge.judge(folder)
`, dirs...))
}

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(xtest.Tool(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// votlint fails on anything that stilts says, since its exit status is always
// 0, and on anything that the standard's schema does not allow.
func votlint(t *testing.T, file string) {
	t.Helper()
	if out := run(t, "stilts", "votlint", "ucd=true", "unit=true", "votable="+file); strings.TrimSpace(out) != "" {
		t.Errorf("votlint says\n%s", out)
	}
	const xsd = "/usr/lib/python3/dist-packages/astropy/io/votable/data/VOTable.v1.4.xsd" // of Debian's astropy
	run(t, "xmllint", "--noout", "--huge", "--nonet", "--schema", xsd, file)
}

func TestOthersReadTheRealTables(t *testing.T) {
	files := append(xtest.Glob(t, "data/real/catalogs/*.csv*"), xtest.Glob(t, "data/real/catalogs/*/*.csv*")...)
	seen := map[string]bool{}
	var dirs []string
	for _, f := range files {
		h, rows := typed(t, unpacked(t, f))
		cols := fmt.Sprint(h.Columns)
		if seen[cols] {
			continue // a table of these columns is judged already
		}
		seen[cols] = true
		const n = 300 // of the thousands: the judges are slow
		if beyond := slices.IndexFunc(rows, hasNonASCII); len(rows) > n {
			rows = slices.Concat(rows[:n/2], rows[len(rows)-n/2:], rows[max(beyond, 0):max(beyond, 0)+1])
		}
		t.Log(f)
		dirs = append(dirs, prepare(t, h, rows, len(dirs) == 0))
	}
	judge(t, dirs...)
}

// hostile are texts that would do something if they were let.
var hostile = []string{
	`<script>alert(1)</script>`, `</TD></TR></TABLEDATA>`, `]]>`, `<![CDATA[x]]>`, `<!-- -- -->`, `--`, `&amp;`, `&#x41;`, `&x;`, `<!DOCTYPE a>`,
	`=1+1`, `+1+1`, `-1+1`, `@SUM(A1)`, "\t=1", "\r=1", "\n=1", ` =1`, `'=1`, `''=1`, `＝1`, `=HYPERLINK("http://x/","y")`, `=cmd|' /C calc'!A0`, `"=1"`, `;=1`, `x,=1`,
	`-1.5`, `+3e5`, `-`, `+`, `=`, `@`, `'`, `''`, `'x`, `-Inf`, `+NaN`, `-0x1p3`,
	`"`, `""`, `a"b`, `"quoted"`, `'quoted'`, `a,b`, `a;b`, "a\tb", "a\nb", "a\r\nb", "a\rb", "\n", "\r", `\n`, `\`, `\u003c`,
	"a\x00b", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x7f", "\u0085", "\u009b31m", "\u202eevil\u202c", "\u2066x\u2069", "\u2028", "\u2029",
	"\ufeff", "\ufeff=1", "\ufffe", "\uffff", "\ufffd", "é", "e\u0301", "β Pictoris b", "🪐", "\U0010ffff", "\u200b", "\u200f",
	` leading`, `trailing `, ` `, `null`, `NULL`, `nan`, `true`, `NaN`, `--`, `0012`, `1e5`, `{"a":1}`, `# comment`, `This file was produced by x`,
	strings.Repeat("=", 5000), strings.Repeat("long ", 20000),
}

func TestHostileTextStaysTextInEveryFormat(t *testing.T) {
	h := export.Head{Name: `"><x>`, Description: `]]></DESCRIPTION>`, Infos: [][2]string{{`a"b`, "<&>\x1b\n"}},
		Columns: []export.Column{{Name: "id", Type: "int"}, {Name: "text", Type: "char"}, {Name: "x", Type: "double"}, {Name: "more", Type: "char"}}}
	var rows [][]any
	for i, s := range hostile {
		rows = append(rows, []any{int64(i), s, float64(i) + 0.5, hostile[len(hostile)-1-i]})
	}
	judge(t, prepare(t, h, rows, false))
}

func TestHostileColumnNamesStayNamesInEveryFormat(t *testing.T) {
	h := export.Head{Name: "t"}
	row := []any{}
	for _, s := range hostile[:len(hostile)-2] {
		if !strings.ContainsAny(s, "\x00\x1b\x07\ufffe\uffff\n\r\t\u0085") && strings.TrimSpace(s) == s && s != "" { // an attribute in XML is a token
			h.Columns = append(h.Columns, export.Column{Name: fmt.Sprintf("%s%d", s, len(h.Columns)), Type: "char"})
			row = append(row, s)
		}
	}
	judge(t, prepare(t, h, [][]any{row, row}, false))
}

func hasNonASCII(row []any) bool {
	return slices.ContainsFunc(row, func(cell any) bool {
		s, _ := cell.(string)
		return strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
	})
}

func unpacked(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(file, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}
