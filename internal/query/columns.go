package query

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
)

// Columns that no table has. RowKey can be asked for, filtered and sorted by;
// Separation belongs to the answer of a cone, and can be asked for and sorted
// by. A table's own column of such a name goes before.
const (
	RowKey     = "row_key"    // the key of the row, as Key takes it
	Separation = "separation" // distance from the cone's center, seconds of arc
)

// The places of these columns.
const (
	colKey        = -1
	colSeparation = -2
)

// column returns the column of a place.
func (a *about) column(at int) column {
	switch at {
	case colKey:
		return column{Column: export.Column{Name: RowKey, Type: "char", Description: "key of the row in this program", UCD: "meta.id"}}
	case colSeparation:
		return column{Column: export.Column{Name: a.separationName(), Type: "double", Unit: "arcsec", Description: "distance from the center of the cone", UCD: "pos.angDistance"}}
	}
	return a.Columns[at]
}

// described lists the table's columns.
func (a *about) described() []export.Column {
	list := make([]export.Column, len(a.Columns))
	for j, c := range a.Columns {
		list[j] = c.Column
	}
	return list
}

// names lists what a parameter may name, the table's columns first.
func (a *about) names(separation bool) []string {
	list := make([]string, 0, len(a.Columns)+2)
	for _, c := range a.Columns {
		list = append(list, c.Name)
	}
	if !slices.Contains(list, RowKey) {
		list = append(list, RowKey)
	}
	if separation {
		list = append(list, a.separationName())
	}
	return list
}

// separationName is another word where the table has a column of that name.
func (a *about) separationName() string {
	if slices.ContainsFunc(a.Columns, func(c column) bool { return c.Name == Separation }) {
		return Separation + "_arcsec"
	}
	return Separation
}

// find places a column: by its exact name, else without regard to case, else by
// its letters and digits alone ("period_days" is "Period (days)"). The parameter
// is for the message. Separation is found with colSeparation only if wanted.
func (a *about) find(parameter, name string, extra ...int) (int, error) {
	const op = "query.find"
	separation := slices.Contains(extra, colSeparation)
	names := a.names(separation)
	if parameter == "filter" {
		parameter = clip(name, 60)
	}
	for _, same := range []func(string) bool{
		func(s string) bool { return s == name },
		func(s string) bool { return strings.EqualFold(s, name) },
		func(s string) bool { return bare(s) != "" && bare(s) == bare(name) },
	} {
		var found []int
		for j, s := range names {
			if same(s) {
				found = append(found, j)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return a.place(found[0], names), nil
		}
		return 0, exo.Errorf(op, exo.Invalid, nil, "%q means several columns", clip(name, 60)).With("parameter", parameter).
			With("allowed", names).Try("write %s or %s", names[found[0]], names[found[1]])
	}
	err := exo.Errorf(op, exo.Invalid, nil, "the %s table has no column %q", a.Table, clip(name, 60)).
		With("parameter", parameter).With("allowed", names)
	if near := nearest(name, names, 3); len(near) > 0 {
		return 0, err.Try("there is %s", strings.Join(near, ", "))
	}
	return 0, err.Try("the columns are those that the table without filters shows")
}

func (a *about) place(j int, names []string) int {
	switch {
	case j < len(a.Columns):
		return j
	case names[j] == RowKey:
		return colKey
	}
	return colSeparation
}

// bare leaves the letters and digits of a name.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// nearest returns the names that may have been meant, at most n: those that
// differ in few letters, or hold what was written.
func nearest(name string, names []string, n int) []string {
	type near struct {
		name string
		d    int
	}
	want := bare(clip(name, 100))
	var list []near
	for _, s := range names {
		have := bare(s)
		d := exo.Edits(want, have)
		if len(want) >= 3 && strings.Contains(have, want) || len(have) >= 3 && strings.Contains(want, have) {
			d = min(d, 2)
		}
		if d <= 1+max(len(want), len(have))/3 {
			list = append(list, near{s, d})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.d, b.d) })
	out := make([]string, 0, n)
	for _, x := range list[:min(n, len(list))] {
		out = append(out, x.name)
	}
	return out
}
