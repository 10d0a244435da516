package store

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// indexed is a row of the index with the columns that repeat the sidecar.
type indexed struct {
	row
	columns rowColumns
}

// rowColumns are the columns of a row that must agree with its sidecar.
type rowColumns struct {
	path, folder, kind, table, target, mission, author string
	sector                                             sql.NullInt64
	sha256                                             string
	size, retrieved                                    int64
}

func columnsOf(m Meta) rowColumns {
	c := rowColumns{string(m.Path), folderOf(m.Path), string(m.Kind), string(m.Table), m.Target.String(), string(m.Mission), m.Author,
		sql.NullInt64{}, string(m.SHA256[:]), m.SizeBytes, m.RetrievedAt.UnixNano()}
	if m.SectorQuarter != nil {
		c.sector = sql.NullInt64{Int64: int64(*m.SectorQuarter), Valid: true}
	}
	return c
}

// files compares every row with its file, its sidecar and their lines, and
// notes the proofs.
func (v *verifier) files() error {
	for after := ""; ; {
		list, err := v.portion(after)
		if err != nil || len(list) == 0 {
			return err
		}
		var good, bad []string
		for _, r := range list {
			before := len(v.Damaged)
			if err := v.file(r); err != nil {
				return err
			}
			if len(v.Damaged) == before {
				good = append(good, r.columns.path)
			} else {
				bad = append(bad, r.columns.path)
			}
		}
		if err := v.prove(good, bad); err != nil {
			return err
		}
		after = list[len(list)-1].columns.path
	}
}

func (v *verifier) portion(after string) ([]indexed, error) {
	return v.rows(`path > ? ORDER BY path LIMIT ?`, after, batchSize)
}

// rows reads whole rows of the index; which says which, as SQL.
func (v *verifier) rows(which string, args ...any) (list []indexed, err error) {
	const op = "store.Verify"
	rows, err := v.s.DB.QueryContext(v.ctx, `SELECT path, folder, kind, table_type, target, mission, author, sector_quarter,
		sha256, size_bytes, retrieved_at, line, meta_line, meta FROM files WHERE `+which, args...)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	for rows.Next() {
		var r indexed
		c := &r.columns
		if err := rows.Scan(&c.path, &c.folder, &c.kind, &c.table, &c.target, &c.mission, &c.author, &c.sector,
			&c.sha256, &c.size, &c.retrieved, &r.line, &r.metaLine, &r.text); err != nil {
			return nil, exo.E(op, exo.Corrupt, nil, err)
		}
		list = append(list, r)
	}
	return list, sqldb.Typed(op, nil, rows.Err())
}

// prove notes when files were read back and found right.
func (v *verifier) prove(good, bad []string) error {
	if v.s.ReadOnly || v.quick {
		return nil
	}
	now := v.s.now().UnixNano()
	return v.s.DB.InTx(v.ctx, func(tx *sql.Tx) error {
		for at, names := range map[int64][]string{now: good, 0: bad} {
			for _, name := range names {
				if _, err := tx.ExecContext(v.ctx, `UPDATE files SET verified_at = ? WHERE path = ?`, at, name); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// file compares one row with the tree.
func (v *verifier) file(r indexed) error {
	p, err := exo.ParsePath(r.columns.path)
	if err != nil || checkPath(p) != nil {
		v.add(indexDB, IndexDatabase, "a row names a place outside the data tree", err)
		return nil
	}
	m, err := v.sidecar(r, p)
	if err != nil {
		return err
	}
	if columnsOf(m) != r.columns {
		v.add(indexDB, IndexDatabase, "the row of "+string(p)+" contradicts its metadata record", nil)
	}
	if !v.quick {
		if err := v.lineOf(r.line, m.SHA256, p); err != nil {
			return err
		}
	}
	v.Files++
	return v.data(m)
}

// sidecar compares the sidecar in the tree with the copy in the row, and the
// checksum line with both; where they differ the line tells which is right. It
// returns the metadata to go by.
func (v *verifier) sidecar(r indexed, p exo.Path) (Meta, error) {
	side := MetadataPath(p)
	copied, cerr := ParseMeta(r.text)
	if cerr == nil && copied.Path != p {
		cerr = exo.Errorf("store.Verify", exo.Corrupt, nil, "it is that of %s", copied.Path)
	}
	m, text, err := v.s.readSidecar(p)
	if err != nil && !isDamage(err) {
		return Meta{}, err
	}
	if err == nil && cerr == nil && bytes.Equal(text, r.text) {
		err = v.mode(string(side), m.Target)
		if err == nil && !v.quick {
			err = v.lineOf(r.metaLine, exo.DigestOf(text), side)
		}
		return m, err
	}
	switch line, lerr := v.s.lineAt(r.metaLine, side); {
	case lerr != nil:
		return Meta{}, lerr
	case err == nil && (cerr != nil || line == exo.DigestOf(text)):
		v.add(indexDB, IndexDatabase, "the row of "+string(p)+" holds another metadata record than the tree", cerr)
		return m, v.lineOf(r.metaLine, exo.DigestOf(text), side)
	case cerr == nil:
		v.add(string(side), MetadataFile, "the metadata record is missing or not what it was", err)
		return copied, v.lineOf(r.metaLine, exo.DigestOf(r.text), side)
	}
	v.add(string(side), MetadataFile, "the metadata record is missing or not what it was", err)
	v.add(indexDB, IndexDatabase, "the row of "+string(p)+" is damaged", cerr)
	return Meta{Path: p, SHA256: digestOf(r.columns.sha256), SizeBytes: r.columns.size}, nil
}

func digestOf(raw string) (d exo.Digest) {
	copy(d[:], raw)
	return d
}

// lineAt reads the digest of the checksum line at an offset; zero if there is
// no line of the path.
func (s *Store) lineAt(at int64, p exo.Path) (d exo.Digest, err error) {
	if at < 0 {
		return d, nil
	}
	f, err := s.openPlain(sumsName(p))
	if err != nil {
		if isDamage(err) {
			return d, nil
		}
		return d, err
	}
	line := make([]byte, len(sumsLine(d, p)))
	n, err := f.ReadAt(line, at)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil && err != io.EOF {
		return d, err
	}
	if n < len(line) || line[n-1] != '\n' {
		return d, nil
	}
	have, q, perr := parseSumsLine(line[:n-1])
	if perr != nil || q != p {
		return d, nil
	}
	return have, nil
}

// lineOf compares the line that a row points to. If it is not there, the pass
// over the checksum files may still find it elsewhere.
func (v *verifier) lineOf(at int64, d exo.Digest, p exo.Path) error {
	have, err := v.s.lineAt(at, p)
	if err == nil && have != d {
		v.noLine[p] = true
	}
	return err
}

// mode looks at the permissions.
func (v *verifier) mode(name string, about exo.TargetID) error {
	info, err := v.s.FS.Lstat(name)
	if err == nil && info.Mode().Perm() != fileMode {
		d := newDamage(name, Mode, "the permissions are "+info.Mode().Perm().String()+", not "+fs.FileMode(fileMode).String(), nil)
		d.Target = about
		v.Damaged = append(v.Damaged, d)
	}
	return err
}

// data compares the file itself.
func (v *verifier) data(m Meta) error {
	name := string(m.Path)
	found := func(c Class, detail string, err error) {
		d := newDamage(name, c, detail, err)
		d.Target = m.Target
		v.Damaged = append(v.Damaged, d)
	}
	defer func() {
		v.done += m.SizeBytes
		if v.report != nil {
			v.report(v.done, v.Total.Bytes)
		}
	}()
	err := v.s.plain(name)
	var info fs.FileInfo
	if err == nil {
		info, err = v.s.FS.Lstat(name)
	}
	switch {
	case err != nil && exo.KindOf(err) == exo.NotFound:
		found(Missing, "the file is gone", nil)
		return nil
	case err != nil && isDamage(err):
		found(Damaged, "the file cannot be read", err)
		return nil
	case err != nil:
		return err
	case info.Size() != m.SizeBytes:
		found(Damaged, "the length is not what it was", nil)
	case !v.quick:
		n, digest, err := v.s.hashFileContext(v.ctx, name)
		v.Bytes += n
		switch {
		case err != nil && !isDamage(err):
			return err
		case err != nil:
			found(Damaged, "the file cannot be read", err)
		case digest != m.SHA256:
			found(Damaged, "the digest is not what it was", nil)
		}
	}
	return v.mode(name, m.Target)
}

// hashFileContext is hashFile, given up when the context ends.
func (s *Store) hashFileContext(ctx context.Context, name string) (int64, exo.Digest, error) {
	if err := ctx.Err(); err != nil {
		return 0, exo.Digest{}, exo.E("store.Verify", exo.KindOf(err), name, err)
	}
	return s.hashFile(name)
}

// ours are the names at the top of the data folder that the program makes.
var ours = append([]string{"versions", "cache", staging, lockName, "restored", "logs", "lost+found"}, searched()...)

// searched are the folders at the top in which a file without a row is a
// stranger.
func searched() []string {
	list := []string{"metadata", sumsFolder}
	for _, s := range sections {
		if !strings.HasPrefix(s.folder, metaFolder) {
			list = append(list, s.folder)
		}
	}
	return list
}

// strangers looks for files that no row knows.
func (v *verifier) strangers() error {
	list, err := v.s.FS.ReadDir(".")
	if err != nil {
		return err
	}
	for _, e := range list {
		if !slices.Contains(ours, e.Name()) {
			v.add(e.Name(), Extra, "the store did not put this here", nil)
		}
	}
	for _, dir := range searched() {
		if err := fsys.Walk(v.ctx, v.s.FS, dir, v.stranger); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) stranger(name string, _ fs.DirEntry) error {
	p := exo.Path(name)
	switch {
	case strings.HasPrefix(name, indexDB): // with its log, and files set aside
		return nil
	case path.Dir(name) == sumsFolder && slices.Contains(sumsNames(), name):
		return nil
	}
	if of, side := described(name); side {
		p = of
	}
	_, known, err := get(v.ctx, v.s.DB, p)
	if err != nil || known {
		return err
	}
	v.again = append(v.again, suspect{path: p, at: -1, damage: newDamage(name, Extra, "the store did not put this here", nil)})
	return nil
}

// lines looks for checksum lines that no row points to.
func (v *verifier) lines() error {
	for _, name := range sumsNames() {
		if err := v.linesOf(name); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) linesOf(name string) error {
	noted, err := note(v.ctx, v.s.DB, name)
	if err != nil {
		return err
	}
	if size, err := v.s.sizeOf(name); err != nil {
		return err
	} else if size < noted {
		v.add(name, ChecksumFile, "lines are missing", nil)
	}
	if v.quick {
		return nil
	}
	if err := v.s.plain(name); err != nil {
		switch {
		case exo.KindOf(err) == exo.NotFound:
			return nil // said above, if there should be one
		case !isDamage(err):
			return err
		}
		v.add(name, ChecksumFile, "it cannot be read", err)
		return nil
	}
	end, torn, err := v.s.scanSums(v.ctx, name, 0, func(at int64, d exo.Digest, p exo.Path, lerr error) error {
		if lerr != nil {
			v.add(name, ChecksumFile, "a line cannot be read", lerr)
			return nil
		}
		return v.line(name, at, d, p)
	})
	if err != nil {
		if !isDamage(err) {
			return err
		}
		v.add(name, ChecksumFile, "it cannot be read", err)
	}
	if torn && end < noted {
		v.add(name, ChecksumFile, "the last line is torn", nil)
	}
	return nil
}

// line compares a line with the row that should point to it.
func (v *verifier) line(name string, at int64, d exo.Digest, p exo.Path) error {
	of, side := described(string(p))
	if !side {
		of = p
	}
	r, ok, err := get(v.ctx, v.s.DB, of)
	if err != nil {
		return err
	}
	want, have := r.meta.SHA256, r.line
	if side {
		want, have = exo.DigestOf(r.text), r.metaLine
	}
	switch {
	case ok && want == d && have == at:
	case ok && want == d && v.noLine[p]: // the row points elsewhere, and there is nothing
		delete(v.noLine, p)
		v.add(indexDB, IndexDatabase, "the row of "+string(of)+" points to the wrong checksum line", nil)
	default:
		v.again = append(v.again, suspect{of, at, side, newDamage(name, ChecksumFile, "a line for "+string(p)+" is wrong or superfluous", nil)})
	}
	return nil
}
