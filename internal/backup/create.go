package backup

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/maintenance"
	"github.com/kopia/kopia/snapshot"
	"github.com/kopia/kopia/snapshot/policy"
	"github.com/kopia/kopia/snapshot/snapshotmaintenance"
	"github.com/kopia/kopia/snapshot/upload"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// Create makes a snapshot of the data tree, and the repository if there is none
// yet; then it removes the snapshots that are past their time.
//
// exo.Conflict when the repository is inside the data tree, on its file system
// (unless forced), or in a folder that holds other things; exo.Denied for a
// wrong password; exo.Full. Of a backup that fails nothing is listed, and what
// it had uploaded is used by the next.
func (s *Service) Create(ctx context.Context, o CreateOptions, report func(done, total int64)) (res Result, err error) {
	const op = "backup.Create"
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.hasTree(op); err != nil {
		return Result{}, err
	}
	res = Result{CreatedAt: s.now(), DryRun: o.DryRun, Expired: []string{}}
	if res.SameDisk, err = s.apart(o.Force); err != nil {
		return Result{}, err
	}
	if s.o.Warning != "" {
		res.Warnings = append(res.Warnings, s.o.Warning)
	}
	if res.SameDisk {
		res.Warnings = append(res.Warnings, "the backup is on the file system of the data: one broken disk would take both")
	}
	for try := 0; ; try++ {
		moved, err := s.once(ctx, o, &res, reporter(report))
		if moved && try < 2 && ctx.Err() == nil { // what has been uploaded is not uploaded again
			s.o.Log.Info("a file changed while the backup was made: it is made again", "error", err)
			continue
		}
		if err != nil {
			return Result{}, err
		}
		res.DurationS = s.o.Clock().Sub(res.CreatedAt).Seconds()
		return res, nil
	}
}

// once makes a snapshot of the tree as it is now, and tells whether it failed
// because a file was changed or removed before it could be read.
func (s *Service) once(ctx context.Context, o CreateOptions, res *Result, report func(done, total int64)) (moved bool, err error) {
	t, drop, err := s.moment(ctx, o.DryRun, res)
	if err != nil || o.DryRun {
		return false, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	err = s.in(ctx, "backup.Create", true, func(ctx context.Context, r repo.DirectRepository) error {
		if err := s.notEmptied(ctx, r, t, o.Force, res.Files); err != nil {
			return err
		}
		if err := s.upload(ctx, r, t, res, report); err != nil {
			return err
		}
		if res.Expired, err = s.expire(ctx, r, false); err != nil {
			return err
		}
		if err := maintain(ctx, r); err != nil { // the snapshot is safe all the same
			s.o.Log.Warn("the backup repository could not be tidied", "error", err)
			res.Warnings = append(res.Warnings, "the repository could not be tidied; the next backup tries again")
		}
		if err := s.scrap(ctx, false); err != nil {
			s.o.Log.Warn("what interrupted backups left in the repository cannot be removed", "error", err)
		}
		return nil
	})
	return err != nil && t.moved.Load(), err
}

// notEmptied refuses a tree without data where the newest snapshot holds some: its
// disk may not be mounted, and an empty newest snapshot would let the good ones
// expire.
func (s *Service) notEmptied(ctx context.Context, r repo.Repository, t *tree, force bool, files int64) error {
	if t.data > 0 || force {
		return nil
	}
	all, err := s.snapshots(ctx, r)
	if err != nil || len(all) == 0 {
		return err
	}
	last := s.describeSnapshot(all[0], nil)
	if last.Files <= files {
		return nil
	}
	return exo.Errorf("backup.Create", exo.Conflict, nil, "the data folder holds no data, and the snapshot of %s has %d files", last.CreatedAt.Format(time.DateOnly), last.Files).
		Try("is its disk mounted, and --data-path right? If it was emptied on purpose, give --force")
}

// moment takes down what the tree is at one moment: the index is copied and the
// files are listed while nothing is published. A dry run only counts.
func (s *Service) moment(ctx context.Context, dryRun bool, res *Result) (t *tree, drop func() error, err error) {
	t = &tree{fs: s.o.FS, at: res.CreatedAt, noIndex: s.elsewhere()}
	if dryRun {
		res.Files, res.Bytes, err = t.look(ctx, ".")
		return t, nil, err
	}
	place, err := s.scratch(ctx)
	if err != nil {
		return nil, nil, err
	}
	drop = func() error { return place.drop(ctx) }
	list, err := fsys.Create(place.dir, place.name+"/list", 0o600)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	drop = func() error { return errors.Join(list.Close(), place.drop(ctx)) }
	t.list = &listing{file: list, at: map[string]span{}}
	still := s.o.Still
	if still == nil {
		still = func(ctx context.Context, do func(context.Context) error) error { return do(ctx) }
	}
	err = still(ctx, func(ctx context.Context) error {
		if s.o.DB != nil && !t.noIndex {
			if err := s.copyIndex(ctx, t, place); err != nil {
				return err
			}
		}
		res.Files, res.Bytes, err = t.look(ctx, ".")
		return err
	})
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	return t, drop, nil
}

// apart refuses a repository that would be lost together with the data, and
// tells whether force alone allows it.
func (s *Service) apart(force bool) (same bool, err error) {
	const op = "backup.Create"
	if s.at.folder == "" { // S3
		return false, nil
	}
	for _, pair := range [][2]string{{s.at.folder, s.o.DataPath}, {s.o.DataPath, s.at.folder}} {
		within, err := fsys.Inside(pair[0], pair[1])
		if err != nil {
			return false, err
		}
		if within {
			return false, exo.Errorf(op, exo.Conflict, nil, "the place for backups and the data folder are one inside the other").
				Try("set backup.repository to a folder on another disk, or to s3://bucket/prefix")
		}
	}
	same, err = s.beside()
	if err == nil && same && !force {
		err = exo.Errorf(op, exo.Conflict, nil, "the place for backups is on the file system of the data: one broken disk would take both").
			Try("set backup.repository to a folder on another disk, or to s3://bucket/prefix; --force makes the backup here all the same")
	}
	return same, err
}

// beside tells whether the repository is on the file system of the data.
func (s *Service) beside() (bool, error) {
	if s.at.folder == "" { // S3
		return false, nil
	}
	return fsys.SameDevice(s.o.DataPath, s.at.folder)
}

// copyIndex makes a consistent copy of the index database, as of now.
func (s *Service) copyIndex(ctx context.Context, t *tree, place *place) error {
	const op, name = "backup.Create", "index"
	if _, err := s.o.DB.ExecContext(ctx, `VACUUM INTO ?`, place.path(name)); err != nil {
		if kinded := sqldb.Typed(op, nil, err); ctx.Err() != nil || exo.KindOf(kinded) == exo.Full {
			return kinded
		}
		return exo.E(op, exo.Unavailable, nil, err).Say("the index database cannot be copied").
			Try("exoplanetai storage verify")
	}
	t.index, t.copy = place.dir, place.name+"/"+name
	return nil
}

// sameDisk marks a snapshot beside the data; Kopia's program shows it as the tag
// same-disk.
const sameDisk = "tag:same-disk"

func (s *Service) source() snapshot.SourceInfo {
	return snapshot.SourceInfo{Host: owner, UserName: owner, Path: s.o.DataPath}
}

func (s *Service) upload(ctx context.Context, r repo.DirectRepository, t *tree, res *Result, report func(done, total int64)) error {
	before, err := snapshot.FindPreviousManifests(ctx, r, s.source(), nil)
	if err != nil {
		return err
	}
	p := &meter{total: res.Bytes, report: report}
	opt := repo.WriteSessionOptions{Purpose: "backup", OnUpload: func(n int64) { p.sent.Add(n) }}
	err = repo.WriteSession(ctx, r, opt, func(ctx context.Context, w repo.RepositoryWriter) error {
		u := upload.NewUploader(w)
		u.Progress, u.DisableIgnoreRules, u.FailFast = p, true, true
		defer context.AfterFunc(ctx, u.Cancel)()
		m, err := u.Upload(ctx, t.root(), rules(), s.source(), before...)
		if err != nil {
			return err
		}
		if err := whole(ctx, m); err != nil {
			return err
		}
		took := m.EndTime.Sub(m.StartTime)
		m.StartTime = fs.UTCTimestampFromTime(res.CreatedAt)
		m.EndTime = m.StartTime.Add(took)
		m.Description = s.o.Program
		if res.SameDisk {
			m.Tags = map[string]string{sameDisk: "yes"}
		}
		id, err := snapshot.SaveSnapshot(ctx, w, m)
		res.Snapshot = string(id)
		held := sizeOf(m)
		res.Files, res.Bytes = held.TotalFileCount, held.TotalFileSize
		return err
	})
	res.ReadFiles, res.ReadBytes, res.UploadedBytes = p.files.Load(), p.read.Load(), p.sent.Load()
	return err
}

// whole refuses a snapshot that lacks something.
func whole(ctx context.Context, m *snapshot.Manifest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e := exo.Errorf("backup.Create", exo.Unavailable, nil, "not everything could be read, so there is no backup").
		Try("exoplanetai storage verify tells what is wrong; then make the backup again")
	if m.IncompleteReason != "" || m.RootEntry == nil || m.RootEntry.DirSummary == nil {
		return e
	}
	if d := m.RootEntry.DirSummary; d.FatalErrorCount+d.IgnoredErrorCount > 0 {
		if len(d.FailedEntries) > 0 {
			return e.With("path", d.FailedEntries[0].EntryPath)
		}
		return e
	}
	return nil
}

// rules say how files are stored: compressed by zstd. Nothing is ignored, and
// no error is.
func rules() *policy.Tree {
	p := *policy.DefaultPolicy
	p.CompressionPolicy.CompressorName = "zstd"
	return policy.BuildTree(nil, &p)
}

// maintain lets Kopia tidy the repository when its own schedule says so. Kopia
// waits a day or more before it lets go of bytes, so that another machine that
// uses the same repository loses nothing.
func maintain(ctx context.Context, r repo.DirectRepository) error {
	return repo.DirectWriteSession(ctx, r, repo.WriteSessionOptions{Purpose: "maintenance"}, func(ctx context.Context, w repo.DirectRepositoryWriter) error {
		err := snapshotmaintenance.Run(ctx, w, maintenance.ModeAuto, false, maintenance.SafetyFull)
		if errors.As(err, new(maintenance.NotOwnedError)) {
			return nil // somebody else looks after it
		}
		return err
	})
}

// meter adds up what the uploader does.
type meter struct {
	upload.NullUploadProgress
	total             int64
	report            func(done, total int64)
	files, read, sent atomic.Int64

	mu   sync.Mutex // one report at a time
	done int64
}

func (m *meter) add(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	m.report(min(m.done, m.total), m.total)
}

// HashedBytes is called as bytes are read.
func (m *meter) HashedBytes(n int64) {
	m.read.Add(n)
	m.add(n)
}

// CachedFile is called for a file that has not changed.
func (m *meter) CachedFile(_ string, n int64) { m.add(n) }

// FinishedHashingFile is called when a file was read.
func (m *meter) FinishedHashingFile(string, int64) { m.files.Add(1) }

// Expire removes the snapshots that are older than the retention, and returns
// them. The newest stays, whatever its age.
func (s *Service) Expire(ctx context.Context, dryRun bool) (gone []string, err error) {
	const op = "backup.Expire"
	s.writing.Lock()
	defer s.writing.Unlock()
	err = s.in(ctx, op, false, func(ctx context.Context, r repo.DirectRepository) error {
		if gone, err = s.expire(ctx, r, dryRun); err != nil || dryRun {
			return err
		}
		return maintain(ctx, r)
	})
	return gone, err
}

func (s *Service) expire(ctx context.Context, r repo.DirectRepository, dryRun bool) ([]string, error) {
	old := []string{}
	if s.o.RetentionDays <= 0 {
		return old, nil
	}
	list, err := snapshot.ListSnapshots(ctx, r, s.source())
	if err != nil {
		return old, err
	}
	limit := s.o.Clock().Add(-time.Duration(s.o.RetentionDays) * 24 * time.Hour)
	kept := false
	var drop []*snapshot.Manifest
	for _, m := range snapshot.SortByTime(list, true) {
		if m.IncompleteReason == "" && !kept {
			kept = true
			continue
		}
		if m.StartTime.ToTime().Before(limit) && len(m.Pins) == 0 {
			drop = append(drop, m)
			old = append(old, string(m.ID))
		}
	}
	if dryRun || len(drop) == 0 {
		return old, nil
	}
	return old, repo.WriteSession(ctx, r, repo.WriteSessionOptions{Purpose: "retention"}, func(ctx context.Context, w repo.RepositoryWriter) error {
		for _, m := range drop {
			if err := w.DeleteManifest(ctx, m.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
