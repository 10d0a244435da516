package version

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// fileMode is that of every file of a version.
const fileMode fs.FileMode = 0o444

// builder makes the folder of one version.
type builder struct {
	v      *Versions
	ctx    context.Context // of the one call that it lives for
	m      *Manifest
	parent *Manifest // nil: the first version
	o      CreateOptions
	root   string // versions/.new-<name>

	mu   sync.Mutex // guards what follows while folders are filled side by side
	done int64
}

// build lists the files, and makes their folders, links and copies.
func (b *builder) build(entries []store.Entry) error {
	b.m.Files = make([]File, len(entries))
	if !b.o.DryRun {
		if err := fsys.RemoveAll(b.ctx, b.v.FS, b.root); err != nil { // left by an undo that failed
			return err
		}
	}
	folders, err := b.folders(entries)
	if err != nil {
		return err
	}
	err = b.each(split(entries), func(s span) error { return b.fill(entries[s.from:s.to], b.m.Files[s.from:s.to]) })
	if err != nil {
		return err
	}
	b.m.FileCount = len(b.m.Files)
	for _, f := range b.m.Files {
		b.m.TotalSizeBytes += f.SizeBytes
	}
	b.m.ID = identify(b.m.Files)
	syncs := make([]func() error, len(folders))
	for i, dir := range folders {
		syncs[i] = func() error { return b.v.FS.SyncDir(dir) }
	}
	for group := range slices.Chunk(syncs, 64) {
		if err := fsys.SyncAll(group); err != nil {
			return err
		}
	}
	return nil
}

// folders makes all folders of the version, and names them.
func (b *builder) folders(entries []store.Entry) ([]string, error) {
	if b.o.DryRun {
		return nil, nil
	}
	if err := b.v.FS.Mkdir(b.root, 0o755); err != nil {
		return nil, err
	}
	top := b.root + "/" + filesFolder
	if err := b.v.FS.Mkdir(top, 0o755); err != nil {
		return nil, err
	}
	list, made, last := []string{top}, map[string]bool{}, ""
	for _, e := range entries {
		dir := e.Path.Dir()
		if dir == last {
			continue
		}
		last = dir
		for i, c := range dir + "/" {
			part := dir[:min(i, len(dir))]
			if c != '/' || made[part] {
				continue
			}
			made[part] = true
			if err := b.v.FS.Mkdir(top+"/"+part, 0o755); err != nil {
				return nil, err
			}
			list = append(list, top+"/"+part)
		}
	}
	return list, nil
}

// span is a run of entries in one folder.
type span struct{ from, to int }

// portion bounds a span, so that large folders are shared out.
const portion = 2000

func split(entries []store.Entry) []span {
	var list []span
	for i, e := range entries {
		if n := len(list); n > 0 && i-list[n-1].from < portion && entries[list[n-1].from].Path.Dir() == e.Path.Dir() {
			list[n-1].to = i + 1
			continue
		}
		list = append(list, span{i, i + 1})
	}
	return list
}

// workers is how many spans are worked on side by side: making a link waits for
// the journal of the disk as much as for a processor.
const workers = 4

// each works on spans side by side and returns an error if there was one.
func (b *builder) each(list []span, do func(span) error) error {
	next := make(chan span)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for s := range next {
				if errs[i] == nil {
					errs[i] = do(s)
				}
			}
		})
	}
	for _, s := range list {
		next <- s
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// places are the open folders that the files of one span come from and go to.
type places struct {
	tree, version, parent fsys.Folder // version: nil when only looking; parent: nil where it has no such folder
}

func (b *builder) open(dir string) (p places, err error) {
	if p.tree, err = fsys.OpenFolder(b.v.FS, dir); err != nil || b.o.DryRun {
		return p, err
	}
	if p.version, err = fsys.OpenFolder(b.v.FS, b.root+"/"+filesFolder+"/"+dir); err != nil || b.parent == nil {
		return p, err
	}
	p.parent, err = fsys.OpenFolder(b.v.FS, place(b.parent.Version, exo.Path(dir)))
	if exo.KindOf(err) == exo.NotFound {
		p.parent, err = nil, nil
	}
	return p, err
}

func (p places) close() {
	for _, f := range []fsys.Folder{p.tree, p.version, p.parent} {
		if f != nil {
			_ = f.Close() // only read; what was made in it is synced by its name
		}
	}
}

// fill describes the files of one folder and brings them into the version.
func (b *builder) fill(entries []store.Entry, files []File) error {
	const op = "version.Create"
	at, err := b.open(entries[0].Path.Dir())
	defer at.close()
	if err != nil && at.tree == nil {
		return damaged(entries[0].Path, err)
	} else if err != nil {
		return err
	}
	var n Links
	for i, e := range entries {
		if err := b.ctx.Err(); err != nil {
			return exo.E(op, exo.KindOf(err), nil, err)
		}
		info, err := at.tree.Lstat(e.Path.Base())
		if err != nil || !info.Mode().IsRegular() || info.Size() != e.SizeBytes {
			return damaged(e.Path, err)
		}
		files[i] = File{Path: e.Path, Hash: e.SHA256, SizeBytes: e.SizeBytes, ModifiedAt: info.ModTime().UTC()}
		if err := b.prove(files[i]); err != nil {
			return err
		}
		if err := b.bring(files[i], fetchable(e.Kind), at, &n); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.m.Links.Hard += n.Hard
	b.m.Links.Reflink += n.Reflink
	b.m.Links.Copy += n.Copy
	b.done += int64(len(entries))
	if b.o.Report != nil {
		b.o.Report(b.done, int64(len(b.m.Files)))
	}
	return nil
}

// prove reads a file where that was asked for, or where it was written to since
// the parent was made.
func (b *builder) prove(f File) error {
	read := b.o.FullHash
	if b.parent != nil && !read {
		before, ok := b.parent.find(f.Path)
		read = ok && before.Hash == f.Hash && !before.ModifiedAt.Equal(f.ModifiedAt)
	}
	if !read {
		return nil
	}
	sum, size, err := fsys.Digest(b.ctx, b.v.FS, string(f.Path))
	if err == nil && (sum != f.Hash || size != f.SizeBytes) {
		return damaged(f.Path, nil)
	}
	return err
}

// bring makes the file of the version: a link where the bytes can be had again
// from an archive, or from the copy of the parent; else a copy.
func (b *builder) bring(f File, fetchable bool, at places, n *Links) error {
	link, from := false, at.tree
	if fetchable {
		link = true
	} else if b.parent != nil {
		before, ok := b.parent.find(f.Path)
		link, from = ok && before.Hash == f.Hash, at.parent
	}
	if link && !fetchable && b.o.FullHash { // the copy that is linked to is read as well; a damaged one is not handed on
		sum, _, err := fsys.Digest(b.ctx, b.v.FS, place(b.parent.Version, f.Path))
		if link = err == nil && sum == f.Hash; err != nil && exo.KindOf(err) != exo.NotFound && !fsys.BadMedium(err) {
			return err
		}
	}
	if b.o.DryRun {
		if link {
			n.Hard++
		} else {
			n.Copy++
		}
		return nil
	}
	if link && from != nil {
		err := from.LinkTo(f.Path.Base(), at.version)
		if err == nil {
			n.Hard++
			return nil
		}
		if !fsys.NoLinks(err) && exo.KindOf(err) != exo.NotFound { // the parent's copy may be gone: then the original is copied
			return err
		}
	}
	n.Copy++
	return b.v.copyIn(b.ctx, string(f.Path), b.root+"/"+filesFolder+"/"+string(f.Path), f.Hash)
}

// copyIn copies a file and compares its digest on the way.
func (v *Versions) copyIn(ctx context.Context, from, to string, want exo.Digest) error {
	sum, err := fsys.Copy(ctx, v.FS, from, v.FS, to, fileMode)
	if err != nil {
		return err
	}
	if sum != want {
		_ = v.FS.Remove(to) // the finding is the error to tell
		return damaged(exo.Path(from), nil)
	}
	return nil
}

// undo removes what was made. What cannot be removed, the next start removes.
func (b *builder) undo() {
	if err := fsys.RemoveAll(context.WithoutCancel(b.ctx), b.v.FS, b.root); err != nil {
		b.v.Log.Warn("an unfinished version could not be removed; the next start does it", "name", strings.TrimPrefix(b.root, root+"/"), "error", err)
	}
}

func damaged(p exo.Path, cause error) error {
	return exo.E("version.Create", exo.Corrupt, p, cause).Say("%s is not what was stored", p).
		Try("see what is damaged: exoplanetai storage verify; and mend it: exoplanetai storage repair")
}
