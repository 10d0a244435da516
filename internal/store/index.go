package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// steps are the tables of the index; see sqldb.Migrate. Times are nanoseconds
// of the Unix epoch. line and meta_line are the offsets of the checksum lines of
// the file and of its sidecar in their checksum files, -1 unknown. meta is the
// sidecar, byte for byte. In Postgres names are ordered by their bytes, and rowid
// is what SQLite has without being told.
var steps = []sqldb.Step{{SQLite: `
CREATE TABLE files(
	path TEXT PRIMARY KEY, folder TEXT NOT NULL, kind TEXT NOT NULL, table_type TEXT NOT NULL,
	target TEXT NOT NULL, mission TEXT NOT NULL, author TEXT NOT NULL, sector_quarter INTEGER,
	sha256 BLOB NOT NULL, size_bytes INTEGER NOT NULL, retrieved_at INTEGER NOT NULL,
	verified_at INTEGER NOT NULL DEFAULT 0, line INTEGER NOT NULL, meta_line INTEGER NOT NULL, meta BLOB NOT NULL);
CREATE INDEX files_target ON files(target, mission, sector_quarter) WHERE target <> '';
CREATE INDEX files_kind ON files(kind, table_type, retrieved_at);
CREATE INDEX files_folder ON files(folder, size_bytes);
CREATE INDEX files_growth ON files(retrieved_at, size_bytes);
CREATE INDEX files_proof ON files(verified_at, size_bytes);
CREATE INDEX files_unlisted ON files(path) WHERE line < 0 OR meta_line < 0;
CREATE TABLE checks(key TEXT PRIMARY KEY, at INTEGER NOT NULL, outcome TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE tree(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
`, Postgres: `
CREATE TABLE files(
	path TEXT COLLATE "C" PRIMARY KEY, folder TEXT COLLATE "C" NOT NULL, kind TEXT NOT NULL, table_type TEXT NOT NULL,
	target TEXT COLLATE "C" NOT NULL, mission TEXT NOT NULL, author TEXT NOT NULL, sector_quarter BIGINT,
	sha256 BYTEA NOT NULL, size_bytes BIGINT NOT NULL, retrieved_at BIGINT NOT NULL,
	verified_at BIGINT NOT NULL DEFAULT 0, line BIGINT NOT NULL, meta_line BIGINT NOT NULL, meta BYTEA NOT NULL,
	rowid BIGINT GENERATED ALWAYS AS IDENTITY);
CREATE INDEX files_target ON files(target, mission, sector_quarter) WHERE target <> '';
CREATE INDEX files_kind ON files(kind, table_type, retrieved_at);
CREATE INDEX files_folder ON files(folder, size_bytes);
CREATE INDEX files_growth ON files(retrieved_at, size_bytes);
CREATE INDEX files_proof ON files(verified_at, size_bytes, rowid);
CREATE INDEX files_unlisted ON files(path) WHERE line < 0 OR meta_line < 0;
CREATE TABLE checks(key TEXT PRIMARY KEY, at BIGINT NOT NULL, outcome TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE tree(name TEXT PRIMARY KEY, value BIGINT NOT NULL);
`}}

// openIndex makes or checks the tables.
func (s *Store) openIndex(ctx context.Context) error {
	return sqldb.MigrateSteps(ctx, s.DB, "store", steps)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// row is a line of the index.
type row struct {
	meta           Meta
	text           []byte // the sidecar
	line, metaLine int64
}

// folderOf gives the folder that statistics count a file under: the first two
// parts of its path, "raw/nasa".
func folderOf(p exo.Path) string {
	parts := strings.SplitN(string(p), "/", 3)
	if len(parts) < 3 {
		return parts[0]
	}
	return parts[0] + "/" + parts[1]
}

// put writes a row of the index, in place of one for the same path.
func put(ctx context.Context, q querier, r row) error {
	m := r.meta
	_, err := q.ExecContext(ctx, `INSERT INTO files(path, folder, kind, table_type, target, mission, author, sector_quarter,
			sha256, size_bytes, retrieved_at, line, meta_line, meta) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT(path) DO UPDATE SET folder=excluded.folder, kind=excluded.kind, table_type=excluded.table_type,
			target=excluded.target, mission=excluded.mission, author=excluded.author, sector_quarter=excluded.sector_quarter,
			verified_at=CASE WHEN files.sha256=excluded.sha256 THEN files.verified_at ELSE 0 END,
			sha256=excluded.sha256, size_bytes=excluded.size_bytes, retrieved_at=excluded.retrieved_at,
			line=excluded.line, meta_line=excluded.meta_line, meta=excluded.meta`,
		string(m.Path), folderOf(m.Path), string(m.Kind), string(m.Table), m.Target.String(), string(m.Mission), m.Author,
		m.SectorQuarter, m.SHA256[:], m.SizeBytes, m.RetrievedAt.UnixNano(), r.line, r.metaLine, r.text)
	return err
}

// get reads a row of the index; ok is false if there is none.
func get(ctx context.Context, q querier, p exo.Path) (r row, ok bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT meta, line, meta_line FROM files WHERE path = ?`, string(p)).Scan(&r.text, &r.line, &r.metaLine)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, false, nil
	}
	if err != nil {
		return row{}, false, sqldb.Typed("store.Get", p, err)
	}
	r.meta, err = fromIndex(r.text)
	return r, err == nil, err
}

// fromIndex decodes the sidecar as the index holds it.
func fromIndex(text []byte) (Meta, error) {
	var m Meta
	if err := json.Unmarshal(text, &m); err != nil {
		return Meta{}, exo.E("store.Get", exo.Corrupt, nil, err).Say("a row of the index is damaged").
			Try("run `exoplanetai storage reindex`")
	}
	return m, nil
}

// Get returns the metadata of a file; exo.NotFound if there is no such file.
func (s *Store) Get(ctx context.Context, p exo.Path) (Meta, error) {
	r, ok, err := get(ctx, s.DB, p)
	if err == nil && !ok {
		err = exo.Errorf("store.Get", exo.NotFound, p, "there is no file %s in the store", p)
	}
	return r.meta, err
}

// Each calls visit for every file that the filter selects, by path. The files
// are read in portions, so that publications go on meanwhile and memory stays
// small.
func (s *Store) Each(ctx context.Context, f Filter, visit func(Meta) error) error {
	const portion = 500
	after, left := "", f.Limit
	for {
		n := portion
		if f.Limit > 0 {
			n = min(n, left)
		}
		list, err := s.page(ctx, f, after, n)
		if err != nil {
			return err
		}
		for _, m := range list {
			if err := visit(m); err != nil {
				return err
			}
		}
		left -= len(list)
		if len(list) < n || f.Limit > 0 && left <= 0 {
			return nil
		}
		after = string(list[len(list)-1].Path)
	}
}

// List returns the metadata of the files that the filter selects, by path. For
// more than some thousand files use Each.
func (s *Store) List(ctx context.Context, f Filter) ([]Meta, error) {
	list := []Meta{}
	err := s.Each(ctx, f, func(m Meta) error { list = append(list, m); return nil })
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Newest returns the file that was retrieved last, of those that the filter
// selects; of several at the same time the last by path. exo.NotFound if there
// is none.
func (s *Store) Newest(ctx context.Context, f Filter) (Meta, error) {
	const op = "store.Newest"
	where, args := f.where("", s.postgres())
	list, err := metasOf(ctx, s.DB, `SELECT meta FROM files`+where+` ORDER BY retrieved_at DESC, path DESC LIMIT 1`, args)
	if err != nil {
		return Meta{}, err
	}
	if len(list) == 0 {
		return Meta{}, exo.Errorf(op, exo.NotFound, nil, "the store holds no such file")
	}
	return list[0], nil
}

func (s *Store) page(ctx context.Context, f Filter, after string, n int) ([]Meta, error) {
	where, args := f.where(after, s.postgres())
	return metasOf(ctx, s.DB, `SELECT meta FROM files`+where+` ORDER BY path LIMIT ?`, append(args, n))
}

func metasOf(ctx context.Context, q querier, query string, args []any) (list []Meta, err error) {
	const op = "store.List"
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	for rows.Next() {
		var text sql.RawBytes
		if err := rows.Scan(&text); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		m, err := fromIndex(text)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, sqldb.Typed(op, nil, rows.Err())
}

// where renders the filter, and the path after which to go on, as SQL.
func (f Filter) where(after string, postgres bool) (string, []any) {
	var terms []string
	var args []any
	add := func(term string, values ...any) {
		terms = append(terms, term)
		args = append(args, values...)
	}
	if after != "" {
		add("path > ?", after)
	}
	if p := strings.TrimSuffix(f.Prefix, "/"); p != "" {
		add("path > ? AND path < ?", p+"/", p+"0") // "0" follows "/"
	}
	if f.Kind != "" {
		add("kind = ?", string(f.Kind))
	}
	if f.Table != "" {
		add("table_type = ?", string(f.Table))
	}
	if !f.Target.IsZero() {
		add("target = ?", f.Target.String())
		add("target <> ''") // so that the partial index serves
	}
	if f.Mission != "" {
		add("mission = ?", string(f.Mission))
	}
	if f.Author != "" {
		add("author = ?", f.Author)
	}
	if f.SectorQuarter != nil {
		add("sector_quarter = ?", *f.SectorQuarter)
	}
	if !f.SHA256.IsZero() {
		add("sha256 = ?", f.SHA256[:])
	}
	if !f.From.IsZero() { // the record is not decoded for this: it holds the digest as text
		find := "instr(meta, ?) > 0"
		if postgres {
			find = "position(? IN meta) > 0"
		}
		add("sha256 <> ? AND "+find, f.From[:], []byte(f.From.String()))
	}
	if len(terms) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(terms, " AND "), args
}

// Check returns what was noted last under the key; ok is false if nothing was.
func (s *Store) Check(ctx context.Context, key string) (c Check, ok bool, err error) {
	var at int64
	err = s.DB.QueryRowContext(ctx, `SELECT at, outcome, note FROM checks WHERE key = ?`, key).Scan(&at, &c.Outcome, &c.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return Check{}, false, nil
	}
	if err != nil {
		return Check{}, false, sqldb.Typed("store.Check", nil, err)
	}
	c.At = time.Unix(0, at).UTC()
	return c, true, nil
}

// maxKey bounds the key of a check, maxNote its texts.
const (
	maxKey  = 400
	maxNote = 4000
)

// SetCheck notes when an archive was asked and what it said, or what a person
// decided. Checks live in the database alone: losing them costs one more
// question to the archive, or to the person.
func (s *Store) SetCheck(ctx context.Context, key string, c Check) error {
	const op = "store.SetCheck"
	if err := s.writable(op); err != nil {
		return err
	}
	if key == "" || len(key) > maxKey || len(c.Outcome) > maxNote || len(c.Note) > maxNote {
		return exo.Errorf(op, exo.Invalid, nil, "the key or the text of a check is empty or too long")
	}
	_, err := s.DB.ExecContext(ctx, `INSERT INTO checks(key, at, outcome, note) VALUES(?,?,?,?)
		ON CONFLICT(key) DO UPDATE SET at=excluded.at, outcome=excluded.outcome, note=excluded.note`,
		key, c.At.UnixNano(), plainText(c.Outcome), plainText(c.Note))
	return sqldb.Typed(op, nil, err)
}

// plainText is a text that every database keeps.
func plainText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// note reads a number of the tree table; 0 if there is none.
func note(ctx context.Context, q querier, name string) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM tree WHERE name = ?`, name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, sqldb.Typed("store.note", nil, err)
}

// notes reads all numbers of the tree table.
func (s *Store) notes(ctx context.Context) (notes map[string]int64, err error) {
	const op = "store.notes"
	rows, err := s.DB.QueryContext(ctx, `SELECT name, value FROM tree`)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	notes = map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		notes[name] = n
	}
	return notes, sqldb.Typed(op, nil, rows.Err())
}

func setNote(ctx context.Context, q querier, name string, n int64) error {
	_, err := q.ExecContext(ctx, `INSERT INTO tree(name, value) VALUES(?,?)
		ON CONFLICT(name) DO UPDATE SET value=excluded.value`, name, n)
	return err
}
