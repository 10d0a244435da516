package ingest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/archive/folder"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/xtest"
)

// TestRealLightCurvesAreStoredByteForByte ingests every real file whose name
// tells its star, under its own author, from the folder as an archive.
func TestRealLightCurvesAreStoredByteForByte(t *testing.T) {
	dir := xtest.Shared(t, "data/real/lightcurves")
	b := newBench(t, func(o *ingest.Options) { o.LightCurves = folder.New(folder.Options{FS: os.DirFS(dir)}) })
	var reqs []ingest.LightCurveRequest
	var want []string
	for _, name := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		p, ok := lightcurve.ParseFileName(filepath.Base(name))
		if !ok || p.ID.IsZero() {
			continue // TGLC names a Gaia star
		}
		req := ingest.LightCurveRequest{TargetName: p.ID.String(), Author: p.Author}
		if !slices.Contains(reqs, req) {
			reqs = append(reqs, req)
		}
		want = append(want, name)
	}
	outcomes, err := b.LightCurves(t.Context(), reqs, nil)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]ingest.LightCurveFile{}
	for _, o := range outcomes {
		if o.Result == nil || o.Result.Status != "success" {
			t.Errorf("%s by %s: %s %s %+v", o.Request.TargetName, o.Request.Author, o.Code, o.Detail, o.Result)
			continue
		}
		for _, f := range o.Result.Files {
			stored[f.Path.Base()] = f
		}
	}
	for _, name := range want {
		f, ok := stored[filepath.Base(name)]
		if !ok {
			t.Errorf("%s was not stored", filepath.Base(name))
			continue
		}
		original, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		copied, err := os.ReadFile(filepath.Join(b.dir, string(f.Path)))
		if err != nil || !bytes.Equal(original, copied) || f.Checksum != exo.DigestOf(original) || f.Records == 0 {
			t.Errorf("%s differs from the original: %v", f.Path, err)
		}
		if !strings.HasPrefix(string(f.Path), "lightcurves/") {
			t.Errorf("%s is at the wrong place", f.Path)
		}
	}
	if len(want) < 15 {
		t.Errorf("only %d real files were tried", len(want))
	}
}
