package cli_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
)

// maintainer is maintenance; the fake notes what was asked.
type maintainer struct{ *fake }

func (m maintainer) Cleanup(_ context.Context, o maintain.CleanupOptions) (maintain.CleanupReport, error) {
	m.calls = append(m.calls, o)
	return maintain.CleanupReport{RemovedFiles: 2, RemovedBytes: 2000, Kept: 1, NeededBytes: 5e6, ByFolder: []maintain.CleanupFolder{{Folder: "cache", RemovedFiles: 2, RemovedBytes: 2000, Kept: 1}}}, m.err
}

func (m maintainer) Retain(_ context.Context, o maintain.RetainOptions) (maintain.RetainReport, error) {
	m.calls = append(m.calls, o)
	if m.ripens && o.DryRun {
		return maintain.RetainReport{DryRun: true}, m.err
	}
	return maintain.RetainReport{
		RemovedFiles: 1, KeptFiles: 1, DryRun: o.DryRun, Removed: []maintain.Gone{{Path: "raw/nasa/koi_a.csv"}},
		Kept: []maintain.Kept{{Path: "raw/nasa/koi_b.csv", Reason: maintain.Newest, Detail: "no newer file has replaced it"}},
	}, m.err
}

func (m maintainer) Rollback(_ context.Context, o maintain.RollbackOptions) (maintain.RollbackReport, error) {
	m.calls = append(m.calls, o)
	return maintain.RollbackReport{Status: maintain.RolledBack, Files: []maintain.RolledFile{{From: exo.Path("raw/nasa/koi_a.csv"), Path: "raw/nasa/koi_c.csv"}}}, m.err
}

func TestCommandsOfMaintenance(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		want []any
	}{
		"cleanup by the settings":   {[]string{"storage", "cleanup"}, 0, []any{maintain.CleanupOptions{}}},
		"cleanup by age":            {[]string{"storage", "cleanup", "--max-age-days", "7", "--dry-run"}, 0, []any{maintain.CleanupOptions{MaxAge: 7 * 24 * time.Hour, DryRun: true}}},
		"cleanup of all":            {[]string{"storage", "cleanup", "--max-age-days", "0", "--json"}, 0, []any{maintain.CleanupOptions{All: true}}},
		"cleanup that cannot be":    {[]string{"storage", "cleanup", "--max-age-days", "-7"}, 2, nil},
		"retention asks first":      {[]string{"storage", "retention"}, -1, []any{maintain.RetainOptions{DryRun: true}}},
		"retention only planned":    {[]string{"storage", "retention", "--dry-run"}, 0, []any{maintain.RetainOptions{DryRun: true}}},
		"retention with consent":    {[]string{"storage", "retention", "--yes"}, 0, []any{maintain.RetainOptions{DryRun: true}, maintain.RetainOptions{}}},
		"rollback":                  {[]string{"storage", "rollback", "koi", "--to", "v1.0"}, 0, []any{maintain.RollbackOptions{What: "koi", To: "v1.0"}}},
		"rollback to no version":    {[]string{"storage", "rollback", "koi"}, 2, nil},
		"rollback with nothing":     {[]string{"storage", "rollback", "koi", "--to", ""}, 2, nil},
		"rollback to a hostile one": {[]string{"storage", "rollback", "koi", "--to", "--upload-pack=x"}, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			_, errs, code := run(f, c.args...)
			if c.code >= 0 && code != c.code || c.code < 0 && code == 0 {
				t.Errorf("exit %d: %s", code, errs)
			}
			if !slices.Equal(f.calls, c.want) {
				t.Errorf("asked %+v, want %+v", f.calls, c.want)
			}
		})
	}
}

// TestRetentionRemovesNothingThatNobodyWasAskedAbout: a file that comes of age
// between the plan and the act stays.
func TestRetentionRemovesNothingThatNobodyWasAskedAbout(t *testing.T) {
	f := &fake{ripens: true}
	_, errs, code := run(f, "storage", "retention")
	if want := []any{maintain.RetainOptions{DryRun: true}}; code != 0 || !slices.Equal(f.calls, want) {
		t.Errorf("exit %d, asked %+v: %s", code, f.calls, errs)
	}
}

func TestARollbackWithoutAVersionSaysWhatIsMissing(t *testing.T) {
	_, errs, _ := run(&fake{}, "storage", "rollback", "koi")
	if !strings.Contains(errs, "--to is missing") || !strings.Contains(errs, "exoplanetai storage rollback koi --to VERSION") {
		t.Errorf("%s", errs)
	}
}
