package ingest_test

import (
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/ingest"
)

func TestARowUpdatedLaterOnTheDayOfTheLastFetchIsFound(t *testing.T) {
	b := newBench(t)
	// The table is fetched on 2026-01-02, with a row updated on that day.
	first := strings.Replace(k2Text, "2025-09-25", "2026-01-02", 1)
	b.k2f.set(func(f *tableFake) { f.text, f.probe = first, &archive.Probe{Rows: 3, Newest: "2026-01-02"} })
	must(t, b, "k2", false)
	// Later that day another row changes; count and newest day stay.
	late := strings.Replace(strings.Replace(k2B, "2019-03-19", "2026-01-02", 1), "32.94,", "32.95,", 1)
	b.k2f.set(func(f *tableFake) {
		f.text = strings.Replace(first, k2B, late, 1)
		f.delta = k2Head + late + strings.Replace(k2C, "2025-09-25", "2026-01-02", 1)
	})
	b.clock.Pass(25 * time.Hour)
	if res := must(t, b, "k2", false); res.Source != ingest.FromArchive || res.Changes != (catalog.Changes{Changed: 1, Unchanged: 2}) {
		t.Errorf("%+v", res)
	}
}

func TestAFileThatCameAfterTheClockWentBackIsTheNewest(t *testing.T) {
	c := curve{id: auMic, slice: 1, cadence: 120}
	b := newCurveBench(t, []curve{c})
	b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"})
	b.clock.Pass(-48 * time.Hour)
	c.rows = 500
	b.mast.hold(t, c)
	res := b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236", ForceRefresh: true})
	again := b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"})
	if again.DataPoints != 500 || again.Files[0].Path != res.Files[0].Path {
		t.Errorf("%+v, then %+v", res.Files, again.Files)
	}
}

func TestALightCurveConfirmedInTheFutureIsNotFresh(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}})
	b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"})
	must(t, b.bench, "koi", false)
	b.clock.Pass(-10 * 365 * 24 * time.Hour)
	if res := b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"}); b.mast.searches() != 2 {
		t.Errorf("%+v, %d searches", res.Source, b.mast.searches())
	}
	st, err := b.Status(t.Context())
	if err != nil || st.Tables[catalog.KOI].Fresh {
		t.Errorf("fresh until %v, %v", st.Tables[catalog.KOI].NextDue, err)
	}
}

func TestAWholeLoadOfTheFutureDoesNotPutOffTheNext(t *testing.T) {
	b := newBench(t)
	b.k2f.set(func(f *tableFake) { f.probe = &archive.Probe{Rows: 3, Newest: "2025-09-25"} })
	b.clock.Pass(10 * 365 * 24 * time.Hour)
	must(t, b, "k2", false)
	b.clock.Pass(-10 * 365 * 24 * time.Hour)
	must(t, b, "k2", false)
	if b.k2f.asked() != 2 || b.k2f.probes != 0 {
		t.Errorf("%d fetches, %d probes", b.k2f.asked(), b.k2f.probes)
	}
}
