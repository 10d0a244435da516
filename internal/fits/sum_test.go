package fits_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// naiveSum adds the words as the standard writes it down.
func naiveSum(b []byte) uint32 {
	var sum uint64
	for ; len(b) > 0; b = b[4:] {
		sum += uint64(binary.BigEndian.Uint32(b))
		sum = sum>>32 + sum&0xffffffff
	}
	return uint32(sum)
}

func TestChecksumsAreThoseOfTheStandardForAnyData(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		data := make([]uint8, r.IntN(9000))
		for k := range data {
			switch i % 3 { // any bytes, all ones with few exceptions, all zeros but few
			case 0:
				data[k] = uint8(r.Uint32())
			case 1:
				data[k] = uint8(0xff - r.IntN(500)/499)
			default:
				data[k] = uint8(r.IntN(500) / 499)
			}
		}
		h, err := fits.NewImage(fits.NewHeader(), 8, []int{len(data)}, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(h.AddDatasum("data"), h.AddChecksum("all")); err != nil {
			t.Fatal(err)
		}
		raw, err := h.Raw()
		if err != nil || naiveSum(raw) != 0xffffffff {
			t.Fatalf("the sum over the HDU is %#x (%v)", naiveSum(raw), err)
		}
		text, _ := h.Header.Str("CHECKSUM")
		if len(text) != 16 || strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
			t.Fatalf("CHECKSUM is %q", text)
		}
		if s, err := h.Verify(); err != nil || s != (fits.Sums{Checksum: fits.Good, Datasum: fits.Good}) {
			t.Fatalf("%v, %v", s, err)
		}
	}
}

func TestSumsThatAreAbsentOrUnknownAreNoError(t *testing.T) {
	for name, u := range map[string]unit{
		"none":      primaryUnit(),
		"empty":     primaryUnit().text("CHECKSUM", "").text("DATASUM", ""),
		"undefined": primaryUnit().set("CHECKSUM", "CHECKSUM=").set("DATASUM", "DATASUM ="),
	} {
		if s, err := parse(t, u.bytes()).HDUs[0].Verify(); err != nil || s.Checksum.String() != "absent" || s.Datasum.String() != "absent" {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if s, err := parse(t, primaryUnit().num("DATASUM", 0).bytes()).HDUs[0].Verify(); err != nil || s.Datasum != fits.Good {
		t.Errorf("a DATASUM that is a number: %v, %v", s, err)
	}
}

func TestAChangedHeaderNeedsANewSum(t *testing.T) {
	f := parse(t, sealed())
	f.HDUs[1].Header.Set("EXTNAME", "OTHER", "")
	s, err := f.HDUs[1].Verify()
	if !errors.Is(err, exo.Corrupt) || s.Checksum != fits.Bad || s.Datasum != fits.Good {
		t.Errorf("%v, %v", s, err)
	}
	if err := f.HDUs[1].AddChecksum(""); err != nil {
		t.Fatal(err)
	}
	if err := f.Verify(); err != nil {
		t.Error(err)
	}
}

func TestAFileMayBeReadFromSeveralGoroutines(t *testing.T) {
	f := parse(t, tess20k(t))
	tab, err := f.HDUs[1].Table()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := f.Verify(); err != nil {
				t.Error(err)
			}
			for _, c := range tab.Columns {
				if _, err := tab.Float64(nil, c.Name); err != nil {
					t.Error(err)
				}
			}
			if s, ok := f.HDUs[0].Header.Str("OBJECT"); !ok || s != "TIC 25155310" {
				t.Errorf("OBJECT is %q", s)
			}
		})
	}
	wg.Wait()
}

type fullDisk struct{ room int }

func (w *fullDisk) Write(p []byte) (int, error) {
	if w.room -= len(p); w.room < 0 {
		return 0, exo.E("test", exo.Full, nil, nil)
	}
	return len(p), nil
}

func TestEncodePassesOnTheErrorOfItsWriter(t *testing.T) {
	f := parse(t, sealed())
	if err := f.Encode(&fullDisk{room: 3000}); !errors.Is(err, exo.Full) || !strings.Contains(err.Error(), "HDU 1") {
		t.Errorf("got %v", err)
	}
	for _, h := range f.HDUs {
		if want := [...]string{"primary", "bintable", "image"}[h.Index]; h.Kind.String() != want {
			t.Errorf("HDU %d is %s", h.Index, h.Kind)
		}
	}
}
