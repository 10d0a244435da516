package fsys

import (
	"io/fs"
	"os"
	"path"
	"time"

	"exoplanetai/internal/exo"
)

// Dir is a folder of the real disk. All its methods may be called from many
// goroutines.
type Dir struct{ root *os.Root }

// OpenDir opens the folder, and with create makes it and its parents first.
func OpenDir(dir string, create bool) (*Dir, error) {
	const op = "fsys.OpenDir"
	if create {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, Typed(op, dir, err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Typed(op, dir, err)
	}
	return &Dir{root}, nil
}

// Close lets go of the folder. Open files and locks stay as they are.
func (d *Dir) Close() error { return Typed("fsys.Close", "", d.root.Close()) }

// OpenFile opens a file.
func (d *Dir) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := d.root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, Typed("fsys.OpenFile", name, err)
	}
	return &file{f, name}, nil
}

// Mkdir makes a folder in an existing one.
func (d *Dir) Mkdir(name string, perm fs.FileMode) error {
	return Typed("fsys.Mkdir", name, d.root.Mkdir(name, perm))
}

// Rename gives a file a new name, in place of the one that has it.
func (d *Dir) Rename(from, to string) error { return Typed("fsys.Rename", to, d.root.Rename(from, to)) }

// Link gives a file a second name, which must be free.
func (d *Dir) Link(from, to string) error { return Typed("fsys.Link", to, d.root.Link(from, to)) }

// Remove removes a name.
func (d *Dir) Remove(name string) error { return Typed("fsys.Remove", name, d.root.Remove(name)) }

// Chmod sets the permissions of a file.
func (d *Dir) Chmod(name string, mode fs.FileMode) error {
	return Typed("fsys.Chmod", name, d.root.Chmod(name, mode))
}

// SetTime gives a file the time of its last change.
func (d *Dir) SetTime(name string, at time.Time) error {
	return Typed("fsys.SetTime", name, d.root.Chtimes(name, at, at))
}

// Stat describes a file; of a link, what it points to inside the tree.
func (d *Dir) Stat(name string) (fs.FileInfo, error) {
	info, err := d.root.Stat(name)
	return info, Typed("fsys.Stat", name, err)
}

// Lstat describes a file; of a link, the link.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) {
	info, err := d.root.Lstat(name)
	return info, Typed("fsys.Lstat", name, err)
}

// ReadDir lists a folder, sorted by name.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(d.root.FS(), path.Clean(name))
	return list, Typed("fsys.ReadDir", name, err)
}

// SyncDir makes the names in a folder survive a power loss.
func (d *Dir) SyncDir(name string) error {
	const op = "fsys.SyncDir"
	f, err := d.root.Open(name)
	if err != nil {
		return Typed(op, name, err)
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return Typed(op, name, err)
}

// file gives the errors of an open file their kind.
type file struct {
	f    *os.File
	name string
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.f.Read(p)
	return n, Typed("fsys.Read", f.name, err)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	return n, Typed("fsys.Read", f.name, err)
}

func (f *file) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	return n, Typed("fsys.Write", f.name, err)
}

func (f *file) Seek(offset int64, whence int) (int64, error) {
	n, err := f.f.Seek(offset, whence)
	return n, Typed("fsys.Seek", f.name, err)
}

func (f *file) Stat() (fs.FileInfo, error) {
	info, err := f.f.Stat()
	return info, Typed("fsys.Stat", f.name, err)
}

func (f *file) Sync() error                  { return Typed("fsys.Sync", f.name, f.f.Sync()) }
func (f *file) Truncate(size int64) error    { return Typed("fsys.Truncate", f.name, f.f.Truncate(size)) }
func (f *file) Chmod(mode fs.FileMode) error { return Typed("fsys.Chmod", f.name, f.f.Chmod(mode)) }
func (f *file) Close() error                 { return Typed("fsys.Close", f.name, f.f.Close()) }

// held is the error of a lock that another has.
func held(name string, err error) error {
	return exo.E("fsys.Lock", exo.Conflict, name, err).Say("another program is using the data folder").
		Try("stop the other program, or ask the running server over HTTP")
}
