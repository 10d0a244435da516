package store

import (
	"bufio"
	"cmp"
	"context"
	"io/fs"
	"path"
	"slices"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// ReindexReport tells what Reindex did.
type ReindexReport struct {
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Files      int64     `json:"files"`   // files in the index now
	Added      int64     `json:"added"`   // that it did not have before
	Removed    int64     `json:"removed"` // that it had, and of which nothing is left in the tree
	Lines      int64     `json:"lines"`   // checksum lines that were missing and are written anew
	Damaged    []Damage  `json:"damaged"` // what could not be taken in, by path
}

// reindex does it while nothing is published. Of the files that are gone, which
// have been removed, no line and no row stays.
func (s *Store) reindex(ctx context.Context, report func(done, total int64), gone map[exo.Path]bool) (ReindexReport, error) {
	r := &reindexer{s: s, ctx: ctx, report: report, bad: map[string]bool{}, gone: gone}
	r.StartedAt = s.now()
	err := r.begin()
	if err == nil {
		err = s.batched(ctx, func(b *batch) error { r.rows = b; return r.run() })
	}
	if err == nil {
		err = s.listLines(ctx)
	}
	r.FinishedAt = s.now()
	slices.SortFunc(r.Damaged, compareDamage)
	return r.ReindexReport, err
}

func compareDamage(a, b Damage) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Detail, b.Detail))
}

// reindexer is one run of Reindex.
type reindexer struct {
	s      *Store
	ctx    context.Context // of the one call that it lives for
	report func(done, total int64)
	done   int64
	bad    map[string]bool   // sidecars that contradict their checksum line
	gone   map[exo.Path]bool // files that Forget has removed
	rows   *batch
	ReindexReport
}

// begin notes on Postgres that the checksum files are about to be written again:
// what follows is one transaction, of which another process would see nothing if
// this one were killed in the middle.
func (r *reindexer) begin() error {
	if !r.s.postgres() {
		return nil
	}
	return sqldb.Typed("store.Reindex", nil, setNote(r.ctx, r.s.DB, rebuilding, 1))
}

func (r *reindexer) run() error {
	r.Damaged = []Damage{}
	err := r.rows.do(func(q querier) error {
		if err := setNote(r.ctx, q, rebuilding, 1); err != nil {
			return err
		}
		if _, err := q.ExecContext(r.ctx, `UPDATE files SET line = -1, meta_line = -1`); err != nil {
			return err
		}
		return r.forgetRows(q)
	})
	names := sumsNames()
	slices.Reverse(names) // the sidecars' first: they make the rows
	for _, name := range names {
		if err == nil {
			err = r.rewrite(name)
		}
	}
	if err == nil {
		err = r.rows.do(func(q querier) error {
			if err := setNote(r.ctx, q, rebuilding, 0); err != nil {
				return err
			}
			return q.QueryRowContext(r.ctx, `SELECT count(*) FROM files`).Scan(&r.Files)
		})
	}
	return err
}

// rewrite makes a checksum file anew in the staging folder, beside the rows
// whose lines it holds, and puts it in place.
func (r *reindexer) rewrite(name string) (err error) {
	temp := path.Join(staging, path.Base(name))
	f, err := r.s.FS.OpenFile(temp, fsys.WriteOnly|fsys.Empty, 0o644)
	if err != nil {
		return err
	}
	w := &sumsWriter{out: bufio.NewWriterSize(f, 64<<10)}
	if name == sidecarSums {
		err = r.sidecars(name, w)
	} else {
		err = r.files(name, w)
	}
	if err == nil {
		err = fsys.Typed("store.Reindex", name, w.out.Flush())
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && w.size > 0 {
		err = r.s.FS.Rename(temp, name)
	}
	if err != nil || w.size == 0 {
		_ = r.s.FS.Remove(temp) // the first error is the one to tell; staging is emptied at start
	}
	switch {
	case err == nil && w.size == 0:
		err = r.s.cutSums(name, 0)
	case err == nil:
		err = r.s.FS.SyncDir(sumsFolder)
	}
	if err == nil {
		err = r.rows.do(func(q querier) error { return setNote(r.ctx, q, name, w.size) })
	}
	return err
}

// sumsWriter writes checksum lines and knows their offsets.
type sumsWriter struct {
	out  *bufio.Writer
	size int64
}

func (w *sumsWriter) line(d exo.Digest, p exo.Path) (at int64, err error) {
	at = w.size
	n, err := w.out.Write(sumsLine(d, p))
	w.size += int64(n)
	return at, err
}

// scan visits the lines of a checksum file as it is now. What is no plain file
// has none; a new one takes its place.
func (r *reindexer) scan(name string, visit func(at int64, d exo.Digest, p exo.Path, err error) error) (torn bool, err error) {
	if err := r.s.plain(name); err != nil && exo.KindOf(err) != exo.NotFound {
		if !isDamage(err) {
			return false, err
		}
		r.damage(name, ChecksumFile, "it cannot be read", err)
		return false, nil
	}
	_, torn, err = r.s.scanSums(r.ctx, name, 0, visit)
	return torn, err
}

// sidecars makes rows from the lines of the sidecars, then from the sidecars
// that have no line.
func (r *reindexer) sidecars(name string, w *sumsWriter) error {
	torn, err := r.scan(name, func(_ int64, d exo.Digest, p exo.Path, lerr error) error {
		of, ok := described(string(p))
		if lerr != nil || !ok {
			r.damage(name, ChecksumFile, "a line cannot be read", lerr)
			return nil
		}
		if r.gone[of] {
			return nil
		}
		return r.rows.do(func(q querier) error { return r.sidecarLine(q, w, d, of) })
	})
	if err != nil {
		return err
	}
	if torn {
		r.damage(name, ChecksumFile, "the last line is torn", nil)
	}
	return fsys.Walk(r.ctx, r.s.FS, "metadata", func(file string, _ fs.DirEntry) error {
		of, ok := described(file)
		if !ok || checkPath(of) != nil || r.bad[file] || r.gone[of] {
			return nil
		}
		return r.rows.do(func(q querier) error { return r.unlisted(q, w, of) })
	})
}

// sidecarLine takes in a sidecar that has a checksum line, or keeps the line if
// the sidecar is not what the line says.
func (r *reindexer) sidecarLine(q querier, w *sumsWriter, d exo.Digest, of exo.Path) error {
	old, have, err := get(r.ctx, q, of)
	if err != nil && exo.KindOf(err) != exo.Corrupt {
		return err
	}
	if have && old.metaLine >= 0 {
		return nil // the line stood there twice
	}
	side := MetadataPath(of)
	at, err := w.line(d, side)
	if err != nil {
		return err
	}
	m, text, err := r.s.readSidecar(of)
	switch {
	case err == nil && exo.DigestOf(text) == d:
		r.count(have)
		return put(r.ctx, q, row{m, text, -1, at})
	case err != nil && !isDamage(err):
		return err
	}
	r.bad[string(side)] = true
	r.damage(string(side), MetadataFile, "the metadata record is missing or not what its checksum says", err)
	if have && exo.DigestOf(old.text) == d {
		old.line, old.metaLine = -1, at
		return put(r.ctx, q, old)
	}
	return nil
}

// unlisted takes in a sidecar that has no checksum line.
func (r *reindexer) unlisted(q querier, w *sumsWriter, of exo.Path) error {
	old, have, err := get(r.ctx, q, of)
	if err != nil && exo.KindOf(err) != exo.Corrupt {
		return err
	}
	if have && old.metaLine >= 0 {
		return nil
	}
	m, text, err := r.s.readSidecar(of)
	if err != nil {
		if !isDamage(err) {
			return err
		}
		r.damage(string(MetadataPath(of)), MetadataFile, "the metadata record cannot be read", err)
		return nil
	}
	at, err := w.line(exo.DigestOf(text), MetadataPath(of))
	if err != nil {
		return err
	}
	r.Lines++
	r.count(have)
	return put(r.ctx, q, row{m, text, -1, at})
}

// files gives the rows of a folder their lines, keeps lines that have no row,
// and writes lines for rows that have none.
func (r *reindexer) files(name string, w *sumsWriter) error {
	torn, err := r.scan(name, func(_ int64, d exo.Digest, p exo.Path, lerr error) error {
		if lerr != nil || sumsName(p) != name {
			r.damage(name, ChecksumFile, "a line cannot be read, or stands in the wrong file", lerr)
			return nil
		}
		if r.gone[p] {
			return nil
		}
		return r.rows.do(func(q querier) error { return r.fileLine(q, w, d, p) })
	})
	if err != nil {
		return err
	}
	if torn {
		r.damage(name, ChecksumFile, "the last line is torn", nil)
	}
	if err := r.rows.commit(); err != nil {
		return err
	}
	for _, s := range sections {
		if s.sums() == name {
			return r.missingLines(w, s.folder)
		}
	}
	return nil
}

func (r *reindexer) fileLine(q querier, w *sumsWriter, d exo.Digest, p exo.Path) error {
	have, ok, err := get(r.ctx, q, p)
	if err != nil && exo.KindOf(err) != exo.Corrupt {
		return err
	}
	switch {
	case ok && have.line >= 0:
		return nil // the line stood there twice
	case ok && have.meta.SHA256 != d:
		_, now, err := r.s.hashFile(string(p))
		if err != nil && !isDamage(err) {
			return err
		}
		if err == nil && now == have.meta.SHA256 {
			return nil // the line was wrong; the right one follows
		}
		r.damage(string(p), Damaged, "the checksum line and the metadata record contradict each other", err)
	case !ok:
		r.damage(string(p), MetadataFile, "the file has a checksum line and no metadata record", nil)
	}
	at, err := w.line(d, p)
	if err != nil || !ok || have.meta.SHA256 != d {
		return err
	}
	have.line = at
	return put(r.ctx, q, have)
}

// missingLines writes the lines of rows that have none, and removes rows of
// which nothing is left in the tree.
func (r *reindexer) missingLines(w *sumsWriter, folder string) error {
	for after := folder + "/"; ; {
		list, err := metasOf(r.ctx, r.rows.query(), `SELECT meta FROM files WHERE line < 0 AND path > ? AND path < ? ORDER BY path LIMIT ?`,
			[]any{after, folder + "0", batchSize})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, m := range list {
			after = string(m.Path)
			if err := r.rows.do(func(q querier) error { return r.missingLine(q, w, m.Path) }); err != nil {
				return err
			}
		}
		if err := r.rows.commit(); err != nil {
			return err
		}
	}
}

func (r *reindexer) missingLine(q querier, w *sumsWriter, p exo.Path) error {
	have, _, err := get(r.ctx, q, p)
	if err != nil {
		return err
	}
	lost, err := r.s.lost(p)
	if err != nil {
		return err
	}
	if lost && have.metaLine < 0 {
		r.Removed++
		_, err := q.ExecContext(r.ctx, `DELETE FROM files WHERE path = ?`, string(p))
		return sqldb.Typed("store.Reindex", p, err)
	}
	if have.line, err = w.line(have.meta.SHA256, p); err != nil {
		return err
	}
	r.Lines++
	return put(r.ctx, q, have)
}

func (r *reindexer) count(known bool) {
	if !known {
		r.Added++
	}
	r.done++
	if r.report != nil {
		r.report(r.done, 0)
	}
}

func (r *reindexer) damage(name string, c Class, detail string, err error) {
	r.Damaged = append(r.Damaged, newDamage(name, c, detail, err))
}

// isDamage tells the errors that say something about a file from those that
// say something about the disk or the call.
func isDamage(err error) bool {
	switch exo.KindOf(err) {
	case exo.NotFound, exo.Corrupt, exo.Conflict, exo.Invalid, exo.TooLarge:
		return true
	}
	return fsys.BadMedium(err)
}
