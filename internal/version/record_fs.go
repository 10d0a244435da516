package version

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-billy/v5"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// seam lets go-git reach the disk through fsys.FS alone, and gives its objects
// what it does not give them itself: a file is synced before it gets its final
// name, and its folder before anything refers to it. Both are done for many
// files at a time, by flush and settle.
type seam struct {
	fs     fsys.FS
	base   string
	serial int
	held   map[string]*written // by name while it is written
	moves  []move              // in their order
	done   map[string]bool     // final names of moves
	dirty  map[string]bool     // folders with new names
	known  map[string]bool     // folders that are there
}

// written is a closed file that is not synced yet.
type written struct{ file fsys.File }

type move struct{ from, to string }

// heldFiles is how many files are open at most.
const heldFiles = 64

func newSeam(f fsys.FS, base string) *seam {
	return &seam{fs: f, base: base, held: map[string]*written{}, done: map[string]bool{}, dirty: map[string]bool{}, known: map[string]bool{}}
}

func (s *seam) at(name string) string { return path.Join(s.base, name) }

// seamError is a form of an error that the standard library's old questions
// (os.IsNotExist) understand.
func seamError(op, name string, err error) error {
	for _, known := range []error{fs.ErrNotExist, fs.ErrExist} {
		if errors.Is(err, known) {
			return &fs.PathError{Op: op, Path: name, Err: known}
		}
	}
	switch exo.KindOf(err) {
	case exo.NotFound:
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case exo.Exists:
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrExist}
	}
	return err
}

// flush brings the bytes of all held files to the disk and gives them their
// names. A failed sync is final.
func (s *seam) flush() error {
	var syncs []func() error
	for _, w := range s.held {
		syncs = append(syncs, func() error {
			err := w.file.Sync()
			if cerr := w.file.Close(); err == nil {
				err = cerr
			}
			return err
		})
	}
	clear(s.held)
	if err := fsys.SyncAll(syncs); err != nil {
		return err
	}
	for _, m := range s.moves {
		if err := s.fs.Rename(m.from, m.to); err != nil {
			return err
		}
		s.dirty[path.Dir(m.to)] = true
	}
	s.moves = nil
	clear(s.done)
	return nil
}

// settle makes all that was written survive a power loss.
func (s *seam) settle() error {
	if err := s.flush(); err != nil {
		return err
	}
	var syncs []func() error
	for dir := range s.dirty {
		syncs = append(syncs, func() error { return s.fs.SyncDir(dir) })
	}
	clear(s.dirty)
	return fsys.SyncAll(syncs)
}

// drop removes what was not given its name, as far as the disk lets us; a start
// removes the rest.
func (s *seam) drop() {
	for name, w := range s.held {
		_ = w.file.Close() // its bytes are not wanted
		_ = s.fs.Remove(name)
	}
	for _, m := range s.moves {
		_ = s.fs.Remove(m.from) // it may be moved, or removed above
	}
}

func (s *seam) Create(name string) (billy.File, error) {
	return s.OpenFile(name, fsys.ReadWrite|fsys.Empty, 0o644)
}

func (s *seam) Open(name string) (billy.File, error) { return s.OpenFile(name, fsys.ReadOnly, 0) }

func (s *seam) OpenFile(name string, flag int, perm fs.FileMode) (billy.File, error) {
	full := s.at(name)
	if s.done[full] {
		if err := s.flush(); err != nil {
			return nil, err
		}
	}
	f, err := s.fs.OpenFile(full, flag, perm)
	if err != nil {
		return nil, seamError("open", name, err)
	}
	return &seamFile{File: f, s: s, name: name, sync: flag&(fsys.WriteOnly|fsys.ReadWrite) != 0}, nil
}

func (s *seam) Stat(name string) (fs.FileInfo, error) {
	if s.done[s.at(name)] {
		if err := s.flush(); err != nil {
			return nil, err
		}
	}
	info, err := s.fs.Stat(s.at(name))
	if err != nil {
		return nil, seamError("stat", name, err)
	}
	return info, nil
}

func (s *seam) Lstat(name string) (fs.FileInfo, error) { return s.Stat(name) }

func (s *seam) Rename(from, to string) error {
	from, to = s.at(from), s.at(to)
	if err := s.mkdir(path.Dir(to)); err != nil {
		return err
	}
	s.moves = append(s.moves, move{from, to})
	s.done[to] = true
	if len(s.held) < heldFiles {
		return nil
	}
	return s.flush()
}

func (s *seam) Remove(name string) error {
	full := s.at(name)
	if slices.ContainsFunc(s.moves, func(m move) bool { return m.from == full }) {
		return nil // it has another name by now
	}
	if w := s.held[full]; w != nil {
		delete(s.held, full)
		_ = w.file.Close() // its bytes are not wanted
	}
	if err := s.fs.Remove(full); err != nil {
		return seamError("remove", name, err)
	}
	s.dirty[path.Dir(full)] = true
	return nil
}

func (s *seam) Join(elem ...string) string { return path.Join(elem...) }

// TempFile makes a file that is read-only for all but this handle.
func (s *seam) TempFile(dir, prefix string) (billy.File, error) {
	if err := s.mkdir(s.at(dir)); err != nil {
		return nil, err
	}
	s.serial++
	name := path.Join(dir, prefix+strconv.Itoa(s.serial))
	f, err := s.fs.OpenFile(s.at(name), fsys.ReadWrite|fsys.Exclusive, 0o444)
	if err != nil {
		return nil, seamError("create", name, err)
	}
	return &seamFile{File: f, s: s, name: name, hold: true}, nil
}

func (s *seam) ReadDir(name string) ([]fs.FileInfo, error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	list, err := s.fs.ReadDir(s.at(name))
	if err != nil {
		return nil, seamError("readdir", name, err)
	}
	infos := make([]fs.FileInfo, 0, len(list))
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			return nil, seamError("readdir", name, err)
		}
		infos = append(infos, info)
	}
	return infos, nil
}

func (s *seam) MkdirAll(name string, _ fs.FileMode) error { return s.mkdir(s.at(name)) }

func (s *seam) mkdir(full string) error {
	if s.known[full] {
		return nil
	}
	if _, err := s.fs.Stat(full); err != nil {
		if err := s.mkdir(path.Dir(full)); err != nil {
			return err
		}
		if err := s.fs.Mkdir(full, 0o755); err != nil && exo.KindOf(err) != exo.Exists {
			return err
		}
		s.dirty[path.Dir(full)] = true
	}
	s.known[full] = true
	return nil
}

func (s *seam) Symlink(string, string) error { return billy.ErrNotSupported }

func (s *seam) Readlink(string) (string, error) { return "", billy.ErrNotSupported }

// Chroot would let go-git read objects of other places; nothing of ours does.
func (s *seam) Chroot(string) (billy.Filesystem, error) { return nil, billy.ErrNotSupported }

func (s *seam) Root() string { return s.base }

// seamFile is an open file.
type seamFile struct {
	fsys.File
	s    *seam
	name string
	hold bool // flush syncs and closes it
	sync bool // Close syncs it
}

func (f *seamFile) Name() string { return f.name }

// Close of a temporary file leaves the end to flush.
func (f *seamFile) Close() error {
	if f.hold {
		f.s.held[f.s.at(f.name)] = &written{f.File}
		return nil
	}
	var err error
	if f.sync {
		err = f.File.Sync()
		f.s.dirty[path.Dir(f.s.at(f.name))] = true
	}
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}

// Lock does nothing: the lock of the data tree keeps other writers away.
func (f *seamFile) Lock() error { return nil }

// Unlock does nothing either.
func (f *seamFile) Unlock() error { return nil }

// sweep removes what a crash left in the record, files that did not get their
// final name, and syncs the folders of all objects, whose
// names an interrupted act may have left in the system's memory only.
func (s *seam) sweep(ctx context.Context) error {
	return fsys.Walk(ctx, s.fs, s.base, func(name string, _ fs.DirEntry) error {
		s.dirty[path.Dir(name)] = true
		last := path.Base(name)
		if strings.HasPrefix(last, "tmp_") || strings.HasPrefix(last, ".") {
			return s.fs.Remove(name)
		}
		return nil
	})
}
