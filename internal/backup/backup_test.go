package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob/filesystem"
	"github.com/kopia/kopia/repo/manifest"
	"github.com/kopia/kopia/snapshot"
	"github.com/kopia/kopia/snapshot/snapshotfs"
	"go.uber.org/goleak"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse battery staple"

// bench is a small data tree with checksum lists, a version and an index.
type bench struct {
	t    *testing.T
	base string
	data string
	fs   *fsys.Dir
	db   *sqldb.DB
	now  time.Time
	o    backup.Options

	kopiasKeys bool // repositories are made as outside tests
}

func setUp(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{t: t, base: t.TempDir(), now: time.Now()}
	b.data = filepath.Join(b.base, "data")
	rng := rand.New(rand.NewPCG(1, 2))
	var light, raw strings.Builder
	for i := range 12 {
		body := make([]byte, 20_000+i)
		for k := range body {
			body[k] = byte(rng.Uint32())
		}
		fmt.Fprintf(&light, "%x  lightcurves/tess/%02d.fits\n", sha256.Sum256(body), i)
		b.write(fmt.Sprintf("lightcurves/tess/%02d.fits", i), body)
	}
	table := []byte(strings.Repeat("kepid,koi\n1,2\n", 5000))
	fmt.Fprintf(&raw, "%x  raw/nasa/koi.csv\n", sha256.Sum256(table))
	b.write("raw/nasa/koi.csv", table)
	b.write("versions/v1/files/raw/nasa/koi.csv", table)
	b.write("versions/v1/manifest.json", fmt.Appendf(nil, `{"version":"v1","files":[{"path":"raw/nasa/koi.csv","hash":"sha256:%x"}]}`, sha256.Sum256(table)))
	b.write("checksums/lightcurves.sha256", []byte(light.String()))
	b.write("checksums/raw.sha256", []byte(raw.String()))
	b.write("cache/x/1", []byte("cached"))
	b.write(".staging/00/1.data", []byte("not finished"))
	b.write("metadata/a.json", []byte("{}"))
	var err error
	if b.fs, err = fsys.OpenDir(b.data, false); err != nil {
		t.Fatal(err)
	}
	if b.db, err = sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(b.data, "metadata/exoplanetai.db")}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.ExecContext(t.Context(), `CREATE TABLE held(x); INSERT INTO held VALUES (42)`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(b.db.Close(), b.fs.Close()); err != nil {
			t.Error(err)
		}
	})
	b.o = backup.Options{FS: b.fs, DataPath: b.data, Repository: filepath.Join(b.base, "repository"), Password: password,
		DB: b.db, Clock: func() time.Time { return b.now }, Program: "exoplanetai test", StateDir: filepath.Join(b.base, "state"), RetentionDays: 30}
	return b
}

func (b *bench) write(name string, body []byte) {
	b.t.Helper()
	full := filepath.Join(b.data, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(full, body, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) service() *backup.Service {
	b.t.Helper()
	s, err := backup.New(b.o)
	if err != nil {
		b.t.Fatal(err)
	}
	if !b.kopiasKeys {
		s.QuickKeys()
	}
	return s
}

func (b *bench) create(s *backup.Service) backup.Result {
	b.t.Helper()
	r, err := s.Create(b.t.Context(), backup.CreateOptions{Force: true}, nil)
	if err != nil {
		b.t.Fatalf("create: %v", err)
	}
	return r
}

func TestWhatIsBackedUpComesBackByteByByte(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	b.kopiasKeys = true
	s := b.service()
	dry, err := s.Create(ctx, backup.CreateOptions{Force: true, DryRun: true}, nil)
	if err != nil || dry.Snapshot != "" || dry.Files < 15 {
		t.Fatalf("dry run: %+v %v", dry, err)
	}
	if _, err := s.List(ctx); !errors.Is(err, exo.NotFound) {
		t.Fatalf("a dry run made a repository: %v", err)
	}
	var last, total int64
	r, err := s.Create(ctx, backup.CreateOptions{Force: true}, func(d, n int64) { last, total = d, n })
	if err != nil {
		t.Fatal(err)
	}
	if r.Snapshot == "" || r.Files != 19 || last != total || total == 0 || r.UploadedBytes == 0 || r.UploadedBytes >= r.Bytes {
		t.Errorf("result %+v, progress %d of %d", r, last, total)
	}
	to := filepath.Join(b.base, "back", "data")
	rep, err := s.Restore(ctx, backup.RestoreOptions{To: to}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Files != r.Files || rep.Compared != 14 {
		t.Errorf("restore %+v", rep)
	}
	same(t, b.data, to)
	db, err := sqldb.Open(ctx, sqldb.Options{Path: filepath.Join(to, "metadata/exoplanetai.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var x int
	if err := errors.Join(db.Check(ctx), db.QueryRow(`SELECT x FROM held`).Scan(&x), db.Close()); err != nil || x != 42 {
		t.Errorf("index copy: %d %v", x, err)
	}
	if _, err := s.Restore(ctx, backup.RestoreOptions{To: to}, nil); !errors.Is(err, exo.Conflict) {
		t.Errorf("a second restore over the first: %v", err)
	}
	empty(t, b.o.StateDir)
}

// same compares all but the index, and looks that nothing came back that should
// not have been kept.
func same(t *testing.T, data, to string) {
	t.Helper()
	for _, name := range []string{"cache", ".staging", "metadata/exoplanetai.db-wal"} {
		if _, err := os.Stat(filepath.Join(to, name)); err == nil {
			t.Errorf("%s was backed up", name)
		}
	}
	err := filepath.WalkDir(data, func(p string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(data, p)
		if err != nil || e.IsDir() || strings.HasPrefix(rel, "cache") || strings.HasPrefix(rel, ".staging") || strings.HasPrefix(rel, "metadata/exoplanetai.db") {
			return err
		}
		want, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(filepath.Join(to, rel)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs: %v", rel, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 || list[0].Name() != ".lock" {
		t.Errorf("left behind in the folder for state: %v %v", list, err)
	}
}

func TestOnlyWhatChangedIsReadAndSent(t *testing.T) {
	b := setUp(t)
	s := b.service()
	first := b.create(s)
	b.now = b.now.Add(time.Hour)
	b.write("raw/nasa/toi.csv", []byte("toi\n700.01\n"))
	second := b.create(s)
	if second.Files != first.Files+1 || second.Bytes < first.Bytes {
		t.Errorf("the first holds %d files, %d bytes, the second %d, %d", first.Files, first.Bytes, second.Files, second.Bytes)
	}
	if second.Snapshot == first.Snapshot || second.ReadFiles > 2 || second.UploadedBytes > first.UploadedBytes/4 {
		t.Errorf("first %+v\nsecond %+v", first, second)
	}
	list, err := s.List(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != second.Snapshot || list[0].Files != second.Files || list[0].Bytes != second.Bytes || list[0].Program != "exoplanetai test" || !list[0].CreatedAt.Equal(second.CreatedAt) {
		t.Errorf("list %+v %v", list, err)
	}
}

func TestOldSnapshotsGoAndTheNewestStays(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	s := b.service()
	first := b.create(s)
	b.now = b.now.Add(40 * 24 * time.Hour)
	if old, err := s.Expire(ctx, false); err != nil || len(old) != 0 {
		t.Fatalf("the only snapshot went: %v %v", old, err)
	}
	second := b.create(s)
	if len(second.Expired) != 1 || second.Expired[0] != first.Snapshot {
		t.Errorf("expired %v, want %s", second.Expired, first.Snapshot)
	}
	if list, err := s.List(ctx); err != nil || len(list) != 1 || list[0].ID != second.Snapshot {
		t.Errorf("list %v %v", list, err)
	}
}

func TestVerifyDrillHasAndOpen(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	b.o.Repository = anotherDisk(t, b.base)
	s := b.service()
	if _, err := s.Create(ctx, backup.CreateOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	p := exo.Path("lightcurves/tess/03.fits")
	body, err := os.ReadFile(filepath.Join(b.data, string(p)))
	if err != nil {
		t.Fatal(err)
	}
	if at, err := s.Has(ctx, p, exo.DigestOf(body)); at != nil || err != nil {
		t.Errorf("not verified yet: %v %v", at, err)
	}
	d, err := s.Drill(ctx, backup.DrillOptions{}, nil)
	if err != nil || !d.OK || d.Compared != 14 || d.Files != 19 {
		t.Fatalf("drill %+v %v", d, err)
	}
	if last, err := s.LastDrill(ctx); err != nil || last.Snapshot != d.Snapshot || !last.OK {
		t.Errorf("last drill %+v %v", last, err)
	}
	if at, err := s.Has(ctx, p, exo.DigestOf(body)); at == nil || err != nil {
		t.Errorf("verified: %v %v", at, err)
	}
	if at, err := s.Has(ctx, p, exo.DigestOf([]byte("other"))); at != nil || err != nil {
		t.Errorf("another digest: %v %v", at, err)
	}
	rc, id, err := s.Open(ctx, p, exo.DigestOf(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(rc)
	if err = errors.Join(err, rc.Close()); err != nil || id != d.Snapshot || !bytes.Equal(got, body) {
		t.Errorf("open %s %v", id, err)
	}
	if _, _, err := s.Open(ctx, "raw/nasa/none.csv", exo.DigestOf(nil)); !errors.Is(err, exo.NotFound) {
		t.Errorf("open of nothing: %v", err)
	}
	empty(t, b.o.StateDir)
}

func TestDamageIsFoundAndNotRestored(t *testing.T) {
	for name, harm := range map[string]func(b *bench) error{
		"the data were damaged before the backup": func(b *bench) error {
			b.write("lightcurves/tess/05.fits", []byte("rotten"))
			b.create(b.service())
			return nil
		},
		"a pack of the repository has a flipped bit": func(b *bench) error {
			b.create(b.service())
			packs, err := filepath.Glob(filepath.Join(b.o.Repository, "p*", "*", "*.f"))
			if err != nil || len(packs) == 0 {
				return fmt.Errorf("packs: %v %w", packs, err)
			}
			for _, p := range packs {
				body, err := os.ReadFile(p)
				if err != nil {
					return err
				}
				body[len(body)/2] ^= 1
				if err := os.WriteFile(p, body, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := setUp(t)
			if err := harm(b); err != nil {
				t.Fatal(err)
			}
			s := b.service()
			v, err := s.Verify(t.Context(), backup.VerifyOptions{}, nil)
			if err != nil || v.OK || len(v.Damaged) == 0 {
				t.Errorf("verify %+v %v", v, err)
			}
			if l, err := s.List(t.Context()); err != nil || l[0].VerifiedAt != nil {
				t.Errorf("list %+v %v", l, err)
			}
			to := filepath.Join(b.base, "back")
			if _, err := s.Restore(t.Context(), backup.RestoreOptions{To: to}, nil); !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" {
				t.Errorf("a damaged backup was restored, or not called damaged: %v", err)
			}
			left, err := filepath.Glob(filepath.Join(b.base, "*back*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

func TestRestoreOfSomePaths(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	s := b.service()
	r := b.create(s)
	to := filepath.Join(b.base, "some")
	if _, err := s.Restore(ctx, backup.RestoreOptions{To: to, Paths: []string{"raw/", "raw/nothing"}}, nil); !errors.Is(err, exo.NotFound) {
		t.Errorf("a path that is not there: %v", err)
	}
	rep, err := s.Restore(ctx, backup.RestoreOptions{To: to, Snapshot: r.Snapshot[:6], Paths: []string{"raw/nasa/koi.csv"}}, nil)
	if err != nil || rep.Files != 1 {
		t.Errorf("restore %+v %v", rep, err)
	}
	for _, bad := range []string{"../x", "/etc", ""} {
		if _, err := s.Restore(ctx, backup.RestoreOptions{To: filepath.Join(b.base, "bad"), Paths: []string{bad}}, nil); !errors.Is(err, exo.Invalid) {
			t.Errorf("path %q: %v", bad, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *bench)
		force  bool
		want   exo.Kind
	}{
		{"the same file system", func(*bench) {}, false, exo.Conflict},
		{"inside the data, even forced", func(b *bench) { b.o.Repository = filepath.Join(b.data, "cache/backup") }, true, exo.Conflict},
		{"around the data, even forced", func(b *bench) { b.o.Repository = b.base }, true, exo.Conflict},
		{"a folder of other things", func(b *bench) {
			b.o.Repository = filepath.Join(b.base, "photos")
			b.write("../photos/1.jpg", []byte("x"))
		}, true, exo.Conflict},
		{"a wrong password", func(b *bench) { b.create(b.service()); b.o.Password = "wrong" }, true, exo.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setUp(t)
			c.change(b)
			_, err := b.service().Create(t.Context(), backup.CreateOptions{Force: c.force}, nil)
			if !errors.Is(err, c.want) || exo.HintOf(err) == "" {
				t.Errorf("got %v, want %s and a hint", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Error("the password stands in the error")
			}
		})
	}
}

func TestOptionsThatAreNone(t *testing.T) {
	b := setUp(t)
	for name, change := range map[string]func(o *backup.Options){
		"no password":     func(o *backup.Options) { o.Password = "" },
		"another scheme":  func(o *backup.Options) { o.Repository = "ftp://host/x" },
		"an unknown part": func(o *backup.Options) { o.Repository = "s3://b/x?nonsense=1" },
		"keys in address": func(o *backup.Options) { o.Repository = "s3://key:secret@b/x" },
	} {
		o := b.o
		change(&o)
		if _, err := backup.New(o); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWithoutARepositoryAllIsRefused(t *testing.T) {
	b, ctx := setUp(t), t.Context()
	b.o.Repository, b.o.Password = "", ""
	s := b.service()
	_, create := s.Create(ctx, backup.CreateOptions{Force: true}, nil)
	_, list := s.List(ctx)
	_, drill := s.Drill(ctx, backup.DrillOptions{}, nil)
	for _, err := range []error{create, list, drill} {
		if !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" {
			t.Errorf("got %v", err)
		}
	}
	if at, err := s.Has(ctx, "raw/nasa/koi.csv", exo.DigestOf(nil)); at != nil || err != nil {
		t.Errorf("has: %v %v", at, err)
	}
}

func TestACancelledBackupIsNotListed(t *testing.T) {
	b := setUp(t)
	s := b.service()
	b.create(s)
	b.write("raw/nasa/big.csv", bytes.Repeat([]byte("0123456789abcdef"), 1<<18))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := s.Create(ctx, backup.CreateOptions{Force: true}, func(done, _ int64) { cancel() })
	if exo.KindOf(err) != exo.Canceled {
		t.Errorf("got %v", err)
	}
	if list, err := s.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("list %v %v", list, err)
	}
	empty(t, b.o.StateDir)
}

// Kopia's own program is the judge: it must read, verify and restore what this
// package wrote. Where it is not installed, its library's check of a repository
// (snapshot verify of all bytes, and every content's digest) judges.
func TestKopiaReadsIt(t *testing.T) {
	b := setUp(t)
	b.kopiasKeys = true
	r := b.create(b.service())
	program := os.Getenv("EXOPLANETAI_KOPIA")
	if program == "" {
		program, _ = exec.LookPath("kopia") // empty: not installed
	}
	if program == "" {
		t.Log("judged by Kopia's library; its program is not installed")
		libraryReadsIt(t, b, r)
		return
	}
	t.Logf("judged by Kopia's program, %s", program)
	home := t.TempDir()
	kopia := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(os.Environ(), "HOME="+home, "KOPIA_PASSWORD="+password, "KOPIA_CHECK_FOR_UPDATES=false",
			"KOPIA_CONFIG_PATH="+filepath.Join(home, "kopia.config"), "KOPIA_LOG_DIR="+home, "KOPIA_CACHE_DIRECTORY="+filepath.Join(home, "cache"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("kopia %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	kopia("repository", "connect", "filesystem", "--path", b.o.Repository)
	if out := kopia("snapshot", "list", "--all", "--tags", "same-disk:yes"); !strings.Contains(out, "exoplanetai@exoplanetai:") {
		t.Errorf("list:\n%s", out)
	}
	kopia("snapshot", "verify", "--verify-files-percent=100", r.Snapshot)
	kopia("content", "verify", "--full", "--download-percent=100")
	to := filepath.Join(b.base, "by-kopia")
	kopia("snapshot", "restore", r.Snapshot, to)
	same(t, b.data, to)
}

// libraryReadsIt opens the repository as Kopia's program does, and has its
// verifier read every file.
func libraryReadsIt(t *testing.T, b *bench, r backup.Result) {
	t.Helper()
	ctx := t.Context()
	st, err := filesystem.New(ctx, &filesystem.Options{Path: b.o.Repository}, false)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "kopia.config")
	if err := errors.Join(repo.Connect(ctx, config, st, password, nil), st.Close(ctx)); err != nil {
		t.Fatal(err)
	}
	rep, err := repo.Open(ctx, config, password, &repo.Options{DisableRepositoryLog: true})
	if err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.LoadSnapshot(ctx, rep, manifest.ID(r.Snapshot))
	if err != nil {
		t.Fatal(err)
	}
	root, err := snapshotfs.SnapshotRoot(rep, m)
	if err != nil {
		t.Fatal(err)
	}
	v := snapshotfs.NewVerifier(ctx, rep, snapshotfs.VerifierOptions{VerifyFilesPercent: 100, Parallelism: 2, MaxErrors: 1})
	res, err := v.InParallel(ctx, func(tw *snapshotfs.TreeWalker) error { return tw.Process(ctx, root, ".") })
	if err = errors.Join(err, rep.Close(ctx)); err != nil || res.ErrorCount > 0 || res.Stats.ReadFileCount != r.Files-1 { // two have the same bytes
		t.Errorf("%+v %v", res, err)
	}
}
