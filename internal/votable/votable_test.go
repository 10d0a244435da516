package votable_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/votable"
	"exoplanetai/internal/xtest"
)

func TestRecordedAnswers(t *testing.T) {
	cases := map[string]struct {
		status  votable.Status
		message string
		rows    int
	}{
		"tap_ok_votable.xml":       {votable.OK, "", 2},
		"tap_overflow_votable.xml": {votable.Overflow, "", 2},
		"tap_error_votable.xml":    {votable.Error, `ORA-00904: "EPIC_ID": invalid identifier`, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(xtest.Shared(t, "data/protocol/nasa/"+name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			d, err := votable.Read(f, votable.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Status != tc.status || d.Message != tc.message || len(d.Rows) != tc.rows {
				t.Errorf("status %s, message %q, %d rows", d.Status, d.Message, len(d.Rows))
			}
			if tc.rows == 0 {
				return
			}
			want := []string{"10811496", "K00753.01", "", "19.89913995"}
			if !reflect.DeepEqual(d.Rows[1], want) || d.Column("KEPLER_NAME") != 2 || d.Column("none") != -1 {
				t.Errorf("row %q, column %d", d.Rows[1], d.Column("KEPLER_NAME"))
			}
			if f := d.Fields[1]; f.Name != "kepoi_name" || f.Datatype != "char" || f.ArraySize != "*" {
				t.Errorf("field %+v", f)
			}
		})
	}
}

// wrap puts the inside of a results resource into a document.
func wrap(inside string) string {
	return `<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">` + inside + `</RESOURCE></VOTABLE>`
}

const twoFields = `<FIELD name="a" datatype="int"/><FIELD name="b" datatype="char" arraysize="*"/>`

func TestDocumentsThatAreAccepted(t *testing.T) {
	cases := map[string]struct {
		doc  string
		want votable.Doc
	}{
		"OVERFLOW behind the table outranks OK before it": {
			wrap(`<INFO name="QUERY_STATUS" value="OK"/><TABLE>` + twoFields + `<DATA><TABLEDATA><TR><TD> 1 </TD><TD> x </TD></TR></TABLEDATA></DATA></TABLE><INFO name="QUERY_STATUS" value="OVERFLOW"/>`),
			votable.Doc{Status: votable.Overflow, Table: true, Rows: [][]string{{"1", " x "}}},
		},
		"ERROR behind the table outranks OK before it": {
			wrap(`<INFO name="query_status" value="ok"/><TABLE>` + twoFields + `</TABLE><INFO name="QUERY_STATUS" value="ERROR">lost it</INFO>`),
			votable.Doc{Status: votable.Error, Message: "lost it", Table: true},
		},
		"a table without DATA is empty":         {wrap(`<TABLE>` + twoFields + `</TABLE>`), votable.Doc{Table: true}},
		"empty TD, TD without end and nulls":    {wrap(`<TABLE>` + twoFields + `<DATA><TABLEDATA><TR><TD/><TD></TD></TR></TABLEDATA></DATA></TABLE>`), votable.Doc{Table: true, Rows: [][]string{{"", ""}}}},
		"entities of XML, CDATA and characters": {wrap(`<TABLE>` + twoFields + `<DATA><TABLEDATA><TR><TD>1</TD><TD>a&amp;b &#x3b1; <![CDATA[<c>]]></TD></TR></TABLEDATA></DATA></TABLE>`), votable.Doc{Table: true, Rows: [][]string{{"1", "a&b α <c>"}}}},
		"a name space prefix": {
			`<v:VOTABLE xmlns:v="http://www.ivoa.net/xml/VOTable/v1.3"><v:RESOURCE><v:INFO name="QUERY_STATUS" value="OK"/></v:RESOURCE></v:VOTABLE>`, votable.Doc{Status: votable.OK}},
		"Latin-1": {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><VOTABLE><INFO name=\"QUERY_STATUS\" value=\"ERROR\">caf\xe9</INFO></VOTABLE>", votable.Doc{Status: votable.Error, Message: "café"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d, err := votable.Read(strings.NewReader(tc.doc), votable.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			d.Fields = nil
			if !reflect.DeepEqual(*d, tc.want) {
				t.Errorf("got %+v, want %+v", *d, tc.want)
			}
		})
	}
}

func TestUnitsAndDescriptionsAreRead(t *testing.T) {
	d, err := votable.Read(strings.NewReader(wrap(`<TABLE><FIELD ID="p" datatype="double" unit="d" ucd="time.period"><DESCRIPTION> orbital
 period </DESCRIPTION></FIELD></TABLE>`)), votable.Limits{})
	want := votable.Field{ID: "p", Name: "p", Datatype: "double", Unit: "d", UCD: "time.period", Description: "orbital\n period"}
	if err != nil || d.Fields[0] != want {
		t.Errorf("%+v, %v", d.Fields, err)
	}
}

func TestHostileDocumentsAreRefused(t *testing.T) {
	table := func(data string) string {
		return wrap(`<TABLE>` + twoFields + `<DATA>` + data + `</DATA></TABLE>`)
	}
	rows := func(s string) string { return table(`<TABLEDATA>` + s + `</TABLEDATA>`) }
	small := votable.Limits{Bytes: 1 << 20, Token: 4 << 10, Fields: 4, Rows: 3}
	cases := map[string]struct {
		doc  string
		lim  votable.Limits
		kind exo.Kind
	}{
		"an external entity":                {doc: `<!DOCTYPE v [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + wrap(`<INFO name="QUERY_STATUS" value="ERROR">&x;</INFO>`), kind: exo.Invalid},
		"a bomb of entities":                {doc: `<!DOCTYPE v [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>` + wrap(`<INFO name="n" value="&b;"/>`), kind: exo.Invalid},
		"a DOCTYPE without entities":        {doc: `<!DOCTYPE VOTABLE>` + wrap(``), kind: exo.Invalid},
		"an entity of its own":              {doc: wrap(`<INFO name="n" value="&b;"/>`), kind: exo.Invalid},
		"nesting without end":               {doc: `<VOTABLE>` + strings.Repeat(`<RESOURCE>`, 100_000), kind: exo.TooLarge},
		"an attribute of a megabyte":        {doc: wrap(`<INFO name="` + strings.Repeat("x", 1<<20) + `"/>`), lim: small, kind: exo.TooLarge},
		"a cell of a megabyte":              {doc: rows(`<TR><TD>` + strings.Repeat("x", 1<<20) + `</TD></TR>`), lim: small, kind: exo.TooLarge},
		"a cell of many pieces":             {doc: rows(`<TR><TD>` + strings.Repeat("x<!-- -->", 50_000) + `</TD></TR>`), lim: small, kind: exo.TooLarge},
		"a message of many pieces":          {doc: wrap(`<INFO name="QUERY_STATUS" value="ERROR">` + strings.Repeat("xxxxxxxx<!-- -->", 20_000) + `</INFO>`), kind: exo.TooLarge},
		"too many bytes":                    {doc: wrap(strings.Repeat(" \n", 1<<20)), lim: votable.Limits{Bytes: 1 << 20, Token: 8 << 20}, kind: exo.TooLarge},
		"too many fields":                   {doc: wrap(`<TABLE>` + strings.Repeat(`<FIELD name="a"/>`, 5)), lim: small, kind: exo.TooLarge},
		"too many rows":                     {doc: rows(strings.Repeat(`<TR><TD/><TD/></TR>`, 4)), lim: small, kind: exo.TooLarge},
		"too many INFO elements":            {doc: wrap(strings.Repeat(`<INFO name="n"/>`, 1001)), kind: exo.TooLarge},
		"rows without fields":               {doc: wrap(`<TABLE><DATA><TABLEDATA><TR></TR></TABLEDATA></DATA></TABLE>`), kind: exo.Invalid},
		"two tables":                        {doc: wrap(`<TABLE>` + twoFields + `</TABLE><TABLE>` + twoFields + `</TABLE>`), kind: exo.Invalid},
		"BINARY2":                           {doc: table(`<BINARY2><STREAM encoding="base64">AAAA</STREAM></BINARY2>`), kind: exo.Invalid},
		"a row with a cell too few":         {doc: rows(`<TR><TD/></TR>`), kind: exo.Invalid},
		"a row with a cell too many":        {doc: rows(`<TR><TD/><TD/><TD/></TR>`), kind: exo.Invalid},
		"rows outside TABLEDATA":            {doc: table(`<TR><TD/><TD/></TR>`), kind: exo.Invalid},
		"cells outside rows":                {doc: rows(`<TD/>`), kind: exo.Invalid},
		"data before the fields":            {doc: wrap(`<TABLE><DATA><TABLEDATA></TABLEDATA></DATA>` + twoFields + `</TABLE>`), kind: exo.Invalid},
		"a field without a name":            {doc: wrap(`<TABLE><FIELD datatype="int"/></TABLE>`), kind: exo.Invalid},
		"a field outside a table":           {doc: wrap(twoFields), kind: exo.Invalid},
		"ends that cross":                   {doc: wrap(`<TABLE><DATA></TABLE></DATA>`), kind: exo.Invalid},
		"an end without a begin":            {doc: `</VOTABLE>`, kind: exo.Invalid},
		"two roots":                         {doc: wrap(``) + wrap(``), kind: exo.Invalid},
		"another root":                      {doc: `<html><body/></html>`, kind: exo.Invalid},
		"text before the root":              {doc: `hello ` + wrap(``), kind: exo.Invalid},
		"nothing":                           {doc: ``, kind: exo.Invalid},
		"an encoding that is not supported": {doc: `<?xml version="1.0" encoding="utf-7"?>` + wrap(``), kind: exo.Invalid},
		"invalid UTF-8":                     {doc: wrap("<INFO name=\"\xff\"/>"), kind: exo.Invalid},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := votable.Read(strings.NewReader(tc.doc), tc.lim)
			if exo.KindOf(err) != tc.kind || err == nil {
				t.Errorf("error %v, want %s", err, tc.kind)
			}
		})
	}
}

func TestATruncatedDocumentIsAnErrorAtEveryLength(t *testing.T) {
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/nasa/tap_overflow_votable.xml"))
	if err != nil {
		t.Fatal(err)
	}
	whole := len(bytes.TrimRight(b, " \r\n"))
	for n := range whole {
		if _, err := votable.Read(bytes.NewReader(b[:n]), votable.Limits{}); !errors.Is(err, exo.Invalid) {
			t.Fatalf("cut at %d of %d: %v", n, whole, err)
		}
	}
}

type failing struct{ r io.Reader }

var errLost = errors.New("connection lost")

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = errLost
	}
	return n, err
}

func TestFailuresOfTheSourceAndTheCallerComeBack(t *testing.T) {
	doc := wrap(`<TABLE>` + twoFields + `<DATA><TABLEDATA><TR><TD/><TD/></TR></TABLEDATA></DATA></TABLE>`)
	if _, err := votable.Read(failing{strings.NewReader(doc[:len(doc)-5])}, votable.Limits{}); !errors.Is(err, errLost) {
		t.Errorf("source: %v", err)
	}
	mine := errors.New("mine")
	if _, err := votable.Scan(strings.NewReader(doc), votable.Limits{}, nil, func([]string) error { return mine }); err != mine {
		t.Errorf("row: %v", err)
	}
	if _, err := votable.Scan(strings.NewReader(doc), votable.Limits{}, func([]votable.Field) error { return mine }, nil); err != mine {
		t.Errorf("fields: %v", err)
	}
}

// endless gives rows for ever.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	const row = `<TR><TD>1</TD><TD>some text</TD></TR>`
	for i := range p {
		p[i] = row[(e.n+i)%len(row)]
	}
	e.n += len(p)
	return len(p), nil
}

func TestScanningTakesLittleMemory(t *testing.T) {
	head := strings.TrimSuffix(wrap(`<TABLE>`+twoFields+`<DATA><TABLEDATA>`), `</RESOURCE></VOTABLE>`)
	rows := 0
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, err := votable.Scan(io.MultiReader(strings.NewReader(head), &endless{}), votable.Limits{Bytes: 4 << 20}, nil, func([]string) error { rows++; return nil })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if !errors.Is(err, exo.TooLarge) || rows < 75_000 {
		t.Errorf("%v after %d rows", err, rows)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 1<<20 {
		t.Errorf("%d bytes kept", kept)
	}
}

func sampleDoc() votable.Doc {
	return votable.Doc{
		Status: votable.OK, Table: true, Infos: []votable.Info{{Name: "REQUEST", Value: `a "b" <c>`, Text: "x & y"}},
		Fields: []votable.Field{{ID: "n", Name: "n", Datatype: "int"}, {ID: "t", Name: "t", Datatype: "char", ArraySize: "*", Unit: "d", UCD: "u", Description: "a < b"}},
		Rows:   [][]string{{"1", "plain"}, {"", ""}, {"-5", "]]> & <b> \"q\""}, {"2", "line\nbreak\ttab\rreturn"}, {"3", "α é"}},
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for name, d := range map[string]votable.Doc{
		"a table":            sampleDoc(),
		"a table, no rows":   {Status: votable.OK, Table: true, Fields: sampleDoc().Fields},
		"an error":           {Status: votable.Error, Message: "ORA-00904: <x>"},
		"a document of none": {},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := votable.Write(&b, d); err != nil {
				t.Fatal(err)
			}
			got, err := votable.Read(&b, votable.Limits{})
			if err != nil || !reflect.DeepEqual(*got, d) {
				t.Errorf("%v\ngot  %+v\nwant %+v", err, got, d)
			}
		})
	}
}

func TestWritingIsLikeTheArchives(t *testing.T) {
	want, err := os.ReadFile(xtest.Shared(t, "data/protocol/nasa/tap_ok_votable.xml"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := votable.Read(bytes.NewReader(want), votable.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := votable.Write(&b, *d); err != nil {
		t.Fatal(err)
	}
	// The reference differs in layout only.
	plain := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, "\n", " ")), " ") }
	if plain(b.String()) != plain(string(want)) {
		t.Errorf("got\n%s", b.String())
	}
}

func TestAstropyReadsWhatIsWritten(t *testing.T) {
	d := sampleDoc()
	d.Rows = d.Rows[:3]
	f := t.TempDir() + "/t.xml"
	var b bytes.Buffer
	if err := votable.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got := xtest.Python(t, `
import sys, warnings
warnings.simplefilter("ignore")
from astropy.io.votable import parse
v = parse(sys.argv[1])
t = v.get_first_table().to_table()
print(v.resources[0].infos[0].value, list(t.colnames), [("" if r["n"] is None or str(r["n"]) == "--" else str(r["n"])) + "|" + str(r["t"]) for r in t])
`, f)
	if want := `OK ['n', 't'] ['1|plain', '|', '-5|]]> & <b> "q"']`; strings.TrimSpace(got) != want {
		t.Errorf("astropy reads %s, want %s", got, want)
	}
}

func TestARowThatDoesNotFitIsNotWritten(t *testing.T) {
	err := votable.Write(io.Discard, votable.Doc{Table: true, Fields: make([]votable.Field, 2), Rows: [][]string{{"1"}}})
	if !errors.Is(err, exo.Internal) {
		t.Errorf("error %v", err)
	}
}

func FuzzVOTable(f *testing.F) {
	var b bytes.Buffer
	if err := votable.Write(&b, sampleDoc()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(wrap(`<INFO name="QUERY_STATUS" value="ERROR">no</INFO>`)))
	f.Add([]byte(wrap(`<TABLE>` + twoFields + `<DATA><TABLEDATA><TR><TD>1</TD><TD><![CDATA[x]]></TD></TR></TABLEDATA></DATA></TABLE><INFO name="QUERY_STATUS" value="OVERFLOW"/>`)))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b \"c\">]><VOTABLE>&b;</VOTABLE>"))
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := votable.Read(bytes.NewReader(in), votable.Limits{Bytes: 1 << 20, Token: 64 << 10, Rows: 10_000})
		if err != nil {
			if k := exo.KindOf(err); k != exo.Invalid && k != exo.TooLarge {
				t.Fatalf("kind %s: %v", k, err)
			}
			return
		}
		var out bytes.Buffer
		if err := votable.Write(&out, *d); err != nil {
			t.Fatal(err)
		}
		again, err := votable.Read(bytes.NewReader(out.Bytes()), votable.Limits{Bytes: 64 << 20, Token: 1 << 20})
		if err != nil {
			t.Fatalf("what was accepted cannot be read back: %v\n%s", err, out.Bytes())
		}
		if len(again.Rows) != len(d.Rows) || len(again.Rows) > 0 && !reflect.DeepEqual(again.Rows, d.Rows) || again.Status != d.Status {
			t.Fatalf("rows %q become %q", d.Rows, again.Rows)
		}
	})
}
