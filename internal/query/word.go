package query

import (
	"strings"

	"exoplanetai/internal/exo"
)

// ParseWord reads a condition as a person writes it, on a command line or as a
// piece of an address: "koi_period=1..5", "koi_depth>100", "koi_depth>=100",
// "koi_disposition!=CONFIRMED", "koi_comment~centroid", "koi_score=null".
func ParseWord(word string) (Filter, error) {
	const op = "query.ParseWord"
	at := strings.IndexAny(word, "=<>!~")
	if at < 0 {
		return Filter{}, exo.Errorf(op, exo.Invalid, nil, "%.80q is no condition", word).With("parameter", word).
			With("allowed", Conditions()).Try("write a column and what it should be, koi_period=1..5 for one")
	}
	column, expr := strings.TrimSpace(word[:at]), word[at:]
	if column == "" {
		return Filter{}, exo.Errorf(op, exo.Invalid, nil, "%.80q names no column", word).With("parameter", word).
			With("allowed", Conditions()).Try("write the column first, koi_period=1..5 for one")
	}
	switch {
	case strings.HasPrefix(expr, "!="):
		expr = "!" + expr[2:]
	case expr[0] == '=':
		expr = expr[1:]
	}
	return Filter{Column: column, Expr: strings.TrimSpace(expr)}, nil
}

// Conditions lists the forms of a condition.
func Conditions() []string {
	return []string{"=1..5", "=value", "=a,b", "=>3", "=>=3", "=<3", "=<=3", "=!value", "=~text", "=null", "=!null"}
}
