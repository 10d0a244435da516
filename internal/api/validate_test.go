package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"exoplanetai/internal/api"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/validate"
)

// fakeReview validates nothing and remembers what it was asked.
type fakeReview struct {
	asked  review.Request
	target exo.TargetID
	listed string
	limit  int
	err    error
}

func (f *fakeReview) Validate(_ context.Context, r review.Request, report review.Report) (review.Result, error) {
	f.asked = r
	if report != nil {
		report(1, 2, "files", "one")
	}
	return review.Result{
		Status: "success", DataType: r.DataType, Valid: false, Records: 7, Levels: map[validate.Level]validate.Count{validate.Schema: {Checked: 1, Errors: 1, Rules: map[string]int{"koi.readable": 1}}},
		Trend: []review.Point{}, Findings: []validate.Finding{{Rule: "koi.readable", Level: validate.Schema, Severity: validate.Error}},
		FindingsTotal: 1, Files: []exo.Path{"raw/nasa/koi_1.csv"}, ReportPath: "metadata/validation/koi_20260102_120000.json", Warnings: []string{},
	}, f.err
}

func (f *fakeReview) Target(_ context.Context, name, _ string) (exo.TargetID, error) {
	return exo.ParseTargetID(name)
}

func (f *fakeReview) List(_ context.Context, dataType string, target exo.TargetID, limit int) ([]reports.Entry, error) {
	f.listed, f.target, f.limit = dataType, target, limit
	return nil, nil
}

func (f *fakeReview) Compare(_ context.Context, from, to string) (reports.Comparison, error) {
	return reports.Comparison{From: reports.Entry{Path: exo.Path(from)}, To: reports.Entry{Path: exo.Path(to)}}, f.err
}

func TestTheGuidesValidationBodies(t *testing.T) {
	f := newFixture(t)
	for body, want := range map[string]review.Request{
		`{"data_type":"koi","target_name":null}`:                                     {DataType: "koi"},
		`{"data_type":"lightcurve","target_name":"TIC 441420236"}`:                   {DataType: "lightcurve", TargetName: "TIC 441420236"},
		`{"data_type":"toi","version":"v2"}`:                                         {DataType: "toi", Version: "v2"},
		`{"data_type":"lightcurve","target_name":"TOI-700","mission":"TESS"}`:        {DataType: "lightcurve", TargetName: "TOI-700", Mission: "TESS"},
		`{"data_type":"gaia","target_name":"TIC 1","version":"v2","mission":null}`:   {DataType: "gaia", TargetName: "TIC 1", Version: "v2"},
		`{"data_type":"k2","target_name":"K2-18 b","version":null,"mission": null }`: {DataType: "k2", TargetName: "K2-18 b"},
	} {
		w := f.do("POST", "/api/v1/data/validate", body)
		var res review.Result
		if err := json.Unmarshal(w.Body.Bytes(), &res); w.Code != http.StatusOK || err != nil || f.review.asked != want {
			t.Errorf("%s: %d %s; asked %+v, %v", body, w.Code, w.Body, f.review.asked, err)
			continue
		}
		if res.Valid || res.Findings[0].Rule != "koi.readable" || !strings.Contains(w.Body.String(), `"target_name":null`) || !strings.Contains(w.Body.String(), `"trend":[]`) {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
}

func TestValidationAsAJob(t *testing.T) {
	f := newFixture(t)
	w := f.do("POST", "/api/v1/data/validate", `{"data_type":"koi"}`, "Prefer", "respond-async")
	if w.Code != http.StatusAccepted || !strings.HasPrefix(w.Header().Get("Location"), "/api/v1/jobs/") || w.Header().Get("Preference-Applied") != "respond-async" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	var seen jobs.Progress
	res, err := api.ReviewHandlers(f.review)[api.JobValidate](t.Context(), json.RawMessage(`{"data_type":"lightcurve","target_name":"TIC 1"}`), func(p jobs.Progress) { seen = p })
	if err != nil || res.(review.Result).Records != 7 || seen.Total != 2 || f.review.asked.TargetName != "TIC 1" {
		t.Errorf("%+v %v %+v", res, err, seen)
	}
}

func TestWrongValidationsNameTheParameter(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		says                 string
	}{
		"a type that is not":        {"POST", "/api/v1/data/validate", `{"data_type":"kio"}`, 400, `"parameter":"data_type"`},
		"no type":                   {"POST", "/api/v1/data/validate", `{}`, 400, "data_type"},
		"a field that is not":       {"POST", "/api/v1/data/validate", `{"data_type":"koi","deep":true}`, 400, "deep"},
		"a light curve of nobody":   {"POST", "/api/v1/data/validate", `{"data_type":"lightcurve"}`, 400, `"parameter":"target_name"`},
		"a mission of a table":      {"POST", "/api/v1/data/validate", `{"data_type":"koi","mission":"TESS"}`, 400, `"parameter":"mission"`},
		"a wrong job":               {"POST", "/api/v1/data/validate", `{"data_type":"kio"}`, 400, `"allowed":["koi"`},
		"reports of no type":        {"GET", "/api/v1/data/validate/reports?data_type=kio", "", 400, "did you mean koi?"},
		"reports of a table's star": {"GET", "/api/v1/data/validate/reports?data_type=koi&target_name=TIC+1", "", 400, `"parameter":"target_name"`},
		"too many reports":          {"GET", "/api/v1/data/validate/reports?limit=100000", "", 400, "limit"},
		"an unknown parameter":      {"GET", "/api/v1/data/validate/reports?star=1", "", 400, "star"},
		"rules of no type":          {"GET", "/api/v1/data/validate/rules?data_type=lightcurves", "", 400, "did you mean lightcurve?"},
		"compared with nothing":     {"GET", "/api/v1/data/validate/compare?from=a", "", 400, "to"},
		"a report of no name":       {"GET", "/api/v1/data/validate/reports/a:b", "", 400, `"parameter":"name"`},
		"a report that is not":      {"GET", "/api/v1/data/validate/reports/koi_20260102_120000", "", 404, "/data/validate/reports lists them"},
	} {
		w := f.do(c.method, c.target, c.body)
		problem(t, w)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestReportsAndRulesAreListed(t *testing.T) {
	f := newFixture(t)
	w := f.do("GET", "/api/v1/data/validate/reports?target_name=TIC+441420236&limit=5", "")
	if w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"reports":[]}` || f.review.target.Number != 441420236 || f.review.limit != 5 {
		t.Errorf("%d %s %+v", w.Code, w.Body, f.review)
	}
	if w := f.do("GET", "/api/v1/data/validate/reports?data_type=toi", ""); w.Code != 200 || f.review.listed != "toi" || f.review.limit != 100 {
		t.Errorf("%d %s %+v", w.Code, w.Body, f.review)
	}
	w = f.do("GET", "/api/v1/data/validate/compare?from=a&to=b", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"path":"b"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = f.do("GET", "/api/v1/data/validate/rules?data_type=lightcurve", "")
	var list struct{ Rules []validate.Rule }
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 || len(list.Rules) < 40 || list.Rules[0].Reason == "" || list.Rules[0].Source == "" {
		t.Errorf("%d %d rules, %v", w.Code, len(list.Rules), err)
	}
}
