package store

import (
	"context"
	"errors"
	"io/fs"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// rebuilding is the note of a Reindex that has not ended.
const rebuilding = "rebuilding"

// errFound ends a search.
var errFound = errors.New("found")

// recover brings tree and index together after a crash, under the lock: a Forget
// that was decided is finished, the
// index takes in what the checksum files have beyond its note, the acts in the
// staging folders are finished or undone, and the folders are emptied: those of
// processes that are no more. It costs
// time by what was under way, not by what is stored.
func (s *Store) recover(ctx context.Context, homes []*home) error {
	gone, err := s.forgotten()
	if err != nil {
		return err
	}
	again := len(gone) > 0
	if !again {
		if again, err = s.mustRebuild(ctx); err != nil {
			return err
		}
	}
	acts, err := s.unfinished(homes)
	if err != nil {
		return err
	}
	if again {
		s.Log.Info("the index is made again from the data tree")
		r, err := s.reindex(ctx, nil, gone)
		if err != nil {
			return err
		}
		s.Log.Info("the index was made again", "files", r.Files, "damaged", len(r.Damaged))
		if err := s.forgetDone(ctx); err != nil {
			return err
		}
	}
	for _, name := range sumsNames() {
		if err := s.catchUp(ctx, name, paths(acts)); err != nil {
			return err
		}
	}
	if err := s.finish(ctx, acts); err != nil {
		return err
	}
	for _, h := range homes {
		if err := s.resumeReplacing(ctx, h); err != nil { // the files wait on; a full disk must not keep the store shut
			s.Log.Error("damaged files could not be given their bytes back; the next start or restore does it", "error", err)
		}
		if err := s.clear(h, true); err != nil {
			return err
		}
	}
	return nil
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
	if err := s.boundary(name, from); err != nil {
		return err
	}
	good, bad, files := from, false, 0 // good: end of the last line taken in; bad: one was not
	err = s.batched(ctx, func(rows *batch) error {
		_, _, err := s.scanSums(ctx, name, from, func(at int64, d exo.Digest, p exo.Path, lerr error) error {
			of, side := described(string(p))
			if !side {
				of = p
			}
			astray := lerr != nil || sumsName(p) != name
			if bad = bad || astray; astray || bad && pending[of] {
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
		return err
	})
	if err != nil {
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

// boundary refuses a checksum file of a shared tree in which no line ends where
// the index says, so that nothing is cut off in a place that somebody has moved,
// while other processes are at work. A start without others cuts it off there.
func (s *Store) boundary(name string, at int64) error {
	if !s.Shared || at == 0 {
		return nil
	}
	f, err := s.openPlain(name)
	if err != nil {
		return err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], at-1)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && last[0] != '\n' {
		err = exo.Errorf("store.catchUp", exo.Corrupt, name, "%s was changed: no line ends at byte %d", name, at).
			Try("run `exoplanetai storage reindex`, which writes it again from the metadata records")
	}
	return err
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
	want, have := r.meta.SHA256, &r.line
	if side {
		want, have = exo.DigestOf(r.text), &r.metaLine
	}
	if *have >= 0 && *have < at { // the index may know the line already, and this one stands there twice
		if first, err := s.lineAt(*have, p); err != nil || first == want {
			return r, false, err
		}
	}
	*have = at
	return r, want == d, nil
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

// listLines appends the checksum lines that rows of the index miss, because the
// crash came between the two checksum files.
func (s *Store) listLines(ctx context.Context) error {
	const portion = 500
	for {
		metas, err := metasOf(ctx, s.DB, `SELECT meta FROM files WHERE line < 0 OR meta_line < 0 ORDER BY path LIMIT ?`, []any{portion})
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
