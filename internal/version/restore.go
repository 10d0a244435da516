package version

import (
	"context"
	"io"
	"path"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// restored is the folder below DATA_PATH that versions are restored to.
const restored = "restored"

// Restore brings back what a version holds. InPlace it mends the data tree: only
// files that are damaged or missing are touched, and they are accepted only with
// the digest that the store recorded; a file that the tree holds rightly under
// other bytes is left as it is. InFolder it writes all files to a folder that
// must not exist yet, or to an empty one elsewhere (To). All bytes are compared
// before the first is given its place.
//
// Errors: exo.NotFound; exo.Exists for the folder; exo.Corrupt names a file of
// which the version has no good copy; then nothing was restored.
func (v *Versions) Restore(ctx context.Context, n exo.VersionName, o RestoreOptions) (RestoreReport, error) {
	const op = "version.Restore"
	if o.Target == "" {
		o.Target = InPlace
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
	switch o.Target {
	case InPlace:
		return r, v.restoreInPlace(ctx, n, files, o, &r)
	case InFolder:
		return r, v.restoreFolder(ctx, n, files, o, &r)
	}
	return r, exo.Errorf(op, exo.Invalid, nil, "there is no target %.40q", o.Target).Try("use in_place or folder").
		With("parameter", "target").With("allowed", []string{InPlace, InFolder})
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
			Try("see its files: exoplanetai version show %s --files", m.Version).With("parameter", "paths")
	}
	return list, nil
}

// sound refuses unless the version's own copy is good.
func (v *Versions) sound(ctx context.Context, n exo.VersionName, f File) error {
	sum, _, err := fsys.Digest(ctx, v.FS, place(n, f.Path))
	if err == nil && sum == f.Hash {
		return nil
	}
	if err != nil && exo.KindOf(err) != exo.NotFound && !fsys.BadMedium(err) {
		return err
	}
	return exo.E("version.Restore", exo.Corrupt, f.Path, err).Say("version %s has no good copy of %s; nothing was restored", n, f.Path).
		Try("mend it from a backup or its archive: exoplanetai storage repair %s", f.Path)
}

// restoreInPlace mends the data tree.
func (v *Versions) restoreInPlace(ctx context.Context, n exo.VersionName, files []File, o RestoreOptions, r *RestoreReport) error {
	var broken []File
	for i, f := range files {
		sum, _, err := fsys.Digest(ctx, v.FS, string(f.Path))
		if err != nil && exo.KindOf(err) != exo.NotFound && !fsys.BadMedium(err) {
			return err
		}
		meta, merr := v.meta(ctx, f.Path)
		if merr != nil && exo.KindOf(merr) != exo.NotFound {
			return merr
		}
		if err == nil && (sum == f.Hash || merr == nil && sum == meta.SHA256) {
			r.Intact++
		} else {
			broken = append(broken, f)
		}
		if o.Report != nil {
			o.Report(int64(i+1), int64(len(files)))
		}
	}
	for _, f := range broken {
		if err := v.sound(ctx, n, f); err != nil {
			return err
		}
	}
	for _, f := range broken {
		if !o.DryRun {
			if err := v.bringBack(ctx, n, f); err != nil {
				return err
			}
		}
		r.Restored = append(r.Restored, f.Path)
		r.Bytes += f.SizeBytes
	}
	return nil
}

// bringBack puts the version's copy of a file in the place of the damaged one. A
// metadata record has two other holders, index and checksum line, and comes from
// there.
func (v *Versions) bringBack(ctx context.Context, n exo.VersionName, f File) (err error) {
	if of, record := recordOf(f.Path); record {
		_, err := v.Store.Mend(ctx, of)
		return err
	}
	st, err := v.Store.Stage(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if derr := st.Discard(); err == nil {
			err = derr
		}
	}()
	in, err := fsys.Open(v.FS, place(n, f.Path))
	if err != nil {
		return err
	}
	_, err = io.Copy(st, in)
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return v.Store.Replace(ctx, f.Path, st)
}

// restoreFolder writes the files to a folder of their own.
func (v *Versions) restoreFolder(ctx context.Context, n exo.VersionName, files []File, o RestoreOptions, r *RestoreReport) error {
	to, top, err := v.destination(n, o, r)
	if err != nil || o.DryRun {
		r.Restored = pathsOf(files, r)
		return err
	}
	temp := top
	if o.To == nil { // built under a hidden name, so that it is whole or not there
		temp = restored + "/" + making + path.Base(top)
		if err := fsys.RemoveAll(ctx, to, temp); err != nil && exo.KindOf(err) != exo.NotFound {
			return err
		}
	}
	made := map[string]bool{}
	for i, f := range files {
		if err := v.copyOut(ctx, n, f, to, path.Join(temp, string(f.Path)), made); err != nil {
			if o.To == nil {
				_ = fsys.RemoveAll(context.WithoutCancel(ctx), to, temp) // the first error is the one to tell; the next try removes it
			}
			return err
		}
		if o.Report != nil {
			o.Report(int64(i+1), int64(len(files)))
		}
	}
	for dir := range made {
		if err := to.SyncDir(dir); err != nil {
			return err
		}
	}
	if o.To == nil {
		if err := to.Rename(temp, top); err != nil {
			return err
		}
		if err := to.SyncDir(restored); err != nil {
			return err
		}
	}
	r.Restored = pathsOf(files, r)
	return nil
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
		if err == nil && len(list) > 0 {
			err = exo.Errorf(op, exo.Exists, nil, "the folder to restore to is not empty").Try("give a new or an empty folder")
		}
		return o.To, ".", err
	}
	name := o.Folder
	if name == "" {
		name = string(n)
	}
	if p, err := exo.ParsePath(name); err != nil || strings.Contains(name, "/") {
		return nil, "", exo.E(op, exo.Invalid, p, err).Say("%.80q cannot be the name of the folder", name).
			Try("give one name; the folder is made below restored/ in the data folder").With("parameter", "folder")
	}
	r.Folder = restored + "/" + name
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

// copyOut copies one file and compares its digest.
func (v *Versions) copyOut(ctx context.Context, n exo.VersionName, f File, to fsys.FS, name string, made map[string]bool) error {
	dir := path.Dir(name)
	if !made[dir] {
		if err := fsys.MkdirAll(to, dir, 0o755); err != nil {
			return err
		}
		made[dir] = true
	}
	sum, err := fsys.Copy(ctx, v.FS, place(n, f.Path), to, name, 0o644)
	if err == nil && sum == f.Hash {
		return nil
	}
	if err != nil && exo.KindOf(err) != exo.NotFound {
		return err
	}
	return exo.E("version.Restore", exo.Corrupt, f.Path, err).Say("version %s has no good copy of %s", n, f.Path).
		Try("mend it: exoplanetai storage repair %s", f.Path)
}
