package fsys

import (
	"io/fs"
	"strings"

	"exoplanetai/internal/exo"
)

// Folder is an open folder for work on very many of its files: the way to it is
// walked once, not for each. Names have one part.
type Folder interface {
	Lstat(name string) (fs.FileInfo, error)
	LinkTo(name string, to Folder) error // gives a file the same name in another folder too
	Close() error
}

// FolderOpener is a disk with a short way to the files of a folder.
type FolderOpener interface {
	OpenFolder(name string) (Folder, error)
}

// OpenFolder opens a folder. On a disk that has no short way, each call of the
// folder is one of the disk, so that a disk that fails, fails there too.
func OpenFolder(f FS, name string) (Folder, error) {
	if o, ok := f.(FolderOpener); ok {
		return o.OpenFolder(name)
	}
	info, err := f.Lstat(name)
	if err == nil && !info.IsDir() {
		err = exo.Errorf("fsys.OpenFolder", exo.Conflict, name, "%s is not a folder", name)
	}
	if err != nil {
		return nil, err
	}
	return longWay{f, name}, nil
}

// longWay makes a folder of any disk.
type longWay struct {
	f   FS
	dir string
}

func (l longWay) Close() error { return nil }

func (l longWay) Lstat(name string) (fs.FileInfo, error) {
	if err := onePart(l.dir, name); err != nil {
		return nil, err
	}
	return l.f.Lstat(l.dir + "/" + name)
}

func (l longWay) LinkTo(name string, to Folder) error {
	if err := onePart(l.dir, name); err != nil {
		return err
	}
	other, ok := to.(longWay)
	if !ok {
		return strangers(name)
	}
	return l.f.Link(l.dir+"/"+name, other.dir+"/"+name)
}

// onePart refuses names that lead elsewhere.
func onePart(dir, name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return exo.Errorf("fsys.Folder", exo.Invalid, dir, "%q is not the name of a file in %s", name, dir)
	}
	return nil
}

func strangers(name string) error {
	return exo.Errorf("fsys.LinkTo", exo.Internal, name, "the folders belong to different disks")
}
