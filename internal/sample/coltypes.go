package sample

import (
	"strconv"
	"strings"
)

// textColumns are columns that the archive types as text although every cell
// looks like a number.
var textColumns = map[string]bool{
	"toi": true, "toipfx": true, "sectors": true, "koi_quarters": true, "pl_pubdate": true, "disc_pubdate": true,
	"k2_campaigns": true, "koi_vet_date": true, "kepoi_name": true, "tidstr": true,
}

// longColumns are identifiers that the archive types as long whatever their size.
var longColumns = map[string]bool{"kepid": true, "tid": true, "objectid": true, "source_id": true}

// typeOf works out a column's type from its cells: int, long, double or char.
func typeOf(name string, rows [][]string, col int) string {
	lower := strings.ToLower(name)
	if textColumns[lower] {
		return "char"
	}
	kind := ""
	for _, r := range rows {
		s := r[col]
		if s == "" {
			continue
		}
		if kind != "double" {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil {
				if kind == "" {
					kind = "int"
				}
				if n > 1<<31-1 || n < -1<<31 {
					kind = "long"
				}
				continue
			}
		}
		if !plainNumber(s) {
			return "char"
		}
		kind = "double"
	}
	switch {
	case kind == "":
		return emptyType(lower)
	case kind == "int" && longColumns[lower]:
		return "long"
	}
	return kind
}

// emptyType guesses the type of a column without a single value by its name.
func emptyType(name string) string {
	for _, suffix := range []string{"err", "err1", "err2", "_err1", "_err2"} {
		if strings.HasSuffix(name, suffix) {
			return "double"
		}
	}
	if strings.HasSuffix(name, "lim") {
		return "int"
	}
	return "char"
}

// plainNumber tells whether a text is a decimal number; words such as NaN and
// hexadecimal forms are not.
func plainNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isDigit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return false
		}
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// labelsOf reads the "COLUMN name: label" lines of a web-table export.
func labelsOf(comments []string) map[string]string {
	labels := map[string]string{}
	for _, line := range comments {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "COLUMN ")
		if !ok {
			continue
		}
		if name, label, ok := strings.Cut(rest, ":"); ok {
			labels[name] = strings.TrimSpace(label)
		}
	}
	return labels
}

// splitUnit parts "Orbital Period [days]".
func splitUnit(label string) (desc, unit string) {
	if i := strings.LastIndexByte(label, '['); i > 0 && strings.HasSuffix(label, "]") {
		return strings.TrimSpace(label[:i]), label[i+1 : len(label)-1]
	}
	return label, ""
}
