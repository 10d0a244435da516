package backup

import (
	"context"
	"io"
	stdfs "io/fs"
	"path"
	"strings"
	"time"

	"github.com/kopia/kopia/fs"

	"exoplanetai/internal/fsys"
)

// indexName is where the index database stands in the tree; its log and shared
// memory beside it are never copied.
const indexName = "metadata/exoplanetai.db"

// left tells whether a name is left out of backups: what can be made again, and
// what is not finished.
func left(name string) bool {
	top, rest, _ := strings.Cut(name, "/")
	switch {
	case strings.HasPrefix(top, "."), top == "cache", top == "restored": // .staging and locks
		return true
	case name == indexName+"-wal", name == indexName+"-shm":
		return true
	case top == "versions" && strings.HasPrefix(rest, ".new-"): // a version that is being made
		return true
	}
	return strings.HasSuffix(name, ".part")
}

// tree is the data tree as Kopia's uploader sees it.
type tree struct {
	fs    fsys.FS
	index fsys.FS // holds the copy of the index database; nil: there is none
	copy  string  // its name there
	at    time.Time
}

// info describes an entry. Owners are left out: they are those of a machine.
type info struct {
	t    *tree
	name string // in the data tree; "." is the root
	size int64
	mode stdfs.FileMode
	time time.Time
}

func (e *info) Name() string                { return path.Base(e.name) }
func (e *info) Size() int64                 { return e.size }
func (e *info) Mode() stdfs.FileMode        { return e.mode }
func (e *info) ModTime() time.Time          { return e.time }
func (e *info) IsDir() bool                 { return e.mode.IsDir() }
func (e *info) Sys() any                    { return nil }
func (e *info) Owner() fs.OwnerInfo         { return fs.OwnerInfo{} }
func (e *info) Device() fs.DeviceInfo       { return fs.DeviceInfo{} }
func (e *info) LocalFilesystemPath() string { return "" }
func (e *info) Close()                      {}

type folder struct{ info }

type file struct{ info }

// root is the whole tree. Its own time is that of the backup.
func (t *tree) root() *folder {
	return &folder{info{t: t, name: ".", mode: stdfs.ModeDir | 0o755, time: t.at}}
}

// entries lists a folder: plain files and folders, without what is left out.
// What vanishes while it is listed was on its way out and is left out too.
func (t *tree) entries(dir string) ([]fs.Entry, error) {
	list, err := t.fs.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []fs.Entry
	for _, e := range list {
		name := path.Join(dir, e.Name())
		if left(name) {
			continue
		}
		st, err := t.stat(name)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		i := info{t: t, name: name, size: st.Size(), mode: st.Mode(), time: st.ModTime()}
		switch {
		case st.IsDir():
			i.size = 0
			out = append(out, &folder{i})
		case st.Mode().IsRegular():
			out = append(out, &file{i})
		}
	}
	return out, nil
}

func (t *tree) stat(name string) (stdfs.FileInfo, error) {
	if name == indexName && t.index != nil {
		return t.index.Lstat(t.copy)
	}
	return t.fs.Lstat(name)
}

// Child finds an entry by name.
func (d *folder) Child(ctx context.Context, name string) (fs.Entry, error) {
	return fs.IterateEntriesAndFindChild(ctx, d, name)
}

// Iterate lists the folder.
func (d *folder) Iterate(ctx context.Context) (fs.DirectoryIterator, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list, err := d.t.entries(d.name)
	if err != nil {
		return nil, err
	}
	return fs.StaticIterator(list, nil), nil
}

// SupportsMultipleIterations tells that the folder can be listed again.
func (d *folder) SupportsMultipleIterations() bool { return true }

// Open opens the file.
func (f *file) Open(context.Context) (fs.Reader, error) {
	from, name := f.t.fs, f.name
	if name == indexName && f.t.index != nil {
		from, name = f.t.index, f.t.copy
	}
	r, err := fsys.Open(from, name)
	if err != nil {
		return nil, err
	}
	return &reader{ReadSeekCloser: r, f: f}, nil
}

type reader struct {
	io.ReadSeekCloser
	f *file
}

// Entry tells what is read.
func (r *reader) Entry() (fs.Entry, error) { return r.f, nil }

// count adds up the files and bytes of the tree.
func (t *tree) count(ctx context.Context, dir string) (files, bytes int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	list, err := t.entries(dir)
	if err != nil {
		return 0, 0, err
	}
	for _, e := range list {
		if d, ok := e.(*folder); ok {
			n, b, err := t.count(ctx, d.name)
			if err != nil {
				return 0, 0, err
			}
			files, bytes = files+n, bytes+b
			continue
		}
		files, bytes = files+1, bytes+e.Size()
	}
	return files, bytes, nil
}

var (
	_ fs.Directory = (*folder)(nil)
	_ fs.File      = (*file)(nil)
)
