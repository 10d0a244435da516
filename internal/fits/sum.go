package fits

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
)

// Sum is the state of a checksum.
type Sum uint8

// The states of a checksum.
const (
	Absent Sum = iota
	Good
	Bad
)

// String returns the state as one word.
func (s Sum) String() string { return [...]string{"absent", "good", "bad"}[s] }

// Sums are the states of the two checksums of an HDU (FITS 4.0 §4.4.2.7 and
// appendix J).
type Sums struct {
	Checksum Sum // of the whole HDU
	Datasum  Sum // of its data
}

// Verify computes the sums of an HDU and compares them with its cards; it
// reads every byte of an HDU that has one. The error is exo.Corrupt when a sum
// is wrong, and names the HDU; an HDU without sums is no error.
func (h *HDU) Verify() (Sums, error) {
	const op = "fits.Verify"
	var s Sums
	datasum, hasData := h.sumCard("DATASUM")
	_, hasSum := h.sumCard("CHECKSUM")
	if !hasSum && !hasData {
		return s, nil
	}
	parts, err := h.parts()
	if err != nil {
		return s, err
	}
	data := h.dataSum()
	if hasData {
		s.Datasum = Bad
		if v, err := strconv.ParseUint(datasum, 10, 32); err == nil && uint32(v) == data {
			s.Datasum = Good
		}
	}
	if hasSum {
		s.Checksum = Bad
		if add32(data, sum32(parts[0])) == 0xffffffff {
			s.Checksum = Good
		}
	}
	switch {
	case s.Datasum == Bad && s.Checksum != Good:
		err = corrupt(op, h.Index, "the data do not match their checksum; the file is damaged")
	case s.Datasum == Bad:
		err = corrupt(op, h.Index, "the data do not match DATASUM, but CHECKSUM is right")
	case s.Checksum == Bad:
		err = corrupt(op, h.Index, "CHECKSUM is wrong; the file is damaged")
	}
	return s, err
}

// sumCard returns the text of a checksum card; an empty one stands for a sum
// that is not known.
func (h *HDU) sumCard(key string) (string, bool) {
	c, _ := h.Header.Get(key)
	if c.Kind() <= Undefined {
		return "", false
	}
	s := strings.TrimSpace(c.Text())
	return s, s != ""
}

// Verify checks the sums of all HDUs. The error is exo.Corrupt and names the
// first HDU whose sum is wrong.
func (f *File) Verify() error {
	for _, h := range f.HDUs {
		if _, err := h.Verify(); err != nil {
			return err
		}
	}
	return nil
}

// AddChecksum writes the CHECKSUM of the HDU with the comment given, in the
// place of an earlier CHECKSUM card or at the end. Any later change of the
// header makes it wrong: call it last. Nothing of the clock goes into it.
func (h *HDU) AddChecksum(comment string) error {
	h.Header.Set("CHECKSUM", Literal("'0000000000000000'"), comment)
	parts, err := h.parts()
	if err != nil {
		return err
	}
	sum := add32(sum32(parts[0]), h.dataSum())
	h.Header.Set("CHECKSUM", Literal("'"+encodeSum(^sum)+"'"), comment)
	return h.Header.Err()
}

// AddDatasum writes the DATASUM of the HDU with the comment given. Call it
// before AddChecksum, which covers it.
func (h *HDU) AddDatasum(comment string) error {
	h.Header.Set("DATASUM", strconv.FormatUint(uint64(h.dataSum()), 10), comment)
	return h.Header.Err()
}

// dataSum returns the sum of the data with their padding; zeros add nothing.
func (h *HDU) dataSum() uint32 {
	if h.raw != nil {
		return sum32(h.body)
	}
	return sum32(h.data)
}

// sum32 adds the big-endian 32-bit words of b, filled up with zeros, in ones'
// complement arithmetic.
//
// The words are added 64 bits at a time with the carry going round: modulo
// 2^64 - 1, of which 2^32 - 1 is a divisor, so the halves can be added at the
// end.
func sum32(b []byte) uint32 {
	var s, c uint64
	for ; len(b) >= 64; b = b[64:] {
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[8:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[16:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[24:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[32:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[40:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[48:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b[56:]), c)
	}
	for ; len(b) >= 8; b = b[8:] {
		s, c = bits.Add64(s, binary.BigEndian.Uint64(b), c)
	}
	var rest [8]byte
	copy(rest[:], b)
	s, c = bits.Add64(s, binary.BigEndian.Uint64(rest[:]), c)
	s, c = bits.Add64(s, 0, c)
	return add32(add32(uint32(s>>32), uint32(s)), uint32(c))
}

// add32 adds two words, the carry going round.
func add32(a, b uint32) uint32 {
	s, c := bits.Add32(a, b, 0)
	return s + c
}

// encodeSum writes a sum as 16 letters and digits whose bytes add up to it in
// ones' complement arithmetic (FITS 4.0 appendix J.3), turned by one byte,
// since a string in column 12 begins one byte before a word.
func encodeSum(sum uint32) string {
	var out [16]byte
	for i := range 4 {
		b := byte(sum >> (24 - 8*i))
		four := [4]byte{b/4 + b%4 + '0', b/4 + '0', b/4 + '0', b/4 + '0'}
		for j := 0; j < 4; j += 2 {
			for !alphanumeric(four[j]) || !alphanumeric(four[j+1]) {
				four[j]++
				four[j+1]--
			}
		}
		for j, v := range four {
			out[(4*j+i+1)%16] = v
		}
	}
	return string(out[:])
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
