package store_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// bench is a data tree on the real disk.
type bench struct {
	dir string
	fs  fsys.FS
	db  *sqldb.DB
	*store.Store
}

// open opens a tree in dir.
func open(t testing.TB, dir string, change ...func(*store.Options)) *bench {
	t.Helper()
	b, err := tryOpen(dir, change...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.shut)
	return b
}

func tryOpen(dir string, change ...func(*store.Options)) (*bench, error) {
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		return nil, err
	}
	o := store.Options{FS: d, Clock: clock, Program: "exoplanetai test", Holder: "a test"}
	for _, c := range change {
		c(&o)
	}
	b := &bench{dir: dir, fs: d}
	if !o.ReadOnly {
		if err := store.Prepare(o.FS); err != nil {
			return nil, err
		}
	}
	at := sqldb.Options{Path: filepath.Join(dir, store.IndexPath()), ReadOnly: o.ReadOnly}
	if databaseOf != nil {
		at.URL, o.Shared = databaseOf(dir), !o.ReadOnly
	}
	b.db, err = sqldb.Open(context.Background(), at)
	if err != nil {
		return nil, err
	}
	o.DB = b.db
	b.Store, err = store.Open(context.Background(), o)
	if err != nil {
		b.shut()
		return nil, err
	}
	return b, nil
}

// shut closes all that is open; a second time it does nothing.
func (b *bench) shut() {
	if b.Store != nil {
		_ = b.Close()
		b.Store = nil
	}
	if b.db != nil {
		_ = b.db.Close()
		b.db = nil
	}
}

// stage makes a staged file of the bytes.
func stage(t testing.TB, s *store.Store, data []byte) *store.Staged {
	t.Helper()
	st, err := s.Stage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(st, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return st
}

func meta(path string) store.Meta {
	return store.Meta{Path: exo.Path(path), RetrievedAt: noon, Kind: store.Table, Origin: exo.Origin{Archive: "folder", URL: "file"}}
}

func publish(t testing.TB, s *store.Store, path string, data []byte) store.Meta {
	t.Helper()
	list, err := s.Publish(context.Background(), store.Item{Staged: stage(t, s, data), Meta: meta(path)})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}
