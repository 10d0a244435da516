package version

import (
	"context"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Delete removes a version, unless it is the last to hold a file: each of its
// files must be in the data tree or in another version, and be the same file on
// the disk or have been read and found right. Manifests of other versions go on
// naming it as their parent: that is what happened. The record keeps its commit.
//
// Errors: exo.NotFound; exo.Conflict with the files (`last_holder_of`).
func (v *Versions) Delete(ctx context.Context, n exo.VersionName, o DeleteOptions) (DeleteReport, error) {
	const op = "version.Delete"
	if !o.DryRun {
		if err := v.writable(op); err != nil {
			return DeleteReport{}, err
		}
	}
	done, err := v.hold(ctx)
	if err != nil {
		return DeleteReport{}, err
	}
	defer done()
	if err := v.record.own(ctx); err != nil {
		return DeleteReport{}, err
	}
	if err := v.exists(n); err != nil {
		return DeleteReport{}, err
	}
	m, err := v.read(n)
	if err != nil {
		return DeleteReport{}, err
	}
	last, err := v.lastOf(ctx, m)
	if err != nil {
		return DeleteReport{}, err
	}
	if len(last) > 0 {
		return DeleteReport{}, exo.Errorf(op, exo.Conflict, n, "version %s is the last to hold %d of its files, %s for one", n, len(last), last[0]).
			Try("bring them back first: exoplanetai version restore %s", n).With("last_holder_of", last[:min(100, len(last))])
	}
	report := DeleteReport{Version: n, RemovedFiles: len(m.Files), DryRun: o.DryRun}
	if o.DryRun {
		return report, nil
	}
	ctx = context.WithoutCancel(ctx) // it is decided
	if err := v.changing(ctx); err != nil {
		return DeleteReport{}, err
	}
	delete(v.heads, n)
	if err := v.settle(ctx); err != nil {
		return DeleteReport{}, err
	}
	gone := root + "/" + leaving + string(n)
	if err := v.FS.Rename(folder(n), gone); err != nil {
		return DeleteReport{}, err
	}
	if err := v.FS.SyncDir(root); err != nil {
		return DeleteReport{}, err
	}
	if err := v.record.strike(ctx, n, v.now()); err != nil {
		return DeleteReport{}, err
	}
	return report, fsys.RemoveAll(ctx, v.FS, gone)
}

// lastOf lists the files that nothing but this version holds.
func (v *Versions) lastOf(ctx context.Context, m Manifest) ([]exo.Path, error) {
	want := map[exo.Path]exo.Digest{}
	for _, f := range m.Files {
		if held, err := v.inTree(ctx, m.Version, f); err != nil {
			return nil, err
		} else if !held {
			want[f.Path] = f.Hash
		}
	}
	if len(want) == 0 {
		return nil, nil
	}
	holders, err := v.Holders(ctx, want)
	if err != nil {
		return nil, err
	}
	var last []exo.Path
	for _, f := range m.Files {
		if _, ok := want[f.Path]; !ok {
			continue
		}
		held := false
		for _, o := range holders[f.Path] {
			if o != m.Version && !held {
				if held, err = v.keeps(ctx, place(o, f.Path), m.Version, f); err != nil {
					return nil, err
				}
			}
		}
		if !held {
			last = append(last, f.Path)
		}
	}
	return last, nil
}

// inTree tells whether the data tree holds the bytes of a file under its path.
func (v *Versions) inTree(ctx context.Context, n exo.VersionName, f File) (bool, error) {
	meta, err := v.meta(ctx, f.Path)
	if err != nil || meta.SHA256 != f.Hash {
		if exo.KindOf(err) == exo.NotFound {
			err = nil
		}
		return false, err
	}
	return v.keeps(ctx, string(f.Path), n, f)
}

// keeps tells whether a name keeps the bytes of a version's file when the version
// goes: it is a link to the same file, or has the bytes itself.
func (v *Versions) keeps(ctx context.Context, name string, n exo.VersionName, f File) (bool, error) {
	same, err := fsys.Same(v.FS, name, place(n, f.Path))
	if err != nil || same {
		return same, err
	}
	return v.holds(ctx, name, f)
}

// plain tells whether there is a file of this length.
func (v *Versions) plain(name string, size int64) bool {
	info, err := v.FS.Lstat(name)
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}
