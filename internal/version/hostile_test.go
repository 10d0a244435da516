package version_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// whole is the text of a manifest that is right.
func whole(t testing.TB) string {
	t.Helper()
	m := version.Manifest{}
	parent := exo.VersionName("v0")
	m.Version, m.ParentVersion, m.Verified, m.CreatedAt, m.FilePatterns = "v1", &parent, version.ByIndex, noon, []string{"raw/**"}
	for _, p := range []exo.Path{"raw/nasa/a.csv", "raw/nasa/b.csv"} {
		m.Files = append(m.Files, version.File{Path: p, Hash: exo.DigestOf([]byte(p)), SizeBytes: 7, ModifiedAt: noon})
	}
	version.Seal(&m)
	text, err := version.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEachCorruptionOfAManifestHasItsOwnError(t *testing.T) { // R8
	good := whole(t)
	if _, err := version.Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	digest := exo.DigestOf([]byte("raw/nasa/a.csv")).Hex()
	said := map[string]string{}
	for _, c := range []struct{ name, old, new string }{
		{"empty", good, ""},
		{"another format", "{", "<"},
		{"cut", good[len(good)/2:], ""},
		{"trailing bytes", "\n}\n", "\n}\nx"},
		{"an unknown member", `"description"`, `"descriptor"`},
		{"a length that is negative", `"size_bytes": 7`, `"size_bytes": -7`},
		{"a total that is wrong", `"total_size_bytes": 14`, `"total_size_bytes": 15`},
		{"a count that is wrong", `"file_count": 2`, `"file_count": 3`},
		{"a digest that is wrong", digest, strings.Repeat("0", 64)},
		{"a digest that is none", digest, "beef"},
		{"itself as parent", `"parent_version": "v0"`, `"parent_version": "v1"`},
		{"a parent that is no name", `"parent_version": "v0"`, `"parent_version": "../v0"`},
		{"a version that is no name", `"version": "v1"`, `"version": ".git"`},
		{"a path twice", "raw/nasa/b.csv", "raw/nasa/a.csv"},
		{"paths out of order", "raw/nasa/b.csv", "raw/nasa/0.csv"},
		{"a path that climbs", "raw/nasa/a.csv", "raw/../../a.csv"},
		{"an absolute path", "raw/nasa/a.csv", "/etc/passwd"},
		{"a depth that there is not", `"verified": "index"`, `"verified": "deeply"`},
		{"another zone", "2026-01-02T12:00:00Z", "2026-01-02T12:00:00+01:00"},
		{"a member twice", `"version": "v1",`, `"version": "v1", "version": "v1",`},
		{"other blanks", `"version": "v1"`, `"version":  "v1"`},
		{"a member in other letters", `"version": "v1"`, `"Version": "v1"`},
		{"a member of another kind", `"file_count": 2`, `"file_count": "2"`},
		{"a time that is none", "2026-01-02T12:00:00Z", "2026-13-02T12:00:00Z"},
		{"a byte that is no JSON", `"version": "v1"`, `"version": #v1"`},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		_, err := version.Decode([]byte(text))
		if !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" {
			t.Errorf("%s: %v, hint %q", c.name, err, exo.HintOf(err))
		}
		text = exo.MessageOf(err)
		if other, again := said[text]; again {
			t.Errorf("%s and %s are both told as %q", other, c.name, text)
		}
		said[text] = c.name
		if !strings.Contains(exo.HintOf(err), "version rebuild") {
			t.Errorf("%s: the hint %q does not mend it", c.name, exo.HintOf(err))
		}
	}
}

func FuzzManifest(f *testing.F) {
	good := whole(f)
	f.Add([]byte(good))
	f.Add([]byte(good[:len(good)/2]))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := version.Decode(data)
		if err != nil {
			if !errors.Is(err, exo.Corrupt) {
				t.Errorf("the error is %v", err)
			}
			return
		}
		again, err := version.Encode(m)
		if err != nil || string(again) != string(data) {
			t.Errorf("read and written again it is %q %v", again, err)
		}
	})
}

// linkless is a disk that gives so many hard links and no more.
type linkless struct {
	fsys.FS
	left *atomic.Int64
	why  error
}

func (l linkless) Link(from, to string) error {
	if strings.HasPrefix(to, "versions/") && l.left.Add(-1) < 0 {
		return fsys.Typed("fsys.Link", to, &os.LinkError{Op: "link", Old: from, New: to, Err: l.why})
	}
	return l.FS.Link(from, to)
}

func TestWithoutHardLinksFilesAreCopied(t *testing.T) { // R14
	ctx := context.Background()
	for why, left := range map[error]int64{syscall.EMLINK: 3, syscall.EXDEV: 0, syscall.EPERM: 0, syscall.EOPNOTSUPP: 0} {
		t.Run(why.Error(), func(t *testing.T) {
			n := &atomic.Int64{}
			n.Store(left)
			b := open(t, t.TempDir(), func(f fsys.FS) fsys.FS { return linkless{f, n, why} })
			b.fill(6)
			m := b.create("v1")
			if m.Links.Hard != int(left) || m.Links.Hard+m.Links.Copy+m.Links.Reflink != m.FileCount || m.Links.Copy == 0 {
				t.Errorf("links: %+v of %d files", m.Links, m.FileCount)
			}
			m = b.create("v2")
			if m.Links.Hard != 0 {
				t.Errorf("links of the second: %+v", m.Links)
			}
			for _, v := range []exo.VersionName{"v1", "v2"} {
				if r, err := b.Verify(ctx, v, version.VerifyOptions{}, nil); err != nil || !r.OK {
					t.Errorf("%s: %+v %v", v, r.Damaged, err)
				}
			}
		})
	}
}

func TestWritingThroughAVersionIsDeniedOrFound(t *testing.T) { // R15
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.fill(3)
	for _, v := range []string{"v1", "v2", "v3"} {
		b.create(v)
	}
	file := "lightcurves/tess/s0001/lc00000.fits"
	name := b.path("versions/v2/files/" + file)
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o444 {
		t.Fatalf("the file of a version can be written to: %v %v", info.Mode(), err)
	}
	if os.Geteuid() != 0 { // the superuser may write anyway
		if f, err := os.OpenFile(name, os.O_WRONLY, 0); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("writing was not denied: %v %v", f, err)
		}
	}
	if err := errors.Join(os.Chmod(name, 0o644), os.WriteFile(name, []byte("Light curve 0"), 0o644)); err != nil {
		t.Fatal(err)
	}
	r, err := b.Verify(ctx, "v1", version.VerifyOptions{}, nil)
	if err != nil || len(r.Damaged) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	d := r.Damaged[0]
	if string(d.Path) != file || d.Class != store.Damaged || !slices.Equal(d.Versions, []exo.VersionName{"v3", "v2", "v1"}) || !strings.Contains(d.Repair, file) {
		t.Errorf("the damage is told as %+v", d)
	}
	_, err = b.Restore(ctx, "v1", version.RestoreOptions{}, nil)
	if !errors.Is(err, exo.Corrupt) {
		t.Errorf("restoring what has no good copy: %v", err)
	}
}

func TestLinksPlantedInAVersionLeadNowhere(t *testing.T) { // S8
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.fill(2)
	b.create("v1")
	outside := t.TempDir() + "/secret"
	name := b.path("versions/v1/files/raw/nasa/koi_20260102_030405.csv")
	if err := errors.Join(os.WriteFile(outside, []byte("a secret"), 0o600), os.Remove(name), os.Symlink(outside, name)); err != nil {
		t.Fatal(err)
	}
	r, err := b.Verify(ctx, "v1", version.VerifyOptions{Quick: true}, nil)
	if err != nil || len(r.Damaged) != 1 || r.Damaged[0].Class != store.Damaged {
		t.Errorf("%+v %v", r.Damaged, err)
	}
	dir := t.TempDir()
	to, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.Show(ctx, "v1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Restore(ctx, "v1", version.RestoreOptions{To: to}, nil); err != nil {
		t.Fatal(err)
	}
	want := tree{}
	for _, f := range m.Files {
		want[string(f.Path)] = f.Hash
	}
	compareTree(t, dir, want) // the tree had a good copy
}

func TestNothingPlantedInTheRecordIsRun(t *testing.T) { // S9
	b := open(t, t.TempDir())
	b.fill(2)
	b.create("v1")
	trap := t.TempDir() + "/sprung"
	script := "#!/bin/sh\ntouch " + trap + "\n"
	hooks := b.path("versions/.git/hooks")
	if err := os.Mkdir(hooks, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, h := range []string{"pre-commit", "post-commit", "reference-transaction", "post-update"} {
		if err := os.WriteFile(hooks+"/"+h, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := "[core]\n\tbare = true\n\tfsmonitor = touch " + trap + "\n\tsshCommand = touch " + trap + "\n[include]\n\tpath = /etc/passwd\n"
	if err := os.WriteFile(b.path("versions/.git/config"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_GLOBAL"} {
		t.Setenv(v, t.TempDir())
	}
	b.shut()
	b = open(t, b.dir)
	b.create("v2")
	if _, err := os.Stat(trap); err == nil {
		t.Error("something planted was run")
	}
	sound(t, b)
}

func TestRestoringTouchesNothingUnlessItCanDoAll(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.fill(4)
	b.create("v1")
	for _, name := range []string{"lightcurves/tess/s0001/lc00000.fits", "raw/nasa/koi_20260102_030405.csv"} {
		if err := os.Remove(b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	b.spoil("versions/v1/files/lightcurves/tess/s0001/lc00000.fits") // no good copy is left of one
	if _, err := b.Restore(ctx, "v1", version.RestoreOptions{}, nil); !errors.Is(err, exo.Corrupt) {
		t.Fatalf("in place: %v", err)
	}
	if _, err := os.Stat(b.path("raw/nasa/koi_20260102_030405.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was restored in place: %v", err)
	}
	if _, err := b.Restore(ctx, "v1", version.RestoreOptions{Target: version.InFolder}, nil); !errors.Is(err, exo.Corrupt) {
		t.Fatalf("to a folder: %v", err)
	}
	if list, err := os.ReadDir(b.path("restored")); err == nil && len(list) > 0 {
		t.Errorf("left in the folder: %v", list)
	}
	r, err := b.Restore(ctx, "v1", version.RestoreOptions{Paths: []string{"*.csv"}}, nil)
	if err != nil || len(r.Restored) != 1 {
		t.Errorf("what can be had back: %+v %v", r, err)
	}
}

func TestACitationNamesArchivesAndDigest(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(2)
	m := b.create("v1.0_a")
	c, err := b.Cite(context.Background(), "v1.0_a")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"@misc{exoplanetai-v1-0-a-", m.ID.String(), "year = {2026}", `v1.0\_a`} {
		if !strings.Contains(c.BibTeX, want) {
			t.Errorf("%q is not in %s", want, c.BibTeX)
		}
	}
	if len(c.Acknowledgements) != 3 { // the table's archive, the light curves' archive and mission
		t.Errorf("acknowledgements: %q", c.Acknowledgements)
	}
}
