package store

import (
	"bytes"
	"context"
	"path"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// forgetting is the intent of a Forget under way: the checksum lines of the
// files to be removed. It is there from the decision to the end.
const forgetting = staging + "/forget"

// maxForget bounds one Forget.
const maxForget = 10_000

// Forget removes files from the store for good: data, sidecars, checksum lines
// and rows, all or none. It is one act: after a crash at any moment the next
// Open finds all of them untouched, or finishes the removal. Whether a file may
// go is for the caller to know; only package maintain calls it.
//
// The checksum files are written again and the index is gone through, so that it
// costs some time by what is stored: give it many files at once. Nothing is
// published meanwhile.
//
// Errors: exo.NotFound if the store does not have one of the files; exo.Conflict
// while a verification runs. After a failure of the disk nothing is removed, or
// the store takes no more files until Reindex or the next Open has finished the
// removal.
func (s *Store) Forget(ctx context.Context, list []exo.Path) error {
	const op = "store.Forget"
	if err := s.writable(op); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	if len(list) == 0 || len(list) > maxForget {
		return exo.Errorf(op, exo.Invalid, nil, "%d files cannot be removed at once; 1 to %d can", len(list), maxForget)
	}
	if !s.looking.TryLock() {
		return exo.Errorf(op, exo.Conflict, nil, "the store is being verified").Try("try again when the verification has ended")
	}
	defer s.looking.Unlock()
	return s.alone(ctx, func() error {
		if looking, err := s.others(); err != nil {
			return err
		} else if looking {
			return exo.Errorf(op, exo.Conflict, nil, "the store is being verified by another process").Try("try again when the verification has ended")
		}
		return s.forgetAll(ctx, list)
	})
}

func (s *Store) forgetAll(ctx context.Context, list []exo.Path) error {
	const op = "store.Forget"
	var intent []byte
	for _, p := range list {
		r, ok, err := get(ctx, s.DB, p)
		if err != nil {
			return err
		}
		if !ok {
			return exo.Errorf(op, exo.NotFound, p, "there is no file %s in the store", p)
		}
		for _, name := range []string{string(p), string(MetadataPath(p))} {
			if info, err := s.FS.Lstat(name); err == nil && info.IsDir() {
				return exo.Errorf(op, exo.Corrupt, p, "a folder stands where the file %s should", name).Try("move it away")
			}
		}
		intent = append(intent, sumsLine(r.meta.SHA256, p)...)
	}
	if err := s.decide(intent); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // it is decided
	gone, err := s.forgotten()
	struck := false
	if err == nil {
		struck, err = s.strike(ctx, gone)
	}
	if err == nil && !struck {
		_, err = s.reindex(ctx, nil, gone)
	}
	if err == nil {
		err = s.forgetDone(ctx)
	}
	if err != nil {
		s.stopUnlessShared()
		return err
	}
	s.Log.Info("files were removed for good", "files", len(list))
	return nil
}

// decide writes the intent. The staging folders are synced before, so that no
// publication that ended long ago comes to life again behind it.
func (s *Store) decide(intent []byte) error {
	folders := map[string]bool{staging: true}
	homes, err := s.homes()
	if err != nil {
		return err
	}
	for _, dir := range append(homes, staging) {
		for n := range uint64(slots) {
			slot := home{dir: dir}.slot(n)
			if _, err := s.FS.Lstat(slot); err == nil {
				folders[slot] = true
			}
		}
	}
	if err := s.syncFolders(folders); err != nil {
		return err
	}
	temp := forgetting + ".new"
	err = fsys.WriteSynced(s.FS, temp, intent, 0o600)
	if err == nil {
		err = s.FS.Rename(temp, forgetting)
	}
	if err != nil {
		s.drop(temp)
		return err
	}
	if err = s.FS.SyncDir(staging); err != nil {
		s.stopUnlessShared() // nobody knows whether it is decided; the next start will
	}
	return err
}

// forgotten carries out the intent, if there is one: the names of the files and
// sidecars are removed. It returns the paths that are to be forgotten.
func (s *Store) forgotten() (map[exo.Path]bool, error) {
	const op = "store.Forget"
	text, err := fsys.ReadFile(s.FS, forgetting, maxForget*maxLine)
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			err = nil
		}
		return nil, err
	}
	gone := map[exo.Path]bool{}
	folders := map[string]bool{}
	for line := range bytes.Lines(text) {
		_, p, err := parseSumsLine(bytes.TrimSuffix(line, []byte("\n")))
		if err == nil {
			err = checkPath(p)
		}
		if err != nil {
			return nil, exo.E(op, exo.Corrupt, forgetting, err).Say("the list of files to be removed is damaged").
				Try("move %s out of the data folder and run `exoplanetai storage verify`", forgetting)
		}
		gone[p] = true
	}
	for p := range gone {
		for _, name := range []string{string(p), string(MetadataPath(p))} {
			err := s.FS.Remove(name)
			if err != nil && exo.KindOf(err) != exo.NotFound {
				return nil, err
			}
			if err == nil {
				folders[path.Dir(name)] = true
				continue
			}
			if _, err := s.FS.Lstat(path.Dir(name)); err == nil { // removed before, perhaps not yet on the disk
				folders[path.Dir(name)] = true
			}
		}
	}
	return gone, s.syncFolders(folders)
}

// forgetDone takes the intent away, for good: it must not come back when a file
// of the same name has been published.
//
// What the database was told must be on the disk before: without the intent a
// power loss that undid it would leave an index that knows more checksum lines
// than there are.
func (s *Store) forgetDone(ctx context.Context) error {
	if _, err := s.FS.Lstat(forgetting); err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return nil // nothing was to be forgotten
		}
		return err
	}
	if err := s.checkpoint(ctx); err != nil {
		return err
	}
	if err := s.FS.Remove(forgetting); err != nil && exo.KindOf(err) != exo.NotFound {
		return err
	}
	return s.FS.SyncDir(staging)
}

// stopUnlessShared lets the store take nothing more until Reindex or a start has
// finished what is decided. On a shared tree whoever has the lock next does.
func (s *Store) stopUnlessShared() {
	if !s.Shared {
		s.mustReindex.Store(true)
	}
}

// checkpoint writes the database through to the disk. Postgres has done so when
// a commit returns.
func (s *Store) checkpoint(ctx context.Context) error {
	const op = "store.Forget"
	if s.postgres() {
		return nil
	}
	var busy, log, moved int64
	if err := s.DB.QueryRowContext(ctx, `PRAGMA wal_checkpoint(FULL)`).Scan(&busy, &log, &moved); err != nil {
		return sqldb.Typed(op, nil, err)
	}
	if busy != 0 || moved < log {
		return exo.Errorf(op, exo.Conflict, nil, "the database is in use and could not be written to the disk").
			Try("when the readers have ended, start the program again or run `exoplanetai storage reindex`, which finish the removal")
	}
	return nil
}

// forgetRows removes the rows of forgotten files.
func (r *reindexer) forgetRows(q querier) error {
	for p := range r.gone {
		if _, err := q.ExecContext(r.ctx, `DELETE FROM files WHERE path = ?`, string(p)); err != nil {
			return sqldb.Typed("store.Forget", p, err)
		}
	}
	return nil
}
