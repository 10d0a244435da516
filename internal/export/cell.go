package export

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

// kind says what a value is.
type kind int

const (
	null kind = iota
	integer
	float
	text
)

// value is a cell brought to the type of its column.
type value struct {
	kind kind
	i    int64
	f    float64
	s    string
}

// table checks rows and counts them.
type table struct {
	cols []Column
	row  int // rows taken
	vals []value
}

const op = "export.Writer"

func newTable(h Head) (*table, error) {
	seen := make(map[string]bool, len(h.Columns))
	for _, c := range h.Columns {
		switch c.Type {
		case "int", "double", "char":
		default:
			return nil, exo.Errorf("export.NewWriter", exo.Internal, nil, "column %.40q has the type %.40q, not int, double or char", c.Name, c.Type)
		}
		if c.Name == "" || seen[c.Name] {
			return nil, exo.Errorf("export.NewWriter", exo.Internal, nil, "the column name %.40q is empty or there twice", c.Name)
		}
		seen[c.Name] = true
	}
	if len(h.Columns) == 0 {
		return nil, exo.Errorf("export.NewWriter", exo.Internal, nil, "the table has no columns")
	}
	return &table{cols: h.Columns, vals: make([]value, len(h.Columns))}, nil
}

// values brings the cells of the next row to the types of their columns. The
// slice is used again.
func (t *table) values(cells []any) ([]value, error) {
	t.row++
	if len(cells) != len(t.cols) {
		return nil, exo.Errorf(op, exo.Internal, nil, "row %d has %d cells, not %d", t.row, len(cells), len(t.cols))
	}
	for j, cell := range cells {
		v, ok := convert(t.cols[j].Type, cell)
		if !ok {
			return nil, exo.Errorf(op, exo.Internal, nil, "row %d: column %.40q is %s and cannot hold %.40q", t.row, t.cols[j].Name, t.cols[j].Type, show(cell))
		}
		t.vals[j] = v
	}
	return t.vals, nil
}

func show(cell any) string {
	switch v := cell.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return "a value of another kind"
}

// convert brings a cell to a type. NaN and the infinities are null: neither
// JSON nor a table of measurements knows them. An integer in a double column
// stays one, so that its digits stay.
func convert(typ string, cell any) (value, bool) {
	switch v := cell.(type) {
	case nil:
		return value{}, true
	case int64:
		if typ == "char" {
			return value{kind: text, s: strconv.FormatInt(v, 10)}, true
		}
		return value{kind: integer, i: v}, true
	case float64:
		return convertFloat(typ, v)
	case string:
		if typ == "char" {
			return value{kind: text, s: v}, true
		}
		return parse(typ, v)
	}
	return value{}, false
}

func convertFloat(typ string, v float64) (value, bool) {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return value{}, true
	case typ == "double":
		return value{kind: float, f: v}, true
	case typ == "char":
		return value{kind: text, s: strconv.FormatFloat(v, 'g', -1, 64)}, true
	case v == math.Trunc(v) && v >= -1<<63 && v < 1<<63:
		return value{kind: integer, i: int64(v)}, true
	}
	return value{}, false
}

// parse reads a number as the archives write it.
func parse(typ, s string) (value, bool) {
	if s = strings.TrimSpace(s); s == "" {
		return value{}, true
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return value{kind: integer, i: i}, true
	}
	if !isNumber(s) {
		return value{}, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return value{}, false // beyond the range of a double
	}
	return convertFloat(typ, f)
}

// isNumber tells whether s is a decimal number: a sign, digits, a point, an
// exponent, and nothing else that ParseFloat takes (Inf, 0x1p3, 1_0).
func isNumber(s string) bool {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// active tells of characters that would act where the text is shown instead of
// standing in it: they drive terminals or turn the direction of writing.
func active(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

// plain tells whether s is printable ASCII but for the two given characters:
// then it needs no second look.
func plain(s string, a, b byte) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= utf8.RuneSelf-1 || c == a || c == b {
			return false
		}
	}
	return true
}
