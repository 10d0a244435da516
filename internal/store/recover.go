package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// rebuilding is the note of a Reindex that has not ended.
const rebuilding = "rebuilding"

// errFound ends a search.
var errFound = errors.New("found")

// recover brings tree and index together after a crash, under the lock: the
// index takes in what the checksum files have beyond its note, the acts in the
// staging folder are finished or undone, and the folder is emptied. It costs
// time by what was under way, not by what is stored.
func (s *Store) recover(ctx context.Context) error {
	again, err := s.mustRebuild(ctx)
	if err != nil {
		return err
	}
	acts, err := s.unfinished()
	if err != nil {
		return err
	}
	if again {
		s.Log.Info("the index is made again from the data tree")
		r, err := s.reindex(ctx, nil)
		if err != nil {
			return err
		}
		s.Log.Info("the index was made again", "files", r.Files, "damaged", len(r.Damaged))
	}
	for _, name := range sumsNames() {
		if err := s.catchUp(ctx, name, paths(acts)); err != nil {
			return err
		}
	}
	if err := s.finish(ctx, acts); err != nil {
		return err
	}
	return s.emptyStaging()
}

func paths(acts []*act) map[exo.Path]bool {
	set := map[exo.Path]bool{}
	for _, a := range acts {
		for _, e := range a.items {
			set[e.meta.Path] = true
		}
	}
	return set
}

// mustRebuild tells whether the index has to be made from the tree: a rebuild
// did not end, or the index is empty and the tree is not. A tree that has lost
// checksum lines which the index knows is refused: carrying on would make an
// empty folder look like a new store.
func (s *Store) mustRebuild(ctx context.Context) (bool, error) {
	const op = "store.Open"
	if n, err := note(ctx, s.DB, rebuilding); err != nil || n != 0 {
		return n != 0, err
	}
	var known int64
	for _, name := range sumsNames() {
		noted, err := note(ctx, s.DB, name)
		if err != nil {
			return false, err
		}
		known += noted
		size, err := s.sizeOf(name)
		if err != nil {
			return false, err
		}
		if size < noted {
			return false, exo.Errorf(op, exo.Corrupt, name, "%s is missing or has lost lines: %d bytes of %d", name, size, noted).
				Try("if the data folder is the right one, look with `exoplanetai storage verify` and mend with `exoplanetai storage reindex`; if files are gone, restore them from a backup first")
		}
	}
	if known > 0 {
		return false, nil
	}
	return s.populated(ctx)
}

// populated tells whether the tree holds a checksum line or a sidecar.
func (s *Store) populated(ctx context.Context) (bool, error) {
	for _, name := range sumsNames() {
		if size, err := s.sizeOf(name); err != nil {
			return false, err
		} else if size > 0 {
			return true, nil
		}
	}
	err := fsys.Walk(ctx, s.FS, "metadata", func(name string, _ fs.DirEntry) error {
		if p, ok := described(name); ok && checkPath(p) == nil {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

// sizeOf returns the length of a file, 0 if there is none.
func (s *Store) sizeOf(name string) (int64, error) {
	info, err := s.FS.Lstat(name)
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return 0, nil
		}
		return 0, err
	}
	return info.Size(), nil
}

// catchUp takes the lines of a checksum file that the index has not noted into
// the index, and cuts off what was written in vain at the end of the file: lines
// that are torn, cannot be read, or describe nothing. Such lines in the middle
// are damage and stay for Verify to name, except those of unfinished acts, which
// are written again.
func (s *Store) catchUp(ctx context.Context, name string, pending map[exo.Path]bool) error {
	from, err := note(ctx, s.DB, name)
	if err != nil {
		return err
	}
	rows := s.newBatch(ctx)
	good, bad, files := from, false, 0 // good: end of the last line taken in; bad: one was not
	_, _, err = s.scanSums(ctx, name, from, func(at int64, d exo.Digest, p exo.Path, lerr error) error {
		of, side := described(string(p))
		if !side {
			of = p
		}
		if bad = bad || lerr != nil; lerr != nil || bad && pending[of] {
			return nil
		}
		return rows.do(func(q querier) error {
			r, ok, err := s.lineRow(ctx, q, at, d, p)
			if bad = bad || !ok; err != nil || !ok {
				return err
			}
			files++
			good = at + int64(len(sumsLine(d, p)))
			return put(ctx, q, r)
		})
	})
	if err == nil && good > from {
		err = rows.do(func(q querier) error { return setNote(ctx, q, name, good) })
	}
	if err = rows.end(err); err != nil {
		return err
	}
	if files > 0 {
		s.Log.Info("the index caught up with a checksum file", "name", name, "lines", files)
	}
	if size, err := s.sizeOf(name); err != nil || size == good {
		return err
	}
	s.Log.Warn("lines of an unfinished publication were cut off", "name", name, "at", good)
	return s.cutSums(name, good)
}

// lineRow makes the index row of a checksum line that the index has not seen.
// Of the lines of a file and its sidecar either may be missing; listLines adds
// the other. A line without its file's sidecar is left for Verify to name.
func (s *Store) lineRow(ctx context.Context, q querier, at int64, d exo.Digest, p exo.Path) (row, bool, error) {
	of, side := described(string(p))
	if !side {
		of = p
	}
	r, ok, err := get(ctx, q, of)
	if err != nil {
		return row{}, false, err
	}
	if !ok {
		m, text, err := s.readSidecar(of)
		if err != nil {
			s.Log.Error("a checksum line has no metadata record", "path", p, "error", err)
			return row{}, false, nil
		}
		r = row{m, text, -1, -1}
	}
	if side {
		r.metaLine = at
		return r, exo.DigestOf(r.text) == d, nil
	}
	r.line = at
	return r, r.meta.SHA256 == d, nil
}

// readSidecar reads and checks the sidecar of a file.
func (s *Store) readSidecar(p exo.Path) (Meta, []byte, error) {
	side := string(MetadataPath(p))
	if err := s.plain(side); err != nil {
		return Meta{}, nil, err
	}
	text, err := fsys.ReadFile(s.FS, side, maxSidecar)
	if err != nil {
		return Meta{}, nil, err
	}
	m, err := ParseMeta(text)
	if err == nil && m.Path != p {
		err = exo.Errorf("store.readSidecar", exo.Corrupt, side, "the metadata record is that of %s", m.Path)
	}
	return m, text, err
}

// intentName is the form of an intent's name; see intend.
var intentName = regexp.MustCompile(`^([0-9]{8,20})\.([0-9]{1,4})-([0-9]{1,4})\.([0-9]{8,20})\.json$`)

// pendingActs reads the intents in the staging folder. An act is returned only
// if all its intents are there and whole; any other never began to give names,
// because the staging folder is synced before that, or has ended.
func (s *Store) pendingActs() ([]*act, error) {
	var acts []*act
	byID := map[string]*act{}
	err := fsys.Walk(context.Background(), s.FS, staging, func(name string, _ fs.DirEntry) error {
		part := intentName.FindStringSubmatch(path.Base(name))
		if part == nil {
			return nil
		}
		n, err := strconv.ParseUint(part[4], 10, 64)
		if err != nil {
			return nil // no name of ours
		}
		e, err := s.readIntent(name, fmt.Sprintf("%s/%s.data", slot(n), part[4]))
		if err != nil {
			if !isDamage(err) {
				return err
			}
			s.Log.Info("a torn intent is dropped", "name", name, "error", err)
			return nil
		}
		a := byID[part[1]]
		if a == nil {
			a = &act{}
			byID[part[1]] = a
			acts = append(acts, a)
		}
		a.items = append(a.items, e)
		a.whole = strconv.Itoa(len(a.items)) == part[3]
		return nil
	})
	return acts, err
}

func (s *Store) readIntent(intent, data string) (*entry, error) {
	text, err := fsys.ReadFile(s.FS, intent, maxSidecar)
	if err != nil {
		return nil, err
	}
	m, err := ParseMeta(text)
	return &entry{meta: m, text: text, data: data, intent: intent, line: -1, mline: -1}, err
}

// unfinished gives the acts whose bytes are all there their names, and returns
// them. They come before the checksum files, which may hold lines of theirs.
func (s *Store) unfinished() ([]*act, error) {
	acts, err := s.pendingActs()
	if err != nil {
		return nil, err
	}
	var live []*act
	for _, a := range acts {
		for _, e := range a.items { // what a copy between file systems may have left
			if err := s.FS.Remove(fsys.TempName(string(e.meta.Path))); err != nil && exo.KindOf(err) != exo.NotFound {
				return nil, err
			}
		}
		ready, err := s.ready(a)
		if err != nil {
			return nil, err
		}
		if !ready {
			continue
		}
		if err := s.resync(a); err != nil {
			return nil, err
		}
		placed, folders, err := s.place([]*act{a})
		if err == nil {
			err = s.syncFolders(folders)
		}
		if err != nil {
			return nil, err
		}
		if a.err != nil { // the name was taken before; the act had no acknowledgement
			s.Log.Warn("an unfinished publication was dropped", "files", len(a.items), "error", a.err)
		}
		live = append(live, placed...)
	}
	return live, nil
}

// finish completes the acts that have their names.
func (s *Store) finish(ctx context.Context, acts []*act) error {
	for _, a := range acts {
		s.commit([]*act{a})
		if a.err != nil {
			return a.err
		}
		s.Log.Info("an unfinished publication was finished", "files", len(a.items))
	}
	return s.listLines(ctx)
}

// ready tells whether every file of the act is there whole, staged or placed.
func (s *Store) ready(a *act) (bool, error) {
	if !a.whole {
		return false, nil
	}
	for _, e := range a.items {
		found := false
		for _, name := range []string{e.data, string(e.meta.Path)} {
			size, digest, err := s.hashFile(name)
			switch kind := exo.KindOf(err); {
			case err == nil:
				found = found || size == e.meta.SizeBytes && digest == e.meta.SHA256
			case kind != exo.NotFound && kind != exo.Corrupt:
				return false, err
			}
		}
		if !found {
			return false, nil
		}
	}
	return true, nil
}

// resync does again what a kill may have cut off: until now nothing tells that
// the bytes which can be read are on the disk.
func (s *Store) resync(a *act) error {
	for _, e := range a.items {
		for _, name := range []string{e.intent, e.data, string(e.meta.Path)} {
			f, err := fsys.Open(s.FS, name)
			if exo.KindOf(err) == exo.NotFound && err != nil {
				continue
			}
			if err != nil {
				return err
			}
			if err = f.Chmod(fileMode); err == nil {
				err = f.Sync()
			}
			if cerr := f.Close(); err == nil {
				err = cerr
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// listLines appends the checksum lines that rows of the index miss, because the
// crash came between the two checksum files.
func (s *Store) listLines(ctx context.Context) error {
	const portion = 500
	for {
		metas, err := s.metas(ctx, `SELECT meta FROM files WHERE line < 0 OR meta_line < 0 ORDER BY path LIMIT ?`, []any{portion})
		if err != nil || len(metas) == 0 {
			return err
		}
		a := &act{}
		for _, m := range metas {
			r, _, err := get(ctx, s.DB, m.Path)
			if err != nil {
				return err
			}
			a.items = append(a.items, &entry{meta: r.meta, text: r.text, line: r.line, mline: r.metaLine})
		}
		sums := s.newSums()
		err = sums.add([]*act{a})
		if err == nil {
			err = fsys.SyncAll(sums.appends())
		}
		if err == nil {
			err = s.enter(ctx, []*act{a}, sums)
		}
		if err != nil {
			sums.undo()
			return err
		}
	}
}

// emptyStaging removes whatever is left in the staging folder.
func (s *Store) emptyStaging() error {
	return fsys.Walk(context.Background(), s.FS, staging, func(name string, _ fs.DirEntry) error {
		return s.FS.Remove(name)
	})
}
