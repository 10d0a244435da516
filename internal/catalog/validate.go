package catalog

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Finding is one thing that a check of a table has to say.
type Finding struct {
	Rule     string `json:"rule"`
	Level    string `json:"level"`    // schema, range, coordinates, duplicates, quality
	Severity string `json:"severity"` // error, warning
	Row      string `json:"row"`      // row key
	Column   string `json:"column"`
	Value    string `json:"value"`
	Message  string `json:"message"`
}

// Validate checks what a table needs to be used at all: keys that are there,
// well formed and unique; numbers that are numbers; positions on the sky. Its
// metrics are from 0 to 1: completeness is the share of cells that have text,
// accuracy the share of the checked cells that passed.
func Validate(t *Table) Summary {
	s, _ := Inspect(t, 0)
	return s
}

// Clip shortens a cell for a message to at most 200 bytes.
func Clip(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// maxTwins bounds the rows that share their key but for the ordinal; there are
// never more than two in the real table.
const maxTwins = 100

// Inspect is Validate, with the first findings, at most limit.
func Inspect(t *Table, limit int) (Summary, []Finding) {
	v := inspector{t: t, limit: limit, seen: make(map[string]bool, t.Len())}
	for i := range t.Len() {
		v.row(i)
	}
	for _, key := range slices.Sorted(maps.Keys(t.twins)) {
		if rows := t.twins[key]; len(rows) > maxTwins {
			v.find(rows[0], "error", "key-repeats", "duplicates", RoleKey, "%d rows share this key", len(rows))
		}
	}
	v.columns()
	filled := 0
	for _, n := range t.filled {
		filled += n
	}
	s := Summary{Valid: v.errors == 0, Errors: v.errors, Warnings: v.warnings, Metrics: Metrics{
		Completeness: Overall(share(filled, t.Len()*len(t.Columns))),
		Accuracy:     Overall(share(v.checked-v.errors, v.checked)),
	}}
	return s, v.findings
}

func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return max(0, float64(n)/float64(of))
}

type inspector struct {
	t        *Table
	limit    int
	seen     map[string]bool
	checked  int
	errors   int
	warnings int
	findings []Finding
}

func (v *inspector) find(i int, severity, rule, level string, r Role, format string, args ...any) {
	if severity == "error" {
		v.errors++
	} else {
		v.warnings++
	}
	if len(v.findings) >= v.limit {
		return
	}
	f := Finding{Rule: rule, Level: level, Severity: severity, Row: Clip(v.t.keys[i]), Message: fmt.Sprintf(format, args...)}
	if j := v.t.at[r]; j >= 0 {
		f.Column, f.Value = v.t.Columns[j].Name, Clip(v.t.Cell(i, j))
	}
	v.findings = append(v.findings, f)
}

var keySyntax = map[Type]*regexp.Regexp{
	KOI:  regexp.MustCompile(`^K[0-9]{5}\.[0-9]{2}$`),
	TOI:  regexp.MustCompile(`^[0-9]{1,6}\.[0-9]{2}$`),
	K2:   regexp.MustCompile(`^\S`),
	Gaia: regexp.MustCompile(`^[0-9]{1,19}$`),
}

var verdicts = map[Type][]string{
	KOI: {"CONFIRMED", "CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"},
	TOI: {"PC", "CP", "KP", "FP", "FA", "APC", ""},
	K2:  {"CONFIRMED", "CANDIDATE", "FALSE POSITIVE", "REFUTED"},
}

// minRows is how many rows it takes before an empty column is no chance.
const minRows = 20

// columns finds columns that the table needs and every row leaves empty: what an
// archive sends when it has renamed or lost what filled them.
func (v *inspector) columns() {
	if v.t.Len() < minRows {
		return
	}
	for _, f := range fields[v.t.Type] {
		if j := v.t.at[f.role]; f.required && j >= 0 && v.t.filled[j] == 0 {
			v.find(0, "error", "column-empty", "schema", f.role, "the column %s is empty in all %d rows", v.t.Columns[j].Name, v.t.Len())
		}
	}
}

func (v *inspector) row(i int) {
	t := v.t
	v.checked++
	if key := t.Get(i, RoleKey); !keySyntax[t.Type].MatchString(key) {
		v.find(i, "error", "key-syntax", "schema", RoleKey, "%.40q is no key of the %s table", key, t.Type)
	}
	if v.seen[t.keys[i]] {
		v.find(i, "error", "key-unique", "duplicates", RoleKey, "the key stands in the table twice")
	}
	v.seen[t.keys[i]] = true
	for _, f := range fields[t.Type] {
		if !f.number || t.at[f.role] < 0 {
			continue
		}
		v.checked++
		if cell := t.Get(i, f.role); cell != "" && classify(cell) == typeChar {
			v.find(i, "error", "number", "schema", f.role, "%.40q is not a number", cell)
		}
	}
	if words := verdicts[t.Type]; words != nil && !slices.Contains(words, t.Get(i, RoleDisposition)) {
		v.find(i, "warning", "disposition-word", "quality", RoleDisposition, "%.40q is no known disposition", t.Get(i, RoleDisposition))
	}
	v.position(i)
}

func (v *inspector) position(i int) {
	v.checked += 2
	ra, err := parseAngle(v.t.Get(i, RoleRA), true)
	switch {
	case v.t.Get(i, RoleRA) == "":
		v.find(i, "warning", "position-missing", "coordinates", RoleRA, "the row has no right ascension")
	case err != nil || ra < 0 || ra >= 360:
		v.find(i, "error", "ra-range", "coordinates", RoleRA, "the right ascension is not from 0 to 360 degrees")
	}
	dec, err := parseAngle(v.t.Get(i, RoleDec), false)
	switch {
	case v.t.Get(i, RoleDec) == "":
		v.find(i, "warning", "position-missing", "coordinates", RoleDec, "the row has no declination")
	case err != nil || math.Abs(dec) > 90:
		v.find(i, "error", "dec-range", "coordinates", RoleDec, "the declination is not from -90 to 90 degrees")
	}
}

// parseAngle reads degrees, or sexagesimal text: 21:14:56.88, 07h29m25.85s,
// -12d41m45.46s. Sexagesimal right ascensions are in hours. The answer is in
// degrees.
func parseAngle(s string, hours bool) (float64, error) {
	if !strings.ContainsAny(s, ":hdms ") {
		v, err := strconv.ParseFloat(s, 64)
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			err = strconv.ErrRange
		}
		return v, err
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(":hdms ", r) })
	if len(parts) == 0 || len(parts) > 3 {
		return 0, strconv.ErrSyntax
	}
	sign, total, scale := 1.0, 0.0, 1.0
	if strings.HasPrefix(parts[0], "-") {
		sign = -1
	}
	parts[0] = strings.TrimLeft(parts[0], "+-")
	for k, p := range parts {
		if p == "" || p[0] == '-' || p[0] == '+' || classify(p) == typeChar {
			return 0, strconv.ErrSyntax
		}
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || k > 0 && v >= 60 {
			return 0, strconv.ErrSyntax
		}
		total += v / scale
		scale *= 60
	}
	if hours {
		total *= 15
	}
	return sign * total, nil
}
