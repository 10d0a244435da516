package fits

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"exoplanetai/internal/exo"
)

const opParse = "fits.Parse"

// maxCards bounds a header: the longest one that the standard needs, a table
// of 999 columns with every keyword, has about 10,000 records.
const maxCards = 100_000

// Parse indexes the HDUs of a FITS file in memory. Nothing is copied: the
// result is a view of b, which must not be changed while it is in use, and
// may be a memory-mapped file. Texts and decoded columns are copies.
//
// Every size that a header states is checked against the bytes that are
// there. Errors are exo.Corrupt and name the HDU, and the card where it is
// one: a header without END or with bytes that are no text, strings that are
// not closed, CONTINUE without a string to go on with, mandatory keywords that
// are missing, out of order or out of range (FITS 4.0 §4.4.1), data cut short,
// missing padding, bytes behind the last HDU. A header of more than 100,000
// records is exo.TooLarge. That a table's columns fit its rows is checked by
// HDU.Table, and checksums by Verify.
func Parse(b []byte) (*File, error) {
	if len(b) == 0 {
		return nil, exo.Errorf(opParse, exo.Corrupt, hduName(0), "HDU 0: the file is empty")
	}
	f := &File{HDUs: make([]*HDU, 0, 4)}
	for pos := 0; pos < len(b); {
		h, err := parseHDU(b[pos:], len(f.HDUs))
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
	var unit struct { // one allocation for both
		hdu  HDU
		head Header
	}
	h := &unit.hdu
	h.Index, h.Header = i, &unit.head
	if err := h.Header.parse(b, i); err != nil {
		return nil, err
	}
	size, err := h.shape()
	if err != nil {
		return nil, err
	}
	start := uint64(len(h.Header.block))
	if have := uint64(len(b)) - start; size > have {
		return nil, corrupt(opParse, i, "the header promises %d bytes of data, but only %d are there", size, have)
	}
	end := start + size
	total := end + (blockLen-end%blockLen)%blockLen
	if total > uint64(len(b)) {
		return nil, corrupt(opParse, i, "the padding to a multiple of %d bytes is missing after the data", blockLen)
	}
	h.raw, h.body, h.data = b[:total:total], b[start:total:total], b[start:end:end]
	return h, nil
}

// parse reads the header at the start of b, up to END and its padding.
func (h *Header) parse(b []byte, hdu int) error {
	want := "SIMPLE  = "
	if hdu > 0 {
		want = "XTENSION= "
	}
	if len(b) < cardLen || string(b[:10]) != want {
		return corrupt(opParse, hdu, "does not begin with %s", bytes.TrimRight([]byte(want[:8]), " "))
	}
	for pos := 0; pos+cardLen <= len(b); pos += cardLen {
		card := b[pos : pos+cardLen : pos+cardLen]
		if string(card[:4]) == "END " {
			return h.close(b, pos, hdu)
		}
		if pos > 0 && pos%blockLen == 0 && string(card[:10]) == "XTENSION= " {
			return corrupt(opParse, hdu, "the header has no END card before the next header")
		}
		if err := checkCard(card); err != nil {
			return corrupt(opParse, hdu, "card %d %s", pos/cardLen+1, err)
		}
		if string(card[:8]) == "CONTINUE" && !goesOn(b[pos-cardLen:pos]) {
			return corrupt(opParse, hdu, "card %d is CONTINUE without a string to go on with", pos/cardLen+1)
		}
		if pos == maxCards*cardLen {
			return exo.Errorf(opParse, exo.TooLarge, hduName(hdu), "%s: the header has more than %d cards", hduName(hdu), maxCards)
		}
	}
	return corrupt(opParse, hdu, "the header has no END card")
}

// close ends a header with the END card at offset end.
func (h *Header) close(b []byte, end, hdu int) error {
	n := end + cardLen
	n += (blockLen - n%blockLen) % blockLen
	if n > len(b) {
		return corrupt(opParse, hdu, "the header is cut off after END")
	}
	if len(trimLeft(b[end+3:n])) > 0 {
		return corrupt(opParse, hdu, "END is not followed by blanks")
	}
	h.cards, h.block = b[:end:end], b[:n:n]
	return nil
}

// checkCard refuses a record with bytes that are no text, a string without
// closing quote, and a CONTINUE without a string.
func checkCard(card []byte) error {
	if !printable(card) {
		for _, c := range card {
			if c < 0x20 || c > 0x7e {
				return fmt.Errorf("(%.8q) holds the byte 0x%02x, which is no text", card[:8], c)
			}
		}
	}
	v, ok := valueField(card)
	if string(card[:8]) == "CONTINUE" {
		if v, ok = continued(card), true; len(v) == 0 || v[0] != '\'' {
			return fmt.Errorf("(CONTINUE) %w", errNoString)
		}
	}
	if ok && len(v) > 0 && v[0] == '\'' {
		if _, err := closing(v); err != nil {
			return fmt.Errorf("(%s) %w", keyOf(card), err)
		}
	}
	return nil
}

// printable reports whether all 80 bytes are 0x20 to 0x7e (FITS 4.0 §3.2).
// Eight bytes at a time: taking 0x20 from a byte below it, or adding 1 to
// 0x7f, sets the byte's highest bit, and no other byte's.
func printable(card []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	c := (*[cardLen]byte)(card)
	var bad uint64
	for i := 0; i < cardLen; i += 8 {
		v := binary.LittleEndian.Uint64(c[i : i+8])
		bad |= v | (v - 0x20*ones) | (v + ones)
	}
	return bad&high == 0
}
