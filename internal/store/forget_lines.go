package store

import (
	"bufio"
	"context"
	"database/sql"
	"io"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// cutting is how the lines of forgotten files are taken out of one checksum file.
type cutting struct {
	name string
	size int64 // of the file
	gaps []gap // in their order
}

// gap is a run of lines that go.
type gap struct{ from, to int64 }

// strike takes the rows and checksum lines of forgotten files out, and moves the
// offsets of the lines behind them: it reads the checksum files and no sidecar,
// which is most of what reindex does. done is false, and nothing is changed, where
// a checksum file is not whole: then only reindex knows what to do.
//
// It is safe as long as the intent is there: if anything cuts it short, the files
// and the index are made again.
func (s *Store) strike(ctx context.Context, gone map[exo.Path]bool) (done bool, err error) {
	var cuts []*cutting
	for _, name := range sumsNames() {
		c, whole, err := s.cuts(ctx, name, gone)
		if err != nil || !whole {
			return false, err
		}
		if len(c.gaps) > 0 {
			cuts = append(cuts, c)
		}
	}
	for _, c := range cuts {
		if err := s.rewriteWithout(c); err != nil {
			return false, err
		}
	}
	return true, s.moveRows(ctx, gone, cuts)
}

// cuts finds the lines that go. whole is false where a line cannot be read, or the
// file is not as long as the index has noted.
func (s *Store) cuts(ctx context.Context, name string, gone map[exo.Path]bool) (c *cutting, whole bool, err error) {
	c = &cutting{name: name}
	if err := s.plain(name); err != nil && exo.KindOf(err) != exo.NotFound {
		if isDamage(err) {
			err = nil
		}
		return c, false, err
	}
	whole = true
	end, torn, err := s.scanSums(ctx, name, 0, func(at int64, d exo.Digest, p exo.Path, lerr error) error {
		if lerr != nil || sumsName(p) != name {
			whole = false
			return nil
		}
		of, side := described(string(p))
		if !side {
			of = p
		}
		if !gone[of] {
			return nil
		}
		to := at + int64(len(sumsLine(d, p)))
		if n := len(c.gaps); n > 0 && c.gaps[n-1].to == at {
			c.gaps[n-1].to = to
		} else {
			c.gaps = append(c.gaps, gap{at, to})
		}
		return nil
	})
	if err != nil {
		return c, false, err
	}
	noted, err := note(ctx, s.DB, name)
	c.size = end
	return c, whole && !torn && noted == end, err
}

// rewriteWithout makes a checksum file anew without its gaps.
func (s *Store) rewriteWithout(c *cutting) (err error) {
	left := c.size
	for _, g := range c.gaps {
		left -= g.to - g.from
	}
	if left == 0 {
		return s.cutSums(c.name, 0)
	}
	in, err := fsys.Open(s.FS, c.name)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	temp := staging + "/forget.sha256"
	out, err := s.FS.OpenFile(temp, fsys.WriteOnly|fsys.Empty, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 64<<10)
	at := int64(0)
	for _, g := range append(c.gaps, gap{c.size, c.size}) {
		if err == nil {
			_, err = io.Copy(w, io.NewSectionReader(in, at, g.from-at))
		}
		at = g.to
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if size, serr := s.sizeOf(temp); err == nil {
		if err = serr; err == nil && size != left {
			err = exo.Errorf("store.Forget", exo.Unavailable, c.name, "%s has %d bytes after writing %d", c.name, size, left)
		}
	}
	if err == nil {
		err = s.FS.Rename(temp, c.name)
	}
	if err != nil {
		s.drop(temp)
		return fsys.Typed("store.Forget", c.name, err)
	}
	return s.FS.SyncDir(sumsFolder)
}

// moveRows removes the rows, moves the offsets of the others, and notes the new
// lengths, in one transaction.
func (s *Store) moveRows(ctx context.Context, gone map[exo.Path]bool, cuts []*cutting) error {
	err := s.DB.InTx(ctx, func(tx *sql.Tx) error { return moveRows(ctx, tx, gone, cuts) })
	return sqldb.Typed("store.Forget", nil, err)
}

func moveRows(ctx context.Context, tx querier, gone map[exo.Path]bool, cuts []*cutting) error {
	for p := range gone {
		if _, err := tx.ExecContext(ctx, `DELETE FROM files WHERE path = ?`, string(p)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE gaps(at INTEGER PRIMARY KEY, cut INTEGER NOT NULL)`); err != nil {
		return err
	}
	for _, c := range cuts {
		if err := moveLines(ctx, tx, c); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `DROP TABLE gaps`)
	return err
}

// moveLines moves the offsets of the lines of one checksum file.
func moveLines(ctx context.Context, q querier, c *cutting) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM gaps`); err != nil {
		return err
	}
	cut := int64(0)
	for _, g := range c.gaps {
		cut += g.to - g.from
		if _, err := q.ExecContext(ctx, `INSERT INTO gaps(at, cut) VALUES(?,?)`, g.from, cut); err != nil {
			return err
		}
	}
	move := `UPDATE files SET meta_line = meta_line - (SELECT cut FROM gaps WHERE at < meta_line ORDER BY at DESC LIMIT 1) WHERE meta_line > ?`
	args := []any{c.gaps[0].from}
	for _, part := range sections {
		if part.sums() == c.name {
			move = `UPDATE files SET line = line - (SELECT cut FROM gaps WHERE at < line ORDER BY at DESC LIMIT 1) WHERE line > ? AND path > ? AND path < ?`
			args = append(args, part.folder+"/", part.folder+"0") // "0" follows "/"
		}
	}
	if _, err := q.ExecContext(ctx, move, args...); err != nil {
		return err
	}
	return setNote(ctx, q, c.name, c.size-cut)
}
