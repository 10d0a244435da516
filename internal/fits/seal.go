package fits

import (
	"strconv"
	"strings"
)

// AddChecksum writes the CHECKSUM of the HDU with the comment given, in the
// place of an earlier CHECKSUM card or at the end (FITS 4.0 §4.4.2.7). Any
// later change of the header makes it wrong; call it last.
func (h *HDU) AddChecksum(comment string) error {
	h.Header.Set("CHECKSUM", Literal("'0000000000000000'"), comment)
	raw, err := h.Raw()
	if err != nil {
		return err
	}
	h.Header.Set("CHECKSUM", Literal("'"+encodeSum(^sum32(0, raw))+"'"), comment)
	return h.Header.err
}

// AddDatasum writes the DATASUM of the HDU with the comment given. Call it
// before AddChecksum, which covers it.
func (h *HDU) AddDatasum(comment string) error {
	raw, err := h.Raw()
	if err != nil {
		return err
	}
	sum := sum32(0, raw[len(h.Header.encoded()):])
	h.Header.Set("DATASUM", strconv.FormatUint(uint64(sum), 10), comment)
	return h.Header.err
}

// encodeSum writes a sum as 16 letters and digits that add up to it in ones'
// complement arithmetic (FITS 4.0 appendix J.3), turned by one byte because
// the value of a card begins at byte 11.
func encodeSum(sum uint32) string {
	var ascii [16]byte
	for i := range 4 {
		b := int(sum >> (24 - 8*i) & 0xff)
		quotient, rest := b/4+'0', b%4
		four := [4]int{quotient + rest, quotient, quotient, quotient}
		for again := true; again; {
			again = false
			for j := 0; j < 4; j += 2 {
				if strings.IndexByte(":;<=>?@[\\]^_`", byte(four[j])) >= 0 ||
					strings.IndexByte(":;<=>?@[\\]^_`", byte(four[j+1])) >= 0 {
					four[j]++
					four[j+1]--
					again = true
				}
			}
		}
		for j, v := range four {
			ascii[4*j+i] = byte(v)
		}
	}
	return string(ascii[15]) + string(ascii[:15])
}
