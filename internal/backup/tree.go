package backup

import (
	"context"
	"errors"
	"io"
	stdfs "io/fs"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kopia/kopia/fs"

	"exoplanetai/internal/exo"
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

// tree is the data tree of one moment, as Kopia's uploader sees it: it is listed
// once, while nothing is published, and what comes later is not in it. Files
// never change but for lists that grow, and of those the length is in the list.
type tree struct {
	data    int64 // files that look found and that came from an archive
	fs      fsys.FS
	index   fsys.FS // holds the copy of the index database; nil: there is none
	copy    string  // its name there
	noIndex bool    // the index is in Postgres; a database in the tree is of times gone by
	at      time.Time
	list    *listing
	moved   atomic.Bool // a file was not as listed any more
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

// look lists the tree below a folder, without what is left out, and adds up its
// files and bytes. What vanishes while it is listed was on its way out.
func (t *tree) look(ctx context.Context, dir string) (files, bytes int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	names, err := t.fs.ReadDir(dir)
	if err != nil {
		return 0, 0, err
	}
	var found []listed
	var folders []string
	for _, e := range names {
		name := path.Join(dir, e.Name())
		if left(name) || t.noIndex && name == indexName {
			continue
		}
		st, err := t.stat(name)
		if gone(err) {
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		switch {
		case st.IsDir():
			folders = append(folders, name)
			found = append(found, listed{Name: []byte(e.Name()), Mode: st.Mode(), Time: st.ModTime()})
		case st.Mode().IsRegular():
			files, bytes = files+1, bytes+st.Size()
			if holdsData(name) {
				t.data++
			}
			found = append(found, listed{Name: []byte(e.Name()), Size: st.Size(), Mode: st.Mode(), Time: st.ModTime()})
		}
	}
	if t.list != nil {
		if err := t.list.add(dir, found); err != nil {
			return 0, 0, err
		}
	}
	for _, name := range folders {
		n, b, err := t.look(ctx, name)
		if err != nil {
			return 0, 0, err
		}
		files, bytes = files+n, bytes+b
	}
	return files, bytes, nil
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
	found, err := d.t.list.of(d.name)
	if err != nil {
		return nil, err
	}
	out := make([]fs.Entry, len(found))
	for n, e := range found {
		i := info{t: d.t, name: path.Join(d.name, string(e.Name)), size: e.Size, mode: e.Mode, time: e.Time}
		if e.Mode.IsDir() {
			out[n] = &folder{i}
		} else {
			out[n] = &file{i}
		}
	}
	return fs.StaticIterator(out, nil), nil
}

// SupportsMultipleIterations tells that the folder can be listed again.
func (d *folder) SupportsMultipleIterations() bool { return true }

// Open opens the file as it was listed.
func (f *file) Open(context.Context) (fs.Reader, error) {
	from, name := f.t.fs, f.name
	if name == indexName && f.t.index != nil {
		from, name = f.t.index, f.t.copy
	}
	r, err := fsys.Open(from, name)
	if gone(err) {
		f.t.moved.Store(true)
	}
	if err != nil {
		return nil, err
	}
	st, err := r.Stat()
	if err == nil && !f.asListed(st) {
		f.t.moved.Store(true)
		err = exo.Errorf("backup.Create", exo.Conflict, nil, "the file was changed while the backup was made").With("path", f.name)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &reader{SectionReader: io.NewSectionReader(r, 0, f.size), file: r, f: f}, nil
}

// asListed tells whether a file has the bytes that it had when it was listed.
func (f *file) asListed(now stdfs.FileInfo) bool {
	if ok, err := path.Match("checksums/*.sha256", f.name); ok && err == nil {
		return now.Size() >= f.size // lines are only ever added
	}
	return now.Size() == f.size && now.ModTime().Equal(f.time)
}

type reader struct {
	*io.SectionReader
	file fsys.File
	f    *file
}

// Entry tells what is read.
func (r *reader) Entry() (fs.Entry, error) { return r.f, nil }

// Close closes the file.
func (r *reader) Close() error { return r.file.Close() }

var (
	_ fs.Directory = (*folder)(nil)
	_ fs.File      = (*file)(nil)
)

// holdsData tells whether a file is one that came from an archive: where there is
// none, the folder may be the empty place of a disk that is not mounted.
func holdsData(name string) bool {
	return strings.HasPrefix(name, "raw/") || strings.HasPrefix(name, "lightcurves/")
}
