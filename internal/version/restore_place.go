package version

import (
	"context"
	"io"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

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
	w.r.Restored = pathsOf(broken, w.r)
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

// bringBack puts good copies in the places of damaged files, all or none. Of what
// is the record of a stored file no bytes are needed: it is mended from what agrees.
func (w *restorer) bringBack(ctx context.Context, files []File) error {
	if w.o.DryRun || len(files) == 0 {
		return nil
	}
	list, record := make([]exo.Path, len(files)), make([]bool, len(files))
	for i, f := range files {
		list[i] = f.Path
		if of, ok := w.described(ctx, f); ok {
			list[i], record[i] = of, true
		}
	}
	return w.v.Store.ReplaceAll(ctx, list, func(ctx context.Context, i int) (*store.Staged, error) {
		if record[i] {
			return nil, nil
		}
		return w.stage(ctx, files[i])
	})
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
