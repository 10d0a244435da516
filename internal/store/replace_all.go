package store

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// Files that wait to take the places of damaged ones stand in a folder of the
// process's staging folder, each complete and synced. The list in it is there from the
// decision to the end.
const maxList = 1 << 30 // bytes of the list: some million files

// replacement is a file of the list.
type replacement struct {
	Path   exo.Path   `json:"path"`
	SHA256 exo.Digest `json:"sha256"`
	Staged string     `json:"staged,omitempty"` // empty: only what describes the file is mended

	row row
}

// ReplaceAll does for many files what Replace does for one, all or none. bring
// gives the bytes of the i-th path as a staged file, or nil where only what
// describes the file is to be mended, as Mend does; ReplaceAll has it from then
// on. Until all are staged, compared and synced nothing is touched. From then on
// it is decided: what a crash cuts off, the next Open finishes, and what a
// failing disk stops, the next Open or ReplaceAll does.
//
// Errors: those of bring and of Replace, and exo.Conflict where a folder stands
// in place of a file; then nothing was touched. After a failure of the disk once
// it is decided, the message says so.
func (s *Store) ReplaceAll(ctx context.Context, list []exo.Path, bring func(ctx context.Context, i int) (*Staged, error)) error {
	const op = "store.ReplaceAll"
	if err := s.writable(op); err != nil {
		return err
	}
	s.replacing.Lock()
	defer s.replacing.Unlock()
	err := s.alone(ctx, func() error { return s.resumeReplacing(ctx, &s.home) })
	if err != nil || len(list) == 0 {
		return err
	}
	all, err := s.gather(ctx, list, bring)
	if err == nil {
		err = s.alone(ctx, func() error { return s.replaceAll(ctx, all) })
	}
	if _, lerr := s.FS.Lstat(s.home.replacements()); err != nil && exo.KindOf(lerr) == exo.NotFound && lerr != nil {
		if cerr := s.clearReplacing(&s.home); cerr != nil {
			s.Log.Warn("staged files are left behind until the next start", "error", cerr)
		}
	}
	return err
}

// gather brings all files to the folder where they wait.
func (s *Store) gather(ctx context.Context, list []exo.Path, bring func(ctx context.Context, i int) (*Staged, error)) ([]replacement, error) {
	const op = "store.ReplaceAll"
	if err := s.alone(ctx, func() error { return s.folder(s.home.replacing()) }); err != nil {
		return nil, err
	}
	all := make([]replacement, len(list))
	for i, p := range list {
		if err := ctx.Err(); err != nil {
			return nil, exo.E(op, exo.KindOf(err), p, err)
		}
		all[i] = replacement{Path: p}
		st, err := bring(ctx, i)
		if err != nil {
			return nil, err
		}
		if st == nil {
			continue
		}
		all[i].Staged = fmt.Sprintf("%08d.data", i)
		if all[i].SHA256, err = st.await(s.home.replacing() + "/" + all[i].Staged); err != nil {
			_ = st.Discard() // the first error is the one to tell; it may have moved already
			return nil, err
		}
	}
	return all, nil
}

// await completes a staged file and moves it to where it waits. Its folder is
// not synced.
func (st *Staged) await(name string) (exo.Digest, error) {
	err := st.complete()
	if err == nil && !st.sealed {
		err = st.sync()
	}
	if err == nil {
		err = st.s.FS.Rename(st.name, name)
	}
	st.gone = err == nil
	return st.digest, err
}

// replaceAll compares everything, decides, and does it.
func (s *Store) replaceAll(ctx context.Context, all []replacement) error {
	const op = "store.ReplaceAll"
	for i := range all {
		x := &all[i]
		r, err := s.agreed(ctx, x.Path)
		if err != nil {
			return err
		}
		x.row = r
		if x.Staged == "" {
			x.SHA256 = r.meta.SHA256
			continue
		}
		if x.SHA256 != r.meta.SHA256 {
			return exo.Errorf(op, exo.Invalid, x.Path, "the bytes offered for %s are not the recorded ones (%s)", x.Path, r.meta.SHA256).
				Try("take them from a version or a backup, or from the archive if it still has the same file; another file needs another name")
		}
		for _, name := range []string{string(x.Path), string(MetadataPath(x.Path))} {
			if err := s.inTheWay(name); err != nil {
				return err
			}
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return exo.E(op, exo.Internal, nil, err)
	}
	replacing := s.home.replacing()
	temp := replacing + "/list.new"
	if err = s.FS.SyncDir(replacing); err == nil {
		err = fsys.WriteSynced(s.FS, temp, text, 0o600)
	}
	if err == nil {
		err = s.FS.Rename(temp, s.home.replacements())
	}
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // it is decided
	if err = s.FS.SyncDir(replacing); err == nil {
		err = s.carryOut(ctx, &s.home, all)
	}
	if err != nil && !isDamage(err) {
		err = exo.E(op, exo.KindOf(err), nil, err).Say("not all files have their places yet: %s", exo.MessageOf(err)).
			Try("all bytes are at hand: the next start of the program, or the same call again, goes on")
	}
	return err
}

// inTheWay refuses a folder with something in it where a file has its place.
func (s *Store) inTheWay(name string) error {
	info, err := s.FS.Lstat(name)
	if err != nil || !info.IsDir() {
		if err != nil && !isDamage(err) {
			return err
		}
		return nil
	}
	list, err := s.FS.ReadDir(name)
	if err == nil && len(list) > 0 {
		err = exo.Errorf("store.ReplaceAll", exo.Conflict, name, "a folder stands where the file %s should", name).Try("move it away")
	}
	return err
}

// carryOut gives all files their places, then mends what describes them, and
// takes the list away. What is damaged beyond mending is told at the end, and
// keeps no other file from its place; a failing disk ends it, and the list stays.
func (s *Store) carryOut(ctx context.Context, h *home, all []replacement) (damage error) {
	const op = "store.ReplaceAll"
	for _, x := range all {
		if x.Staged == "" {
			continue
		}
		right, err := s.intact(x.row.meta)
		if err == nil && !right {
			err = s.supplant(h.replacing()+"/"+x.Staged, string(x.Path))
		}
		if err == nil && !right {
			_, err = s.DB.ExecContext(ctx, `UPDATE files SET verified_at = 0 WHERE path = ?`, string(x.Path))
			err = sqldb.Typed(op, x.Path, err) // the next sweep reads it back first
			s.Log.Info("a damaged file was replaced", "path", x.Path)
		}
		if err != nil {
			return err
		}
	}
	for _, x := range all {
		if _, err := s.mend(ctx, x.row); err != nil {
			if !isDamage(err) {
				return err
			}
			if damage == nil {
				damage = err
			}
		}
	}
	if err := s.FS.Remove(h.replacements()); err != nil {
		return err
	}
	if err := s.FS.SyncDir(h.replacing()); err != nil {
		return err
	}
	if err := s.clearReplacing(h); err != nil {
		s.Log.Warn("staged files are left behind until the next start", "error", err)
	}
	return damage
}

// resumeReplacing finishes what was decided and not done, if there is such a
// thing. Files that are damaged, or that the store no longer has, are passed over.
func (s *Store) resumeReplacing(ctx context.Context, h *home) error {
	text, err := fsys.ReadFile(s.FS, h.replacements(), maxList)
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			err = nil
		}
		return err
	}
	var list, all []replacement
	if err := json.Unmarshal(text, &list); err != nil {
		s.Log.Error("the list of files that were to be replaced is damaged; it is dropped", "error", err)
	}
	for _, x := range list {
		ok, err := s.waits(ctx, h, &x)
		if err != nil && !isDamage(err) {
			return err
		}
		if !ok {
			s.Log.Warn("a file that was to be replaced is passed over", "path", x.Path, "error", err)
			continue
		}
		all = append(all, x)
	}
	s.Log.Info("files that were to be replaced are given their places", "files", len(all))
	if err := s.carryOut(ctx, h, all); err != nil && !isDamage(err) {
		return err
	} else if err != nil {
		s.Log.Error("what describes a file could not be mended", "error", err)
	}
	return nil
}

// waits tells whether a file of the list can still have its place: the store
// knows it with this digest, and the bytes are in the tree already, or wait.
func (s *Store) waits(ctx context.Context, h *home, x *replacement) (ok bool, err error) {
	if x.row, err = s.agreed(ctx, x.Path); err != nil || x.row.meta.SHA256 != x.SHA256 {
		return false, err
	}
	if x.Staged == "" {
		return true, nil
	}
	if path.Base(x.Staged) != x.Staged {
		return false, nil
	}
	if right, err := s.intact(x.row.meta); err != nil || right {
		return right, err
	}
	_, sum, err := s.hashFile(h.replacing() + "/" + x.Staged)
	if err != nil || sum != x.SHA256 {
		return false, err
	}
	return true, s.inTheWay(string(x.Path))
}

// clearReplacing removes what waits in vain.
func (s *Store) clearReplacing(h *home) error {
	list, err := s.FS.ReadDir(h.replacing())
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			err = nil
		}
		return err
	}
	for _, e := range list {
		if err := s.FS.Remove(h.replacing() + "/" + e.Name()); err != nil && exo.KindOf(err) != exo.NotFound {
			return err
		}
	}
	return nil
}
