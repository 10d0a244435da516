package fsystest

import (
	"fmt"
	"io/fs"

	"exoplanetai/internal/fsys"
)

// ReadOnly is a disk that panics on any call that writes, locks or syncs.
type ReadOnly struct{ fsys.FS }

func wrote(call, name string) string {
	return fmt.Sprintf("fsystest: a read-only command called %s(%s)", call, name)
}

// OpenFile opens a file to read.
func (r ReadOnly) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	if flag != fsys.ReadOnly {
		panic(wrote("OpenFile", name))
	}
	file, err := r.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return readFile{file, name}, nil
}

func (r ReadOnly) Mkdir(name string, _ fs.FileMode) error  { panic(wrote("Mkdir", name)) }
func (r ReadOnly) Rename(_, to string) error               { panic(wrote("Rename", to)) }
func (r ReadOnly) Link(_, to string) error                 { panic(wrote("Link", to)) }
func (r ReadOnly) Remove(name string) error                { panic(wrote("Remove", name)) }
func (r ReadOnly) Chmod(name string, _ fs.FileMode) error  { panic(wrote("Chmod", name)) }
func (r ReadOnly) SyncDir(name string) error               { panic(wrote("SyncDir", name)) }
func (r ReadOnly) Lock(name string) (fsys.Unlocker, error) { panic(wrote("Lock", name)) }

type readFile struct {
	fsys.File
	name string
}

func (f readFile) Write([]byte) (int, error) { panic(wrote("Write", f.name)) }
func (f readFile) Sync() error               { panic(wrote("Sync", f.name)) }
func (f readFile) Truncate(int64) error      { panic(wrote("Truncate", f.name)) }
func (f readFile) Chmod(fs.FileMode) error   { panic(wrote("Chmod", f.name)) }
