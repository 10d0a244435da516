// Package processed knows the file that a processed light curve is kept in: a
// FITS file that says in its header what it was made from and how, well enough
// to be made again.
//
// docs/format/processed.md describes it. The package is pure: values to bytes
// and back.
package processed

import (
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

// Source names the file that a processed light curve was made from.
type Source struct {
	Name   string     // file name, without folder (PPINPUT)
	SHA256 exo.Digest // of the whole file (PPINSHA)
	Ext    string     // name of the HDU that was read (PPINEXT)
	Column string     // flux column (PPINCOL)
}

// File is a processed light curve with its provenance.
type File struct {
	Source    Source
	Program   string    // "exoplanetai 0.2.0" (PPVERS)
	Algorithm int       // version of the definitions (PPALGO)
	Made      time.Time // DATE, to the second; not part of the data
	Profile   preprocess.Profile
	Recipe    *preprocess.Recipe

	// Curve has the source's identification, times, cadence numbers and quality.
	// Its Flux and FluxErr are those of the source when the file is about to be
	// written, and nil when it was read.
	Curve  *lightcurve.LightCurve
	Result preprocess.Result
	Report preprocess.Report // of a file that was read only what the header holds
}

// Encode makes the FITS file of section "The file" in docs/format/processed.md:
// the primary header of the source with its mission keywords kept, and the
// table PROCESSED. CHECKSUM and DATASUM stand in each HDU.
func Encode(f *File, source *fits.File) (*fits.File, error) {
	return nil, exo.Errorf("processed.Encode", exo.Internal, nil, "not built")
}

// Decode reads a processed file. exo.Invalid for a file of another kind,
// exo.Corrupt for one whose parts contradict each other or whose sums are wrong.
func Decode(f *fits.File) (*File, error) {
	return nil, exo.Errorf("processed.Decode", exo.Internal, nil, "not built")
}

// Datasum returns the DATASUM of the table PROCESSED: equal for equal data.
func Datasum(f *fits.File) (string, error) {
	return "", exo.Errorf("processed.Datasum", exo.Internal, nil, "not built")
}

// Difference is one thing in which two processed files differ.
type Difference struct {
	What   string // "column FLUX", "PPINSHA", "PPALGO", "number of rows"
	Rows   int    // rows that differ, of a column
	First  int    // first row that differs, of a column
	Detail string // plain words
}

// Compare names everything in which the data and the provenance of two files
// differ, DATE and PPVERS left aside; none: the same result.
func Compare(a, b *File) []Difference { return nil }
