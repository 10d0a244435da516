package store

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// home is a staging folder. Who has the lock of the tree for life uses the
// staging folder itself. Each process of a shared tree has one of its own below
// it, under a name that never comes again, and a lock in it that lasts as long as
// the process: a folder whose lock is free belongs to nobody any more.
type home struct {
	dir  string
	lock fsys.Unlocker // of our own; nil: the staging folder itself, or that of another
}

// homeName is the form of the name of a process's own folder.
var homeName = regexp.MustCompile(`^p[0-9]{6,18}$`)

const (
	homeLock    = "/own.lock"
	processes   = "processes" // note of the number of the last process
	replaceName = "/replace"  // of ReplaceAll
	listName    = "/list"     // in there; see replacements
	identity    = "/database" // in the staging folder: which database has the index
	treeID      = "tree"      // note of the number that the database shares with that file
	maxIdentity = 100         // bytes
	idText      = "postgres %d\n"
)

func (h home) replacing() string    { return h.dir + replaceName }
func (h home) replacements() string { return h.dir + replaceName + listName }

// leave gives the folder's lock back.
func (h *home) leave() {
	if h.lock != nil {
		_ = h.lock.Unlock() // nothing was written by it
		h.lock = nil
	}
}

// homes lists the folders of processes.
func (s *Store) homes() ([]string, error) {
	list, err := s.FS.ReadDir(staging)
	if err != nil {
		return nil, notThere(err)
	}
	var names []string
	for _, e := range list {
		if e.IsDir() && homeName.MatchString(e.Name()) {
			names = append(names, staging+"/"+e.Name())
		}
	}
	return names, nil
}

// dead lists the folders of processes that are no more. The caller has the lock of
// the tree, so that nobody else looks after them, and none is kept locked: a
// process that dies here must not make them look lived in. For life the lock
// cannot be had while a process of a shared tree lives.
func (s *Store) dead() (list []*home, err error) {
	names, err := s.homes()
	if err != nil {
		return nil, err
	}
	for _, dir := range names {
		if dir == s.home.dir {
			continue
		}
		lock, err := s.FS.Lock(dir + homeLock)
		switch kind := exo.KindOf(err); {
		case err == nil:
			s.unlock(lock)
			list = append(list, &home{dir: dir})
		case kind == exo.Conflict && s.Shared:
		case kind == exo.Conflict:
			return nil, exo.E("store.Open", exo.Conflict, nil, err).Say("other programs share the data folder, with its index in Postgres").
				Try("stop it first, all servers and workers, or set DATABASE_URL as they do")
		default:
			return nil, err
		}
	}
	return list, nil
}

// settleIn makes the folders that this process stages in. The caller has the
// lock.
func (s *Store) settleIn(ctx context.Context) error {
	if s.Shared {
		if err := s.newHome(ctx); err != nil {
			return err
		}
	}
	for n := range uint64(slots) {
		if err := s.FS.Mkdir(s.home.slot(n), 0o755); err != nil && exo.KindOf(err) != exo.Exists {
			return err
		}
		s.synced[s.home.slot(n)] = true
	}
	return s.FS.SyncDir(s.home.dir)
}

// newHome makes a folder under the next free name, and takes its lock.
func (s *Store) newHome(ctx context.Context) error {
	n, err := note(ctx, s.DB, processes)
	if err != nil {
		return err
	}
	for {
		n++
		dir := fmt.Sprintf("%s/p%06d", staging, n)
		if err = s.FS.Mkdir(dir, 0o755); err == nil {
			s.home.dir = dir
			break
		}
		if exo.KindOf(err) != exo.Exists {
			return err
		}
	}
	if s.home.lock, err = s.FS.Lock(s.home.dir + homeLock); err != nil {
		return err
	}
	if err := setNote(ctx, s.DB, processes, n); err != nil {
		return sqldb.Typed("store.Open", nil, err)
	}
	return s.FS.SyncDir(staging)
}

// moveOut removes this process's own folder, unless something in it waits for
// somebody to finish it.
func (s *Store) moveOut() error {
	if s.home.lock == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*lifeWait)
	defer cancel()
	release, err := s.take(ctx)
	if err == nil {
		defer release()
	}
	s.home.leave()
	if err != nil {
		s.Log.Warn("the staging folder of this process is left to the next one", "error", err)
		return nil
	}
	return s.clear(&s.home, false)
}

// clear empties a staging folder, but for files that it is decided to give their
// places to, and removes it where it was that of a process. With intents false,
// acts whose intents are there stay.
func (s *Store) clear(h *home, intents bool) error {
	_, err := s.FS.Lstat(h.replacements())
	if err != nil && exo.KindOf(err) != exo.NotFound {
		return err
	}
	waiting := err == nil
	h.leave() // where a file system keeps removed files that are open under another name, the folder would not be empty
	own := h.dir != staging
	err = s.staged(h, func(name string, _ fs.DirEntry) error {
		switch {
		case waiting && path.Dir(name) == h.replacing(), own && waiting && name == h.dir+homeLock:
			return nil
		case !intents && intentName.MatchString(path.Base(name)):
			waiting = true
			return nil
		case !own && (strings.HasSuffix(name, ".lock") || name == staging+identity):
			return nil
		}
		return notThere(s.FS.Remove(name))
	})
	if err != nil || !own || waiting {
		return err
	}
	folders, err := s.FS.ReadDir(h.dir)
	if err != nil {
		return err
	}
	for _, e := range folders {
		if err := notThere(s.FS.Remove(h.dir + "/" + e.Name())); err != nil {
			return err
		}
	}
	return notThere(s.FS.Remove(h.dir))
}

// staged visits the files of a staging folder, and not those of other processes
// below it.
func (s *Store) staged(h *home, visit func(name string, e fs.DirEntry) error) error {
	list, err := s.FS.ReadDir(h.dir)
	if err != nil {
		return notThere(err)
	}
	for _, e := range list {
		name := h.dir + "/" + e.Name()
		switch {
		case !e.IsDir():
			err = visit(name, e)
		case h.dir == staging && homeName.MatchString(e.Name()):
		default:
			err = fsys.Walk(context.Background(), s.FS, name, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// notThere passes over the absence of what was to be removed.
func notThere(err error) error {
	if err != nil && exo.KindOf(err) == exo.NotFound {
		return nil
	}
	return err
}

// identify makes sure that tree and database belong together. The index in the
// tree does; one in Postgres could be that of another tree, and then it would
// cut off checksum lines that it does not know. So a number that both have tells.
func (s *Store) identify(ctx context.Context) error {
	const op = "store.Open"
	ours, err := s.readIdentity()
	if err != nil {
		return err
	}
	if !s.postgres() {
		if ours == 0 || s.Rebuild {
			return nil
		}
		return exo.Errorf(op, exo.Conflict, nil, "the index of this data folder is in a Postgres database").
			Try("set DATABASE_URL as before; to go on without Postgres for good, run `exoplanetai storage reindex` without it")
	}
	notes, err := s.notes(ctx)
	if err != nil {
		return err
	}
	theirs := notes[treeID]
	filled := slices.ContainsFunc(sumsNames(), func(name string) bool { return notes[name] > 0 })
	switch {
	case ours == theirs && ours != 0, s.ReadOnly && (theirs == 0 || ours == 0):
		return nil
	case ours != 0 && theirs != 0 && filled:
		return exo.Errorf(op, exo.Conflict, nil, "the Postgres database holds the index of another data folder").
			Try("correct DATABASE_URL or the data folder, or give this folder an empty database")
	case ours == 0 && filled && !s.Rebuild:
		return exo.Errorf(op, exo.Conflict, nil, "the Postgres database holds the index of a data folder, and nothing tells that it is this one").
			Try("if DATABASE_URL and the data folder are right, because it was restored from a backup, run `exoplanetai storage reindex`")
	case ours == 0 && theirs == 0:
		ours = s.now().UnixNano()
	case ours == 0:
		ours = theirs
	}
	if err := sqldb.Typed(op, nil, setNote(ctx, s.DB, treeID, ours)); err != nil {
		return err
	}
	return fsys.WriteAtomic(ctx, s.FS, staging+identity, fmt.Appendf(nil, idText, ours), 0o644)
}

// readIdentity reads the number of the database that has the index; 0: none.
func (s *Store) readIdentity() (int64, error) {
	text, err := fsys.ReadFile(s.FS, staging+identity, maxIdentity)
	if err != nil {
		return 0, notThere(err)
	}
	digits, _ := strings.CutPrefix(strings.TrimSpace(string(text)), strings.TrimSpace(strings.TrimSuffix(idText, "%d\n"))+" ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		s.Log.Warn("the note of which database has the index cannot be read", "name", staging+identity)
		return 0, nil //nolint:nilerr // as if there were none: reindex writes it again
	}
	return n, nil
}

// dropIdentity forgets Postgres, after the index was made in the tree.
func (s *Store) dropIdentity() error {
	if s.postgres() {
		return nil
	}
	return notThere(s.FS.Remove(staging + identity))
}
