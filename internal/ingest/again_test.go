package ingest_test

import (
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
)

// again fetches a stored file once more and returns the digest of what came.
func again(t *testing.T, b *bench, m store.Meta) (exo.Digest, error) {
	t.Helper()
	st, err := b.store.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Discard(); err != nil {
			t.Error(err)
		}
	}()
	err = b.Again(t.Context(), m, st)
	return st.Digest(), err
}

func TestAWholeTableIsFetchedAgain(t *testing.T) {
	b := newBench(t)
	res := must(t, b, "koi", false)
	m, err := b.store.Get(t.Context(), res.RawPath)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := again(t, b, m); err != nil || d != m.SHA256 {
		t.Errorf("%s %v", d, err)
	}
	if last := b.koi.fetches[len(b.koi.fetches)-1]; last.Known != nil || last.Since != "" {
		t.Errorf("asked for %+v, which may bring nothing or a part", last)
	}
	b.koi.set(func(f *tableFake) { f.text = many(5, "CANDIDATE") })
	if d, err := again(t, b, m); err != nil || d == m.SHA256 {
		t.Errorf("what came is another table, and has the digest %s %v", d, err)
	}
	b.koi.set(func(f *tableFake) { f.err = exo.Errorf("fake", exo.Denied, nil, "no") })
	if _, err := again(t, b, m); exo.KindOf(err) != exo.Upstream {
		t.Errorf("%v", err)
	}
}

func TestAnAssembledTableIsAssembledAgainWithoutTheArchive(t *testing.T) {
	b := newBench(t)
	first := must(t, b, "k2", false)
	changedC := strings.Replace(strings.Replace(k2C, "CANDIDATE", "CONFIRMED", 1), "2025-09-25", "2026-01-02", 1)
	b.k2f.set(func(f *tableFake) {
		f.probe, f.delta = &archive.Probe{Rows: 3, Newest: "2026-01-02"}, k2Head+changedC
	})
	b.clock.Pass(25 * time.Hour)
	res := must(t, b, "k2", false)
	m, err := b.store.Get(t.Context(), res.RawPath)
	if err != nil || len(m.From) == 0 || m.From[0].Path != first.RawPath {
		t.Fatalf("%+v %v", m, err)
	}
	asked := b.k2f.asked()
	if d, err := again(t, b, m); err != nil || d != m.SHA256 || b.k2f.asked() != asked {
		t.Errorf("%s %v, %d requests", d, err, b.k2f.asked()-asked)
	}
	deltas, err := b.store.List(t.Context(), store.Filter{Kind: store.Delta, Table: catalog.K2})
	if err != nil || len(deltas) != 1 {
		t.Fatalf("%+v %v", deltas, err)
	}
	d := deltas[0]
	if _, err := again(t, b, d); exo.KindOf(err) != exo.NotFound {
		t.Errorf("a record without its question gives %v", err)
	}
	d.Origin.Query = "select * from k2pandc where rowupdate > to_date('2025-09-24','yyyy-mm-dd')"
	if sum, err := again(t, b, d); err != nil || sum != d.SHA256 || b.k2f.fetches[len(b.k2f.fetches)-1].Since != "2025-09-24" {
		t.Errorf("%s %v", sum, err)
	}
}

func TestALightCurveIsFetchedAgain(t *testing.T) {
	f := newCurveFake(t, curve{id: auMic, slice: 1, cadence: 120})
	b := newBench(t, func(o *ingest.Options) { o.LightCurves = f })
	if _, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: auMic.String()}, nil); err != nil {
		t.Fatal(err)
	}
	list, err := b.store.List(t.Context(), store.Filter{Kind: store.LightCurve})
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	m, finds := list[0], f.searches()
	if d, err := again(t, b, m); err != nil || d != m.SHA256 {
		t.Errorf("%s %v", d, err)
	}
	m.Origin.URL = "https://archive.test/api/v0.1/Download/file?uri=mast%3ATESS%2Fproduct%2Fx.fits"
	asked := f.searches()
	if d, err := again(t, b, m); err != nil || d != m.SHA256 || f.searches() != asked {
		t.Errorf("%s %v; searched %d times although the address names the file", d, err, f.searches()-finds)
	}
	m.Origin.URL = "https://bucket.test/tess/public/x.fits"
	f.hold(t)
	if _, err := again(t, b, m); exo.KindOf(err) != exo.NotFound {
		t.Errorf("a file that the archive lists no more: %v", err)
	}
}

func TestWhatThisProgramMadeIsFetchedFromNobody(t *testing.T) {
	b := newBench(t)
	for _, k := range []store.Kind{store.Processed, store.Report, store.Merged, store.Answer, store.Validation} {
		if _, err := again(t, b, store.Meta{Path: "raw/x", Kind: k}); exo.KindOf(err) != exo.NotFound {
			t.Errorf("%s: %v", k, err)
		}
	}
}
