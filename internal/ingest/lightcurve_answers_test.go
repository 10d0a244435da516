package ingest_test

import (
	"strings"
	"sync"
	"testing"

	"exoplanetai/internal/ingest"
)

func TestSearchesOfOneStarInOneSecondKeepTheArchivesNames(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}, {id: auMic, slice: 27, cadence: 120}})
	b.mast.wait = make(chan struct{})
	var group sync.WaitGroup
	for _, n := range []int{1, 27} {
		group.Go(func() {
			res, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: "TIC 441420236", SectorQuarter: slicePtr(n)}, nil)
			if err != nil || len(res.Files) != 1 || strings.Count(res.Files[0].Path.Base(), "_") != 1 {
				t.Errorf("sector %d: %v %v", n, paths(res), err)
			}
		})
	}
	until(t, "both downloads", func() bool { return b.mast.downloads() == 2 })
	close(b.mast.wait)
	group.Wait()
	if list := b.files(t, "raw/mast"); len(list) != 2 {
		t.Errorf("answers %v", list)
	}
}
