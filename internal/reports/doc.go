// Package reports keeps validation reports in the store, finds them again and
// compares them. Format: docs/format/validation.md.
//
// A report is a file of its own, metadata/validation/<name>.json, with a record
// and a line in the checksums like every other file: it is never written over. It
// tells which files were judged, by path and digest, and holds every finding. Its
// record carries the short form, so that a list of reports reads no report.
package reports
