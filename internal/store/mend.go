package store

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Mend mends what describes a file, from what agrees: sidecar, index row and
// checksum line, two against one. It also gives the file, if it is there, the
// permissions of a stored one. It never touches data. mended tells whether
// anything was wrong.
//
// Errors: exo.NotFound if the store has no such file; exo.Corrupt if no two
// agree, or if a checksum file is so damaged that only Reindex can help.
func (s *Store) Mend(ctx context.Context, p exo.Path) (mended bool, err error) {
	const op = "store.Mend"
	if err := s.writable(op); err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, exo.E(op, exo.KindOf(err), p, err)
	}
	err = s.alone(ctx, func() error {
		r, err := s.agreed(ctx, p)
		if err == nil {
			mended, err = s.mend(ctx, r)
		}
		return err
	})
	return mended, err
}

// agreed returns the row that a file should have: with the metadata record that
// two of the sidecar, its copy in the index and its checksum line agree on, and
// the places of the lines as the index has them.
func (s *Store) agreed(ctx context.Context, p exo.Path) (row, error) {
	const op = "store.Mend"
	if err := checkPath(p); err != nil {
		return row{}, err
	}
	copied, _, err := get(ctx, s.DB, p)
	switch {
	case err != nil && exo.KindOf(err) != exo.Corrupt:
		return row{}, err
	case err == nil && copied.text == nil:
		return row{}, exo.Errorf(op, exo.NotFound, p, "there is no file %s in the store", p).
			Try("if it is in the data folder, run `exoplanetai storage reindex`")
	}
	if copied.meta, err = ParseMeta(copied.text); err == nil && copied.meta.Path != p {
		err = exo.Errorf(op, exo.Corrupt, p, "the index holds the metadata record of %s", copied.meta.Path)
	}
	side := copied
	var serr error
	if side.meta, side.text, serr = s.readSidecar(p); serr != nil && !isDamage(serr) {
		return row{}, serr
	}
	if err == nil && serr == nil && bytes.Equal(copied.text, side.text) {
		return copied, nil
	}
	line, lerr := s.lineAt(copied.metaLine, MetadataPath(p))
	switch {
	case lerr != nil:
		return row{}, lerr
	case err == nil && line == exo.DigestOf(copied.text):
		return copied, nil
	case serr == nil && line == exo.DigestOf(side.text):
		return side, nil
	}
	return row{}, exo.Errorf(op, exo.Corrupt, p, "no two of metadata record, index and checksum line of %s agree", p).
		Try("restore %s from a backup", MetadataPath(p))
}

// mend makes sidecar, permissions, lines and row those of r.
func (s *Store) mend(ctx context.Context, r row) (mended bool, err error) {
	for _, step := range []func(context.Context, *row) (bool, error){s.mendSidecar, s.mendModes, s.mendRow} {
		did, err := step(ctx, &r)
		if err != nil {
			return false, err
		}
		mended = mended || did
	}
	if mended {
		s.Log.Info("what describes a file was mended", "path", r.meta.Path)
	}
	return mended, nil
}

func (s *Store) mendSidecar(_ context.Context, r *row) (bool, error) {
	_, text, err := s.readSidecar(r.meta.Path)
	if err != nil && !isDamage(err) {
		return false, err
	}
	if err == nil && bytes.Equal(text, r.text) {
		return false, nil
	}
	n := s.serial.Add(1)
	staged := fmt.Sprintf("%s/%08d.mend", s.home.slot(n), n)
	if err := fsys.WriteSynced(s.FS, staged, r.text, fileMode); err != nil {
		s.drop(staged)
		return false, err
	}
	err = s.supplant(staged, string(MetadataPath(r.meta.Path)))
	s.drop(staged) // it is there after an error, and after a copy between file systems
	return true, err
}

// drop removes a file from the staging folder, if it is there.
func (s *Store) drop(staged string) {
	if err := s.FS.Remove(staged); err != nil && exo.KindOf(err) != exo.NotFound {
		s.Log.Warn("a staged file is left behind", "name", staged, "error", err)
	}
}

// mendModes gives the file and its sidecar the permissions of stored ones.
func (s *Store) mendModes(_ context.Context, r *row) (mended bool, err error) {
	for _, p := range []exo.Path{r.meta.Path, MetadataPath(r.meta.Path)} {
		info, err := s.FS.Lstat(string(p))
		if err != nil && exo.KindOf(err) != exo.NotFound {
			return mended, err
		}
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() == fileMode {
			continue // damage of the data is not ours to mend
		}
		if err := s.chmodSynced(string(p)); err != nil {
			return mended, err
		}
		mended = true
	}
	return mended, nil
}

// chmodSynced makes a file read-only so that it stays so. It cannot always be
// opened before.
func (s *Store) chmodSynced(name string) error {
	if err := s.FS.Chmod(name, fileMode); err != nil {
		return err
	}
	f, err := s.openPlain(name)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// mendRow mends the two lines in their places, or finds or appends them, and
// then the row.
func (s *Store) mendRow(ctx context.Context, r *row) (bool, error) {
	e := &entry{meta: r.meta, text: r.text}
	var inPlace [2]bool
	var err error
	if e.line, inPlace[0], err = s.mendLine(ctx, r.line, r.meta.SHA256, r.meta.Path); err != nil {
		return false, err
	}
	side := MetadataPath(r.meta.Path)
	if e.mline, inPlace[1], err = s.mendLine(ctx, r.metaLine, exo.DigestOf(r.text), side); err != nil {
		return false, err
	}
	same, err := s.sameRow(ctx, r)
	if err != nil {
		return false, err
	}
	if same && e.line == r.line && e.mline == r.metaLine {
		return inPlace[0] || inPlace[1], nil
	}
	sums := s.newSums()
	err = sums.add([]*act{{items: []*entry{e}}})
	if err == nil {
		err = fsys.SyncAll(sums.appends())
	}
	if err == nil {
		err = s.enter(ctx, []*act{{items: []*entry{e}}}, sums)
	}
	if err != nil {
		sums.undo()
	}
	return true, err
}

// sameRow tells whether the index holds the record, and its columns agree.
func (s *Store) sameRow(ctx context.Context, r *row) (bool, error) {
	list, err := s.rows(ctx, `path = ? LIMIT ?`, string(r.meta.Path), 1)
	if err != nil || len(list) == 0 {
		return false, err
	}
	return bytes.Equal(list[0].text, r.text) && list[0].columns == columnsOf(r.meta), nil
}

// mendLine returns the offset of a checksum line, -1 if it has to be appended.
// mended tells that it was written again in its place.
func (s *Store) mendLine(ctx context.Context, at int64, d exo.Digest, p exo.Path) (_ int64, mended bool, err error) {
	have, err := s.lineAt(at, p)
	if err != nil || have == d {
		return at, false, err
	}
	name := sumsName(p)
	found := int64(-1)
	_, _, err = s.scanSums(ctx, name, 0, func(x int64, have exo.Digest, of exo.Path, lerr error) error {
		if lerr == nil && of == p && have == d {
			found = x
		}
		return nil
	})
	if err != nil || found >= 0 {
		return found, false, err
	}
	if at < 0 {
		return at, false, nil
	}
	fits, err := s.frame(name, at, int64(len(sumsLine(d, p))))
	if err != nil {
		return at, false, err
	}
	if !fits {
		return at, false, exo.Errorf("store.Mend", exo.Corrupt, name, "%s is damaged at byte %d and cannot be mended line by line", name, at).
			Try("run `exoplanetai storage reindex`, which writes it again from the metadata records")
	}
	return at, true, s.overwrite(name, at, sumsLine(d, p))
}

// frame tells whether a line of n bytes fits at an offset of a checksum file,
// with whole lines, or nothing, around it.
func (s *Store) frame(name string, at, n int64) (bool, error) {
	f, err := s.openPlain(name)
	if err != nil {
		if isDamage(err) {
			return false, nil
		}
		return false, err
	}
	around := make([]byte, 1+n+66)
	from := max(at-1, 0)
	got, err := f.ReadAt(around, from)
	if cerr := f.Close(); err == nil || err == io.EOF {
		err = cerr
	}
	if err != nil {
		return false, err
	}
	around = around[:got]
	if at > 0 {
		if got == 0 || around[0] != '\n' {
			return false, nil
		}
		around = around[1:]
	}
	if int64(len(around)) < n {
		return false, nil
	}
	next := around[n:]
	if len(next) == 0 {
		return true, nil
	}
	if len(next) < 66 {
		return false, nil
	}
	_, _, err = parseSumsLine(append(next[:66:66], 'x'))
	return err == nil, nil
}

// overwrite writes a line in the place of a damaged one.
func (s *Store) overwrite(name string, at int64, line []byte) error {
	f, err := s.FS.OpenFile(name, fsys.ReadWrite, 0)
	if err != nil {
		return err
	}
	if _, err = f.Seek(at, io.SeekStart); err == nil {
		_, err = f.Write(line)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
