package fits_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

func pack(t testing.TB, b []byte) []byte {
	t.Helper()
	var w bytes.Buffer
	z := gzip.NewWriter(&w)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func TestReadTakesPlainAndPackedFiles(t *testing.T) {
	good := everything(t, true)
	packed := pack(t, good)
	two := append(pack(t, good[:5000]), pack(t, good[5000:])...)
	for name, b := range map[string][]byte{"plain": good, "packed": packed, "packed in two members": two} {
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.HalfReader(bytes.NewReader(b)), iotest.DataErrReader(bytes.NewReader(b))} {
			f, err := fits.Read(r, int64(len(good)))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if out, err := f.Bytes(); err != nil || !bytes.Equal(out, good) {
				t.Errorf("%s: other bytes (%v)", name, err)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	small := join(primaryUnit(), tableUnit())
	packed := pack(t, small)
	broken := bytes.Clone(packed)
	broken[len(broken)/2] ^= 0x55
	wrongSum := bytes.Clone(packed)
	wrongSum[len(wrongSum)-5] ^= 1
	method := bytes.Clone(packed)
	method[2] = 99
	bomb := pack(t, make([]byte, 8<<20))
	for name, c := range map[string]struct {
		file  []byte
		limit int64
		kind  exo.Kind
	}{
		"a plain file above the limit":       {small, int64(len(small)) - 1, exo.TooLarge},
		"a packed file above the limit":      {packed, int64(len(packed)) - 1, exo.TooLarge},
		"an unpacked file above the limit":   {packed, int64(len(small)) - 1, exo.TooLarge},
		"anything when the limit is zero":    {small, 0, exo.TooLarge},
		"anything when the limit is below 0": {small, -5, exo.TooLarge},
		"a gzip bomb":                        {bomb, 1 << 40, exo.TooLarge},
		"gzip in gzip":                       {pack(t, packed), 1 << 20, exo.Corrupt},
		"gzip cut short":                     {packed[:len(packed)-9], 1 << 20, exo.Corrupt},
		"gzip cut to its header":             {packed[:18], 1 << 20, exo.Corrupt},
		"gzip cut within its header":         {packed[:5], 1 << 20, exo.Corrupt},
		"gzip damaged":                       {broken, 1 << 20, exo.Corrupt},
		"gzip with a wrong sum":              {wrongSum, 1 << 20, exo.Corrupt},
		"gzip with an unknown method":        {method, 1 << 20, exo.Corrupt},
		"gzip of something else":             {pack(t, []byte(strings.Repeat("<html>", 1000))), 1 << 20, exo.Corrupt},
		"gzip with something behind it":      {append(bytes.Clone(packed), "behind"...), 1 << 20, exo.Corrupt},
		"nothing":                            {nil, 1 << 20, exo.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := fits.Read(bytes.NewReader(c.file), c.limit); !errors.Is(err, c.kind) {
				t.Errorf("got %v, want %s", err, c.kind)
			}
		})
	}
	if _, err := fits.Gunzip(pack(t, packed), 1<<20); err == nil || exo.MessageOf(err) != "the gzip file holds another gzip file" {
		t.Errorf("gzip in gzip: %v", err)
	}
	if n := testing.AllocsPerRun(1, func() { _, _ = fits.Read(bytes.NewReader(bomb), 1<<40) }); n > 100 {
		t.Errorf("the bomb took %v allocations", n)
	}
}

func TestReadPassesOnTheErrorOfItsReader(t *testing.T) {
	cause := exo.Errorf("test", exo.Unavailable, nil, "the line went dead")
	_, err := fits.Read(io.MultiReader(bytes.NewReader(primaryUnit().bytes()), iotest.ErrReader(cause)), 1<<20)
	if !errors.Is(err, exo.Unavailable) || !errors.Is(err, error(cause)) {
		t.Errorf("got %v", err)
	}
}
