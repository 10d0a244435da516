package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/store"
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

func (f *fakeIntegrity) Sweep(_ context.Context, o store.SweepOptions, report func(done, total int64)) (verify.SweepReport, error) {
	if report != nil {
		report(1, 1)
	}
	f.got = fmt.Sprintf("sweep %+v", o)
	proof, age := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), 86400.0
	return verify.SweepReport{SweepReport: store.SweepReport{OK: true, Coverage: 0.5, OldestProof: &proof, OldestAgeS: &age}, Damaged: []verify.Damage{}}, nil
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
		api.JobSweep:  {store.SweepOptions{MaxBytes: 5 << 20, For: time.Minute}, "sweep {MaxBytes:5242880 MaxFiles:0 For:1m0s}"},
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
		"a sweep":              {"/sweep", "", 200, "sweep {MaxBytes:0 MaxFiles:0 For:0s}"},
		"a sweep with limits":  {"/sweep?max_mb=3&max_files=7&max_seconds=60", "", 200, "sweep {MaxBytes:3145728 MaxFiles:7 For:1m0s}"},
		"a limit below zero":   {"/sweep?max_mb=-1", "", 400, ""},
		"a limit too large":    {"/sweep?max_mb=1099511627777", "", 400, ""},
		"a misspelt limit":     {"/sweep?max_gb=1", "", 400, ""},
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

func TestASweepSaysHowWellTheStoreIsProved(t *testing.T) {
	w := newFixture(t).do("POST", "/api/v1/data/storage/sweep?max_files=1", "")
	var doc map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	if doc["coverage"] != 0.5 || doc["oldest_age_s"] != 86400.0 || doc["oldest_proof"] != "2026-01-02T12:00:00Z" || doc["damaged"] == nil {
		t.Errorf("%v", doc)
	}
}
