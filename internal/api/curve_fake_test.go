package api_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"sync"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
	"exoplanetai/internal/store"
)

// fakeProcess answers with the view that a test gives it.
type fakeProcess struct {
	mu    sync.Mutex
	calls []any
	view  process.View
	err   error

	good, bad int64
}

func (f *fakeProcess) LightCurve(_ context.Context, req process.Request, _ process.Report) (process.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, req)
	return process.Result{Status: "success", Target: process.Target{Query: req.TargetName}, Outputs: []process.Output{}, Warnings: []string{}}, f.err
}

func (f *fakeProcess) View(_ context.Context, req process.Request, raw bool) (process.View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, req)
	v := f.view
	if raw {
		v.Curves = append([]process.Curve(nil), v.Curves...)
		for i := range v.Curves {
			v.Curves[i].Result = nil
		}
		v.Recipe = exo.Digest{}
	}
	return v, f.err
}

func (f *fakeProcess) FITS(context.Context, process.Curve) (string, []byte, error) {
	return "made.fits", []byte("SIMPLE"), f.err
}

func (f *fakeProcess) Processed() (succeeded, failed int64) { return f.good, f.bad }

// sector makes a curve of n rows that has every kind of flag in it.
func sector(number, n int) process.Curve {
	r := rand.New(rand.NewPCG(uint64(number), 7))
	lc := &lightcurve.LightCurve{
		Name: "TIC 1", Mission: exo.TESS, Author: "SPOC", SectorQuarter: number, CadenceS: 120, Scale: exo.BTJD, FluxUnit: "e-/s",
	}
	res := &preprocess.Result{Norm: preprocess.Affine{A: 0, S: 1, B: 0}}
	for i := range n {
		t := 1000 + 27.4*float64(number) + float64(i)/720
		flux, flag := float64(float32(1e4+10*r.NormFloat64())), int32(0)
		switch r.IntN(50) {
		case 0:
			t, flag = math.NaN(), preprocess.FlagTime
		case 1:
			flux, flag = math.NaN(), preprocess.FlagFlux
		case 2:
			flag = preprocess.FlagQuality
		case 3:
			flux, flag = flux*1.5, preprocess.FlagOutlier
		case 4:
			flux, flag = flux*0.9, preprocess.FlagTransit
		}
		if i == n/2 {
			flag = preprocess.FlagDuplicate
		}
		lc.Time, lc.Flux, lc.FluxErr = append(lc.Time, t), append(lc.Flux, flux), append(lc.FluxErr, 3.25)
		lc.Quality, lc.Cadence = append(lc.Quality, int32(r.IntN(1<<15))), append(lc.Cadence, int32(i+7))
		trend, y, e, seg := 1e4+math.Sin(float64(i)), flux, 3.25, int32(2*i/n)
		if flag != 0 && flag != preprocess.FlagTransit {
			y, e, trend, seg = math.NaN(), math.NaN(), math.NaN(), -1
		}
		res.Flux, res.FluxErr, res.Trend = append(res.Flux, y/trend), append(res.FluxErr, e/trend), append(res.Trend, trend)
		res.Segment, res.Flag = append(res.Segment, seg), append(res.Flag, flag)
	}
	return process.Curve{
		SourcePath: exo.Path("lightcurves/tess/s0001/a_lc.fits"), Raw: lc, Result: res,
		Meta:   store.Meta{SHA256: exo.DigestOf([]byte{byte(number)})},
		Report: preprocess.Report{Recipe: exo.DigestOf([]byte("r")), Parameters: json.RawMessage(`{"normalize_method":"median"}`)},
	}
}

// viewOf is a star with the curves given.
func viewOf(curves ...process.Curve) process.View {
	return process.View{
		Target: process.Target{Query: "TIC 1", Mission: exo.TESS, ID: exo.TargetID{Catalog: exo.TIC, Number: 1}, Name: "TIC 1"}, Profile: "default",
		Recipe: exo.DigestOf([]byte("r")), Curves: curves,
		Ephemerides: []preprocess.Ephemeris{{Period: 3.5, T0: 1001.25, Duration: 0.1, Object: "TOI 1.01"}}, Warnings: []string{"a warning"},
	}
}
