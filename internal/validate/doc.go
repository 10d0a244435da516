// Package validate judges catalog tables and light curves: does a table have the
// columns it needs, do its numbers lie where nature allows, do they agree with
// each other, are its rows told apart? It is pure: a table in, a Report out.
//
// A Rule has an identifier that does not change, a level, a severity, a reason
// and a source; the limits of all rules stand in one declared table per catalog.
// A Finding is one rule, one row, one cell. Errors keep a table from becoming
// current; warnings ask a person to look; infos are worth knowing.
package validate
