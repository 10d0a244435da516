// Package preprocess turns a raw light curve into a clean one: it drops bad
// cadences and outliers, finds gaps, removes the baseline, optionally denoises,
// and normalizes; and it says of every row that left why it left.
//
// The steps are pure functions on slices, one file for each family. A Recipe is
// a checked set of all parameters; a Processor runs the whole chain and keeps
// its memory from one light curve to the next.
//
// # Promises
//
// One row comes out for each row that went in, in the same order. The same
// series and recipe give the same bits. All arithmetic is in float64. No row is
// flagged as an outlier, and no trend is fitted to a row, inside a transit of a
// known ephemeris, where the recipe protects transits. No NaN stands where a
// number belongs: what cannot be computed is flagged, or left out of a report.
//
// The package is pure: no disk, no network, no clock, no goroutine.
//
// The definitions, with their sources, are in docs/preprocessing.md.
package preprocess
