package fits_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/xtest"
)

func TestRealFilesEncodeToTheBytesTheyCameFrom(t *testing.T) {
	for _, name := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := fits.Parse(b)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		if err := f.Verify(); err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
		for _, h := range f.HDUs {
			if h.Kind == fits.KindBinTable {
				if _, err := h.Table(); err != nil {
					t.Errorf("%s: %v", filepath.Base(name), err)
				}
			}
		}
		out, err := f.Bytes()
		if err != nil || !bytes.Equal(out, b) {
			t.Errorf("%s: encodes to other bytes (%v)", filepath.Base(name), err)
		}
	}
}
