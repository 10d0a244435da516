package ingest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
)

// TestEveryDiskCallOfALightCurveMayFail fails the n-th call for n = 1, 2, 3 …
// until the ingest needs no more calls: the answer is a typed error or a whole
// file, and the next try succeeds.
func TestEveryDiskCallOfALightCurveMayFail(t *testing.T) {
	b := newCurveBench(t, nil)
	star := uint64(1000)
	for _, failure := range fsystest.Failures {
		if failure.Only == "" && failure.Name != "ENOSPC" {
			continue // that any call may fail is tried with one error
		}
		for n := 1; ; n++ {
			star++
			c := curve{id: tic(star), slice: 1, cadence: 120}
			b.mast.hold(t, c)
			req := ingest.LightCurveRequest{TargetName: c.id.String()}
			what := fmt.Sprintf("%s at call %d", failure.Name, n)
			b.disk.Arm(failure, n, false)
			res, err := b.LightCurve(t.Context(), req, nil)
			fired, where := b.disk.Disarm()
			if !fired {
				if n < 3 || err != nil {
					t.Errorf("%s: only %d calls, %v", failure.Name, n, err)
				}
				break
			}
			if err != nil && exo.KindOf(err) == exo.Internal {
				t.Errorf("%s (%s): the error has no kind: %v", what, where, err)
			}
			if err != nil {
				if res, err = b.LightCurve(t.Context(), req, nil); err != nil {
					t.Errorf("%s (%s): the next try fails: %v", what, where, err)
					continue
				}
			}
			if len(res.Files) != 1 {
				t.Errorf("%s (%s): %+v", what, where, res)
				continue
			}
			stored, err := os.ReadFile(filepath.Join(b.dir, string(res.Files[0].Path)))
			if err != nil || !bytes.Equal(stored, c.bytes(t)) || res.Files[0].Path.Base() != c.fileName() {
				t.Errorf("%s (%s): %s is not the archive's file: %v", what, where, res.Files[0].Path, err)
			}
			told, err := b.store.List(t.Context(), store.Filter{Kind: store.Answer, Target: c.id})
			if err != nil || len(told) != 1 {
				t.Errorf("%s (%s): the search left %d records: %v", what, where, len(told), err)
			}
		}
	}
}
