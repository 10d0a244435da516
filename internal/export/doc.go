// Package export writes rows as JSON, CSV, VOTable or Parquet, one after the
// other: memory does not grow with their number (Parquet holds one row group,
// compressed, of at most 50,000 rows). Equal rows give equal bytes.
//
// Whatever stands in a cell stays a cell: nothing in it can become markup, a
// formula of a spreadsheet, or another row, and no character of it acts on a
// terminal. The bytes as the archive sent them are had by GET /files; these here
// are for reading. What becomes of values:
//
//   - a null is null in JSON and Parquet, an empty cell in CSV and VOTable; NaN
//     and the infinities are nulls
//   - doubles are the shortest digits that read back to the same double; integers
//     keep all their digits, also beyond 2^53, except in a double column of
//     Parquet
//   - a byte that is no UTF-8 becomes U+FFFD
//
// JSON is one object: the members of Head.Fields in sorted order, "columns",
// "rows" (an object a row, a row a line), then "returned", their number, and
// "overflow". "<", control characters and changes of direction are \u escapes.
//
// CSV is RFC 4180 with a header and LF. It cannot escape: control characters
// other than tab and line ends, and changes of direction, become U+FFFD. A text
// (or column name) that a spreadsheet would take for a formula gets an
// apostrophe in front: one that begins, after apostrophes and blanks, with
// "=", "+", "-", "@", their full-width forms, a tab or a line end. Numbers and
// angles such as "-55:52:18.7" and "+17d47m35.7s" are left alone. Take the
// apostrophe away where what follows it would get one, and the text is back.
//
// VOTable is 1.4 with TABLEDATA: long, double and unicodeChar, since a stream
// knows neither its widest integer nor whether a letter beyond ASCII will come. UCDs
// are the column's own, else found by its name; units are VOUnits, and a unit
// that is none stands in the DESCRIPTION. OVERFLOW follows a table that was cut.
// Characters that XML 1.0 lacks become U+FFFD.
//
// Parquet has optional columns INT64, DOUBLE and STRING, zstd, and in its footer
// the name, the description, the columns as JSON has them ("columns"), the infos
// under their names and "overflow" where there was one. Text is exact.
//
// A document whose writing failed is never ended: JSON and VOTable do not parse,
// Parquet has no footer. CSV has no end; who sends one must break the connection.
package export
