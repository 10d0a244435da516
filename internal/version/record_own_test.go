package version_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

// everyFile reads all below a folder, links as what they name.
func everyFile(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			files[name], err = os.Readlink(name)
			return err
		}
		text, err := os.ReadFile(name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func tool(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	xtest.Tool(t, name)
	if out, err := command(name, append([]string{"-C", dir}, args...)...); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func TestWhatStandsInPlaceOfTheRecordIsNotTouched(t *testing.T) {
	ctx := context.Background()
	for _, x := range []struct {
		name  string
		words string // of the message
		plant func(t *testing.T, b *bench, at string)
	}{
		{"a repository with commits, cloned bare", "somebody else", func(t *testing.T, b *bench, at string) {
			dir := t.TempDir()
			tool(t, dir, "git", "init", "-q")
			tool(t, dir, "git", "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit", "-q", "--allow-empty", "-m", "mine")
			tool(t, dir, "git", "tag", "v9")
			tool(t, dir, "git", "clone", "-q", "--bare", dir, at)
		}},
		{"the same on a branch main", "somebody else", func(t *testing.T, b *bench, at string) {
			dir := t.TempDir()
			tool(t, dir, "git", "init", "-q", "-b", "main")
			tool(t, dir, "git", "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit", "-q", "--allow-empty", "-m", "mine")
			tool(t, dir, "git", "clone", "-q", "--bare", dir, at)
			tool(t, at, "git", "remote", "remove", "origin")
		}},
		{"an empty repository with a hook", "somebody else", func(t *testing.T, b *bench, at string) {
			tool(t, b.dir, "git", "init", "-q", "--bare", at)
			if err := errors.Join(os.MkdirAll(at+"/hooks", 0o755), os.WriteFile(at+"/hooks/post-commit", []byte("#!/bin/sh\n"), 0o755)); err != nil {
				t.Fatal(err)
			}
		}},
		{"an empty repository with settings", "somebody else", func(t *testing.T, b *bench, at string) {
			tool(t, b.dir, "git", "init", "-q", "--bare", at)
			tool(t, at, "git", "config", "user.name", "Eve")
		}},
		{"a file", "is a file where", func(t *testing.T, b *bench, at string) {
			if err := os.WriteFile(at, []byte("gitdir: /elsewhere\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		{"a link out of the folder", "is a link where", func(t *testing.T, b *bench, at string) {
			if err := os.Symlink(t.TempDir(), at); err != nil {
				t.Fatal(err)
			}
		}},
		{"a link that leads nowhere", "is a link where", func(t *testing.T, b *bench, at string) {
			if err := os.Symlink("nowhere", at); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := open(t, t.TempDir())
			b.fill(2)
			b.create("v1")
			want := git(t, b, "show-ref")
			b.shut()
			if err := os.RemoveAll(b.path("versions/.git")); err != nil {
				t.Fatal(err)
			}
			x.plant(t, b, b.path("versions/.git"))
			before := everyFile(t, b.path("versions"))
			b = open(t, b.dir) // ingests go on
			_, create := b.Create(ctx, version.CreateOptions{Name: "v2"})
			_, remove := b.Delete(ctx, "v1", version.DeleteOptions{})
			_, rebuild := b.Rebuild(ctx)
			for what, err := range map[string]error{"create": create, "delete": remove, "rebuild": rebuild, "the check of the owner": b.CheckOwner(ctx)} {
				if !errors.Is(err, exo.Conflict) || !strings.Contains(exo.MessageOf(err), x.words) || !strings.Contains(exo.MessageOf(err), "versions/.git") || exo.HintOf(err) == "" {
					t.Errorf("%s: %v; %s", what, err, exo.HintOf(err))
				}
			}
			if after := everyFile(t, b.path("versions")); !equalFiles(before, after) {
				t.Errorf("something was touched: before %d files, after %d", len(before), len(after))
			}
			found, err := b.CheckRecord(ctx)
			if err != nil || len(found) != 1 || !strings.Contains(found[0].Detail, x.words) || !strings.HasPrefix(found[0].Repair, "mv ") {
				t.Errorf("the check of the record: %+v %v", found, err)
			}
			r, err := b.Verify(ctx, "v1", version.VerifyOptions{}, nil)
			if err != nil || len(r.Damaged) != 1 || !strings.Contains(r.Damaged[0].Detail, x.words) {
				t.Errorf("the check of the version: %+v %v", r.Damaged, err)
			}
			b.shut()
			if err := os.Rename(b.path("versions/.git"), t.TempDir()+"/aside"); err != nil { // as the hint says
				t.Fatal(err)
			}
			b = open(t, b.dir)
			if got := git(t, b, "show-ref"); got != want {
				t.Errorf("made again the references are\n%s, were\n%s", got, want)
			}
			sound(t, b)
		})
	}
}

func equalFiles(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

func TestAnEmptyRepositoryBecomesTheRecord(t *testing.T) {
	b := open(t, t.TempDir())
	b.fill(2)
	tool(t, b.dir, "git", "init", "-q", "--bare", b.path("versions/.git"))
	b.create("v1")
	sound(t, b)
}

// wrongParent gives a manifest another parent, in the form in which manifests
// are written.
func wrongParent(t *testing.T, b *bench, n exo.VersionName, parent exo.VersionName) string {
	t.Helper()
	m, err := b.Show(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	m.ParentVersion = &parent
	text, err := version.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	name := b.path("versions/" + string(n) + "/manifest.json")
	if err := errors.Join(os.Remove(name), os.WriteFile(name, text, 0o444)); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAPersonSaysWhoseWordCounts(t *testing.T) {
	ctx := context.Background()
	setUp := func(t *testing.T) (b *bench, name, right, wrong string) {
		b = open(t, t.TempDir())
		b.fill(2)
		for _, n := range []string{"v1", "v2", "v3"} {
			b.create(n)
		}
		name = b.path("versions/v3/manifest.json")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b, name, string(text), wrongParent(t, b, "v3", "v1")
	}
	holds := func(t *testing.T, name, want string) {
		t.Helper()
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("the manifest is %s %v", text, err)
		}
	}
	t.Run("asked nobody, nothing is touched, and the way is named", func(t *testing.T) {
		b, name, _, wrong := setUp(t)
		const way = "exoplanetai version rebuild --prefer record"
		if _, err := b.Rebuild(ctx); !errors.Is(err, exo.Conflict) || !strings.Contains(exo.HintOf(err), way) {
			t.Errorf("%v: %s", err, exo.HintOf(err))
		}
		holds(t, name, wrong)
		if found, err := b.CheckRecord(ctx); err != nil || len(found) != 1 || found[0].Repair != way {
			t.Errorf("%+v %v", found, err)
		}
		if r, err := b.Verify(ctx, "v3", version.VerifyOptions{}, nil); err != nil || len(r.Damaged) != 1 || r.Damaged[0].Repair != way {
			t.Errorf("%+v %v", r.Damaged, err)
		}
	})
	t.Run("the record's", func(t *testing.T) {
		b, name, right, _ := setUp(t)
		if r, err := b.RebuildBy(ctx, version.ByRecord); err != nil || !slices.Equal(r.Restored, []exo.VersionName{"v3"}) {
			t.Errorf("%+v %v", r, err)
		}
		holds(t, name, right)
		sound(t, b)
	})
	t.Run("the manifests'", func(t *testing.T) {
		b, name, _, wrong := setUp(t)
		if r, err := b.RebuildBy(ctx, version.ByManifests); err != nil || len(r.Recorded) != 3 {
			t.Errorf("%+v %v", r, err)
		}
		holds(t, name, wrong)
		sound(t, b)
		if aside, err := filepath.Glob(b.path("versions/.git-damaged-*")); err != nil || len(aside) != 1 {
			t.Errorf("the record was not kept: %v %v", aside, err)
		}
	})
	t.Run("not that of a damaged record", func(t *testing.T) {
		b, name, _, wrong := setUp(t)
		if err := os.Remove(b.path("versions/.git/refs/tags/v1")); err != nil {
			t.Fatal(err)
		}
		if _, err := b.RebuildBy(ctx, version.ByRecord); !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" {
			t.Errorf("%v", err)
		}
		holds(t, name, wrong)
	})
	t.Run("nobody else's", func(t *testing.T) {
		b, name, _, wrong := setUp(t)
		if _, err := b.RebuildBy(ctx, "me"); !errors.Is(err, exo.Invalid) {
			t.Errorf("%v", err)
		}
		holds(t, name, wrong)
	})
}

func TestABadPatternIsNamedAsWhoAskedCallsIt(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.fill(2)
	b.create("v1")
	_, create := b.Create(ctx, version.CreateOptions{Name: "v2", Patterns: []string{"../x"}})
	_, restore := b.Restore(ctx, "v1", version.RestoreOptions{Paths: []string{"../x"}}, nil)
	for want, err := range map[string]error{"file_patterns": create, "paths": restore} {
		if got := exo.ExtraOf(err)["parameter"]; got != want || !errors.Is(err, exo.Invalid) || exo.HintOf(err) == "" {
			t.Errorf("%v: the parameter is %v, should be %s", err, got, want)
		}
	}
	if _, err := b.Delete(ctx, "v1", version.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Show(ctx, "v1"); !errors.Is(err, exo.NotFound) || strings.Contains(exo.HintOf(err), "yet") {
		t.Errorf("of a deleted version: %v, %s", err, exo.HintOf(err))
	}
}
