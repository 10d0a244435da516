package version

import (
	"context"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

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
