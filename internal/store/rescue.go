package store

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Rescued tells what of a damaged database was brought to the one in its place.
type Rescued struct {
	Tables []RescuedTable `json:"tables"` // in the order in which they were made
}

// RescuedTable is one table that other parts of the program keep.
type RescuedTable struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Whole bool   `json:"whole"` // all its rows could be read
}

// Rescue copies from a damaged SQLite database what the data tree cannot give
// back: users, keys, the audit log, jobs, and what was decided on held tables.
// db is the new database, in which nothing has been made yet; old is the damaged
// one, open to read only. Rows that cannot be read are passed over. A row that is
// damaged and can be read is copied as it is.
//
// exo.Corrupt if not even the list of tables can be read; then db has none of
// them.
func Rescue(ctx context.Context, db, old *sqldb.DB) (Rescued, error) {
	if err := sqldb.MigrateSteps(ctx, db, "store", steps); err != nil {
		return Rescued{}, err
	}
	c := &rescue{ctx: ctx, old: old}
	err := db.InTx(ctx, func(tx *sql.Tx) error {
		c.tx = tx
		return c.run()
	})
	if err != nil {
		return Rescued{}, err
	}
	return c.Rescued, nil
}

func unreadable(err error) error {
	return exo.E("store.Rescue", exo.Corrupt, nil, err).Say("users, keys, the audit log and jobs of the damaged database cannot be read").
		Try("restore them from a backup of metadata/exoplanetai.db; without one, make users and keys anew: exoplanetai user create --help")
}

// rescue is one run of Rescue.
type rescue struct {
	ctx    context.Context // of the one call that it lives for
	old    *sqldb.DB
	tx     *sql.Tx
	splits int
	Rescued
}

// made is an entry of the list of tables.
type made struct{ kind, name, table, sql string }

// index lists the tables that the tree gives back.
var index = []string{"files", "tree"}

// maxSplits bounds the search for rows that can be read.
const maxSplits = 20_000

func (c *rescue) run() error {
	const op = "store.Rescue"
	list, err := c.list()
	if err != nil {
		return unreadable(err)
	}
	known := []string{"schema_versions", "checks"} // made already
	for _, m := range list {
		if m.kind != "table" || slices.Contains(index, m.name) {
			continue
		}
		if !slices.Contains(known, m.name) {
			if _, err := c.tx.ExecContext(c.ctx, m.sql); err != nil {
				return unreadable(err)
			}
		}
		t := RescuedTable{Name: m.name}
		if t.Rows, t.Whole, err = c.copy(m.name); err != nil {
			return sqldb.Typed(op, nil, err)
		}
		if m.name == "schema_versions" && !t.Whole { // nothing tells how old the tables are
			return unreadable(exo.Errorf(op, exo.Corrupt, m.name, "%s has lost rows", m.name))
		}
		if m.name != "schema_versions" {
			c.Tables = append(c.Tables, t)
		}
	}
	for _, m := range list { // indices and triggers, once the rows are there
		if m.kind == "table" || slices.Contains(index, m.table) {
			continue
		}
		if _, err := c.tx.ExecContext(c.ctx, m.sql); err != nil {
			return unreadable(err)
		}
	}
	return c.numbers()
}

// numbers sees to it that what was numbered once is not numbered so again.
func (c *rescue) numbers() error {
	rows, err := c.old.QueryContext(c.ctx, `SELECT name, seq FROM sqlite_sequence`)
	if err != nil {
		return nil //nolint:nilerr // without such tables there is no list of numbers
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var seq int64
		if err := rows.Scan(&name, &seq); err != nil {
			continue
		}
		if _, err := c.tx.ExecContext(c.ctx, `DELETE FROM sqlite_sequence WHERE name = ? AND seq < ?`, name, seq); err != nil {
			return err
		}
		_, err := c.tx.ExecContext(c.ctx, `INSERT INTO sqlite_sequence(name, seq) SELECT ?, ? WHERE NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = ?)`, name, seq, name)
		if err != nil {
			return err
		}
	}
	return nil // what is damaged of it is the number after the last row that is there
}

func (c *rescue) list() (list []made, err error) {
	rows, err := c.old.QueryContext(c.ctx, `SELECT type, name, tbl_name, sql FROM sqlite_schema
		WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite#_%' ESCAPE '#' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m made
		if err := rows.Scan(&m.kind, &m.name, &m.table, &m.sql); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// tableCopy is one table on its way.
type tableCopy struct {
	*rescue
	read, write string // the statements, without their ends
	numbered    bool   // its rows have numbers
	rows        int64
	lost        bool
	err         error // of the new database, or of the call
}

// copy brings the rows of a table over, each value as the SQL that makes it, so
// that it stays what it is.
func (c *rescue) copy(table string) (rows int64, whole bool, err error) {
	columns, err := c.columns(table)
	if err != nil || len(columns) == 0 {
		return 0, false, c.ctx.Err()
	}
	var quoted []string
	for _, name := range columns {
		quoted = append(quoted, "quote("+name+")")
	}
	t := &tableCopy{rescue: c, numbered: true,
		read:  "SELECT rowid, " + strings.Join(quoted, ", ") + " FROM " + named(table),
		write: "INSERT OR IGNORE INTO " + named(table) + "(" + strings.Join(columns, ", ") + ") VALUES("}
	if _, err := c.old.ExecContext(c.ctx, "EXPLAIN "+t.read); err != nil {
		t.read, t.numbered = strings.Replace(t.read, "rowid", "0", 1), false
	}
	t.span(math.MinInt64, math.MaxInt64)
	return t.rows, !t.lost, t.err
}

func (c *rescue) columns(table string) (list []string, err error) {
	rows, err := c.old.QueryContext(c.ctx, `SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, named(name))
	}
	return list, rows.Err()
}

// named makes SQL of a name.
func named(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// span copies the rows of a span of numbers, and where one cannot be read, those
// of its halves.
func (t *tableCopy) span(from, to int64) {
	for t.err == nil && t.ctx.Err() == nil {
		last, some, err := t.some(from, to)
		if err == nil || t.err != nil {
			return
		}
		t.lost = true
		if !t.numbered || some && last >= to {
			return
		}
		if some {
			from = last + 1
			continue
		}
		if t.splits++; from == to || t.splits > maxSplits {
			return
		}
		middle := from + int64(uint64(to-from)/2)
		t.span(from, middle)
		from = middle + 1
	}
	if t.err == nil {
		t.err = t.ctx.Err()
	}
}

// some copies rows until one cannot be read, and returns the number of the last.
func (t *tableCopy) some(from, to int64) (last int64, some bool, err error) {
	query, args := t.read, []any(nil)
	if t.numbered {
		query, args = query+" WHERE rowid BETWEEN ? AND ? ORDER BY rowid", []any{from, to}
	}
	rows, err := t.old.QueryContext(t.ctx, query, args...)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return 0, false, err
	}
	values, into := make([]string, len(names)-1), []any{&last}
	for i := range values {
		into = append(into, &values[i])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return last, some, err
		}
		if _, t.err = t.tx.ExecContext(t.ctx, t.write+strings.Join(values, ", ")+")"); t.err != nil {
			return last, some, t.err
		}
		some = true
		t.rows++
	}
	return last, some, rows.Err()
}
