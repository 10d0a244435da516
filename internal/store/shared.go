package store

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// On a shared tree the lock is held for one commit at a time. Who has it finds
// the tree as the last holder left it, who may have been killed in the middle:
// so before anything else the index is compared with the ends of the checksum
// files, and what dead processes left is finished or undone.

// Locks of a shared tree beside the tree's own.
const (
	turnName  = staging + "/turn.lock"    // held by who is next, so that nobody takes the lock twice while another waits
	busyName  = staging + "/busy.lock"    // there while the lock is held; tells the holder's own folder
	turnsName = staging + "/%s-turn.lock" // of Turn
)

// sharedMark ends the name of the holder in the lock file of a shared tree.
const sharedMark = " (shared)"

// Pauses between tries to get a lock.
const (
	firstPause  = 200 * time.Microsecond
	longPause   = 5 * time.Millisecond
	defaultWait = 2 * time.Minute
	lifeWait    = time.Second      // after which it is asked whether the holder holds it for life
	commitLimit = 90 * time.Second // for what is done under the lock of a shared tree and can be tried again
)

func (s *Store) postgres() bool { return s.DB.Dialect() == sqldb.Postgres }

// join opens a shared tree.
func (s *Store) join(ctx context.Context) error {
	if err := fsys.MkdirAll(s.FS, staging, 0o755); err != nil {
		return err
	}
	release, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	err = s.start(ctx)
	if err != nil && s.home.lock != nil {
		_ = s.home.lock.Unlock() // the first error is the one to tell
	}
	return err
}

// alone runs f while nothing is committed, by this process or another.
func (s *Store) alone(ctx context.Context, f func() error) error {
	return s.queue.alone(func() error { return s.locked(ctx, f) })
}

// locked runs f with the tree as it should be and the lock of a shared tree; on
// any other it just runs f. The caller leads the queue.
func (s *Store) locked(ctx context.Context, f func() error) error {
	if !s.Shared || s.ReadOnly {
		return f()
	}
	release, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.putRight(ctx); err != nil {
		return err
	}
	return f()
}

// take waits for the lock of a shared tree.
func (s *Store) take(ctx context.Context) (release func(), err error) {
	turn, err := s.wait(ctx, turnName)
	if err != nil {
		return nil, err
	}
	lock, err := s.wait(ctx, lockName)
	s.unlock(turn)
	if err != nil {
		return nil, err
	}
	if err := s.busy(ctx); err != nil {
		s.unlock(lock)
		return nil, err
	}
	return func() {
		if err := s.FS.Remove(busyName); err != nil {
			s.Log.Error("the lock looks as if this process had died with it", "error", err)
		}
		s.unlock(lock)
	}, nil
}

// busy notes that this process has the lock. A note that is there is that of a
// holder that was killed: the system may have freed the lock of the tree before
// that of the holder's folder, so its death is waited for, lest it look alive.
func (s *Store) busy(ctx context.Context) error {
	text, err := fsys.ReadFile(s.FS, busyName, maxIdentity)
	if err != nil && exo.KindOf(err) != exo.NotFound {
		return err
	}
	dir := strings.TrimSpace(string(text))
	if err == nil && homeName.MatchString(dir) && staging+"/"+dir != s.home.dir {
		short, cancel := context.WithTimeout(ctx, 5*lifeWait)
		defer cancel()
		lock, err := s.wait(short, staging+"/"+dir+homeLock)
		switch {
		case err == nil:
			s.unlock(lock)
		case ctx.Err() != nil:
			return err
		case exo.KindOf(err) != exo.NotFound: // it lives, and could not remove its note
			s.Log.Warn("a process left a note that it has the lock", "folder", dir, "error", err)
		}
	}
	f, err := s.FS.OpenFile(busyName, fsys.WriteOnly|fsys.Empty, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(path.Base(s.home.dir)))
	if cerr := f.Close(); err == nil { // no sync: after a power loss nobody is half dead
		err = cerr
	}
	return err
}

func (s *Store) unlock(l fsys.Unlocker) {
	if err := l.Unlock(); err != nil {
		s.Log.Error("a lock could not be given back; it ends with the process", "error", err)
	}
}

// wait tries for a lock until it is free. The system has no way to wait for one
// that the end of ctx could cut short.
func (s *Store) wait(ctx context.Context, name string) (fsys.Unlocker, error) {
	const op = "store.lock"
	limit := s.Wait
	if limit <= 0 {
		limit = defaultWait
	}
	for pause, waited := firstPause, time.Duration(0); ; pause = min(2*pause, longPause) {
		lock, err := s.FS.Lock(name)
		if err == nil || exo.KindOf(err) != exo.Conflict {
			return lock, err
		}
		if waited > lifeWait && name == lockName {
			if _, holder, rerr := s.readLock(); rerr == nil && !strings.HasSuffix(holder, sharedMark) {
				return nil, s.heldBy(err)
			}
		}
		if waited > limit {
			return nil, exo.E(op, exo.Unavailable, nil, err).Say("another program has been working on the data folder for more than %s", limit).
				Try("try again when it has ended: a backup, a reindex or the removal of old files may take minutes")
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			waited += pause
		case <-ctx.Done():
			timer.Stop()
			return nil, exo.E(op, exo.KindOf(ctx.Err()), nil, ctx.Err())
		}
	}
}

// putRight finishes or undoes what others left half done, if they did. The
// caller has the lock.
func (s *Store) putRight(ctx context.Context) error {
	if s.mustReindex.Load() {
		return nil // Reindex does
	}
	dead, err := s.dead()
	if err != nil {
		return err
	}
	even, err := s.even(ctx)
	if err == nil && len(dead) == 0 && even {
		return nil
	}
	if err != nil {
		return err
	}
	return s.recover(ctx, dead)
}

// even tells whether the index accounts for all lines of the checksum files, and
// nothing was cut short that concerns the whole tree.
func (s *Store) even(ctx context.Context) (bool, error) {
	if _, err := s.FS.Lstat(forgetting); err == nil || exo.KindOf(err) != exo.NotFound {
		return false, err
	}
	notes, err := s.notes(ctx)
	if err != nil || notes[rebuilding] != 0 {
		return false, err
	}
	for _, name := range sumsNames() {
		size, err := s.sizeOf(name)
		if err != nil || size != notes[name] {
			return false, err
		}
	}
	return true, nil
}

// Turn keeps other processes that use this shared tree from the work of that
// name until done is called, and waits for one that is at it. Where no other can
// be, it does nothing: the caller has a lock of its own for its goroutines. The
// lock of the tree may be taken meanwhile, but not the other way round.
func (s *Store) Turn(ctx context.Context, name string) (done func(), err error) {
	if !s.Shared || s.ReadOnly {
		return func() {}, nil
	}
	lock, err := s.wait(ctx, strings.Replace(turnsName, "%s", name, 1))
	if err != nil {
		return nil, err
	}
	return func() { s.unlock(lock) }, nil
}

// Generation tells how often something of a shared tree was changed; see Bump.
func (s *Store) Generation(ctx context.Context, name string) (int64, error) {
	if !s.Shared {
		return 0, nil
	}
	return note(ctx, s.DB, "generation "+name)
}

// Bump tells other processes of a shared tree, before it happens, that something
// changes which they may remember. The caller has the Turn.
func (s *Store) Bump(ctx context.Context, name string) (int64, error) {
	if !s.Shared || s.ReadOnly {
		return 0, nil
	}
	n, err := s.Generation(ctx, name)
	if err == nil {
		err = sqldb.Typed("store.Bump", nil, setNote(ctx, s.DB, "generation "+name, n+1))
	}
	return n + 1, err
}

// lookers are the goroutines that compare tree and index now. While there are
// any, a lock in the process's own staging folder tells others of them.
type lookers struct {
	mu   sync.Mutex // guards what follows
	n    int
	mark fsys.Unlocker
}

const lookingName = "/looking.lock"

// look keeps Forget away, of this process and of others, until done is called.
func (s *Store) look(ctx context.Context) (done func(), err error) {
	s.looking.RLock()
	if !s.Shared || s.ReadOnly {
		return s.looking.RUnlock, nil
	}
	l := &s.lookers
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n == 0 {
		release, err := s.take(ctx) // waits for a Forget of another
		if err == nil {
			l.mark, err = s.wait(ctx, s.home.dir+lookingName)
			release()
		}
		if err != nil {
			s.looking.RUnlock()
			return nil, err
		}
	}
	l.n++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.n--; l.n == 0 {
			s.unlock(l.mark)
		}
		s.looking.RUnlock()
	}, nil
}

// others tells whether another process of a shared tree compares tree and index.
// The caller has the lock.
func (s *Store) others() (looking bool, err error) {
	if !s.Shared {
		return false, nil
	}
	names, err := s.homes()
	if err != nil {
		return false, err
	}
	for _, dir := range names {
		if _, err := s.FS.Lstat(dir + lookingName); exo.KindOf(err) == exo.NotFound && err != nil {
			continue
		}
		lock, err := s.FS.Lock(dir + lookingName)
		switch {
		case errors.Is(err, exo.Conflict):
			return true, nil
		case err != nil:
			return false, err
		}
		s.unlock(lock)
	}
	return false, nil
}
