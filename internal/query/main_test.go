package query_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/query"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// world is a store with tables, and a cache folder.
type world struct {
	store  *store.Store
	tables *tables.Tables
	fs     fsys.FS
	folder string
	log    *bytes.Buffer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	home := t.TempDir()
	dir, err := fsys.OpenDir(filepath.Join(home, "data"), true)
	if err == nil {
		err = store.Prepare(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(home, "data", store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{FS: dir, DB: db, Clock: func() time.Time { return noon }, Program: "exoplanetai test"})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := fsys.OpenDir(filepath.Join(home, "cache"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), db.Close(), dir.Close(), cache.Close()); err != nil {
			t.Error(err)
		}
	})
	return &world{s, tables.New(s), cache, filepath.Join(home, "cache"), new(bytes.Buffer)}
}

// hold publishes a table.
func (w *world) hold(t testing.TB, typ catalog.Type, at time.Time, text []byte) store.Meta {
	t.Helper()
	st, err := w.store.Stage(t.Context())
	if err == nil {
		_, err = st.Write(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := exo.Path("raw/nasa/" + string(typ) + "_" + exo.Stamp(at) + ".csv")
	metas, err := w.store.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{
		Path: path, Kind: store.Table, Table: typ, RetrievedAt: at, Origin: exo.Origin{Archive: "folder"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return metas[0]
}

// service makes a service that writes its files.
func (w *world) service(t testing.TB, change ...func(*query.Options)) *query.Service {
	t.Helper()
	o := query.Options{
		Store: w.store, Tables: w.tables, FS: w.fs, Folder: w.folder, Write: true, Clock: time.Now,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, f := range change {
		f(&o)
	}
	s := query.New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// answer is what a selection gave.
type answer struct {
	query.Head
	rows [][]any
}

func ask(ctx context.Context, s *query.Service, r query.Request) (a answer, err error) {
	err = s.Select(ctx, r, query.Rows{
		Head: func(h query.Head) error { a.Head = h; return nil },
		Row: func(cells []any) error {
			a.rows = append(a.rows, append([]any(nil), cells...))
			return nil
		},
	})
	return a, err
}

func must(t testing.TB, s *query.Service, r query.Request) answer {
	t.Helper()
	a, err := ask(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const (
	koi2025 = "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"
	koi2019 = "data/real/catalogs/koi_2019-01-20/cumulative.csv.gz"
	toi2025 = "data/real/catalogs/TOI_2025.09.29_18.46.06.csv.gz"
	toi2023 = "data/real/catalogs/TOI_2023.03.07_15.50.16.csv.gz"
	exofop  = "data/real/catalogs/exofop_2025-04-01/exofop_tess_tois.csv.gz"
	k2pandc = "data/real/catalogs/k2pandc_2025.09.29_18.46.17.csv.gz"
)

type exportColumn = export.Column

// text writes a cell in its shortest form, and trimmed what the table says.
func text(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(cell)
}

func trimmed(cell string) string {
	if v, err := strconv.ParseFloat(cell, 64); err == nil {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return cell
}

// alone skips a test that starts no goroutine of ours when races are looked for.
func alone(t testing.TB) {
	t.Helper()
	if raced {
		t.Skip("slow under the race detector, and nothing runs beside it")
	}
}

// load returns a real table; its beginning when races are looked for.
func load(t testing.TB, file string) []byte {
	t.Helper()
	b := xtest.Gunzip(t, file)
	if !raced {
		return b
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	return bytes.Join(lines[:min(len(lines), 300)], nil)
}
