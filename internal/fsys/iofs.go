package fsys

import (
	"io"
	"io/fs"
)

// IOFS is a read-only view of the tree for the standard library's users of
// fs.FS.
func IOFS(f FS) fs.FS { return ioFS{f} }

type ioFS struct{ f FS }

func (v ioFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	file, err := Open(v.f, name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		return &ioDir{File: file, f: v.f, name: name}, nil
	}
	if err != nil {
		_ = file.Close() // only read
		return nil, err
	}
	return file, nil
}

func (v ioFS) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	return v.f.Stat(name)
}

func (v ioFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	return v.f.ReadDir(name)
}

// ioDir is an open folder.
type ioDir struct {
	File
	f    FS
	name string
	list []fs.DirEntry
	read bool
}

func (d *ioDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		list, err := d.f.ReadDir(d.name)
		if err != nil {
			return nil, err
		}
		d.list, d.read = list, true
	}
	if n <= 0 {
		list := d.list
		d.list = nil
		return list, nil
	}
	if len(d.list) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.list))
	list := d.list[:n]
	d.list = d.list[n:]
	return list, nil
}
