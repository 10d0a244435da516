package api_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/maintain"
)

// fakeMaintain remembers the last request.
type fakeMaintain struct{ got any }

func (f *fakeMaintain) Cleanup(_ context.Context, o maintain.CleanupOptions) (maintain.CleanupReport, error) {
	f.got = o
	return maintain.CleanupReport{RemovedFiles: 3, DryRun: o.DryRun}, nil
}

func (f *fakeMaintain) Retain(_ context.Context, o maintain.RetainOptions) (maintain.RetainReport, error) {
	f.got = o
	return maintain.RetainReport{}, nil
}

func (f *fakeMaintain) Rollback(_ context.Context, o maintain.RollbackOptions) (maintain.RollbackReport, error) {
	f.got = o
	return maintain.RollbackReport{}, nil
}

func TestTheJobsOfMaintenanceDoWhatTheyWereAsked(t *testing.T) {
	f := &fakeMaintain{}
	handlers := api.MaintainHandlers(f)
	for kind, want := range map[string]any{
		api.JobCleanup:  maintain.CleanupOptions{MaxAge: 7 * 24 * time.Hour, MaxBytes: 5, All: true, DryRun: true},
		api.JobRetain:   maintain.RetainOptions{DryRun: true},
		api.JobRollback: maintain.RollbackOptions{What: "koi", To: "v1.0", DryRun: true},
	} {
		args, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := handlers[kind](t.Context(), args, func(jobs.Progress) {}); err != nil || f.got != want {
			t.Errorf("%s: got %+v, want %+v, %v", kind, f.got, want, err)
		}
	}
}

func TestRequestsOfMaintenanceReachTheUseCase(t *testing.T) {
	const base = "/api/v1/data"
	for name, c := range map[string]struct {
		target, body string
		status       int
		want         any
	}{
		"the guide's line":       {"/admin/cleanup?max_age_days=7", "", 200, maintain.CleanupOptions{MaxAge: 7 * 24 * time.Hour}},
		"the configured age":     {"/admin/cleanup?dry_run=true", "", 200, maintain.CleanupOptions{DryRun: true}},
		"everything that may go": {"/admin/cleanup?max_age_days=0&max_bytes=5", "", 200, maintain.CleanupOptions{All: true, MaxBytes: 5}},
		"an age below zero":      {"/admin/cleanup?max_age_days=-7", "", 400, nil},
		"an age that overflows":  {"/admin/cleanup?max_age_days=36501", "", 400, nil},
		"an unknown parameter":   {"/admin/cleanup?days=7", "", 400, nil},
		"retention":              {"/admin/retention?dry_run=true", "", 200, maintain.RetainOptions{DryRun: true}},
		"retention, really":      {"/admin/retention", "", 200, maintain.RetainOptions{}},
		"rollback":               {"/storage/rollback", `{"what":"koi","to":"v1.0","dry_run":true}`, 200, maintain.RollbackOptions{What: "koi", To: "v1.0", DryRun: true}},
		"a hostile version":      {"/storage/rollback", `{"what":"koi","to":"../v1"}`, 400, nil},
		"an unknown member":      {"/storage/rollback", `{"what":"koi","to":"v1","force":true}`, 400, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do("POST", base+c.target, c.body)
			if w.Code != c.status || f.maintain.got != c.want {
				t.Errorf("%d, got %+v, want %+v: %s", w.Code, f.maintain.got, c.want, w.Body)
			}
			f.refusedOrAsJob(t, w, base+c.target, c.body)
		})
	}
}

// refusedOrAsJob requires a problem document of what was refused, and that what
// was done can be had as a job too.
func (f *fixture) refusedOrAsJob(t *testing.T, w *httptest.ResponseRecorder, target, body string) {
	t.Helper()
	if w.Code != 200 {
		problem(t, w)
		return
	}
	if w := f.do("POST", target, body, "Prefer", "respond-async"); w.Code != 202 {
		t.Errorf("as a job: %d %s", w.Code, w.Body)
	}
}
