package process

import (
	"context"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/processed"
)

// desk is a place to work at, with memory that is used again for the next
// file. One goroutine uses it at a time.
type desk struct {
	reader lightcurve.Reader
	proc   preprocess.Processor
	result preprocess.Result
}

// input is a light-curve file to work on.
type input struct {
	name   string // without folder
	digest exo.Digest
	data   []byte
}

// made is a processed light curve before it is kept. Its file points into the
// desk's memory, and is good until the desk's next work.
type made struct {
	file   *processed.File
	fits   *fits.File
	report preprocess.Report
}

// make processes a file.
func (d *desk) make(ctx context.Context, in input, r *preprocess.Recipe, program string, at time.Time) (*made, error) {
	source, err := fits.Parse(in.data)
	if err != nil {
		return nil, err
	}
	lc, err := d.reader.Read(source, fluxOf(r))
	if err != nil {
		return nil, err
	}
	report, err := d.run(ctx, lc, r, &d.result)
	if err != nil {
		return nil, exo.E("process.make", exo.KindOf(err), in.name, err)
	}
	f := in.file(lc, r, d.result, report, program, at)
	out, err := processed.Encode(f, source)
	if err != nil {
		return nil, err
	}
	return &made{f, out, report}, nil
}

// file puts together what a processed file says.
func (in input) file(lc *lightcurve.LightCurve, r *preprocess.Recipe, res preprocess.Result, report preprocess.Report, program string, at time.Time) *processed.File {
	return &processed.File{
		Source:  processed.Source{Name: in.name, SHA256: in.digest, Ext: lc.Ext, Column: lc.FluxColumn},
		Program: program, Algorithm: preprocess.Algorithm, Made: at.UTC().Truncate(time.Second),
		Profile: r.Profile, Recipe: r, Curve: lc, Result: res, Report: report,
	}
}

// run runs a recipe. The report shares no memory with the desk.
func (d *desk) run(ctx context.Context, lc *lightcurve.LightCurve, r *preprocess.Recipe, out *preprocess.Result) (preprocess.Report, error) {
	series := preprocess.SeriesOf(lc)
	if err := d.proc.Run(ctx, series, r, out); err != nil {
		return preprocess.Report{}, err
	}
	return d.proc.Report(ctx, series, r, out)
}

func fluxOf(r *preprocess.Recipe) lightcurve.Options {
	return lightcurve.Options{Flux: lightcurve.Flux(r.Params.FluxColumn)}
}
