// Package candidate makes the tables of processed/v1 and processed/v2 from the
// archives' own. It is pure.
//
// Normalize turns one table into common units and words: every source's columns
// that mean the same get one name, one unit and one vocabulary, the original
// words are kept beside, and nothing is invented. Merge puts the normalised
// tables together: one row for each candidate, known to one or more of KOI, TOI
// and K2, the names it has in each (the alias graph), and a row for every value
// in which the sources disagree.
package candidate
