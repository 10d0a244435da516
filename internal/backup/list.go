package backup

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/snapshot"
	"github.com/kopia/kopia/snapshot/snapshotfs"

	"exoplanetai/internal/exo"
)

// List lists the snapshots, newest first. Where none is of this data folder,
// those of other folders are listed: a tree that is had back on a new machine
// may stand elsewhere.
//
// exo.NotFound where there is no repository yet.
func (s *Service) List(ctx context.Context) (list []Snapshot, err error) {
	const op = "backup.List"
	checked, err := s.checks(ctx)
	if err != nil {
		return nil, err
	}
	list = []Snapshot{}
	err = s.in(ctx, op, false, func(ctx context.Context, r repo.DirectRepository) error {
		all, err := s.snapshots(ctx, r)
		for _, m := range all {
			list = append(list, s.describeSnapshot(m, checked))
		}
		return err
	})
	return list, err
}

func (s *Service) describeSnapshot(m *snapshot.Manifest, checked map[string]time.Time) Snapshot {
	held := sizeOf(m)
	out := Snapshot{ID: string(m.ID), CreatedAt: m.StartTime.ToTime().UTC(), Program: m.Description,
		Files: held.TotalFileCount, Bytes: held.TotalFileSize,
		SameDisk: m.Tags[sameDisk] != ""}
	if at, ok := checked[out.ID]; ok {
		out.VerifiedAt = &at
	}
	return out
}

// sizeOf sums up what a whole snapshot holds. Its statistics tell that of the
// upload alone, which leave out files that had not changed.
func sizeOf(m *snapshot.Manifest) fs.DirectorySummary {
	if m.RootEntry == nil || m.RootEntry.DirSummary == nil {
		return fs.DirectorySummary{}
	}
	return *m.RootEntry.DirSummary
}

// snapshots are the whole ones, newest first.
func (s *Service) snapshots(ctx context.Context, r repo.Repository) ([]*snapshot.Manifest, error) {
	ids, err := snapshot.ListSnapshotManifests(ctx, r, nil, nil)
	if err != nil {
		return nil, err
	}
	all, err := snapshot.LoadSnapshots(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	var own, others []*snapshot.Manifest
	for _, m := range snapshot.SortByTime(all, true) {
		if m.IncompleteReason != "" || m.RootEntry == nil || m.Source.Host != owner || m.Source.UserName != owner {
			continue
		}
		if others = append(others, m); m.Source == s.source() {
			own = append(own, m)
		}
	}
	if len(own) == 0 {
		return others, nil
	}
	return own, nil
}

// pick finds a snapshot by its identifier or the beginning of it; empty is the
// newest.
func (s *Service) pick(ctx context.Context, r repo.Repository, id string) (*snapshot.Manifest, fs.Directory, error) {
	const op = "backup.Snapshot"
	all, err := s.snapshots(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	var found []*snapshot.Manifest
	for _, m := range all {
		if strings.HasPrefix(string(m.ID), id) {
			found = append(found, m)
		}
	}
	switch {
	case len(found) == 0 && id == "":
		return nil, nil, exo.Errorf(op, exo.NotFound, nil, "there is no backup yet").Try("exoplanetai backup create")
	case len(found) == 0:
		return nil, nil, exo.Errorf(op, exo.NotFound, nil, "there is no backup %q", clip(id)).Try("exoplanetai backup list")
	case len(found) > 1 && id != "":
		return nil, nil, exo.Errorf(op, exo.Invalid, nil, "%d backups begin with %q", len(found), clip(id)).Try("give more of the identifier; exoplanetai backup list")
	}
	root, err := rootOf(r, found[0])
	return found[0], root, err
}

func rootOf(r repo.Repository, m *snapshot.Manifest) (fs.Directory, error) {
	e, err := snapshotfs.SnapshotRoot(r, m)
	if err != nil {
		return nil, err
	}
	d, ok := e.(fs.Directory)
	if !ok {
		return nil, exo.Errorf("backup.Snapshot", exo.Corrupt, nil, "the backup is not one of a folder")
	}
	return d, nil
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80]
	}
	return s
}

// Open reads a file from the newest snapshot whose lists give it this digest,
// and names the snapshot. Its bytes are those that the repository proves by its
// own digests; who takes them for the recorded file compares with want.
//
// exo.NotFound when no snapshot has it.
func (s *Service) Open(ctx context.Context, p exo.Path, want exo.Digest) (io.ReadCloser, string, error) {
	const op = "backup.Open"
	r, done, err := s.connect(ctx, false)
	if err != nil {
		return nil, "", typed(op, err)
	}
	rc, id, err := s.read(ctx, r, p, want)
	if err != nil {
		return nil, "", typed(op, errors.Join(err, done()))
	}
	return &held{ReadCloser: rc, done: done}, id, nil
}

// held keeps the repository open as long as the file.
type held struct {
	io.ReadCloser
	done func() error
}

func (h *held) Close() error { return errors.Join(h.ReadCloser.Close(), h.done()) }

func (s *Service) read(ctx context.Context, r repo.Repository, p exo.Path, want exo.Digest) (io.ReadCloser, string, error) {
	all, err := s.snapshots(ctx, r)
	if err != nil {
		return nil, "", err
	}
	for _, m := range all {
		e, err := s.entry(ctx, r, m, p, want)
		if err != nil {
			return nil, "", err
		}
		f, ok := e.(fs.File)
		if !ok {
			continue
		}
		rc, err := f.Open(ctx)
		if err != nil {
			s.o.Log.Warn("a backup cannot be read", "snapshot", m.ID, "path", p, "error", err)
			continue // an older one may
		}
		return rc, string(m.ID), nil
	}
	return nil, "", exo.E("backup.Open", exo.NotFound, p, nil).Say("no backup has this file with this digest")
}

// entry finds a file in a snapshot whose lists give it this digest; nil if there
// is none.
func (s *Service) entry(ctx context.Context, r repo.Repository, m *snapshot.Manifest, p exo.Path, want exo.Digest) (fs.Entry, error) {
	root, err := rootOf(r, m)
	if err != nil {
		return nil, err
	}
	list, err := s.sumsOf(ctx, m, root)
	if err != nil {
		return nil, err
	}
	if have, ok := list[string(p)]; !ok || have != want {
		return nil, nil
	}
	e, err := snapshotfs.GetNestedEntry(ctx, root, strings.Split(string(p), "/"))
	if errors.Is(err, fs.ErrEntryNotFound) {
		return nil, nil
	}
	return e, err
}

// sumsOf reads a snapshot's lists; those of the last one asked for are kept.
func (s *Service) sumsOf(ctx context.Context, m *snapshot.Manifest, root fs.Directory) (sums, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == string(m.ID) {
		return s.known, nil
	}
	list, err := readSums(ctx, root)
	if err == nil {
		s.known, s.of = list, string(m.ID)
	}
	return list, err
}

// Has tells when the newest verified snapshot that holds the file with this
// digest was verified; nil when no verified snapshot holds it. One on the file
// system of the data does not count, nor one that was made there: a broken disk
// would take both.
func (s *Service) Has(ctx context.Context, p exo.Path, want exo.Digest) (at *time.Time, err error) {
	const op = "backup.Has"
	checked, err := s.checks(ctx)
	if err != nil || len(checked) == 0 {
		return nil, err
	}
	if same, err := s.beside(); err != nil || same {
		return nil, err
	}
	err = s.in(ctx, op, false, func(ctx context.Context, r repo.DirectRepository) error {
		all, err := s.snapshots(ctx, r)
		if err != nil {
			return err
		}
		for _, m := range all {
			when, ok := checked[string(m.ID)]
			if !ok || m.Tags[sameDisk] != "" {
				continue
			}
			e, err := s.entry(ctx, r, m, p, want)
			if err != nil {
				return err
			}
			if e != nil {
				at = &when
				return nil
			}
		}
		return nil
	})
	if errors.Is(err, exo.NotFound) {
		return nil, nil
	}
	return at, err
}
