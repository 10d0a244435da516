package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/xtest"
)

// TestEveryRealFileComesThroughTheCommandLine ingests every star of the shared
// folder, its community products too, and compares byte by byte.
func TestEveryRealFileComesThroughTheCommandLine(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	list := s.path("names.txt")
	names := "# the mission's own products\nTIC 25155310\nTIC 38846515\nTIC 149603524\nTIC 402026209\nTIC 424865156\nKIC 10002792\nKIC 9726699\n" +
		"KIC 10666592\nEPIC 206103150\nEPIC 205905563\nEPIC 211117077\nEPIC 211436265\nEPIC 211495446\n"
	if err := os.WriteFile(list, []byte(names), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range [][]string{
		{"--from", list},
		{"TIC 25155310", "--author", "TESS-DATA-ALERTS"},
		{"TIC 218795833", "--author", "TGLC"},
		{"EPIC 205905563", "--author", "EVEREST"},
		{"EPIC 205905563", "--author", "K2SFF"},
		{"EPIC 205905563", "--author", "K2SC"},
	} {
		if _, errs, status := s.run(t, append([]string{"ingest", "lightcurve"}, line...)...); status != 0 {
			t.Errorf("%v: exit %d: %s", line, status, errs)
		}
	}
	stored := map[string]string{}
	for path, digest := range tree(t, s.path("data/lightcurves")) {
		stored[filepath.Base(path)] = digest
	}
	var wanted int
	for path, digest := range tree(t, xtest.Shared(t, "data/real/lightcurves")) {
		if !strings.HasSuffix(path, ".fits") {
			continue
		}
		wanted++
		if stored[filepath.Base(path)] != digest {
			t.Errorf("%s is not stored as it is", path)
		}
	}
	if len(stored) != wanted {
		t.Errorf("%d files stored of %d", len(stored), wanted)
	}
}
