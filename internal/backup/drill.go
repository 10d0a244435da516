package backup

import (
	"context"
	"errors"
	stdfs "io/fs"
	"strings"

	"github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/snapshot"

	"exoplanetai/internal/fsys"
)

// Drill restores a snapshot to a folder of its own, reads it back from the disk
// and compares every digest, and removes it. The outcome is kept; a drill in
// which all was right counts as a verification.
func (s *Service) Drill(ctx context.Context, o DrillOptions, report func(done, total int64)) (d DrillReport, err error) {
	err = s.in(ctx, "backup.Drill", false, func(ctx context.Context, r repo.DirectRepository) error {
		m, root, err := s.pick(ctx, r, o.Snapshot)
		if err != nil {
			return err
		}
		d = DrillReport{Snapshot: string(m.ID), StartedAt: s.now()}
		d.AgeSeconds = d.StartedAt.Sub(m.StartTime.ToTime()).Seconds()
		v, err := s.verify(ctx, m, root, reporter(nil))
		if d.Damaged = v.Damaged; err != nil || !v.OK {
			return err
		}
		return s.tryOut(ctx, m, root, &d, reporter(report))
	})
	if err != nil {
		return DrillReport{}, err
	}
	d.OK = len(d.Damaged) == 0
	d.DurationS = s.o.Clock().Sub(d.StartedAt).Seconds()
	return d, s.drilled(ctx, d)
}

// tryOut restores to a scratch folder and compares what is on the disk.
func (s *Service) tryOut(ctx context.Context, m *snapshot.Manifest, root fs.Directory, d *DrillReport, report func(done, total int64)) (err error) {
	place, err := s.scratch(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.drop(ctx)) }()
	const name = "tree"
	if _, err := s.restore(ctx, m, root, RestoreOptions{To: place.path(name)}, report); err != nil {
		return err
	}
	list, err := s.sumsOf(ctx, m, root)
	if err != nil {
		return err
	}
	below := place.name + "/" + name
	return fsys.Walk(ctx, place.dir, below, func(at string, _ stdfs.DirEntry) error {
		sum, n, err := fsys.Digest(ctx, place.dir, at)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(at, below+"/")
		d.Files++
		d.Bytes += n
		if want, ok := list[rel]; ok && want == sum {
			d.Compared++
		} else if ok {
			d.Damaged = append(d.Damaged, Damage{rel, "corrupt", "the restored file's digest is not the recorded one"})
		}
		return nil
	})
}
