package maintain_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// TestRetentionOfOneDay is R26: with the raw retention at one day, only what is
// replaced, unneeded, in no version and in a verified backup goes.
func TestRetentionOfOneDay(t *testing.T) {
	b := open(t)
	at := func(days int) time.Time { return noon.Add(-time.Duration(days) * day) }
	gone := b.table(90, "replaced, backed up")
	unsaved := b.table(80, "in no backup")
	unproved := b.table(79, "in a backup that nobody read back")
	versioned := b.table(70, "a version holds it")
	b.version("v1", string(versioned.Path))
	source := b.table(60, "a version holds what was made of it")
	v1 := refer(store.Meta{Path: "processed/v1/koi_a.csv", Kind: store.Normalized, Table: catalog.KOI, RetrievedAt: at(60)}, []store.Meta{source})
	b.hold(v1, "normalized a")
	b.version("v2", string(v1.Path))
	base := b.table(50, "the newest was assembled from it")
	delta := b.hold(store.Meta{Path: "raw/nasa/deltas/koi_20260201_000000.csv", Kind: store.Delta, Table: catalog.KOI, RetrievedAt: at(28)}, "delta")
	oldDelta := b.hold(store.Meta{Path: "raw/nasa/deltas/koi_20260101_000000.csv", Kind: store.Delta, Table: catalog.KOI, RetrievedAt: at(59)}, "old delta")
	rejected := b.hold(store.Meta{Path: "raw/nasa/rejected/koi_20260101_000000.csv", Kind: store.Rejected, Table: catalog.KOI, RetrievedAt: at(59)}, "rejected")
	held := b.hold(store.Meta{Path: "raw/nasa/held/koi_20260101_000000.csv", Kind: store.Held, Table: catalog.KOI, RetrievedAt: at(59)}, "held")
	b.hold(refer(store.Meta{Path: "processed/v1/koi_b.csv", Kind: store.Normalized, Table: catalog.KOI, RetrievedAt: at(27)}, []store.Meta{gone}), "of an old one, replaced")
	newest := b.table(27, "the newest", base, delta)
	b.hold(refer(store.Meta{Path: "processed/v1/koi_c.csv", Kind: store.Normalized, Table: catalog.KOI, RetrievedAt: at(26)}, []store.Meta{newest}), "the current one")
	toi := b.hold(store.Meta{Path: "raw/exofop/toi_20250101_000000.csv", Kind: store.Table, Table: catalog.TOI, RetrievedAt: at(300)}, "the only toi")
	star := exo.TargetID{Catalog: "TIC", Number: 7}
	light := b.hold(store.Meta{Path: "lightcurves/tess/sector_1/a.fits", Kind: store.LightCurve, Target: star, Mission: "TESS", RetrievedAt: at(300)}, "a light curve")
	b.hold(store.Meta{Path: "lightcurves/tess/sector_1/a_20260101_000000.fits", Kind: store.LightCurve, Target: star, Mission: "TESS", RetrievedAt: at(200)}, "its successor")
	young := b.table(1, "young and the newest of all")
	for _, m := range []store.Meta{gone, versioned, source, base, delta, oldDelta, rejected, held, newest, toi, light, young} {
		b.saved[m.Path] = at(0)
	}
	b.saved[unproved.Path] = time.Time{}

	want := map[exo.Path]maintain.Reason{
		unsaved.Path: maintain.NoBackup, unproved.Path: maintain.NoBackup, versioned.Path: maintain.Versioned, source.Path: maintain.Needed,
		held.Path: maintain.Protected, toi.Path: maintain.Newest, young.Path: maintain.Young,
	}
	// The youngest table replaced the newest one, whose processed/v1 is current.
	want[newest.Path], want[base.Path], want[delta.Path] = maintain.Needed, maintain.Needed, maintain.Needed
	goes := map[exo.Path]bool{gone.Path: true, oldDelta.Path: true, rejected.Path: true}

	s := b.service()
	before := b.files("data/raw", "data/lightcurves", "data/processed", "data/versions")
	for _, dry := range []bool{true, false} {
		r, err := s.Retain(t.Context(), maintain.RetainOptions{DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range r.Kept {
			if want[k.Path] != k.Reason {
				t.Errorf("%s stays because %s (%s), want %q", k.Path, k.Reason, k.Detail, want[k.Path])
			}
		}
		for _, g := range r.Removed {
			if !goes[g.Path] {
				t.Errorf("%s went", g.Path)
			}
		}
		if r.RemovedFiles != len(goes) || r.KeptFiles != len(want) || r.RetentionDays != 1 {
			t.Errorf("%d went, %d stay, %d days", r.RemovedFiles, r.KeptFiles, r.RetentionDays)
		}
		if dry {
			same(t, "after a dry run", b.files("data/raw", "data/lightcurves", "data/processed", "data/versions"), before)
		}
	}
	stay := []string{}
	for _, f := range before {
		if !goes[exo.Path(f[len("data/"):])] {
			stay = append(stay, f)
		}
	}
	same(t, "what stays", b.files("data/raw", "data/lightcurves", "data/processed", "data/versions"), stay)
	if rep, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("the store is not whole: %+v, %v", rep.Damaged, err)
	}
	if r, err := s.Retain(t.Context(), maintain.RetainOptions{}); err != nil || r.RemovedFiles != 0 {
		t.Errorf("a second time %d went: %v", r.RemovedFiles, err)
	}
}

func TestNothingGoesWithoutBackupOrRetention(t *testing.T) {
	b := open(t)
	old := b.table(90, "old")
	b.table(2, "new")
	b.saved[old.Path] = noon
	for name, c := range map[string]struct {
		change func(*maintain.Options)
		why    maintain.Reason
	}{
		"no backup":       {func(o *maintain.Options) { o.Backup = nil }, maintain.NoBackup},
		"kept for ever":   {func(o *maintain.Options) { o.RawRetention = 0 }, maintain.ForEver},
		"kept for a year": {func(o *maintain.Options) { o.RawRetention = 365 * day }, maintain.Young},
	} {
		r, err := b.service(c.change).Retain(t.Context(), maintain.RetainOptions{})
		if err != nil || r.RemovedFiles != 0 || r.Kept[0].Reason != c.why {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestWithADamagedVersionNothingGoes(t *testing.T) {
	b := open(t)
	old := b.table(90, "old")
	b.table(2, "new")
	b.saved[old.Path] = noon
	b.version("v1", string(old.Path))
	manifest := filepath.Join(b.dir, "data/versions/v1/manifest.json")
	if err := os.Chmod(manifest, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func() error{
		func() error { return os.WriteFile(manifest, []byte("{}"), 0o644) },
		func() error { return os.Remove(manifest) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		r, err := b.service().Retain(t.Context(), maintain.RetainOptions{})
		if !errors.Is(err, exo.Corrupt) || r.RemovedFiles != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := b.store.Read(t.Context(), old.Path); err != nil {
			t.Error(err)
		}
	}
}

func TestWithADamagedSuccessorTheOldFileStays(t *testing.T) {
	b := open(t)
	old, next := b.table(90, "old"), b.table(2, "new")
	b.saved[old.Path] = noon
	name := filepath.Join(b.dir, "data", string(next.Path))
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("nwe"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := b.service().Retain(t.Context(), maintain.RetainOptions{})
	if err != nil || r.RemovedFiles != 0 || r.Kept[0].Reason != maintain.Newest {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRetentionBesideVersions is R17 within one process: whoever is first, a
// version that was made is whole, and what it holds stays.
func TestRetentionBesideVersions(t *testing.T) {
	const rounds = 10
	for round := range rounds {
		b := open(t)
		for i := range 6 {
			m := b.table(90-i, fmt.Sprint("table ", i))
			b.saved[m.Path] = noon
		}
		s := b.service()
		var wg sync.WaitGroup
		var made error
		wg.Go(func() {
			_, made = b.vers.Create(t.Context(), version.CreateOptions{Name: "v1", Description: "a test"})
		})
		r, err := s.Retain(t.Context(), maintain.RetainOptions{})
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if made != nil { // a file went while the list was made: the version must not be there
			t.Logf("round %d: the version was refused: %v", round, made)
			if list, err := b.vers.List(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("round %d: %v, %v", round, list, err)
			}
			continue
		}
		m, err := b.vers.Show(t.Context(), "v1")
		if err != nil {
			t.Fatal(err)
		}
		gone := map[exo.Path]bool{}
		for _, g := range r.Removed {
			gone[g.Path] = true
		}
		for _, f := range m.Files {
			if gone[f.Path] {
				t.Errorf("round %d: %s went, and version v1 holds it", round, f.Path)
			}
		}
		if got := len(m.Files) + len(r.Removed); got != 6 {
			t.Errorf("round %d: %d files in the version, %d went", round, len(m.Files), len(r.Removed))
		}
	}
}
