package store

import (
	"context"
	"errors"
	"path"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// commit publishes a group of acts whose staged files and intents are complete
// and synced. It is called by one leader at a time and sets the error of each
// act. A caller's cancellation cannot stop it: others wait for the same group.
func (s *Store) commit(group []*act) {
	err := s.locked(context.Background(), func() error {
		ctx, cancel := s.hurry()
		defer cancel()
		s.publish(ctx, group)
		return nil
	})
	if err == nil {
		return
	}
	for _, a := range group { // the lock could not be had, or the tree not be put right
		a.err = err
		s.forget(a)
	}
}

// hurry bounds what is done under the lock of a shared tree, so that a database
// that does not answer one process does not stop them all.
func (s *Store) hurry() (context.Context, context.CancelFunc) {
	if !s.Shared {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), commitLimit)
}

// publish does it. The order is that of docs/format/tree.md; recovery relies on
// it.
func (s *Store) publish(ctx context.Context, group []*act) {
	claims := map[exo.Path]exo.Digest{} // paths that acts of this group take
	var live []*act
	for _, a := range group {
		if a.err = s.admit(ctx, a, claims); a.err != nil {
			s.forget(a)
			continue
		}
		live = append(live, a)
	}
	live, err := s.write(ctx, live)
	if errors.Is(err, errUnknown) {
		for _, a := range live {
			s.clean(a) // all is on the disk; whoever has the lock next looks what the index lacks
			a.err = err
		}
		return
	}
	if err != nil {
		s.undo(live)
		for _, a := range live {
			a.err = err
		}
		return
	}
	for _, a := range live {
		s.clean(a)
	}
	s.settle(ctx, group)
}

// admit looks whether the act's paths are free. Bytes that the store has
// already under the path, or gets from an earlier act of the group, are fine.
func (s *Store) admit(ctx context.Context, a *act, claims map[exo.Path]exo.Digest) error {
	for _, e := range a.items {
		have, claimed := claims[e.meta.Path]
		if !claimed {
			r, ok, err := get(ctx, s.DB, e.meta.Path)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			have = r.meta.SHA256
			lost, err := s.lost(e.meta.Path)
			if err != nil {
				return err
			}
			if lost && have == e.meta.SHA256 {
				if err := s.bringBack(e, r); err != nil {
					return err
				}
				continue
			}
		}
		if have != e.meta.SHA256 {
			return taken(e.meta.Path)
		}
		e.held = true
	}
	for _, e := range a.items {
		claims[e.meta.Path] = e.meta.SHA256
	}
	return nil
}

// lost tells whether a file of the index is gone from the tree.
func (s *Store) lost(p exo.Path) (bool, error) {
	_, err := s.FS.Lstat(string(p))
	if err == nil {
		return false, nil
	}
	if exo.KindOf(err) == exo.NotFound {
		return true, nil
	}
	return false, err
}

// bringBack makes the entry restore a lost file: with the metadata that it had.
func (s *Store) bringBack(e *entry, r row) error {
	e.meta, e.text, e.line, e.mline = r.meta, r.text, r.line, r.metaLine
	if err := s.FS.Remove(e.intent); err != nil {
		return err
	}
	return fsys.WriteSynced(s.FS, e.intent, e.text, fileMode)
}

func taken(p exo.Path) error {
	return exo.Errorf("store.Publish", exo.Exists, p, "%s is stored already with other content", p).
		Try("publish under another name; stored files are never replaced")
}

// write makes the group durable. Acts that meet a taken name drop out with
// their own error; an error returned is one of the disk or the database and
// concerns all acts returned.
func (s *Store) write(ctx context.Context, acts []*act) ([]*act, error) {
	if !slices.ContainsFunc(acts, (*act).writes) {
		return acts, nil
	}
	live, folders, err := s.place(acts)
	if err != nil {
		return acts, err
	}
	sums := s.newSums()
	err = sums.add(live)
	if err == nil {
		err = fsys.SyncAll(append(s.folderSyncs(folders), sums.appends()...))
	}
	if err == nil {
		err = s.entered(ctx, live, sums)
	}
	if err != nil && !errors.Is(err, errUnknown) {
		sums.undo()
	}
	return live, err
}

// writes tells whether the act brings anything new.
func (a *act) writes() bool {
	return slices.ContainsFunc(a.items, func(e *entry) bool { return !e.held })
}

// place gives data and sidecars their final names and returns the folders that
// these stand in, to be synced. Acts that meet a taken name are undone and left
// out.
func (s *Store) place(acts []*act) (live []*act, folders map[string]bool, err error) {
	folders = map[string]bool{}
	for _, a := range acts {
		for _, e := range a.items {
			if e.held {
				continue
			}
			a.err = s.placeData(e)
			if a.err == nil {
				a.err = s.placeMeta(e)
			}
			if a.err != nil {
				break
			}
			folders[e.meta.Path.Dir()] = true
			folders[MetadataPath(e.meta.Path).Dir()] = true
		}
		switch {
		case a.err == nil:
			live = append(live, a)
		case exo.KindOf(a.err) == exo.Exists:
			s.undo([]*act{a})
		default:
			return nil, nil, a.err
		}
	}
	return live, folders, nil
}

func (s *Store) folderSyncs(folders map[string]bool) (syncs []func() error) {
	for _, dir := range sorted(folders) {
		syncs = append(syncs, func() error { return s.FS.SyncDir(dir) })
	}
	return syncs
}

func (s *Store) syncFolders(folders map[string]bool) error {
	return fsys.SyncAll(s.folderSyncs(folders))
}

// folder makes a folder and those above it and syncs their names. A folder that
// is there already is synced too, once: the call that made it may have been
// killed before it could.
func (s *Store) folder(dir string) error {
	if dir == "." || s.synced[dir] {
		return nil
	}
	above := path.Dir(dir)
	if err := s.folder(above); err != nil {
		return err
	}
	if err := s.FS.Mkdir(dir, 0o755); err != nil && exo.KindOf(err) != exo.Exists {
		return err
	}
	if err := s.FS.SyncDir(above); err != nil {
		return err
	}
	s.synced[dir] = true
	return nil
}

// placeData gives the data their final name. A file of the same bytes that
// stands there unknown to the index is taken in as it is.
func (s *Store) placeData(e *entry) error {
	final := string(e.meta.Path)
	if err := s.folder(path.Dir(final)); err != nil {
		return err
	}
	ours, err := s.name(e.data, final)
	if ours || exo.KindOf(err) != exo.Exists {
		e.dataPlaced = e.dataPlaced || ours
		return err
	}
	size, digest, err := s.hashFile(final)
	if err != nil {
		return err
	}
	if size != e.meta.SizeBytes || digest != e.meta.SHA256 {
		return taken(e.meta.Path)
	}
	return s.FS.Chmod(final, fileMode)
}

// name gives a staged file its final name. ours tells that the name is that of
// the staged file, made now or before a crash.
func (s *Store) name(staged, final string) (ours bool, err error) {
	if err = fsys.Place(s.FS, staged, final); err == nil {
		return true, nil
	}
	if exo.KindOf(err) != exo.Exists {
		return false, err
	}
	same, serr := fsys.Same(s.FS, staged, final)
	if serr != nil {
		return false, serr
	}
	if same {
		return true, nil
	}
	return false, err
}

// placeMeta gives the sidecar its final name.
func (s *Store) placeMeta(e *entry) error {
	final := string(MetadataPath(e.meta.Path))
	if err := s.folder(path.Dir(final)); err != nil {
		return err
	}
	ours, err := s.name(e.intent, final)
	if ours || exo.KindOf(err) != exo.Exists {
		e.metaPlaced = e.metaPlaced || ours
		return err
	}
	text, err := fsys.ReadFile(s.FS, final, maxSidecar)
	if err != nil {
		return err
	}
	if string(text) != string(e.text) {
		return taken(MetadataPath(e.meta.Path))
	}
	return nil
}

// undo takes back the names that the acts were given and forgets their intents.
// If it fails, the intents stay, and the next Open finishes the acts or undoes
// them.
func (s *Store) undo(acts []*act) {
	folders := map[string]bool{}
	for _, a := range acts {
		for _, e := range a.items {
			if e.metaPlaced {
				s.unplace(a, e.intent, string(MetadataPath(e.meta.Path)), folders)
			}
			if e.dataPlaced {
				s.unplace(a, e.data, string(e.meta.Path), folders)
			}
			e.metaPlaced, e.dataPlaced = false, false
		}
	}
	err := s.syncFolders(folders)
	if err != nil {
		s.Log.Error("a failed publication could not be undone; the next start will", "error", err)
	}
	for _, a := range acts {
		if err == nil && !a.keep {
			s.forget(a)
		}
	}
}

// unplace takes a final name back; where the file system has no links, by
// moving the file to its staged name.
func (s *Store) unplace(a *act, staged, final string, folders map[string]bool) {
	folders[path.Dir(final)] = true
	if err := fsys.Unplace(s.FS, staged, final); err != nil {
		s.Log.Error("a failed publication could not be undone; the next start will", "name", final, "error", err)
		a.keep = true
	}
}

// clean removes what the act left in the staging folder. What cannot be removed
// now is removed by the next Open.
func (s *Store) clean(a *act) {
	s.forget(a)
	for _, e := range a.items {
		if err := s.FS.Remove(e.data); err != nil && exo.KindOf(err) != exo.NotFound {
			s.Log.Warn("a staged file is left behind", "name", e.data, "error", err)
		}
	}
}

// settle gives the entries that the store had already the metadata it has.
func (s *Store) settle(ctx context.Context, group []*act) {
	for _, a := range group {
		for _, e := range a.items {
			if a.err != nil || !e.held {
				continue
			}
			r, ok, err := get(ctx, s.DB, e.meta.Path)
			switch {
			case err != nil:
				a.err = err
			case !ok: // the act of this group that brought it has failed
				a.err = exo.Errorf("store.Publish", exo.Conflict, e.meta.Path, "%s was being published by another call, which failed", e.meta.Path).Try("try again")
			default:
				e.meta = r.meta
			}
		}
	}
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for name := range set {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
