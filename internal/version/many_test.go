package version_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

// tree is what the data tree holds, by path, as the test knows it.
type tree map[string]exo.Digest

// lay gives the tree a file with this text, or new bytes to one that is there,
// past the store, which does neither so fast nor at all.
func (b *bench) lay(name, text string) exo.Digest {
	b.t.Helper()
	m := store.Meta{Path: exo.Path(name), SHA256: exo.DigestOf([]byte(text)), SizeBytes: int64(len(text)), RetrievedAt: noon, Kind: store.LightCurve, Program: "exoplanetai test"}
	meta, err := store.EncodeMeta(m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.lift(name)
	err = errors.Join(os.MkdirAll(filepath.Dir(b.path(name)), 0o755), os.WriteFile(b.path(name), []byte(text), 0o444))
	if err == nil {
		_, err = b.db.Exec(`INSERT INTO files(path, folder, kind, table_type, target, mission, author, sha256, size_bytes, retrieved_at, line, meta_line, meta)
			VALUES(?, ?, 'lightcurve', '', '', '', '', ?, ?, ?, -1, -1, ?)`, name, path.Dir(name), m.SHA256[:], m.SizeBytes, noon.UnixNano(), meta)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return m.SHA256
}

// lift takes a file away.
func (b *bench) lift(name string) {
	b.t.Helper()
	err := os.Remove(b.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		_, err = b.db.Exec(`DELETE FROM files WHERE path = ?`, name)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestManyVersionsAreTheirFilesAndTheirDifferences(t *testing.T) { // R13
	versions, files, restored, pairs := 100, 60, 10, 300
	dir := fastDir(t)
	if xtest.Nightly() {
		versions, files, restored, pairs = 1000, 1000, 50, 2000
		dir = t.TempDir() // a million names
	}
	b := open(t, dir)
	rng := rand.New(rand.NewPCG(1, 2))
	now, next := tree{}, 0
	add := func() {
		name := fmt.Sprintf("lightcurves/tess/s%04d/lc%06d.fits", next%5+1, next)
		now[name] = b.lay(name, fmt.Sprint("light curve ", next, rng.Uint64()))
		next++
	}
	for range files {
		add()
	}
	were, took := make([]tree, versions), make([]time.Duration, versions)
	for i := range were {
		for _, name := range some(rng, now, 2) {
			b.lift(name)
			delete(now, name)
			add()
		}
		for _, name := range some(rng, now, 1) {
			now[name] = b.lay(name, fmt.Sprint("changed ", rng.Uint64()))
		}
		were[i] = maps.Clone(now)
		began := time.Now()
		m := b.create(fmt.Sprintf("v%d", i))
		took[i] = time.Since(began)
		if m.FileCount != files {
			t.Fatalf("version %s has %d files", m.Version, m.FileCount)
		}
	}
	first, last := median(took[1:11]), median(took[versions-10:])
	t.Logf("%d versions of %d files; one of the first ten took %v, one of the last ten %v", versions, files, first, last)
	if last > 3*first+100*time.Millisecond {
		t.Errorf("a version costs more, the more there are: %v and then %v", first, last)
	}
	parentsIntact(t, b, versions)
	for range restored {
		i := rng.IntN(versions)
		to := t.TempDir()
		f, err := fsys.OpenDir(to, true)
		if err == nil {
			_, err = b.Restore(t.Context(), exo.VersionName(fmt.Sprintf("v%d", i)), version.RestoreOptions{To: f}, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		compareTree(t, to, were[i])
	}
	for range pairs {
		i, j := rng.IntN(versions), rng.IntN(versions)
		d, err := b.Diff(t.Context(), exo.VersionName(fmt.Sprintf("v%d", i)), exo.VersionName(fmt.Sprintf("v%d", j)), 0)
		if err != nil {
			t.Fatal(err)
		}
		compareDiff(t, d, were[i], were[j])
	}
	t.Logf("%d pairs compared, %d restored", pairs, restored)
}

// some chooses so many names.
func some(rng *rand.Rand, of tree, n int) []string {
	names := slices.Sorted(maps.Keys(of))
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:n]
}

func median(list []time.Duration) time.Duration {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// parentsIntact holds each version to name the one before it, in the list and
// after the next start.
func parentsIntact(t *testing.T, b *bench, versions int) {
	t.Helper()
	list, err := b.List(t.Context())
	if err != nil || len(list) != versions {
		t.Fatalf("%d versions are listed: %v", len(list), err)
	}
	for i, s := range list {
		k := versions - 1 - i
		switch {
		case s.Version != exo.VersionName(fmt.Sprintf("v%d", k)):
			t.Errorf("%s is number %d", s.Version, k)
		case k == 0 && s.ParentVersion != nil, k > 0 && (s.ParentVersion == nil || *s.ParentVersion != exo.VersionName(fmt.Sprintf("v%d", k-1))):
			t.Errorf("the parent of %s is %v", s.Version, s.ParentVersion)
		}
	}
}

// compareTree holds a folder to be the files of a version and nothing else.
func compareTree(t *testing.T, dir string, want tree) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		if sum, ok := want[filepath.ToSlash(rel)]; !ok || sum != exo.DigestOf(text) {
			t.Errorf("%s was restored with %q: %v", rel, text, ok)
		}
		seen++
		return err
	})
	if err != nil || seen != len(want) {
		t.Errorf("%d of %d files were restored: %v", seen, len(want), err)
	}
}

// compareDiff holds a difference to be that of two maps.
func compareDiff(t *testing.T, d version.Diff, from, to tree) {
	t.Helper()
	var added, removed, changed []string
	for name, sum := range to {
		if have, ok := from[name]; !ok {
			added = append(added, name)
		} else if have != sum {
			changed = append(changed, name)
		}
	}
	for name := range from {
		if _, ok := to[name]; !ok {
			removed = append(removed, name)
		}
	}
	var did []string
	for _, c := range d.Files.Changed {
		did = append(did, string(c.Path))
		if c.From != from[string(c.Path)] || c.To != to[string(c.Path)] {
			t.Errorf("%s to %s: the digests of %s are others", d.From, d.To, c.Path)
		}
	}
	for _, x := range []struct {
		what       string
		want, have []string
		total      int
	}{
		{"added", added, paths(d.Files.Added), d.Files.AddedTotal},
		{"removed", removed, paths(d.Files.Removed), d.Files.RemovedTotal},
		{"changed", changed, did, d.Files.ChangedTotal},
	} {
		slices.Sort(x.want)
		if !slices.Equal(x.want, x.have) || x.total != len(x.want) {
			t.Errorf("%s to %s: %s are %v, not %v", d.From, d.To, x.what, x.have, x.want)
		}
	}
}

func paths(files []version.File) []string {
	list := []string{}
	for _, f := range files {
		list = append(list, string(f.Path))
	}
	return list
}

// TestRandomNamesNeverLeaveTheFolder gives names made of what is dangerous, and
// of bytes by chance, to each that turns a name into a place.
func TestRandomNamesNeverLeaveTheFolder(t *testing.T) { // S8
	rng := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"..", "/", "\\", "\x00", "%2e", "%00", "-", "--", ".git", "CON", ".lock", "\u202e", "é", "e\u0301", "\n", "v1", ".", "a", "@{", "~", "^", ":", "?", "*", "[", " ",
		"TIC 1", "KIC-", "KOI", "K2", strings.Repeat("x", 300), "\xff", "/../", "raw/"}
	n := 100_000
	if xtest.Nightly() {
		n = 1_000_000
	}
	taken := map[string]int{}
	for range n {
		var s strings.Builder
		for range 1 + rng.IntN(5) {
			if rng.IntN(4) == 0 {
				s.WriteByte(byte(rng.IntN(256)))
				continue
			}
			s.WriteString(pieces[rng.IntN(len(pieces))])
		}
		for what, place := range placed(t, s.String()) {
			taken[what]++
			if !filepath.IsLocal(place) || path.Clean(place) != place || strings.ContainsAny(place, "\\\x00\n") {
				t.Fatalf("the %s %q leads to %q", what, s.String(), place)
			}
			for part := range strings.SplitSeq(place, "/") {
				if strings.HasPrefix(part, ".") || strings.HasPrefix(part, "-") {
					t.Fatalf("the %s %q leads to %q", what, s.String(), place)
				}
			}
		}
	}
	for _, what := range []string{"version", "path", "target", "folder"} {
		if taken[what] == 0 {
			t.Errorf("no %s was ever taken: nothing is tested", what)
		}
	}
	t.Logf("%d names; taken: %v", n, taken)
}

// placed gives the places below the data folder that a name leads to, as far as
// it is taken for one.
func placed(t *testing.T, s string) map[string]string {
	t.Helper()
	list := map[string]string{}
	take := func(what, place string, err error) {
		if err == nil {
			list[what] = place
		} else if !errors.Is(err, exo.Invalid) {
			t.Fatalf("the %s %q: %v", what, s, err)
		}
	}
	n, err := exo.ParseVersionName(s)
	take("version", "versions/"+string(n), err)
	p, err := exo.ParsePath(s)
	take("path", string(p), err)
	id, err := exo.ParseTargetID(s)
	take("target", "lightcurves/"+id.String(), err)
	folder, err := version.RestoreFolder("v1", s)
	take("folder", folder, err)
	return list
}
