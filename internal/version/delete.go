package version

import (
	"context"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Delete removes a version, unless it is the last to hold a file: each of its
// files must be in the data tree or in another version, with the same digest and
// length. Manifests of other versions go on naming it as their parent: that is
// what happened. The record keeps its commit.
//
// Errors: exo.NotFound; exo.Conflict with the files (`last_holder_of`).
func (v *Versions) Delete(ctx context.Context, n exo.VersionName, o DeleteOptions) (DeleteReport, error) {
	const op = "version.Delete"
	if !o.DryRun {
		if err := v.writable(op); err != nil {
			return DeleteReport{}, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
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
		if held, err := v.inTree(ctx, f); err != nil {
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
	for p := range want {
		size := int64(-1)
		if f, ok := m.find(p); ok {
			size = f.SizeBytes
		}
		others := slices.ContainsFunc(holders[p], func(o exo.VersionName) bool { return o != m.Version && v.plain(place(o, p), size) })
		if !others {
			last = append(last, p)
		}
	}
	slices.Sort(last)
	return last, nil
}

// inTree tells whether the data tree holds the bytes of a file under its path,
// as far as index and length tell.
func (v *Versions) inTree(ctx context.Context, f File) (bool, error) {
	meta, err := v.meta(ctx, f.Path)
	if err != nil || meta.SHA256 != f.Hash {
		if exo.KindOf(err) == exo.NotFound {
			err = nil
		}
		return false, err
	}
	return v.plain(string(f.Path), f.SizeBytes), nil
}

// plain tells whether there is a file of this length.
func (v *Versions) plain(name string, size int64) bool {
	info, err := v.FS.Lstat(name)
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}
