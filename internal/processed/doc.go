// Package processed knows the file that a processed light curve is kept in: a
// FITS file that says in its header what it was made from and how, well enough
// to be made again.
//
// docs/format/processed.md describes it. The package is pure: values to bytes
// and back.
//
// # Promises
//
// The same File and source give the same bytes. Decode takes nothing on trust:
// sums, digests, counts and columns must agree with each other, or the error
// names the card or column that does not. What Decode gives, Encode writes
// again with equal data.
package processed
