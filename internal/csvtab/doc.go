// Package csvtab reads and writes the character-separated tables that the
// archives deliver, and knows nothing of planets.
//
// A table is an optional preamble, one header record and data rows that all
// have as many cells as the header. The preamble is a byte-order mark, empty
// lines, lines that begin with "#" (NASA Exoplanet Archive exports), the banner
// and filter lines of ExoFOP, and at most one notice without a separator. The
// separator is the one of comma, bar and tab that the header uses most; only
// comma tables have quotes. Lines end with LF or CR LF; the last may have no end.
//
// Quotes follow RFC 4180, with one concession. The NASA archive's TAP service
// puts text cells in quotes but does not double the quotes inside, so
//
//	1,"the "hot" one",2
//
// is a row of three cells. A row that RFC 4180 cannot read is read a second
// time, as one line whose quotes are not doubled, and accepted only if its
// number of cells is that of the header.
//
// The package has its own scanner because encoding/csv bounds neither the
// length of a record nor its number of cells, reads to the end of the input
// after a quote that is never closed, merges rows silently when quotes are not
// doubled. ReadAll keeps four bytes per cell and reads the KOI table (3.6 MB) in
// half of the time and half of the memory.
//
// Everything refused is an *exo.Error that names the row, and the column where a
// byte is wrong: exo.Invalid for malformed text, exo.TooLarge for what exceeds the
// Limits. A table of semicolons, as spreadsheets write where the comma is the
// decimal sign, is refused by name. Row 1 is the first
// after the header.
package csvtab
