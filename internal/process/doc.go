// Package process makes processed light curves: it finds the files of a star,
// the ephemerides that the catalogs know, runs the recipe on each file, and
// keeps the result with its provenance. It is the use case behind the command
// line and the HTTP interface.
//
// # What is kept, and when it is used again
//
// A result stands in processed/lightcurves/<mission>/ under the name of its
// source and the first eight digits of its recipe's digest, with its account
// beside it as JSON; both are published in one act. It is given again, without
// computing, as long as the source's bytes, the recipe and the version of the
// definitions are the same. The ephemerides that a recipe uses are part of it,
// with the table and the day that they come from; a newer table that says the
// same of the star changes nothing.
//
// A result is never rewritten. One that is made again with other data or other
// warnings, because the former was damaged, a refresh was forced or a planet has
// become known since, gets the time into its name and is current from then on;
// the former stays where it is. Made again with nothing new, the former is kept. A run that fails, is cancelled or takes too
// long leaves the former result current.
//
// # What is not damaged by many callers
//
// Calls for the same file and recipe take turns, so that the second finds what
// the first has made. All calls together compute at most Options.Workers files
// at a time.
package process
