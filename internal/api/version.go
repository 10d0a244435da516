package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/version"
)

// Releases are the versions of the whole tree: snapshots that were given a
// name. What a catalog table was at some time is asked of Versions.
type Releases interface {
	Create(ctx context.Context, o version.CreateOptions) (version.Manifest, error)
	List(ctx context.Context) ([]version.Summary, error)
	Show(ctx context.Context, name exo.VersionName) (version.Manifest, error)
	Diff(ctx context.Context, from, to exo.VersionName, limit int) (version.Diff, error)
	Verify(ctx context.Context, name exo.VersionName, o version.VerifyOptions, report func(done, total int64)) (version.VerifyReport, error)
	Restore(ctx context.Context, name exo.VersionName, o version.RestoreOptions, report func(done, total int64)) (version.RestoreReport, error)
	Delete(ctx context.Context, name exo.VersionName, o version.DeleteOptions) (version.DeleteReport, error)
	Cite(ctx context.Context, name exo.VersionName) (version.Citation, error)
}

// The kinds of job that the routes of versions make.
const (
	JobVersionCreate  = "version.create"
	JobVersionVerify  = "version.verify"
	JobVersionRestore = "version.restore"
)

// Limits of what a request may say of a version.
const (
	maxPatterns    = 100
	maxPaths       = 10_000
	maxDescription = 4000
)

// versionBody is the body of POST /data/version/create.
type versionBody struct {
	_            struct{} `json:"-" additionalProperties:"false"`
	VersionName  string   `json:"version_name" maxLength:"100" doc:"letters, digits, . _ + -; begins with a letter or digit" example:"v1.2.0"`
	Description  *string  `json:"description,omitempty" nullable:"true" doc:"what is new" example:"Updated KOI catalog with new dispositions"`
	FilePatterns []string `json:"file_patterns,omitempty" nullable:"true" doc:"*.csv matches names, raw/nasa/*.csv and **/*.fits match paths; default: all of raw, lightcurves and processed" example:"[\"*.csv\", \"*.fits\"]"`
	FullHash     *bool    `json:"full_hash,omitempty" nullable:"true" doc:"read every byte again instead of taking a digest from the index where size, time and inode are unchanged; default false"`
	DryRun       *bool    `json:"dry_run,omitempty" nullable:"true" doc:"tell what the version would hold, and make nothing; default false"`
}

// createRequest is what the job of a new version is told.
type createRequest struct {
	Name        string   `json:"version_name"`
	Description string   `json:"description"`
	Patterns    []string `json:"file_patterns"`
	FullHash    bool     `json:"full_hash"`
	DryRun      bool     `json:"dry_run"`
}

func (r createRequest) options(report func(done, total int64)) version.CreateOptions {
	return version.CreateOptions{Name: r.Name, Description: r.Description, Patterns: r.Patterns, FullHash: r.FullHash, DryRun: r.DryRun, Report: report}
}

func (b versionBody) check() (createRequest, error) {
	const op = "api.version"
	r := createRequest{Name: b.VersionName, Description: value(b.Description), Patterns: b.FilePatterns, FullHash: value(b.FullHash), DryRun: value(b.DryRun)}
	switch {
	case len(r.Patterns) > maxPatterns:
		return r, exo.Errorf(op, exo.Invalid, nil, "file_patterns has more than %d patterns", maxPatterns).Try("say it in fewer: lightcurves/** is everything below lightcurves")
	case len(r.Description) > maxDescription:
		return r, exo.Errorf(op, exo.Invalid, nil, "the description is longer than %d bytes", maxDescription).Try("say it in fewer words")
	}
	_, err := exo.ParseVersionName(r.Name)
	return r, err
}

// restoreBody is the body of POST /data/version/{name}/restore.
type restoreBody struct {
	_      struct{} `json:"-" additionalProperties:"false"`
	Target *string  `json:"target,omitempty" nullable:"true" enum:"in_place,folder" doc:"in_place writes only what is damaged or missing; folder writes a copy of the version below restored/ in the data folder; default in_place"`
	Folder *string  `json:"folder,omitempty" nullable:"true" maxLength:"200" doc:"of target folder: its name below restored/; default: the name of the version" example:"v1.2.0"`
	Paths  []string `json:"paths,omitempty" nullable:"true" doc:"only the files of the version that one of these patterns matches; default: all"`
	DryRun *bool    `json:"dry_run,omitempty" nullable:"true" doc:"tell what would be written, and write nothing; default false"`
}

// restoreRequest is what the job of a restore is told.
type restoreRequest struct {
	Version exo.VersionName `json:"version"`
	Target  string          `json:"target"`
	Folder  string          `json:"folder,omitempty"`
	Paths   []string        `json:"paths"`
	DryRun  bool            `json:"dry_run"`
}

func (r restoreRequest) options() version.RestoreOptions {
	return version.RestoreOptions{Target: r.Target, Folder: r.Folder, Paths: r.Paths, DryRun: r.DryRun}
}

// The targets of a restore.
const (
	inPlace  = version.InPlace
	toFolder = version.InFolder
)

func (b restoreBody) check(name exo.VersionName) (restoreRequest, error) {
	const op = "api.restore"
	r := restoreRequest{Version: name, Target: value(b.Target), Folder: value(b.Folder), Paths: b.Paths, DryRun: value(b.DryRun)}
	if r.Target == "" {
		r.Target = inPlace
	}
	switch {
	case r.Target == inPlace && r.Folder != "":
		return r, exo.Errorf(op, exo.Invalid, nil, "folder is given, and target is in_place").Try(`send "target": "folder", or leave folder out`)
	case r.Target == toFolder && r.Folder == "":
		r.Folder = string(name)
	case len(r.Paths) > maxPaths:
		return r, exo.Errorf(op, exo.Invalid, nil, "paths has more than %d files", maxPaths).Try("leave paths out to restore the whole version")
	}
	return r, nil
}

// verifyRequest is what the job of a check is told.
type verifyRequest struct {
	Version exo.VersionName `json:"version"`
	Quick   bool            `json:"quick"`
}

type versionCreateInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   versionBody
}

type versionInput struct {
	Name string `path:"name" maxLength:"100" doc:"the version" example:"v1.2.0"`
}

type versionDiffInput struct {
	Name  string `path:"name" maxLength:"100" doc:"the earlier version" example:"v1.1.0"`
	Other string `path:"other" maxLength:"100" doc:"the later version" example:"v1.2.0"`
	Limit int    `query:"limit" minimum:"1" maximum:"100000" default:"1000" doc:"at most this many files of each kind, and changed dispositions of each table; the numbers tell all"`
}

type versionVerifyInput struct {
	Name   string `path:"name" maxLength:"100" doc:"the version" example:"v1.2.0"`
	Quick  bool   `query:"quick" default:"false" doc:"look at size and type only; read no bytes"`
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

type versionRestoreInput struct {
	Name   string `path:"name" maxLength:"100" doc:"the version" example:"v1.2.0"`
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   *restoreBody
}

type versionDeleteInput struct {
	Name   string `path:"name" maxLength:"100" doc:"the version" example:"v1.2.0"`
	DryRun bool   `query:"dry_run" default:"false" doc:"tell what would be removed, and remove nothing"`
}

type releaseList struct {
	Versions []version.Summary `json:"versions" doc:"newest first, without their files"`
	Current  *string           `json:"current" doc:"the newest; null if there is none"`
}

type releaseListOutput struct{ Body releaseList }

type manifestOutput struct {
	ETag string `header:"ETag" doc:"the identifier of the file list"`
	Body version.Manifest
}

type versionDiffOutput struct{ Body version.Diff }

type versionDeleteOutput struct{ Body version.DeleteReport }

type citationOutput struct{ Body version.Citation }

func (s *Server) versionRoutes(api huma.API) {
	const base = Base + "/data/version"
	tags := []string{"versions"}
	created := results[version.Manifest](api)
	created["201"] = response[version.Manifest](api, "The manifest of the new version, which Location names.")
	created["200"].Description = "The manifest that the version would have (dry_run)."
	created["409"] = problemResponse(api, "There is a version of that name.")
	register(s, api, huma.Operation{
		OperationID: "create-version", Method: http.MethodPost, Path: base + "/create", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Give the present state a name",
		Description: "Collects the files that the patterns match, links or copies them below versions/, writes the manifest, and records it as a commit with a tag in versions/.git. " +
			"The version appears whole or not at all. What it holds is never removed by any clean-up.",
		Responses: created,
	}, s.createVersion)
	register(s, api, huma.Operation{
		OperationID: "list-versions", Method: http.MethodGet, Path: base + "/list", Tags: tags,
		Summary: "List the versions", Description: "Newest first, without their files.",
	}, s.listReleases)
	register(s, api, huma.Operation{
		OperationID: "get-version", Method: http.MethodGet, Path: base + "/{name}", Tags: tags,
		Summary: "See one version", Description: "Its manifest, with every file. The ETag is the identifier of the file list: two versions of the same files have the same.",
	}, s.showVersion)
	register(s, api, huma.Operation{
		OperationID: "diff-versions", Method: http.MethodGet, Path: base + "/{name}/diff/{other}", Tags: tags,
		Summary: "Compare two versions", Description: "Files added, removed and changed; and of the tables, rows by key, changed dispositions first. rows_url leads to the cells.",
	}, s.diffVersions)
	register(s, api, huma.Operation{
		OperationID: "verify-version", Method: http.MethodPost, Path: base + "/{name}/verify", Tags: tags,
		Summary: "Check the files of a version", Description: "Reads every byte and compares it with the manifest. Each damaged file is listed with the versions and targets it touches and what repairs it.",
		Responses: results[version.VerifyReport](api),
	}, s.verifyVersion)
	register(s, api, huma.Operation{
		OperationID: "restore-version", Method: http.MethodPost, Path: base + "/{name}/restore", Tags: tags,
		Summary: "Restore files of a version",
		Description: "in_place writes only what is damaged or missing; newer files stay. folder writes a copy of the version below restored/ in the data folder. " +
			"All or nothing: every byte is compared with the manifest before anything is in its place.",
		Responses: results[version.RestoreReport](api),
	}, s.restoreVersion)
	register(s, api, huma.Operation{
		OperationID: "delete-version", Method: http.MethodDelete, Path: base + "/{name}", Tags: tags,
		Summary: "Delete a version", Description: "Never where it is the last to hold a file: 409. The record in versions/.git keeps the manifest.",
	}, s.deleteVersion)
	register(s, api, huma.Operation{
		OperationID: "cite-version", Method: http.MethodGet, Path: base + "/{name}/cite", Tags: tags,
		Summary: "Cite a version", Description: "A BibTeX entry with the version's digest, and the acknowledgements that the archives in it ask for.",
	}, s.citeVersion)
}

func (s *Server) createVersion(ctx context.Context, in *versionCreateInput) (*answer, error) {
	req, err := in.Body.check()
	if err != nil {
		return nil, err
	}
	if wantsAsync(in.Prefer) {
		return s.submit(ctx, JobVersionCreate, req, "respond-async")
	}
	m, err := s.releases.Create(ctx, req.options(nil))
	if err != nil {
		return nil, err
	}
	out := &answer{Status: http.StatusCreated, Location: Base + "/data/version/" + string(m.Version), Body: m}
	if req.DryRun {
		out.Status, out.Location = http.StatusOK, ""
	}
	return out, nil
}

func (s *Server) listReleases(ctx context.Context, _ *struct{}) (*releaseListOutput, error) {
	list, err := s.releases.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &releaseListOutput{releaseList{Versions: list}}
	if len(list) == 0 {
		out.Body.Versions = []version.Summary{}
		return out, nil
	}
	current := string(list[0].Version)
	out.Body.Current = &current
	return out, nil
}

func (s *Server) showVersion(ctx context.Context, in *versionInput) (*manifestOutput, error) {
	name, err := exo.ParseVersionName(in.Name)
	if err != nil {
		return nil, err
	}
	m, err := s.releases.Show(ctx, name)
	return &manifestOutput{`"` + m.ID.String() + `"`, m}, err
}

func (s *Server) diffVersions(ctx context.Context, in *versionDiffInput) (*versionDiffOutput, error) {
	from, err := exo.ParseVersionName(in.Name)
	if err != nil {
		return nil, err
	}
	to, err := exo.ParseVersionName(in.Other)
	if err != nil {
		return nil, err
	}
	d, err := s.releases.Diff(ctx, from, to, in.Limit)
	return &versionDiffOutput{d}, err
}

func (s *Server) verifyVersion(ctx context.Context, in *versionVerifyInput) (*answer, error) {
	name, err := exo.ParseVersionName(in.Name)
	if err != nil {
		return nil, err
	}
	if wantsAsync(in.Prefer) {
		return s.submit(ctx, JobVersionVerify, verifyRequest{name, in.Quick}, "respond-async")
	}
	r, err := s.releases.Verify(ctx, name, version.VerifyOptions{Quick: in.Quick}, nil)
	return done(r, err)
}

func (s *Server) restoreVersion(ctx context.Context, in *versionRestoreInput) (*answer, error) {
	name, err := exo.ParseVersionName(in.Name)
	if err != nil {
		return nil, err
	}
	var body restoreBody
	if in.Body != nil {
		body = *in.Body
	}
	req, err := body.check(name)
	if err != nil {
		return nil, err
	}
	if req.Target == inPlace && !req.DryRun {
		if err := need(ctx, auth.Admin, "a restore in place"); err != nil {
			return nil, err
		}
	}
	if wantsAsync(in.Prefer) {
		return s.submit(ctx, JobVersionRestore, req, "respond-async")
	}
	r, err := s.releases.Restore(ctx, name, req.options(), nil)
	return done(r, err)
}

func (s *Server) deleteVersion(ctx context.Context, in *versionDeleteInput) (*versionDeleteOutput, error) {
	name, err := exo.ParseVersionName(in.Name)
	if err != nil {
		return nil, err
	}
	r, err := s.releases.Delete(ctx, name, version.DeleteOptions{DryRun: in.DryRun})
	return &versionDeleteOutput{r}, err
}

func (s *Server) citeVersion(ctx context.Context, in *versionInput) (*citationOutput, error) {
	name, err := exo.ParseVersionName(in.Name)
	if err != nil {
		return nil, err
	}
	c, err := s.releases.Cite(ctx, name)
	return &citationOutput{c}, err
}

// VersionHandlers does the work of the jobs that the routes of versions make.
func VersionHandlers(r Releases) map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobVersionCreate: handler(func(ctx context.Context, req createRequest, report ingest.Report) (version.Manifest, error) {
			return r.Create(ctx, req.options(counting(report, "files")))
		}),
		JobVersionVerify: handler(func(ctx context.Context, req verifyRequest, report ingest.Report) (version.VerifyReport, error) {
			return r.Verify(ctx, req.Version, version.VerifyOptions{Quick: req.Quick}, counting(report, "bytes"))
		}),
		JobVersionRestore: handler(func(ctx context.Context, req restoreRequest, report ingest.Report) (version.RestoreReport, error) {
			return r.Restore(ctx, req.Version, req.options(), counting(report, "files"))
		}),
	}
}

// counting is a report of use cases that count one thing.
func counting(report ingest.Report, unit string) func(done, total int64) {
	return func(done, total int64) { report(done, total, unit, "") }
}
