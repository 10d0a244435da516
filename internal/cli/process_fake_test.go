package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"math"
	"path"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

func (f *fake) WriteFile(_ context.Context, name string, data []byte, o cli.WriteOptions) error {
	if f.files == nil {
		f.files = map[string][]byte{}
	}
	if _, ok := f.files[name]; ok && !o.Replace {
		return exo.Errorf("fake", exo.Exists, nil, "%s exists", name).Try("--force")
	}
	f.files[name] = data
	return nil
}

func (f *fake) CreateFile(ctx context.Context, name string, o cli.WriteOptions, fill func(io.Writer) error) error {
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		return err
	}
	return f.WriteFile(ctx, name, b.Bytes(), o)
}

func (f *fake) MayWrite(name string, o cli.WriteOptions) error {
	if _, ok := f.files[name]; ok && !o.Replace {
		return exo.Errorf("fake", exo.Exists, nil, "%s exists", name).Try("--force")
	}
	return nil
}

func (f *fake) IsFolder(name string) bool { return path.Ext(name) == "" }

func (f *fake) ProcessFile(_ context.Context, _ cli.Common, in process.FileInput) (process.FileOutput, error) {
	f.calls = append(f.calls, in)
	rep := report(preprocess.Profile(in.Profile))
	return process.FileOutput{FITS: []byte("SIMPLE"), Report: rep, File: &processed.File{Result: result()}}, f.err
}

func report(profile preprocess.Profile) preprocess.Report {
	r := preprocess.Report{Profile: profile, Parameters: json.RawMessage("{}"), Flags: map[string]int{"quality": 3, "in_transit": 2}, Warnings: []string{"odd\x1b[31m"}}
	in, kept, noise := 9, 6, 123.4
	r.Metrics.Processed.NIn, r.Metrics.Processed.NKept, r.Metrics.Raw.CDPPPPM = &in, &kept, &noise
	return r
}

func result() preprocess.Result {
	return preprocess.Result{Flux: []float64{1, math.NaN(), 1}, FluxErr: make([]float64, 3), Trend: []float64{1, 1, 1}, Segment: make([]int32, 3), Flag: make([]int32, 3)}
}

// processor stands in for the use case of processing.
type processor struct {
	*fake
	bare bool // stars without files
}

func (f processor) LightCurve(_ context.Context, req process.Request, rep process.Report) (process.Result, error) {
	f.calls = append(f.calls, req)
	if rep != nil {
		rep(1, 1, "files", "")
	}
	if req.TargetName == "Nobody" {
		return process.Result{}, exo.Errorf("fake", exo.NotFound, nil, "no light curve of Nobody is held").Try("ingest it")
	}
	profile := preprocess.Profile(req.Profile)
	if f.bare {
		return process.Result{Target: process.Target{Query: req.TargetName}, Profile: profile, Report: report(profile)}, f.err
	}
	return process.Result{
		Status: "success", Target: process.Target{Query: req.TargetName, ID: exo.TargetID{Catalog: exo.TIC, Number: 1}, Mission: exo.TESS}, Profile: profile,
		Outputs: []process.Output{{Path: "processed/a.fits", SectorQuarter: 4, Report: report(profile)}}, Report: report(profile), Warnings: []string{"odd\x1b[31m"},
	}, f.err
}

func (f processor) View(_ context.Context, req process.Request, raw bool) (process.View, error) {
	f.calls = append(f.calls, req)
	v := process.View{Target: process.Target{ID: exo.TargetID{Catalog: exo.TIC, Number: 1}, Name: "AU Mic"}, Profile: preprocess.Profile(req.Profile)}
	res := result()
	cv := process.Curve{Raw: &lightcurve.LightCurve{Scale: exo.BTJD, Mission: exo.TESS, SectorQuarter: 4, Time: []float64{1, 2, 3}, Flux: []float64{1, 2, 3}}, Result: &res}
	if raw {
		cv.Result = nil
	}
	v.Curves = []process.Curve{cv}
	return v, f.err
}

func (f processor) Find(context.Context, processed.Source) ([]byte, string, error) {
	return nil, "", fs.ErrNotExist
}

func (f processor) List(_ context.Context, flt store.Filter) ([]store.Meta, error) {
	four := 4
	return []store.Meta{{Path: exo.Path("lightcurves/" + string(flt.Kind)), Kind: flt.Kind, SectorQuarter: &four, Mission: exo.TESS, CadenceS: 120}}, f.err
}
