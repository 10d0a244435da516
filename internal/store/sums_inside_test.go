package store_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/store"
)

func TestAWrongChecksumInsideAFITSFileIsDamageEvenUnderARightDigest(t *testing.T) {
	h, err := fits.NewPrimary(fits.NewHeader())
	if err == nil {
		err = h.AddChecksum("")
	}
	if err != nil {
		t.Fatal(err)
	}
	right, err := (&fits.File{HDUs: []*fits.HDU{h}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	wrong := bytes.Clone(right)
	wrong[len(wrong)-1] ^= 2 // the last blank of the header
	b := open(t, fastDir(t))
	for name, data := range map[string][]byte{"right": right, "wrong": wrong, "never": []byte("no FITS at all")} {
		m := meta("lightcurves/tess/s0001/" + name + ".fits")
		m.Kind, m.Mission, m.Target = store.LightCurve, exo.TESS, exo.TargetID{Catalog: exo.TIC, Number: 7}
		if _, err := b.Publish(context.Background(), store.Item{Staged: stage(t, b.Store, data), Meta: m}); err != nil {
			t.Fatal(err)
		}
	}
	rep, err := b.Verify(t.Context(), store.VerifyOptions{}, nil)
	if err != nil || len(rep.Damaged) != 1 || rep.Damaged[0].Path != "lightcurves/tess/s0001/wrong.fits" || rep.Damaged[0].Class != store.Damaged || !strings.Contains(rep.Damaged[0].Detail, "HDU 0") {
		t.Errorf("%v %+v", err, rep.Damaged)
	}
	if rep, err := b.Verify(t.Context(), store.VerifyOptions{Quick: true}, nil); err != nil || !rep.OK {
		t.Errorf("a quick look reads no bytes: %v %+v", err, rep.Damaged)
	}
}
