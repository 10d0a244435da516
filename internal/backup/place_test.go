package backup_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// What a killed program left in the folder for state goes with the next
// operation; what a living one has there stays.
func TestWhatACrashLeftGoesWithTheNextOperation(t *testing.T) {
	b := setUp(t)
	for _, name := range []string{"backup-dead/index", "backup-dead/connection", "backup-dead.lock", "backup-older-form", "backup-live/index", "backup-live.lock", "other"} {
		b.write("../state/"+name, []byte("x"))
	}
	state, err := fsys.OpenDir(b.o.StateDir, false)
	if err != nil {
		t.Fatal(err)
	}
	living, err := state.Lock("backup-live.lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.service().List(t.Context()); !errors.Is(err, exo.NotFound) {
		t.Fatal(err)
	}
	list, err := state.ReadDir(".")
	if err = errors.Join(err, living.Unlock(), state.Close()); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range list {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != ".lock backup-live backup-live.lock other" {
		t.Errorf("left: %s", got)
	}
}

// A place that leads into the data by a link is in the data.
func TestALinkIntoTheDataIsRefusedEvenForced(t *testing.T) {
	b := setUp(t)
	link := filepath.Join(b.base, "elsewhere")
	if err := os.Symlink(filepath.Join(b.data, "cache"), link); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{link, filepath.Join(link, "new/repository")} {
		b.o.Repository = at
		if _, err := b.service().Create(t.Context(), backup.CreateOptions{Force: true}, nil); !errors.Is(err, exo.Conflict) {
			t.Errorf("%s: %v", at, err)
		}
	}
	if list, err := os.ReadDir(filepath.Join(b.data, "cache")); err != nil || len(list) != 1 {
		t.Errorf("the data hold %v %v", list, err)
	}
}

func TestNothingIsRestoredAmongTheData(t *testing.T) {
	b := setUp(t)
	s := b.service()
	b.create(s)
	link := filepath.Join(b.base, "link")
	if err := errors.Join(os.Symlink(b.data, link), os.Mkdir(filepath.Join(b.data, "empty"), 0o755)); err != nil {
		t.Fatal(err)
	}
	before, err := filepath.Glob(filepath.Join(b.data, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"q", "raw/q", "versions/zz", "versions/.new-x", "cache/q", "empty", "restored", "restored/../q", "."} {
		for _, base := range []string{b.data, link} {
			for _, dry := range []bool{true, false} {
				if _, err := s.Restore(t.Context(), backup.RestoreOptions{To: base + "/" + to, DryRun: dry}, nil); !errors.Is(err, exo.Invalid) || exo.HintOf(err) == "" {
					t.Errorf("%s, dry run %v: %v", to, dry, err)
				}
			}
		}
	}
	if after, err := filepath.Glob(filepath.Join(b.data, "*")); err != nil || !slices.Equal(before, after) {
		t.Errorf("the data folder had %v, has %v %v", before, after, err)
	}
	if _, err := s.Restore(t.Context(), backup.RestoreOptions{To: filepath.Join(b.data, "restored/q")}, nil); err != nil {
		t.Errorf("below restored: %v", err)
	}
}

func TestABackupBesideTheDataSaysSo(t *testing.T) {
	b := setUp(t)
	s := b.service()
	r := b.create(s)
	list, err := s.List(t.Context())
	if err != nil || !r.SameDisk || len(r.Warnings) == 0 || len(list) != 1 || !list[0].SameDisk {
		t.Errorf("created %+v, listed %+v %v", r, list, err)
	}
}

// A rehearsal works where the folder's parent is not there yet, and makes none.
func TestARestoreComesWithItsTimesAndARehearsalMakesNothing(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	s := b.service()
	old := time.Date(2020, 2, 29, 12, 0, 0, 123456789, time.UTC)
	at := filepath.Join(b.data, "raw/nasa/koi.csv")
	if err := errors.Join(os.Chtimes(at, old, old), os.Chmod(at, 0o444)); err != nil {
		t.Fatal(err)
	}
	b.create(s)
	to := filepath.Join(b.base, "not/there/yet")
	dry, err := s.Restore(ctx, backup.RestoreOptions{To: to, DryRun: true}, nil)
	if err != nil || dry.Files != 19 || !dry.DryRun {
		t.Errorf("dry run %+v %v", dry, err)
	}
	if _, err := s.Restore(ctx, backup.RestoreOptions{To: to, Paths: []string{"raw/nothing"}, DryRun: true}, nil); !errors.Is(err, exo.NotFound) {
		t.Errorf("dry run of a path that is not there: %v", err)
	}
	if _, err := s.Restore(ctx, backup.RestoreOptions{To: to, Snapshot: "nonsense"}, nil); !errors.Is(err, exo.NotFound) {
		t.Errorf("no such snapshot: %v", err)
	}
	if _, err := os.Stat(filepath.Join(b.base, "not")); err == nil {
		t.Error("what was refused, or only rehearsed, made a folder")
	}
	if _, err := s.Restore(ctx, backup.RestoreOptions{To: to}, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(to, "raw/nasa/koi.csv"))
	if err != nil || !info.ModTime().Equal(old) || info.Mode() != 0o444 {
		t.Errorf("%v, %v %v", info.ModTime(), info.Mode(), err)
	}
	if list, err := os.ReadDir(filepath.Dir(to)); err != nil || len(list) != 1 {
		t.Errorf("left beside it: %v %v", list, err)
	}
}

func TestTwoRestoresDoNotMeetInOneFolder(t *testing.T) {
	b := setUp(t)
	s := b.service()
	b.create(s)
	parent, err := fsys.OpenDir(b.base, false)
	if err != nil {
		t.Fatal(err)
	}
	other, err := parent.Lock(".again.restoring.lock")
	if err != nil {
		t.Fatal(err)
	}
	b.write("../.again.restoring/raw/x", []byte("of the other"))
	_, err = s.Restore(t.Context(), backup.RestoreOptions{To: filepath.Join(b.base, "again")}, nil)
	if !errors.Is(err, exo.Conflict) || exo.MessageOf(err) != "another restore goes to this folder" {
		t.Errorf("beside another: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(b.base, ".again.restoring/raw/x")); err != nil || string(text) != "of the other" {
		t.Errorf("the other's file: %q %v", text, err)
	}
	if err := errors.Join(other.Unlock(), parent.Close()); err != nil { // it was killed
		t.Fatal(err)
	}
	if _, err := s.Restore(t.Context(), backup.RestoreOptions{To: filepath.Join(b.base, "again")}, nil); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(b.base, ".again*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// Neither the password nor a key of a server is in a log, an error, the index or
// in what stays on the disk.
func TestSecretsStayWhereTheyAre(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	var log bytes.Buffer
	b.o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.create(b.service())
	const key, secret = "AKIA-the-key", "the-secret-of-the-server"
	var said []error
	for _, change := range []func(o *backup.Options){
		func(o *backup.Options) { o.Password = "another password, a wrong one" },
		func(o *backup.Options) { o.Repository = "s3://bucket/x?endpoint=http://127.0.0.1:1" },
	} {
		o := b.o
		o.AccessKey, o.SecretKey = key, secret
		change(&o)
		s, err := backup.New(o)
		if err == nil {
			limited, cancel := context.WithTimeout(ctx, time.Second)
			_, err = s.List(limited)
			cancel()
		}
		if err == nil {
			t.Error("a place that cannot be used was used")
		}
		said = append(said, err)
	}
	texts := map[string]string{"the log": log.String(), "errors": ""}
	for _, err := range said {
		texts["errors"] += err.Error() + exo.MessageOf(err) + exo.HintOf(err)
	}
	for _, dir := range []string{b.o.StateDir, filepath.Join(b.data, "metadata")} {
		err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := os.ReadFile(p)
			texts[p] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for where, text := range texts {
		for _, word := range []string{password, "another password", key, secret} {
			if strings.Contains(text, word) {
				t.Errorf("%s holds %q", where, word)
			}
		}
	}
	empty(t, b.o.StateDir)
}

func TestAPasswordThatOthersMayReadIsTold(t *testing.T) {
	b := setUp(t)
	b.o.Warning = "others may read it"
	if r := b.create(b.service()); !slices.Contains(r.Warnings, b.o.Warning) {
		t.Errorf("%+v", r)
	}
}

// anotherDisk is the place of a repository on another file system than a folder.
func anotherDisk(t *testing.T, than string) string {
	t.Helper()
	const memory = "/dev/shm"
	if same, err := fsys.SameDevice(than, memory); err != nil || same {
		t.Skipf("this system has no second file system in %s (%v)", memory, err)
	}
	dir, err := os.MkdirTemp(memory, "exoplanetai-")
	if err != nil {
		t.Skipf("%s cannot be written to: %v", memory, err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "repository")
}

// What one broken disk takes together with the data lets no file go.
func TestABackupBesideTheDataDoesNotCount(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	b.create(b.service())
	p := exo.Path("raw/nasa/koi.csv")
	body, err := os.ReadFile(filepath.Join(b.data, string(p)))
	if err != nil {
		t.Fatal(err)
	}
	has := func(o backup.Options) *time.Time {
		t.Helper()
		b.o = o
		s := b.service()
		if v, err := s.Verify(ctx, backup.VerifyOptions{}, nil); err != nil || !v.OK {
			t.Fatalf("%+v %v", v, err)
		}
		at, err := s.Has(ctx, p, exo.DigestOf(body))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := has(b.o); at != nil {
		t.Errorf("on the disk of the data: %v", at)
	}
	moved := b.o
	moved.Repository = anotherDisk(t, b.base)
	if err := os.CopyFS(moved.Repository, os.DirFS(b.o.Repository)); err != nil {
		t.Fatal(err)
	}
	if at := has(moved); at != nil {
		t.Errorf("made on the disk of the data, and moved: %v", at)
	}
	b.now = b.now.Add(time.Hour)
	if r, err := b.service().Create(ctx, backup.CreateOptions{}, nil); err != nil || r.SameDisk {
		t.Fatalf("%+v %v", r, err)
	}
	if at := has(moved); at == nil {
		t.Error("a backup on another disk does not count")
	}
}
