package query

import (
	"context"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
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

// Select finds rows and hands them out. Equal requests give equal rows in
// equal order.
//
// Errors: exo.Invalid with `parameter` and `allowed`, for a bad filter, column,
// sort or cone (the nearest column names as a hint); exo.NotFound for a table or
// version that is not held; exo.Unavailable when the time limit ends it.
func (s *Service) Select(ctx context.Context, r Request, to Rows) error {
	return exo.Errorf("query.Select", exo.Internal, r.Table, "not built")
}

// Key finds one row by its key, with all columns; names that a user would write
// for it are taken too ("TOI-700.01", "Kepler-10 b"). exo.NotFound names near ones.
func (s *Service) Key(ctx context.Context, table catalog.Type, ref tables.Ref, key string) (Head, []any, error) {
	return Head{}, nil, exo.Errorf("query.Key", exo.Internal, table, "not built")
}

// Columns describes the columns of a table.
func (s *Service) Columns(ctx context.Context, table catalog.Type, ref tables.Ref) (tables.Version, []export.Column, error) {
	return tables.Version{}, nil, exo.Errorf("query.Columns", exo.Internal, table, "not built")
}

// Prepare makes the query file of a version ahead of the first question. A
// reader does nothing.
func (s *Service) Prepare(ctx context.Context, table catalog.Type, ref tables.Ref) error {
	return exo.Errorf("query.Prepare", exo.Internal, table, "not built")
}
