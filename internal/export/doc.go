// Package export writes rows as JSON, CSV, VOTable or Parquet, one after the
// other: memory does not grow with their number. Equal rows give equal bytes.
//
// Whatever stands in a cell stays a cell: nothing in it can become markup, a
// formula of a spreadsheet, or another row. The bytes as the archive sent them
// are had by GET /files; these here are for reading.
package export
