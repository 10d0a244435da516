package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, o sqldb.Options) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestDatabaseIsOpenedAsPromised(t *testing.T) {
	// A name that a URI could misread.
	db := open(t, sqldb.Options{Path: filepath.Join(t.TempDir(), "a b?c%41#d.db")})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "busy_timeout": "10000", "foreign_keys": "1"} {
		var got string
		if err := db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
	var file string
	if err := db.QueryRow("SELECT file FROM pragma_database_list").Scan(&file); err != nil || !strings.HasSuffix(file, "a b?c%41#d.db") {
		t.Errorf("the file is %q (%v)", file, err)
	}
}

func TestMigrateTakesEachStepOnce(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, sqldb.Options{Path: path})
	steps := []string{"CREATE TABLE a(x); INSERT INTO a VALUES(1)", "INSERT INTO a VALUES(2)", "INSERT INTO a VALUES(3)"}
	for _, n := range []int{1, 1, 3, 3} {
		if err := sqldb.Migrate(ctx, db, "test", steps[:n]); err != nil {
			t.Fatal(err)
		}
		var got int
		if err := db.QueryRow("SELECT count(*) FROM a").Scan(&got); err != nil || got != n {
			t.Errorf("%d rows after %d steps (%v)", got, n, err)
		}
	}
	if err := sqldb.Migrate(ctx, db, "test", steps[:2]); !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" {
		t.Errorf("an older program: %v", err)
	}
	if err := sqldb.Migrate(ctx, db, "test", append(steps, "CREATE TABLE b(x); NONSENSE")); err == nil {
		t.Error("a wrong step is accepted")
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'b'").Scan(&n); err != nil || n != 0 {
		t.Errorf("half of a failed step is there: %d, %v", n, err)
	}
	reader := open(t, sqldb.Options{Path: path, ReadOnly: true})
	if err := sqldb.Migrate(ctx, reader, "test", steps); err != nil {
		t.Errorf("a reader of the same age: %v", err)
	}
	if err := sqldb.Migrate(ctx, reader, "test", append(steps, "SELECT 1")); !errors.Is(err, exo.Conflict) {
		t.Errorf("a newer reader: %v", err)
	}
}

func TestReaderSeesTheWriterAndMakesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	if _, err := sqldb.Open(context.Background(), sqldb.Options{Path: path, ReadOnly: true}); !errors.Is(err, exo.NotFound) {
		t.Errorf("a reader without a file: %v", err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("the reader made %v", list)
	}
	writer := open(t, sqldb.Options{Path: path})
	if _, err := writer.Exec("CREATE TABLE a(x); INSERT INTO a VALUES(1)"); err != nil {
		t.Fatal(err)
	}
	reader := open(t, sqldb.Options{Path: path, ReadOnly: true})
	count := func() (n int) {
		t.Helper()
		if err := reader.QueryRow("SELECT count(*) FROM a").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 1 {
		t.Errorf("%d rows", n)
	}
	if _, err := writer.Exec("INSERT INTO a VALUES(2)"); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 2 {
		t.Errorf("%d rows after the writer went on", n)
	}
	if _, err := reader.Exec("INSERT INTO a VALUES(3)"); exo.KindOf(sqldb.Typed("test", nil, err)) != exo.Unavailable {
		t.Errorf("a reader writes: %v", err)
	}
}

func TestWritersWaitForEachOther(t *testing.T) {
	ctx := context.Background()
	db := open(t, sqldb.Options{Path: filepath.Join(t.TempDir(), "x.db"), MaxConns: 8})
	if _, err := db.Exec("CREATE TABLE a(x); INSERT INTO a VALUES(0)"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				err := db.InTx(ctx, func(tx *sql.Tx) error {
					var x int
					if err := tx.QueryRow("SELECT x FROM a").Scan(&x); err != nil {
						return err
					}
					_, err := tx.Exec("UPDATE a SET x = ?", x+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var x int
	if err := db.QueryRow("SELECT x FROM a").Scan(&x); err != nil || x != 200 {
		t.Errorf("%d, %v", x, err)
	}
}

func TestErrorsHaveTheirKind(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("garbage ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqldb.Open(context.Background(), sqldb.Options{Path: garbage}); !errors.Is(err, exo.Corrupt) || !strings.Contains(exo.HintOf(err), "reindex") {
		t.Errorf("garbage: %v", err)
	}
	if _, err := sqldb.Open(context.Background(), sqldb.Options{Path: filepath.Join(dir, "none", "x.db")}); !errors.Is(err, exo.NotFound) {
		t.Errorf("no folder: %v", err)
	}
	db := open(t, sqldb.Options{Path: filepath.Join(dir, "x.db")})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := db.InTx(ctx, func(*sql.Tx) error { return nil }); exo.KindOf(err) != exo.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	if err := sqldb.Typed("test", "x", sql.ErrNoRows); !errors.Is(err, exo.NotFound) {
		t.Errorf("no rows: %v", err)
	}
	if _, err := db.Exec("CREATE TABLE u(x UNIQUE); INSERT INTO u VALUES(1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO u VALUES(1)"); !errors.Is(sqldb.Typed("test", nil, err), exo.Conflict) {
		t.Errorf("twice: %v", err)
	}
	if _, err := db.Exec("PRAGMA max_page_count = 3; CREATE TABLE f(x)"); err == nil {
		_, err = db.Exec("INSERT INTO f VALUES(randomblob(100000))")
		if !errors.Is(sqldb.Typed("test", nil, err), exo.Full) {
			t.Errorf("full: %v", err)
		}
	}
}

func TestDamageIsFoundBeforeItIsMet(t *testing.T) {
	ctx := context.Background()
	tests := map[string]struct {
		damage func(t *testing.T, path string)
		opens  bool // nothing is seen at open
	}{
		"nothing":              {func(*testing.T, string) {}, true},
		"a page in the middle": {func(t *testing.T, path string) { overwrite(t, path, 8*4096, strings.Repeat("x", 4096)) }, true},
		"the head":             {func(t *testing.T, path string) { overwrite(t, path, 0, strings.Repeat("x", 100)) }, false},
		"an empty file beside a log": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path+"-wal", []byte("log"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			db := open(t, sqldb.Options{Path: path})
			if _, err := db.Exec("CREATE TABLE a(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100) INSERT INTO a SELECT randomblob(1000) FROM n"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			tt.damage(t, path)
			db, err := sqldb.Open(ctx, sqldb.Options{Path: path})
			if tt.opens {
				if err != nil {
					t.Fatal(err)
				}
				err = errors.Join(db.Check(ctx), db.Close())
			}
			if name == "nothing" {
				if err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, exo.Corrupt) || !strings.Contains(exo.HintOf(err), "reindex") {
				t.Errorf("%v", err)
			}
			if name == "an empty file beside a log" {
				if log, err := os.ReadFile(path + "-wal"); err != nil || string(log) != "log" {
					t.Errorf("the log is now %q, %v", log, err)
				}
			}
		})
	}
}

func overwrite(t *testing.T, path string, at int64, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(text), at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
