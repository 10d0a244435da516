package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

func TestPostgresTakesTheStatementsOfSQLite(t *testing.T) {
	ctx := t.Context()
	db := open(t, sqldb.Options{URL: xtest.Postgres(t)})
	if db.Dialect() != sqldb.Postgres {
		t.Errorf("it is %s", db.Dialect())
	}
	steps := []string{`CREATE TABLE a(n INTEGER PRIMARY KEY AUTOINCREMENT, i INTEGER NOT NULL, t TEXT, b BLOB, r REAL); CREATE INDEX a_t ON a(t)`,
		`INSERT INTO a(i, t) VALUES(1, 'what? ''ever?')`}
	for range 2 {
		if err := sqldb.Migrate(ctx, db, "test", steps); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO a(i, t, b, r) VALUES(?, ?, ?, ?), (?, 'a?', NULL, 1)`, true, "x", []byte{0, 1}, 0.5, 1<<40); err != nil {
		t.Fatal(err)
	}
	var n, i int64
	var text string
	if err := db.QueryRowContext(ctx, `SELECT n, i, t FROM a WHERE t = ? -- why?
		AND i > ?`, "a?", 3).Scan(&n, &i, &text); err != nil || n != 3 || i != 1<<40 || text != "a?" {
		t.Errorf("%d %d %q %v", n, i, text, err)
	}
	_, err := db.ExecContext(ctx, `INSERT INTO a(n, i) VALUES(1, 1)`)
	if !errors.Is(sqldb.Typed("test", nil, err), exo.Conflict) {
		t.Errorf("twice: %v", err)
	}
}

func TestPlacesBecomeNumbered(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                           "SELECT 1",
		"a = ? AND b IN (?,?)":               "a = $1 AND b IN ($2,$3)",
		"a = '?' AND b = ?":                  "a = '?' AND b = $1",
		`a = 'it''s ?' AND "b?" = ?`:         `a = 'it''s ?' AND "b?" = $1`,
		"a = ? -- why?\n AND b = ?":          "a = $1 -- why?\n AND b = $2",
		"a = ? /* why? */ AND b = ?":         "a = $1 /* why? */ AND b = $2",
		"m ? 'key' AND a = $1":               "m ? 'key' AND a = $1",
		"a = $2 AND m ? 'key'":               "a = $2 AND m ? 'key'",
		"a = '$1' AND b = ?":                 "a = '$1' AND b = $1",
		"a = 'open ?":                        "a = 'open ?",
		"a = ? /* open ?":                    "a = $1 /* open ?",
		"?":                                  "$1",
		"":                                   "",
		"a = ? AND b = 'ü?' AND c = ? -- ü?": "a = $1 AND b = 'ü?' AND c = $2 -- ü?",
	} {
		if got := sqldb.Dollars(query); got != want {
			t.Errorf("%s\ngives %s\nwant  %s", query, got, want)
		}
	}
}

// What is not a place stays as it is, byte for byte.
func FuzzPlaces(f *testing.F) {
	for _, s := range []string{"a = ? AND b = '?'", "/* ? */ ? -- ?", `"?" '' ? $1`, "'", "/*", "--", "$", "/*/ ?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got := sqldb.Dollars(query)
		if got == query {
			return
		}
		if strings.Count(query, "?") < strings.Count(got, "$")-strings.Count(query, "$") {
			t.Errorf("%q gives %q", query, got)
		}
		back := got
		for n := strings.Count(query, "?"); n > 0; n-- {
			back = replaceLast(back, "$"+strconv.Itoa(n), "?")
		}
		if strings.Count(query, "$") == 0 && back != query {
			t.Errorf("%q gives %q, and back %q", query, got, back)
		}
	})
}

func TestBothTakeTheStepsOfOneTable(t *testing.T) {
	ctx := t.Context()
	url := xtest.Postgres(t)
	steps := []sqldb.Step{
		{SQLite: "CREATE TABLE a(seq INTEGER PRIMARY KEY AUTOINCREMENT, n INT, b BLOB NOT NULL, r REAL, printer TEXT)"},
		{SQLite: "CREATE TABLE b(x BLOB) STRICT"},
		{SQLite: "INSERT INTO a(n, b, r) VALUES(1, x'00', 0.5)", Postgres: `INSERT INTO a(n, b, r) VALUES(1, '\x00', 0.5)`},
	}
	var wg sync.WaitGroup
	for range 6 { // programs that start together
		wg.Go(func() {
			db, err := sqldb.Open(ctx, sqldb.Options{URL: url})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := sqldb.MigrateSteps(ctx, db, "test", steps); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, o := range []sqldb.Options{{URL: url}, {Path: t.TempDir() + "/x.db"}} {
		db := open(t, o)
		if err := sqldb.MigrateSteps(ctx, db, "test", steps); err != nil {
			t.Fatal(err)
		}
		var seq, n int64
		var b []byte
		var r float64
		if err := db.QueryRow("SELECT seq, n, b, r FROM a").Scan(&seq, &n, &b, &r); err != nil || seq != 1 || n != 1 || string(b) != "\x00" || r != 0.5 {
			t.Errorf("%s: %d %d %q %g, %v", db.Dialect(), seq, n, b, r, err)
		}
		if err := sqldb.MigrateSteps(ctx, db, "test", steps[:1]); !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" {
			t.Errorf("%s: an older program: %v", db.Dialect(), err)
		}
		if err := sqldb.MigrateSteps(ctx, db, "test", append(steps, sqldb.Step{SQLite: "CREATE TABLE c(x INT); NONSENSE"})); err == nil {
			t.Errorf("%s: a wrong step is accepted", db.Dialect())
		}
		if _, err := db.Exec("SELECT * FROM c"); err == nil {
			t.Errorf("%s: half of a failed step is there", db.Dialect())
		}
		if err := db.Check(ctx); err != nil {
			t.Errorf("%s: %v", db.Dialect(), err)
		}
	}
	reader := open(t, sqldb.Options{URL: url, ReadOnly: true})
	if err := sqldb.MigrateSteps(ctx, reader, "test", steps); err != nil {
		t.Errorf("a reader of the same age: %v", err)
	}
	if err := sqldb.MigrateSteps(ctx, reader, "test", append(steps, sqldb.Step{SQLite: "SELECT 1"})); !errors.Is(err, exo.Conflict) {
		t.Errorf("a newer reader: %v", err)
	}
	if err := reader.InTx(ctx, func(tx *sql.Tx) error { _, err := tx.Exec("DELETE FROM a"); return err }); !errors.Is(err, exo.Unavailable) {
		t.Errorf("a reader writes: %v", err)
	}
}

func TestTransactionsOfOneNameWaitForEachOther(t *testing.T) {
	ctx := t.Context()
	db := open(t, sqldb.Options{URL: xtest.Postgres(t), MaxConns: 20})
	if _, err := db.Exec("CREATE TABLE n(name TEXT PRIMARY KEY, n BIGINT); INSERT INTO n VALUES('a', 0), ('b', 0)"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 60 {
		name := []string{"a", "b"}[i%2]
		wg.Go(func() {
			err := db.For(name).InTx(ctx, func(tx *sql.Tx) error {
				var n int
				if err := tx.QueryRow("SELECT n FROM n WHERE name = ?", name).Scan(&n); err != nil {
					return err
				}
				_, err := tx.Exec("UPDATE n SET n = ? WHERE name = ?", n+1, name)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"a", "b"} {
		var n int
		if err := db.QueryRow("SELECT n FROM n WHERE name = ?", name).Scan(&n); err != nil || n != 30 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	// Another name does not wait.
	err := db.For("a").InTx(ctx, func(*sql.Tx) error {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return db.For("b").InTx(short, func(*sql.Tx) error { return nil })
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAloneIsAlone(t *testing.T) {
	url := xtest.Postgres(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	inside := 0
	for range 5 {
		wg.Go(func() {
			db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			err = db.Alone(t.Context(), "x", func() error {
				if !mu.TryLock() {
					t.Error("two are alone")
					return nil
				}
				defer mu.Unlock()
				inside++
				time.Sleep(5 * time.Millisecond)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if inside != 5 {
		t.Errorf("%d were inside", inside)
	}
}

func TestErrorsOfPostgresHaveKinds(t *testing.T) {
	ctx := t.Context()
	db := open(t, sqldb.Options{URL: xtest.Postgres(t)})
	raise := func(code string) error {
		_, err := db.Exec(`DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''` + code + `''; END'`)
		return err
	}
	for code, want := range map[string]exo.Kind{
		"23505": exo.Conflict, "23503": exo.Conflict, "40001": exo.Unavailable, "40P01": exo.Unavailable, "55P03": exo.Unavailable,
		"53100": exo.Full, "53300": exo.Unavailable, "57P01": exo.Unavailable, "57P03": exo.Unavailable, "08006": exo.Unavailable,
		"58030": exo.Unavailable, "XX001": exo.Corrupt, "XX002": exo.Corrupt, "57014": exo.Canceled, "28P01": exo.Unavailable,
		"3D000": exo.NotFound, "25006": exo.Unavailable, "42501": exo.Unavailable, "42601": exo.Internal,
	} {
		err := sqldb.Typed("test", "x", raise(code))
		if exo.KindOf(err) != want {
			t.Errorf("%s is %s, want %s", code, exo.KindOf(err), want)
		}
		if want != exo.Internal && want != exo.Conflict && want != exo.Canceled && exo.HintOf(err) == "" {
			t.Errorf("%s has no hint", code)
		}
	}
	_, err := db.Exec("SELECT CAST(? AS TEXT)", "a\x00b")
	if !errors.Is(sqldb.Typed("test", nil, err), exo.Invalid) {
		t.Errorf("a zero byte: %v", err)
	}
	if err := sqldb.Typed("test", nil, db.QueryRow("SELECT 1 WHERE false").Scan(new(int))); !errors.Is(err, exo.NotFound) {
		t.Errorf("no row: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err = db.ExecContext(short, "SELECT pg_sleep(5)")
	if kind := exo.KindOf(sqldb.Typed("test", nil, err)); kind != exo.KindOf(context.DeadlineExceeded) {
		t.Errorf("a deadline: %s (%v)", kind, err)
	}
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	for address, want := range map[string]exo.Kind{
		"mysql://secret@x/y":                               exo.Invalid,
		"postgres://user:secret@[::1/x":                    exo.Invalid,
		"postgres://user:secret@x:port/x":                  exo.Invalid,
		"postgres://user:secret@127.0.0.1:1/x":             exo.Unavailable,
		"postgres://user:secret@/x?host=/nowhere/at/all":   exo.Unavailable,
		strings.Replace(xtest.Postgres(t), "/t", "/no", 1): exo.NotFound,
	} {
		_, err := sqldb.Open(t.Context(), sqldb.Options{URL: address})
		if !errors.Is(err, want) || exo.HintOf(err) == "" {
			t.Errorf("%.12s: %v, want %s", address, err, want)
		}
		if err != nil && strings.Contains(err.Error()+exo.MessageOf(err), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestAConnectionThatBrokeIsReplaced(t *testing.T) {
	ctx := t.Context()
	server := xtest.NewPostgres(t)
	db := open(t, sqldb.Options{URL: server.URL, MaxConns: 3})
	if _, err := db.Exec("CREATE TABLE a(n BIGINT)"); err != nil {
		t.Fatal(err)
	}
	other := open(t, sqldb.Options{URL: server.URL})
	ways := map[string]func() error{
		"a query":  func() error { var n int; return db.QueryRowContext(ctx, "SELECT count(*) FROM a").Scan(&n) },
		"a change": func() error { _, err := db.ExecContext(ctx, "INSERT INTO a VALUES(?)", 1); return err },
		"a transaction": func() error {
			return db.InTx(ctx, func(tx *sql.Tx) error { _, err := tx.Exec("INSERT INTO a VALUES(1)"); return err })
		},
	}
	for name, do := range ways {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		_, err := other.Exec("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
		if err != nil {
			t.Fatal(err)
		}
		if err := do(); err != nil {
			t.Errorf("%s after its connection was ended: %v", name, err)
		}
	}
	server.Stop(t)
	for name, do := range ways {
		if err := sqldb.Typed("test", nil, do()); !errors.Is(err, exo.Unavailable) {
			t.Errorf("%s without a server: %v", name, err)
		}
	}
	server.Start(t)
	for name, do := range ways {
		if err := do(); err != nil {
			t.Errorf("%s when it is back: %v", name, err)
		}
	}
	// In the middle of a transaction nothing is tried again: it is gone as a whole.
	err := db.InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO a VALUES(77)"); err != nil {
			return err
		}
		if _, err := other.Exec("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO a VALUES(77)")
		return err
	})
	if !errors.Is(err, exo.Unavailable) {
		t.Errorf("a transaction whose connection was ended: %v", err)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM a WHERE n = 77").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows of it are there, %v", n, err)
	}
}

func replaceLast(s, old, by string) string {
	at := strings.LastIndex(s, old)
	if at < 0 {
		return s
	}
	return s[:at] + by + s[at+len(old):]
}
