package api_test

import (
	"context"
	"encoding/json"
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
