package fits_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

func TestImagesAreReadAndScaled(t *testing.T) {
	image := func(u unit) *fits.Image {
		m, err := parse(t, join(primaryUnit(), u)).HDUs[1].Image()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := image(imageUnit())
	ints, err := m.Int32(nil)
	if err != nil || fmt.Sprint(ints) != "[0 1 4 9 16 25]" || !slices.Equal(m.Dims, []int{3, 2}) || m.Bitpix != 32 || m.Len() != 6 {
		t.Errorf("%v %v %v", ints, m, err)
	}
	m = image(imageUnit().num("BSCALE", 0.5).num("BZERO", 1).num("BLANK", 4))
	if got := fmt.Sprint(m.Float64(nil), m.Float32(nil)); got != "[1 1.5 NaN 5.5 9 13.5] [1 1.5 NaN 5.5 9 13.5]" {
		t.Errorf("scaled: %s", got)
	}
	if _, err := m.Int64(nil); !errors.Is(err, exo.Invalid) {
		t.Errorf("fractions as integers: %v", err)
	}
	if _, err := image(imageUnit().num("BLANK", 4)).Int64(nil); !errors.Is(err, exo.Invalid) || !strings.Contains(err.Error(), "pixel 3") {
		t.Errorf("a blank pixel as an integer: %v", err)
	}
	if _, err := image(imageUnit().num("BITPIX", -32)).Int32(nil); !errors.Is(err, exo.Invalid) {
		t.Errorf("floats as integers: %v", err)
	}
	if m := image(imageUnit().num("BITPIX", -32).text("BLANK", "none")); m.HasNull {
		t.Error("BLANK counts in a float image")
	}
	empty, err := parse(t, primaryUnit().bytes()).HDUs[0].Image()
	if err != nil || empty.Len() != 0 || len(empty.Float64(nil)) != 0 {
		t.Errorf("an image without data: %v %v", empty, err)
	}
	flat := unit{}.text("XTENSION", "IMAGE").num("BITPIX", -64).num("NAXIS", 3).num("NAXIS1", int64(1)<<62).num("NAXIS2", int64(1)<<62).num("NAXIS3", 0).num("PCOUNT", 0).num("GCOUNT", 1)
	if m := image(flat); m.Len() != 0 {
		t.Errorf("an axis of zero means no data: %d pixels", m.Len())
	}
}

func TestOtherExtensionsPassThrough(t *testing.T) {
	ascii := unit{data: []byte("  1  2")}.text("XTENSION", "TABLE").num("BITPIX", 8).num("NAXIS", 2).num("NAXIS1", 6).num("NAXIS2", 1).
		num("PCOUNT", 0).num("GCOUNT", 1).num("TFIELDS", 0)
	foreign := unit{data: make([]byte, 3000)}.text("XTENSION", "FOREIGN").num("BITPIX", 8).num("NAXIS", 1).num("NAXIS1", 1000).
		num("PCOUNT", 500).num("GCOUNT", 2)
	groups := unit{data: make([]byte, 4*2*(3+6))}.num("SIMPLE", "T").num("BITPIX", 32).num("NAXIS", 3).num("NAXIS1", 0).
		num("NAXIS2", 2).num("NAXIS3", 3).num("GROUPS", "T").num("PCOUNT", 3).num("GCOUNT", 2)
	b := join(groups, ascii, foreign)
	f := parse(t, b)
	for i, want := range []struct {
		kind fits.Kind
		size int
	}{{fits.KindOther, 72}, {fits.KindASCII, 6}, {fits.KindOther, 3000}} {
		if h := f.HDUs[i]; h.Kind != want.kind || len(h.Data()) != want.size {
			t.Errorf("HDU %d: %s of %d bytes", i, h.Kind, len(h.Data()))
		}
	}
	f.HDUs[1].Header.Append("NEW", 1, "")
	out, err := f.Bytes()
	if err != nil || len(out) != len(b) || !bytes.Contains(out, []byte("NEW")) {
		t.Errorf("%v", err)
	}
}
