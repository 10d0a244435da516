package version_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// git asks system git about the record of a tree.
func git(t *testing.T, b *bench, args ...string) string {
	t.Helper()
	out, err := command("git", append([]string{"-C", b.path("versions/.git")}, args...)...)
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

// sound lets both judges look: ours and git's.
func sound(t *testing.T, b *bench) {
	t.Helper()
	if out := git(t, b, "fsck", "--full", "--strict", "--no-dangling"); strings.TrimSpace(out) != "" {
		t.Errorf("git fsck says %s", out)
	}
	if found, err := b.CheckRecord(context.Background()); err != nil || len(found) > 0 {
		t.Errorf("our own check says %+v %v", found, err)
	}
}

func TestTheRecordMadeAgainFromManifestsIsTheSame(t *testing.T) {
	b := open(t, t.TempDir())
	for i := range 4 {
		b.put(store.LightCurve, fmt.Sprintf("lightcurves/tess/s%04d/lc.fits", i), fmt.Sprint("curve ", i))
		b.create(fmt.Sprintf("v1.%d", i))
	}
	want := git(t, b, "show-ref")
	if err := os.RemoveAll(b.path("versions/.git")); err != nil {
		t.Fatal(err)
	}
	b.shut()
	b = open(t, b.dir)
	if got := git(t, b, "show-ref"); got != want {
		t.Errorf("the references were\n%sand are\n%s", want, got)
	}
	sound(t, b)
}

func TestNothingThatIsLostBecomesAnEmptyStore(t *testing.T) { // R10
	ctx := context.Background()
	for _, x := range []struct {
		name   string
		damage func(b *bench) error
	}{
		{"the manifest is missing", func(b *bench) error { return os.Remove(b.path("versions/v1/manifest.json")) }},
		{"the manifest is empty", func(b *bench) error {
			return errors.Join(os.Remove(b.path("versions/v1/manifest.json")), os.WriteFile(b.path("versions/v1/manifest.json"), nil, 0o444))
		}},
		{"the record is missing", func(b *bench) error { return os.RemoveAll(b.path("versions/.git")) }},
		{"the folder of the version is missing", func(b *bench) error { return os.RemoveAll(b.path("versions/v1")) }},
		{"the record has no HEAD", func(b *bench) error { return os.Remove(b.path("versions/.git/HEAD")) }},
		{"the record has no branch", func(b *bench) error { return os.Remove(b.path("versions/.git/refs/heads/main")) }},
		{"the record has no tag", func(b *bench) error { return os.Remove(b.path("versions/.git/refs/tags/v1")) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := open(t, t.TempDir())
			b.fill(3)
			b.create("v1")
			b.create("v2")
			want, err := os.ReadFile(b.path("versions/v1/manifest.json"))
			if err != nil {
				t.Fatal(err)
			}
			b.shut()
			if err := x.damage(b); err != nil {
				t.Fatal(err)
			}
			b = open(t, b.dir)
			if _, err := b.Rebuild(ctx); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(b.path("versions/v1/manifest.json")); err != nil || string(got) != string(want) {
				t.Errorf("the manifest is %q %v", got, err)
			}
			sound(t, b)
		})
	}
	t.Run("manifest and record are missing", func(t *testing.T) {
		b := open(t, t.TempDir())
		b.fill(1)
		b.create("v1")
		b.shut()
		if err := errors.Join(os.Remove(b.path("versions/v1/manifest.json")), os.RemoveAll(b.path("versions/.git"))); err != nil {
			t.Fatal(err)
		}
		b = open(t, b.dir)
		if _, err := b.List(ctx); !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" {
			t.Errorf("the list: %v", err)
		}
		if _, err := b.Create(ctx, version.CreateOptions{Name: "v1"}); err == nil {
			t.Error("the name was given again")
		}
	})
}

func TestEachByteOfTheRecordIsLookedAt(t *testing.T) { // R5 for the record
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.put(store.Table, "raw/nasa/koi_20260102_030405.csv", "kepid\n1\n")
	b.create("v1")
	flips, missed := 0, 0
	err := filepath.WalkDir(b.path("versions/.git"), func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(b.dir, name)
		if err := os.Chmod(name, 0o644); err != nil {
			return err
		}
		for i := range data {
			flips++
			data[i] ^= 1
			if err := os.WriteFile(name, data, 0o644); err != nil {
				return err
			}
			found, err := b.CheckRecord(ctx)
			if err != nil {
				t.Errorf("%s at %d: %v", rel, i, err)
			}
			if !slices.ContainsFunc(found, func(d version.Damage) bool { return string(d.Path) == rel }) {
				missed++
				t.Logf("%s at %d of %d: found %+v", rel, i, len(data), found)
			}
			data[i] ^= 1
		}
		return os.WriteFile(name, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if missed > 0 {
		t.Errorf("%d of %d flips were missed", missed, flips)
	}
	t.Logf("%d bytes changed, one at a time; all found, the right file named", flips)
	sound(t, b)
}

func TestTheRecordOutlivesAGarbageCollection(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(3)
	b.create("v1")
	git(t, b, "gc", "-q")
	b.create("v2")
	sound(t, b)
	if _, err := b.Delete(context.Background(), "v1", version.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	sound(t, b)
	if tags := strings.TrimSpace(git(t, b, "tag")); tags != "v2" {
		t.Errorf("tags after the deletion: %q", tags)
	}
}

func TestGitFindsNothingDanglingAfterDeletions(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(3)
	for range 2 { // the name is given again
		b.create("v1")
		if _, err := b.Delete(context.Background(), "v1", version.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	b.create("v2")
	for _, collect := range [][]string{nil, {"gc", "-q", "--prune=now"}} {
		if collect != nil {
			git(t, b, collect...)
			if _, err := b.Delete(context.Background(), "v2", version.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if out := git(t, b, "fsck", "--full", "--strict", "--dangling"); strings.TrimSpace(out) != "" {
			t.Errorf("git fsck says %s", out)
		}
		sound(t, b)
	}
	kept := strings.Fields(git(t, b, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/deleted"))
	if len(kept) != 3 || !strings.HasPrefix(kept[0], "v1-") || !strings.HasPrefix(kept[2], "v2-") {
		t.Errorf("kept of the deleted: %v", kept)
	}
	if tags := strings.TrimSpace(git(t, b, "tag")); tags != "" {
		t.Errorf("tags after the deletions: %q", tags)
	}
	dir := b.dir
	b.shut()
	b = open(t, dir)
	if list, err := b.List(context.Background()); err != nil || len(list) > 0 {
		t.Errorf("a start brings deleted versions back: %v %v", list, err)
	}
}

func TestASecondVersionOfManyFilesWritesLittle(t *testing.T) {
	b := open(t, t.TempDir())
	m := version.Manifest{}
	m.Version, m.Verified, m.CreatedAt = "v1", version.ByIndex, noon
	for i := range 20_000 {
		m.Files = append(m.Files, version.File{Path: exo.Path(fmt.Sprintf("lightcurves/tess/s%04d/lc%06d.fits", i/200, i)), Hash: exo.DigestOf([]byte{byte(i)}), ModifiedAt: noon})
	}
	version.Seal(&m)
	start := time.Now()
	if err := version.Add(b.Versions, m); err != nil {
		t.Fatal(err)
	}
	first := time.Since(start)
	m.Version, m.CreatedAt = "v2", noon.Add(time.Second)
	for i := range 100 {
		m.Files[i*200].Hash = exo.DigestOf([]byte("changed"))
	}
	version.Seal(&m)
	before := objects(t, b)
	start = time.Now()
	if err := version.Add(b.Versions, m); err != nil {
		t.Fatal(err)
	}
	second := time.Since(start)
	t.Logf("20,000 files: first %v, second after 100 changes %v, %d new objects", first, second, objects(t, b)-before)
	if n := objects(t, b) - before; n > 220 {
		t.Errorf("%d new objects for 100 changes", n)
	}
	if out := git(t, b, "fsck", "--full", "--strict"); strings.TrimSpace(out) != "" {
		t.Error(out)
	}
}

func objects(t *testing.T, b *bench) (n int) {
	t.Helper()
	if err := fsys.Walk(context.Background(), b.fs, "versions/.git/objects", func(string, os.DirEntry) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}
