package version

import (
	"context"
	"io"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// Holders tells which versions list each path with this digest, newest first.
// Manifests are read one after the other. One that is damaged is no holder; the
// log tells.
func (v *Versions) Holders(ctx context.Context, want map[exo.Path]exo.Digest) (map[exo.Path][]exo.VersionName, error) {
	holders, _, err := v.holders(ctx, want)
	return holders, err
}

// holders does what Holders does, and tells of a manifest that the disk could
// not read.
func (v *Versions) holders(ctx context.Context, want map[exo.Path]exo.Digest) (holders map[exo.Path][]exo.VersionName, unread, err error) {
	holders = map[exo.Path][]exo.VersionName{}
	if len(want) == 0 {
		return holders, nil, nil
	}
	unread, err = v.manifests(ctx, func(m Manifest) {
		for p, sum := range want {
			if f, ok := m.find(p); ok && f.Hash == sum {
				holders[p] = append(holders[p], m.Version)
			}
		}
	})
	return holders, unread, err
}

// manifests reads all manifests that can be read, newest first. unread is the
// first that the disk could not read; one that is damaged is passed over.
func (v *Versions) manifests(ctx context.Context, visit func(Manifest)) (unread, err error) {
	names, err := v.names()
	if err != nil {
		return nil, err
	}
	skip := func(n exo.VersionName, err error) {
		v.Log.Error("a version is damaged", "version", string(n), "error", err)
		if unread == nil && exo.KindOf(err) != exo.Corrupt {
			unread = err
		}
	}
	order := make([]Summary, 0, len(names))
	for _, n := range names {
		s, err := v.summary(n)
		if err != nil {
			skip(n, err)
			continue
		}
		order = append(order, s)
	}
	newestFirst(order)
	for _, s := range order {
		if err := ctx.Err(); err != nil {
			return nil, exo.E("version.manifests", exo.KindOf(err), nil, err)
		}
		m, err := v.read(s.Version)
		if err != nil {
			skip(s.Version, err)
			continue
		}
		visit(m)
	}
	return unread, nil
}

// Holds tells whether any version lists a file with these bytes. For who
// deletes: where a manifest cannot be read, the answer is an error.
func (v *Versions) Holds(ctx context.Context, sum exo.Digest) (bool, error) {
	names, err := v.names()
	if err != nil {
		return false, err
	}
	for _, n := range names {
		if err := ctx.Err(); err != nil {
			return false, exo.E("version.Holds", exo.KindOf(err), nil, err)
		}
		m, err := v.read(n)
		if err != nil {
			return false, err
		}
		for _, f := range m.Files {
			if f.Hash == sum {
				return true, nil
			}
		}
	}
	return false, nil
}

// Copy opens the bytes of a file as some version holds them; they have been read
// and compared before Copy returns, and are read again for the caller, so that
// who uses them must compare once more.
//
// Errors: exo.NotFound if no version has them.
func (v *Versions) Copy(ctx context.Context, p exo.Path, want exo.Digest) (io.ReadCloser, exo.VersionName, error) {
	holders, err := v.Holders(ctx, map[exo.Path]exo.Digest{p: want})
	if err != nil {
		return nil, "", err
	}
	for _, n := range holders[p] {
		name := place(n, p)
		if sum, _, err := fsys.Digest(ctx, v.FS, name); err != nil || sum != want {
			continue
		}
		f, err := fsys.Open(v.FS, name)
		if err != nil {
			return nil, "", err
		}
		return f, n, nil
	}
	return nil, "", exo.Errorf("version.Copy", exo.NotFound, p, "no version has an intact copy of %s", p)
}

// Heal mends the copies of versions after the file in the data tree is right
// again: what is damaged or missing is linked or copied anew, and what may be
// written to is made read-only. It returns the
// versions that were mended, also with an error: one that the disk could not
// read was not looked at.
func (v *Versions) Heal(ctx context.Context, p exo.Path, want exo.Digest) ([]exo.VersionName, error) {
	const op = "version.Heal"
	if err := v.writable(op); err != nil {
		return nil, err
	}
	done, err := v.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if sum, _, err := fsys.Digest(ctx, v.FS, string(p)); err != nil {
		return nil, err
	} else if sum != want {
		return nil, exo.Errorf(op, exo.Corrupt, p, "%s itself is damaged", p).Try("mend it first: exoplanetai storage repair")
	}
	holders, unread, err := v.holders(ctx, map[exo.Path]exo.Digest{p: want})
	if err != nil {
		return nil, err
	}
	var healed []exo.VersionName
	for _, n := range holders[p] {
		if sum, _, err := fsys.Digest(ctx, v.FS, place(n, p)); err == nil && sum == want {
			did, err := v.lock(place(n, p))
			if err != nil {
				return healed, err
			}
			if did {
				healed = append(healed, n)
			}
			continue
		} else if k := exo.KindOf(err); err != nil && k != exo.NotFound && k != exo.Invalid && !fsys.BadMedium(err) { // Invalid: a link that leads out
			return healed, err
		}
		if err := v.mend(ctx, n, p, want); err != nil {
			return healed, err
		}
		healed = append(healed, n)
	}
	return healed, unread
}

// lock makes a file read-only, unless it is.
func (v *Versions) lock(name string) (did bool, err error) {
	info, err := v.FS.Lstat(name)
	if err != nil || info.Mode().Perm() == fileMode {
		return false, err
	}
	return true, v.FS.Chmod(name, fileMode)
}

// mend makes the file of a version anew from the data tree.
func (v *Versions) mend(ctx context.Context, n exo.VersionName, p exo.Path, want exo.Digest) error {
	to := place(n, p)
	dir := strings.TrimSuffix(to, "/"+p.Base())
	if err := fsys.MkdirAll(v.FS, dir, 0o755); err != nil {
		return err
	}
	temp := root + "/" + making + "copy" // what a crash leaves of it, the next start removes
	if err := v.FS.Remove(temp); err != nil && exo.KindOf(err) != exo.NotFound {
		return err
	}
	meta, err := v.meta(ctx, p)
	linked := err == nil && fetchable(meta.Kind)
	if linked {
		if err = v.FS.Link(string(p), temp); err != nil && !fsys.NoLinks(err) {
			return err
		}
		linked = err == nil
	}
	if !linked {
		if err := v.copyIn(ctx, string(p), temp, want); err != nil {
			return err
		}
	}
	if err := v.FS.Rename(temp, to); err != nil {
		return err
	}
	return v.FS.SyncDir(dir)
}

// meta gives what the store knows of a path; of a metadata record, the digest of
// the record.
func (v *Versions) meta(ctx context.Context, p exo.Path) (store.Meta, error) {
	m, err := v.Store.Get(ctx, p)
	if exo.KindOf(err) != exo.NotFound || err == nil {
		return m, err
	}
	of, record := recordOf(p)
	if !record {
		return m, err
	}
	described, err := v.Store.Get(ctx, of)
	if err != nil {
		return store.Meta{}, err
	}
	text, err := store.EncodeMeta(described)
	return store.Meta{Path: p, SHA256: exo.DigestOf(text), SizeBytes: int64(len(text)), Kind: recordKind}, err
}

// recordOf gives the file that a metadata record describes.
func recordOf(p exo.Path) (exo.Path, bool) {
	of, record := strings.CutPrefix(string(p), "metadata/")
	of, ending := strings.CutSuffix(of, ".json")
	return exo.Path(of), record && ending && !(strings.HasPrefix(of, "validation/"))
}
