package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// small is a store of four small files, one in each kind of place; closed, so
// that the database is one file.
func small(t testing.TB) string {
	t.Helper()
	dir := fastDir(t)
	b := open(t, dir)
	publish(t, b.Store, "raw/nasa/koi.csv", []byte("kepid\n1\n"))
	publish(t, b.Store, "lightcurves/tess/s0001/a.fits", bytes.Repeat([]byte("ab"), 60))
	m := meta("raw/mast/answer.json")
	m.Kind, m.Mission, m.Target = store.Answer, exo.TESS, exo.TargetID{Catalog: exo.TIC, Number: 7}
	if _, err := b.Publish(context.Background(), store.Item{Staged: stage(t, b.Store, []byte("{}")), Meta: m}); err != nil {
		t.Fatal(err)
	}
	r := meta("metadata/validation/koi.json")
	r.Kind = store.Validation
	if _, err := b.Publish(context.Background(), store.Item{Staged: stage(t, b.Store, []byte("{\"valid\": true}\n")), Meta: r}); err != nil {
		t.Fatal(err)
	}
	b.shut()
	return dir
}

// isData tells a published file from a sidecar or a checksum file.
func isData(name string) bool {
	return !strings.HasPrefix(name, "checksums/") && (!strings.HasPrefix(name, "metadata/") || strings.HasPrefix(name, "metadata/validation/"))
}

// checked verifies the store in dir and returns what is damaged.
func checked(t testing.TB, dir string, quick bool) []store.Damage {
	t.Helper()
	b, err := tryOpen(dir, func(o *store.Options) { o.ReadOnly = true })
	if err != nil {
		t.Fatal(err)
	}
	defer b.shut()
	rep, err := b.Verify(context.Background(), store.VerifyOptions{Quick: quick}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rep.OK != (len(rep.Damaged) == 0) {
		t.Errorf("ok is %t with %d damages", rep.OK, len(rep.Damaged))
	}
	return rep.Damaged
}

// named tells whether a damage names the file.
func named(list []store.Damage, name string) bool {
	return slices.ContainsFunc(list, func(d store.Damage) bool { return d.Path == name })
}

// stored lists the files below the folders that are checked.
func stored(t testing.TB, dir string) (names []string) {
	t.Helper()
	for _, top := range []string{"raw", "lightcurves", "metadata", "checksums"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(full string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && !strings.Contains(full, ".db") {
				rel, rerr := filepath.Rel(dir, full)
				names, err = append(names, filepath.ToSlash(rel)), rerr
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// replace puts other bytes into a stored file, past its permissions, and keeps
// these.
func replace(t testing.TB, full string, data []byte) {
	t.Helper()
	info, err := os.Stat(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(full, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(full, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFlippedByteIsFoundAndItsFileNamed(t *testing.T) {
	dir := small(t)
	if list := checked(t, dir, false); len(list) > 0 {
		t.Fatalf("a sound store is said to be damaged: %+v", list)
	}
	flips := 0
	for _, name := range stored(t, dir) {
		full := filepath.Join(dir, name)
		data, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		b, err := tryOpen(dir, func(o *store.Options) { o.ReadOnly = true })
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(data); i += stride {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << (i % 8)
			replace(t, full, bad)
			rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !named(rep.Damaged, name) {
				t.Errorf("%s, byte %d: not named in %+v", name, i, rep.Damaged)
			}
			for _, d := range rep.Damaged {
				if d.Path != name {
					t.Errorf("%s, byte %d: %s is accused: %+v", name, i, d.Path, d)
				}
			}
			if p, perr := exo.ParsePath(name); perr == nil && isData(name) {
				if _, err := b.Read(context.Background(), p); !errors.Is(err, exo.Corrupt) {
					t.Errorf("%s, byte %d: read gives %v", name, i, err)
				}
			}
			flips++
		}
		replace(t, full, data)
		b.shut()
	}
	t.Logf("%d bytes flipped", flips)
	if list := checked(t, dir, false); len(list) > 0 {
		t.Errorf("a mended store is said to be damaged: %+v", list)
	}
}

func TestFlippedByteOfTheDatabaseIsFoundOrHarmless(t *testing.T) {
	dir := small(t)
	full := filepath.Join(dir, store.IndexPath())
	data, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	want := listed(t, dir)
	found, harmless := 0, 0
	for i := 0; i < len(data); i += 61 * stride {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		if err := os.WriteFile(full, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := tryOpen(dir, func(o *store.Options) { o.ReadOnly = true })
		if err != nil {
			if kind := exo.KindOf(err); kind != exo.Corrupt && kind != exo.Conflict || exo.HintOf(err) == "" {
				t.Errorf("byte %d: open: %s without a hint: %v", i, kind, err)
			}
			found++
			continue
		}
		rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil)
		switch {
		case err != nil:
			t.Errorf("byte %d: verify: %v", i, err)
		case rep.OK: // a place that holds nothing of the index
			harmless++
			if got := fmt.Sprint(all(t, b.Store)); got != want {
				t.Errorf("byte %d changes the index and is not found", i)
			}
		default:
			found++
			for _, d := range rep.Damaged {
				if d.Class != store.IndexDatabase && d.Class != store.Extra && d.Class != store.ChecksumFile {
					t.Errorf("byte %d: %+v", i, d)
				}
			}
			if !named(rep.Damaged, store.IndexPath()) && !slices.ContainsFunc(rep.Damaged, func(d store.Damage) bool { return d.Class == store.Extra }) {
				t.Errorf("byte %d: the database is not named: %+v", i, rep.Damaged)
			}
		}
		b.shut()
	}
	t.Logf("%d found, %d in places that hold nothing", found, harmless)
}

func listed(t testing.TB, dir string) string {
	t.Helper()
	b, err := tryOpen(dir, func(o *store.Options) { o.ReadOnly = true })
	if err != nil {
		t.Fatal(err)
	}
	defer b.shut()
	return fmt.Sprint(all(t, b.Store))
}

func TestFileCutAtAnyLengthIsFound(t *testing.T) {
	dir := small(t)
	for _, name := range stored(t, dir) {
		full := filepath.Join(dir, name)
		data, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		b, err := tryOpen(dir, func(o *store.Options) { o.ReadOnly = true })
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(data); n += stride {
			replace(t, full, data[:n])
			rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil)
			if err != nil || !named(rep.Damaged, name) {
				t.Errorf("%s cut to %d bytes: %v, %+v", name, n, err, rep.Damaged)
			}
		}
		b.shut()
		replace(t, full, data)
	}
}

func TestDamageIsFoundAndClassed(t *testing.T) {
	const koi, lc, side, sums = "raw/nasa/koi.csv", "lightcurves/tess/s0001/a.fits", "metadata/raw/nasa/koi.csv.json", "checksums/raw.sha256"
	const report, reportSide, reportSums = "metadata/validation/koi.json", "metadata/metadata/validation/koi.json.json", "checksums/validation.sha256"
	do := func(f func(dir string) error) func(testing.TB, string) {
		return func(t testing.TB, dir string) {
			t.Helper()
			if err := f(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		damage func(t testing.TB, dir string)
		path   string
		class  store.Class
		quick  bool // a quick look finds it too
	}{
		"a deleted file":                {do(func(d string) error { return os.Remove(filepath.Join(d, koi)) }), koi, store.Missing, true},
		"a deleted sidecar":             {do(func(d string) error { return os.Remove(filepath.Join(d, side)) }), side, store.MetadataFile, true},
		"deleted checksums":             {do(func(d string) error { return os.Remove(filepath.Join(d, sums)) }), sums, store.ChecksumFile, true},
		"a stranger":                    {do(func(d string) error { return os.WriteFile(filepath.Join(d, "raw/nasa/x.csv"), nil, 0o444) }), "raw/nasa/x.csv", store.Extra, true},
		"a strange sidecar":             {do(func(d string) error { return os.WriteFile(filepath.Join(d, "metadata/raw/x.json"), nil, 0o444) }), "metadata/raw/x.json", store.Extra, true},
		"a stranger at the top":         {do(func(d string) error { return os.WriteFile(filepath.Join(d, "x"), nil, 0o444) }), "x", store.Extra, true},
		"a hidden stranger":             {do(func(d string) error { return os.WriteFile(filepath.Join(d, "raw/.x"), nil, 0o444) }), "raw/.x", store.Extra, true},
		"a writable file":               {do(func(d string) error { return os.Chmod(filepath.Join(d, koi), 0o644) }), koi, store.Mode, true},
		"a writable sidecar":            {do(func(d string) error { return os.Chmod(filepath.Join(d, side), 0o644) }), side, store.Mode, true},
		"a deleted report":              {do(func(d string) error { return os.Remove(filepath.Join(d, report)) }), report, store.Missing, true},
		"a deleted sidecar of a report": {do(func(d string) error { return os.Remove(filepath.Join(d, reportSide)) }), reportSide, store.MetadataFile, true},
		"deleted checksums of reports":  {do(func(d string) error { return os.Remove(filepath.Join(d, reportSums)) }), reportSums, store.ChecksumFile, true},
		"a report of other bytes":       {func(t testing.TB, d string) { t.Helper(); replace(t, filepath.Join(d, report), make([]byte, 16)) }, report, store.Damaged, false},
		"a writable report":             {do(func(d string) error { return os.Chmod(filepath.Join(d, report), 0o644) }), report, store.Mode, true},
		"a strange report": {do(func(d string) error {
			return os.WriteFile(filepath.Join(d, "metadata/validation/x.json"), nil, 0o444)
		}), "metadata/validation/x.json", store.Extra, true},
		"a strange sidecar of a report": {do(func(d string) error {
			return os.WriteFile(filepath.Join(d, "metadata/metadata/validation/x.json.json"), nil, 0o444)
		}), "metadata/metadata/validation/x.json.json", store.Extra, true},
		"a sidecar in the place of reports": {do(func(d string) error { // of a file that would stand where no file may
			return os.WriteFile(filepath.Join(d, "metadata/validation/koi.json.json"), nil, 0o444)
		}), "metadata/validation/koi.json.json", store.Extra, true},
		"the report's line in the file of the sidecars": {func(t testing.TB, d string) {
			t.Helper()
			text, err := os.ReadFile(filepath.Join(d, reportSums))
			if err != nil {
				t.Fatal(err)
			}
			all, err := os.ReadFile(filepath.Join(d, "checksums/metadata.sha256"))
			if err != nil {
				t.Fatal(err)
			}
			replace(t, filepath.Join(d, "checksums/metadata.sha256"), append(all, text...))
		}, "checksums/metadata.sha256", store.ChecksumFile, false},
		"a link instead of a file": {do(func(d string) error {
			if err := os.Rename(filepath.Join(d, koi), filepath.Join(d, "cache/koi.csv")); err != nil {
				return err
			}
			return os.Symlink("../../cache/koi.csv", filepath.Join(d, koi))
		}), koi, store.Damaged, true},
		"a link out of the tree": {do(func(d string) error {
			if err := os.Remove(filepath.Join(d, koi)); err != nil {
				return err
			}
			return os.Symlink("/etc/hostname", filepath.Join(d, koi))
		}), koi, store.Damaged, true},
		"a folder instead of a file": {do(func(d string) error {
			if err := os.Remove(filepath.Join(d, koi)); err != nil {
				return err
			}
			return os.Mkdir(filepath.Join(d, koi), 0o755)
		}), koi, store.Damaged, true},
		"zeros": {func(t testing.TB, d string) { t.Helper(); replace(t, filepath.Join(d, lc), make([]byte, 120)) }, lc, store.Damaged, false},
		"a swap of two files": {do(func(d string) error {
			if err := os.Rename(filepath.Join(d, koi), filepath.Join(d, "cache/x")); err != nil {
				return err
			}
			if err := os.Rename(filepath.Join(d, lc), filepath.Join(d, koi)); err != nil {
				return err
			}
			return os.Rename(filepath.Join(d, "cache/x"), filepath.Join(d, lc))
		}), koi, store.Damaged, true},
		"a checksum line twice": {func(t testing.TB, d string) {
			t.Helper()
			text, err := os.ReadFile(filepath.Join(d, sums))
			if err != nil {
				t.Fatal(err)
			}
			line, _, _ := bytes.Cut(text, []byte("\n"))
			replace(t, filepath.Join(d, sums), append(text, append(line, '\n')...))
		}, sums, store.ChecksumFile, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := small(t)
			tt.damage(t, dir)
			for _, quick := range []bool{false, true} {
				if quick && !tt.quick {
					continue
				}
				list := checked(t, dir, quick)
				if !slices.ContainsFunc(list, func(d store.Damage) bool { return d.Path == tt.path && d.Class == tt.class && d.Repair != "" }) {
					t.Errorf("quick %t: %s as %s is not in %+v", quick, tt.path, tt.class, list)
				}
			}
		})
	}
}

func TestDamageNamesTheStar(t *testing.T) {
	dir := small(t)
	if err := os.Remove(filepath.Join(dir, "raw/mast/answer.json")); err != nil {
		t.Fatal(err)
	}
	list := checked(t, dir, false)
	if len(list) != 1 || list[0].Target.String() != "TIC 7" {
		t.Errorf("%+v", list)
	}
}

func TestAQuickLookFindsStrangersBesideFilesThatItKnows(t *testing.T) {
	b := open(t, fastDir(t))
	for i := range 3 {
		publish(t, b.Store, fmt.Sprintf("raw/nasa/%d.csv", i), []byte("a table"))
	}
	var want []string
	for _, name := range []string{"raw/nasa/stranger.csv", "raw/nasa/below/deep/stranger.csv", "raw/elsewhere/stranger.csv", "metadata/raw/nasa/stranger.csv.json", "lightcurves/stranger.fits"} {
		full := filepath.Join(b.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte("x"), 0o444)); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	slices.Sort(want)
	for _, quick := range []bool{true, false} {
		rep, err := b.Verify(t.Context(), store.VerifyOptions{Quick: quick}, nil)
		var got []string
		for _, d := range rep.Damaged {
			if d.Class == store.Extra {
				got = append(got, d.Path)
			}
		}
		if err != nil || !slices.Equal(got, want) || len(rep.Damaged) != len(want) {
			t.Errorf("quick %v: %v, %+v", quick, err, rep.Damaged)
		}
	}
}
