package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

// stateTables are such as other parts of the program keep beside the index.
var stateTables = []string{`
CREATE TABLE users(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, secret BLOB, made TIMESTAMP NOT NULL) STRICT;
`, `CREATE TABLE events(seq INTEGER PRIMARY KEY AUTOINCREMENT, at DATETIME NOT NULL, text TEXT NOT NULL);
CREATE INDEX events_at ON events(at);
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'events stay'); END;
CREATE TABLE marks(a TEXT, b TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID;
`}

const rescueEvents = 2000

// withState is a tree with such tables, whose database is closed.
func withState(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	b := open(t, dir)
	for i := range 200 {
		publish(t, b.Store, fmt.Sprintf("raw/nasa/%d.csv", i), []byte(fmt.Sprint(i)))
	}
	ctx := t.Context()
	if err := b.SetCheck(ctx, "held", store.Check{At: noon, Outcome: "approved"}); err != nil {
		t.Fatal(err)
	}
	stateTables[0] = strings.ReplaceAll(stateTables[0], "TIMESTAMP", "TEXT")
	if err := sqldb.Migrate(ctx, b.db, "state", stateTables); err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := b.db.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO users VALUES('1', 'ada', ?, '2026-01-02 03:04:05+00:00')`, []byte{0, 1, 0xff})
	exec(`INSERT INTO marks VALUES('x', 'y')`)
	exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?) INSERT INTO events SELECT i, '2026-01-02 03:04:05.5', 'event ' || i || ' ' || hex(zeroblob(100)) FROM n`, rescueEvents)
	exec(`INSERT INTO events VALUES(9000, 'x', 'gone again')`)
	exec(`DROP TRIGGER events_stay`)
	exec(`DELETE FROM events WHERE seq = 9000`)
	exec(`CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'events stay'); END`)
	b.shut()
	return dir
}

// spoilPages overwrites the pages of the database in which a text stands.
func spoilPages(t *testing.T, dir, text string, most int) {
	t.Helper()
	name := filepath.Join(dir, store.IndexPath())
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	spoilt := 0
	for from := page; from < len(data) && spoilt < most; from += page {
		if bytes.Contains(data[from:from+page], []byte(text)) {
			copy(data[from:from+page], bytes.Repeat([]byte{0xa5}, page))
			spoilt++
		}
	}
	if err := os.WriteFile(name, data, 0o600); err != nil || spoilt == 0 {
		t.Fatal(spoilt, err)
	}
}

// rescued sets the database aside, makes a new one and rescues.
func rescued(t *testing.T, dir string) (*sqldb.DB, store.Rescued, error) {
	t.Helper()
	d, err := fsys.OpenDir(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	aside, err := store.SetAside(d, noon)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(dir, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	old, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(dir, aside), ReadOnly: true})
	if err != nil {
		return db, store.Rescued{}, err
	}
	defer old.Close()
	r, err := store.Rescue(t.Context(), db, old)
	return db, r, err
}

func count(t *testing.T, db *sqldb.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

func TestADamagedIndexTakesNoUsersAlongWithIt(t *testing.T) {
	dir := withState(t)
	spoilPages(t, dir, "raw/nasa/1", 3)
	db, r, err := rescued(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Tables {
		if !x.Whole {
			t.Errorf("%+v", x)
		}
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM users WHERE name = 'ada' AND secret = x'0001ff' AND typeof(made) = 'text' AND made = '2026-01-02 03:04:05+00:00'`: 1,
		`SELECT count(*) FROM events WHERE typeof(at) = 'text' AND at = '2026-01-02 03:04:05.5'`:                                                rescueEvents,
		`SELECT count(*) FROM marks`: 1,
		`SELECT count(*) FROM sqlite_schema WHERE name IN ('events_at', 'events_stay')`: 2,
		`SELECT seq FROM sqlite_sequence WHERE name = 'events'`:                         9000,
		`SELECT version FROM schema_versions WHERE name = 'state'`:                      2,
		`SELECT count(*) FROM checks WHERE key = 'held' AND outcome = 'approved'`:       1,
		`SELECT count(*) FROM files`:                                                    0,
	} {
		if n := count(t, db, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if err := sqldb.Migrate(t.Context(), db, "state", stateTables); err != nil {
		t.Errorf("its owner: %v", err)
	}
	_ = db.Close()
	b := open(t, dir)
	if r, err := b.Reindex(t.Context(), nil); err != nil || r.Files != 200 {
		t.Errorf("%+v %v", r, err)
	}
	fullyVerified(t, b, "after the rescue")
}

func TestOfADamagedTableTheRowsThatCanBeReadAreRescued(t *testing.T) {
	dir := withState(t)
	spoilPages(t, dir, "event 1500 ", 1)
	db, r, err := rescued(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]bool{}
	for _, x := range r.Tables {
		whole[x.Name] = x.Whole
	}
	if whole["events"] || !whole["users"] || !whole["marks"] {
		t.Errorf("%+v", r)
	}
	if n := count(t, db, `SELECT count(*) FROM events`); n < rescueEvents-100 || n >= rescueEvents {
		t.Errorf("%d events", n)
	}
}

func TestARubbishDatabaseIsSaidToHoldNothing(t *testing.T) {
	dir := withState(t)
	if err := os.WriteFile(filepath.Join(dir, store.IndexPath()), bytes.Repeat([]byte("rubble "), 3000), 0o600); err != nil {
		t.Fatal(err)
	}
	db, _, err := rescued(t, dir)
	if !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	_ = db.Close()
	b := open(t, dir)
	if list := all(t, b.Store); len(list) != 200 {
		t.Errorf("%d files", len(list))
	}
}
