package candidate

import (
	"slices"

	"exoplanetai/internal/catalog"
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
	Unread  map[string]int // cells by column that hold text which is no value of the column: they are "" here
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
	Kind      string // KOI, Kepler, TOI, K2, EPIC, CTOI, name (of an object); KIC, TIC, EPIC, Gaia (of its star)
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

// CSV is the table of candidates as bytes, as Normal's.
func (m *Merged) CSV() []byte { return writeCSV(m.Columns, m.Rows) }

// AliasesCSV is the alias graph as bytes: a row for each name of a candidate.
func (m *Merged) AliasesCSV() []byte { return writeCSV(aliasColumns, m.aliasRows()) }

// ConflictsCSV is the list of disagreements as bytes.
func (m *Merged) ConflictsCSV() []byte { return writeCSV(conflictColumns, m.conflictRows()) }

// JSON is the description of the merged table: its columns and those of the
// aliases and conflicts, the conventions and the counts. The rows are those of
// CSV, AliasesCSV and ConflictsCSV.
func (m *Merged) JSON() []byte {
	w := newWriter(head{Table: catalog.Candidates, Version: "v2", Conventions: slices.Concat(conventions, mergeConventions), Counts: &m.Counts,
		Columns: m.Columns, Aliases: aliasColumns, Conflicts: conflictColumns, RowCount: len(m.Rows)})
	return w.end()
}

func (m *Merged) aliasRows() [][]string {
	rows := make([][]string, len(m.Aliases))
	for i, a := range m.Aliases {
		rows[i] = []string{a.Candidate, a.Kind, a.Name, a.Source, a.How}
	}
	return rows
}

func (m *Merged) conflictRows() [][]string {
	rows := make([][]string, len(m.Conflicts))
	for i, c := range m.Conflicts {
		rows[i] = []string{c.Candidate, c.Column, c.SourceA, c.RowA, c.ValueA, c.SourceB, c.RowB, c.ValueB, c.Sigma, c.Note}
	}
	return rows
}

// mergeConventions hold for the merged table beside conventions.
var mergeConventions = []string{
	"Each row of the KOI, TOI and K2 tables belongs to exactly one candidate.",
	"A value's source stands in the column that ends with _source: the first of koi, k2, toi that has measured it; period and epoch come from the source whose period has the smallest error.",
	"Two rows are one candidate if one names the other and the periods do not speak against it, or if they belong to one star and their periods are equal. Multiples of a period are not merged; they are listed among the conflicts.",
}

var aliasColumns = []Column{
	{Name: "candidate", Type: "char", Description: "key of the candidate"},
	{Name: "kind", Type: "char", Description: "what kind of name it is"},
	{Name: "name", Type: "char", Description: "the name"},
	{Name: "source", Type: "char", Description: "table that says so"},
	{Name: "how", Type: "char", Description: "how the name is known"},
}

var conflictColumns = []Column{
	{Name: "candidate", Type: "char", Description: "key of the candidate"},
	{Name: "column", Type: "char", Description: "column of the merged table"},
	{Name: "source_a", Type: "char", Description: "first source"},
	{Name: "row_a", Type: "char", Description: "row key in the first source"},
	{Name: "value_a", Type: "char", Description: "value there"},
	{Name: "source_b", Type: "char", Description: "second source"},
	{Name: "row_b", Type: "char", Description: "row key in the second source"},
	{Name: "value_b", Type: "char", Description: "value there"},
	{Name: "sigma", Type: "double", Description: "difference in joint errors"},
	{Name: "note", Type: "char", Description: "what the difference is"},
}
