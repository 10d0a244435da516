package backup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// In the folder for state each operation has a folder of its own, with a lock
// beside it that dies with the program: so what a crash left is known, and is
// removed by the next operation, while that of another program beside stays.
const (
	scratchPrefix = "backup-"
	lockSuffix    = ".lock"
	sweepLock     = ".lock" // who has it may remove what was left
)

// place is the folder of one operation, readable by its owner only.
type place struct {
	dir  *fsys.Dir // the folder for state
	full string    // its path
	name string    // of the folder in it
	lock fsys.Unlocker
}

// path is the full path of a file in the folder.
func (p *place) path(name string) string { return filepath.Join(p.full, p.name, name) }

// drop removes the folder, and then its lock.
func (p *place) drop(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(fsys.RemoveAll(ctx, p.dir, p.name), fsys.RemoveAll(ctx, p.dir, p.name+lockSuffix), p.lock.Unlock(), p.dir.Close())
}

// scratch makes a folder for one operation, and removes what crashes left.
func (s *Service) scratch(ctx context.Context) (*place, error) {
	dir, err := fsys.OpenDir(s.o.StateDir, true)
	if err != nil {
		return nil, err
	}
	p := &place{dir: dir, full: s.o.StateDir}
	if err := sweep(ctx, dir); err != nil {
		s.o.Log.Warn("what an interrupted backup left cannot be removed", "error", err)
	}
	for p.lock == nil {
		if err := p.take(); err != nil {
			return nil, errors.Join(err, dir.Close())
		}
	}
	if err := dir.Mkdir(p.name, 0o700); err != nil {
		return nil, errors.Join(err, p.drop(ctx))
	}
	return p, nil
}

// take makes up a name and locks it. Without a lock and an error somebody who
// removes leftovers was quicker, and another name does it.
func (p *place) take() error {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return exo.E("backup.scratch", exo.Internal, nil, err)
	}
	p.name = scratchPrefix + hex.EncodeToString(b[:])
	lock, err := p.dir.Lock(p.name + lockSuffix)
	if errors.Is(err, exo.Conflict) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := p.dir.Lstat(p.name + lockSuffix); gone(err) {
		return lock.Unlock()
	} else if err != nil {
		return errors.Join(err, lock.Unlock())
	}
	p.lock = lock
	return nil
}

// sweep removes what operations left whose program has ended.
func sweep(ctx context.Context, dir *fsys.Dir) error {
	one, err := dir.Lock(sweepLock)
	if errors.Is(err, exo.Conflict) {
		return nil // another does it
	}
	if err != nil {
		return err
	}
	list, err := dir.ReadDir(".")
	for _, e := range list {
		if name, _ := strings.CutSuffix(e.Name(), lockSuffix); strings.HasPrefix(name, scratchPrefix) {
			err = errors.Join(err, sweepOne(ctx, dir, name))
		}
	}
	return errors.Join(err, one.Unlock())
}

func sweepOne(ctx context.Context, dir *fsys.Dir, name string) error {
	lock, err := dir.Lock(name + lockSuffix)
	if errors.Is(err, exo.Conflict) {
		return nil // its program is at work
	}
	if err != nil {
		return err
	}
	return errors.Join(fsys.RemoveAll(ctx, dir, name), fsys.RemoveAll(ctx, dir, name+lockSuffix), lock.Unlock())
}
