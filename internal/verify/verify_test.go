package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/verify"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

// bench is a data tree on a real disk, with versions, a backup and an origin.
type bench struct {
	t        testing.TB
	dir      string
	store    *store.Store
	versions *version.Versions
	backup   map[exo.Path]string
	origin   map[exo.Path]string
	asked    []exo.Path // of the origin
	at       time.Time
	*verify.Service
}

func (b *bench) clock() time.Time { b.at = b.at.Add(time.Second); return b.at }

// backup and origin, which give what the bench says, right or wrong.
type backup struct{ *bench }

func (b backup) Open(_ context.Context, p exo.Path, _ exo.Digest) (io.ReadCloser, string, error) {
	text, ok := b.backup[p]
	if !ok {
		return nil, "", exo.Errorf("fake", exo.NotFound, p, "no backup has %s", p)
	}
	return io.NopCloser(strings.NewReader(text)), "k1", nil
}

type origin struct{ *bench }

func (o origin) Again(_ context.Context, m store.Meta, to *store.Staged) error {
	o.asked = append(o.asked, m.Path)
	o.bench.asked = o.asked
	text, ok := o.origin[m.Path]
	if !ok {
		return exo.Errorf("fake", exo.NotFound, m.Path, "the archive does not have %s", m.Path)
	}
	_, err := io.WriteString(to, text)
	return err
}

const (
	curve     = "lightcurves/tess/s0001/lc1.fits"
	other     = "lightcurves/tess/s0001/lc2.fits"
	koi       = "raw/nasa/koi_20260102_030405.csv"
	processed = "processed/lightcurves/tess/lc1_12345678.fits"
	merged    = "processed/v2/candidates_1.csv"
)

var star = exo.TargetID{Catalog: exo.TIC, Number: 441420236}

func textOf(path string) string { return strings.Repeat("bytes of "+path+"\n", 20) }

// fastDir is a folder in memory where there is one: what is synced is not what is
// tried here.
func fastDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "exoplanetai-verify-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, dir: fastDir(t), backup: map[exo.Path]string{}, origin: map[exo.Path]string{}, at: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)}
	disk, err := fsys.OpenDir(b.dir, true)
	b.no(err)
	b.no(store.Prepare(disk))
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(b.dir, store.IndexPath())})
	b.no(err)
	b.store, err = store.Open(t.Context(), store.Options{FS: disk, DB: db, Clock: b.clock, Program: "exoplanetai test", Holder: "a test"})
	b.no(err)
	t.Cleanup(func() { b.no(b.store.Close()); b.no(db.Close()) })
	b.put(store.Meta{Path: curve, Kind: store.LightCurve, Target: star, Mission: exo.TESS})
	b.put(store.Meta{Path: other, Kind: store.LightCurve, Mission: exo.TESS})
	b.put(store.Meta{Path: koi, Kind: store.Table, Table: "koi"})
	b.put(store.Meta{Path: processed, Kind: store.Processed, Target: star, From: b.ref(curve)})
	b.put(store.Meta{Path: merged, Kind: store.Merged, From: append(b.ref(processed), b.ref(koi)...)})
	b.versions, err = version.Open(t.Context(), version.Options{FS: disk, Store: b.store, Clock: b.clock, Program: "exoplanetai test"})
	b.no(err)
	_, err = b.versions.Create(t.Context(), version.CreateOptions{Name: "v1", Description: "the first"})
	b.no(err)
	b.Service = verify.New(verify.Options{Store: b.store, Versions: b.versions, Backup: backup{b}, Origin: origin{b}, Clock: b.clock})
	return b
}

func (b *bench) no(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) ref(path exo.Path) []store.Ref {
	return []store.Ref{{Path: path, SHA256: exo.DigestOf([]byte(textOf(string(path))))}}
}

func (b *bench) put(m store.Meta) {
	b.t.Helper()
	st, err := b.store.Stage(b.t.Context())
	b.no(err)
	_, err = io.WriteString(st, textOf(string(m.Path)))
	b.no(err)
	m.RetrievedAt, m.Origin = b.clock(), exo.Origin{Archive: "mast", URL: "https://archive.test/" + string(m.Path)}
	_, err = b.store.Publish(b.t.Context(), store.Item{Staged: st, Meta: m})
	b.no(err)
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

func (b *bench) read(name string) string {
	b.t.Helper()
	data, err := os.ReadFile(b.path(name))
	b.no(err)
	return string(data)
}

// spoil turns a bit over in place, as a failing disk does.
func (b *bench) spoil(name string) {
	b.t.Helper()
	data := []byte(b.read(name))
	data[len(data)/2] ^= 1
	b.no(os.Chmod(b.path(name), 0o644))
	f, err := os.OpenFile(b.path(name), os.O_WRONLY, 0)
	b.no(err)
	_, err = f.Write(data)
	b.no(err)
	b.no(f.Close())
	b.no(os.Chmod(b.path(name), 0o444))
}

func (b *bench) check() verify.Report {
	b.t.Helper()
	r, err := b.Check(b.t.Context(), verify.CheckOptions{}, nil)
	b.no(err)
	return r
}

func (b *bench) repair(o verify.RepairOptions) verify.RepairReport {
	b.t.Helper()
	r, err := b.Repair(b.t.Context(), o, nil)
	b.no(err)
	return r
}

// one gives the repair of a path.
func one(t testing.TB, r verify.RepairReport, path string) verify.Repair {
	t.Helper()
	for _, x := range r.Files {
		if x.Path == path {
			return x
		}
	}
	t.Fatalf("nothing is said of %s in %+v", path, r)
	return verify.Repair{}
}

func TestASoundTreeIsSound(t *testing.T) {
	b := newBench(t)
	var last [2]int64
	r, err := b.Check(t.Context(), verify.CheckOptions{}, func(done, total int64) { last = [2]int64{done, total} })
	if err != nil || !r.OK || r.Files != 5 || r.Versions != 1 || r.VersionFiles < 5 || r.Bytes == 0 || r.VersionBytes == 0 || r.Depth != verify.Full {
		t.Errorf("%+v %v", r, err)
	}
	if last[0] != last[1] || last[0] != r.Bytes+r.VersionBytes {
		t.Errorf("the last report was %v", last)
	}
	q, err := b.Check(t.Context(), verify.CheckOptions{Quick: true}, nil)
	if err != nil || !q.OK || q.Bytes != 0 || q.VersionBytes != 0 || q.Depth != verify.Quick {
		t.Errorf("%+v %v", q, err)
	}
	if r := b.repair(verify.RepairOptions{}); !r.OK || len(r.Files) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestADamageNamesAllThatItTouches(t *testing.T) {
	b := newBench(t)
	b.spoil(curve) // hard-linked: the version's file is the same bytes
	r := b.check()
	if r.OK || len(r.Damaged) != 2 {
		t.Fatalf("%+v", r.Damaged)
	}
	for i, path := range []string{curve, "versions/v1/files/" + curve} {
		d := r.Damaged[i]
		if d.Path != path || d.Class != store.Damaged || !slices.Equal(d.Versions, []exo.VersionName{"v1"}) || !slices.Equal(d.Targets, []exo.TargetID{star}) ||
			!slices.Equal(d.Products, []exo.Path{processed, merged}) || d.Repair != "exoplanetai storage repair "+curve {
			t.Errorf("%+v", d)
		}
	}
}

func TestWhereTheBytesComeFrom(t *testing.T) {
	for name, tt := range map[string]struct {
		path           exo.Path
		gone           bool
		backup, origin string // "right", "wrong", "": does not have it
		source         string // "": nobody has it
		tried          int
	}{
		"a copy in a version comes first":           {koi, false, "right", "right", "version v1", 1},
		"a missing file comes back":                 {koi, true, "", "", "version v1", 1},
		"then a backup":                             {curve, false, "right", "right", "backup k1", 2},
		"then the archive":                          {curve, false, "", "right", "origin mast", 3},
		"a backup that lies is not believed":        {curve, false, "wrong", "right", "origin mast", 3},
		"an archive with another file gives none":   {curve, false, "", "wrong", "", 3},
		"nobody has it":                             {curve, false, "", "", "", 3},
		"a missing light curve is still in version": {curve, true, "wrong", "wrong", "version v1", 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			give := func(what string, to map[exo.Path]string) {
				if what != "" {
					to[tt.path] = map[string]string{"right": textOf(string(tt.path)), "wrong": "something else"}[what]
				}
			}
			give(tt.backup, b.backup)
			give(tt.origin, b.origin)
			if tt.gone {
				b.no(os.Remove(b.path(string(tt.path))))
			} else {
				b.spoil(string(tt.path))
			}
			r := b.repair(verify.RepairOptions{Paths: []string{string(tt.path)}})
			x := one(t, r, string(tt.path))
			if x.Source != tt.source || len(x.Tried) != tt.tried || r.OK != (tt.source != "") {
				t.Fatalf("%+v", x)
			}
			if tt.source == "" {
				if x.Outcome != verify.Failed || x.Hint == "" || b.read(string(tt.path)) == textOf(string(tt.path)) {
					t.Errorf("%+v", x)
				}
				return
			}
			if b.read(string(tt.path)) != textOf(string(tt.path)) || r.Repaired != 1 || r.Bytes != int64(len(textOf(string(tt.path)))) {
				t.Errorf("%+v", r)
			}
			if after := b.check(); !after.OK {
				t.Errorf("after the repair: %+v", after.Damaged)
			}
		})
	}
}

func TestADryRunChangesNothingAndAsksNoArchive(t *testing.T) {
	b := newBench(t)
	b.spoil(curve)
	b.spoil(koi)
	b.spoil(string(store.MetadataPath(other)))
	before := snapshot(t, b.dir)
	r := b.repair(verify.RepairOptions{DryRun: true})
	if x := one(t, r, koi); x.Outcome != verify.Repaired || x.Source != "version v1" {
		t.Errorf("%+v", x)
	}
	if x := one(t, r, curve); x.Outcome != verify.Repaired || x.Source != "origin mast" {
		t.Errorf("%+v", x)
	}
	if x := one(t, r, other); x.Outcome != verify.Repaired || x.Source != "records" {
		t.Errorf("%+v", x)
	}
	if len(b.asked) != 0 {
		t.Errorf("the archive was asked for %v", b.asked)
	}
	if after := snapshot(t, b.dir); !bytes.Equal(before, after) {
		t.Error("a dry run changed files")
	}
}

// snapshot digests all files but the index database.
func snapshot(t testing.TB, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "exoplanetai.db") {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%s %s\n", exo.DigestOf(data), path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// obey does what a printed command says, and nothing else.
func (b *bench) obey(command string) {
	b.t.Helper()
	words := strings.Fields(command) // no path of these tests has a blank
	if len(words) < 3 || words[0] != "exoplanetai" {
		b.t.Fatalf("%q is no command of the program", command)
	}
	switch what := words[1] + " " + words[2]; {
	case what == "storage repair" && len(words) == 4:
		if r := b.repair(verify.RepairOptions{Paths: words[3:]}); !r.OK {
			b.t.Errorf("%s: %+v", command, r.Files)
		}
	case what == "storage reindex" && len(words) == 3:
		_, err := b.store.Reindex(b.t.Context(), nil)
		b.no(err)
	case what == "version rebuild" && len(words) == 3:
		_, err := b.versions.Rebuild(b.t.Context())
		b.no(err)
	default:
		b.t.Fatalf("%q is no command that is known", command)
	}
}

// objects is where Git keeps them.
const objects = "versions/.git/objects/"

// named gives the file of a bench that a name of everyFile means.
func (b *bench) named(name string) string {
	nth, ok := strings.CutPrefix(name, objects+"#")
	if !ok {
		return name
	}
	at, err := strconv.Atoi(nth)
	b.no(err)
	list, err := filepath.Glob(b.path(objects + "??/*"))
	b.no(err)
	rel, err := filepath.Rel(b.dir, list[at])
	b.no(err)
	return filepath.ToSlash(rel)
}

// everyFile lists all files of a bench that a bit may be turned over in. The
// index database has tests of its own, in package store and with the program.
func everyFile(t *testing.T) (files []string) {
	t.Helper()
	base, number := newBench(t), 0
	err := filepath.WalkDir(base.dir, func(path string, d os.DirEntry, err error) error {
		name, rerr := filepath.Rel(base.dir, path)
		if err != nil || rerr != nil || d.IsDir() {
			return err
		}
		name = filepath.ToSlash(name)
		if strings.HasSuffix(name, ".lock") || strings.Contains(name, "exoplanetai.db") || strings.HasPrefix(name, ".") {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() == 0 {
			return err
		}
		if strings.HasPrefix(name, objects) { // their names are digests of times, too: only the place in their row is the same
			name = fmt.Sprintf("%s#%d", objects, number)
			number++
		}
		files = append(files, name)
		return nil
	})
	base.no(err)
	if len(files) < 30 {
		t.Fatalf("only %d files: %v", len(files), files)
	}
	return files
}

// ways to damage a file.
var ways = map[string]func(b *bench, name string){
	"a bit is turned over": func(b *bench, name string) { b.spoil(name) },
	"it is gone":           func(b *bench, name string) { b.no(os.Remove(b.path(name))) },
	"it is cut": func(b *bench, name string) {
		b.no(os.Truncate(b.path(name), int64(len(b.read(name))/2)))
	},
	"it is empty": func(b *bench, name string) { b.no(os.Truncate(b.path(name), 0)) },
	"it is zero": func(b *bench, name string) {
		b.no(os.WriteFile(b.path(name), make([]byte, len(b.read(name))), 0o644))
	},
	"it may be written": func(b *bench, name string) { b.no(os.Chmod(b.path(name), 0o664)) },
	"a link is in its place": func(b *bench, name string) {
		elsewhere := filepath.Join(fastDir(b.t), "file")
		b.no(os.Rename(b.path(name), elsewhere))
		b.no(os.Symlink(elsewhere, b.path(name)))
	},
}

// TestEveryFileOfTheTreeIsMendedFromEveryDamage damages each file of a tree, the
// manifests and the record of the versions too, in each way. The check names it,
// and both ways to mend are tried: everything at once, and only the commands that
// the check prints.
func TestEveryFileOfTheTreeIsMendedFromEveryDamage(t *testing.T) { // R5, R6
	tried := 0
	for i, name := range everyFile(t) {
		if !xtest.Nightly() && strings.HasPrefix(name, objects) && i%4 > 0 {
			continue // one object of the record in four
		}
		for way, damage := range ways {
			if way == "it may be written" && (strings.HasPrefix(name, "checksums/") || strings.HasPrefix(name, "versions/.git/") || strings.HasSuffix(name, "manifest.json")) {
				continue // these are written to, or compared whole
			}
			if strings.HasPrefix(way, "a link") && strings.HasPrefix(name, "versions/.git/") {
				continue // Git follows no link to its objects that it did not make; the bytes are what counts
			}
			if !xtest.Nightly() && (i+len(way))%stride > 0 {
				continue
			}
			tried++
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				for _, mend := range []func(b *bench, found verify.Report){
					func(b *bench, _ verify.Report) {
						if r := b.repair(verify.RepairOptions{}); !r.OK {
							t.Errorf("repair %+v", r.Files)
						}
					},
					func(b *bench, found verify.Report) {
						for _, d := range found.Damaged {
							if d.Class != store.Extra {
								b.obey(d.Repair)
							}
						}
					},
				} {
					b := newBench(t)
					for _, p := range []exo.Path{curve, other, koi, processed, merged} {
						b.backup[p] = textOf(string(p))
					}
					damage(b, b.named(name))
					found := b.check()
					if found.OK {
						t.Fatal("the damage is not found")
					}
					for _, d := range found.Damaged {
						if d.Repair == "" || d.Detail == "" || d.Versions == nil || d.Targets == nil || d.Products == nil {
							t.Errorf("%+v", d)
						}
					}
					mend(b, found)
					if after := b.check(); !after.OK {
						t.Errorf("found %+v\nafter the repair %+v", found.Damaged, after.Damaged)
					}
				}
			})
		}
	}
	t.Logf("%d damages, each mended in two ways", tried)
}

func TestPathsOfRecordsAndVersionsAreUnderstood(t *testing.T) {
	b := newBench(t)
	b.spoil("versions/v1/files/" + koi)
	b.spoil(string(store.MetadataPath(other)))
	r := b.repair(verify.RepairOptions{Paths: []string{"versions/v1/files/" + koi, string(store.MetadataPath(other))}})
	if x := one(t, r, koi); x.Outcome != verify.Repaired || x.Source != "store" || !slices.Equal(x.Versions, []exo.VersionName{"v1"}) {
		t.Errorf("%+v", x)
	}
	if x := one(t, r, other); x.Outcome != verify.Repaired || x.Source != "records" {
		t.Errorf("%+v", x)
	}
	if after := b.check(); !after.OK {
		t.Errorf("%+v", after.Damaged)
	}
	for _, path := range []string{"../etc/passwd", "/abs", "", "versions/v9/files/" + koi, "versions/v1/files/nothing.csv"} {
		if _, err := b.Repair(t.Context(), verify.RepairOptions{Paths: []string{path}}, nil); err == nil || exo.KindOf(err) == exo.Internal {
			t.Errorf("%q: %v", path, err)
		}
	}
	r = b.repair(verify.RepairOptions{Paths: []string{"raw/nasa/nothing.csv"}})
	if x := one(t, r, "raw/nasa/nothing.csv"); r.OK || x.Outcome != verify.Failed || x.Hint == "" {
		t.Errorf("%+v", x)
	}
	if r := b.repair(verify.RepairOptions{Paths: []string{koi}}); !r.OK || r.Intact != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAStrangerIsToldAndNeverRemoved(t *testing.T) {
	b := newBench(t)
	b.no(os.WriteFile(b.path("raw/nasa/notes.csv"), []byte("mine"), 0o644))
	r := b.repair(verify.RepairOptions{})
	if x := one(t, r, "raw/nasa/notes.csv"); r.OK || x.Outcome != verify.Failed || b.read("raw/nasa/notes.csv") != "mine" {
		t.Errorf("%+v", r)
	}
}

func TestACallThatIsGivenUpStops(t *testing.T) {
	b := newBench(t)
	b.spoil(koi)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Repair(ctx, verify.RepairOptions{Paths: []string{koi}}, nil); exo.KindOf(err) != exo.Canceled {
		t.Errorf("%v", err)
	}
	if _, err := b.Check(ctx, verify.CheckOptions{}, nil); exo.KindOf(err) != exo.Canceled {
		t.Errorf("%v", err)
	}
}
