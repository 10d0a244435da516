package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

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
		Summary: "List the jobs", Description: "Newest first.",
	}, func(ctx context.Context, in *jobsInput) (*jobsOutput, error) {
		list, err := s.jobs.List(ctx, jobs.Filter{Kind: in.Kind, State: jobs.State(in.State), Limit: in.Limit})
		if list == nil {
			list = []jobs.Job{}
		}
		return &jobsOutput{jobList{list}}, err
	})
	register(s, api, huma.Operation{
		OperationID: "get-job", Method: http.MethodGet, Path: Base + "/jobs/{id}", Tags: []string{"jobs"},
		Summary: "See one job", Description: "Its state, progress, and in the end its result or problem document.",
	}, func(ctx context.Context, in *jobInput) (*jobOutput, error) {
		job, err := s.jobs.Get(ctx, in.ID)
		return &jobOutput{job}, err
	})
	register(s, api, huma.Operation{
		OperationID: "cancel-job", Method: http.MethodDelete, Path: Base + "/jobs/{id}", Tags: []string{"jobs"},
		Summary: "Cancel a job", Description: "A running job stops soon and leaves no partial file. A job that has ended cannot be cancelled: 409.",
	}, func(ctx context.Context, in *jobInput) (*jobOutput, error) {
		job, err := s.jobs.Cancel(ctx, in.ID)
		return &jobOutput{job}, err
	})
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

func (s *Server) jobEvents(ctx context.Context, in *jobInput) (*huma.StreamResponse, error) {
	job, err := s.jobs.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("X-Accel-Buffering", "no") // a proxy must not hold events back
		w.WriteHeader(http.StatusOK)
		if err := s.stream(ctx, w, job); err != nil {
			s.log.Debug("event stream ended early", "request_id", requestID(ctx), "error", err)
		}
	}}, nil
}

// stream sends the job whenever it has changed, until it ends, the client
// leaves or the server stops.
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, job jobs.Job) error {
	ctl := http.NewResponseController(w)
	tick, beat := time.NewTicker(s.poll), time.NewTicker(s.heartbeat)
	defer tick.Stop()
	defer beat.Stop()
	last := ""
	for {
		data, err := json.Marshal(job)
		if err != nil {
			return err
		}
		if job.State.Ended() {
			return event(w, ctl, "end", data)
		}
		if string(data) != last {
			last = string(data)
			if err := event(w, ctl, "progress", data); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped:
			return nil
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return err
			}
			if err := ctl.Flush(); err != nil {
				return err
			}
		case <-tick.C:
			if job, err = s.jobs.Get(ctx, job.ID); err != nil {
				return err
			}
		}
	}
}

func event(w http.ResponseWriter, ctl *http.ResponseController, name string, data []byte) error {
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return err
	}
	return ctl.Flush()
}
