package fsystest

import (
	"io/fs"
	"sync"
	"syscall"

	"exoplanetai/internal/fsys"
)

// Failure is a way to fail.
type Failure struct {
	Name  string
	Err   error  // the system's error
	Short bool   // writes only: half of the bytes are written before the error
	Only  string // "" any call; else the calls of that name: "Write", "Sync", "Close", "Link", …
}

// Failures are those that a disk is known for.
var Failures = []Failure{
	{Name: "ENOSPC", Err: syscall.ENOSPC},
	{Name: "EIO", Err: syscall.EIO},
	{Name: "EDQUOT", Err: syscall.EDQUOT},
	{Name: "EROFS", Err: syscall.EROFS},
	{Name: "EMFILE", Err: syscall.EMFILE},
	{Name: "EINTR", Err: syscall.EINTR},
	{Name: "short write", Err: syscall.ENOSPC, Short: true, Only: "Write"},
	{Name: "failing fsync", Err: syscall.EIO, Only: "Sync"},
	{Name: "failing close", Err: syscall.EIO, Only: "Close"},
}

// Fault is a disk whose n-th call fails. All others go through.
type Fault struct {
	fsys.FS
	mu      sync.Mutex // guards what follows
	failure Failure
	left    int // calls until the failure; 0: none to come
	forever bool
	fired   bool
	calls   int
	where   string
}

// NewFault stands in front of a disk. Nothing fails before Arm.
func NewFault(inner fsys.FS) *Fault { return &Fault{FS: inner} }

// Arm makes the n-th call from now fail, and with forever all after it of the
// same sort.
func (f *Fault) Arm(failure Failure, n int, forever bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure, f.left, f.forever, f.fired, f.calls, f.where = failure, n, forever, false, 0, ""
}

// Disarm lets all calls through and tells whether one failed, and which.
func (f *Fault) Disarm() (fired bool, where string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.forever = 0, false
	return f.fired, f.where
}

// next decides whether this call fails.
func (f *Fault) next(call, name string) (Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure.Only != "" && f.failure.Only != call || f.left == 0 && !(f.forever && f.fired) {
		return Failure{}, false
	}
	if f.left > 0 {
		f.left--
	}
	if f.left > 0 {
		return Failure{}, false
	}
	if !f.fired {
		f.where = call + " " + name
	}
	f.fired = true
	return f.failure, true
}

func (f *Fault) fail(call, name string) error {
	if x, yes := f.next(call, name); yes {
		return typed(call, name, x.Err)
	}
	return nil
}

func typed(call, name string, err error) error {
	return fsys.Typed("fsystest."+call, name, &fs.PathError{Op: call, Path: name, Err: err})
}

// OpenFile opens a file whose calls may fail too.
func (f *Fault) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	if err := f.fail("OpenFile", name); err != nil {
		return nil, err
	}
	file, err := f.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{file, f, name}, nil
}

func (f *Fault) Mkdir(name string, perm fs.FileMode) error {
	if err := f.fail("Mkdir", name); err != nil {
		return err
	}
	return f.FS.Mkdir(name, perm)
}

func (f *Fault) Rename(from, to string) error {
	if err := f.fail("Rename", to); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

func (f *Fault) Link(from, to string) error {
	if err := f.fail("Link", to); err != nil {
		return err
	}
	return f.FS.Link(from, to)
}

func (f *Fault) Remove(name string) error {
	if err := f.fail("Remove", name); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

func (f *Fault) Chmod(name string, mode fs.FileMode) error {
	if err := f.fail("Chmod", name); err != nil {
		return err
	}
	return f.FS.Chmod(name, mode)
}

func (f *Fault) Stat(name string) (fs.FileInfo, error) {
	if err := f.fail("Stat", name); err != nil {
		return nil, err
	}
	return f.FS.Stat(name)
}

func (f *Fault) Lstat(name string) (fs.FileInfo, error) {
	if err := f.fail("Lstat", name); err != nil {
		return nil, err
	}
	return f.FS.Lstat(name)
}

func (f *Fault) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.fail("ReadDir", name); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(name)
}

func (f *Fault) SyncDir(name string) error {
	if err := f.fail("Sync", name); err != nil {
		return err
	}
	return f.FS.SyncDir(name)
}

func (f *Fault) Lock(name string) (fsys.Unlocker, error) {
	if err := f.fail("Lock", name); err != nil {
		return nil, err
	}
	return f.FS.Lock(name)
}

func (f *Fault) Map(name string) ([]byte, func() error, error) {
	if err := f.fail("Map", name); err != nil {
		return nil, nil, err
	}
	return f.FS.Map(name)
}

type faultFile struct {
	fsys.File
	f    *Fault
	name string
}

func (f *faultFile) Read(p []byte) (int, error) {
	if err := f.f.fail("Read", f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *faultFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.f.fail("Read", f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *faultFile) Write(p []byte) (int, error) {
	x, yes := f.f.next("Write", f.name)
	if !yes {
		return f.File.Write(p)
	}
	n := 0
	if x.Short {
		n, _ = f.File.Write(p[:len(p)/2])
	}
	return n, typed("Write", f.name, x.Err)
}

func (f *faultFile) Sync() error {
	if err := f.f.fail("Sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *faultFile) Truncate(size int64) error {
	if err := f.f.fail("Truncate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *faultFile) Chmod(mode fs.FileMode) error {
	if err := f.f.fail("Chmod", f.name); err != nil {
		return err
	}
	return f.File.Chmod(mode)
}

func (f *faultFile) Stat() (fs.FileInfo, error) {
	if err := f.f.fail("Stat", f.name); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

// Close closes the file in any case, as the system does.
func (f *faultFile) Close() error {
	err := f.f.fail("Close", f.name)
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}
