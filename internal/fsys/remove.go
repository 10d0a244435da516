package fsys

import (
	"context"
	"path"

	"exoplanetai/internal/exo"
)

// RemoveAll removes a file, or a folder and all below it, and syncs the folder
// that it stood in. Links are removed, not followed. What is not there is no
// error. A crash leaves a part, and calling again removes it.
func RemoveAll(ctx context.Context, f FS, name string) error {
	if err := removeTree(ctx, f, name); err != nil {
		return err
	}
	return f.SyncDir(path.Dir(name))
}

func removeTree(ctx context.Context, f FS, name string) error {
	if err := ctx.Err(); err != nil {
		return exo.E("fsys.RemoveAll", exo.KindOf(err), name, err)
	}
	info, err := f.Lstat(name)
	if err == nil && info.IsDir() {
		list, err := f.ReadDir(name)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := removeTree(ctx, f, name+"/"+e.Name()); err != nil {
				return err
			}
		}
	}
	if err == nil {
		err = f.Remove(name)
	}
	if exo.KindOf(err) == exo.NotFound && err != nil {
		return nil
	}
	return err
}
