package maintain_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/store"
)

func (b *bench) text(p exo.Path) string {
	b.t.Helper()
	f, err := b.store.Read(b.t.Context(), p)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	data, err := f.Bytes()
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

func TestATableIsTakenBackAndForth(t *testing.T) {
	b := open(t)
	first := b.table(10, "first state")
	b.version("v1")
	second := b.table(5, "second state")
	b.version("v2")
	s := b.service()
	before := b.files("data/raw")
	if r, err := s.Rollback(t.Context(), maintain.RollbackOptions{What: "koi", To: "v1", DryRun: true}); err != nil || len(r.Files) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	same(t, "after a dry run", b.files("data/raw"), before)
	for i, c := range []struct {
		to   exo.VersionName
		from store.Meta
		text string
	}{{"v1", first, "first state"}, {"v2", second, "second state"}, {"v1", first, "first state"}} {
		r, err := s.Rollback(t.Context(), maintain.RollbackOptions{What: "koi", To: c.to})
		if err != nil || r.Status != maintain.RolledBack {
			t.Fatalf("%+v, %v", r, err)
		}
		now, err := b.store.Newest(t.Context(), store.Filter{Kind: store.Table, Table: catalog.KOI})
		if err != nil {
			t.Fatal(err)
		}
		if now.Path != r.Files[0].Path || b.text(now.Path) != c.text || now.Origin.Archive != "local" || now.From[0].Path != c.from.Path {
			t.Errorf("step %d: %+v", i, now)
		}
		if len(b.after) != i+1 {
			t.Errorf("%d were told", len(b.after))
		}
	}
	if got := len(b.files("data/raw")); got != len(before)+3 {
		t.Errorf("%d files", got)
	}
	r, err := s.Rollback(t.Context(), maintain.RollbackOptions{What: "koi", To: "v1"})
	if err != nil || r.Status != maintain.Unchanged || len(r.Files) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if rep, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%+v, %v", rep.Damaged, err)
	}
}

func TestAProcessedLightCurveComesBackWithItsReport(t *testing.T) {
	b := open(t)
	star := exo.TargetID{Catalog: "TIC", Number: 7}
	src := b.hold(store.Meta{Path: "lightcurves/tess/sector_1/a.fits", Kind: store.LightCurve, Target: star, Mission: "TESS", RetrievedAt: noon.Add(-9 * day)}, "source")
	fits := b.hold(refer(store.Meta{Path: "processed/lightcurves/tess/a_01234567.fits", Kind: store.Processed, Target: star, Mission: "TESS", RetrievedAt: noon.Add(-8 * day)}, []store.Meta{src}), "good")
	b.hold(refer(store.Meta{Path: "processed/lightcurves/tess/a_01234567.json", Kind: store.Report, Target: star, Mission: "TESS", RetrievedAt: noon.Add(-8 * day)}, []store.Meta{fits, src}), "{}")
	b.version("v1")
	b.hold(refer(store.Meta{Path: "processed/lightcurves/tess/a_01234567_20260225_000000.fits", Kind: store.Processed, Target: star, Mission: "TESS", RetrievedAt: noon.Add(-4 * day)}, []store.Meta{src}), "bad")
	r, err := b.service().Rollback(t.Context(), maintain.RollbackOptions{What: string(fits.Path), To: "v1"})
	if err != nil || len(r.Files) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if b.text(r.Files[0].Path) != "good" || b.text(r.Files[1].Path) != "{}" {
		t.Error("other bytes came back")
	}
	m, err := b.store.Get(t.Context(), r.Files[0].Path)
	if err != nil || m.From[0].Path != src.Path || m.From[1].Path != fits.Path {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestADamagedFileComesBackFromTheVersionsCopy(t *testing.T) {
	b := open(t)
	first := b.table(10, "first state")
	b.version("v1")
	b.table(5, "second state")
	name := filepath.Join(b.dir, "data", string(first.Path))
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("FIRST state"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := b.service().Rollback(t.Context(), maintain.RollbackOptions{What: "koi", To: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.text(r.Files[0].Path); got != "first state" {
		t.Errorf("%q came back", got)
	}
}

func TestRollbacksThatCannotBe(t *testing.T) {
	b := open(t)
	m := b.table(10, "first")
	b.hold(refer(store.Meta{Path: "processed/v1/koi_a.csv", Kind: store.Normalized, Table: catalog.KOI, RetrievedAt: noon}, []store.Meta{m}), "made")
	b.version("v1")
	before := b.files("data/raw", "data/processed")
	for what, kind := range map[string]exo.Kind{
		"toi": exo.NotFound, "candidates": exo.Invalid, "../etc/passwd": exo.Invalid, "": exo.Invalid,
		"raw/nasa/none.csv": exo.NotFound, "processed/v1/koi_a.csv": exo.Invalid, "planets": exo.NotFound,
	} {
		_, err := b.service().Rollback(t.Context(), maintain.RollbackOptions{What: what, To: "v1"})
		if !errors.Is(err, kind) || exo.HintOf(err) == "" {
			t.Errorf("%q: %v (hint %q)", what, err, exo.HintOf(err))
		}
	}
	if _, err := b.service().Rollback(t.Context(), maintain.RollbackOptions{What: "koi", To: "v9"}); !errors.Is(err, exo.NotFound) {
		t.Error(err)
	}
	same(t, "the files", b.files("data/raw", "data/processed"), before)
}
