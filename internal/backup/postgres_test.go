package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

// onPostgres opens a tree whose index is in Postgres.
func onPostgres(t *testing.T, dir, url string, rebuild bool) (*store.Store, *sqldb.DB, fsys.FS, error) {
	t.Helper()
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }
	s, err := store.Open(t.Context(), store.Options{FS: d, DB: db, Clock: clock, Program: "test", Holder: "a test", Shared: true, Rebuild: rebuild})
	t.Cleanup(func() {
		if s != nil {
			_ = s.Close()
		}
		_ = errors.Join(db.Close(), d.Close())
	})
	return s, db, d, err
}

// contents are the files of a tree but for those of the staging folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		if err != nil || e.IsDir() || rel[0] == '.' {
			return err
		}
		text, err := os.ReadFile(name)
		all[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestATreeWithItsIndexInPostgresComesBackWithoutIt(t *testing.T) {
	b := setUp(t)
	dir, url := filepath.Join(b.base, "tree"), xtest.Postgres(t)
	s, db, disk, err := onPostgres(t, dir, url, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		st, err := s.Stage(t.Context())
		if err == nil {
			_, err = st.Write(bytes.Repeat([]byte{byte(i)}, 1000+i))
		}
		if err == nil {
			_, err = s.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{Path: exo.Path(fmt.Sprintf("raw/nasa/%d.csv", i)), RetrievedAt: b.now, Kind: store.Table}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	stale := filepath.Join(dir, "metadata", "exoplanetai.db")
	if err := os.WriteFile(stale, []byte("of times before Postgres"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.o.FS, b.o.DB, b.o.DataPath = disk, db, dir
	b.o.Still = s.Still
	service := b.service()
	r := b.create(service)
	if check, err := service.Verify(t.Context(), backup.VerifyOptions{Snapshot: r.Snapshot}, nil); err != nil || !check.OK {
		t.Fatalf("%+v %v", check, err)
	}
	before := contents(t, dir)
	delete(before, "metadata/exoplanetai.db")
	to := filepath.Join(b.base, "back")
	if _, err := service.Restore(t.Context(), backup.RestoreOptions{To: to}, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := onPostgres(t, to, url, false); !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" {
		t.Errorf("with the database of the tree that is gone: %v", err)
	}
	for what, at := range map[string]string{"an empty database": xtest.Postgres(t), "the database of the tree that is gone": url} {
		back, _, _, err := onPostgres(t, to, at, what != "an empty database")
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if rep, err := back.Reindex(context.Background(), nil); err != nil || len(rep.Damaged) > 0 || rep.Files != 20 {
			t.Errorf("%s: %+v %v", what, rep, err)
		}
		if rep, err := back.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK || rep.Files != 20 {
			t.Errorf("%s: %+v %v", what, rep, err)
		}
		after := contents(t, to)
		if len(after) != len(before) {
			t.Errorf("%s: %d files, and %d before", what, len(after), len(before))
		}
		for name, text := range before {
			if after[name] != text {
				t.Errorf("%s: %s is another", what, name)
			}
		}
		_ = back.Close()
		if err := os.RemoveAll(filepath.Join(to, ".staging")); err != nil { // as a restore leaves it
			t.Fatal(err)
		}
	}
}
