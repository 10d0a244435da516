package version

import (
	"bytes"
	"context"
	"errors"
	"path"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// record is the bare Git repository versions/.git. It is opened for each use, so
// that a `git gc` beside us does no harm, and written by objects: there is no
// index and no work tree. The caller holds the lock of Versions.
//
// Tree of a commit: manifest.json has all members but the files; below files/
// there is one list per folder, files.jsonl, a line for each file. Folders
// that did not change share their lists with the commit before.
type record struct {
	fs    fsys.FS
	swept bool // nothing of a crash is left
}

const (
	gitFolder  = root + "/.git"
	branch     = plumbing.ReferenceName("refs/heads/main")
	headerName = "manifest.json"
	listName   = "files.jsonl"
)

// author is who makes every commit: the record is about data, not people.
func author(at time.Time) object.Signature {
	return object.Signature{Name: "ExoplanetAI", Email: "data@exoplanetai.invalid", When: at}
}

// What the record has beside objects and references.
const (
	headText   = "ref: refs/heads/main\n"
	configText = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n[gc]\n\tauto = 0\n"
)

// repository is the record, opened for one use.
type repository struct {
	*filesystem.Storage
	ctx  context.Context // of that use
	disk *seam
}

// open opens the repository; to write, it makes what is not there of it.
func (r *record) open(ctx context.Context, write bool) (*repository, error) {
	disk := newSeam(r.fs, gitFolder)
	g := &repository{filesystem.NewStorageWithOptions(disk, cache.NewObjectLRUDefault(), filesystem.Options{}), ctx, disk}
	if write {
		return g, r.prepare(ctx, disk)
	}
	if _, err := r.fs.Lstat(gitFolder); err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return nil, exo.E("version.record", exo.NotFound, nil, err).Say("there is no record of the versions").Try(rebuildHint)
		}
		return nil, err
	}
	return g, nil
}

// prepare makes folders, settings and HEAD, HEAD last, where they are missing or
// not ours, and once removes what a crash left. With gc.auto 0 git starts no
// collection by itself, which would work beside our writing.
func (r *record) prepare(ctx context.Context, disk *seam) error {
	if r.swept {
		return nil
	}
	if err := r.own(ctx); err != nil {
		return err
	}
	for _, dir := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := fsys.MkdirAll(r.fs, disk.at(dir), 0o755); err != nil {
			return err
		}
	}
	if err := disk.sweep(ctx); err != nil {
		return err
	}
	for _, f := range [][2]string{{"config", configText}, {"HEAD", headText}} {
		name := disk.at(f[0])
		if text, err := fsys.ReadFile(r.fs, name, int64(len(f[1]))); err == nil && string(text) == f[1] {
			continue
		}
		if err := fsys.WriteAtomic(ctx, r.fs, name, []byte(f[1]), 0o644); err != nil {
			return err
		}
	}
	if err := disk.settle(); err != nil {
		return err
	}
	r.swept = true
	return nil
}

// reference reads what a name stands for. The library takes a name that the disk
// could not read for one that is not there; a deletion or a new beginning must
// never rest on that, so it is looked for once more.
func (g *repository) reference(name plumbing.ReferenceName) (*plumbing.Reference, error) {
	ref, err := g.Reference(name)
	if !errors.Is(err, plumbing.ErrReferenceNotFound) {
		return ref, err
	}
	const packedLimit = 64 << 20
	_, serr := g.disk.fs.Lstat(g.disk.at(string(name)))
	packed, perr := fsys.ReadFile(g.disk.fs, g.disk.at("packed-refs"), packedLimit)
	for _, e := range []error{serr, perr} {
		if e != nil && exo.KindOf(e) != exo.NotFound {
			return nil, e
		}
	}
	if serr == nil {
		text, err := fsys.ReadFile(g.disk.fs, g.disk.at(string(name)), 100)
		if err == nil && plumbing.NewHash(string(bytes.TrimSpace(text))).IsZero() {
			return nil, exo.Errorf("version.record", exo.Corrupt, nil, "%s of the record names no object", name).Try(rebuildHint)
		}
	}
	if serr == nil || bytes.Contains(packed, []byte(" "+string(name)+"\n")) {
		return nil, exo.Errorf("version.record", exo.Unavailable, nil, "%s of the record could not be read", name).Try("try again")
	}
	return nil, err
}

// point lets a reference name an object, at once and to last, after all objects
// are on the disk. The library would write over the old name in place; and what
// is written beside it, it would take for a reference.
func (g *repository) point(name plumbing.ReferenceName, to plumbing.Hash) error {
	if err := g.disk.settle(); err != nil {
		return err
	}
	if err := g.ctx.Err(); err != nil {
		return exo.E("version.record", exo.KindOf(err), nil, err)
	}
	file, temp := g.disk.at(string(name)), g.disk.at("tmp_ref")
	err := fsys.WriteSynced(g.disk.fs, temp, []byte(to.String()+"\n"), 0o644)
	if err == nil {
		err = g.disk.fs.Rename(temp, file)
	}
	if err != nil {
		_ = g.disk.fs.Remove(temp) // the first error is the one to tell; the next start removes it
		return err
	}
	return g.disk.fs.SyncDir(path.Dir(file))
}

// recordError gives an error of the library its kind.
func recordError(err error) error {
	if err == nil || errors.As(err, new(*exo.Error)) {
		return err
	}
	return exo.E("version.record", exo.Corrupt, nil, err).Say("the record of the versions, versions/.git, cannot be read").Try(rebuildHint)
}

// add commits a manifest and tags it, unless the tag is there.
func (r *record) add(ctx context.Context, m Manifest) error {
	st, err := r.open(ctx, true)
	if err != nil {
		return err
	}
	tag := plumbing.NewTagReferenceName(string(m.Version))
	if _, err := st.reference(tag); err == nil {
		return nil
	} else if !errors.Is(err, plumbing.ErrReferenceNotFound) {
		return recordError(err)
	}
	tree, err := writeManifest(st, m)
	if err != nil {
		return recordError(err)
	}
	message := string(m.Version) + "\n"
	if m.Description != "" {
		message += "\n" + m.Description + "\n"
	}
	commit, err := r.commit(st, tree, message, m.CreatedAt)
	if err != nil {
		return recordError(err)
	}
	note := &object.Tag{Name: string(m.Version), Tagger: author(m.CreatedAt), TargetType: plumbing.CommitObject, Target: commit,
		Message: string(m.Version) + "\n\nid " + m.ID.String() + "\n"}
	hash, err := put(st, note)
	if err != nil {
		return recordError(err)
	}
	return st.point(tag, hash)
}

// commit adds a commit to the branch.
func (r *record) commit(st *repository, tree plumbing.Hash, message string, at time.Time) (plumbing.Hash, error) {
	c := &object.Commit{Author: author(at), Committer: author(at), Message: message, TreeHash: tree}
	head, err := st.reference(branch)
	switch {
	case err == nil:
		last, err := object.GetCommit(st, head.Hash())
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if last.TreeHash == tree && last.Message == message && last.Author.When.Unix() == at.Unix() { // its tag was cut off by a crash
			return last.Hash, nil
		}
		c.ParentHashes = []plumbing.Hash{head.Hash()}
	case !errors.Is(err, plumbing.ErrReferenceNotFound):
		return plumbing.ZeroHash, err
	}
	hash, err := put(st, c)
	if err != nil {
		return hash, err
	}
	return hash, st.point(branch, hash)
}

// deletedRefs keeps the tags of deleted versions, so that they go on being part of
// the record and git does not take them for lost. A name may be deleted often, so
// that the digest of the tag belongs to it.
const deletedRefs = "refs/deleted/"

// strike notes that a version was deleted: a commit without files, and the tag is
// moved away.
func (r *record) strike(ctx context.Context, n exo.VersionName, at time.Time) error {
	st, err := r.open(ctx, true)
	if err != nil {
		return err
	}
	tag := plumbing.NewTagReferenceName(string(n))
	old, err := st.reference(tag)
	if err != nil {
		if errors.Is(err, plumbing.ErrReferenceNotFound) {
			return nil
		}
		return recordError(err)
	}
	tree, err := put(st, &object.Tree{})
	if err == nil {
		_, err = r.commit(st, tree, "Delete "+string(n)+"\n", at)
	}
	if err == nil {
		err = fsys.MkdirAll(r.fs, st.disk.at(deletedRefs), 0o755)
	}
	if err == nil {
		err = st.point(plumbing.ReferenceName(deletedRefs+string(n)+"-"+old.Hash().String()[:12]), old.Hash())
	}
	if err == nil {
		err = st.RemoveReference(tag)
	}
	if err == nil {
		err = st.disk.settle()
	}
	return recordError(err)
}

// tagged lists the versions that the record has, by name.
func (r *record) tagged(ctx context.Context) ([]exo.VersionName, error) {
	st, err := r.open(ctx, false)
	if err != nil {
		if errors.Is(err, exo.NotFound) {
			return nil, nil
		}
		return nil, err
	}
	refs, err := st.IterReferences()
	if err != nil {
		return nil, recordError(err)
	}
	var names []exo.VersionName
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if !ref.Name().IsTag() {
			return nil
		}
		if n, err := exo.ParseVersionName(ref.Name().Short()); err == nil { // others put theirs there, perhaps
			names = append(names, n)
		}
		return nil
	})
	slices.Sort(names)
	return names, recordError(err)
}

// read gives the manifest that the record has of a version.
func (r *record) read(ctx context.Context, n exo.VersionName) (Manifest, error) {
	st, err := r.open(ctx, false)
	if err != nil {
		return Manifest{}, err
	}
	at, err := r.commitOf(ctx, n)
	if err != nil {
		return Manifest{}, err
	}
	commit, err := object.GetCommit(st, at)
	if err != nil {
		return Manifest{}, recordError(err)
	}
	tree, err := commit.Tree()
	if err != nil {
		return Manifest{}, recordError(err)
	}
	m, err := readManifest(tree)
	if err == nil && m.Version != n {
		err = bad("of version %s stands under the tag of %s", m.Version, n)
	}
	return m, recordError(err)
}

// commitOf gives the commit that the tag of a version names.
func (r *record) commitOf(ctx context.Context, n exo.VersionName) (plumbing.Hash, error) {
	st, err := r.open(ctx, false)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	ref, err := st.reference(plumbing.NewTagReferenceName(string(n)))
	if err != nil {
		return plumbing.ZeroHash, recordError(err)
	}
	tag, err := object.GetTag(st, ref.Hash())
	if err != nil {
		return plumbing.ZeroHash, recordError(err)
	}
	if tag.Name != string(n) || tag.TargetType != plumbing.CommitObject {
		return plumbing.ZeroHash, bad("is tagged %.40q where the tag should be %s", tag.Name, n)
	}
	return tag.Target, nil
}
