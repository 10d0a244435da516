package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/version"
)

// fakeReleases answers every request and remembers the last.
type fakeReleases struct {
	got   any
	err   error
	empty bool
}

var aFile = version.File{Path: "raw/nasa/koi_20240115_103000.csv", Hash: exo.DigestOf([]byte("abc")), SizeBytes: 3, ModifiedAt: noon.Add(-5 * time.Minute)}

var aManifest = version.Manifest{
	Summary: version.Summary{
		Version: "v1.2.0", Description: "Updated KOI catalog", CreatedAt: noon, TotalSizeBytes: 3, FileCount: 1, ID: exo.DigestOf(version.Sums([]version.File{aFile})),
		Links: version.Links{Copy: 1}, Verified: version.ByIndex, FilePatterns: []string{"*.csv"}, Program: "exoplanetai test",
	},
	Files: []version.File{aFile},
}

func (f *fakeReleases) Create(_ context.Context, o version.CreateOptions) (version.Manifest, error) {
	if o.Report != nil {
		o.Report(1, 1)
	}
	o.Report = nil
	f.got = fmt.Sprintf("%+v", o)
	return aManifest, f.err
}

func (f *fakeReleases) List(context.Context) ([]version.Summary, error) {
	if f.empty {
		return nil, f.err
	}
	return []version.Summary{aManifest.Summary}, f.err
}

func (f *fakeReleases) Show(_ context.Context, name exo.VersionName) (version.Manifest, error) {
	f.got = name
	return aManifest, f.err
}

func (f *fakeReleases) Diff(_ context.Context, from, to exo.VersionName, limit int) (version.Diff, error) {
	f.got = fmt.Sprint(from, to, limit)
	return version.Diff{From: from, To: to}, f.err
}

func (f *fakeReleases) Verify(_ context.Context, name exo.VersionName, o version.VerifyOptions, _ func(done, total int64)) (version.VerifyReport, error) {
	f.got = fmt.Sprintf("%s %+v", name, o)
	return version.VerifyReport{Version: name, OK: true, Damaged: []version.Damage{}}, f.err
}

func (f *fakeReleases) Restore(_ context.Context, name exo.VersionName, o version.RestoreOptions, _ func(done, total int64)) (version.RestoreReport, error) {
	f.got = fmt.Sprintf("%s %s %s %v %v", name, o.Target, o.Folder, o.Paths, o.DryRun)
	return version.RestoreReport{Version: name, Restored: []exo.Path{}}, f.err
}

func (f *fakeReleases) Delete(_ context.Context, name exo.VersionName, o version.DeleteOptions) (version.DeleteReport, error) {
	f.got = fmt.Sprintf("%s %+v", name, o)
	return version.DeleteReport{Version: name}, f.err
}

func (f *fakeReleases) Cite(_ context.Context, name exo.VersionName) (version.Citation, error) {
	f.got = name
	return version.Citation{Version: name}, f.err
}

func TestRequestsReachTheVersions(t *testing.T) {
	const guide = `{"version_name": "v1.2.0", "description": "Updated KOI catalog with new dispositions", "file_patterns": ["*.csv", "*.fits"]}`
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		want                 any
	}{
		"the guide's request":      {"POST", "create", guide, 201, "{Name:v1.2.0 Description:Updated KOI catalog with new dispositions Patterns:[*.csv *.fits] FullHash:false DryRun:false Report:<nil>}"},
		"only a name":              {"POST", "create", `{"version_name": "v1", "description": null, "file_patterns": null}`, 201, "{Name:v1 Description: Patterns:[] FullHash:false DryRun:false Report:<nil>}"},
		"a dry run":                {"POST", "create", `{"version_name": "v1", "dry_run": true, "full_hash": true}`, 200, "{Name:v1 Description: Patterns:[] FullHash:true DryRun:true Report:<nil>}"},
		"the guide's look":         {"GET", "v1.2.0", "", 200, exo.VersionName("v1.2.0")},
		"a difference":             {"GET", "v1.1.0/diff/v1.2.0?limit=5", "", 200, "v1.1.0v1.2.05"},
		"a check":                  {"POST", "v1/verify", "", 200, "v1 {Quick:false}"},
		"a quick check":            {"POST", "v1/verify?quick=true", "", 200, "v1 {Quick:true}"},
		"a restore without a body": {"POST", "v1/restore", "", 200, "v1 in_place  [] false"},
		"a restore to a folder":    {"POST", "v1/restore", `{"target": "folder", "paths": ["*.csv"], "dry_run": true}`, 200, "v1 folder v1 [*.csv] true"},
		"a deletion":               {"DELETE", "v1", "", 200, "v1 {DryRun:false}"},
		"a deletion, dry":          {"DELETE", "v1?dry_run=true", "", 200, "v1 {DryRun:true}"},
		"a citation":               {"GET", "v1/cite", "", 200, exo.VersionName("v1")},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do(c.method, "/api/v1/data/version/"+c.target, c.body)
			if w.Code != c.status || f.releases.got != c.want {
				t.Errorf("%d, got %v, want %v: %s", w.Code, f.releases.got, c.want, w.Body)
			}
			if at := w.Header().Get("Location"); (w.Code == 201) != (at == "/api/v1/data/version/v1.2.0") {
				t.Errorf("Location %q", at)
			}
		})
	}
}

func TestAVersionIsShownAsTheGuideDoes(t *testing.T) {
	f := newFixture(t)
	w := f.do("GET", "/api/v1/data/version/v1.2.0", "")
	at := 0
	for _, key := range []string{"version", "description", "created_at", "files", "path", "hash", "size_bytes", "modified_at", "total_size_bytes", "file_count", "parent_version", "id"} {
		next := strings.Index(w.Body.String()[at:], `"`+key+`"`)
		if next < 0 {
			t.Fatalf("%s is not in its place: %s", key, w.Body)
		}
		at += next
	}
	if tag := w.Header().Get("ETag"); tag != `"`+aManifest.ID.String()+`"` {
		t.Errorf("ETag %s", tag)
	}
}

func TestTheListNamesTheCurrentVersion(t *testing.T) {
	for name, c := range map[string]struct {
		empty bool
		want  string
		files bool
	}{"one": {false, `"v1.2.0"`, false}, "none": {true, "null", false}} {
		f := newFixture(t)
		f.releases.empty = c.empty
		var doc struct {
			Versions []map[string]any
			Current  json.RawMessage
		}
		w := f.do("GET", "/api/v1/data/version/list", "")
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || string(doc.Current) != c.want || doc.Versions == nil {
			t.Errorf("%s: %v %s", name, err, w.Body)
		}
		for _, v := range doc.Versions {
			if _, ok := v["files"]; ok {
				t.Errorf("%s: files are listed", name)
			}
		}
	}
}

func TestBadRequestsDoNotReachTheVersions(t *testing.T) {
	long := strings.Repeat("x", 101)
	for name, c := range map[string]struct{ method, target, body string }{
		"no name":                    {"POST", "create", `{}`},
		"an empty name":              {"POST", "create", `{"version_name": ""}`},
		"a name that climbs":         {"POST", "create", `{"version_name": "../v1"}`},
		"a name that is hidden":      {"POST", "create", `{"version_name": ".git"}`},
		"a device":                   {"POST", "create", `{"version_name": "NUL"}`},
		"a name that is too long":    {"POST", "create", `{"version_name": "` + long + `"}`},
		"a number as the name":       {"POST", "create", `{"version_name": 1}`},
		"an unknown field":           {"POST", "create", `{"version_name": "v1", "name": "v2"}`},
		"a name twice":               {"POST", "create", `{"version_name": "v1", "version_name": "v2"}`},
		"too many patterns":          {"POST", "create", `{"version_name": "v1", "file_patterns": ["*"` + strings.Repeat(`, "*"`, 100) + `]}`},
		"a description without end":  {"POST", "create", `{"version_name": "v1", "description": "` + strings.Repeat("x", 4001) + `"}`},
		"no body":                    {"POST", "create", ""},
		"a hidden version":           {"GET", ".git", ""},
		"a lock":                     {"GET", "v1.lock", ""},
		"a climbing version":         {"GET", "..%2fv1", ""},
		"a difference without end":   {"GET", "v1/diff/v2?limit=100001", ""},
		"a difference to nowhere":    {"GET", "v1/diff/..%2f", ""},
		"a check of a hidden folder": {"POST", ".git/verify", ""},
		"a restore elsewhere":        {"POST", "v1/restore", `{"target": "elsewhere"}`},
		"a folder in place":          {"POST", "v1/restore", `{"target": "in_place", "folder": "x"}`},
		"a restore of an odd field":  {"POST", "v1/restore", `{"to": "/tmp"}`},
		"a deletion of all":          {"DELETE", "*", ""},
	} {
		f := newFixture(t)
		w := f.do(c.method, "/api/v1/data/version/"+c.target, c.body)
		if w.Code != 400 || f.releases.got != nil {
			t.Errorf("%s: %d %v %s", name, w.Code, f.releases.got, w.Body)
			continue
		}
		problem(t, w)
	}
}

func TestErrorsOfVersionsAreProblems(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		target string
	}{
		{exo.Errorf("x", exo.Exists, nil, "there is a version v1").Try("choose another name"), 409, "POST create"},
		{exo.Errorf("x", exo.NotFound, nil, "there is no version v1").Try("v1.0.0"), 404, "GET v1"},
		{exo.Errorf("x", exo.Conflict, nil, "v1 is the last to hold a file").Try("make another first"), 409, "DELETE v1"},
		{exo.Errorf("x", exo.Corrupt, nil, "the manifest is damaged").Try("exoplanetai version rebuild"), 500, "GET list"},
		{exo.Errorf("x", exo.Full, nil, "the disk is full").Try("make room"), 507, "POST v1/restore"},
	} {
		f := newFixture(t)
		f.releases.err = c.err
		method, target, _ := strings.Cut(c.target, " ")
		body := ""
		if target == "create" {
			body = `{"version_name": "v1"}`
		}
		w := f.do(method, "/api/v1/data/version/"+target, body)
		if p := problem(t, w); w.Code != c.status || p["detail"] != exo.MessageOf(c.err) || p["hint"] != exo.HintOf(c.err) {
			t.Errorf("%s: %d %v", c.target, w.Code, p)
		}
	}
}

func TestLongCallsOfVersionsMayGoOnAsJobs(t *testing.T) {
	f := newFixture(t)
	for target, body := range map[string]string{"create": `{"version_name": "v1"}`, "v1/verify": "", "v1/restore": ""} {
		w := f.do("POST", "/api/v1/data/version/"+target, body, "Prefer", "respond-async")
		if w.Code != 202 || w.Header().Get("Location") == "" || f.releases.got != nil {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	handlers := map[string]jobs.Handler{}
	maps.Copy(handlers, api.VersionHandlers(f.releases))
	for kind, c := range map[string]struct {
		args string
		want any
	}{
		api.JobVersionCreate:  {`{"version_name": "v1", "file_patterns": ["*.csv"]}`, "{Name:v1 Description: Patterns:[*.csv] FullHash:false DryRun:false Report:<nil>}"},
		api.JobVersionVerify:  {`{"version": "v1", "quick": true}`, "v1 {Quick:true}"},
		api.JobVersionRestore: {`{"version": "v1", "target": "folder", "folder": "x"}`, "v1 folder x [] false"},
	} {
		_, err := handlers[kind](t.Context(), json.RawMessage(c.args), func(jobs.Progress) {})
		if err != nil || f.releases.got != c.want {
			t.Errorf("%s: %v %v", kind, f.releases.got, err)
		}
	}
}
