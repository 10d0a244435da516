package version_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

func TestAVersionWithTheLastGoodCopyIsNotDeleted(t *testing.T) {
	b := open(t, fastDir(t))
	b.fill(2)
	b.create("v1")
	b.spoil(koi) // its length stays
	_, err := b.Delete(context.Background(), "v1", version.DeleteOptions{})
	if !errors.Is(err, exo.Conflict) {
		t.Fatalf("the last good copy of a table may go: %v", err)
	}
	if _, err := b.Restore(context.Background(), "v1", version.RestoreOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	b.create("v2")
	b.spoil("versions/v2/files/" + koi) // the same file as that of v1
	if _, err := b.Delete(context.Background(), "v1", version.DeleteOptions{DryRun: true}); err != nil {
		t.Errorf("the table in the data tree is right: %v", err)
	}
	b.spoil(koi)
	_, err = b.Delete(context.Background(), "v2", version.DeleteOptions{DryRun: true})
	if err != nil {
		t.Errorf("v1 has the same file as v2, so that nothing is lost with v2: %v", err)
	}
}

func TestANameThatAVersionCameAfterIsNotGivenAgain(t *testing.T) {
	b := open(t, fastDir(t))
	b.fill(2)
	b.create("v1")
	b.create("v2")
	if _, err := b.Delete(context.Background(), "v1", version.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"v1", "V1"} {
		_, err := b.Create(context.Background(), version.CreateOptions{Name: name})
		if !errors.Is(err, exo.Exists) || exo.HintOf(err) == "" {
			t.Errorf("a second %s would be child and parent of v2: %v", name, err)
		}
	}
	if m := b.create("v3"); m.ParentVersion == nil || *m.ParentVersion != "v2" {
		t.Errorf("the parent is %v", m.ParentVersion)
	}
}

// stuck is a disk that does not let a folder's files be removed for a while.
type stuck struct {
	fsys.FS
	on bool
}

func (s *stuck) Remove(name string) error {
	if s.on {
		return exo.Errorf("test", exo.Unavailable, nil, "the disk does not answer")
	}
	return s.FS.Remove(name)
}

func TestANameIsGivenAgainOnlyWhenItsDeletionHasEnded(t *testing.T) {
	disk := &stuck{}
	b := open(t, fastDir(t), func(f fsys.FS) fsys.FS { disk.FS = f; return disk })
	b.fill(2)
	b.create("v1")
	disk.on = true
	if _, err := b.Delete(context.Background(), "v1", version.DeleteOptions{}); !errors.Is(err, exo.Unavailable) {
		t.Fatalf("a deletion that failed: %v", err)
	}
	disk.on = false
	b.put(store.Table, "raw/nasa/koi_20260103_030405.csv", "kepid,kepoi_name\n3,K00003.01\n")
	b.create("v1")
	if _, err := os.Stat(b.path("versions/.del-v1")); !os.IsNotExist(err) {
		t.Errorf("the deletion was not finished: %v", err)
	}
	r, err := b.Verify(context.Background(), "v1", version.VerifyOptions{}, nil)
	if err != nil || !r.OK {
		t.Errorf("the record tells of another v1: %+v %v", r.Damaged, err)
	}
}

func TestAStartLeavesAloneWhatOnlyLooksLikeADeletion(t *testing.T) {
	dir := fastDir(t)
	b := open(t, dir)
	b.fill(1)
	b.create("v1")
	b.shut()
	for _, name := range []string{".del-..", ".del-a~b", ".del-.git"} {
		if err := os.MkdirAll(b.path("versions/"+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b = open(t, dir)
	if list, err := b.List(context.Background()); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	for _, name := range []string{".del-..", ".del-a~b", ".del-.git"} {
		if _, err := os.Stat(b.path("versions/" + name)); err != nil {
			t.Errorf("%s went: %v", name, err)
		}
	}
}
