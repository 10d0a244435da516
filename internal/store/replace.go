package store

import (
	"context"
	"path"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// Replace gives a damaged or missing file its bytes back. They are accepted only
// with the recorded sha256, whatever they come from; the record is the one that
// two of sidecar, index and checksum line agree on. The file is replaced at
// once: after a power loss its name holds what stood there before or the right
// bytes, whole. Sidecar, permissions and checksum lines are mended too, as Mend
// does. A file that is right already keeps its place on the disk.
//
// The file gets a place of its own: other names of the damaged one, such as
// those in versions, keep the damaged bytes and have to be made anew.
//
// Errors: exo.NotFound if the store has no such file, exo.Invalid for other
// bytes than the recorded ones, exo.Corrupt if the records contradict each
// other. After success the staged file is gone; after an error Discard it.
func (s *Store) Replace(ctx context.Context, p exo.Path, st *Staged) error {
	const op = "store.Replace"
	if err := s.writable(op); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return exo.E(op, exo.KindOf(err), p, err)
	}
	if st == nil || st.s != s {
		return exo.Errorf(op, exo.Internal, p, "%s comes without bytes", p)
	}
	if err := st.complete(); err != nil {
		return err
	}
	if !st.sealed {
		if err := st.sync(); err != nil {
			return err
		}
	}
	return s.alone(ctx, func() error { return s.replace(ctx, p, st) })
}

func (s *Store) replace(ctx context.Context, p exo.Path, st *Staged) error {
	const op = "store.Replace"
	r, err := s.agreed(ctx, p)
	if err != nil {
		return err
	}
	if st.digest != r.meta.SHA256 || st.size != r.meta.SizeBytes {
		return exo.Errorf(op, exo.Invalid, p, "the bytes offered for %s are not the recorded ones (%s)", p, r.meta.SHA256).
			Try("take them from a version or a backup, or from the archive if it still has the same file; another file needs another name")
	}
	right, err := s.intact(r.meta)
	if err != nil {
		return err
	}
	if !right {
		if err := s.supplant(st.name, string(p)); err != nil {
			return err
		}
		if _, err := s.DB.ExecContext(ctx, `UPDATE files SET verified_at = 0 WHERE path = ?`, string(p)); err != nil {
			return sqldb.Typed(op, p, err) // the next sweep reads it back first
		}
		s.Log.Info("a damaged file was replaced", "path", p)
	}
	if _, err := s.mend(ctx, r); err != nil {
		return err
	}
	if err := st.Discard(); err != nil && exo.KindOf(err) != exo.NotFound { // it has another name now, or none
		s.Log.Warn("a staged file is left behind", "name", st.name, "error", err)
	}
	return nil
}

// intact tells whether a file has its bytes. A disk that fails in more than a
// bad place is an error.
func (s *Store) intact(m Meta) (bool, error) {
	size, digest, err := s.hashFile(string(m.Path))
	if err != nil && !isDamage(err) {
		return false, err
	}
	return err == nil && size == m.SizeBytes && digest == m.SHA256, nil
}

// supplant gives a complete, synced file a final name in place of what stands
// there. A link is replaced, not followed; an empty folder is removed.
func (s *Store) supplant(staged, final string) error {
	dir := path.Dir(final)
	for above := dir; above != "."; above = path.Dir(above) {
		delete(s.synced, above) // somebody may have removed it
	}
	if err := s.folder(dir); err != nil {
		return err
	}
	if info, err := s.FS.Lstat(final); err == nil && info.IsDir() {
		if err := s.FS.Remove(final); err != nil {
			return exo.E("store.Replace", exo.Conflict, final, err).Say("a folder stands where the file %s should", final).Try("move it away")
		}
	}
	err := s.FS.Rename(staged, final)
	if err != nil && fsys.NoLinks(err) {
		err = s.supplantCopy(staged, final)
	}
	if err != nil {
		return err
	}
	return s.FS.SyncDir(dir)
}

// supplantCopy does it between file systems, by a hidden copy beside the final
// name.
func (s *Store) supplantCopy(staged, final string) error {
	temp := fsys.TempName(final)
	if err := s.FS.Remove(temp); err != nil && exo.KindOf(err) != exo.NotFound { // left by a crash
		return err
	}
	err := fsys.Place(s.FS, staged, temp)
	if err == nil {
		err = s.FS.Rename(temp, final)
	}
	if err != nil {
		_ = s.FS.Remove(temp) // the first error is the one to tell
	}
	return err
}
