package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
)

// The kinds of job that the routes of backups make.
const (
	JobBackupCreate  = "backup.create"
	JobBackupVerify  = "backup.verify"
	JobBackupRestore = "backup.restore"
	JobBackupDrill   = "backup.drill"
)

type backupCreateInput struct {
	Force  bool   `query:"force" default:"false" doc:"although the place for backups is on the file system of the data"`
	DryRun bool   `query:"dry_run" default:"false" doc:"tell what would be read, and write nothing"`
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

type backupInput struct {
	Snapshot string `query:"snapshot" maxLength:"64" doc:"a snapshot by its identifier or the beginning of it; default: the newest"`
	Prefer   string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

// backupRestoreBody is the body of POST /data/backup/restore.
type backupRestoreBody struct {
	_        struct{} `json:"-" additionalProperties:"false"`
	Snapshot *string  `json:"snapshot,omitempty" nullable:"true" maxLength:"64" doc:"a snapshot by its identifier or the beginning of it; default: the newest"`
	Folder   string   `json:"folder" minLength:"1" maxLength:"200" doc:"a new folder below restored/ in the data folder" example:"before-the-fire"`
	Paths    []string `json:"paths,omitempty" nullable:"true" doc:"only these files and folders; default: everything" example:"[\"raw/nasa\"]"`
	DryRun   *bool    `json:"dry_run,omitempty" nullable:"true" doc:"tell what would be restored, and write nothing; default false"`
}

type backupRestoreInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   backupRestoreBody
}

type backupList struct {
	Backups []backup.Snapshot `json:"backups" doc:"newest first"`
}

type backupListOutput struct{ Body backupList }

func (b backupRestoreBody) check() (backup.RestoreOptions, error) {
	o := backup.RestoreOptions{Snapshot: value(b.Snapshot), Folder: b.Folder, Paths: b.Paths, DryRun: value(b.DryRun)}
	if len(o.Paths) > maxPaths {
		return o, exo.Errorf("api.backup", exo.Invalid, nil, "paths has more than %d entries", maxPaths).Try("name folders, or leave paths out to restore everything")
	}
	return o, nil
}

func (s *Server) backupRoutes(api huma.API) {
	const base = Base + "/data/backup"
	tags := []string{"storage"}
	register(s, api, huma.Operation{
		OperationID: "create-backup", Method: http.MethodPost, Path: base, Tags: tags,
		Summary: "Back the data up",
		Description: "Adds a snapshot of the data folder to the backup repository: only what changed is read and sent, compressed and encrypted. " +
			"Snapshots past storage.backup_retention_days go; the newest never does. Kopia's own program can read the repository.",
		Responses: results[backup.Result](api),
	}, func(ctx context.Context, in *backupCreateInput) (*answer, error) {
		o := backup.CreateOptions{Force: in.Force, DryRun: in.DryRun}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobBackupCreate, o, "respond-async")
		}
		res, err := s.backup.Create(ctx, o, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "list-backups", Method: http.MethodGet, Path: base + "/list", Tags: tags,
		Summary: "List the backups", Description: "Newest first. verified_at tells when every byte of a backup was last read back and was right.",
	}, func(ctx context.Context, _ *struct{}) (*backupListOutput, error) {
		list, err := s.backup.List(ctx)
		if err != nil {
			return nil, err
		}
		return &backupListOutput{backupList{list}}, nil
	})
	register(s, api, huma.Operation{
		OperationID: "verify-backup", Method: http.MethodPost, Path: base + "/verify", Tags: tags,
		Summary: "Read a backup back", Description: "Reads every byte of a backup from the repository and compares it with the recorded digests.",
		Responses: results[backup.VerifyReport](api),
	}, func(ctx context.Context, in *backupInput) (*answer, error) {
		o := backup.VerifyOptions{Snapshot: in.Snapshot}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobBackupVerify, o, "respond-async")
		}
		res, err := s.backup.Verify(ctx, o, nil)
		return done(res, err)
	})
	s.restoreRoutes(api, base, tags)
}

func (s *Server) restoreRoutes(api huma.API, base string, tags []string) {
	register(s, api, huma.Operation{
		OperationID: "restore-backup", Method: http.MethodPost, Path: base + "/restore", Tags: tags,
		Summary: "Restore a backup to a folder",
		Description: "Writes a backup, or some paths of it, to a new folder below restored/ in the data folder. All or nothing: every digest is compared before the folder has its name. " +
			"The data themselves are not touched; the command line restores to any empty folder.",
		Responses: results[backup.RestoreReport](api),
	}, func(ctx context.Context, in *backupRestoreInput) (*answer, error) {
		o, err := in.Body.check()
		if err != nil {
			return nil, err
		}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobBackupRestore, o, "respond-async")
		}
		res, err := s.backup.Restore(ctx, o, nil)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "drill-backup", Method: http.MethodPost, Path: base + "/drill", Tags: tags,
		Summary:     "Try whether a backup can be had back",
		Description: "Restores a backup to a folder of its own, reads it from the disk, compares every digest and removes it. The outcome is kept; ok tells it.",
		Responses:   results[backup.DrillReport](api),
	}, func(ctx context.Context, in *backupInput) (*answer, error) {
		o := backup.DrillOptions{Snapshot: in.Snapshot}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobBackupDrill, o, "respond-async")
		}
		res, err := s.backup.Drill(ctx, o, nil)
		return done(res, err)
	})
}

// BackupHandlers does the work of the jobs of backups.
func BackupHandlers(b backup.Backups) map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobBackupCreate: handler(func(ctx context.Context, o backup.CreateOptions, r ingest.Report) (backup.Result, error) {
			return b.Create(ctx, o, counting(r, "bytes"))
		}),
		JobBackupVerify: handler(func(ctx context.Context, o backup.VerifyOptions, r ingest.Report) (backup.VerifyReport, error) {
			return b.Verify(ctx, o, counting(r, "bytes"))
		}),
		JobBackupRestore: handler(func(ctx context.Context, o backup.RestoreOptions, r ingest.Report) (backup.RestoreReport, error) {
			return b.Restore(ctx, o, counting(r, "bytes"))
		}),
		JobBackupDrill: handler(func(ctx context.Context, o backup.DrillOptions, r ingest.Report) (backup.DrillReport, error) {
			return b.Drill(ctx, o, counting(r, "bytes"))
		}),
	}
}
