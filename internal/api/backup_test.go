package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"exoplanetai/internal/api"
	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

// fakeBackups answers every request and remembers the last.
type fakeBackups struct {
	got string
	err error
}

func (f *fakeBackups) note(report func(done, total int64), format string, args ...any) error {
	if report != nil {
		report(1, 2)
	}
	f.got = fmt.Sprintf(format, args...)
	return f.err
}

func (f *fakeBackups) Create(_ context.Context, o backup.CreateOptions, report func(done, total int64)) (backup.Result, error) {
	return backup.Result{Snapshot: "0a1b", Files: 3, SameDisk: o.Force, DryRun: o.DryRun, Expired: []string{}}, f.note(report, "create %+v", o)
}

func (f *fakeBackups) List(context.Context) ([]backup.Snapshot, error) {
	return []backup.Snapshot{{ID: "0a1b", CreatedAt: noon, SameDisk: true}, {ID: "0a1c", CreatedAt: noon, VerifiedAt: &noon}}, f.note(nil, "list")
}

func (f *fakeBackups) Verify(_ context.Context, o backup.VerifyOptions, report func(done, total int64)) (backup.VerifyReport, error) {
	return backup.VerifyReport{Snapshot: "0a1b", Damaged: []backup.Damage{{Path: "raw/x", Class: "corrupt"}}}, f.note(report, "verify %+v", o)
}

func (f *fakeBackups) Restore(_ context.Context, o backup.RestoreOptions, report func(done, total int64)) (backup.RestoreReport, error) {
	return backup.RestoreReport{Snapshot: "0a1b", To: "restored/" + o.Folder}, f.note(report, "restore %+v", o)
}

func (f *fakeBackups) Drill(_ context.Context, o backup.DrillOptions, report func(done, total int64)) (backup.DrillReport, error) {
	return backup.DrillReport{Snapshot: "0a1b", OK: true, Damaged: []backup.Damage{}}, f.note(report, "drill %+v", o)
}

const backupBase = "/api/v1/data/backup"

func TestRequestsReachTheBackups(t *testing.T) {
	for name, c := range map[string]struct{ method, target, body, want string }{
		"a backup":              {"POST", "", "", "create {Force:false DryRun:false}"},
		"a backup by force":     {"POST", "?force=true", "", "create {Force:true DryRun:false}"},
		"a backup, dry":         {"POST", "?dry_run=true", "", "create {Force:false DryRun:true}"},
		"the list":              {"GET", "/list", "", "list"},
		"a check of the newest": {"POST", "/verify", "", "verify {Snapshot:}"},
		"a check":               {"POST", "/verify?snapshot=0a", "", "verify {Snapshot:0a}"},
		"a drill":               {"POST", "/drill?snapshot=0a", "", "drill {Snapshot:0a}"},
		"a restore":             {"POST", "/restore", `{"folder": "again"}`, "restore {Snapshot: To: Folder:again Paths:[] DryRun:false}"},
		"a restore of a part": {"POST", "/restore", `{"snapshot": "0a", "folder": "again", "paths": ["raw/nasa"], "dry_run": true}`,
			"restore {Snapshot:0a To: Folder:again Paths:[raw/nasa] DryRun:true}"},
		"a restore with nulls": {"POST", "/restore", `{"snapshot": null, "folder": "again", "paths": null, "dry_run": null}`, "restore {Snapshot: To: Folder:again Paths:[] DryRun:false}"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do(c.method, backupBase+c.target, c.body)
			if w.Code != 200 || f.backup.got != c.want {
				t.Errorf("%d, got %s, want %s: %s", w.Code, f.backup.got, c.want, w.Body)
			}
		})
	}
}

func TestABackupBesideTheDataIsMarked(t *testing.T) {
	f := newFixture(t)
	var list struct {
		Backups []struct {
			ID         string
			SameDisk   *bool   `json:"same_disk"`
			VerifiedAt *string `json:"verified_at"`
		}
	}
	w := f.do("GET", backupBase+"/list", "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Backups) != 2 {
		t.Fatalf("%v %s", err, w.Body)
	}
	for i, marked := range []bool{true, false} {
		b := list.Backups[i]
		if b.SameDisk == nil || *b.SameDisk != marked || (b.VerifiedAt == nil) != marked {
			t.Errorf("%s: %s", b.ID, w.Body)
		}
	}
	if w := f.do("POST", backupBase+"?force=true", ""); !strings.Contains(w.Body.String(), `"same_disk":true`) {
		t.Errorf("created: %s", w.Body)
	}
}

func TestDamageOfABackupIsAnAnswer(t *testing.T) {
	w := newFixture(t).do("POST", backupBase+"/verify", "")
	var r backup.VerifyReport
	if err := json.Unmarshal(w.Body.Bytes(), &r); w.Code != 200 || err != nil || r.OK || len(r.Damaged) != 1 || r.Damaged[0].Path != "raw/x" {
		t.Errorf("%d %v %s", w.Code, err, w.Body)
	}
}

func TestBadRequestsDoNotReachTheBackups(t *testing.T) {
	for name, c := range map[string]struct{ method, target, body string }{
		"an unknown parameter":        {"POST", "?forced=true", ""},
		"force that is no truth":      {"POST", "?force=yes", ""},
		"a password":                  {"POST", "?password=x", ""},
		"a snapshot without end":      {"POST", "/verify?snapshot=" + strings.Repeat("a", 65), ""},
		"a drill without end":         {"POST", "/drill?snapshot=" + strings.Repeat("a", 65), ""},
		"a restore to nowhere":        {"POST", "/restore", `{}`},
		"a restore without a body":    {"POST", "/restore", ""},
		"a restore to an empty name":  {"POST", "/restore", `{"folder": ""}`},
		"a restore to anywhere":       {"POST", "/restore", `{"folder": "x", "to": "/etc"}`},
		"a restore of an odd type":    {"POST", "/restore", `{"folder": 1}`},
		"a restore of a folder twice": {"POST", "/restore", `{"folder": "a", "folder": "b"}`},
		"more paths than a list has":  {"POST", "/restore", `{"folder": "x", "paths": ["a"` + strings.Repeat(`, "a"`, 20_000) + `]}`},
	} {
		f := newFixture(t)
		w := f.do(c.method, backupBase+c.target, c.body)
		if w.Code != 400 && w.Code != 413 || f.backup.got != "" {
			t.Errorf("%s: %d %v %.300s", name, w.Code, f.backup.got, w.Body)
			continue
		}
		problem(t, w)
	}
}

func TestErrorsOfBackupsAreProblems(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		target string
	}{
		{exo.Errorf("x", exo.Conflict, nil, "no place for backups is set").Try("set it"), 409, "POST "},
		{exo.Errorf("x", exo.Denied, nil, "the password does not open the backup repository").Try("give another"), 403, "GET /list"},
		{exo.Errorf("x", exo.NotFound, nil, "there is no backup yet").Try("make one"), 404, "POST /verify"},
		{exo.Errorf("x", exo.Full, nil, "the place for backups is full").Try("make room"), 507, "POST "},
		{exo.Errorf("x", exo.Corrupt, nil, "the file in the backup is not the recorded one").Try("take another"), 500, "POST /restore"},
		{exo.Errorf("x", exo.Unavailable, nil, "the backup repository cannot be used").Try("look at it"), 503, "POST /drill"},
	} {
		f := newFixture(t)
		f.backup.err = c.err
		method, target, _ := strings.Cut(c.target, " ")
		body := ""
		if target == "/restore" {
			body = `{"folder": "x"}`
		}
		w := f.do(method, backupBase+target, body)
		if p := problem(t, w); w.Code != c.status || p["detail"] != exo.MessageOf(c.err) || p["hint"] != exo.HintOf(c.err) {
			t.Errorf("%s: %d, want %d %v", c.target, w.Code, c.status, p)
		}
	}
}

func TestBackupsMayGoOnAsJobs(t *testing.T) {
	f := newFixture(t)
	for target, body := range map[string]string{"?force=true": "", "/verify": "", "/drill": "", "/restore": `{"folder": "x"}`} {
		w := f.do("POST", backupBase+target, body, "Prefer", "respond-async")
		if w.Code != 202 || w.Header().Get("Location") == "" || f.backup.got != "" {
			t.Errorf("%s: %d %q %s", target, w.Code, f.backup.got, w.Body)
		}
	}
	handlers := api.BackupHandlers(f.backup)
	for kind, c := range map[string]struct {
		args any
		want string
	}{
		api.JobBackupCreate:  {backup.CreateOptions{Force: true}, "create {Force:true DryRun:false}"},
		api.JobBackupVerify:  {backup.VerifyOptions{Snapshot: "0a"}, "verify {Snapshot:0a}"},
		api.JobBackupRestore: {backup.RestoreOptions{Snapshot: "0a", Folder: "x", Paths: []string{"raw"}}, "restore {Snapshot:0a To: Folder:x Paths:[raw] DryRun:false}"},
		api.JobBackupDrill:   {backup.DrillOptions{Snapshot: "0a"}, "drill {Snapshot:0a}"},
	} {
		args, err := json.Marshal(c.args)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		_, err = handlers[kind](t.Context(), args, func(jobs.Progress) { told++ })
		if err != nil || f.backup.got != c.want || told == 0 {
			t.Errorf("%s: %s, want %s, told %d times, %v", kind, f.backup.got, c.want, told, err)
		}
	}
}
