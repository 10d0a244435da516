package store

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// intentName is the form of an intent's name; see intend.
var intentName = regexp.MustCompile(`^([0-9]{8,20})\.([0-9]{1,4})-([0-9]{1,4})\.([0-9]{8,20})\.json$`)

// pendingActs reads the intents in a staging folder. An act is returned only
// if all its intents are there and whole; any other never began to give names,
// because the staging folder is synced before that, or has ended.
func (s *Store) pendingActs(h *home) ([]*act, error) {
	var acts []*act
	byID := map[string]*act{}
	err := s.staged(h, func(name string, _ fs.DirEntry) error {
		part := intentName.FindStringSubmatch(path.Base(name))
		if part == nil {
			return nil
		}
		n, err := strconv.ParseUint(part[4], 10, 64)
		if err != nil {
			return nil // no name of ours
		}
		e, err := s.readIntent(name, fmt.Sprintf("%s/%s.data", h.slot(n), part[4]))
		if err != nil {
			if !isDamage(err) || fsys.BadMedium(err) {
				return err
			}
			s.Log.Info("a torn intent is dropped", "name", name, "error", err)
			return nil
		}
		a := byID[part[1]]
		if a == nil {
			a = &act{keep: true}
			byID[part[1]] = a
			acts = append(acts, a)
		}
		a.items = append(a.items, e)
		a.whole = strconv.Itoa(len(a.items)) == part[3]
		return nil
	})
	return acts, err
}

// pendingEverywhere reads the intents of all processes, also of those that live.
func (s *Store) pendingEverywhere() ([]*act, error) {
	names, err := s.homes()
	if err != nil {
		return nil, err
	}
	var acts []*act
	for _, dir := range append(names, staging) {
		some, err := s.pendingActs(&home{dir: dir})
		if err != nil {
			return nil, err
		}
		acts = append(acts, some...)
	}
	return acts, nil
}

func (s *Store) readIntent(intent, data string) (*entry, error) {
	text, err := fsys.ReadFile(s.FS, intent, maxSidecar)
	if err != nil {
		return nil, err
	}
	m, err := ParseMeta(text)
	return &entry{meta: m, text: text, data: data, intent: intent, line: -1, mline: -1}, err
}

// unfinished gives the acts whose bytes are all there their names, and returns
// them. They come before the checksum files, which may hold lines of theirs.
func (s *Store) unfinished(homes []*home) ([]*act, error) {
	var acts, live []*act
	for _, h := range homes {
		some, err := s.pendingActs(h)
		if err != nil {
			return nil, err
		}
		acts = append(acts, some...)
	}
	for _, a := range acts {
		for _, e := range a.items { // what a copy between file systems may have left
			if err := s.FS.Remove(fsys.TempName(string(e.meta.Path))); err != nil && exo.KindOf(err) != exo.NotFound {
				return nil, err
			}
		}
		ready, err := s.ready(a)
		if err != nil {
			return nil, err
		}
		if !ready {
			continue
		}
		if err := s.resync(a); err != nil {
			return nil, err
		}
		placed, folders, err := s.place([]*act{a})
		if err == nil {
			err = s.syncFolders(folders)
		}
		if err != nil {
			return nil, err
		}
		if a.err != nil { // the name was taken before; the act had no acknowledgement
			s.Log.Warn("an unfinished publication was dropped", "files", len(a.items), "error", a.err)
		}
		live = append(live, placed...)
	}
	return live, nil
}

// finish completes the acts that have their names.
func (s *Store) finish(ctx context.Context, acts []*act) error {
	for _, a := range acts {
		s.publish(ctx, []*act{a})
		if a.err != nil {
			return a.err
		}
		s.Log.Info("an unfinished publication was finished", "files", len(a.items))
	}
	return s.listLines(ctx)
}

// ready tells whether every file of the act is there whole, staged or placed.
func (s *Store) ready(a *act) (bool, error) {
	if !a.whole {
		return false, nil
	}
	for _, e := range a.items {
		found := false
		for _, name := range []string{e.data, string(e.meta.Path)} {
			size, digest, err := s.hashFile(name)
			switch kind := exo.KindOf(err); {
			case err == nil:
				found = found || size == e.meta.SizeBytes && digest == e.meta.SHA256
			case kind != exo.NotFound && kind != exo.Corrupt:
				return false, err
			}
		}
		if !found {
			return false, nil
		}
	}
	return true, nil
}

// resync does again what a kill may have cut off: until now nothing tells that
// the bytes which can be read are on the disk.
func (s *Store) resync(a *act) error {
	for _, e := range a.items {
		for _, name := range []string{e.intent, e.data, string(e.meta.Path)} {
			f, err := fsys.Open(s.FS, name)
			if exo.KindOf(err) == exo.NotFound && err != nil {
				continue
			}
			if err != nil {
				return err
			}
			if err = f.Chmod(fileMode); err == nil {
				err = f.Sync()
			}
			if cerr := f.Close(); err == nil {
				err = cerr
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func paths(acts []*act) map[exo.Path]bool {
	set := map[exo.Path]bool{}
	for _, a := range acts {
		for _, e := range a.items {
			set[e.meta.Path] = true
		}
	}
	return set
}
