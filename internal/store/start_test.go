package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/store"
)

func TestStartOnADamagedTreeIsRefusedWithAHint(t *testing.T) {
	tests := map[string]struct {
		damage func(dir string) error
		kind   exo.Kind
		hint   string
	}{
		"a checksum file is gone":  {func(d string) error { return os.Remove(filepath.Join(d, "checksums/raw.sha256")) }, exo.Corrupt, "storage reindex"},
		"a checksum file is empty": {func(d string) error { return os.Truncate(filepath.Join(d, "checksums/metadata.sha256"), 0) }, exo.Corrupt, "storage reindex"},
		"the tree is gone, the database is not": {func(d string) error {
			for _, top := range []string{"raw", "lightcurves", "checksums", "metadata/raw", "metadata/lightcurves"} {
				if err := os.RemoveAll(filepath.Join(d, top)); err != nil {
					return err
				}
			}
			return nil
		}, exo.Corrupt, "restore them from a backup"},
		"the database is no database": {func(d string) error {
			return os.WriteFile(filepath.Join(d, store.IndexPath()), bytes.Repeat([]byte("no database "), 1000), 0o600)
		}, exo.Corrupt, "storage reindex"},
		"the tree is of a newer program": {func(d string) error {
			return os.WriteFile(filepath.Join(d, ".lock"), []byte("exoplanetai data tree, format 2\n\n"), 0o600)
		}, exo.Conflict, "newer program"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := small(t)
			if err := tt.damage(dir); err != nil {
				t.Fatal(err)
			}
			b, err := tryOpen(dir)
			if err == nil {
				b.shut()
			}
			if !errors.Is(err, tt.kind) || !strings.Contains(exo.HintOf(err), tt.hint) {
				t.Errorf("%s: %v; hint %q", exo.KindOf(err), err, exo.HintOf(err))
			}
		})
	}
}

func TestNewerIndexIsRefused(t *testing.T) {
	dir := small(t)
	b := open(t, dir)
	if _, err := b.db.Exec(`UPDATE schema_versions SET version = 99`); err != nil {
		t.Fatal(err)
	}
	b.shut()
	if _, err := tryOpen(dir); !errors.Is(err, exo.Conflict) || !strings.Contains(exo.HintOf(err), "newer program") {
		t.Errorf("%v", err)
	}
}

func TestLostDatabaseIsMadeAgainFromTheTree(t *testing.T) {
	for name, lose := range map[string]func(full string) error{
		"it is gone":  os.Remove,
		"it is empty": func(full string) error { return os.Truncate(full, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := small(t)
			want := listed(t, dir)
			if err := lose(filepath.Join(dir, store.IndexPath())); err != nil {
				t.Fatal(err)
			}
			b := open(t, dir)
			b.shut()
			if got := listed(t, dir); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			if list := checked(t, dir, false); len(list) > 0 {
				t.Errorf("%+v", list)
			}
		})
	}
}

func TestDatabaseAndChecksumsAreMadeAgainFromTheSidecars(t *testing.T) {
	dir := small(t)
	want := listed(t, dir)
	for _, name := range []string{
		"checksums/raw.sha256", "checksums/lightcurves.sha256", "checksums/validation.sha256", "checksums/metadata.sha256", store.IndexPath(),
	} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, dir)
	b.shut()
	if got := listed(t, dir); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	checkSums(t, dir)
}

func TestReindexMendsWhatStartRefuses(t *testing.T) {
	for _, name := range []string{"checksums/raw.sha256", "checksums/lightcurves.sha256", "checksums/validation.sha256", "checksums/metadata.sha256"} {
		t.Run(name, func(t *testing.T) {
			dir := small(t)
			want := listed(t, dir)
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			b := open(t, dir, func(o *store.Options) { o.Rebuild = true })
			if _, err := b.Stage(context.Background()); !errors.Is(err, exo.Conflict) {
				t.Errorf("staging before the reindex: %v", err)
			}
			rep, err := b.Reindex(context.Background(), nil)
			if err != nil || len(rep.Damaged) > 0 || rep.Lines == 0 || rep.Files != 4 {
				t.Errorf("%+v, %v", rep, err)
			}
			publish(t, b.Store, "raw/nasa/next.csv", []byte("next"))
			b.shut()
			if got := listed(t, dir); !strings.Contains(got, "raw/nasa/next.csv") || len(got) < len(want) {
				t.Errorf("%s", got)
			}
			if list := checked(t, dir, false); len(list) > 0 {
				t.Errorf("%+v", list)
			}
			checkSums(t, dir)
		})
	}
}

func TestDamagedDatabaseIsSetAsideAndMadeAgain(t *testing.T) {
	dir := small(t)
	want := listed(t, dir)
	if err := os.WriteFile(filepath.Join(dir, store.IndexPath()), []byte(strings.Repeat("x", 9000)), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := fsys.OpenDir(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	name, err := store.SetAside(d, noon)
	if err != nil || name != store.IndexPath()+".damaged-20260102_120000" {
		t.Fatalf("%q, %v", name, err)
	}
	open(t, dir).shut()
	if got := listed(t, dir); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if list := checked(t, dir, false); len(list) > 0 {
		t.Errorf("%+v", list)
	}
	again, err := store.SetAside(d, noon) // within the same second
	if err != nil || again != name+"-2" {
		t.Errorf("%q, %v", again, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(text) != 9000 {
		t.Errorf("what was set aside first is gone: %d bytes, %v", len(text), err)
	}
}

func TestReindexHidesNoDamage(t *testing.T) {
	tests := map[string]struct{ name, with string }{
		"a sidecar was altered":       {"metadata/raw/nasa/koi.csv.json", `"kind": "delta"`},
		"a data file was altered":     {"raw/nasa/koi.csv", ""},
		"a checksum line was altered": {"checksums/raw.sha256", ""},
		"a report was altered":        {"metadata/validation/koi.json", ""},
		"a report's sidecar was":      {"metadata/metadata/validation/koi.json.json", `"kind": "validatiom"`},
		"a report's line was":         {"checksums/validation.sha256", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := small(t)
			full := filepath.Join(dir, tt.name)
			text, err := os.ReadFile(full)
			if err != nil {
				t.Fatal(err)
			}
			bad := regexp.MustCompile(`"kind": "[a-z]*"`).ReplaceAll(text, []byte(tt.with))
			if tt.with == "" {
				bad = bytes.Clone(text)
				bad[3] ^= 1
			}
			replace(t, full, bad)
			b := open(t, dir)
			if _, err := b.Reindex(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
			b.shut()
			list := checked(t, dir, false)
			if strings.HasPrefix(tt.name, "checksums/") {
				if len(list) > 0 { // the right line could be told by the bytes of the file
					t.Errorf("%+v", list)
				}
			} else if !named(list, tt.name) {
				t.Errorf("%s is not named in %+v", tt.name, list)
			}
		})
	}
}

func TestReaderWritesNothing(t *testing.T) {
	dir := small(t)
	writer := open(t, dir)
	publish(t, writer.Store, "raw/nasa/b.csv", []byte("beside"))
	for name, beside := range map[string]bool{"beside a writer": true, "alone": false} {
		t.Run(name, func(t *testing.T) {
			if !beside {
				writer.shut()
			}
			before := listing(t, dir)
			b := open(t, dir, func(o *store.Options) { o.ReadOnly = true; o.FS = fsystest.ReadOnly{FS: o.FS} })
			ctx := context.Background()
			if n := len(all(t, b.Store)); n != 5 {
				t.Errorf("%d files", n)
			}
			f, err := b.Read(ctx, "raw/nasa/b.csv")
			if err != nil {
				t.Fatal(err)
			}
			_ = f.Close()
			for _, err := range []error{
				second2(b.Newest(ctx, store.Filter{Kind: store.Table})),
				second2(b.Stats(ctx)),
				second2(b.Verify(ctx, store.VerifyOptions{}, nil)),
				second2(b.Verify(ctx, store.VerifyOptions{Quick: true}, nil)),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			if rep, err := b.Verify(ctx, store.VerifyOptions{}, nil); err != nil || !rep.OK {
				t.Errorf("%v %+v", err, rep.Damaged)
			}
			for _, err := range []error{
				second2(b.Stage(ctx)), second2(b.Publish(ctx)), second2(b.Reindex(ctx, nil)), b.SetCheck(ctx, "k", store.Check{}),
			} {
				if !errors.Is(err, exo.Conflict) {
					t.Errorf("a writing call: %v", err)
				}
			}
			b.shut()
			if after := listing(t, dir); after != before {
				t.Errorf("the folder has changed:\n%s\n%s", before, after)
			}
		})
	}
}

func second2[T any](_ T, err error) error { return err }

// listing gives names, sizes and times of everything in a folder.
func listing(t testing.TB, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.Walk(dir, func(full string, info os.FileInfo, err error) error {
		if err == nil {
			out.WriteString(full + " " + info.ModTime().String() + " " + info.Mode().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
