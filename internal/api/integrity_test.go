package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"exoplanetai/internal/api"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/verify"
)

// fakeIntegrity remembers the last request.
type fakeIntegrity struct{ got string }

func (f *fakeIntegrity) Check(_ context.Context, o verify.CheckOptions, report func(done, total int64)) (verify.Report, error) {
	if report != nil {
		report(1, 1)
	}
	f.got = fmt.Sprintf("check %+v", o)
	return verify.Report{Depth: verify.Full, OK: true, Damaged: []verify.Damage{}}, nil
}

func (f *fakeIntegrity) Repair(_ context.Context, o verify.RepairOptions, report func(done, total int64)) (verify.RepairReport, error) {
	if report != nil {
		report(1, 1)
	}
	f.got = fmt.Sprintf("repair %+v", o)
	return verify.RepairReport{OK: true, Files: []verify.Repair{}}, nil
}

func TestJobsOfIntegrityDoWhatTheyWereTold(t *testing.T) {
	f := &fakeIntegrity{}
	handlers := api.IntegrityHandlers(f)
	for kind, tt := range map[string]struct {
		request any
		want    string
	}{
		api.JobCheck:  {verify.CheckOptions{Quick: true}, "check {Quick:true}"},
		api.JobRepair: {verify.RepairOptions{Paths: []string{"raw/a"}, DryRun: true}, "repair {Paths:[raw/a] DryRun:true}"},
	} {
		text, err := json.Marshal(tt.request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := handlers[kind](t.Context(), text, func(jobs.Progress) {}); err != nil || f.got != tt.want {
			t.Errorf("%s: %s %v", kind, f.got, err)
		}
	}
}

func TestRequestsOfIntegrityReachTheUseCase(t *testing.T) {
	const base = "/api/v1/data/storage"
	for name, c := range map[string]struct {
		target, body string
		status       int
		want         string
	}{
		"a check":              {"/verify", "", 200, "check {Quick:false}"},
		"a quick one":          {"/verify?quick=true", "", 200, "check {Quick:true}"},
		"no truth value":       {"/verify?quick=maybe", "", 400, ""},
		"an unknown parameter": {"/verify?deep=true", "", 400, ""},
		"a repair of all":      {"/repair", "", 200, "repair {Paths:[] DryRun:false}"},
		"of some, in thought":  {"/repair", `{"paths":["raw/nasa/a.csv"],"dry_run":true}`, 200, "repair {Paths:[raw/nasa/a.csv] DryRun:true}"},
		"a path outside":       {"/repair", `{"paths":["../a"]}`, 400, ""},
		"an unknown member":    {"/repair", `{"force":true}`, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do("POST", base+c.target, c.body)
			if w.Code != c.status || f.integrity.got != c.want {
				t.Errorf("%d, got %q, want %q: %s", w.Code, f.integrity.got, c.want, w.Body)
			}
			f.refusedOrAsJob(t, w, base+c.target, c.body)
		})
	}
}
