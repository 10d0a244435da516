package fsystest

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"exoplanetai/internal/fsys"
)

// Call is a recorded call that changes the disk or makes a change last.
type Call struct {
	Name string // "create", "write", "truncate", "chmod", "sync", "mkdir", "link", "rename", "remove", "syncdir"
	File string // name it was made on; of link and rename, the new name
	From string // of rename
	node int    // file it concerns
	off  int64  // of write; of truncate the new size
	data []byte
	mode fs.FileMode
}

// Crash is a disk that records what is done to it and can lay out, in another
// folder, what a power cut after any of the calls may leave. It knows only what
// POSIX promises: the bytes of a file last after its sync, a name after the sync
// of its folder, a rename is done wholly or not at all.
type Crash struct {
	fsys.FS
	mu    sync.Mutex // guards what follows
	base  state
	live  map[string]int // current names of files
	nodes int
	calls []Call
}

// NewCrash records what is done to a disk whose content, the folder dir, is
// taken as lasting.
func NewCrash(inner fsys.FS, dir string) (*Crash, error) {
	base, err := load(dir)
	if err != nil {
		return nil, err
	}
	c := &Crash{FS: inner, base: base, live: map[string]int{}, nodes: len(base.nodes)}
	for name, n := range base.names {
		c.live[name] = n
	}
	return c, nil
}

// Calls returns what was recorded.
func (c *Crash) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// record notes a call that has succeeded.
func (c *Crash) record(call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call)
}

func (c *Crash) nodeOf(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.live[name]
	if !ok {
		return -1
	}
	return n
}

// OpenFile opens a file whose writes are recorded.
func (c *Crash) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	file, err := c.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	name = path.Clean(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	n, known := c.live[name]
	if !known {
		n = c.nodes
		c.nodes++
		c.live[name] = n
		c.calls = append(c.calls, Call{Name: "create", File: name, node: n, mode: perm})
	} else if flag&os.O_TRUNC != 0 {
		c.calls = append(c.calls, Call{Name: "truncate", File: name, node: n})
	}
	return &crashFile{File: file, c: c, node: n, name: name, appends: flag&os.O_APPEND != 0}, nil
}

func (c *Crash) Mkdir(name string, perm fs.FileMode) error {
	err := c.FS.Mkdir(name, perm)
	if err == nil {
		c.record(Call{Name: "mkdir", File: path.Clean(name), mode: perm})
	}
	return err
}

func (c *Crash) Rename(from, to string) error {
	if err := c.FS.Rename(from, to); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, file := c.live[from]
	if file {
		delete(c.live, from)
		c.live[to] = n
	} else { // a folder, with all below it
		n = -1
		move(c.live, from, to)
	}
	c.calls = append(c.calls, Call{Name: "rename", File: to, From: from, node: n})
	return nil
}

// move gives a folder's new name to all that has a name below it.
func move[V any](names map[string]V, from, to string) {
	for name, v := range maps.Clone(names) {
		if rest, ok := strings.CutPrefix(name+"/", from+"/"); ok {
			delete(names, name)
			names[path.Join(to, rest)] = v
		}
	}
}

func (c *Crash) Link(from, to string) error {
	if err := c.FS.Link(from, to); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[to] = c.live[from]
	c.calls = append(c.calls, Call{Name: "link", File: to, node: c.live[from]})
	return nil
}

func (c *Crash) Remove(name string) error {
	if err := c.FS.Remove(name); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, file := c.live[name]
	if !file {
		n = -1
	}
	delete(c.live, name)
	c.calls = append(c.calls, Call{Name: "remove", File: name, node: n})
	return nil
}

func (c *Crash) Chmod(name string, mode fs.FileMode) error {
	err := c.FS.Chmod(name, mode)
	if err == nil {
		c.record(Call{Name: "chmod", File: name, node: c.nodeOf(name), mode: mode})
	}
	return err
}

func (c *Crash) SyncDir(name string) error {
	err := c.FS.SyncDir(name)
	if err == nil {
		c.record(Call{Name: "syncdir", File: path.Clean(name)})
	}
	return err
}

// Lock takes the lock; its file is recorded as made.
func (c *Crash) Lock(name string) (fsys.Unlocker, error) {
	l, err := c.FS.Lock(name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.live[name]; !known {
		c.live[name] = c.nodes
		c.calls = append(c.calls, Call{Name: "create", File: name, node: c.nodes, mode: 0o644})
		c.nodes++
	}
	return l, nil
}

type crashFile struct {
	fsys.File
	c       *Crash
	node    int
	name    string
	appends bool
}

func (f *crashFile) Write(p []byte) (int, error) {
	whence := io.SeekCurrent
	if f.appends {
		whence = io.SeekEnd
	}
	off, err := f.File.Seek(0, whence)
	if err != nil {
		return 0, err
	}
	n, err := f.File.Write(p)
	f.c.record(Call{Name: "write", File: f.name, node: f.node, off: off, data: append([]byte(nil), p[:n]...)})
	return n, err
}

func (f *crashFile) Sync() error {
	err := f.File.Sync()
	if err == nil {
		f.c.record(Call{Name: "sync", File: f.name, node: f.node})
	}
	return err
}

func (f *crashFile) Truncate(size int64) error {
	err := f.File.Truncate(size)
	if err == nil {
		f.c.record(Call{Name: "truncate", File: f.name, node: f.node, off: size})
	}
	return err
}

func (f *crashFile) Chmod(mode fs.FileMode) error {
	err := f.File.Chmod(mode)
	if err == nil {
		f.c.record(Call{Name: "chmod", File: f.name, node: f.node, mode: mode})
	}
	return err
}

// load reads a folder.
func load(dir string) (state, error) {
	s := state{names: map[string]int{}, dirs: map[string]bool{".": true}}
	err := filepath.WalkDir(dir, func(full string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, full)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if e.IsDir() {
			s.dirs[name] = true
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(full)
		s.names[name] = len(s.nodes)
		s.nodes = append(s.nodes, node{data, info.Mode().Perm()})
		return err
	})
	return s, err
}
