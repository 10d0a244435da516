// Package universe makes up a small sky: tables of candidates and light-curve
// files in the archives' exact layouts, for demonstrations, for tests and for
// people without a network.
//
// # What is in it
//
// Some 480 stars, most of them invented: their numbers lie beyond those that
// the input catalogs have given out (KIC 90000001, EPIC 290000001,
// TIC 9900000001 and on), and so do the names of their planets. Seven are known
// stars, among them Kepler-10, TOI-700, AU Mic and K2-18, with the values that
// the archives publish for their planets.
//
// Every planet has a transit, and the numbers that the tables state for it
// (epoch, period, duration, depth) are the very ones that the light curves
// show: quadratic limb darkening on a circular orbit, averaged over each
// exposure, in PDCSAP_FLUX undiluted. Light curves have what real ones have:
// gaps with their flag bits, wheel desaturations, thruster firings, scattered
// light, drifts, noise that remembers, spots, and rows without values by the
// rules counted in the missions' files.
//
// Some rows and files are wrong on purpose, so that checks have something to
// find; File.Flaw tells which files. The primary headers say who made them:
// CREATOR is "ExoplanetAI sample universe", and SIMDATA is T in TESS files.
//
// # Promises
//
// The same seed gives the same bytes on every machine. Random numbers come from
// math/rand/v2's PCG, one stream for each purpose; num.go holds the elementary
// functions, and no product is added to anything without being rounded first.
// (To see that no compiler joins them: build for arm64 with -gcflags=-S and look
// for FMADD; GOAMD64=v3 must pass the golden test.)
//
// Nothing is read from disk. A Universe is immutable and may be shared; making
// it takes some 30 ms, a file of 20,000 rows some 10 ms.
package universe
