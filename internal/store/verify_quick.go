package store

import (
	"io/fs"
	"path"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// quickRow is what a quick look needs of a row.
type quickRow struct {
	path, target   string
	size, sideSize int64
}

// quickFiles compares existence, type, length and permissions of files and
// sidecars with the index. It lists each folder once and opens no file.
func (v *verifier) quickFiles() error {
	v.listed = map[string]folder{}
	folders := &listing{v: v, byDir: map[string]map[string]fs.DirEntry{}}
	for after := ""; ; {
		list, err := v.quickRows(after)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, r := range list {
			if err := v.quickLook(r, folders); err != nil {
				return err
			}
		}
		after = list[len(list)-1].path
	}
}

func (v *verifier) quickRows(after string) (list []quickRow, err error) {
	const op = "store.Verify"
	const portion = 5000
	rows, err := v.s.DB.QueryContext(v.ctx, `SELECT path, target, size_bytes, length(meta) FROM files WHERE path > ? ORDER BY path LIMIT ?`, after, portion)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	list = make([]quickRow, 0, portion)
	for rows.Next() {
		var r quickRow
		if err := rows.Scan(&r.path, &r.target, &r.size, &r.sideSize); err != nil {
			return nil, exo.E(op, exo.Corrupt, nil, err)
		}
		list = append(list, r)
	}
	return list, sqldb.Typed(op, nil, rows.Err())
}

func (v *verifier) quickLook(r quickRow, folders *listing) error {
	v.progress(r.size)
	side := string(MetadataPath(exo.Path(r.path)))
	v.known = append(v.known, v.mark(r.path), v.mark(side))
	if checkPath(exo.Path(r.path)) != nil {
		v.add(indexDB, IndexDatabase, "a row names a place outside the data tree", nil)
		return nil
	}
	v.Files++
	if err := v.quickFile(r, r.path, r.size, folders); err != nil {
		return err
	}
	return v.quickFile(r, side, r.sideSize, folders)
}

// quickFile looks at one name.
func (v *verifier) quickFile(r quickRow, name string, size int64, folders *listing) error {
	info, err := folders.stat(name)
	gone, bad := Missing, Damaged
	if name != r.path {
		gone, bad = MetadataFile, MetadataFile
	}
	found := func(c Class, detail string, err error) {
		d := newDamage(name, c, detail, err)
		d.Target, _ = exo.ParseTargetID(r.target) // one that cannot be read is for a full look to name
		v.Damaged = append(v.Damaged, d)
	}
	switch {
	case err != nil && exo.KindOf(err) == exo.NotFound:
		found(gone, "the file is gone", nil)
		return nil
	case err != nil && isDamage(err):
		found(bad, "the file cannot be read", err)
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		found(bad, "it is "+what(info.Mode())+", not a plain file", nil)
		return nil
	case info.Size() != size:
		found(bad, "the length is not what it was", nil)
	}
	if info.Mode().Perm() != fileMode {
		found(Mode, wrongMode(info), nil)
	}
	return nil
}

// listing keeps the entries of the folders in use: rows come by path, so that
// few change places.
type listing struct {
	v     *verifier
	byDir map[string]map[string]fs.DirEntry
}

// keptFolders bounds the folders kept.
const keptFolders = 16

func (l *listing) stat(name string) (fs.FileInfo, error) {
	dir := path.Dir(name)
	names, ok := l.byDir[dir]
	if !ok {
		if len(l.byDir) >= keptFolders {
			clear(l.byDir)
		}
		entries, err := l.v.s.FS.ReadDir(dir)
		if err != nil && exo.KindOf(err) != exo.NotFound {
			return nil, err
		}
		names = make(map[string]fs.DirEntry, len(entries))
		for _, e := range entries {
			names[e.Name()] = e
		}
		l.v.remember(dir, entries)
		l.byDir[dir] = names
	}
	e, ok := names[path.Base(name)]
	if !ok {
		return l.v.s.FS.Lstat(name) // not there, or published since
	}
	info, err := e.Info()
	if err != nil {
		return l.v.s.FS.Lstat(name)
	}
	return info, nil
}

// folder is what is kept of a folder that a quick look has listed, so that the
// look for strangers does not list it again: that costs a system call per name.
type folder struct {
	folders []string // below it
	marks   []uint64 // of the names of its files
}

func (v *verifier) remember(dir string, entries []fs.DirEntry) {
	var f folder
	for _, e := range entries {
		if name := path.Join(dir, e.Name()); e.IsDir() {
			f.folders = append(f.folders, name)
		} else {
			f.marks = append(f.marks, v.mark(name))
		}
	}
	v.listed[dir] = f
}

// visit calls stranger for the files below a folder; what a quick look has
// listed and rows know is passed over.
func (v *verifier) visit(dir string) error {
	f, ok := v.listed[dir]
	if !ok || slices.ContainsFunc(f.marks, func(m uint64) bool { return !v.knows(m) }) {
		list, err := v.s.FS.ReadDir(dir)
		if exo.KindOf(err) == exo.NotFound && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		f = folder{}
		for _, e := range list {
			if name := path.Join(dir, e.Name()); e.IsDir() {
				f.folders = append(f.folders, name)
			} else if err := v.stranger(name, e); err != nil {
				return err
			}
		}
	}
	for _, name := range f.folders {
		if err := v.ctx.Err(); err != nil {
			return exo.E("store.Verify", exo.KindOf(err), nil, err)
		}
		if err := v.visit(name); err != nil {
			return err
		}
	}
	return nil
}

// knows tells whether a row has a name; the marks are sorted by then.
func (v *verifier) knows(mark uint64) bool {
	_, known := slices.BinarySearch(v.known, mark)
	return known
}
