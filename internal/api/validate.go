package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/validate"
)

// Reviewer is the use case behind POST /data/validate.
type Reviewer interface {
	Validate(ctx context.Context, r review.Request, report review.Report) (review.Result, error)
	// Target finds the star that a name means.
	Target(ctx context.Context, name, mission string) (exo.TargetID, error)
}

// Reports are the validation reports that are kept.
type Reports interface {
	List(ctx context.Context, dataType string, target exo.TargetID, limit int) ([]reports.Entry, error)
	Compare(ctx context.Context, from, to string) (reports.Comparison, error)
}

// JobValidate is the kind of job that POST /data/validate makes.
const JobValidate = "validate"

// validateBody is the body of POST /data/validate.
type validateBody struct {
	_          struct{} `json:"-" additionalProperties:"false"`
	DataType   string   `json:"data_type" maxLength:"40" doc:"koi, toi, k2, gaia or lightcurve" example:"koi"`
	TargetName *string  `json:"target_name,omitempty" nullable:"true" maxLength:"200" doc:"of light curves: the star, by number (TIC, KIC, EPIC) or name; of a table: tell only the findings in the rows of this star"`
	Version    *string  `json:"version,omitempty" nullable:"true" maxLength:"200" doc:"of a table: identifier, number (v3), stamp, date, beginning of the digest, previous; default: the current one"`
	Mission    *string  `json:"mission,omitempty" nullable:"true" doc:"of light curves: TESS, Kepler or K2; default: the mission of the catalog number"`
}

func (b validateBody) check() (review.Request, error) {
	r := review.Request{DataType: b.DataType, TargetName: value(b.TargetName), Version: value(b.Version), Mission: value(b.Mission)}
	return r, review.Check(r)
}

type validateInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   validateBody
}

type reportsInput struct {
	DataType   string `query:"data_type" maxLength:"40" doc:"only reports of koi, toi, k2, gaia or lightcurve"`
	TargetName string `query:"target_name" maxLength:"200" doc:"only reports of the light curves of this star"`
	Limit      int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most this many, newest first"`
}

type reportList struct {
	Reports []reports.Entry `json:"reports"`
}

type reportsOutput struct{ Body reportList }

type reportInput struct {
	Name        string `path:"name" maxLength:"300" doc:"a report, as the list names it: the last part of its path, with or without .json" example:"koi_20260102_030405"`
	IfNoneMatch string `header:"If-None-Match" doc:"answer 304 if the ETag is still this one"`
}

type compareInput struct {
	From string `query:"from" required:"true" maxLength:"300" doc:"the earlier report" example:"koi_20260102_030405"`
	To   string `query:"to" required:"true" maxLength:"300" doc:"the later report"`
}

type compareOutput struct{ Body reports.Comparison }

type rulesInput struct {
	DataType string `query:"data_type" maxLength:"40" doc:"only the rules of koi, toi, k2, gaia or lightcurve"`
}

type ruleList struct {
	Rules []validate.Rule `json:"rules"`
}

type rulesOutput struct{ Body ruleList }

func (s *Server) validateRoutes(api huma.API) {
	const base = Base + "/data/validate"
	tags := []string{"validation"}
	register(s, api, huma.Operation{
		OperationID: "validate", Method: http.MethodPost, Path: base, Tags: tags,
		Summary: "Validate a table or the light curves of a star",
		Description: "Judges what is held by the rules of five levels: schema, range, coordinates, duplicates, quality. The answer has the counts of each level, " +
			"the metrics with their trend over the versions, and the first 100 findings, errors first; the report at report_path has all. " +
			"Findings are no error of the request: valid tells.",
		Responses: results[review.Result](api),
	}, func(ctx context.Context, in *validateInput) (*answer, error) {
		req, err := in.Body.check()
		if err != nil {
			return nil, err
		}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobValidate, req, "respond-async")
		}
		res, err := s.review.Validate(ctx, req, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "list-reports", Method: http.MethodGet, Path: base + "/reports", Tags: tags,
		Summary: "List the validation reports", Description: "Newest first. Every report is kept: those of requests, and those of tables that came.",
	}, s.listReports)
	register(s, api, huma.Operation{
		OperationID: "get-report", Method: http.MethodGet, Path: base + "/reports/{name}", Tags: tags,
		Summary: "Read a validation report", Description: "The whole document, with all findings, as it is kept. The ETag is its digest.",
		Responses: map[string]*huma.Response{
			"200": response[reports.Document](api, "The report."), "304": {Description: "The report is still the one named."},
		},
	}, s.report)
	register(s, api, huma.Operation{
		OperationID: "compare-reports", Method: http.MethodGet, Path: base + "/compare", Tags: tags,
		Summary: "Compare two validation reports", Description: "Which findings are new, which are gone, and how the metrics moved. The first 100 findings of each are listed.",
	}, func(ctx context.Context, in *compareInput) (*compareOutput, error) {
		c, err := s.reports.Compare(ctx, in.From, in.To)
		return &compareOutput{c}, err
	})
	register(s, api, huma.Operation{
		OperationID: "validation-rules", Method: http.MethodGet, Path: base + "/rules", Tags: tags,
		Summary: "List the rules of validation", Description: "Each with its identifier, level, severity, limit, reason and source.",
	}, func(_ context.Context, in *rulesInput) (*rulesOutput, error) {
		if in.DataType != "" {
			if err := reports.CheckType("api.rules", in.DataType); err != nil {
				return nil, err
			}
		}
		return &rulesOutput{ruleList{validate.Rules(in.DataType)}}, nil
	})
}

func (s *Server) listReports(ctx context.Context, in *reportsInput) (*reportsOutput, error) {
	if in.DataType != "" {
		if err := reports.CheckType("api.reports", in.DataType); err != nil {
			return nil, err
		}
	}
	var target exo.TargetID
	if in.TargetName != "" {
		if in.DataType != "" && in.DataType != validate.LightCurveType {
			return nil, exo.Errorf("api.reports", exo.Invalid, nil, "reports of tables are of no star").With("parameter", "target_name").
				Try("leave target_name out, or ask with data_type=lightcurve")
		}
		var err error
		if target, err = s.review.Target(ctx, in.TargetName, ""); err != nil {
			return nil, err
		}
	}
	list, err := s.reports.List(ctx, in.DataType, target, in.Limit)
	if list == nil {
		list = []reports.Entry{}
	}
	return &reportsOutput{reportList{list}}, err
}

// report sends a report as the file that it is.
func (s *Server) report(ctx context.Context, in *reportInput) (*huma.StreamResponse, error) {
	p, err := reports.Place(in.Name)
	if err != nil {
		return nil, err
	}
	out, err := s.file(ctx, &fileInput{Path: string(p), IfNoneMatch: in.IfNoneMatch})
	if errors.Is(err, exo.NotFound) {
		return nil, exo.E("api.report", exo.NotFound, p, err).Say("there is no report %s", p.Base()).Try("%s/data/validate/reports lists them", Base)
	}
	return out, err
}

// ReviewHandlers does the work of the jobs that POST /data/validate submits.
func ReviewHandlers(rev Reviewer) map[string]jobs.Handler {
	return map[string]jobs.Handler{JobValidate: handler(func(ctx context.Context, req review.Request, report ingest.Report) (review.Result, error) {
		return rev.Validate(ctx, req, review.Report(report))
	})}
}
