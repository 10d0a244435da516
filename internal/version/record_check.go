package version

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1" // the digest of Git's packs
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// CheckRecord compares the Git record with itself and with the manifests: the
// settings, every object with its name, every reference, and every tagged
// manifest byte by byte. Damage is no error; the path of each is that of the
// file below the data folder.
func (v *Versions) CheckRecord(ctx context.Context) ([]Damage, error) {
	names, err := v.names()
	if err != nil {
		return nil, err
	}
	c := &recordCheck{v: v, ctx: ctx, damaged: []Damage{}}
	if d, err := v.record.foreign(ctx); err != nil {
		return nil, err
	} else if d != nil {
		d.Versions = append(d.Versions, names...)
		return append(c.damaged, *d), nil
	}
	c.g, err = v.record.open(ctx, false)
	if exo.KindOf(err) == exo.NotFound && err != nil {
		if len(names) > 0 {
			c.add(gitFolder, "the record is missing", names...)
		}
		return c.damaged, nil
	}
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{c.settings, c.objects, c.chain, c.references} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := c.manifests(names); err != nil {
		return nil, err
	}
	slices.SortFunc(c.damaged, func(a, b Damage) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Detail, b.Detail)) })
	return c.damaged, nil
}

// recordCheck is one run of CheckRecord.
type recordCheck struct {
	v       *Versions
	ctx     context.Context // of the one call that it lives for
	g       *repository
	commits map[plumbing.Hash]bool // of the branch
	damaged []Damage
}

func (c *recordCheck) add(name, detail string, versions ...exo.VersionName) {
	if versions == nil {
		versions = []exo.VersionName{}
	}
	c.damaged = append(c.damaged, Damage{Path: exo.Path(name), Class: RecordClass, Detail: detail, Versions: versions,
		Targets: []exo.TargetID{}, Repair: rebuildCommand})
}

// settings compares the files that are always the same.
func (c *recordCheck) settings() error {
	for _, f := range [][2]string{{"HEAD", headText}, {"config", configText}} {
		name := c.g.disk.at(f[0])
		text, err := fsys.ReadFile(c.v.FS, name, int64(len(f[1])))
		if err != nil && !spoilt(err) {
			return err
		}
		if err != nil || string(text) != f[1] {
			c.add(name, name+" is not what it was")
		}
	}
	return nil
}

// objects compares every object with its name, and every pack that git made with
// the digest at its end.
func (c *recordCheck) objects() error {
	top := c.g.disk.at("objects")
	return fsys.Walk(c.ctx, c.v.FS, top, func(name string, _ fs.DirEntry) error {
		rest := strings.TrimPrefix(name, top+"/")
		switch dir := path.Dir(rest); {
		case dir == "pack":
			return c.pack(name)
		case len(dir) != 2:
			return nil // git's own notes
		}
		want := plumbing.NewHash(strings.ReplaceAll(rest, "/", ""))
		o, err := c.g.EncodedObject(plumbing.AnyObject, want)
		detail := "an object of the record cannot be read"
		if err == nil {
			var sum plumbing.Hash
			if sum, err = digestOf(o); err == nil && sum == want {
				return nil
			} else if err == nil {
				detail = "an object of the record has other bytes"
			}
		}
		if k := exo.KindOf(err); err != nil && (k == exo.Unavailable || k == exo.Canceled) && !fsys.BadMedium(err) {
			return err
		}
		c.add(name, detail)
		return nil
	})
}

func digestOf(o plumbing.EncodedObject) (plumbing.Hash, error) {
	r, err := o.Reader()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	defer r.Close() // only read
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return plumbing.ZeroHash, err
	}
	return plumbing.ComputeHash(o.Type(), b.Bytes()), nil
}

func (c *recordCheck) pack(name string) error {
	if ext := path.Ext(name); ext != ".pack" && ext != ".idx" {
		return nil
	}
	data, err := fsys.ReadFile(c.v.FS, name, manifestLimit)
	if err != nil && spoilt(err) {
		c.add(name, "a pack of the record cannot be read")
		return nil
	}
	if err != nil {
		return err
	}
	end := len(data) - sha1.Size
	if end < 0 {
		c.add(name, "a pack of the record is cut")
	} else if sum := sha1.Sum(data[:end]); !bytes.Equal(sum[:], data[end:]) {
		c.add(name, "a pack of the record has other bytes")
	}
	return nil
}

// chain follows the branch to its first commit.
func (c *recordCheck) chain() error {
	c.commits = map[plumbing.Hash]bool{}
	name := c.g.disk.at(string(branch))
	ref, err := c.g.Reference(branch)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		c.add(name, "the branch of the record is missing")
		return nil
	}
	if err != nil {
		c.add(name, "the branch of the record cannot be read")
		return nil
	}
	for h := ref.Hash(); !c.commits[h]; {
		commit, err := object.GetCommit(c.g, h)
		if err != nil {
			c.add(name, "the history of the record breaks off")
			return nil
		}
		if c.commits[h] = true; !made(commit.Author) {
			c.add(name, "the history of the record has a commit of somebody else")
		}
		if len(commit.ParentHashes) == 0 {
			return nil
		}
		h = commit.ParentHashes[0]
	}
	return nil
}

// references compares the form of every reference that is a file: a digest, as we
// write it.
func (c *recordCheck) references() error {
	return fsys.Walk(c.ctx, c.v.FS, c.g.disk.at("refs"), func(name string, _ fs.DirEntry) error {
		text, err := fsys.ReadFile(c.v.FS, name, 100)
		if err != nil && !spoilt(err) {
			return err
		}
		if h := plumbing.NewHash(strings.TrimSpace(string(text))); err != nil || h.String()+"\n" != string(text) {
			c.add(name, "a reference of the record cannot be read")
		}
		return nil
	})
}

// manifests compares what the record tells of each version with its manifest.
func (c *recordCheck) manifests(names []exo.VersionName) error {
	tagged, err := c.v.record.tagged(c.ctx)
	if err != nil {
		c.add(gitFolder, exo.MessageOf(err))
		return nil
	}
	all := slices.Concat(names, tagged)
	slices.Sort(all)
	for _, n := range slices.Compact(all) {
		if err := c.ctx.Err(); err != nil {
			return exo.E("version.CheckRecord", exo.KindOf(err), nil, err)
		}
		tag := c.g.disk.at("refs/tags/" + string(n))
		told, err := c.v.record.read(c.ctx, n)
		if err != nil {
			c.add(tag, "the record cannot tell about version "+string(n), n)
			continue
		}
		if at, err := c.v.record.commitOf(c.ctx, n); err != nil || !c.commits[at] {
			c.add(tag, "the tag of version "+string(n)+" names a commit that is not in the history", n)
		}
		want, err := Encode(told)
		if err != nil {
			return err
		}
		have, err := fsys.ReadFile(c.v.FS, manifestOf(n), manifestLimit)
		if err != nil && !spoilt(err) {
			return err
		}
		if err != nil || !bytes.Equal(want, have) {
			c.add(manifestOf(n), "manifest and record of version "+string(n)+" differ", n)
			if _, err := c.v.read(n); err == nil { // a person has to say which is right
				c.damaged[len(c.damaged)-1].Repair = preferCommand
			}
		}
	}
	return nil
}

// spoilt tells the errors that say something about a file from those that say
// something about the disk or the call.
func spoilt(err error) bool {
	switch exo.KindOf(err) {
	case exo.NotFound, exo.Corrupt, exo.Conflict, exo.Invalid, exo.TooLarge:
		return true
	}
	return fsys.BadMedium(err)
}
