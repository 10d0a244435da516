package version

import (
	"context"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// restored is the folder below DATA_PATH that versions are restored to.
const restored = "restored"

// Restore brings back what a version holds. InPlace it mends the data tree: only
// files that are damaged or missing are touched, and they are accepted only with
// the digest that the store recorded. InFolder it writes all files to a folder
// that must not exist yet, or to an empty one elsewhere (To). Where the version's
// own copy is damaged, the data tree and the other versions are asked. All bytes
// are compared before the first is given its place. report gets files, and may
// be nil.
//
// Errors: exo.NotFound; exo.Exists for the folder; exo.Conflict names a file
// that the data tree has with other bytes; exo.Corrupt one of which no good copy
// is left. Then nothing was restored. Where the disk fails while files get their
// places, the report has those that have been mended; to a folder it is all or
// nothing always.
func (v *Versions) Restore(ctx context.Context, n exo.VersionName, o RestoreOptions, report func(done, total int64)) (RestoreReport, error) {
	const op = "version.Restore"
	if o.Target == "" {
		o.Target = InPlace
		if o.To != nil || o.Folder != "" {
			o.Target = InFolder
		}
	}
	r := RestoreReport{Version: n, Target: o.Target, Restored: []exo.Path{}, DryRun: o.DryRun}
	if !o.DryRun && (o.To == nil || o.Target == InPlace) {
		if err := v.writable(op); err != nil {
			return r, err
		}
	}
	m, err := v.Show(ctx, n)
	if err != nil {
		return r, err
	}
	files, err := wanted(m, o.Paths)
	if err != nil {
		return r, err
	}
	w := &restorer{v: v, m: &m, o: o, r: &r, report: report, total: int64(len(files)), from: map[exo.Path]string{}}
	switch o.Target {
	case InPlace:
		err = w.inPlace(ctx, files)
	case InFolder:
		err = w.inFolder(ctx, files)
	default:
		err = exo.Errorf(op, exo.Invalid, nil, "there is no target %.40q", o.Target).Try("use in_place or folder").
			With("parameter", "target").With("allowed", []string{InPlace, InFolder})
	}
	return r, err
}

// restorer is one run of Restore.
type restorer struct {
	v      *Versions
	m      *Manifest
	o      RestoreOptions
	r      *RestoreReport
	report func(done, total int64)
	total  int64
	from   map[exo.Path]string // where good copies are
}

func (w *restorer) progress(done int) {
	if w.report != nil {
		w.report(int64(done), w.total)
	}
}

// wanted selects files by patterns.
func wanted(m Manifest, texts []string) ([]File, error) {
	if len(texts) == 0 {
		return m.Files, nil
	}
	patterns, err := parsePatterns(texts)
	if err != nil {
		return nil, err
	}
	var list []File
	for _, f := range m.Files {
		for _, p := range patterns {
			if p.match(string(f.Path)) {
				list = append(list, f)
				break
			}
		}
	}
	if len(list) == 0 {
		return nil, exo.Errorf("version.Restore", exo.NotFound, m.Version, "version %s has no file that matches %.80q", m.Version, texts[0]).
			Try("see its files: exoplanetai version show %s", m.Version).With("parameter", "paths")
	}
	return list, nil
}

// find notes where a good copy is.
func (w *restorer) find(ctx context.Context, f File) (err error) {
	w.from[f.Path], err = w.v.good(ctx, w.m.Version, f)
	return err
}

// good looks for a good copy of a version's file: in the version, in the data
// tree, in the other versions. It gives a name below the data folder.
//
// Errors: exo.Corrupt if there is none.
func (v *Versions) good(ctx context.Context, n exo.VersionName, f File) (string, error) {
	for _, name := range []string{place(n, f.Path), string(f.Path)} {
		if ok, err := v.holds(ctx, name, f); err != nil || ok {
			return name, err
		}
	}
	holders, err := v.Holders(ctx, map[exo.Path]exo.Digest{f.Path: f.Hash})
	if err != nil {
		return "", err
	}
	for _, other := range holders[f.Path] {
		if ok, err := v.holds(ctx, place(other, f.Path), f); err != nil || ok {
			return place(other, f.Path), err
		}
	}
	return "", exo.Errorf("version.good", exo.Corrupt, f.Path, "no good copy of %s is left in the data folder", f.Path).
		Try("mend it from a backup or its archive: exoplanetai storage repair %s", f.Path)
}

// holds tells whether the plain file of that name has the bytes. A file that is
// missing or damaged is no error; a disk that is out of reach is.
func (v *Versions) holds(ctx context.Context, name string, f File) (bool, error) {
	info, err := v.FS.Lstat(name)
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return false, nil
		}
		return false, err
	}
	if !info.Mode().IsRegular() || info.Size() != f.SizeBytes {
		return false, nil
	}
	sum, _, err := fsys.Digest(ctx, v.FS, name)
	if err != nil && !fsys.BadMedium(err) {
		return false, err
	}
	return err == nil && sum == f.Hash, nil
}

// inPlace mends the data tree.
func (w *restorer) inPlace(ctx context.Context, files []File) error {
	var broken []File
	for i, f := range files {
		ok, err := w.v.holds(ctx, string(f.Path), f)
		if err != nil {
			return err
		}
		if ok {
			w.r.Intact++
		} else if err := w.mendable(ctx, f); err != nil {
			return err
		} else {
			broken = append(broken, f)
		}
		w.progress(i + 1)
	}
	for _, f := range broken {
		if err := w.find(ctx, f); err != nil {
			return err
		}
	}
	if err := w.bringBack(ctx, broken); err != nil {
		return err
	}
	if w.o.DryRun {
		w.r.Restored = pathsOf(broken, w.r)
	}
	return nil
}

// mendable refuses a file that the store has with other bytes, or not at all.
func (w *restorer) mendable(ctx context.Context, f File) error {
	const op = "version.Restore"
	hint := "restore to a folder instead: exoplanetai version restore %s --to FOLDER"
	meta, err := w.v.meta(ctx, f.Path)
	switch {
	case err != nil && exo.KindOf(err) == exo.NotFound:
		return exo.E(op, exo.Conflict, f.Path, err).Say("the data tree no longer has a record of %s; nothing was restored", f.Path).Try(hint, w.m.Version)
	case err != nil:
		return err
	case meta.SHA256 != f.Hash:
		return exo.Errorf(op, exo.Conflict, f.Path, "the data tree has %s with other bytes than version %s; nothing was restored", f.Path, w.m.Version).Try(hint, w.m.Version)
	}
	return nil
}

// bringBack puts good copies in the places of damaged files. Up to 200 are staged
// before the first of them has its place, so that a disk without room for those
// leaves the tree as it was; of more, earlier ones are mended by then.
func (w *restorer) bringBack(ctx context.Context, files []File) error {
	if w.o.DryRun {
		return nil
	}
	const atOnce = 200 // staged files are open
	for some := range slices.Chunk(files, atOnce) {
		if err := w.bringSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (w *restorer) bringSome(ctx context.Context, files []File) (err error) {
	staged := make([]*store.Staged, len(files))
	defer func() {
		for _, st := range staged {
			if st == nil {
				continue
			}
			if derr := st.Discard(); err == nil {
				err = derr
			}
		}
	}()
	records := make([]exo.Path, len(files)) // what a record describes: it is mended from what agrees
	for i, f := range files {
		if of, ok := w.described(ctx, f); ok {
			records[i] = of
			continue
		}
		if staged[i], err = w.stage(ctx, f); err != nil {
			return err
		}
	}
	for i, f := range files {
		if staged[i] == nil {
			_, err = w.v.Store.Mend(ctx, records[i])
		} else {
			err = w.v.Store.Replace(ctx, f.Path, staged[i])
		}
		if err != nil {
			return err
		}
		w.r.Restored, w.r.Bytes = append(w.r.Restored, f.Path), w.r.Bytes+f.SizeBytes
	}
	return nil
}

// described tells whether a file is the metadata record of one that is stored.
func (w *restorer) described(ctx context.Context, f File) (exo.Path, bool) {
	of, record := recordOf(f.Path)
	if !record || store.MetadataPath(of) != f.Path {
		return "", false
	}
	_, err := w.v.Store.Get(ctx, of)
	return of, err == nil
}

// stage copies the good copy of a file to the staging folder.
func (w *restorer) stage(ctx context.Context, f File) (*store.Staged, error) {
	st, err := w.v.Store.Stage(ctx)
	if err != nil {
		return nil, err
	}
	in, err := fsys.Open(w.v.FS, w.from[f.Path])
	if err == nil {
		_, err = io.Copy(st, in)
		if cerr := in.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		_ = st.Discard() // the first error is the one to tell
		return nil, err
	}
	return st, nil
}

// inFolder writes the files to a folder of their own, below a hidden name first.
func (w *restorer) inFolder(ctx context.Context, files []File) error {
	w.v.restoring.Lock() // two that write to one folder would mix what they bring
	defer w.v.restoring.Unlock()
	to, top, err := w.v.destination(w.m.Version, w.o, w.r)
	if err != nil {
		return err
	}
	if w.o.DryRun {
		w.r.Restored = pathsOf(files, w.r)
		return nil
	}
	temp := path.Join(path.Dir(top), making+path.Base(top))
	if w.o.To != nil {
		temp = making + "restore"
	}
	err = fsys.RemoveAll(ctx, to, temp) // of a try that was killed
	if err == nil || exo.KindOf(err) == exo.NotFound {
		err = w.write(ctx, files, to, temp)
	}
	if err == nil {
		err = w.finish(to, temp, top)
	}
	if err != nil {
		_ = fsys.RemoveAll(context.WithoutCancel(ctx), to, temp) // the first error is the one to tell; the next try removes it
		return err
	}
	w.r.Restored = pathsOf(files, w.r)
	return nil
}

// write copies all files and brings their folders to the disk.
func (w *restorer) write(ctx context.Context, files []File, to fsys.FS, temp string) error {
	made := map[string]bool{}
	for i, f := range files {
		if err := w.copyOut(ctx, f, to, path.Join(temp, string(f.Path)), made); err != nil {
			return err
		}
		w.progress(i + 1)
	}
	for dir := range made {
		if err := to.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// finish gives what was written its names.
func (w *restorer) finish(to fsys.FS, temp, top string) error {
	if w.o.To == nil {
		if err := to.Rename(temp, top); err != nil {
			return err
		}
		return to.SyncDir(restored)
	}
	list, err := to.ReadDir(temp)
	if err != nil {
		return err
	}
	for i, e := range list {
		if err := to.Rename(temp+"/"+e.Name(), e.Name()); err != nil {
			for _, e := range list[:i] {
				_ = to.Rename(e.Name(), temp+"/"+e.Name()) // the first error is the one to tell
			}
			return err
		}
	}
	if err := to.Remove(temp); err != nil {
		return err
	}
	return to.SyncDir(".")
}

func pathsOf(files []File, r *RestoreReport) []exo.Path {
	list := make([]exo.Path, len(files))
	for i, f := range files {
		list[i] = f.Path
		r.Bytes += f.SizeBytes
	}
	return list
}

// destination checks where a folder is restored to.
func (v *Versions) destination(n exo.VersionName, o RestoreOptions, r *RestoreReport) (fsys.FS, string, error) {
	const op = "version.Restore"
	if o.To != nil {
		list, err := o.To.ReadDir(".")
		list = slices.DeleteFunc(list, func(e fs.DirEntry) bool { return e.Name() == making+"restore" }) // of a try that was killed
		if err == nil && len(list) > 0 {
			err = exo.Errorf(op, exo.Exists, nil, "the folder to restore to is not empty").Try("give a new or an empty folder")
		}
		return o.To, ".", err
	}
	var err error
	if r.Folder, err = restoreFolder(n, o.Folder); err != nil {
		return nil, "", err
	}
	if _, err := v.FS.Lstat(r.Folder); err == nil {
		return nil, "", exo.Errorf(op, exo.Exists, r.Folder, "the folder %s exists already", r.Folder).Try("give another name, or remove it first").With("parameter", "folder")
	} else if exo.KindOf(err) != exo.NotFound {
		return nil, "", err
	}
	if o.DryRun {
		return v.FS, r.Folder, nil
	}
	return v.FS, r.Folder, fsys.MkdirAll(v.FS, restored, 0o755)
}

// restoreFolder names the folder below the data folder; without a name it has the
// version's.
func restoreFolder(n exo.VersionName, name string) (string, error) {
	if name == "" {
		name = string(n)
	}
	if p, err := exo.ParsePath(name); err != nil || strings.Contains(name, "/") {
		return "", exo.E("version.Restore", exo.Invalid, p, err).Say("%.80q cannot be the name of the folder", name).
			Try("give one name; the folder is made below restored/ in the data folder").With("parameter", "folder")
	}
	return restored + "/" + name, nil
}

// copyOut copies one file and compares its digest.
func (w *restorer) copyOut(ctx context.Context, f File, to fsys.FS, name string, made map[string]bool) error {
	dir := path.Dir(name)
	if !made[dir] {
		if err := fsys.MkdirAll(to, dir, 0o755); err != nil {
			return err
		}
		made[dir] = true
	}
	if own := place(w.m.Version, f.Path); w.v.plain(own, f.SizeBytes) {
		sum, err := fsys.Copy(ctx, w.v.FS, own, to, name, 0o644)
		if err == nil && sum == f.Hash {
			return nil
		}
		if err != nil && !fsys.BadMedium(err) {
			return err
		}
		if err := to.Remove(name); err != nil && exo.KindOf(err) != exo.NotFound {
			return err
		}
	}
	if err := w.find(ctx, f); err != nil {
		return err
	}
	sum, err := fsys.Copy(ctx, w.v.FS, w.from[f.Path], to, name, 0o644)
	if err == nil && sum != f.Hash {
		err = damaged(f.Path, nil)
	}
	return err
}
