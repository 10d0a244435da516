package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/process"
	"exoplanetai/internal/store"
)

func sector(n int) *int { return &n }

func TestRequestsThatContradictThemselvesAreRefused(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, quarter2)
	table := b.put(t, []byte("x\n"), store.Meta{Path: "raw/nasa/koi_1.csv", Kind: store.Rejected})
	for name, tt := range map[string]struct {
		req  process.Request
		kind exo.Kind
		say  string
	}{
		"neither a star nor a file":       {process.Request{}, exo.Invalid, "target_name"},
		"both a star and a file":          {process.Request{TargetName: "KIC 10002792", SourcePath: m.Path}, exo.Invalid, "both"},
		"a file and a sector":             {process.Request{SourcePath: m.Path, SectorQuarter: sector(2)}, exo.Invalid, "sector_quarter"},
		"a bare number":                   {process.Request{TargetName: "10002792"}, exo.Invalid, "bare number"},
		"a mission that there is not":     {process.Request{TargetName: "KIC 10002792", Mission: "Hubble"}, exo.Invalid, "mission"},
		"a star of another mission":       {process.Request{TargetName: "KIC 10002792", Mission: "TESS"}, exo.NotFound, "TIC"},
		"a file of another mission":       {process.Request{SourcePath: m.Path, Mission: "TESS"}, exo.Invalid, "Kepler"},
		"a path that leaves the tree":     {process.Request{SourcePath: "../x.fits"}, exo.Invalid, "path"},
		"a file that is not there":        {process.Request{SourcePath: "lightcurves/kepler/x.fits"}, exo.NotFound, "no file"},
		"a file that is no light curve":   {process.Request{SourcePath: table.Path}, exo.Invalid, "rejected"},
		"a profile that there is not":     {process.Request{SourcePath: m.Path, Profile: "best"}, exo.Invalid, "profile"},
		"a parameter out of its limits":   {process.Request{SourcePath: m.Path, ProcessingParams: json.RawMessage(`{"baseline_window_length":100}`)}, exo.Invalid, "baseline_window_length"},
		"a parameter that there is not":   {process.Request{SourcePath: m.Path, ProcessingParams: json.RawMessage(`{"window":101}`)}, exo.Invalid, "window"},
		"parameters that are no object":   {process.Request{SourcePath: m.Path, ProcessingParams: json.RawMessage(`[1]`)}, exo.Invalid, "parameters"},
		"a negative cadence":              {process.Request{TargetName: "KIC 10002792", CadenceS: -1}, exo.Invalid, "cadence_s"},
		"a negative sector":               {process.Request{TargetName: "KIC 10002792", SectorQuarter: sector(-1)}, exo.Invalid, "sector_quarter"},
		"a name that no table knows":      {process.Request{TargetName: "Kepler-10"}, exo.NotFound, "Kepler-10"},
		"a star without light curves":     {process.Request{TargetName: "KIC 1"}, exo.NotFound, "KIC 1"},
		"a quarter that is not held":      {process.Request{TargetName: "KIC 10002792", SectorQuarter: sector(3)}, exo.NotFound, "suits"},
		"a cadence that is not held":      {process.Request{TargetName: "KIC 10002792", CadenceS: 60}, exo.NotFound, "suits"},
		"an author whose file isn't held": {process.Request{TargetName: "KIC 10002792", Author: "SPOC"}, exo.NotFound, "suits"},
	} {
		t.Run(name, func(t *testing.T) {
			for what, call := range map[string]func() error{
				"LightCurve": func() error { _, err := b.LightCurve(t.Context(), tt.req, nil); return err },
				"View":       func() error { _, err := b.View(t.Context(), tt.req, false); return err },
			} {
				err := call()
				if !errors.Is(err, tt.kind) || !strings.Contains(exo.MessageOf(err), tt.say) {
					t.Errorf("%s: %v, want %s about %q", what, err, tt.kind, tt.say)
				}
			}
		})
	}
	if n := b.files(t, store.Processed); n != 0 {
		t.Errorf("%d files were published", n)
	}
}

func TestAHintSaysHowToGetAStarsLightCurves(t *testing.T) {
	b := newBench(t)
	_, err := b.LightCurve(t.Context(), process.Request{TargetName: "tic 25155310"}, nil)
	for _, want := range []string{`exoplanetai ingest lightcurve "TIC 25155310" --mission TESS`, "/api/v1/data/ingest/lightcurve"} {
		if !strings.Contains(exo.HintOf(err), want) {
			t.Errorf("hint %q lacks %q", exo.HintOf(err), want)
		}
	}
	b.holdReal(t, quarter2)
	_, err = b.LightCurve(t.Context(), process.Request{TargetName: "KIC 10002792", SectorQuarter: sector(9)}, nil)
	if !strings.Contains(exo.HintOf(err), "quarter 2 Kepler, 1765 s") {
		t.Errorf("hint %q", exo.HintOf(err))
	}
}

func TestANameIsFoundInTheTables(t *testing.T) {
	b := newBench(t)
	b.tables(t)
	b.holdReal(t, sector14)
	for _, query := range []string{"TOI-1265", "TOI 1265.01", "tic-424865156"} {
		v, err := b.View(t.Context(), process.Request{TargetName: query}, true)
		if err != nil || v.Target.ID.String() != star1265 || v.Target.Mission != exo.TESS || v.Target.Query != query {
			t.Errorf("%s: %+v %v", query, v.Target, err)
		}
		if len(v.Ephemerides) != 1 || v.Ephemerides[0].Object != "TOI 1265.01" {
			t.Errorf("%s: %+v", query, v.Ephemerides)
		}
	}
}

func TestANameOfSeveralStarsIsNotGuessed(t *testing.T) {
	b := newBench(t)
	b.table(t, catalog.TOI, "raw/exofop/toi_1.csv", []byte(
		"TOI,TIC ID,TFOPWG Disposition,Period (days),Epoch (BJD),Duration (hours),RA (deg),Dec (deg),Comments\n"+
			"1.01,11,PC,3,2458000.5,2,10,20,WASP-900 b\n2.01,12,PC,3,2458000.5,2,10,,WASP-900 b\n"))
	_, err := b.LightCurve(t.Context(), process.Request{TargetName: "WASP-900"}, nil)
	if !errors.Is(err, exo.Invalid) || !strings.Contains(exo.HintOf(err), "TIC 11, TIC 12") {
		t.Errorf("%v: %s", err, exo.HintOf(err))
	}
	text, jerr := json.Marshal(exo.ExtraOf(err)["candidates"])
	if jerr != nil || !strings.Contains(string(text), `{"id":"TIC 12","ra":0,"dec":0}`) {
		t.Errorf("%s %v", text, jerr)
	}
}

func TestOthersAreAskedForANameThatTheTablesLack(t *testing.T) {
	asked := ""
	b := newBench(t, func(o *process.Options) {
		o.Resolve = func(_ context.Context, name, mission string) (exo.TargetID, error) {
			asked = name + "/" + mission
			switch name {
			case "HAT-P-7":
				return exo.TargetID{Catalog: exo.TIC, Number: 424865156}, nil
			case "nobody":
				return exo.TargetID{}, exo.E("x", exo.NotFound, nil, nil)
			}
			return exo.TargetID{}, exo.E("x", exo.Unavailable, nil, nil)
		}
	})
	b.holdReal(t, sector14)
	v, err := b.View(t.Context(), process.Request{TargetName: "HAT-P-7", Mission: "TESS"}, true)
	if err != nil || v.Target.ID.String() != star1265 || asked != "HAT-P-7/TESS" {
		t.Errorf("%+v %v %s", v.Target, err, asked)
	}
	if _, err := b.View(t.Context(), process.Request{TargetName: "nobody"}, true); !errors.Is(err, exo.NotFound) {
		t.Error(err)
	}
	if _, err := b.View(t.Context(), process.Request{TargetName: "silence"}, true); !errors.Is(err, exo.Unavailable) {
		t.Error(err)
	}
}

func TestTheMissionsOwnLightCurvesAreTaken(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{
		"k2/ktwo205905563-c03_llc.fits", "k2/hlsp_k2sc_k2_llc_205905563-c03_kepler_v1_lc.fits", "k2/hlsp_everest_k2_llc_205905563-c03_kepler_v1.0_lc.fits",
	} {
		b.holdReal(t, name)
	}
	v, err := b.View(t.Context(), process.Request{TargetName: "EPIC 205905563"}, true)
	if err != nil || len(v.Curves) != 1 || v.Curves[0].Meta.Author != "K2" {
		t.Fatalf("%d curves, %v", len(v.Curves), err)
	}
	if got := fmt.Sprint(v.Warnings); !strings.Contains(got, "EVEREST, K2SC") {
		t.Error(got)
	}
	v, err = b.View(t.Context(), process.Request{TargetName: "EPIC 205905563", Author: "k2sc"}, true)
	if err != nil || len(v.Curves) != 1 || v.Curves[0].Meta.Author != "K2SC" || len(v.Warnings) != 0 {
		t.Errorf("%+v %v", v, err)
	}
}

func TestOfAFileThatTheArchiveChangedTheNewestIsTaken(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, quarter5)
	b.holdReal(t, quarter2)
	b.clock.Pass(1)
	newer := b.hold(t, "kplr010002792-2009259160929_llc.fits", altered(t, quarter2), "_20260102_120000")
	v, err := b.View(t.Context(), process.Request{TargetName: "KIC 10002792"}, true)
	if err != nil || len(v.Curves) != 2 || v.Curves[0].SourcePath != newer.Path || *v.Curves[1].Meta.SectorQuarter != 5 {
		t.Errorf("%+v %v", v.Curves, err)
	}
	for _, c := range v.Curves {
		if c.Result != nil || c.Raw.Len() == 0 || c.Path != "" {
			t.Errorf("%+v", c)
		}
	}
}
