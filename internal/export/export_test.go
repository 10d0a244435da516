package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/votable"
)

// sample is a table with all that cells can be.
func sample() (export.Head, [][]any) {
	h := export.Head{
		Name: "koi", Description: "Kepler objects & more",
		Columns: []export.Column{
			{Name: "kepoi_name", Type: "char"},
			{Name: "kepid", Type: "int", Description: "KIC <identifier>"},
			{Name: "koi_period", Type: "double", Unit: "days"},
			{Name: "Planet Radius (R_Earth) err", Type: "double", Unit: "Earth radii"},
			{Name: "koi_slogg", Type: "double", Unit: "log10(cm/s**2)"},
		},
		Infos:  [][2]string{{"version", "koi_2026 \"a\" <b>"}, {"sha256", "sha256:00"}},
		Fields: map[string]any{"total": 12, "next": "/catalogs/koi?offset=6&limit=6", "as_of": nil},
	}
	return h, [][]any{
		{"K00753.01", int64(10811496), 19.89913995, 0.1, 4.5},
		{"K00001.01", nil, nil, nil, nil},
		{"β Pic <&>", int64(math.MaxInt64), 1e-300, 1e300, -0.0},
		{"", int64(-1 << 53), math.NaN(), math.Inf(1), math.Inf(-1)},
		{"x,\"y\"\nz", 12.0, "12.50", "1e3", int64(1<<53 + 1)},
		{int64(7), "42", " -7 ", "", "+.5"},
	}
}

func write(t testing.TB, f export.Format, h export.Head, rows [][]any, overflow bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := export.NewWriter(&b, f, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(overflow); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSONIsWhatItSays(t *testing.T) {
	h, rows := sample()
	got := string(write(t, export.JSON, h, rows, true))
	want := `{"as_of":null,
"next":"/catalogs/koi?offset=6&limit=6",
"total":12,
"columns":[{"name":"kepoi_name","type":"char"},{"name":"kepid","type":"int","description":"KIC \u003cidentifier>"},{"name":"koi_period","type":"double","unit":"days"},{"name":"Planet Radius (R_Earth) err","type":"double","unit":"Earth radii"},{"name":"koi_slogg","type":"double","unit":"log10(cm/s**2)"}],
"rows":[
{"kepoi_name":"K00753.01","kepid":10811496,"koi_period":19.89913995,"Planet Radius (R_Earth) err":0.1,"koi_slogg":4.5},
{"kepoi_name":"K00001.01","kepid":null,"koi_period":null,"Planet Radius (R_Earth) err":null,"koi_slogg":null},
{"kepoi_name":"β Pic \u003c&>","kepid":9223372036854775807,"koi_period":1e-300,"Planet Radius (R_Earth) err":1e+300,"koi_slogg":0},
{"kepoi_name":"","kepid":-9007199254740992,"koi_period":null,"Planet Radius (R_Earth) err":null,"koi_slogg":null},
{"kepoi_name":"x,\"y\"\nz","kepid":12,"koi_period":12.5,"Planet Radius (R_Earth) err":1000,"koi_slogg":9007199254740993},
{"kepoi_name":"7","kepid":42,"koi_period":-7,"Planet Radius (R_Earth) err":null,"koi_slogg":0.5}
],
"returned":6,"overflow":true}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("not JSON")
	}
}

func TestCSVIsWhatItSays(t *testing.T) {
	h, rows := sample()
	got := write(t, export.CSV, h, rows, true)
	want := `kepoi_name,kepid,koi_period,Planet Radius (R_Earth) err,koi_slogg
K00753.01,10811496,19.89913995,0.1,4.5
K00001.01,,,,
β Pic <&>,9223372036854775807,1e-300,1e+300,0
,-9007199254740992,,,
"x,""y""
z",12,12.5,1000,9007199254740993
7,42,-7,,0.5
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := csv.NewReader(bytes.NewReader(got)).ReadAll(); err != nil {
		t.Error(err)
	}
}

func TestVOTableIsWhatItSays(t *testing.T) {
	h, rows := sample()
	got := string(write(t, export.VOTable, h, rows, true))
	want := `<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/>
<INFO name="version" value="koi_2026 &quot;a&quot; &lt;b&gt;"/>
<INFO name="sha256" value="sha256:00"/>
<TABLE name="koi">
<DESCRIPTION>Kepler objects &amp; more</DESCRIPTION>
<FIELD name="kepoi_name" datatype="unicodeChar" arraysize="*" ucd="meta.id;meta.main"/>
<FIELD name="kepid" datatype="long" ucd="meta.id">
<DESCRIPTION>KIC &lt;identifier&gt;</DESCRIPTION>
</FIELD>
<FIELD name="koi_period" datatype="double" unit="d" ucd="time.period"/>
<FIELD ID="Planet_Radius__R_Earth__err" name="Planet Radius (R_Earth) err" datatype="double" unit="'earthRad'" ucd="stat.error;phys.size.radius"/>
<FIELD name="koi_slogg" datatype="double" ucd="phys.gravity">
<DESCRIPTION>[log10(cm/s**2)]</DESCRIPTION>
</FIELD>
<DATA><TABLEDATA>
<TR><TD>K00753.01</TD><TD>10811496</TD><TD>19.89913995</TD><TD>0.1</TD><TD>4.5</TD></TR>
<TR><TD>K00001.01</TD><TD/><TD/><TD/><TD/></TR>
<TR><TD>β Pic &lt;&amp;&gt;</TD><TD>9223372036854775807</TD><TD>1e-300</TD><TD>1e+300</TD><TD>0</TD></TR>
<TR><TD></TD><TD>-9007199254740992</TD><TD/><TD/><TD/></TR>
<TR><TD>x,"y"
z</TD><TD>12</TD><TD>12.5</TD><TD>1000</TD><TD>9007199254740993</TD></TR>
<TR><TD>7</TD><TD>42</TD><TD>-7</TD><TD/><TD>0.5</TD></TR>
</TABLEDATA></DATA>
</TABLE>
<INFO name="QUERY_STATUS" value="OVERFLOW"/>
</RESOURCE>
</VOTABLE>
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	doc, err := votable.Read(strings.NewReader(got), votable.Limits{})
	if err != nil || doc.Status != votable.Overflow || len(doc.Rows) != 6 {
		t.Errorf("read as %+v, %v", doc, err)
	}
}

func TestWhatCannotBeWrittenIsRefusedAndTheDocumentStaysOpen(t *testing.T) {
	one := func(typ string) export.Head {
		return export.Head{Name: "t", Columns: []export.Column{{Name: "a", Type: typ}}}
	}
	for name, tt := range map[string]struct {
		typ  string
		cell any
	}{
		"a fraction in an int column":            {"int", 1.5},
		"a float beyond int64":                   {"int", 1e19},
		"words in an int column":                 {"int", "12x"},
		"words in a double column":               {"double", "abc"},
		"a hexadecimal number":                   {"double", "0x1p3"},
		"a number with underscores":              {"int", "1_000"},
		"the word Infinity":                      {"double", "Infinity"},
		"a number beyond doubles":                {"double", "1e999"},
		"a Go value that is none of the kinds":   {"char", true},
		"a Go int, which is not one of the four": {"int", 1},
	} {
		for _, f := range export.Formats {
			var b bytes.Buffer
			w, err := export.NewWriter(&b, f, one(tt.typ))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Row([]any{nil}); err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{w.Row([]any{tt.cell}), w.Row([]any{nil}), w.Close(false)} {
				if !errors.Is(err, exo.Internal) {
					t.Errorf("%s, %s: %v", name, f, err)
				}
			}
			if b.Len() > 4 {
				t.Errorf("%s, %s: a broken document was written: %q", name, f, b.Bytes())
			}
		}
	}
	for _, f := range export.Formats {
		w, err := export.NewWriter(io.Discard, f, one("int"))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Row([]any{nil, nil}); !errors.Is(err, exo.Internal) {
			t.Errorf("%s, a cell too many: %v", f, err)
		}
	}
}
