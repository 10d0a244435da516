package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/health"
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

// Health tells how well the program is; a health.Service does it.
type Health interface {
	Examine(ctx context.Context) health.Report
}

type healthOutput struct {
	Status int
	Body   health.Report
}

// probe is the answer for programs that only want yes or no.
type probe struct {
	Status health.State `json:"status" enum:"ok,down"`
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
		Responses: map[string]*huma.Response{"503": response[health.Report](api, "Nothing can be served.")},
	}, s.examine)
	register(s, api, huma.Operation{
		OperationID: "health-live", Method: http.MethodGet, Path: Base + "/health/live", Tags: []string{"health"},
		Summary: "Is the program alive?", Description: "Answers as long as it is.",
	}, func(context.Context, *struct{}) (*probeOutput, error) {
		return &probeOutput{http.StatusOK, probe{health.OK}}, nil
	})
	register(s, api, huma.Operation{
		OperationID: "health-ready", Method: http.MethodGet, Path: Base + "/health/ready", Tags: []string{"health"},
		Summary: "Can the program serve?", Description: "200 if the index can be read and the disk takes files, else 503.",
		Responses: map[string]*huma.Response{"503": response[probe](api, "The index cannot be read, or the disk takes no files.")},
	}, func(ctx context.Context, _ *struct{}) (*probeOutput, error) {
		if !s.health.Examine(ctx).Ready {
			return &probeOutput{http.StatusServiceUnavailable, probe{health.Down}}, nil
		}
		return &probeOutput{http.StatusOK, probe{health.OK}}, nil
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

func (s *Server) examine(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	out := &healthOutput{http.StatusOK, s.health.Examine(ctx)}
	if out.Body.Status == health.Down {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}

// HealthOptions says what of the parts of an interface is examined. Nothing is
// kept from one examination to the next, and no archive is asked.
func HealthOptions(o Options) health.Options {
	h := health.Options{Storage: o.Library, Jobs: o.Jobs, Clock: o.Clock, Log: o.Log, Keep: -1, Tables: tablesOf(o.Ingest), Rates: ratesOf(o.Ingest, o.Process)}
	if o.Cache != nil {
		h.Cache = func(ctx context.Context) (health.CacheDetail, error) {
			st, err := o.Cache.Stats(ctx)
			return health.CacheDetail{Backend: st.Backend, Stats: &st}, err
		}
	}
	return h
}

// tablesOf tells how the last call for each table went.
func tablesOf(from Ingester) func(context.Context) ([]health.Table, error) {
	return func(ctx context.Context) ([]health.Table, error) {
		st, err := from.Status(ctx)
		if err != nil {
			return nil, err
		}
		var list []health.Table
		for _, name := range slices.Sorted(maps.Keys(st.Tables)) {
			t := st.Tables[name]
			list = append(list, health.Table{
				Name: string(name), Asked: t.CheckedAt != nil || t.LastErrorAt != nil,
				CheckedAt: t.CheckedAt, Fresh: t.Fresh, Error: t.LastError, ErrorAt: t.LastErrorAt,
			})
		}
		return list, nil
	}
}

// ratesOf tells how single fetches and light curves went since the start.
func ratesOf(from Ingester, by Processor) func(context.Context) []health.Rate {
	return func(ctx context.Context) (list []health.Rate) {
		if st, err := from.Status(ctx); err == nil { // the check of the data sources tells of an error
			for _, name := range slices.Sorted(maps.Keys(st.SuccessRates)) {
				r := st.SuccessRates[name]
				list = append(list, health.Rate{Name: name, Succeeded: r.Succeeded, Failed: r.Tried - r.Succeeded})
			}
		}
		if rates, ok := by.(ProcessorRates); ok {
			good, bad := rates.Processed()
			list = append(list, health.Rate{Name: "light curves processed", Succeeded: good, Failed: bad, Counts: true})
		}
		return list
	}
}
