package fits_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// FuzzParse: no panic, no memory beyond a small multiple of the input, typed
// errors only, and what is accepted encodes to the bytes it came from.
func FuzzParse(f *testing.F) {
	f.Add(join(primaryUnit(), tableUnit(), imageUnit()))
	f.Add(sealed())
	f.Add(everything(f, true))
	for _, c := range corpus() {
		if len(c.file) < 20_000 {
			f.Add(c.file)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := readEverything(b)
		runtime.ReadMemStats(&after)
		// A bit becomes a bool of one byte and a byte a float of eight, both twice
		// in different precisions; descriptors may share one heap.
		if used, bound := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+64*len(b)+len(b)*len(b)/4); used > bound {
			t.Errorf("took %d bytes for a file of %d", used, len(b))
		}
		if err != nil {
			if !errors.Is(err, exo.Corrupt) && !errors.Is(err, exo.TooLarge) && !errors.Is(err, exo.Invalid) {
				t.Errorf("%v: not typed", err)
			}
			if !strings.Contains(exo.MessageOf(err), "HDU ") && !strings.Contains(exo.MessageOf(err), "row ") {
				t.Errorf("%v: names no place", err)
			}
		}
		file, err := fits.Parse(b)
		if err != nil {
			return
		}
		for _, h := range file.HDUs {
			h.Header = h.Header.Clone()
		}
		if out, err := file.Bytes(); err != nil || !bytes.Equal(out, b) {
			t.Errorf("encodes to other bytes (%v)", err)
		}
	})
}

// FuzzHeader: a card that is accepted says the same after it was written anew
// from what it says.
func FuzzHeader(f *testing.F) {
	for _, card := range []string{
		"OBJECT  = 'TIC 25155310'       / string", "MH      =                      / x", "A       = 1.5D3", "A       = -0", "A       = T / t",
		"HIERARCH ESO TEL TEMP = 'a' / b", "COMMENT text", "A       = 'it''s & '", "A       = ''''", "A       = 'x' junk / c", "        = 1",
		"A       = 'goes on &'\nCONTINUE  'here&'\nCONTINUE  ''", "A       = (1, 2)", "A       = 0x1p-2", "a.b     = 3", "HIERARCH = 1",
	} {
		f.Add(card)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		for _, l := range lines {
			if len(l) > 80 {
				return
			}
		}
		file, err := fits.Parse(primaryUnit().add(lines...).bytes())
		if err != nil {
			return
		}
		was := file.HDUs[0].Header
		again := fits.NewHeader()
		for c := range was.Cards() {
			rewrite(again, c)
		}
		if again.Err() != nil {
			return // a keyword that is no keyword, a comment that does not fit
		}
		i := 0
		var cards []fits.Card
		for c := range again.Cards() {
			if c.Key() != "LONGSTRN" {
				cards = append(cards, c)
			}
		}
		for c := range was.Cards() {
			if c.Key() == "LONGSTRN" {
				continue
			}
			if i >= len(cards) || !alike(c, cards[i]) {
				t.Fatalf("%q was written as %q", c.Bytes(), cards[min(i, len(cards)-1)].Bytes())
			}
			i++
		}
	})
}

// rewrite appends a card by its value.
func rewrite(h *fits.Header, c fits.Card) {
	key := c.Key()
	if strings.HasPrefix(string(c.Bytes()), "HIERARCH ") && c.Kind() != fits.NoValue {
		key = "HIERARCH " + key
	}
	switch c.Kind() {
	case fits.NoValue:
		h.AppendRaw(string(c.Bytes()[:80]))
	case fits.Text:
		s, _ := c.Str()
		h.Append(key, s, c.Comment())
	case fits.Integer:
		n, ok := c.Int()
		if !ok {
			h.Append(key, fits.Literal(c.Text()), c.Comment())
			return
		}
		h.Append(key, n, c.Comment())
	case fits.Real:
		v, ok := c.Float()
		if !ok {
			h.Append(key, fits.Literal(c.Text()), c.Comment())
			return
		}
		h.Append(key, v, c.Comment())
	case fits.Logical:
		v, _ := c.Bool()
		h.Append(key, v, c.Comment())
	case fits.Undefined:
		h.Append(key, fits.None, c.Comment())
	default:
		h.Append(key, fits.Literal(c.Text()), c.Comment())
	}
}

// alike reports whether two cards say the same. A comment may be cut.
func alike(a, b fits.Card) bool {
	if a.Key() != b.Key() || a.Kind() != b.Kind() || !strings.HasPrefix(a.Comment(), b.Comment()) {
		return false
	}
	if a.Kind() == fits.Integer || a.Kind() == fits.Real {
		x, ok1 := a.Float()
		y, ok2 := b.Float()
		return ok1 == ok2 && x == y
	}
	return a.Text() == b.Text()
}
