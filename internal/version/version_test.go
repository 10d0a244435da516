package version_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

func TestAVersionHoldsWhatTheTreeHeld(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(7)
	first := b.create("v1.0.0")
	if first.FileCount != 9 || first.ParentVersion != nil || first.Links.Hard != 7 || first.Links.Copy != 2 {
		t.Fatalf("the first version: %+v", first.Summary)
	}
	b.put(store.LightCurve, "lightcurves/tess/s0001/new.fits", "one more")
	second := b.create("v1.1.0")
	if second.ParentVersion == nil || *second.ParentVersion != "v1.0.0" || second.FileCount != 10 {
		t.Fatalf("the second version: %+v", second.Summary)
	}
	if second.Links.Copy != 0 || second.Links.Hard != 10 {
		t.Errorf("the second links to the copies of the first: %+v", second.Links)
	}
	for _, name := range []exo.VersionName{"v1.0.0", "v1.1.0"} {
		r, err := b.Verify(context.Background(), name, version.VerifyOptions{}, nil)
		if err != nil || !r.OK {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	list, err := b.List(context.Background())
	if err != nil || len(list) != 2 || list[0].Version != "v1.1.0" || list[1].ID != first.ID {
		t.Errorf("list: %+v %v", list, err)
	}
	copied, err := fsys.Same(b.fs, "raw/nasa/koi_20260102_030405.csv", "versions/v1.0.0/files/raw/nasa/koi_20260102_030405.csv")
	if err != nil || copied {
		t.Errorf("a table shares its bytes with its version: %v %v", copied, err)
	}
	d, err := b.Diff(context.Background(), "v1.0.0", "v1.1.0", 0)
	if err != nil || d.Files.AddedTotal != 1 || d.Files.RemovedTotal+d.Files.ChangedTotal != 0 {
		t.Errorf("diff: %+v %v", d, err)
	}
}

func TestSystemGitReadsTheRecord(t *testing.T) {
	git := xtest.Tool(t, "git")
	b := open(t, t.TempDir())
	b.fill(5)
	b.create("v1.0.0")
	b.put(store.LightCurve, "lightcurves/tess/s0001/new.fits", "one more")
	b.create("v1.1.0", "**/*.fits")
	for _, args := range [][]string{
		{"fsck", "--full", "--strict"}, {"log", "--oneline"}, {"show", "--stat", "v1.1.0"}, {"tag", "-l"}, {"rev-parse", "--is-bare-repository"},
	} {
		out := run(t, git, append([]string{"-C", b.path("versions/.git")}, args...)...)
		for _, bad := range []string{"error", "missing", "corrupt", "warning"} {
			if strings.Contains(out, bad) {
				t.Errorf("git %v says %s", args, out)
			}
		}
		if args[0] == "log" && strings.Count(out, "\n") != 2 {
			t.Errorf("git log: %s", out)
		}
	}
}

func TestRecordAndManifestsAreMadeFromEachOther(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	b.fill(5)
	b.create("v1.0.0")
	b.create("v1.1.0", "raw/**")
	want, err := os.ReadFile(b.path("versions/v1.0.0/manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	tree := run(t, xtest.Tool(t, "git"), "-C", b.path("versions/.git"), "rev-parse", "v1.0.0^{tree}", "v1.1.0^{commit}")
	b.shut()
	if err := os.Remove(b.path("versions/v1.0.0/manifest.json")); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	if got, err := os.ReadFile(b.path("versions/v1.0.0/manifest.json")); err != nil || string(got) != string(want) {
		t.Errorf("the manifest from the record: %v\n%s", err, got)
	}
	b.shut()
	if err := os.RemoveAll(b.path("versions/.git")); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	if got := run(t, xtest.Tool(t, "git"), "-C", b.path("versions/.git"), "rev-parse", "v1.0.0^{tree}", "v1.1.0^{commit}"); got != tree {
		t.Errorf("the record made again has %s, the first had %s", got, tree)
	}
}

func TestWhatIsNoVersionIsRefused(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(2)
	b.create("v1.0.0")
	for name, c := range map[string]struct {
		o    version.CreateOptions
		kind exo.Kind
	}{
		"a name in use":                    {version.CreateOptions{Name: "v1.0.0"}, exo.Exists},
		"a name in use in capitals":        {version.CreateOptions{Name: "V1.0.0"}, exo.Exists},
		"no name":                          {version.CreateOptions{}, exo.Invalid},
		"a name that climbs":               {version.CreateOptions{Name: "../x"}, exo.Invalid},
		"an option of git":                 {version.CreateOptions{Name: "--upload-pack=x"}, exo.Invalid},
		"a hidden name":                    {version.CreateOptions{Name: ".git"}, exo.Invalid},
		"a device":                         {version.CreateOptions{Name: "con.v1"}, exo.Invalid},
		"a pattern that leaves the tree":   {version.CreateOptions{Name: "v2", Patterns: []string{"../*"}}, exo.Invalid},
		"an absolute pattern":              {version.CreateOptions{Name: "v2", Patterns: []string{"/etc/*"}}, exo.Invalid},
		"a pattern that matches nothing":   {version.CreateOptions{Name: "v2", Patterns: []string{"*.zip"}}, exo.Invalid},
		"a pattern that cannot be read":    {version.CreateOptions{Name: "v2", Patterns: []string{"raw/[a"}}, exo.Invalid},
		"a description with control signs": {version.CreateOptions{Name: "v2", Description: "a\x1b[2J"}, exo.Invalid},
	} {
		if _, err := b.Create(context.Background(), c.o); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := b.List(context.Background()); err != nil || len(list) != 1 {
		t.Errorf("after refusals: %v %v", list, err)
	}
}

func TestDamageInAVersionIsFoundAndMended(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.fill(4)
	b.create("v1.0.0")
	b.create("v1.1.0")
	table := exo.Path("raw/nasa/koi_20260102_030405.csv")
	b.spoil("versions/v1.0.0/files/" + string(table)) // shared with v1.1.0
	r, err := b.Verify(ctx, "v1.1.0", version.VerifyOptions{}, nil)
	if err != nil || len(r.Damaged) != 1 || r.Damaged[0].Path != table || len(r.Damaged[0].Versions) != 2 {
		t.Fatalf("verify: %+v %v", r, err)
	}
	meta, err := b.store.Get(ctx, table)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Copy(ctx, table, meta.SHA256); !errors.Is(err, exo.NotFound) {
		t.Errorf("a damaged copy was given: %v", err)
	}
	healed, err := b.Heal(ctx, table, meta.SHA256)
	if err != nil || len(healed) != 2 {
		t.Fatalf("heal: %v %v", healed, err)
	}
	for _, n := range []exo.VersionName{"v1.0.0", "v1.1.0"} {
		if r, err := b.Verify(ctx, n, version.VerifyOptions{}, nil); err != nil || !r.OK {
			t.Errorf("%s after healing: %+v %v", n, r, err)
		}
	}
	b.spoil(string(table))
	back, err := b.Restore(ctx, "v1.0.0", version.RestoreOptions{}, nil)
	if err != nil || len(back.Restored) != 1 || back.Restored[0] != table {
		t.Fatalf("restore: %+v %v", back, err)
	}
	if r, err := b.store.Verify(ctx, store.VerifyOptions{}, nil); err != nil || len(r.Damaged) > 0 {
		t.Errorf("the tree after restoring: %+v %v", r.Damaged, err)
	}
}

func TestAVersionIsRestoredToAFolder(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.fill(4)
	m := b.create("v1.0.0")
	r, err := b.Restore(ctx, "v1.0.0", version.RestoreOptions{Target: version.InFolder}, nil)
	if err != nil || len(r.Restored) != m.FileCount || r.Folder != "restored/v1.0.0" {
		t.Fatalf("%+v %v", r, err)
	}
	for _, f := range m.Files {
		if sum, size, err := fsys.Digest(ctx, b.fs, r.Folder+"/"+string(f.Path)); err != nil || sum != f.Hash || size != f.SizeBytes {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
	if _, err := b.Restore(ctx, "v1.0.0", version.RestoreOptions{Target: version.InFolder}, nil); !errors.Is(err, exo.Exists) {
		t.Errorf("a folder that exists: %v", err)
	}
}

func TestTheLastHolderIsNotDeleted(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	b := open(t, dir)
	b.fill(3)
	b.create("v1.0.0")
	if err := os.Remove(b.path("lightcurves/tess/s0001/lc00000.fits")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Delete(ctx, "v1.0.0", version.DeleteOptions{}); !errors.Is(err, exo.Conflict) {
		t.Fatalf("the last holder: %v", err)
	}
	if _, err := b.Restore(ctx, "v1.0.0", version.RestoreOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Delete(ctx, "v1.0.0", version.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.shut()
	b = open(t, dir)
	if list, err := b.List(ctx); err != nil || len(list) != 0 {
		t.Errorf("after deletion: %v %v", list, err)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := command(name, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return out
}
