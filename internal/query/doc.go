// Package query selects rows of the catalog tables that are held: by column,
// by a circle on the sky, sorted, in pages, as of any version.
//
// Each version of a table is turned once into an indexed SQLite file in the
// cache, named by the table's digest: it never changes, is opened to read only,
// and may be deleted at any time. Filters are parsed here and become bound
// parameters; no text of a request reaches SQL.
package query
