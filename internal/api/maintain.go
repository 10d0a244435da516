package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/maintain"
)

// The kinds of jobs of maintenance.
const (
	JobCleanup  = "cleanup"
	JobRetain   = "retention"
	JobRollback = "rollback"
)

type cleanupInput struct {
	MaxAgeDays int    `query:"max_age_days" minimum:"-1" maximum:"36500" default:"-1" doc:"files of the cache, and logs put aside, that are older go; 0: all of them; -1: as storage.cache_retention_days says" example:"7"`
	MaxBytes   int64  `query:"max_bytes" minimum:"0" doc:"the cache is cut to this size, oldest first; default: storage.cache_max_mb"`
	DryRun     bool   `query:"dry_run" doc:"only say what would go"`
	Prefer     string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

type retainInput struct {
	DryRun bool   `query:"dry_run" doc:"only say what would go"`
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

type rollbackBody struct {
	_      struct{} `json:"-" additionalProperties:"false"`
	What   string   `json:"what" maxLength:"1024" doc:"a table (koi, toi, k2, gaia), or the path of a file" example:"koi"`
	To     string   `json:"to" maxLength:"100" doc:"the version whose state comes back" example:"v1.0"`
	DryRun *bool    `json:"dry_run,omitempty" nullable:"true" doc:"only say what would be published"`
}

type rollbackInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   rollbackBody
}

func (s *Server) maintainRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "cleanup", Method: http.MethodPost, Path: Base + "/data/admin/cleanup", Tags: []string{"storage"},
		Summary: "Remove what can be made again",
		Description: "Old answers and query files of the cache, logs that were put aside, and files that a crash cut short. " +
			"Raw data, light curves, processed files and versions are never touched. needed_bytes tells what the disk still wants.",
		Responses: results[maintain.CleanupReport](api),
	}, func(ctx context.Context, in *cleanupInput) (*answer, error) {
		o := maintain.CleanupOptions{MaxAge: time.Duration(max(in.MaxAgeDays, 0)) * 24 * time.Hour, MaxBytes: in.MaxBytes, All: in.MaxAgeDays == 0, DryRun: in.DryRun}
		return act(ctx, s, in.Prefer, JobCleanup, o, s.maintain.Cleanup)
	})
	register(s, api, huma.Operation{
		OperationID: "apply-retention", Method: http.MethodPost, Path: Base + "/data/admin/retention", Tags: []string{"storage"},
		Summary: "Apply the retention of raw files",
		Description: "A raw file goes only if it is older than storage.raw_retention_days, a newer one has replaced it, nothing that stays was made of it, " +
			"no version holds it, and a verified backup has its bytes. Light curves never go. Every file that stays is listed with the reason.",
		Responses: results[maintain.RetainReport](api),
	}, func(ctx context.Context, in *retainInput) (*answer, error) {
		return act(ctx, s, in.Prefer, JobRetain, maintain.RetainOptions{DryRun: in.DryRun}, s.maintain.Retain)
	})
	register(s, api, huma.Operation{
		OperationID: "rollback", Method: http.MethodPost, Path: Base + "/data/storage/rollback", Tags: []string{"storage"},
		Summary: "Take a table or a file back to a version",
		Description: "The bytes that the version has are published once more, as the newest file. Nothing is overwritten or removed, " +
			"so that the state that was left can be had back in the same way. What is made of a table is made anew.",
		Responses: results[maintain.RollbackReport](api),
	}, func(ctx context.Context, in *rollbackInput) (*answer, error) {
		to, err := exo.ParseVersionName(in.Body.To)
		if err != nil {
			return nil, err
		}
		o := maintain.RollbackOptions{What: in.Body.What, To: to, DryRun: value(in.Body.DryRun)}
		return act(ctx, s, in.Prefer, JobRollback, o, s.maintain.Rollback)
	})
}

// act does what was asked for, or makes a job of it.
func act[O, R any](ctx context.Context, s *Server, prefer, kind string, o O, do func(context.Context, O) (R, error)) (*answer, error) {
	if wantsAsync(prefer) {
		return s.submit(ctx, kind, o, "respond-async")
	}
	res, err := do(ctx, o)
	return done(res, err)
}

// MaintainHandlers does the work of the jobs of maintenance.
func MaintainHandlers(m maintain.Maintainer) map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobCleanup: handler(func(ctx context.Context, o maintain.CleanupOptions, _ ingest.Report) (maintain.CleanupReport, error) {
			return m.Cleanup(ctx, o)
		}),
		JobRetain: handler(func(ctx context.Context, o maintain.RetainOptions, _ ingest.Report) (maintain.RetainReport, error) {
			return m.Retain(ctx, o)
		}),
		JobRollback: handler(func(ctx context.Context, o maintain.RollbackOptions, _ ingest.Report) (maintain.RollbackReport, error) {
			return m.Rollback(ctx, o)
		}),
	}
}
