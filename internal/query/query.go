package query

import (
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/export"
	"exoplanetai/internal/tables"
)

// Request says which rows are wanted.
type Request struct {
	Table   catalog.Type
	Ref     tables.Ref
	Columns []string // wanted, in order; empty: all
	Filters []Filter // all must hold
	Sort    string   // "koi_period,-koi_depth": columns, "-" for falling; then by row key; empty: by row key
	Cone    string   // "ra,dec,radius": degrees or sexagesimal; or "name,radius"; empty: the whole sky
	Limit   int      // rows at most; 0: 100, -1: all
	Offset  int64    // rows to skip
}

// Filter is a condition on one column: "1..5", ">3", ">=3", "<3", "<=3", "!x",
// "~text" (contains, without regard to case), "null", "!null", or a value; several
// values separated by commas are alternatives.
type Filter struct{ Column, Expr string }

// Head is known before the first row.
type Head struct {
	Version tables.Version
	Columns []export.Column
	Total   int64 // rows that match
	Offset  int64
	Limit   int   // rows at most; -1: all
	More    bool  // rows remain behind this page
	Cone    *Cone // as it was understood
}

// Cone is a circle on the sky, degrees, ICRS.
type Cone struct {
	RA     float64 `json:"ra"`
	Dec    float64 `json:"dec"`
	Radius float64 `json:"radius"`
}

// Rows receives an answer: head once, then each row; the cells are nil, int64,
// float64 or string, and are only lent.
type Rows struct {
	Head func(Head) error
	Row  func(cells []any) error
}
