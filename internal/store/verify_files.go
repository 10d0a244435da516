package store

import (
	"context"
	"database/sql"
	"hash/maphash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
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
		looks, err := v.s.lookAt(v.ctx, list, !v.records, v.progress)
		if err != nil {
			return err
		}
		for _, l := range looks {
			v.take(l)
		}
		if !v.records {
			err = v.s.prove(v.ctx, looks)
		}
		if err != nil {
			return err
		}
		after = list[len(list)-1].columns.path
	}
}

// take adds what was seen of one row to the report.
func (v *verifier) take(l *look) {
	v.Damaged = append(v.Damaged, l.damaged...)
	v.Bytes += l.read
	if l.known {
		v.Files++
	}
	for _, p := range l.noLine {
		v.noLine[p] = true
	}
	p := exo.Path(l.row.columns.path)
	v.known = append(v.known, v.mark(string(p)), v.mark(string(MetadataPath(p))))
}

// progress is called by one goroutine at a time.
func (v *verifier) progress(bytes int64) {
	v.done += bytes
	if v.report != nil {
		v.report(v.done, v.Total.Bytes)
	}
}

func (v *verifier) portion(after string) ([]indexed, error) {
	return v.s.rows(v.ctx, `path > ? ORDER BY path LIMIT ?`, after, batchSize)
}

// rows reads whole rows of the index; which says which, as SQL.
func (s *Store) rows(ctx context.Context, which string, args ...any) (list []indexed, err error) {
	const op = "store.Verify"
	rows, err := s.DB.QueryContext(ctx, `SELECT path, folder, kind, table_type, target, mission, author, sector_quarter,
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
	slices.Sort(v.known)
	for _, dir := range searched() {
		if err := v.visit(dir); err != nil {
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
	if v.knows(v.mark(name)) {
		return nil
	}
	v.again = append(v.again, suspect{path: p, at: -1, damage: newDamage(name, Extra, "the store did not put this here", nil)})
	return nil
}

// mark makes a number of a name. Two names share one with a chance of one in
// 10^13 in a store of a million files; a stranger could hide so, for one run.
func (v *verifier) mark(name string) uint64 { return maphash.String(v.seed, name) }

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
		v.short[name] = true
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
		v.short[name] = true
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
	want, have, ok, err := v.s.lineOfRow(v.ctx, of, side)
	if err != nil {
		return err
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

// lineOfRow returns the digest and the offset that a checksum line should have
// by the index, without decoding the record.
func (s *Store) lineOfRow(ctx context.Context, of exo.Path, side bool) (d exo.Digest, at int64, ok bool, err error) {
	column := `sha256, line`
	if side {
		column = `meta, meta_line`
	}
	var data sql.RawBytes
	rows, err := s.DB.QueryContext(ctx, `SELECT `+column+` FROM files WHERE path = ?`, string(of))
	if err != nil {
		return d, 0, false, sqldb.Typed("store.Verify", of, err)
	}
	if ok = rows.Next(); ok {
		if err = rows.Scan(&data, &at); err == nil && side {
			d = exo.DigestOf(data)
		} else if err == nil {
			d = digestOf(string(data))
		}
	} else {
		err = rows.Err()
	}
	if cerr := rows.Close(); err == nil {
		err = cerr
	}
	return d, at, ok, sqldb.Typed("store.Verify", of, err)
}
