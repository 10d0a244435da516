// Package reports keeps validation reports in the store, finds them again and
// compares them. Format: docs/format/validation.md.
package reports
