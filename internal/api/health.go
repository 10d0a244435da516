package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
)

// ingestionStatus is the answer of GET /data/ingestion/status.
type ingestionStatus struct {
	Tables       map[catalog.Type]ingest.TableStatus `json:"tables"`
	LightCurves  map[string]ingest.LightCurveStatus  `json:"lightcurves"`
	Jobs         jobSummary                          `json:"jobs"`
	SuccessRates map[string]ingest.SuccessRate       `json:"success_rates" doc:"since the server started"`
}

type jobSummary struct {
	Running []jobs.Job `json:"running" doc:"running or waiting"`
	Recent  []jobs.Job `json:"recent" doc:"the last that ended"`
}

type ingestionOutput struct{ Body ingestionStatus }

// state is how well a part is.
type state string

const (
	stateOK       state = "ok"
	stateDegraded state = "degraded" // works, with less
	stateDown     state = "down"
)

// check is one part of the health.
type check struct {
	Status    state      `json:"status" enum:"ok,degraded,down"`
	Message   string     `json:"message" doc:"in one sentence"`
	CheckedAt *time.Time `json:"checked_at" doc:"when this was last seen; null: never"`
}

// health is the answer of GET /health.
type health struct {
	Status state  `json:"status" enum:"ok,degraded,down" doc:"of the worst part; an archive that is down only degrades, since what is held is served"`
	Live   bool   `json:"live"`
	Ready  bool   `json:"ready"`
	Checks checks `json:"checks"`
}

type checks struct {
	DataSources check `json:"data_sources" doc:"as the last calls found them; no archive is asked for this"`
	Storage     check `json:"storage"`
	Cache       check `json:"cache"`
	Pipeline    check `json:"pipeline"`
}

type healthOutput struct {
	Status int
	Body   health
}

// probe is the answer for programs that only want yes or no.
type probe struct {
	Status state `json:"status" enum:"ok,down"`
}

type probeOutput struct {
	Status int
	Body   probe
}

func (s *Server) healthRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "ingestion-status", Method: http.MethodGet, Path: Base + "/data/ingestion/status", Tags: []string{"ingestion"},
		Summary: "See what is held and what runs", Description: "Per table and mission: records, versions, age, freshness; running and last jobs; success rates.",
	}, s.ingestionStatus)
	register(s, api, huma.Operation{
		OperationID: "health", Method: http.MethodGet, Path: Base + "/health", Tags: []string{"health"},
		Summary: "See how all is", Description: "The data sources, the storage, the cache and the pipeline; 503 when nothing can be served.",
		Responses: map[string]*huma.Response{"503": response[health](api, "Nothing can be served.")},
	}, s.health)
	register(s, api, huma.Operation{
		OperationID: "health-live", Method: http.MethodGet, Path: Base + "/health/live", Tags: []string{"health"},
		Summary: "Is the program alive?", Description: "Answers as long as it is.",
	}, func(context.Context, *struct{}) (*probeOutput, error) {
		return &probeOutput{http.StatusOK, probe{stateOK}}, nil
	})
	register(s, api, huma.Operation{
		OperationID: "health-ready", Method: http.MethodGet, Path: Base + "/health/ready", Tags: []string{"health"},
		Summary: "Can the program serve?", Description: "200 if the store can be read, else 503.",
		Responses: map[string]*huma.Response{"503": response[probe](api, "The store cannot be read.")},
	}, func(ctx context.Context, _ *struct{}) (*probeOutput, error) {
		if s.storageCheck(ctx).Status == stateDown {
			return &probeOutput{http.StatusServiceUnavailable, probe{stateDown}}, nil
		}
		return &probeOutput{http.StatusOK, probe{stateOK}}, nil
	})
}

func (s *Server) ingestionStatus(ctx context.Context, _ *struct{}) (*ingestionOutput, error) {
	st, err := s.ingest.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := &ingestionOutput{ingestionStatus{
		Tables: st.Tables, LightCurves: st.LightCurves, SuccessRates: st.SuccessRates,
		Jobs: jobSummary{Running: []jobs.Job{}, Recent: []jobs.Job{}},
	}}
	list, err := s.listJobs(ctx, jobs.Filter{})
	if err != nil {
		return nil, err
	}
	const recent = 10
	for _, j := range list {
		switch {
		case !j.State.Ended():
			out.Body.Jobs.Running = append(out.Body.Jobs.Running, j)
		case len(out.Body.Jobs.Recent) < recent:
			out.Body.Jobs.Recent = append(out.Body.Jobs.Recent, j)
		}
	}
	return out, nil
}

func (s *Server) health(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	c := checks{DataSources: s.sourcesCheck(ctx), Storage: s.storageCheck(ctx), Cache: s.cacheCheck(ctx), Pipeline: s.pipelineCheck(ctx)}
	out := &healthOutput{http.StatusOK, health{Status: stateOK, Live: true, Ready: true, Checks: c}}
	for _, part := range []check{c.DataSources, c.Storage, c.Cache, c.Pipeline} {
		if part.Status != stateOK {
			out.Body.Status = stateDegraded
		}
	}
	if c.Storage.Status == stateDown {
		out.Status, out.Body.Status, out.Body.Ready = http.StatusServiceUnavailable, stateDown, false
	}
	return out, nil
}

// broken is the check of a part that cannot even tell its state.
func (s *Server) broken(ctx context.Context, part string, err error) check {
	now := s.clock().UTC()
	s.log.Error("health check failed", "request_id", requestID(ctx), "part", part, "error", err)
	return check{stateDown, exo.MessageOf(err), &now}
}

// sourcesCheck tells what the last calls to the archives found.
func (s *Server) sourcesCheck(ctx context.Context) check {
	st, err := s.ingest.Status(ctx)
	if err != nil {
		return s.broken(ctx, "data_sources", err)
	}
	var failing []string
	var last *time.Time
	asked := 0
	later := func(t *time.Time) {
		if t != nil && (last == nil || t.After(*last)) {
			last = t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(st.Tables)) {
		t := st.Tables[name]
		if t.CheckedAt != nil || t.LastErrorAt != nil {
			asked++
		}
		later(t.CheckedAt)
		later(t.LastErrorAt)
		if t.LastError != "" {
			failing = append(failing, string(name))
		}
	}
	for _, l := range st.LightCurves {
		later(l.Newest)
	}
	switch {
	case len(failing) > 0 && len(failing) == asked:
		return check{stateDown, "the last calls failed for " + strings.Join(failing, ", ") + "; what is held is served", last}
	case len(failing) > 0:
		return check{stateDegraded, "the last call failed for " + strings.Join(failing, ", ") + "; what is held is served", last}
	case asked == 0:
		return check{stateOK, "no archive has been asked yet", last}
	}
	return check{stateOK, fmt.Sprintf("the last calls for %d of %d tables were answered", asked, len(st.Tables)), last}
}

// Shares of free disk space below which the storage is in a worse state.
const (
	lowDisk  = 0.05
	fullDisk = 0.005
)

func (s *Server) storageCheck(ctx context.Context) check {
	st, err := s.library.Stats(ctx)
	if err != nil {
		return s.broken(ctx, "storage", err)
	}
	c := check{stateOK, fmt.Sprintf("%d files, %.1f %% of the disk used", st.Total.Files, st.Disk.UsedPercent), st.Integrity.LastFullAt}
	free := 1.0
	if st.Disk.Total > 0 {
		free = float64(st.Disk.Free) / float64(st.Disk.Total)
	}
	switch {
	case free < fullDisk:
		c.Status, c.Message = stateDegraded, "the disk is full: reading goes on, writing will fail"
	case free < lowDisk:
		c.Status, c.Message = stateDegraded, fmt.Sprintf("only %.1f %% of the disk are free", 100*free)
	case st.Integrity.LastFullAt == nil && st.Total.Files > 0:
		c.Message += "; never read back, storage verify does it"
	}
	return c
}

func (s *Server) cacheCheck(ctx context.Context) check {
	now := s.clock().UTC()
	if s.cache == nil {
		return check{stateOK, "there is none", &now}
	}
	c, err := s.cache.Stats(ctx)
	if err != nil {
		return s.broken(ctx, "cache", err)
	}
	return check{stateOK, fmt.Sprintf("%d entries (%s), %d of %d questions answered", c.Entries, c.Backend, c.Hits, c.Hits+c.Misses), &now}
}

func (s *Server) pipelineCheck(ctx context.Context) check {
	list, err := s.jobs.List(ctx, jobs.Filter{})
	if err != nil {
		return s.broken(ctx, "pipeline", err)
	}
	var done, failed, open int
	var last *time.Time
	for _, j := range list {
		switch {
		case !j.State.Ended():
			open++
			continue
		case j.State == jobs.Succeeded:
			done++
		case j.State == jobs.Failed:
			failed++
		}
		if last == nil && j.FinishedAt != nil { // newest first
			last = j.FinishedAt
		}
	}
	c := check{stateOK, fmt.Sprintf("%d jobs open, %d succeeded and %d failed of the last %d", open, done, failed, len(list)), last}
	if failed > 0 && failed >= done {
		c.Status = stateDegraded
	}
	if rates, ok := s.process.(ProcessorRates); ok {
		good, bad := rates.Processed()
		if good+bad > 0 {
			c.Message += fmt.Sprintf("; %d of %d light curves processed without error", good, good+bad)
		}
		if bad > 0 && bad >= good {
			c.Status = stateDegraded
		}
	}
	return c
}
