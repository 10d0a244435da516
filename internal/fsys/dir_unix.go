//go:build unix

package fsys

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"exoplanetai/internal/exo"
)

// Lock takes the lock of the file, made if there is none; exo.Conflict at once
// when another holds it. The lock belongs to the open file (flock), so the
// system frees it when the process ends, however it ends; the file stays.
func (d *Dir) Lock(name string) (Unlocker, error) {
	const op = "fsys.Lock"
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, Typed(op, name, err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	if err == nil {
		return &lock{f, name}, nil
	}
	_ = f.Close() // nothing was written; the lock's error is the one to tell
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, held(name, err)
	}
	return nil, Typed(op, name, err)
}

type lock struct {
	f    *os.File
	name string
}

// Unlock frees the lock by closing its file.
func (l *lock) Unlock() error { return Typed("fsys.Unlock", l.name, l.f.Close()) }

// Map maps a file into memory to read. The bytes must not be used after unmap,
// and not written to. If somebody shortens the file meanwhile, or the disk
// fails, reading them kills the program: map only what is ours and young.
// An empty file gives no bytes.
func (d *Dir) Map(name string) ([]byte, func() error, error) {
	const op = "fsys.Map"
	f, err := d.root.Open(name)
	if err != nil {
		return nil, nil, Typed(op, name, err)
	}
	data, err := mmap(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, nil, Typed(op, name, err)
	}
	return data, func() error {
		if data == nil {
			return nil
		}
		b := data
		data = nil
		return Typed("fsys.Unmap", name, unix.Munmap(b))
	}, nil
}

func mmap(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	switch {
	case !info.Mode().IsRegular():
		return nil, exo.Errorf("fsys.Map", exo.Invalid, info.Name(), "%s is not a file", info.Name())
	case size == 0:
		return nil, nil
	case size != int64(int(size)):
		return nil, syscall.EFBIG
	}
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
}

// Usage tells how many bytes we use and may use of the disk, and how many we
// may still fill.
func (d *Dir) Usage() (total, free int64, err error) {
	const op = "fsys.Usage"
	f, err := d.root.Open(".")
	if err != nil {
		return 0, 0, Typed(op, ".", err)
	}
	var st unix.Statfs_t
	err = unix.Fstatfs(int(f.Fd()), &st)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, 0, Typed(op, ".", err)
	}
	// What is kept back for others (root's reserve, quotas) is neither used nor
	// free for us, so that the used share is the one that df shows.
	used := int64(st.Blocks) - int64(st.Bfree)
	return (used + int64(st.Bavail)) * int64(st.Bsize), int64(st.Bavail) * int64(st.Bsize), nil
}

// OpenFolder opens a folder for work on very many of its files. A link costs a
// third of what Link takes, which opens each folder on the way anew.
func (d *Dir) OpenFolder(name string) (Folder, error) {
	const op = "fsys.OpenFolder"
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, Typed(op, name, err)
	}
	f, err := root.Open(".")
	if err != nil {
		_ = root.Close() // nothing was done with it
		return nil, Typed(op, name, err)
	}
	return &openFolder{root, f, name}, nil
}

type openFolder struct {
	root *os.Root
	f    *os.File // the same folder, for the calls that os.Root does not have
	name string
}

func (o *openFolder) Lstat(name string) (fs.FileInfo, error) {
	if err := onePart(o.name, name); err != nil {
		return nil, err
	}
	info, err := o.root.Lstat(name)
	return info, Typed("fsys.Lstat", o.name+"/"+name, err)
}

// LinkTo links with linkat(2), which does not follow a symbolic link.
func (o *openFolder) LinkTo(name string, to Folder) error {
	if err := onePart(o.name, name); err != nil {
		return err
	}
	other, ok := to.(*openFolder)
	if !ok {
		return strangers(name)
	}
	for {
		err := unix.Linkat(int(o.f.Fd()), name, int(other.f.Fd()), name, 0)
		if err != syscall.EINTR {
			return Typed("fsys.Link", other.name+"/"+name, err)
		}
	}
}

func (o *openFolder) Close() error {
	err := o.f.Close()
	if rerr := o.root.Close(); err == nil {
		err = rerr
	}
	return Typed("fsys.Close", o.name, err)
}
