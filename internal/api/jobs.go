package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

type jobInput struct {
	ID string `path:"id" maxLength:"64" doc:"the job"`
}

type jobsInput struct {
	Kind  string `query:"kind" maxLength:"64" doc:"only jobs of this kind" example:"ingest.batch"`
	State string `query:"state" enum:"queued,running,succeeded,failed,cancelled" doc:"only jobs in this state"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most this many, newest first"`
}

type jobOutput struct{ Body jobs.Job }

type jobList struct {
	Jobs []jobs.Job `json:"jobs"`
}

type jobsOutput struct{ Body jobList }

func (s *Server) jobRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "list-jobs", Method: http.MethodGet, Path: Base + "/jobs", Tags: []string{"jobs"},
		Summary: "List the jobs", Description: "Newest first; one's own, an admin sees all.",
	}, func(ctx context.Context, in *jobsInput) (*jobsOutput, error) {
		list, err := s.listJobs(ctx, jobs.Filter{Kind: in.Kind, State: jobs.State(in.State), Limit: in.Limit})
		return &jobsOutput{jobList{list}}, err
	})
	register(s, api, huma.Operation{
		OperationID: "get-job", Method: http.MethodGet, Path: Base + "/jobs/{id}", Tags: []string{"jobs"},
		Summary: "See one job", Description: "Its state, progress, and in the end its result or problem document.",
	}, func(ctx context.Context, in *jobInput) (*jobOutput, error) {
		job, err := s.ownJob(ctx, in.ID)
		return &jobOutput{job}, err
	})
	register(s, api, huma.Operation{
		OperationID: "cancel-job", Method: http.MethodDelete, Path: Base + "/jobs/{id}", Tags: []string{"jobs"},
		Summary: "Cancel a job", Description: "A running job stops soon and leaves no partial file. A job that has ended, or that others asked for too, cannot be cancelled: 409.",
	}, s.cancelJob)
	register(s, api, huma.Operation{
		OperationID: "job-events", Method: http.MethodGet, Path: Base + "/jobs/{id}/events", Tags: []string{"jobs"},
		Summary:     "Follow a job",
		Description: "Server-sent events: `progress` whenever the job changes and `end` when it has ended, each with the job as data.",
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream of events.",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}},
		}},
	}, s.jobEvents)
}

// jobObject is how a job is named among what belongs to users.
func jobObject(id string) string { return "job " + id }

// seesAll reports whether the caller sees what belongs to others.
func (s *Server) seesAll(c auth.Caller) bool { return s.auth == nil || c.Role.Includes(auth.Admin) }

// ownJob finds a job of the caller's: another's does not exist.
func (s *Server) ownJob(ctx context.Context, id string) (jobs.Job, error) {
	c := caller(ctx)
	if s.seesAll(c) {
		return s.jobs.Get(ctx, id)
	}
	owners, err := s.auth.Owners(ctx, jobObject(id))
	if err != nil {
		return jobs.Job{}, err
	}
	if !slices.Contains(owners, c.UserID) {
		err := exo.Errorf("api.jobs", exo.NotFound, nil, "there is no job %.40q", id).Try("list the jobs to see their identifiers")
		s.turnedAway(ctx, err) // also if there is no such job: how long it takes must not tell
		return jobs.Job{}, err
	}
	return s.jobs.Get(ctx, id)
}

// owned returns what belongs to the caller, by name.
func (s *Server) owned(ctx context.Context) ([]string, error) {
	return s.auth.Owned(ctx, caller(ctx).UserID)
}

// listJobs lists the jobs that the caller may see, newest first.
func (s *Server) listJobs(ctx context.Context, f jobs.Filter) ([]jobs.Job, error) {
	list := []jobs.Job{}
	if s.seesAll(caller(ctx)) {
		all, err := s.jobs.List(ctx, f)
		return append(list, all...), err
	}
	names, err := s.owned(ctx)
	if err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	for _, name := range names {
		if len(list) == f.Limit {
			break
		}
		id, isJob := strings.CutPrefix(name, jobObject(""))
		if !isJob {
			continue
		}
		job, err := s.jobs.Get(ctx, id)
		switch {
		case errors.Is(err, exo.NotFound): // it was removed as too old
			continue
		case err != nil:
			return nil, err
		}
		if (f.Kind == "" || f.Kind == job.Kind) && (f.State == "" || f.State == job.State) {
			list = append(list, job)
		}
	}
	return list, nil
}

// cancelJob ends a job of the caller's, unless others wait for the same one.
func (s *Server) cancelJob(ctx context.Context, in *jobInput) (*jobOutput, error) {
	if _, err := s.ownJob(ctx, in.ID); err != nil {
		return nil, err
	}
	if !s.seesAll(caller(ctx)) {
		owners, err := s.auth.Owners(ctx, jobObject(in.ID))
		if err != nil {
			return nil, err
		}
		if len(owners) > 1 {
			return nil, exo.Errorf("api.jobs", exo.Conflict, in.ID, "others asked for this job too").Try("leave it, or ask an administrator to cancel it")
		}
	}
	job, err := s.jobs.Cancel(ctx, in.ID)
	return &jobOutput{job}, err
}

func (s *Server) jobEvents(ctx context.Context, in *jobInput) (*huma.StreamResponse, error) {
	job, err := s.ownJob(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	closed, err := s.openStream(ctx)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer closed()
		_, w := humago.Unwrap(hctx)
		sse(w)
		if err := s.stream(ctx, w, job); err != nil {
			s.log.Debug("event stream ended early", "request_id", requestID(ctx), "error", err)
		}
	}}, nil
}
