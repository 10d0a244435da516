package query_test

import (
	"errors"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/query"
)

func TestConditionsAsPeopleWriteThem(t *testing.T) {
	for name, c := range map[string]struct {
		word string
		want query.Filter
	}{
		"a range":                              {"koi_period=1..5", query.Filter{Column: "koi_period", Expr: "1..5"}},
		"a sign behind the equals sign":        {"koi_depth=>100", query.Filter{Column: "koi_depth", Expr: ">100"}},
		"a sign in place of the equals sign":   {"koi_depth>100", query.Filter{Column: "koi_depth", Expr: ">100"}},
		"at least":                             {"koi_depth>=100", query.Filter{Column: "koi_depth", Expr: ">=100"}},
		"at most, with blanks":                 {"koi_depth <= 100", query.Filter{Column: "koi_depth", Expr: "<= 100"}},
		"not":                                  {"koi_disposition!=FALSE POSITIVE", query.Filter{Column: "koi_disposition", Expr: "!FALSE POSITIVE"}},
		"not, in the short form":               {"koi_disposition=!CONFIRMED", query.Filter{Column: "koi_disposition", Expr: "!CONFIRMED"}},
		"contains":                             {"koi_comment~CENT", query.Filter{Column: "koi_comment", Expr: "~CENT"}},
		"unknown":                              {"koi_score=null", query.Filter{Column: "koi_score", Expr: "null"}},
		"known":                                {"koi_score=!null", query.Filter{Column: "koi_score", Expr: "!null"}},
		"a column with blanks and parentheses": {"Period (days)=1..5", query.Filter{Column: "Period (days)", Expr: "1..5"}},
		"signs in the value":                   {"comments~a=b>c", query.Filter{Column: "comments", Expr: "~a=b>c"}},
		"an empty value":                       {"koi_score=", query.Filter{Column: "koi_score"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := query.ParseWord(c.word)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestWordsThatAreNoConditions(t *testing.T) {
	for _, word := range []string{"", "koi_period", "=5", ">3", "  =5"} {
		_, err := query.ParseWord(word)
		if !errors.Is(err, exo.Invalid) || exo.HintOf(err) == "" || exo.ExtraOf(err)["allowed"] == nil {
			t.Errorf("%q: %v", word, err)
		}
	}
}
