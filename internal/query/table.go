package query

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/export"
)

// column is a column of a query file. Its place in the list is the number in
// its name there: c0, c1, …
type column struct {
	export.Column
	Indexed bool `json:"indexed,omitempty"`
	Numeric bool `json:"numeric,omitempty"` // text that is numbers throughout, TOI 101.10: ordered by their value
}

// record is a row of a query file.
type record struct {
	key     string
	objects []string // names of the object
	stars   []string // names of its star
	first   bool     // the row to take among those of its object
	ra, dec float64  // degrees; NaN unknown
	cells   []any    // nil, int64, float64 or string; only lent
}

// roles that are asked for often, with what the Virtual Observatory calls them
// (UCD1+ 1.5). Their columns are indexed.
var roles = []struct {
	role catalog.Role
	ucd  string
}{
	{catalog.RoleKey, "meta.id;meta.main"}, {catalog.RoleStar, "meta.id"}, {catalog.RolePlanet, "meta.id"}, {catalog.RoleHost, "meta.id"},
	{catalog.RoleDisposition, "meta.code"}, {catalog.RolePeriod, "time.period"}, {catalog.RoleEpoch, "time.epoch"},
	{catalog.RoleDuration, "time.duration"}, {catalog.RoleDepth, ""}, {catalog.RoleRA, "pos.eq.ra;meta.main"},
	{catalog.RoleDec, "pos.eq.dec;meta.main"}, {catalog.RoleMag, "phot.mag"}, {catalog.RoleUpdated, "time.processing"},
	{catalog.RoleRadius, "phys.size.radius"}, {catalog.RoleTIC, "meta.id"},
}

// describe lists the columns of a table as a query file holds them.
func describe(t *catalog.Table) []column {
	cols := make([]column, len(t.Columns))
	for j, c := range t.Columns {
		cols[j].Column = export.Column{Name: c.Name, Type: c.Type, Unit: c.Unit}
		switch {
		case c.Type == "double" && every(t, j, whole):
			cols[j].Type = "int" // longer than the 18 digits of an inferred int, Gaia's numbers for one
		case c.Type == "char":
			cols[j].Numeric = every(t, j, number)
		}
	}
	for _, r := range roles {
		if j := t.Column(r.role); j >= 0 {
			cols[j].Indexed = true
			if cols[j].UCD == "" {
				cols[j].UCD = r.ucd
			}
		}
	}
	return cols
}

// every tells whether all cells of a column that have text pass, and at least
// one does.
func every(t *catalog.Table, j int, ok func(string) bool) bool {
	any := false
	for i := range t.Len() {
		if cell := t.Cell(i, j); cell != "" {
			if !ok(cell) {
				return false
			}
			any = true
		}
	}
	return any
}

func whole(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

func number(s string) bool {
	_, ok := parseNumber(s)
	return ok
}

// parseNumber reads a finite decimal number. What else Go takes for a number
// (hexadecimals, Inf, NaN) is none.
func parseNumber(s string) (float64, bool) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// records hands out the rows of a table in the natural order of their keys.
func records(t *catalog.Table, cols []column) func(yield func(*record) bool) {
	order := make([]int, t.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return natural(t.Key(a), t.Key(b)) })
	return func(yield func(*record) bool) {
		r := record{cells: make([]any, len(cols))}
		for _, i := range order {
			r.key, r.first = t.Key(i), t.Get(i, catalog.RoleDefault) == "1"
			r.objects, r.stars = t.NamesOf(i)
			var ok bool
			if r.ra, r.dec, ok = t.Position(i); !ok {
				r.ra, r.dec = math.NaN(), math.NaN()
			}
			for j := range cols {
				r.cells[j] = value(t.Cell(i, j), cols[j].Type)
			}
			if !yield(&r) {
				return
			}
		}
	}
}

// value gives a cell its type. An empty cell is nil, and so is a number that no
// float64 holds.
func value(cell, typ string) any {
	switch {
	case cell == "":
		return nil
	case typ == "int":
		if v, err := strconv.ParseInt(cell, 10, 64); err == nil {
			return v
		}
	case typ == "double":
		if v, ok := parseNumber(cell); ok {
			return v
		}
	default:
		return cell
	}
	return nil
}
