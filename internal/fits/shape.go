package fits

import (
	"math"
	"math/bits"
	"strconv"
)

// shape reads the mandatory keywords at their places (FITS 4.0 §4.4.1), sets
// the kind, and returns the number of data bytes they promise (equation 2).
func (h *HDU) shape() (uint64, error) {
	if err := h.kind(); err != nil {
		return 0, err
	}
	bitpix, ok := h.Header.ordered(1, "BITPIX")
	if !ok || letterOf(bitpix) == 0 {
		return 0, corrupt(opParse, h.Index, "card 2 is not BITPIX with one of 8, 16, 32, 64, -32, -64")
	}
	naxis, ok := h.Header.ordered(2, "NAXIS")
	if !ok || naxis < 0 || naxis > 999 {
		return 0, corrupt(opParse, h.Index, "card 3 is not NAXIS with 0 to 999")
	}
	elems := uint64(1)
	if naxis == 0 {
		elems = 0
	}
	groups := h.groups()
	over, empty := false, false
	for i := 1; i <= int(naxis); i++ {
		n, ok := h.Header.ordered(2+i, "NAXIS"+strconv.Itoa(i))
		if !ok || n < 0 {
			return 0, corrupt(opParse, h.Index, "card %d is not NAXIS%d with a size", 3+i, i)
		}
		if i == 1 && groups {
			continue
		}
		hi, lo := bits.Mul64(elems, uint64(n))
		over, empty, elems = over || hi != 0, empty || n == 0, lo
	}
	if empty {
		over, elems = false, 0
	}
	return h.extent(elems, over, groups, bitpix)
}

// kind checks the first card and sets the kind.
func (h *HDU) kind() error {
	first := h.Header.at(0)
	if h.Index == 0 {
		if v, ok := first.Bool(); !ok || !v {
			return corrupt(opParse, h.Index, "SIMPLE is not T")
		}
		return nil
	}
	x, ok := first.Str()
	if !ok {
		return corrupt(opParse, h.Index, "XTENSION is not a string")
	}
	switch x {
	case "IMAGE":
		h.Kind = KindImage
	case "BINTABLE":
		h.Kind = KindBinTable
	case "TABLE":
		h.Kind = KindASCII
	default:
		h.Kind = KindOther
	}
	return nil
}

// groups reports whether this is a random-groups HDU (FITS 4.0 §6), whose
// first axis is 0 and does not count.
func (h *HDU) groups() bool {
	if h.Index > 0 {
		return false
	}
	g, _ := h.Header.Bool("GROUPS")
	n, ok := h.Header.Int("NAXIS1")
	if g && ok && n == 0 {
		h.Kind = KindOther
		return true
	}
	return false
}

// extent multiplies out the size: |BITPIX|/8 · GCOUNT · (PCOUNT + elements).
func (h *HDU) extent(elems uint64, over, groups bool, bitpix int64) (uint64, error) {
	pcount, gcount := int64(0), int64(1)
	if h.Index > 0 || groups {
		var ok1, ok2 bool
		pcount, ok1 = h.Header.Int("PCOUNT")
		gcount, ok2 = h.Header.Int("GCOUNT")
		if !ok1 || pcount < 0 {
			return 0, corrupt(opParse, h.Index, "PCOUNT is missing or not a size")
		}
		if !ok2 || gcount < 0 {
			return 0, corrupt(opParse, h.Index, "GCOUNT is missing or not a size")
		}
	}
	sum, carry := bits.Add64(elems, uint64(pcount), 0)
	hi, lo := bits.Mul64(sum, uint64(gcount))
	hi2, size := bits.Mul64(lo, uint64(max(bitpix, -bitpix)/8))
	if over || carry+hi+hi2 != 0 || size > math.MaxInt64-blockLen {
		return 0, corrupt(opParse, h.Index, "NAXISn, PCOUNT and GCOUNT make the data larger than any file")
	}
	return size, nil
}

// ordered returns the integer of record number i, which must have this keyword.
func (h *Header) ordered(i int, key string) (int64, bool) {
	if i >= h.Len() {
		return 0, false
	}
	c := h.at(i * cardLen)
	if string(keyOf(c.raw)) != key {
		return 0, false
	}
	return c.Int()
}

// letterOf returns the TFORM letter of a BITPIX, 0 for a wrong one.
func letterOf(bitpix int64) byte {
	switch bitpix {
	case 8:
		return 'B'
	case 16:
		return 'I'
	case 32:
		return 'J'
	case 64:
		return 'K'
	case -32:
		return 'E'
	case -64:
		return 'D'
	}
	return 0
}
