package version

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"sync/atomic"

	"github.com/go-git/go-billy/v5"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// billyFS lets the Git library work on the disk seam. A file that was written is
// synced when it is closed, and a rename is synced at once, so an object is on
// the disk before anything refers to it.
type billyFS struct {
	ctx    context.Context
	fs     fsys.FS
	root   string
	serial atomic.Uint64 // of temporary files
}

var _ billy.Filesystem = (*billyFS)(nil)

func (b *billyFS) name(p string) string { return path.Join(b.root, path.Clean("/"+p)) }

// wrong gives an error in the words that the library asks for.
func wrong(err error) error {
	switch {
	case err == nil:
		return nil
	case exo.KindOf(err) == exo.NotFound:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case exo.KindOf(err) == exo.Exists:
		return fmt.Errorf("%w: %w", fs.ErrExist, err)
	}
	return err
}

func (b *billyFS) Create(p string) (billy.File, error) {
	return b.OpenFile(p, fsys.ReadWrite|fsys.Empty, 0o644)
}

func (b *billyFS) Open(p string) (billy.File, error) { return b.OpenFile(p, fsys.ReadOnly, 0) }

func (b *billyFS) OpenFile(p string, flag int, perm fs.FileMode) (billy.File, error) {
	if err := b.ctx.Err(); err != nil {
		return nil, exo.E("version.record", exo.KindOf(err), nil, err)
	}
	name := b.name(p)
	if flag&fsys.New != 0 {
		if err := fsys.MkdirAll(b.fs, path.Dir(name), 0o755); err != nil {
			return nil, wrong(err)
		}
	}
	f, err := b.fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, wrong(err)
	}
	return &billyFile{File: f, name: p, writes: flag&(fsys.WriteOnly|fsys.ReadWrite) != 0}, nil
}

func (b *billyFS) Stat(p string) (fs.FileInfo, error) {
	info, err := b.fs.Stat(b.name(p))
	return info, wrong(err)
}

func (b *billyFS) Lstat(p string) (fs.FileInfo, error) {
	info, err := b.fs.Lstat(b.name(p))
	return info, wrong(err)
}

func (b *billyFS) Rename(from, to string) error {
	name := b.name(to)
	if err := fsys.MkdirAll(b.fs, path.Dir(name), 0o755); err != nil {
		return wrong(err)
	}
	if err := b.fs.Rename(b.name(from), name); err != nil {
		return wrong(err)
	}
	return wrong(b.fs.SyncDir(path.Dir(name)))
}

func (b *billyFS) Remove(p string) error { return wrong(b.fs.Remove(b.name(p))) }

func (b *billyFS) Join(parts ...string) string { return path.Join(parts...) }

func (b *billyFS) TempFile(dir, prefix string) (billy.File, error) {
	for {
		p := path.Join(dir, fmt.Sprintf("%s%d", prefix, b.serial.Add(1)))
		f, err := b.OpenFile(p, fsys.ReadWrite|fsys.Exclusive, 0o600)
		if err == nil || exo.KindOf(err) != exo.Exists { // left by a crash: the next number
			return f, err
		}
	}
}

func (b *billyFS) ReadDir(p string) ([]fs.FileInfo, error) {
	list, err := b.fs.ReadDir(b.name(p))
	if err != nil {
		return nil, wrong(err)
	}
	infos := make([]fs.FileInfo, 0, len(list))
	for _, e := range list {
		info, err := b.fs.Lstat(b.name(p) + "/" + e.Name())
		if err != nil {
			return nil, wrong(err)
		}
		infos = append(infos, info)
	}
	return infos, nil
}

func (b *billyFS) MkdirAll(p string, perm fs.FileMode) error {
	return wrong(fsys.MkdirAll(b.fs, b.name(p), 0o755))
}

// The record has no links.
func (b *billyFS) Symlink(string, string) error    { return billy.ErrNotSupported }
func (b *billyFS) Readlink(string) (string, error) { return "", billy.ErrNotSupported }
func (b *billyFS) Root() string                    { return "/" }
func (b *billyFS) Chroot(p string) (billy.Filesystem, error) {
	return &billyFS{ctx: b.ctx, fs: b.fs, root: b.name(p)}, nil
}

// billyFile is an open file of the record.
type billyFile struct {
	fsys.File
	name   string
	writes bool
}

func (f *billyFile) Name() string { return f.name }

// Lock does nothing: the caller holds the lock of the data tree.
func (f *billyFile) Lock() error   { return nil }
func (f *billyFile) Unlock() error { return nil }

// Close syncs what was written.
func (f *billyFile) Close() error {
	var err error
	if f.writes {
		err = f.File.Sync()
	}
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}
