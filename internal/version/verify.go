package version

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// RecordClass is damage of the Git record.
const RecordClass Class = "record"

// Verify compares the files of a version with its manifest, and the manifest
// with the record. Full, it reads every byte; Quick, it looks at type, length and
// permissions. Every damage names all versions that list the file with the same
// digest. report gets bytes, and may be nil.
//
// Errors: exo.NotFound for a version that is not there. Damage is no error.
func (v *Versions) Verify(ctx context.Context, n exo.VersionName, o VerifyOptions, report func(done, total int64)) (VerifyReport, error) {
	if err := v.exists(n); err != nil {
		return VerifyReport{}, err
	}
	c := &checker{v: v, n: n, quick: o.Quick, report: report}
	c.Version, c.Depth, c.StartedAt, c.Damaged = n, "full", v.now(), []Damage{}
	if o.Quick {
		c.Depth = "quick"
	}
	err := c.run(ctx)
	c.FinishedAt = v.now()
	c.OK = err == nil && len(c.Damaged) == 0
	return c.VerifyReport, err
}

// checker is one run of Verify.
type checker struct {
	v      *Versions
	n      exo.VersionName
	quick  bool
	report func(done, total int64)
	total  int64

	mu   sync.Mutex // guards what follows
	want map[exo.Path]exo.Digest
	VerifyReport
}

func (c *checker) run(ctx context.Context) error {
	m, err := c.v.read(c.n)
	if exo.KindOf(err) == exo.Corrupt && err != nil {
		c.add(Damage{Path: exo.Path(manifestOf(c.n)), Class: store.MetadataFile, Detail: exo.MessageOf(err), Repair: rebuildCommand})
		m, err = c.v.record.read(ctx, c.n)
		switch {
		case err == nil:
		case exo.KindOf(err) == exo.Corrupt, exo.KindOf(err) == exo.NotFound:
			return nil // nothing tells what the files should be; that the manifest is damaged is told
		default:
			return err
		}
	} else if err != nil {
		return err
	} else if err := c.compareRecord(ctx, m); err != nil {
		return err
	}
	c.total, c.want = m.TotalSizeBytes, map[exo.Path]exo.Digest{}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, runtime.GOMAXPROCS(0)))
	for _, f := range m.Files {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error { return c.file(gctx, f) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return exo.E("version.Verify", exo.KindOf(err), nil, err)
	}
	if err := c.strangers(ctx, &m); err != nil {
		return err
	}
	return c.tell(ctx)
}

func (c *checker) add(d Damage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.Versions == nil {
		d.Versions = []exo.VersionName{c.n}
	}
	if d.Targets == nil {
		d.Targets = []exo.TargetID{}
	}
	c.Damaged = append(c.Damaged, d)
}

// compareRecord adds a damage where the record tells another story.
func (c *checker) compareRecord(ctx context.Context, m Manifest) error {
	if d, err := c.v.record.foreign(ctx); err != nil {
		return err
	} else if d != nil {
		d.Versions = nil // of this version
		c.add(*d)
		return nil
	}
	detail, repair := "", rebuildCommand
	if told, err := c.v.record.read(ctx, c.n); err != nil {
		if k := exo.KindOf(err); k != exo.Corrupt && k != exo.NotFound {
			return err
		}
		detail = "the record does not have this version: " + exo.MessageOf(err)
	} else {
		a, aerr := Encode(m)
		b, berr := Encode(told)
		if aerr != nil || berr != nil || !bytes.Equal(a, b) {
			detail, repair = "the record has another manifest of this version", preferCommand
		}
	}
	if detail != "" {
		c.add(Damage{Path: gitFolder, Class: RecordClass, Detail: detail, Repair: repair})
	}
	return nil
}

// file compares one file.
func (c *checker) file(ctx context.Context, f File) error {
	name := place(c.n, f.Path)
	info, err := c.v.FS.Lstat(name)
	class, detail, read := Class(""), "", int64(0)
	switch {
	case err != nil && exo.KindOf(err) == exo.NotFound:
		class, detail = store.Missing, name+" is missing"
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		class, detail = store.Damaged, name+" is not a plain file"
	case info.Size() != f.SizeBytes:
		class, detail = store.Damaged, name+" does not have its length"
	case !c.quick:
		sum, n, err := fsys.Digest(ctx, c.v.FS, name)
		if err != nil && !fsys.BadMedium(err) {
			return err
		}
		if read = n; err != nil || sum != f.Hash {
			class, detail = store.Damaged, name+" has other bytes than the manifest says"
		}
	}
	if class == "" && info.Mode().Perm() != fileMode {
		class, detail = store.Mode, name+" can be written to"
	}
	if class != "" {
		c.add(Damage{Path: f.Path, Class: class, Detail: detail})
	}
	c.count(f, read, class != "")
	return nil
}

func (c *checker) count(f File, read int64, bad bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Files++
	c.Bytes += read
	if bad {
		c.want[f.Path] = f.Hash
	}
	if c.report != nil {
		c.report(c.Bytes, c.total)
	}
}

// strangers finds files that the manifest does not list.
func (c *checker) strangers(ctx context.Context, m *Manifest) error {
	top := folder(c.n)
	return fsys.Walk(ctx, c.v.FS, top, func(name string, _ fs.DirEntry) error {
		rest := strings.TrimPrefix(name, top+"/")
		if rest == manifestFile {
			return nil
		}
		if p, ok := strings.CutPrefix(rest, filesFolder+"/"); ok {
			if _, listed := m.find(exo.Path(p)); listed {
				return nil
			}
		}
		c.add(Damage{Path: exo.Path(name), Class: store.Extra, Detail: name + " is not in the manifest", Repair: store.Repair(name, store.Extra)})
		return nil
	})
}

// tell adds to each damage the versions and stars that it touches, and the
// command that repairs it.
func (c *checker) tell(ctx context.Context) error {
	holders, err := c.v.Holders(ctx, c.want)
	if err != nil {
		return err
	}
	for i := range c.Damaged {
		d := &c.Damaged[i]
		if _, ours := c.want[d.Path]; !ours || d.Repair != "" {
			continue
		}
		if h := holders[d.Path]; len(h) > 0 {
			d.Versions = h
		}
		d.Repair = store.Repair(string(d.Path), d.Class)
		meta, err := c.v.Store.Get(ctx, d.Path)
		if err != nil && exo.KindOf(err) != exo.NotFound {
			return err
		}
		if err == nil && meta.Target != (exo.TargetID{}) {
			d.Targets = []exo.TargetID{meta.Target}
		}
	}
	slices.SortFunc(c.Damaged, func(a, b Damage) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class))
	})
	return nil
}
