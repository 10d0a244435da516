package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
)

// Ingester is the use case behind the ingest routes.
type Ingester interface {
	Table(ctx context.Context, req ingest.TableRequest, report ingest.Report) (ingest.TableResult, error)
	LightCurve(ctx context.Context, req ingest.LightCurveRequest, report ingest.Report) (ingest.LightCurveResult, error)
	Batch(ctx context.Context, req ingest.BatchRequest, report ingest.Report) (ingest.BatchResult, error)
	Status(ctx context.Context) (ingest.Status, error)
	Held(ctx context.Context) ([]ingest.HeldTable, error)
	Approve(ctx context.Context, id string) (ingest.TableResult, error)
	Discard(ctx context.Context, id string) error
}

// The kinds of job that the interface submits.
const (
	JobTable      = "ingest.table"
	JobLightCurve = "ingest.lightcurve"
	JobBatch      = "ingest.batch"
	JobApprove    = "ingest.approve"
)

// Handlers does the work of the jobs that the interface submits.
func Handlers(ing Ingester, proc Processor) map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobTable:      handler(ing.Table),
		JobLightCurve: handler(ing.LightCurve),
		JobBatch:      handler(ing.Batch),
		JobPreprocess: handler(preprocessHandler(proc)),
		JobApprove: handler(func(ctx context.Context, req approveRequest, _ ingest.Report) (ingest.TableResult, error) {
			return ing.Approve(ctx, req.ID)
		}),
	}
}

func handler[Req, Res any](do func(context.Context, Req, ingest.Report) (Res, error)) jobs.Handler {
	return func(ctx context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
		var req Req
		if err := json.Unmarshal(args, &req); err != nil {
			return nil, exo.E("api.job", exo.Internal, nil, err)
		}
		return do(ctx, req, func(done, total int64, unit, message string) {
			report(jobs.Progress{Done: done, Total: total, Unit: unit, Message: message})
		})
	}
}

// answer is what the ingest routes send: the result, or a pointer to a job.
type answer struct {
	Status   int
	Location string `header:"Location"`
	Applied  string `header:"Preference-Applied"`
	Body     any
}

type tableInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   tableBody
}

type lightCurveInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   lightCurveBody
}

type batchInput struct {
	ForceRefresh bool `query:"force_refresh" default:"false" doc:"ask the archives even if the tables held are fresh"`
	Wait         bool `query:"wait" default:"false" doc:"answer 200 with the results when all is done, instead of 202 with a job"`
	Body         *batchBody
}

func (s *Server) ingestRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "ingest-table", Method: http.MethodPost, Path: Base + "/data/ingest/table", Tags: []string{"ingestion"},
		Summary:     "Ingest one table",
		Description: "Fetches koi (NASA Exoplanet Archive), toi (ExoFOP-TESS), k2 (NASA Exoplanet Archive) or gaia (ESA), checks it, stores it with its provenance and tells what changed.",
		Responses:   results[ingest.TableResult](api),
	}, func(ctx context.Context, in *tableInput) (*answer, error) {
		req, err := in.Body.check()
		if err != nil {
			return nil, err
		}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobTable, req, "respond-async")
		}
		res, err := s.ingest.Table(ctx, req, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "ingest-lightcurve", Method: http.MethodPost, Path: Base + "/data/ingest/lightcurve", Tags: []string{"ingestion"},
		Summary:     "Ingest the light curves of one star",
		Description: "Resolves the name, finds the mission's files at MAST, and stores each with its provenance. A name that may mean several stars is refused with the list of them.",
		Responses:   results[ingest.LightCurveResult](api),
	}, func(ctx context.Context, in *lightCurveInput) (*answer, error) {
		req, err := in.Body.check()
		if err != nil {
			return nil, err
		}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobLightCurve, req, "respond-async")
		}
		res, err := s.ingest.LightCurve(ctx, req, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "ingest-batch", Method: http.MethodPost, Path: Base + "/data/ingest/batch", Tags: []string{"ingestion"},
		Summary:     "Ingest koi, toi and k2",
		Description: "Starts a job for the three tables; one failure never stops the others. With wait=true the answer comes when all is done.",
		Responses:   results[ingest.BatchResult](api),
	}, s.batch)
}

func (s *Server) batch(ctx context.Context, in *batchInput) (*answer, error) {
	force := in.ForceRefresh || in.Body != nil && value(in.Body.ForceRefresh)
	out, err := s.submit(ctx, JobBatch, ingest.BatchRequest{ForceRefresh: force}, "")
	if err != nil || !in.Wait {
		return out, err
	}
	job, err := s.jobs.Wait(ctx, out.Body.(accepted).JobID)
	if err != nil {
		return nil, err
	}
	if job.State != jobs.Succeeded {
		return nil, jobError(job)
	}
	return &answer{Status: http.StatusOK, Location: out.Location, Body: job.Result}, nil
}

// jobError makes an error of a job's problem document again.
func jobError(job jobs.Job) error {
	const op = "api.job"
	if job.State == jobs.Cancelled {
		return exo.Errorf(op, exo.Conflict, job.ID, "the job was cancelled").Try("start it again")
	}
	var p struct {
		Code         exo.Kind
		Detail, Hint string
	}
	if err := json.Unmarshal(job.Error, &p); err != nil || p.Code == "" {
		return exo.E(op, exo.Internal, job.ID, err)
	}
	return exo.Errorf(op, p.Code, job.ID, "%s", p.Detail).Try("%s", p.Hint)
}

func (s *Server) submit(ctx context.Context, kind string, args any, applied string) (*answer, error) {
	job, err := s.jobs.Submit(ctx, kind, args)
	if err != nil {
		return nil, err
	}
	// A kill before this leaves a job that only admins see; whoever sends the call again gets the same job, and owns it then.
	if id := caller(ctx).UserID; id != "" && s.auth != nil {
		if err := s.auth.Own(ctx, jobObject(job.ID), id); err != nil {
			return nil, err
		}
	}
	return &answer{
		Status: http.StatusAccepted, Location: Base + "/jobs/" + job.ID, Applied: applied,
		Body: accepted{Status: "accepted", JobID: job.ID},
	}, nil
}

func done[T any](res T, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{Status: http.StatusOK, Body: res}, nil
}

// wantsAsync reports whether a Prefer header asks for an answer at once.
func wantsAsync(prefer string) bool {
	for p := range strings.SplitSeq(prefer, ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(p), ";"); strings.EqualFold(strings.TrimSpace(name), "respond-async") {
			return true
		}
	}
	return false
}

// results describes the two good answers of an ingest route.
func results[T any](api huma.API) map[string]*huma.Response {
	return map[string]*huma.Response{
		"200": response[T](api, "The result."),
		"202": response[accepted](api, "The call goes on as a job, named in Location."),
	}
}
