package processed

import (
	"time"

	"exoplanetai/internal/exo"
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
