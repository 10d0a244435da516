package main_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/xtest"
)

// TestRealFilesAreProcessed processes every real light curve in both profiles
// with the program alone, has fitsverify and astropy judge each result, and
// makes each again.
func TestRealFilesAreProcessed(t *testing.T) {
	sources := xtest.Glob(t, "data/real/lightcurves/*/*.fits")
	h := home{dir: t.TempDir()}
	h.env = []string{"PATH=/usr/bin:/bin", "HOME=" + h.dir}
	verify := xtest.Tool(t, "fitsverify")
	var results []string
	for _, profile := range []string{"default", "transit"} {
		for _, source := range sources {
			out := filepath.Join(h.dir, profile+"_"+filepath.Base(source))
			var doc struct {
				Source string
				Report struct {
					Metrics struct {
						Processed struct {
							NIn, NKept *int
						}
					}
				}
			}
			h.must(t, &doc, "preprocess", "file", source, "-o", out, "--profile", profile)
			if said, err := exec.Command(verify, "-q", out).CombinedOutput(); err != nil || !strings.Contains(string(said), "verification OK") {
				t.Errorf("fitsverify %s: %v %s", filepath.Base(out), err, said)
			}
			var again struct{ Equal bool }
			if h.must(t, &again, "reproduce", out, "--source", source); !again.Equal {
				t.Errorf("%s is not made again", filepath.Base(out))
			}
			results = append(results, source, out)
		}
	}
	if n := len(sources); n < 23 {
		t.Errorf("%d real light curves", n)
	}
	astropyReads(t, results)
}

// astropyReads has astropy check the sums of pairs of a source and its result,
// and that every row of the source is there, with its flux or its reason.
func astropyReads(t *testing.T, pairs []string) {
	t.Helper()
	const script = `
import hashlib, json, sys, warnings
import numpy as np
from astropy.io import fits
warnings.simplefilter('error')
for source, result in zip(sys.argv[1::2], sys.argv[2::2]):
    with fits.open(result, checksum=True) as f:
        h, d = f['PROCESSED'].header, f['PROCESSED'].data
        assert h['PPINSHA'] == hashlib.sha256(open(source, 'rb').read()).hexdigest(), result
        assert hashlib.sha256(h['PPPARAM'].encode()).hexdigest() == h['PPPSHA'], result
        json.loads(h['PPPARAM'])
        gone = (d['PPFLAG'] & (1 | 2 | 4 | 8 | 64 | 128)) != 0
        assert np.array_equal(np.isnan(d['FLUX']), gone) or h['PPNSHRT'] > 0, result
        assert np.isfinite(d['FLUX']).sum() == h['PPNKEEP'] and len(d) == h['PPNIN'], result
print(len(sys.argv) // 2)`
	if got := strings.TrimSpace(xtest.Python(t, script, pairs...)); got != fmt.Sprint(len(pairs)/2) {
		t.Errorf("astropy read %s of %d", got, len(pairs)/2)
	}
}

// reproduced makes every processed file of the tree again.
func (h home) reproduced(t *testing.T, want int) {
	t.Helper()
	files := h.files(t, "processed")
	made := 0
	for path := range files {
		if filepath.Ext(path) != ".fits" {
			continue
		}
		out, code := h.run(t, "reproduce", filepath.Join(h.data(), path), "--json")
		var doc struct{ Equal bool }
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 || !doc.Equal {
			t.Fatalf("%s: exit %d, %v\n%s", path, code, err, clip(out))
		}
		made++
	}
	if made < want {
		t.Fatalf("%d processed files, want %d", made, want)
	}
}
