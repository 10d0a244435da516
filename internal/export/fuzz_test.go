package export_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/export"
	"exoplanetai/internal/votable"
)

// calmed and xmlText are what a text may become: some characters have no place in
// CSV and in XML.
func calmed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return utf8.RuneError
		}
		return r
	}, s)
}

func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return utf8.RuneError
		}
		return r
	}, s)
}

// FuzzRoundTrip writes a table of two rows and reads it back with readers for
// people's tables: the cells are the same but for what is documented.
func FuzzRoundTrip(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[len(hostile)-1-i], int64(i)<<58, float64(i)*0.1)
	}
	f.Fuzz(func(t *testing.T, a, b string, n int64, x float64) {
		if len(a)+len(b) > 10_000 {
			return // readers bound names
		}
		h := export.Head{Name: a, Columns: []export.Column{{Name: "n", Type: "int"}, {Name: "a" + b, Type: "char"}, {Name: "x", Type: "double", Unit: b}, {Name: "b", Type: "char", Description: a}}}
		rows := [][]any{{n, a, x, b}, {nil, b, nil, a}}
		// One U+FFFD for each wrong byte, as ranging over a string gives it.
		text := [2]string{strings.Map(same, a), strings.Map(same, b)}
		number, digits := "", strconv.FormatInt(n, 10)
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			number = strconv.FormatFloat(x, 'g', -1, 64)
		}
		checkJSON(t, write(t, export.JSON, h, rows, false), digits, number, text, "a"+text[1])
		checkCSV(t, write(t, export.CSV, h, rows, false), digits, number, text)
		checkXML(t, write(t, export.VOTable, h, rows, false), digits, number, text, "a"+text[1])
		first, second := write(t, export.Parquet, h, rows, false), write(t, export.Parquet, h, rows, false)
		if !bytes.Equal(first, second) {
			t.Error("Parquet: two writings differ")
		}
	})
}

func same(r rune) rune { return r }

func isNumber(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, err := strconv.ParseFloat(got, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	if err != nil || err2 != nil || math.Float64bits(g) != math.Float64bits(w) {
		t.Errorf("%q, not %q", got, want)
	}
}

func checkJSON(t *testing.T, b []byte, digits, number string, text [2]string, name string) {
	t.Helper()
	var doc struct {
		Rows []map[string]any `json:"rows"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil || len(doc.Rows) != 2 {
		t.Fatalf("%v in %s", err, b)
	}
	r, s := doc.Rows[0], doc.Rows[1]
	if r["n"] != json.Number(digits) || r[name] != text[0] || r["b"] != text[1] && name != "b" || s["n"] != nil || s["x"] != nil || s[name] != text[1] {
		t.Errorf("%s gives %q", b, doc.Rows)
	}
	if number == "" {
		if r["x"] != nil {
			t.Errorf("x is %v", r["x"])
		}
		return
	}
	isNumber(t, r["x"].(json.Number).String(), number)
}

func checkCSV(t *testing.T, b []byte, digits, number string, text [2]string) {
	t.Helper()
	r := csvtab.NewReader(bytes.NewReader(b), csvtab.Limits{})
	var rows [][]string
	for {
		row, err := r.Next(nil)
		if err == io.EOF {
			break
		}
		if err != nil {
			if strings.ContainsAny(text[1], "\t\r\n") { // the header has such a name
				return
			}
			t.Fatalf("%v in %q", err, b)
		}
		rows = append(rows, row)
	}
	a, c := calmed(text[0]), calmed(text[1])
	guarded := func(got, want string) bool { return got == want || got == "'"+want }
	if len(rows) != 2 || rows[0][0] != digits || !guarded(rows[0][1], a) || !guarded(rows[0][3], c) || rows[1][0] != "" || rows[1][2] != "" || !guarded(rows[1][1], c) {
		t.Fatalf("%q gives %q", b, rows)
	}
	isNumber(t, rows[0][2], number)
	for _, cell := range rows[0] {
		if cell != "" && strings.ContainsRune("=@\t\r", rune(cell[0])) {
			t.Errorf("%q begins a formula", cell)
		}
	}
}

func checkXML(t *testing.T, b []byte, digits, number string, text [2]string, name string) {
	t.Helper()
	d, err := votable.Read(bytes.NewReader(b), votable.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	want := [][]string{{digits, xmlText(text[0]), "", xmlText(text[1])}, {"", xmlText(text[1]), "", xmlText(text[0])}}
	isNumber(t, d.Rows[0][2], number)
	d.Rows[0][2] = ""
	if !slices.EqualFunc(d.Rows, want, slices.Equal) || d.Fields[1].Name != xmlText(name) {
		t.Errorf("%s gives %q %+v, not %q", b, d.Rows, d.Fields, want)
	}
}
