package query

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/tables"
)

const (
	folder    = "query"   // of the query files, below the cache
	sumSuffix = ".sha256" // of the file beside a query file that holds its digest
)

// fileName is the name of a version's query file.
func fileName(v tables.Version) string {
	return fmt.Sprintf("%s_%.16s_%d.sqlite", v.Meta.Table, v.Meta.SHA256.Hex(), version)
}

// ours matches the names of query files of every format version, and of what
// stands beside them.
var ours = regexp.MustCompile(`^([a-z0-9]{1,20}_[0-9a-f]{16}_[0-9]{1,6}\.sqlite)(\.sha256)?$`)

// unfinished matches the names of files whose making was cut short.
var unfinished = regexp.MustCompile(`^\.[a-z0-9]{1,20}_[0-9a-f]{16}_[0-9]{1,6}\.sqlite(\.sha256)?\.part(-journal)?$`)

// load opens the query file of a version, and makes it if it is not there or
// cannot be trusted.
func (s *Service) load(ctx context.Context, q *file, v tables.Version) error {
	if s.opt.FS == nil {
		return s.inMemory(ctx, q, v)
	}
	err := s.openFile(ctx, q, v)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if !errors.Is(err, exo.NotFound) {
		s.log.Warn("a query file cannot be used and is not", "file", q.name, "error", err)
	}
	if !s.opt.Write {
		return s.inMemory(ctx, q, v)
	}
	if err = s.makeFile(ctx, q, v); err == nil {
		err = s.openFile(ctx, q, v)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, errSource) {
		s.log.Warn("a query file cannot be made; its rows are held in memory", "file", q.name, "error", err)
		return s.inMemory(ctx, q, v)
	}
	return err
}

// openFile opens a query file whose bytes are those that were written, and
// which is of the wanted table.
func (s *Service) openFile(ctx context.Context, q *file, v tables.Version) error {
	const op = "query.openFile"
	if err := s.verify(q.name); err != nil {
		return err
	}
	full := filepath.Join(s.opt.Folder, folder, q.name)
	db, err := sqldb.Open(ctx, sqldb.Options{Path: full, ReadOnly: true, MaxConns: conns, CacheKiB: cacheKiB})
	if err != nil {
		return err
	}
	a, err := readAbout(ctx, db)
	if err == nil && (a.Table != v.Meta.Table || a.SHA256 != v.Meta.SHA256 || a.Program != s.opt.Program) {
		err = exo.Errorf(op, exo.Conflict, q.name, "the query file was made of another table, or by another program")
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	q.db, q.about = db, a
	return nil
}

// What an open file takes: so many queries at a time, each with so much memory
// for the file's pages, as far as it is as large. The real tables fit.
const (
	conns    = 4
	cacheKiB = 16 << 10
)

// readAbout reads what an open query file says of itself.
func readAbout(ctx context.Context, db *sqldb.DB) (a about, err error) {
	const op = "query.readAbout"
	var app, format int64
	var text []byte
	err = db.QueryRowContext(ctx, "SELECT application_id, user_version, json FROM pragma_application_id, pragma_user_version, about").
		Scan(&app, &format, &text)
	switch {
	case err != nil:
		return a, sqldb.Typed(op, nil, err)
	case app != application || format != version:
		return a, exo.Errorf(op, exo.Conflict, nil, "the file is no query file of this format")
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, exo.E(op, exo.Corrupt, nil, err)
	}
	return a, nil
}

// verify compares a file with its digest; exo.NotFound if either is not there.
func (s *Service) verify(name string) error {
	const op = "query.verify"
	sum, err := fsys.ReadFile(s.opt.FS, path.Join(folder, name+sumSuffix), 1<<10)
	if err != nil {
		return err
	}
	have, err := s.digest(name)
	if err != nil {
		return err
	}
	if string(sum) != sumLine(have, name) {
		return exo.Errorf(op, exo.Corrupt, name, "the query file is not what was written")
	}
	return nil
}

// sumLine is the content of the file beside a query file: GNU format, so that
// sha256sum -c works.
func sumLine(d exo.Digest, name string) string { return d.Hex() + "  " + name + "\n" }

func (s *Service) digest(name string) (d exo.Digest, err error) {
	f, err := fsys.Open(s.opt.FS, path.Join(folder, name))
	if err != nil {
		return d, err
	}
	h := sha256.New()
	_, err = io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 256<<10))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return exo.Digest(h.Sum(nil)), err
}

// errSource marks errors of the table itself, which no other place for the rows
// would cure.
var errSource = errors.New("the table cannot be read")

// source reads the table of a version.
func (s *Service) source(ctx context.Context, v tables.Version) (*catalog.Table, error) {
	const op = "query.source"
	read := s.opt.Tables.Read
	if newest, err := s.opt.Tables.Current(ctx, v.Meta.Table); err != nil {
		return nil, errors.Join(errSource, err)
	} else if newest != nil && newest.SHA256 == v.Meta.SHA256 {
		read = s.opt.Tables.Parsed // others want it too
	}
	t, err := read(ctx, v.Meta)
	if err == nil && len(t.Columns) > maxColumns {
		err = exo.Errorf(op, exo.TooLarge, v.ID, "the table has %d columns; rows can be selected from tables of at most %d", len(t.Columns), maxColumns)
	}
	if err != nil {
		return nil, errors.Join(errSource, err)
	}
	return t, nil
}

// maxColumns stays below SQLite's 2000 for a table and for an answer, which has
// up to five more.
const maxColumns = 1990

// inMemory puts the rows of a version into memory.
func (s *Service) inMemory(ctx context.Context, q *file, v tables.Version) error {
	t, err := s.source(ctx, v)
	if err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{Memory: true})
	if err != nil {
		return err
	}
	a := s.describe(v, t)
	if err := fill(ctx, db, &a, records(t, a.Columns)); err != nil {
		return errors.Join(err, db.Close())
	}
	q.db, q.about = db, a
	return nil
}

func (s *Service) describe(v tables.Version, t *catalog.Table) about {
	return about{Table: v.Meta.Table, SHA256: v.Meta.SHA256, Program: s.opt.Program, Columns: describe(t)}
}

// makeFile makes the query file of a version: under another name, which becomes
// the right one when it is whole and safe from a power loss.
func (s *Service) makeFile(ctx context.Context, q *file, v tables.Version) error {
	start := s.now()
	t, err := s.source(ctx, v)
	if err != nil {
		return err
	}
	if err := s.prepareFolder(); err != nil {
		return err
	}
	a := s.describe(v, t)
	size, err := s.writeFile(ctx, q.name, &a, records(t, a.Columns))
	if err != nil {
		return err
	}
	s.log.Info("a query file was made", "file", q.name, "rows", a.Rows, "bytes", size, "duration", s.now().Sub(start))
	return s.makeRoom(q.name)
}

// writeFile writes a query file of any rows.
func (s *Service) writeFile(ctx context.Context, name string, a *about, rows func(yield func(*record) bool)) (size int64, err error) {
	final := path.Join(folder, name)
	temp := fsys.TempName(final)
	if err := s.remove(temp, temp+"-journal", final, final+sumSuffix); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = s.remove(temp) // the first error is the one to tell
		}
	}()
	db, err := sqldb.Open(ctx, sqldb.Options{Path: filepath.Join(s.opt.Folder, filepath.FromSlash(temp)), Scratch: true})
	if err != nil {
		return 0, err
	}
	err = fill(ctx, db, a, rows)
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, err
	}
	if size, err = s.settle(temp); err != nil {
		return 0, err
	}
	if err := s.opt.FS.Rename(temp, final); err != nil {
		return 0, err
	}
	sum, err := s.digest(name)
	if err != nil {
		return 0, err
	}
	return size, fsys.WriteAtomic(ctx, s.opt.FS, final+sumSuffix, []byte(sumLine(sum, name)), 0o444)
}

// settle makes a file read-only and safe from a power loss.
func (s *Service) settle(name string) (size int64, err error) {
	f, err := s.opt.FS.OpenFile(name, fsys.ReadWrite, 0)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err == nil {
		size, err = info.Size(), f.Chmod(0o444)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return size, err
}

// remove removes files; those that are not there are fine.
func (s *Service) remove(names ...string) error {
	for _, name := range names {
		if err := s.opt.FS.Remove(name); err != nil && !errors.Is(err, exo.NotFound) {
			return err
		}
	}
	return nil
}

// prepareFolder makes the folder, and removes what an earlier run left
// unfinished, once.
func (s *Service) prepareFolder() error {
	s.folderMu.Lock()
	defer s.folderMu.Unlock()
	if err := fsys.MkdirAll(s.opt.FS, folder, 0o755); err != nil || s.swept {
		return err
	}
	list, err := s.opt.FS.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Type().IsRegular() && unfinished.MatchString(e.Name()) {
			if err := s.remove(path.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	s.swept = true
	return nil
}

// makeRoom removes the query files that were made first until the others are
// within the limit; those that are open and the one just made stay.
func (s *Service) makeRoom(keep string) error {
	s.folderMu.Lock()
	defer s.folderMu.Unlock()
	list, err := s.opt.FS.ReadDir(folder)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	var total int64
	for _, e := range list {
		m := ours.FindStringSubmatch(e.Name())
		if m == nil || m[2] != "" || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil { // else it is gone meanwhile
			files = append(files, info)
			total += info.Size()
		}
	}
	slices.SortStableFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(cmp.Compare(s.shelf.lastUse(a.Name()), s.shelf.lastUse(b.Name())), a.ModTime().Compare(b.ModTime()))
	})
	for _, f := range files {
		if total <= s.opt.MaxBytes {
			break
		}
		if f.Name() == keep || !s.forget(f.Name()) {
			continue
		}
		name := path.Join(folder, f.Name())
		if err := s.remove(name+sumSuffix, name); err != nil {
			return err
		}
		total -= f.Size()
	}
	return nil
}
