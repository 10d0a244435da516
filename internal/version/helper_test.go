package version_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// bench is a data tree with versions on the real disk.
type bench struct {
	t     testing.TB
	dir   string
	fs    fsys.FS
	db    *sqldb.DB
	store *store.Store
	*version.Versions
	at time.Time // what the clock says; a second more at each question
}

// open opens a tree in dir. disk, if given, stands before the real one once the
// store is open.
func open(t testing.TB, dir string, disk ...func(fsys.FS) fsys.FS) *bench {
	t.Helper()
	b, err := tryOpen(t, dir, disk...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tryOpen(t testing.TB, dir string, disk ...func(fsys.FS) fsys.FS) (*bench, error) {
	t.Helper()
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		return nil, err
	}
	if err := store.Prepare(d); err != nil {
		return nil, err
	}
	b := &bench{t: t, dir: dir, fs: d, at: noon}
	t.Cleanup(b.shut)
	if b.db, err = sqldb.Open(context.Background(), sqldb.Options{Path: filepath.Join(dir, store.IndexPath()), URL: sharedBy}); err != nil {
		return nil, err
	}
	b.store, err = store.Open(context.Background(), store.Options{FS: d, DB: b.db, Clock: b.clock, Program: "exoplanetai test", Holder: "a test", Shared: sharedBy != ""})
	if err != nil {
		return nil, err
	}
	for _, wrap := range disk {
		b.fs = wrap(b.fs)
	}
	b.Versions, err = version.Open(context.Background(), version.Options{FS: b.fs, Store: b.store, Clock: b.clock, Program: "exoplanetai test"})
	return b, err
}

func (b *bench) clock() time.Time { b.at = b.at.Add(time.Second); return b.at }

func (b *bench) shut() {
	if b.store != nil {
		_ = b.store.Close()
		b.store = nil
	}
	if b.db != nil {
		_ = b.db.Close()
		b.db = nil
	}
}

// put stores a file.
func (b *bench) put(kind store.Kind, path, text string) exo.Digest {
	b.t.Helper()
	ctx := context.Background()
	st, err := b.store.Stage(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := st.Write([]byte(text)); err != nil {
		b.t.Fatal(err)
	}
	m := store.Meta{Path: exo.Path(path), Kind: kind, RetrievedAt: b.clock(), Origin: exo.Origin{Archive: "mast", URL: "https://example.org"}}
	if kind == store.Table {
		m.Table = "koi"
	}
	if _, err := b.store.Publish(ctx, store.Item{Staged: st, Meta: m}); err != nil {
		b.t.Fatal(err)
	}
	return exo.DigestOf([]byte(text))
}

// fill stores a small universe: n light curves, a table and a processed file.
func (b *bench) fill(n int) {
	for i := range n {
		b.put(store.LightCurve, fmt.Sprintf("lightcurves/tess/s%04d/lc%05d.fits", i%3+1, i), fmt.Sprintf("light curve %d", i))
	}
	b.put(store.Table, "raw/nasa/koi_20260102_030405.csv", "kepid,kepoi_name,koi_disposition,koi_period\n1,K00001.01,CANDIDATE,2.5\n2,K00002.01,CONFIRMED,3.5\n")
	b.put(store.Processed, "processed/lightcurves/tess/lc00000_12345678.fits", "a processed one")
}

// path is a place on this machine.
func (b *bench) path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

// spoil turns a bit over, as a failing disk does.
func (b *bench) spoil(name string) {
	b.t.Helper()
	data, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.Chmod(b.path(name), 0o644); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), data, 0o644); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chmod(b.path(name), 0o444); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) create(name string, patterns ...string) version.Manifest {
	b.t.Helper()
	m, err := b.Create(context.Background(), version.CreateOptions{Name: name, Description: "what " + name + " is", Patterns: patterns})
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}
