package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"exoplanetai/internal/api"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

const preprocessPath = "/api/v1/data/preprocess/lightcurve"

// guideBody is the guide's request word for word.
const guideBody = `{
    "target_name": "TIC 441420236",
    "mission": "TESS",
    "processing_params": {
        "remove_outliers": true,
        "sigma_clip_sigma": 5.0,
        "baseline_window_length": 101,
        "wavelet_denoising": false,
        "normalize_method": "median"
    }
}`

func TestTheGuidesPreprocessingRequestReachesTheUseCase(t *testing.T) {
	f := newFixture(t)
	w := f.do("POST", preprocessPath, guideBody)
	if w.Code != 200 || len(f.proc.calls) != 1 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	req := f.proc.calls[0].(process.Request)
	if req.TargetName != "TIC 441420236" || req.Mission != "TESS" || !strings.Contains(string(req.ProcessingParams), `"sigma_clip_sigma": 5.0`) {
		t.Errorf("got %+v", req)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"status", "target", "outputs", "report", "warnings"} {
		if got[key] == nil {
			t.Errorf("no member %s in %s", key, w.Body)
		}
	}
}

func TestPreprocessingBecomesAJob(t *testing.T) {
	f := newFixture(t)
	w := f.do("POST", preprocessPath, guideBody, "Prefer", "respond-async")
	if w.Code != 202 || w.Header().Get("Location") != "/api/v1/jobs/j1" || f.queue.jobs["j1"].Kind != api.JobPreprocess {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	handle := api.Handlers(f.ingest, f.proc)[api.JobPreprocess]
	if _, err := handle(t.Context(), json.RawMessage(`{"target_name":"TIC 1","profile":"transit"}`), nil); err != nil {
		t.Fatal(err)
	}
	if req := f.proc.calls[0].(process.Request); req.TargetName != "TIC 1" || req.Profile != "transit" {
		t.Errorf("the job got %+v", req)
	}
}

func TestBadPreprocessingRequestsNameTheMistake(t *testing.T) {
	for name, c := range map[string]struct {
		body, says string
		parameters bool
	}{
		"an even window":              {`{"target_name":"TIC 1","processing_params":{"baseline_window_length":100}}`, "baseline_window_length is 100; it must be", true},
		"an order above the window":   {`{"target_name":"TIC 1","processing_params":{"baseline_window_length":3,"baseline_polyorder":5}}`, "baseline_polyorder", true},
		"a negative sigma":            {`{"target_name":"TIC 1","processing_params":{"sigma_clip_sigma":-1}}`, "sigma_clip_sigma", true},
		"an unknown parameter":        {`{"target_name":"TIC 1","processing_params":{"window":3}}`, "window", true},
		"an unknown wavelet":          {`{"target_name":"TIC 1","processing_params":{"wavelet_type":"db99"}}`, "wavelet_type", true},
		"a word where a number is":    {`{"target_name":"TIC 1","processing_params":{"iqr_k":"wide"}}`, "iqr_k", true},
		"parameters that are a list":  {`{"target_name":"TIC 1","processing_params":[]}`, "parameters", false},
		"an unknown profile":          {`{"target_name":"TIC 1","profile":"best"}`, "profile", true},
		"neither a star nor a file":   {`{"profile":"transit"}`, "source_path", false},
		"a star and a file":           {`{"target_name":"TIC 1","source_path":"lightcurves/a.fits"}`, "both", false},
		"a file outside the tree":     {`{"source_path":"../../etc/passwd"}`, "path", false},
		"a parameter twice":           {`{"target_name":"TIC 1","processing_params":{"iqr_k":1,"iqr_k":2}}`, "twice", false},
		"a parameter beside its home": {`{"target_name":"TIC 1","sigma_clip_sigma":5}`, "sigma_clip_sigma", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for _, prefer := range []string{"", "respond-async"} {
				w := f.do("POST", preprocessPath, c.body, "Prefer", prefer)
				p := problem(t, w)
				if w.Code != 400 || p["code"] != "Invalid" || !strings.Contains(p["detail"].(string), c.says) {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				if list, _ := p["parameters"].([]any); (len(list) > 0) != c.parameters {
					t.Errorf("the member parameters: %s", w.Body)
				}
			}
			if len(f.proc.calls) > 0 || len(f.queue.jobs) > 0 {
				t.Error("something was done")
			}
		})
	}
}

func TestTheDescriptionHasEveryParameter(t *testing.T) {
	body := spec(t, newFixture(t))["components"].(map[string]any)["schemas"].(map[string]any)["PreprocessBody"].(map[string]any)
	params := body["properties"].(map[string]any)["processing_params"].(map[string]any)
	if params["additionalProperties"] != false {
		t.Error("unknown parameters are described as allowed")
	}
	list := preprocess.Parameters()
	for _, p := range list {
		s, ok := params["properties"].(map[string]any)[p.Name].(map[string]any)
		if !ok || s["description"] == "" || s["type"] == nil && s["anyOf"] == nil {
			t.Errorf("%s: %v", p.Name, s)
			continue
		}
		def, err := json.Marshal(s["default"])
		var want any
		if json.Unmarshal([]byte(p.Default), &want) != nil || err != nil {
			t.Errorf("%s: default %q", p.Name, p.Default)
		}
		if again, _ := json.Marshal(want); string(def) != string(again) {
			t.Errorf("%s: default %s, want %s", p.Name, def, again)
		}
	}
	if len(list) < 12 {
		t.Errorf("%d parameters", len(list))
	}
	example, err := json.Marshal(body["examples"].([]any)[0])
	if w := newFixture(t).do("POST", preprocessPath, string(example)); err != nil || w.Code != 200 {
		t.Errorf("the example is refused: %d %s", w.Code, w.Body)
	}
}

func TestHealthTellsOfProcessing(t *testing.T) {
	f := newFixture(t)
	f.proc.good, f.proc.bad = 1, 3
	if w := f.do("GET", "/api/v1/health", ""); !strings.Contains(w.Body.String(), "1 of 4 light curves processed without error") || !strings.Contains(w.Body.String(), "degraded") {
		t.Errorf("%s", w.Body)
	}
}
