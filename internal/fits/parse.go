package fits

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"exoplanetai/internal/exo"
)

var (
	errNoString = errors.New("is not a string")
	errNoQuote  = errors.New("has a string without closing quote")
)

// hduName names an HDU in errors.
func hduName(i int) string { return "HDU " + strconv.Itoa(i) }

// corrupt makes the error for damaged or malformed bytes.
func corrupt(op, item, format string, args ...any) error {
	return exo.Errorf(op, exo.Corrupt, item, "%s: %s", item, fmt.Sprintf(format, args...))
}

// Parse indexes the HDUs of a FITS file in memory. Nothing is copied: the
// result is a view of b, which must not be changed while it is in use, and
// may be a memory-mapped file.
//
// Every size that a header states is checked against the bytes that are
// there. Errors are exo.Corrupt and name the HDU, and the card where it is
// one: a header without END or with bytes that are no text, mandatory
// keywords that are missing or out of range (FITS 4.0 §4.4.1), data cut
// short, missing padding, bytes behind the last HDU.
func Parse(b []byte) (*File, error) {
	const op = "fits.Parse"
	if len(b) == 0 {
		return nil, exo.Errorf(op, exo.Corrupt, nil, "the file is empty")
	}
	f := &File{HDUs: make([]*HDU, 0, 4)}
	for pos := 0; pos < len(b); {
		i := len(f.HDUs)
		h, err := parseHDU(b[pos:], i)
		if err != nil {
			return nil, err
		}
		f.HDUs = append(f.HDUs, h)
		pos += len(h.raw)
	}
	return f, nil
}

// parseHDU reads the HDU at the start of b, number i of the file.
func parseHDU(b []byte, i int) (*HDU, error) {
	const op = "fits.Parse"
	head, err := parseHeader(b, i)
	if err != nil {
		return nil, err
	}
	h := &HDU{Index: i, Header: head}
	size, err := h.shape()
	if err != nil {
		return nil, err
	}
	start := uint64(len(head.block))
	if have := uint64(len(b)) - start; size > have {
		return nil, corrupt(op, hduName(i), "the header promises %d bytes of data, but only %d are there", size, have)
	}
	end := start + size
	total := end + (blockLen-end%blockLen)%blockLen
	if total > uint64(len(b)) {
		return nil, corrupt(op, hduName(i), "the padding to a multiple of %d bytes is missing after the data", blockLen)
	}
	h.raw = b[:total:total]
	h.data = b[start:end:end]
	return h, nil
}

// parseHeader reads the header at the start of b, up to END and its padding.
func parseHeader(b []byte, hdu int) (*Header, error) {
	const op = "fits.Parse"
	want := "SIMPLE  = "
	if hdu > 0 {
		want = "XTENSION= "
	}
	if len(b) < cardLen || string(b[:10]) != want {
		return nil, corrupt(op, hduName(hdu), "does not begin with %s", want[:8])
	}
	for pos := 0; pos+cardLen <= len(b); pos += cardLen {
		card := b[pos : pos+cardLen]
		if string(card[:8]) == "END     " {
			return closeHeader(b, pos, hdu)
		}
		if err := checkCard(card); err != nil {
			return nil, corrupt(op, hduName(hdu), "card %d %s", pos/cardLen+1, err)
		}
	}
	return nil, corrupt(op, hduName(hdu), "the header has no END card")
}

func closeHeader(b []byte, end, hdu int) (*Header, error) {
	const op = "fits.Parse"
	n := end + cardLen
	n += (blockLen - n%blockLen) % blockLen
	if n > len(b) {
		return nil, corrupt(op, hduName(hdu), "the header is cut off after END")
	}
	if len(bytes.TrimLeft(b[end+3:n], " ")) > 0 {
		return nil, corrupt(op, hduName(hdu), "END is not followed by blanks")
	}
	return &Header{cards: b[:end:end], block: b[:n:n]}, nil
}

// checkCard refuses a record with bytes that are no text and a string without
// closing quote.
func checkCard(card []byte) error {
	for _, c := range card {
		if c < 0x20 || c > 0x7e {
			return fmt.Errorf("(%.8q) holds the byte 0x%02x, which is no text", card, c)
		}
	}
	if v, ok := valueField(card); ok && len(v) > 0 && v[0] == '\'' {
		if _, _, err := unquote(v); err != nil {
			return fmt.Errorf("(%.8s) %w", card, err)
		}
	}
	return nil
}

// shape reads the mandatory keywords (FITS 4.0 §4.4.1) and returns the number
// of data bytes they promise, and sets the kind.
func (h *HDU) shape() (uint64, error) {
	const op = "fits.Parse"
	fail := func(format string, args ...any) (uint64, error) {
		return 0, corrupt(op, hduName(h.Index), format, args...)
	}
	if h.Index == 0 {
		if v, ok := h.Header.Bool("SIMPLE"); !ok || !v {
			return fail("SIMPLE is not T")
		}
	} else {
		x, ok := h.Header.Str("XTENSION")
		if !ok {
			return fail("XTENSION is not a string")
		}
		h.Kind = kindOfExtension(x)
	}
	bitpix, ok := h.Header.Int("BITPIX")
	if !ok || !validBitpix(bitpix) {
		return fail("BITPIX is missing or not one of 8, 16, 32, 64, -32, -64")
	}
	naxis, ok := h.Header.Int("NAXIS")
	if !ok || naxis < 0 || naxis > 999 {
		return fail("NAXIS is missing or not in 0 to 999")
	}
	size := uint64(1)
	if naxis == 0 {
		size = 0
	}
	for i := 1; i <= int(naxis); i++ {
		n, ok := h.Header.Int("NAXIS" + strconv.Itoa(i))
		if !ok || n < 0 {
			return fail("NAXIS%d is missing or not a positive number", i)
		}
		hi, lo := bits.Mul64(size, uint64(n))
		if hi != 0 || lo > math.MaxInt64 {
			return fail("NAXIS%d makes the data larger than any file", i)
		}
		size = lo
	}
	return h.extent(size, bitpix)
}

func (h *HDU) extent(elems uint64, bitpix int64) (uint64, error) {
	const op = "fits.Parse"
	var pcount, gcount int64 = 0, 1
	if h.Index > 0 {
		var ok1, ok2 bool
		pcount, ok1 = h.Header.Int("PCOUNT")
		gcount, ok2 = h.Header.Int("GCOUNT")
		if !ok1 || !ok2 || pcount < 0 || gcount < 0 {
			return 0, corrupt(op, hduName(h.Index), "PCOUNT or GCOUNT is missing or not a positive number")
		}
	}
	sum, carry := bits.Add64(elems, uint64(pcount), 0)
	hi, lo := bits.Mul64(sum, uint64(gcount))
	if bitpix < 0 {
		bitpix = -bitpix
	}
	hi2, size := bits.Mul64(lo, uint64(bitpix/8))
	if carry+hi+hi2 != 0 || size > math.MaxInt64-blockLen {
		return 0, corrupt(op, hduName(h.Index), "PCOUNT and GCOUNT make the data larger than any file")
	}
	return size, nil
}

func validBitpix(n int64) bool {
	switch n {
	case 8, 16, 32, 64, -32, -64:
		return true
	}
	return false
}

func kindOfExtension(x string) Kind {
	switch x {
	case "IMAGE":
		return KindImage
	case "BINTABLE":
		return KindBinTable
	case "TABLE":
		return KindASCII
	}
	return KindOther
}
