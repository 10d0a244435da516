// Package catalog reads the tables that list what the missions found: Kepler
// Objects of Interest, TESS Objects of Interest, K2 planets and candidates, and
// the host-star parameters of Gaia. It is pure: it takes bytes and gives values.
//
// The archives spell the same column in several ways, and rename columns now
// and then. Parse therefore finds the columns that the program relies on by
// Role, over a list of aliases compared without regard to case, blanks and
// punctuation; all other columns are kept under the name they came with. A table
// that lacks a required column is refused with exo.Upstream, naming the column
// and, where it can be told, the name that took its place.
//
// A row's key is what the archive identifies it by: kepoi_name, the text of the
// TOI number (never a float: 101.10 is not 101.1), and for K2, which has no
// natural key, planet, planet reference and star reference, with an ordinal
// where one paper gives two solutions. Diff compares two tables by key over the
// columns that both have, as text, so reordered rows and columns are no change.
//
// A table's rows also say which star they belong to, so a Table answers the
// question which star a name means: Find.
package catalog
