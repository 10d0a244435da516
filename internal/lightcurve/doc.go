// Package lightcurve knows the light curves of Kepler, K2 and TESS: what their
// files are called, what their columns and quality bits mean, and how they
// become one type.
//
// # Words
//
// A cadence is one exposure of the series and has a number that counts without
// gaps. A row is what the file says of one cadence. SAP is simple aperture
// photometry; PDCSAP is the same with the instrument's systematics taken out.
// A slice is the stretch of time a file covers: a sector (TESS), a quarter
// (Kepler) or a campaign (K2).
//
// # Promises
//
// Times keep the scale they were written in: BKJD (BJD - 2454833) for Kepler
// and K2, BTJD (BJD - 2457000) for TESS; series of different scales, stars or
// flag tables are never joined. Every row of the file is kept, in the file's
// order, gaps included: a gap is a row whose time is NaN. Quality stays the
// raw integer together with the table that explains it, for the tables of
// Kepler and TESS give the same bits different meanings.
//
// A file's product is told by its headers. Its name is a second witness and is
// compared, since people rename files.
//
// The package is pure: no disk, no network, no clock.
package lightcurve
