package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/store"
	"exoplanetai/internal/verify"
)

// Integrity finds damage in all that is kept, and mends it.
type Integrity interface {
	Check(ctx context.Context, o verify.CheckOptions, report func(done, total int64)) (verify.Report, error)
	Sweep(ctx context.Context, o store.SweepOptions, report func(done, total int64)) (verify.SweepReport, error)
	Repair(ctx context.Context, o verify.RepairOptions, report func(done, total int64)) (verify.RepairReport, error)
}

// The kinds of jobs of integrity.
const (
	JobCheck  = "storage.verify"
	JobSweep  = "storage.sweep"
	JobRepair = "storage.repair"
)

type checkInput struct {
	Quick  bool   `query:"quick" default:"false" doc:"look at existence, type, length and permissions only; read no bytes"`
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

type sweepInput struct {
	MaxMB    int64  `query:"max_mb" minimum:"0" maximum:"1099511627776" doc:"read at most this many MiB, and one file in any case; 0: no limit" example:"10000"`
	MaxFiles int    `query:"max_files" minimum:"0" maximum:"1000000000" doc:"read at most this many files; 0: no limit"`
	Seconds  int    `query:"max_seconds" minimum:"0" maximum:"31536000" doc:"stop after this time; 0: no limit" example:"600"`
	Prefer   string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

type repairBody struct {
	_      struct{} `json:"-" additionalProperties:"false"`
	Paths  []string `json:"paths,omitempty" nullable:"true" doc:"files of the data tree, metadata records, or files of versions; default: all that a full check finds" example:"[\"raw/nasa/koi_20260102_030405.csv\"]"`
	DryRun *bool    `json:"dry_run,omitempty" nullable:"true" doc:"only tell what would be done; archives are not asked; default false"`
}

type repairInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   *repairBody
}

func (b *repairBody) check() (verify.RepairOptions, error) {
	const op = "api.repair"
	if b == nil {
		return verify.RepairOptions{}, nil
	}
	if len(b.Paths) > maxPaths {
		return verify.RepairOptions{}, exo.Errorf(op, exo.Invalid, nil, "paths has more than %d files", maxPaths).Try("leave paths out to repair all that is damaged")
	}
	for _, p := range b.Paths {
		if _, err := exo.ParsePath(p); err != nil {
			return verify.RepairOptions{}, err
		}
	}
	return verify.RepairOptions{Paths: b.Paths, DryRun: value(b.DryRun)}, nil
}

func (s *Server) integrityRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "verify-storage", Method: http.MethodPost, Path: Base + "/data/storage/verify", Tags: []string{"storage"},
		Summary: "Check everything that is kept",
		Description: "Compares every stored byte with its digest, every metadata record, checksum line and index row, and the files, manifests and record of all versions. " +
			"Each damage is listed with the versions, stars and products that it touches and the command that repairs it.",
		Responses: results[verify.Report](api),
	}, func(ctx context.Context, in *checkInput) (*answer, error) {
		o := verify.CheckOptions{Quick: in.Quick}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobCheck, o, "respond-async")
		}
		res, err := s.integrity.Check(ctx, o, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "sweep-storage", Method: http.MethodPost, Path: Base + "/data/storage/sweep", Tags: []string{"storage"},
		Summary: "Read back a part of what is stored, the least recently proved first",
		Description: "Each file is compared as by a full check, until a limit is reached, and the time of its proof is noted; the next sweep goes on there, also after a crash. " +
			"coverage is the share of the bytes that were proved in the last 30 days, oldest_age_s the age of the oldest proof. Versions are not read.",
		Responses: results[verify.SweepReport](api),
	}, func(ctx context.Context, in *sweepInput) (*answer, error) {
		o := store.SweepOptions{MaxBytes: in.MaxMB << 20, MaxFiles: in.MaxFiles, For: time.Duration(in.Seconds) * time.Second}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobSweep, o, "respond-async")
		}
		res, err := s.integrity.Sweep(ctx, o, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "repair-storage", Method: http.MethodPost, Path: Base + "/data/storage/repair", Tags: []string{"storage"},
		Summary: "Repair what is damaged",
		Description: "Bytes come from the first that has them: a copy in a version, a backup, the archive. They are accepted only with the recorded SHA-256. " +
			"The copies in versions are mended after the file itself. What cannot be mended stays as it is and is reported with who was asked.",
		Responses: results[verify.RepairReport](api),
	}, func(ctx context.Context, in *repairInput) (*answer, error) {
		o, err := in.Body.check()
		if err != nil {
			return nil, err
		}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobRepair, o, "respond-async")
		}
		res, err := s.integrity.Repair(ctx, o, nil)
		return done(res, err)
	})
}

// IntegrityHandlers does the work of the jobs of integrity.
func IntegrityHandlers(i Integrity) map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobCheck: handler(func(ctx context.Context, o verify.CheckOptions, report ingest.Report) (verify.Report, error) {
			return i.Check(ctx, o, counting(report, "bytes"))
		}),
		JobSweep: handler(func(ctx context.Context, o store.SweepOptions, report ingest.Report) (verify.SweepReport, error) {
			return i.Sweep(ctx, o, counting(report, "bytes"))
		}),
		JobRepair: handler(func(ctx context.Context, o verify.RepairOptions, report ingest.Report) (verify.RepairReport, error) {
			return i.Repair(ctx, o, counting(report, "files"))
		}),
	}
}
