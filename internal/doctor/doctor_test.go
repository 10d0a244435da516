package doctor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/doctor"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// held is a store that says what a test wants.
type held struct {
	stats   store.Stats
	damaged []store.Damage
	newest  time.Time
	fail    error
	mended  []exo.Path
	writes  int
}

func (h *held) Stats(context.Context) (store.Stats, error) { return h.stats, h.fail }
func (h *held) Verify(_ context.Context, o store.VerifyOptions, _ func(done, total int64)) (store.VerifyReport, error) {
	if !o.Quick {
		return store.VerifyReport{}, errors.New("the doctor reads every byte")
	}
	return store.VerifyReport{Damaged: h.damaged}, h.fail
}
func (h *held) Newest(context.Context, store.Filter) (store.Meta, error) {
	if h.newest.IsZero() {
		return store.Meta{}, exo.Errorf("test", exo.NotFound, nil, "none")
	}
	return store.Meta{Path: "raw/nasa/koi.csv", RetrievedAt: h.newest}, nil
}

// Mend heals all but what is called stubborn.
func (h *held) Mend(_ context.Context, p exo.Path) (bool, error) {
	if p == "raw/nasa/stubborn.csv" {
		return false, exo.Errorf("test", exo.Corrupt, p, "nothing agrees")
	}
	h.mended = append(h.mended, p)
	h.damaged = slices.DeleteFunc(h.damaged, func(d store.Damage) bool { return d.Path == string(p) })
	return true, nil
}

// disk is a folder with a usage that a test sets.
type disk struct {
	*fsys.Dir
	total, free int64
}

func (d disk) Usage() (int64, int64, error) { return d.total, d.free, nil }

func folder(t *testing.T, free int64, files ...string) disk {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := fsys.OpenDir(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return disk{d, 1000, free}
}

// well is a store with nothing to say about.
func well() *held {
	full := noon.Add(-time.Hour)
	return &held{newest: noon, stats: store.Stats{Total: store.Amount{Files: 9, Bytes: 9}, Integrity: store.Integrity{Coverage: 1, LastFullAt: &full}}}
}

func ago(d time.Duration) *time.Time { t := noon.Add(-d); return &t }

func copies(n int, err error) func(context.Context) (doctor.Copies, error) {
	return func(context.Context) (doctor.Copies, error) { return doctor.Copies{Count: n}, err }
}

func backups(b doctor.Backups, err error) func(context.Context) (doctor.Backups, error) {
	return func(context.Context) (doctor.Backups, error) { return b, err }
}

func codes(list []doctor.Finding) (out []string) {
	for _, f := range list {
		out = append(out, f.Code)
	}
	return out
}

func TestExamineNamesWhatIsWrongAndWhatHelps(t *testing.T) {
	soon := noon.Add(7 * 24 * time.Hour)
	tests := map[string]struct {
		change func(t *testing.T, o *doctor.Options, s *held)
		want   []string
	}{
		"a folder that is well has no findings": {func(*testing.T, *doctor.Options, *held) {}, nil},
		"a full disk is an error":               {func(t *testing.T, o *doctor.Options, _ *held) { o.Disk = folder(t, 10) }, []string{"disk-full"}},
		"a nearly full disk is a warning":       {func(t *testing.T, o *doctor.Options, _ *held) { o.Disk = folder(t, 90) }, []string{"disk-nearly-full"}},
		"a disk that will be full is a warning": {func(_ *testing.T, _ *doctor.Options, s *held) {
			s.stats.Growth = store.Growth{BytesPerDay: 5, FullAt: &soon}
		}, []string{"disk-full-soon"}},
		"bytes that nobody read back":            {func(_ *testing.T, _ *doctor.Options, s *held) { s.stats.Integrity.Coverage = 0.4 }, []string{"unproved"}},
		"a clock that is behind the newest file": {func(_ *testing.T, _ *doctor.Options, s *held) { s.newest = noon.Add(time.Hour) }, []string{"clock"}},
		"no version":                             {func(_ *testing.T, o *doctor.Options, _ *held) { o.Versions = copies(0, nil) }, []string{"no-version"}},
		"a damaged manifest": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Versions = copies(0, exo.Errorf("test", exo.Corrupt, nil, "the manifest of v1 is empty"))
		}, []string{"versions-damaged"}},
		"no backup":       {func(_ *testing.T, o *doctor.Options, _ *held) { o.Backup, o.NoBackup = nil, true }, []string{"no-backup"}},
		"an empty backup": {func(_ *testing.T, o *doctor.Options, _ *held) { o.Backup = backups(doctor.Backups{}, nil) }, []string{"never-backed-up"}},
		"an old backup without a drill": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Backup = backups(doctor.Backups{Count: 1, Newest: ago(80 * time.Hour)}, nil)
		}, []string{"backup-old", "no-drill"}},
		"a drill that failed stands first": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Backup = backups(doctor.Backups{Count: 1, Newest: ago(80 * time.Hour), LastDrill: ago(time.Hour), DrillFailed: true}, nil)
		}, []string{"drill-failed", "backup-old"}},
		"a backup that cannot be reached": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Backup = backups(doctor.Backups{}, exo.Errorf("test", exo.Unavailable, nil, "the repository does not answer"))
		}, []string{"backup-unreachable"}},
		"unfinished work and a kept index": {func(t *testing.T, o *doctor.Options, _ *held) {
			o.Disk = folder(t, 500, ".staging/03/00000003.data", ".staging/odd", "versions/.new-v1/manifest.json", "versions/v0/manifest.json", "metadata/exoplanetai.db.damaged-1", "metadata/exoplanetai.db.damaged-1-wal")
		}, []string{"unfinished", "kept-index"}},
		"every class of damage, the gravest first": {func(_ *testing.T, _ *doctor.Options, s *held) {
			for _, c := range []store.Class{store.Extra, store.Mode, store.Missing, store.IndexDatabase, store.MetadataFile, store.ChecksumFile, store.Damaged} {
				s.damaged = append(s.damaged, store.Damage{Path: "raw/nasa/a.csv", Class: c})
			}
		}, []string{"damage-index", "damage-missing", "damage-corrupt", "damage-metadata", "damage-checksum-file", "damage-mode", "damage-extra"}},
		"an index that cannot be read": {func(_ *testing.T, _ *doctor.Options, s *held) {
			s.fail = exo.Errorf("test", exo.Corrupt, nil, "the index is damaged")
		}, []string{"index-damaged", "index-damaged"}},
		"an index that cannot be opened": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Store, o.Opened = nil, exo.Errorf("test", exo.Corrupt, nil, "the index is damaged")
		}, []string{"index-damaged"}},
		"a folder of a newer program": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Store, o.Opened = nil, exo.Errorf("test", exo.Conflict, nil, "made by a newer program").Try("use that")
		}, []string{"store-busy"}},
		"no folder at all": {func(_ *testing.T, o *doctor.Options, _ *held) {
			o.Store, o.Disk, o.Opened = nil, nil, exo.Errorf("test", exo.NotFound, nil, "no folder")
		}, []string{"no-data"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := well()
			o := doctor.Options{
				Clock: func() time.Time { return noon }, Disk: folder(t, 500), Store: s, Versions: copies(3, nil),
				Backup: backups(doctor.Backups{Count: 2, Newest: ago(time.Hour), LastDrill: ago(time.Hour)}, nil),
			}
			tt.change(t, &o, s)
			found, err := doctor.New(o).Examine(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(found); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
			for _, f := range found {
				if f.What == "" || f.Why == "" || f.Severity == "" || f.Fix == "" && f.Code != "backup-unreachable" && f.Code != "no-data" {
					t.Errorf("%s leaves something unsaid: %+v", f.Code, f)
				}
				if f.Fixable {
					t.Errorf("%s is said to be fixable with nothing at hand", f.Code)
				}
			}
		})
	}
}

func TestFixPutsRightWhatItCanAndSaysWhatIsLeft(t *testing.T) {
	s := well()
	s.damaged = []store.Damage{
		{Path: "raw/nasa/a.csv", Class: store.Mode}, {Path: "raw/nasa/stubborn.csv", Class: store.MetadataFile},
		{Path: "raw/nasa/gone.csv", Class: store.Missing}, {Path: "raw/nasa/lost.csv", Class: store.Damaged},
		{Path: "raw/nasa/strange", Class: store.Extra},
	}
	var repaired []string
	cleaned := 0
	d := doctor.New(doctor.Options{
		Clock: func() time.Time { return noon }, Disk: folder(t, 20), Store: s, Mender: s,
		Repair: func(_ context.Context, paths []string) (doctor.Outcome, error) {
			repaired = paths
			s.damaged = slices.DeleteFunc(s.damaged, func(x store.Damage) bool { return x.Path == "raw/nasa/gone.csv" })
			return doctor.Outcome{Done: 1, Left: []string{"raw/nasa/lost.csv: no copy has the recorded digest"}}, nil
		},
		Cleanup: func(context.Context) (int64, int64, error) {
			cleaned++
			return 0, 0, exo.Errorf("test", exo.Unavailable, nil, "the cache cannot be read")
		},
	})
	r, err := d.Fix(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"raw/nasa/gone.csv", "raw/nasa/lost.csv"}; !slices.Equal(repaired, want) {
		t.Errorf("repaired %v, want %v", repaired, want)
	}
	if want := []exo.Path{"raw/nasa/a.csv"}; !slices.Equal(s.mended, want) {
		t.Errorf("mended %v, want %v", s.mended, want)
	}
	if got, want := codes(r.Left), []string{"disk-full", "damage-corrupt", "damage-metadata", "damage-extra"}; !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	if len(r.Acts) != 3 || r.Acts[0].Done != "1 file done" || r.Acts[1].Done != "1 file mended" || len(r.Acts[1].Left) != 1 ||
		r.Acts[2].Error != "the cache cannot be read" || cleaned != 1 {
		t.Errorf("acts %+v", r.Acts)
	}
}

func TestFixMakesAnIndexAnewOfAStoreThatDoesNotOpen(t *testing.T) {
	calls := 0
	d := doctor.New(doctor.Options{
		Clock: func() time.Time { return noon }, Disk: folder(t, 500), Opened: exo.Errorf("test", exo.Corrupt, nil, "the index is damaged"),
		Reindex: func(context.Context) (doctor.Outcome, error) { calls++; return doctor.Outcome{Done: 4}, nil },
	})
	r, err := d.Fix(t.Context())
	if err != nil || !r.Reopen || calls != 1 || len(r.Acts) != 1 || r.Acts[0].Done != "4 files done" {
		t.Errorf("%+v, %v, %d calls", r, err, calls)
	}
}

func TestACanceledExaminationSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := doctor.New(doctor.Options{Clock: func() time.Time { return noon }}).Examine(ctx); !errors.Is(err, exo.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestARecordOfSomebodyElseIsNamedAndNotMended(t *testing.T) {
	refused := exo.Errorf("test", exo.Conflict, nil, "versions/.git is a file").Try("move it away")
	found, err := doctor.New(doctor.Options{
		Clock:    func() time.Time { return noon },
		Versions: func(context.Context) (doctor.Copies, error) { return doctor.Copies{}, refused },
		Rebuild:  func(context.Context) (doctor.Outcome, error) { return doctor.Outcome{}, refused },
	}).Examine(t.Context())
	if err != nil || len(found) != 1 || found[0].Code != "record-foreign" || found[0].Fixable || found[0].What != "versions/.git is a file" || found[0].Fix != "move it away" {
		t.Errorf("%+v %v", found, err)
	}
}

func TestAFileInPlaceOfAFolderIsNotCalledBusy(t *testing.T) {
	disk := folder(t, 500, "checksums")
	_, read := disk.ReadDir("checksums/x")
	for _, opened := range []error{read, fsys.MkdirAll(disk.Dir, "checksums", 0o755)} {
		found, err := doctor.New(doctor.Options{Clock: func() time.Time { return noon }, Opened: opened}).Examine(t.Context())
		if err != nil || len(found) != 1 || found[0].Code != "misplaced" || !strings.Contains(found[0].What, "checksums") || found[0].Fix == "" {
			t.Errorf("%v: %+v %v", opened, found, err)
		}
	}
}
