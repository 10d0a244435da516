package candidate

import (
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Column describes a column of a Normal or a Merged table.
type Column struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"` // int, double, char
	Unit        string   `json:"unit,omitempty"`
	Description string   `json:"description"`
	From        []string `json:"from,omitempty"` // columns of the source that it was made of
}

// Normal is a table of processed/v1: rows in the order of its source, cells as
// text, "" unknown. It does not change.
type Normal struct {
	Type    catalog.Type
	Columns []Column
	Rows    [][]string
}

// Normalize makes the v1 form of a KOI, TOI, K2 or Gaia table. It loses no row.
func Normalize(t *catalog.Table) (*Normal, error) {
	return nil, exo.Errorf("candidate.Normalize", exo.Internal, t.Type, "not built")
}

// Sources are the normalised tables to be merged; nil ones are left out.
type Sources struct{ KOI, TOI, K2, Gaia *Normal }

// Merged is the table of processed/v2.
type Merged struct {
	Columns   []Column
	Rows      [][]string // by candidate
	Aliases   []Alias
	Conflicts []Conflict
	Counts    Counts
}

// Alias says that a candidate has a name in a catalog.
type Alias struct {
	Candidate string // key of the candidate, "K00752.01"
	Kind      string // KOI, KIC, Kepler, TOI, TIC, EPIC, K2, Gaia
	Name      string // "Kepler-227 b", "TIC 120571842"
	Source    string // table that says so: koi, toi, k2, gaia
	How       string // "row": the row says so; "identifier", "position": the rows were matched by it
}

// Conflict is one value in which two sources disagree.
type Conflict struct {
	Candidate string
	Column    string // of the merged table
	SourceA   string // koi, toi, k2
	RowA      string // row key in that source
	ValueA    string
	SourceB   string
	RowB      string
	ValueB    string
	Sigma     string // difference in joint errors; "" where none are given
	Note      string
}

// Counts says how the merging went.
type Counts struct {
	Candidates int            `json:"candidates"`
	Sources    map[string]int `json:"sources"` // rows taken from each
	InTwo      int            `json:"in_two"`  // candidates known to more than one source
	Identifier int            `json:"by_identifier"`
	Position   int            `json:"by_position"`
	Aliases    int            `json:"aliases"`
	Conflicts  int            `json:"conflicts"`
}

// Merge makes the table of candidates. The result does not depend on the order
// of rows in the sources.
func Merge(s Sources) (*Merged, error) {
	return nil, exo.Errorf("candidate.Merge", exo.Internal, nil, "not built")
}
