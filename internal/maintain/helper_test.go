package maintain_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = 24 * time.Hour

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// bench is a data folder with cache and logs.
type bench struct {
	t     testing.TB
	dir   string
	now   time.Time
	data  fsys.FS
	cache fsys.FS
	logs  fsys.FS
	store *store.Store
	vers  *version.Versions
	saved backups
	after []catalog.Type
	stop  func()
}

// backups says what the backups have: when each file was proved.
type backups map[exo.Path]time.Time

func (b backups) Has(_ context.Context, p exo.Path, _ exo.Digest) (*time.Time, error) {
	at, ok := b[p]
	if !ok {
		return nil, nil
	}
	if at.IsZero() {
		return nil, exo.Errorf("test", exo.NotFound, p, "no such file")
	}
	return &at, nil
}

func open(t testing.TB, wrap ...func(fsys.FS) fsys.FS) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), now: noon, saved: backups{}}
	b.data, b.cache, b.logs = b.disk("data"), b.disk("cache"), b.disk("logs")
	for _, w := range wrap {
		b.data = w(b.data)
	}
	b.start()
	return b
}

// start opens store and versions, as a program does.
func (b *bench) start() {
	b.t.Helper()
	t := b.t
	if err := store.Prepare(b.data); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(b.dir, "data", store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b.store, err = store.Open(t.Context(), store.Options{FS: b.data, DB: db, Clock: b.clock, Program: "test", Holder: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	b.stop = func() {
		_, _ = b.store.Close(), db.Close()
		b.stop = func() {}
	}
	t.Cleanup(func() { b.stop() })
	b.vers, err = version.Open(t.Context(), version.Options{FS: b.data, Store: b.store, Clock: b.clock, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) clock() time.Time { return b.now }

func (b *bench) disk(name string) fsys.FS {
	d, err := fsys.OpenDir(filepath.Join(b.dir, name), true)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = d.Close() })
	return d
}

// service makes the service; its raw retention is one day.
func (b *bench) service(change ...func(*maintain.Options)) *maintain.Service {
	o := maintain.Options{
		Store: b.store, Versions: b.vers, Backup: b.saved, FS: b.data, Cache: b.cache, Logs: b.logs, Clock: b.clock,
		RawRetention: day, CacheRetention: 7 * day, LogRetention: 25 * day,
		After: func(_ context.Context, t catalog.Type) []string { b.after = append(b.after, t); return nil },
	}
	for _, c := range change {
		c(&o)
	}
	return maintain.New(o)
}

// hold stores a file as of a time.
func (b *bench) hold(m store.Meta, text string) store.Meta {
	b.t.Helper()
	st, err := b.store.Stage(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := st.Write([]byte(text)); err != nil {
		b.t.Fatal(err)
	}
	if m.Origin.Archive == "" {
		m.Origin = exo.Origin{Archive: "nea", URL: "https://example.org/"}
	}
	list, err := b.store.Publish(b.t.Context(), store.Item{Staged: st, Meta: m})
	if err != nil {
		b.t.Fatal(err)
	}
	return list[0]
}

// table stores a koi table that is some days old.
func (b *bench) table(days int, text string, from ...store.Meta) store.Meta {
	b.t.Helper()
	at := noon.Add(-time.Duration(days) * day)
	m := store.Meta{Path: exo.Path("raw/nasa/koi_" + exo.Stamp(at) + ".csv"), Kind: store.Table, Table: catalog.KOI, RetrievedAt: at}
	return b.hold(refer(m, from), text)
}

func refer(m store.Meta, from []store.Meta) store.Meta {
	for _, f := range from {
		m.From = append(m.From, store.Ref{Path: f.Path, SHA256: f.SHA256})
	}
	return m
}

func (b *bench) version(name string, patterns ...string) {
	b.t.Helper()
	if _, err := b.vers.Create(b.t.Context(), version.CreateOptions{Name: name, Description: "a test", Patterns: patterns}); err != nil {
		b.t.Fatal(err)
	}
}

// put makes a file beside the store's own that is some days old.
func (b *bench) put(name string, size, days int) {
	b.t.Helper()
	full := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(full, make([]byte, size), 0o644); err != nil {
		b.t.Fatal(err)
	}
	at := noon.Add(-time.Duration(days) * day)
	if err := os.Chtimes(full, at, at); err != nil {
		b.t.Fatal(err)
	}
}

// files lists all files below some folders.
func (b *bench) files(dirs ...string) []string {
	b.t.Helper()
	list := []string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(b.dir, dir), func(name string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && !e.IsDir() {
				rel, _ := filepath.Rel(b.dir, name)
				list = append(list, filepath.ToSlash(rel))
			}
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	sort.Strings(list)
	return list
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
