package query

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// The marks of a query file: the application's number in the head of the
// database ("exoq"), and the version of its tables, docs/format/query.md.
// The version is raised with every change of what stands in a file, a column's
// unit for one.
const (
	application = 0x65786f71
	version     = 1
)

// about is what a query file says of itself.
type about struct {
	Table   catalog.Type `json:"table"`
	SHA256  exo.Digest   `json:"sha256"` // of the table that it was made from
	Program string       `json:"program"`
	Rows    int64        `json:"rows"`
	Columns []column     `json:"columns"`
}

// perInsert is how many rows one statement inserts, as far as their values are
// within the limit of a statement.
const perInsert = 32

// fill makes the tables of a query file and puts the rows in, in the order they
// come in: that of their keys.
func fill(ctx context.Context, db *sqldb.DB, a *about, rows func(yield func(*record) bool)) error {
	return db.InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schema(a.Columns)); err != nil {
			return err
		}
		b := builder{ctx: ctx, tx: tx}
		width := len(a.Columns) + 2
		t, err := b.table("t", width)
		if err != nil {
			return err
		}
		order := layout(a.Columns)
		for r := range rows {
			b.note(a.Rows, r)
			t.args = append(t.args, a.Rows, r.key)
			for _, j := range order {
				t.args = append(t.args, r.cells[j])
			}
			a.Rows++
			if err := t.flush(false); err != nil {
				return err
			}
		}
		if err := t.flush(true); err != nil {
			return err
		}
		return b.finish(a)
	})
}

// schema returns the statements that make the tables. No name in them comes
// from a catalog.
func schema(cols []column) string {
	var s strings.Builder
	fmt.Fprintf(&s, "PRAGMA application_id = %d; PRAGMA user_version = %d;\n", application, version)
	s.WriteString("CREATE TABLE about(json TEXT NOT NULL);\n")
	s.WriteString("CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT NOT NULL")
	for _, j := range layout(cols) {
		fmt.Fprintf(&s, ", c%d %s", j, affinity(cols[j].Type))
	}
	s.WriteString(");\n")
	s.WriteString("CREATE TABLE p(cell INTEGER, id INTEGER, x REAL, y REAL, z REAL, PRIMARY KEY(cell, id)) WITHOUT ROWID;\n")
	s.WriteString("CREATE TABLE n(name TEXT, rank INTEGER, id INTEGER, PRIMARY KEY(name, rank, id)) WITHOUT ROWID;\n")
	return s.String()
}

// layout is the order in which columns stand in a row of the file: SQLite reads
// a row from its beginning to the column that it needs, so what is asked for
// often comes first, and the errors of values last.
func layout(cols []column) []int {
	order := make([]int, len(cols))
	for j := range order {
		order[j] = j
	}
	rank := func(j int) int {
		name := strings.ToLower(cols[j].Name)
		switch {
		case cols[j].Indexed:
			return 0
		case strings.Contains(name, "err") || strings.HasSuffix(name, "lim"):
			return 3
		case cols[j].Type == "char":
			return 2
		}
		return 1
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(rank(i), rank(j)) })
	return order
}

func affinity(typ string) string {
	switch typ {
	case "int":
		return "INTEGER"
	case "double":
		return "REAL"
	}
	return "TEXT"
}

// builder gathers what is inserted in an order of its own when all rows are
// there.
type builder struct {
	ctx    context.Context
	tx     *sql.Tx
	places []place
	names  []name
}

type place struct {
	cell, id int64
	vector
}

// The ranks of names. The smallest that a name has wins.
const (
	rankFirst     = iota // an object's, in the row to take among its rows
	rankObject           // an object's
	rankStarFirst        // a star's, in such a row
	rankStar             // a star's
)

type name struct {
	name string
	rank int
	id   int64
}

// note takes down where a row stands and what it is called.
func (b *builder) note(id int64, r *record) {
	if r.ra == r.ra && r.dec == r.dec {
		b.places = append(b.places, place{cell(r.ra, r.dec), id, unit(r.ra, r.dec)})
	}
	rank, star := rankObject, rankStar
	if r.first {
		rank, star = rankFirst, rankStarFirst
	}
	for _, s := range r.objects {
		b.names = append(b.names, name{catalog.Fold(s), rank, id})
	}
	for _, s := range r.stars {
		b.names = append(b.names, name{catalog.Fold(s), star, id})
	}
}

// finish inserts places and names, makes the indexes and describes the file.
func (b *builder) finish(a *about) error {
	slices.SortFunc(b.places, func(x, y place) int { return cmp.Or(cmp.Compare(x.cell, y.cell), cmp.Compare(x.id, y.id)) })
	p, err := b.table("p", 5)
	for _, x := range b.places {
		if err != nil {
			return err
		}
		p.args = append(p.args, x.cell, x.id, x.x, x.y, x.z)
		err = p.flush(false)
	}
	if err == nil {
		err = p.flush(true)
	}
	if err != nil {
		return err
	}
	if err := b.insertNames(); err != nil {
		return err
	}
	indexed := append([]string{"k"}, indexes(a.Columns)...)
	for _, c := range indexed {
		if _, err := b.tx.ExecContext(b.ctx, fmt.Sprintf("CREATE INDEX i_%s ON t(%s)", c, c)); err != nil {
			return err
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = b.tx.ExecContext(b.ctx, "INSERT INTO about VALUES(?)", string(text))
	return err
}

func indexes(cols []column) []string {
	var list []string
	for j, c := range cols {
		if c.Indexed {
			list = append(list, fmt.Sprintf("c%d", j))
		}
	}
	return list
}

func (b *builder) insertNames() error {
	slices.SortFunc(b.names, func(x, y name) int {
		return cmp.Or(strings.Compare(x.name, y.name), cmp.Compare(x.rank, y.rank), cmp.Compare(x.id, y.id))
	})
	n, err := b.table("n", 3)
	if err != nil {
		return err
	}
	for _, x := range slices.Compact(b.names) {
		n.args = append(n.args, x.name, int64(x.rank), x.id)
		if err := n.flush(false); err != nil {
			return err
		}
	}
	return n.flush(true)
}

// inserter inserts rows of a table, several with one statement.
type inserter struct {
	b     *builder
	table string
	width int
	rows  int // of one statement
	many  *sql.Stmt
	args  []any
}

// maxArgs is the largest number of values of one statement (SQLite:
// SQLITE_MAX_VARIABLE_NUMBER).
const maxArgs = 32766

func (b *builder) table(table string, width int) (*inserter, error) {
	t := &inserter{b: b, table: table, width: width, rows: max(1, min(perInsert, maxArgs/width))}
	var err error
	t.many, err = b.tx.PrepareContext(b.ctx, t.statement(t.rows))
	t.args = make([]any, 0, t.rows*width)
	return t, err
}

func (t *inserter) statement(rows int) string {
	one := "(?" + strings.Repeat(",?", t.width-1) + ")"
	return "INSERT INTO " + t.table + " VALUES " + one + strings.Repeat(","+one, rows-1)
}

// flush inserts what was gathered if it fills a statement; at the end, whatever
// there is.
func (t *inserter) flush(end bool) error {
	var err error
	switch n := len(t.args) / t.width; {
	case n == t.rows:
		_, err = t.many.ExecContext(t.b.ctx, t.args...)
	case end && n > 0:
		_, err = t.b.tx.ExecContext(t.b.ctx, t.statement(n), t.args...)
	case !end:
		return nil
	}
	t.args = t.args[:0]
	if end {
		if cerr := t.many.Close(); err == nil {
			err = cerr
		}
	}
	return err
}
