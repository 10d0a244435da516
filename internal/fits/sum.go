package fits

import (
	"encoding/binary"
	"strconv"

	"exoplanetai/internal/exo"
)

// Sum is the state of a checksum card.
type Sum uint8

// The states of a checksum.
const (
	Absent Sum = iota
	Good
	Bad
)

func (s Sum) String() string { return [...]string{"absent", "good", "bad"}[s] }

// Sums are the states of the two checksums of an HDU (FITS 4.0 §4.4.2.7 and appendix J).
type Sums struct {
	Checksum Sum
	Datasum  Sum
}

// Verify computes the sums of an HDU and compares them with its cards. The
// error is exo.Corrupt when one of them is wrong, and names the HDU.
func (h *HDU) Verify() (Sums, error) {
	const op = "fits.Verify"
	var s Sums
	want, hasSum := h.Header.Str("CHECKSUM")
	dataWant, hasData := h.Header.Str("DATASUM")
	hasSum, hasData = hasSum && want != "", hasData && dataWant != ""
	if !hasSum && !hasData {
		return s, nil
	}
	raw, err := h.Raw()
	if err != nil {
		return s, err
	}
	n := len(h.Header.encoded())
	data := sum32(0, raw[n:])
	if hasData {
		s.Datasum = Bad
		if v, err := strconv.ParseUint(dataWant, 10, 32); err == nil && uint32(v) == data {
			s.Datasum = Good
		}
	}
	if hasSum {
		s.Checksum = Bad
		if total := sum32(data, raw[:n]); total == 0xffffffff || total == 0 {
			s.Checksum = Good
		}
	}
	switch {
	case s.Checksum == Bad:
		err = exo.Errorf(op, exo.Corrupt, hduName(h.Index), "%s: the CHECKSUM is wrong", hduName(h.Index))
	case s.Datasum == Bad:
		err = exo.Errorf(op, exo.Corrupt, hduName(h.Index), "%s: the DATASUM is wrong", hduName(h.Index))
	}
	return s, err
}

// Verify checks the sums of all HDUs; the error names the first wrong one.
func (f *File) Verify() error {
	for _, h := range f.HDUs {
		if _, err := h.Verify(); err != nil {
			return err
		}
	}
	return nil
}

// sum32 adds 32-bit words in ones' complement arithmetic. The length of b is
// a multiple of 4.
func sum32(sum uint32, b []byte) uint32 {
	total := uint64(sum)
	for ; len(b) >= 4; b = b[4:] {
		total += uint64(binary.BigEndian.Uint32(b))
	}
	return fold(total)
}

func fold(total uint64) uint32 {
	for total>>32 != 0 {
		total = total>>32 + total&0xffffffff
	}
	return uint32(total)
}
