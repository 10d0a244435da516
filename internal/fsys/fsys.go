package fsys

import (
	"io"
	"io/fs"
	"os"
)

// Flags of OpenFile.
const (
	ReadOnly  = os.O_RDONLY
	WriteOnly = os.O_WRONLY
	ReadWrite = os.O_RDWR
	Append    = os.O_APPEND
	New       = os.O_CREATE              // make the file if there is none
	Exclusive = os.O_CREATE | os.O_EXCL  // make the file; exo.Exists if there is one
	Empty     = os.O_CREATE | os.O_TRUNC // make the file or empty it
)

// File is an open file.
//
// Write that cannot write all of p returns how much it wrote and an error.
// After a failed Sync or Close the content is unknown.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Writer
	io.Closer
	Stat() (fs.FileInfo, error)
	Sync() error
	Truncate(size int64) error
	Chmod(mode fs.FileMode) error
}

// FS is a folder tree on a disk, and the only way there.
//
// No call is retried inside. Rename replaces an existing file at once; Link
// refuses with exo.Exists. Remove takes a file or an empty folder. Lock and Map
// are described at Dir.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Mkdir(name string, perm fs.FileMode) error
	Rename(from, to string) error
	Link(from, to string) error
	Remove(name string) error
	Chmod(name string, mode fs.FileMode) error
	Stat(name string) (fs.FileInfo, error)  // follows links inside the tree
	Lstat(name string) (fs.FileInfo, error) // does not
	ReadDir(name string) ([]fs.DirEntry, error)
	SyncDir(name string) error
	Lock(name string) (Unlocker, error)
	Map(name string) (data []byte, unmap func() error, err error)
	Usage() (total, free int64, err error)
}

// Unlocker gives a lock back.
type Unlocker interface{ Unlock() error }

// Open opens a file to read.
func Open(f FS, name string) (File, error) { return f.OpenFile(name, ReadOnly, 0) }

// Create makes a new file to read and write; exo.Exists if the name is taken.
func Create(f FS, name string, perm fs.FileMode) (File, error) {
	return f.OpenFile(name, ReadWrite|Exclusive, perm)
}

// ReadFile reads a file of at most limit bytes; exo.TooLarge above.
func ReadFile(f FS, name string, limit int64) (data []byte, err error) {
	const op = "fsys.ReadFile"
	file, err := Open(f, name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, tooLarge(op, name, limit)
	}
	data = make([]byte, 0, info.Size()+1) // one more, so that the end is seen without growing
	for {
		n, rerr := file.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, tooLarge(op, name, limit)
		}
		if rerr == io.EOF {
			return data, nil
		}
		if rerr != nil {
			return nil, rerr
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}
