package fits_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/xtest"
)

// realFiles calls test for every mission file there is.
func realFiles(t *testing.T, test func(t *testing.T, b []byte)) {
	for _, name := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			test(t, b)
		})
	}
}

func TestRealFilesAreReadWholeAndEncodeToTheBytesTheyCameFrom(t *testing.T) {
	realFiles(t, func(t *testing.T, b []byte) {
		if err := readEverything(b); err != nil {
			t.Fatal(err)
		}
		f := parse(t, b)
		out, err := f.Bytes()
		if err != nil || !bytes.Equal(out, b) {
			t.Errorf("encodes to other bytes (%v)", err)
		}
		for _, h := range f.HDUs {
			h.Header = h.Header.Clone() // no longer the bytes of the file: encoded from its cards
		}
		if out, err = f.Bytes(); err != nil || !bytes.Equal(out, b) {
			t.Errorf("encodes from its cards to other bytes (%v)", err)
		}
	})
}

// Every card is taken apart and set again with what it says: formatting has to
// give the missions' bytes back.
func TestRealCardsThatAreSetToTheirOwnValueKeepTheirMeaning(t *testing.T) {
	realFiles(t, func(t *testing.T, b []byte) {
		for _, h := range parse(t, b).HDUs {
			again := fits.NewHeader()
			for c := range h.Header.Cards() {
				if s, ok := c.Str(); ok {
					again.Append(c.Key(), s, c.Comment())
				} else if n, ok := c.Int(); ok {
					again.Append(c.Key(), n, c.Comment())
				} else if v, ok := c.Float(); ok {
					again.Append(c.Key(), v, c.Comment())
				} else if v, ok := c.Bool(); ok {
					again.Append(c.Key(), v, c.Comment())
				} else if c.Kind() == fits.Undefined {
					again.Append(c.Key(), fits.None, c.Comment())
				}
			}
			if again.Err() != nil {
				t.Fatal(again.Err())
			}
			for c := range again.Cards() {
				was, _ := h.Header.Get(c.Key())
				if c.Key() != "LONGSTRN" && (c.Text() != was.Text() && c.Kind() != fits.Real || c.Kind() != was.Kind()) {
					t.Errorf("%s: %q became %q", c.Key(), was.Text(), c.Text())
				}
				a, _ := was.Float()
				if b, _ := c.Float(); a != b {
					t.Errorf("%s: %v became %v", c.Key(), a, b)
				}
			}
		}
	})
}

func TestRealMissionFilesCarryGoodChecksumsInEveryHDU(t *testing.T) {
	realFiles(t, func(t *testing.T, b []byte) {
		sums := 0
		for _, h := range parse(t, b).HDUs {
			s, err := h.Verify()
			if err != nil {
				t.Error(err)
			}
			if s.Checksum == fits.Good {
				sums++
			}
			if s.Datasum != fits.Absent {
				t.Errorf("HDU %d: DATASUM is %s; these files have none", h.Index, s.Datasum)
			}
		}
		community := false
		for _, word := range []string{"tglc", "k2sff", "everest", "k2sc"} {
			community = community || strings.Contains(t.Name(), word)
		}
		if want := 3; community == (sums > 0) || !community && sums != want {
			t.Errorf("%d HDUs with a good CHECKSUM", sums)
		}
	})
}

// R6 for this format: no cut file passes for a whole one, except where the cut
// falls between two HDUs, which only a comparison of lengths can find.
func TestRealFilesCutShortAreErrors(t *testing.T) {
	realFiles(t, func(t *testing.T, b []byte) {
		whole := map[int]bool{}
		end := 0
		for _, h := range parse(t, b).HDUs {
			raw, err := h.Raw()
			if err != nil {
				t.Fatal(err)
			}
			end += len(raw)
			whole[end] = true
		}
		cuts := []int{0, 1, 79, 80, 81}
		r := rand.New(rand.NewPCG(1, uint64(len(b))))
		step := 2880
		if len(whole) > 10 { // K2SFF repeats itself in 20 tables
			step *= 7
		}
		for at := 2880; at <= len(b); at += step {
			cuts = append(cuts, at-1, at, at+1)
		}
		for range 200 {
			cuts = append(cuts, r.IntN(len(b)))
		}
		for _, n := range cuts {
			if n > len(b) {
				continue
			}
			_, err := fits.Parse(b[:n])
			if whole[n] != (err == nil) {
				t.Errorf("cut at %d: %v", n, err)
			}
			if err != nil && (!errors.Is(err, exo.Corrupt) || !strings.Contains(exo.MessageOf(err), "HDU ")) {
				t.Errorf("cut at %d: %v: not of the kind Corrupt, naming the HDU", n, err)
			}
		}
	})
}

// R5 for this format: a flipped bit of a file with checksums is found, unless
// it hides the checksum itself, which shows as Absent.
func TestRealFilesWithAFlippedBitAreFound(t *testing.T) {
	realFiles(t, func(t *testing.T, b []byte) {
		good := parse(t, b)
		if s, _ := good.HDUs[0].Verify(); s.Checksum != fits.Good {
			t.Skip("without checksums")
		}
		r := rand.New(rand.NewPCG(2, uint64(len(b))))
		for i := range 50 {
			at := r.IntN(len(b))
			if i%2 == 0 { // half of them in the headers
				at = r.IntN(20160)
			}
			bit := byte(1) << r.IntN(8)
			b[at] ^= bit
			if !damageShows(b, len(good.HDUs)) {
				t.Errorf("bit %#x of byte %d flipped, and nobody noticed", bit, at)
			}
			b[at] ^= bit
		}
	})
}

func damageShows(b []byte, hdus int) bool {
	f, err := fits.Parse(b)
	if err != nil || len(f.HDUs) != hdus {
		return true
	}
	for _, h := range f.HDUs {
		if s, err := h.Verify(); err != nil || s.Checksum == fits.Absent {
			return true
		}
	}
	return false
}

// astropyColumns prints, for every column of every binary table of the files,
// a hash of its values as little-endian doubles, NaN in one form.
const astropyColumns = `
import sys, hashlib, json, warnings
import numpy as np
from astropy.io import fits
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    with fits.open(name) as f:
        for i, h in enumerate(f):
            if h.data is None: continue
            if hasattr(h, "columns"):
                cols = [(c, h.data.field(k)) for k, c in enumerate(h.columns.names)]
            else:
                cols = [("image", h.data)]
            for c, v in cols:
                v = np.array(v, dtype="<f8").ravel()
                v[np.isnan(v)] = np.nan
                print(json.dumps([name, i, c, hashlib.sha256(v.tobytes()).hexdigest()]))
`

func TestEveryColumnAndImageOfTheRealFilesIsWhatAstropyReads(t *testing.T) {
	files := xtest.Glob(t, "data/real/lightcurves/*/*.fits")
	theirs := map[string]string{}
	for line := range strings.Lines(xtest.Python(t, astropyColumns, files...)) {
		var v [4]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		theirs[fmt.Sprint(filepath.Base(v[0].(string)), " ", v[1], " ", v[2])] = v[3].(string)
	}
	compared := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range parse(t, b).HDUs {
			for column, values := range allValues(t, h) {
				key := fmt.Sprint(filepath.Base(name), " ", h.Index, " ", column)
				if got := hashOf(values); got != theirs[key] {
					t.Errorf("%s: other values than astropy reads", key)
				}
				compared++
			}
		}
	}
	if compared != len(theirs) || compared < 500 {
		t.Errorf("compared %d columns and images, astropy has %d", compared, len(theirs))
	}
}

func allValues(t *testing.T, h *fits.HDU) map[string][]float64 {
	all := map[string][]float64{}
	if h.Kind == fits.KindBinTable {
		tab, err := h.Table()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range tab.Columns {
			if all[c.Name], err = tab.VectorFloat64(nil, c.Name); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	m, err := h.Image()
	if err != nil {
		t.Fatal(err)
	}
	if m.Len() > 0 {
		all["image"] = m.Float64(nil)
	}
	return all
}

func hashOf(values []float64) string {
	b := make([]byte, 0, 8*len(values))
	for _, v := range values {
		if math.IsNaN(v) {
			v = math.Float64frombits(0x7ff8000000000000)
		}
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// astropyCards prints every card that has a value indicator.
const astropyCards = `
import sys, json, warnings
from astropy.io import fits
from astropy.io.fits.card import Undefined
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    with fits.open(name) as f:
        for i, h in enumerate(f):
            for c in h.header.cards:
                if c.keyword in ("COMMENT", "HISTORY", ""): continue
                v = c.value
                if isinstance(v, Undefined): v = ["undefined", ""]
                elif isinstance(v, bool): v = ["bool", str(v)]
                elif isinstance(v, int): v = ["int", str(v)]
                elif isinstance(v, float): v = ["float", v.hex()]
                else: v = ["text", v]
                print(json.dumps([name, str(i), c.keyword, *v, c.comment]))
`

func TestEveryCardOfTheRealFilesIsWhatAstropyReads(t *testing.T) {
	files := xtest.Glob(t, "data/real/lightcurves/*/*.fits")
	theirs := map[string][][6]string{}
	for line := range strings.Lines(xtest.Python(t, astropyCards, files...)) {
		var v [6]string
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		theirs[v[0]+v[1]] = append(theirs[v[0]+v[1]], v)
	}
	compared := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range parse(t, b).HDUs {
			want := theirs[name+strconv.Itoa(h.Index)]
			for c := range h.Header.Cards() {
				if c.Kind() == fits.NoValue {
					continue
				}
				if len(want) == 0 || !sameCard(c, want[0]) {
					t.Fatalf("%s HDU %d: %q, astropy reads %q", filepath.Base(name), h.Index, c.Bytes(), want[:min(1, len(want))])
				}
				want = want[1:]
				compared++
			}
			if len(want) > 0 {
				t.Errorf("%s HDU %d: no card for %q", filepath.Base(name), h.Index, want[0])
			}
		}
	}
	if compared < 3000 {
		t.Errorf("compared %d cards only", compared)
	}
}

func sameCard(c fits.Card, want [6]string) bool {
	same := false
	switch want[3] {
	case "undefined":
		same = c.Kind() == fits.Undefined && c.Text() == ""
	case "bool":
		v, ok := c.Bool()
		same = ok && v == (want[4] == "True")
	case "int":
		v, ok := c.Int()
		same = ok && strconv.FormatInt(v, 10) == want[4]
	case "float":
		w, err := strconv.ParseFloat(want[4], 64)
		v, ok := c.Float()
		same = ok && err == nil && v == w && c.Kind() == fits.Real
	case "text":
		v, ok := c.Str()
		// K2SC ends its last CONTINUE in an ampersand: part of the string to the
		// standard and to cfitsio, dropped by astropy.
		same = ok && (v == want[4] || len(c.Bytes()) > 80 && strings.TrimSuffix(v, "&") == want[4])
	}
	return same && c.Key() == want[2] && (c.Comment() == strings.TrimSpace(want[5]) || len(c.Bytes()) > 80)
}
