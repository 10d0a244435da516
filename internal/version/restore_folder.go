package version

import (
	"context"
	"path"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// restored is the folder below DATA_PATH that versions are restored to.
const restored = "restored"

// inFolder writes the files to a folder of their own, below a hidden name first.
func (w *restorer) inFolder(ctx context.Context, files []File) error {
	w.v.restoring.Lock() // two that write to one folder would mix what they bring
	defer w.v.restoring.Unlock()
	done, err := w.v.Store.Turn(ctx, restoreTurn)
	if err != nil {
		return err
	}
	defer done()
	to, top, err := w.v.destination(w.m.Version, w.o, w.r)
	if err != nil {
		return err
	}
	if w.o.DryRun {
		w.r.Restored = pathsOf(files, w.r)
		return nil
	}
	temp := ""
	if w.o.To != nil {
		temp, err = w.claim(to)
	} else { // only we write there
		temp = path.Join(path.Dir(top), making+path.Base(top))
		err = fsys.RemoveAll(ctx, to, temp) // of a try that was killed
	}
	if err != nil {
		return err
	}
	if err = w.write(ctx, files, to, temp); err == nil {
		err = w.finish(to, temp, top)
	}
	if err != nil {
		_ = fsys.RemoveAll(context.WithoutCancel(ctx), to, temp) // the first error is the one to tell
		return err
	}
	w.r.Restored = pathsOf(files, w.r)
	return nil
}

// making + "restore-" begins the name of the folder that a restore to another
// place writes in, before its files get their places there.
const writing = making + "restore-"

// claim makes the hidden folder to write in, in an empty folder that is not ours:
// under a name that nobody has, so that nothing of others is ever taken for it.
// Who finds that somebody else came at the same time goes.
func (w *restorer) claim(to fsys.FS) (string, error) {
	const tries = 100
	at, temp := w.v.now().UnixNano(), ""
	var err error
	for i := range int64(tries) {
		temp = writing + strconv.FormatInt(at+i, 36)
		if err = to.Mkdir(temp, 0o755); err == nil || exo.KindOf(err) != exo.Exists {
			break
		}
	}
	if err != nil {
		return "", err
	}
	if err = empty(to, temp); err != nil {
		_ = to.Remove(temp) // the first error is the one to tell
	}
	return temp, err
}

// empty refuses a folder that holds anything but ours.
func empty(to fsys.FS, ours string) error {
	list, err := to.ReadDir(".")
	if err != nil {
		return err
	}
	for _, e := range list {
		switch {
		case e.Name() == ours:
		case strings.HasPrefix(e.Name(), writing):
			return exo.Errorf("version.Restore", exo.Exists, nil, "another restore is at work in the folder, or was cut short there").
				Try("wait until it has ended; if none is running, remove %s from the folder", e.Name())
		default:
			return exo.Errorf("version.Restore", exo.Exists, nil, "the folder to restore to is not empty").Try("give a new or an empty folder")
		}
	}
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

// destination checks where a folder is restored to.
func (v *Versions) destination(n exo.VersionName, o RestoreOptions, r *RestoreReport) (fsys.FS, string, error) {
	const op = "version.Restore"
	if o.To != nil {
		return o.To, ".", empty(o.To, "")
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
