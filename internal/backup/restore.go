package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	stdfs "io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/snapshot"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// walk calls visit for every file of a snapshot, in the order of names. What
// cannot be listed is told to bad.
func walk(ctx context.Context, d fs.Directory, name string, visit func(name string, f fs.File) error, bad func(Damage)) error {
	return fs.IterateEntries(ctx, d, func(ctx context.Context, e fs.Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := path.Join(name, e.Name())
		switch e := e.(type) {
		case fs.Directory:
			err := walk(ctx, e, at, visit, bad)
			if err != nil && ctx.Err() == nil && !errors.As(err, new(*exo.Error)) {
				bad(Damage{at, "unreadable", "the folder's list cannot be read from the repository"})
				return nil
			}
			return err
		case fs.File:
			return visit(at, e)
		}
		bad(Damage{at, "unreadable", "neither a file nor a folder"})
		return nil
	})
}

// Verify reads every byte of a snapshot back from the repository and compares it
// with the digests in the snapshot's own lists: checksums/*.sha256 and the
// manifests of versions. The outcome is kept.
func (s *Service) Verify(ctx context.Context, o VerifyOptions, report func(done, total int64)) (rep VerifyReport, err error) {
	const op = "backup.Verify"
	err = s.in(ctx, op, false, func(ctx context.Context, r repo.DirectRepository) error {
		m, root, err := s.pick(ctx, r, o.Snapshot)
		if err != nil {
			return err
		}
		rep, err = s.verify(ctx, m, root, reporter(report))
		return err
	})
	if err != nil {
		return VerifyReport{}, err
	}
	return rep, nil
}

func (s *Service) verify(ctx context.Context, m *snapshot.Manifest, root fs.Directory, report func(done, total int64)) (VerifyReport, error) {
	rep := VerifyReport{Snapshot: string(m.ID), VerifiedAt: s.now(), Damaged: []Damage{}}
	if err := s.readBack(ctx, root, &rep, sizeOf(m).TotalFileSize, report); err != nil {
		return rep, err
	}
	rep.OK = len(rep.Damaged) == 0
	rep.DurationS = s.o.Clock().Sub(rep.VerifiedAt).Seconds()
	return rep, s.checked(ctx, rep.Snapshot, rep.VerifiedAt, rep.OK)
}

func (s *Service) readBack(ctx context.Context, root fs.Directory, rep *VerifyReport, total int64, report func(done, total int64)) error {
	bad := func(d Damage) { rep.Damaged = append(rep.Damaged, d) }
	list, err := readSums(ctx, root)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		bad(Damage{"checksums", "unreadable", "the lists of digests cannot be read from the repository"})
		list = sums{}
	}
	return walk(ctx, root, "", func(name string, f fs.File) error {
		sum, n, err := digest(ctx, f)
		rep.Files++
		rep.Bytes += n
		report(min(rep.Bytes, total), total)
		want, listed := list[name]
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.o.Log.Warn("a file of a backup cannot be read", "path", name, "error", err)
			bad(Damage{name, "unreadable", "the file cannot be read from the repository"})
		case n != f.Size():
			bad(Damage{name, "corrupt", "the file is shorter or longer than it was"})
		case listed && sum != want:
			bad(Damage{name, "corrupt", "the file's digest is not the recorded one"})
		case listed:
			rep.Compared++
		}
		return nil
	}, bad)
}

func digest(ctx context.Context, f fs.File) (sum exo.Digest, n int64, err error) {
	h := sha256.New()
	err = reading(ctx, f, func(r io.Reader) error {
		n, err = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, 256<<10))
		return err
	})
	h.Sum(sum[:0])
	return sum, n, err
}

// Restore brings a snapshot, or some paths of it, back to an empty folder. All
// is written to a hidden folder beside it first, compared with the digests of
// the snapshot's lists on the way, and moved when it is whole; what fails leaves
// nothing.
//
// exo.Conflict for a folder that holds something, or that another restore goes
// to; exo.Corrupt when a file is not what its digest says; exo.NotFound for a
// path that the snapshot lacks.
func (s *Service) Restore(ctx context.Context, o RestoreOptions, report func(done, total int64)) (rep RestoreReport, err error) {
	if o, err = s.target(o); err != nil {
		return rep, err
	}
	err = s.in(ctx, "backup.Restore", false, func(ctx context.Context, r repo.DirectRepository) error {
		m, root, err := s.pick(ctx, r, o.Snapshot)
		if err != nil {
			return err
		}
		rep, err = s.restore(ctx, m, root, o, reporter(report))
		return err
	})
	if err != nil {
		return RestoreReport{}, err
	}
	return rep, nil
}

// target checks where to restore to, and what.
func (s *Service) target(o RestoreOptions) (RestoreOptions, error) {
	if o.Folder != "" {
		if err := s.hasTree("backup.Restore"); err != nil {
			return o, err
		}
		p, err := exo.ParsePath("restored/" + o.Folder)
		if err != nil {
			return o, err
		}
		o.To = filepath.Join(s.o.DataPath, filepath.FromSlash(string(p)))
	}
	o.To = filepath.Clean(o.To)
	if !filepath.IsAbs(o.To) || filepath.Dir(o.To) == o.To {
		return o, exo.Errorf("backup.Restore", exo.Invalid, nil, "the folder to restore to must be a full path, and not the root")
	}
	if err := fsys.Apart("backup.Restore", o.To, s.o.DataPath, "restored"); err != nil {
		return o, err
	}
	for _, p := range o.Paths {
		if _, err := exo.ParsePath(strings.TrimSuffix(p, "/")); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (s *Service) restore(ctx context.Context, m *snapshot.Manifest, root fs.Directory, o RestoreOptions, report func(done, total int64)) (rep RestoreReport, err error) {
	started, base := s.now(), filepath.Base(o.To)
	rep = RestoreReport{Snapshot: string(m.ID), To: o.To, DryRun: o.DryRun}
	if o.Folder != "" {
		rep.To = "restored/" + o.Folder // paths of the machine are nobody's business
	}
	b := &bringing{at: "." + base + ".restoring", want: o.Paths, dry: o.DryRun, rep: &rep, total: sizeOf(m).TotalFileSize, report: report}
	parent, err := fsys.OpenDir(filepath.Dir(o.To), !o.DryRun)
	if gone(err) && o.DryRun { // then so is the folder
		return rep, b.all(ctx, root)
	}
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, parent.Close()) }()
	if err := free(parent, base); err != nil {
		return rep, err
	}
	if b.to = parent; o.DryRun {
		return rep, b.all(ctx, root)
	}
	unlock, err := b.alone(ctx)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := b.whole(ctx, root, base); err != nil {
		return rep, err
	}
	rep.DurationS = s.o.Clock().Sub(started).Seconds()
	return rep, nil
}

// free refuses a name that holds something.
func free(parent fsys.FS, base string) error {
	list, err := parent.ReadDir(base)
	if gone(err) || err == nil && len(list) == 0 {
		return nil
	}
	if err != nil && !errors.Is(err, exo.Conflict) {
		return err
	}
	return exo.Errorf("backup.Restore", exo.Conflict, nil, "the folder to restore to is not empty").
		Try("name a folder that is empty or not there; to mend single files use `exoplanetai storage repair`")
}

// bringing is one restore.
type bringing struct {
	to     *fsys.Dir // nil: only count
	at     string    // the hidden folder
	want   []string
	dry    bool
	list   sums
	rep    *RestoreReport
	total  int64
	report func(done, total int64)
	have   map[exo.Digest]string // what a version's file may be linked to
}

// alone keeps a second restore to the same place out.
func (b *bringing) alone(ctx context.Context) (func() error, error) {
	name := b.at + lockSuffix
	lock, err := b.to.Lock(name)
	if errors.Is(err, exo.Conflict) {
		return nil, exo.E("backup.Restore", exo.Conflict, nil, err).Say("another restore goes to this folder").Try("wait until it has ended, or name another folder")
	}
	if err != nil {
		return nil, err
	}
	return func() error {
		return errors.Join(fsys.RemoveAll(context.WithoutCancel(ctx), b.to, name), lock.Unlock())
	}, nil
}

// whole writes everything to the hidden folder, and gives that its name when it
// is right.
func (b *bringing) whole(ctx context.Context, root fs.Directory, base string) (err error) {
	if err := fsys.RemoveAll(ctx, b.to, b.at); err != nil { // of a restore that was cut short
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, fsys.RemoveAll(context.WithoutCancel(ctx), b.to, b.at))
		}
	}()
	if err := fsys.MkdirAll(b.to, b.at, 0o755); err != nil {
		return err
	}
	if err := b.all(ctx, root); err != nil {
		return err
	}
	return b.move(base)
}

// all writes, or counts, what is wanted.
func (b *bringing) all(ctx context.Context, root fs.Directory) (err error) {
	if b.list, err = readSums(ctx, root); err != nil {
		return err
	}
	var damage []Damage
	b.have = map[exo.Digest]string{}
	found := make([]bool, len(b.want))
	err = walk(ctx, root, "", func(name string, f fs.File) error {
		if !b.wanted(name, found) {
			return nil
		}
		return b.file(ctx, name, f)
	}, func(d Damage) { damage = append(damage, d) })
	if err != nil {
		return err
	}
	if len(damage) > 0 {
		return exo.Errorf("backup.Restore", exo.Corrupt, damage[0].Path, "%s", damage[0].What).Try("exoplanetai backup verify; another snapshot may be whole")
	}
	for i, ok := range found {
		if !ok {
			return exo.Errorf("backup.Restore", exo.NotFound, b.want[i], "the backup does not hold it")
		}
	}
	return nil
}

// move gives the whole tree its name, in place of the empty folder.
func (b *bringing) move(base string) error {
	if err := b.to.Remove(base); err != nil && !gone(err) {
		return err
	}
	if err := b.to.Rename(b.at, base); err != nil {
		return err
	}
	return b.to.SyncDir(".")
}

func (b *bringing) wanted(name string, found []bool) bool {
	is := len(b.want) == 0
	for i, w := range b.want {
		if w = strings.TrimSuffix(w, "/"); name == w || strings.HasPrefix(name, w+"/") {
			found[i], is = true, true
		}
	}
	return is
}

// file writes one file, or links it to the same bytes where versions do that.
func (b *bringing) file(ctx context.Context, name string, f fs.File) error {
	b.rep.Files++
	b.rep.Bytes += f.Size()
	defer func() { b.report(min(b.rep.Bytes, b.total), b.total) }()
	if b.dry {
		return nil
	}
	to := path.Join(b.at, name)
	if err := fsys.MkdirAll(b.to, path.Dir(to), 0o755); err != nil {
		return err
	}
	want, listed := b.list[name]
	shared := listed && (strings.HasPrefix(name, "lightcurves/") || strings.HasPrefix(name, "versions/"))
	if from, ok := b.have[want]; ok && shared && strings.HasPrefix(name, "versions/") && b.to.Link(from, to) == nil {
		b.rep.Compared++
		return nil
	}
	var sum exo.Digest
	err := reading(ctx, f, func(r io.Reader) (err error) {
		sum, err = fsys.Fill(ctx, r, b.to, to, f.Mode()&stdfs.ModePerm)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.to.SetTime(to, f.ModTime()); err != nil {
		return err
	}
	if !listed {
		return nil
	}
	if sum != want {
		return exo.Errorf("backup.Restore", exo.Corrupt, name, "the file in the backup is not the recorded one").
			Try("exoplanetai backup verify; another snapshot may be whole")
	}
	b.rep.Compared++
	if shared {
		b.have[want] = to
	}
	return nil
}
