package fits

import (
	"bytes"
	"iter"
)

// Header is a sequence of cards. A header that was parsed is a view of the
// file's bytes, and values are read from them when they are asked for; the
// first change copies them. The zero Header is empty.
//
// When a keyword occurs more than once, the first card is the one that counts.
type Header struct {
	cards []byte // 80 bytes each, without END
	block []byte // all bytes of a parsed header, END and blanks included; nil once changed
	err   error  // first mistake in building
}

// NewHeader returns an empty header.
func NewHeader() *Header { return &Header{} }

// Len returns the number of 80-byte records, END not counted.
func (h *Header) Len() int { return len(h.cards) / cardLen }

// Cards goes through the cards in order.
func (h *Header) Cards() iter.Seq[Card] {
	return func(yield func(Card) bool) {
		for i := 0; i < len(h.cards); {
			n := h.span(i)
			if !yield(Card{h.cards[i : i+n : i+n]}) {
				return
			}
			i += n
		}
	}
}

// Get returns the first card with the keyword.
func (h *Header) Get(key string) (Card, bool) {
	i := h.find(key)
	if i < 0 {
		return Card{}, false
	}
	n := h.span(i)
	return Card{h.cards[i : i+n : i+n]}, true
}

// Has reports whether there is a card with the keyword and a value that is
// not undefined.
func (h *Header) Has(key string) bool {
	c, ok := h.Get(key)
	return ok && c.Kind() > Undefined
}

// Str returns the text of the keyword; ok is false when it is absent,
// undefined, or not a string.
func (h *Header) Str(key string) (value string, ok bool) {
	c, ok := h.Get(key)
	if !ok {
		return "", false
	}
	return c.Str()
}

// Int returns the integer of the keyword; ok is false when it is absent,
// undefined, or not an integer of 64 bits.
func (h *Header) Int(key string) (value int64, ok bool) {
	c, ok := h.Get(key)
	if !ok {
		return 0, false
	}
	return c.Int()
}

// Float returns the number of the keyword, integers included; ok is false
// when it is absent, undefined, or not a number.
func (h *Header) Float(key string) (value float64, ok bool) {
	c, ok := h.Get(key)
	if !ok {
		return 0, false
	}
	return c.Float()
}

// Bool returns the logical value of the keyword; ok is false when it is
// absent, undefined, or neither T nor F.
func (h *Header) Bool(key string) (value, ok bool) {
	c, ok := h.Get(key)
	if !ok {
		return false, false
	}
	return c.Bool()
}

// Comments returns the texts of the COMMENT cards.
func (h *Header) Comments() []string { return h.commentary("COMMENT") }

// History returns the texts of the HISTORY cards.
func (h *Header) History() []string { return h.commentary("HISTORY") }

func (h *Header) commentary(key string) []string {
	var list []string
	for c := range h.Cards() {
		if string(keyOf(c.raw)) == key {
			list = append(list, string(bytes.TrimRight(c.raw[8:cardLen], " ")))
		}
	}
	return list
}

// find returns the offset of the first card with the keyword, or -1.
func (h *Header) find(key string) int {
	if len(key) > 8 || bytes.IndexByte([]byte(key), ' ') >= 0 {
		return h.findLong(key)
	}
	var k [8]byte
	copy(k[:], "        ")
	copy(k[:], key)
	for i := 0; i+cardLen <= len(h.cards); i += cardLen {
		if [8]byte(h.cards[i:i+8]) == k {
			return i
		}
	}
	return h.findLong(key)
}

// findLong looks among the HIERARCH cards.
func (h *Header) findLong(key string) int {
	if len(key) > 9 && key[:9] == "HIERARCH " {
		key = key[9:]
	}
	for i := 0; i+cardLen <= len(h.cards); i += cardLen {
		if h.cards[i] == 'H' && string(h.cards[i:i+9]) == "HIERARCH " && string(keyOf(h.cards[i:i+cardLen])) == key {
			return i
		}
	}
	return -1
}

// span returns the length of the card at offset i with its CONTINUE records
// (FITS 4.0 §4.2.1.2).
func (h *Header) span(i int) int {
	n := cardLen
	for i+n+cardLen <= len(h.cards) && string(h.cards[i+n:i+n+8]) == "CONTINUE" {
		n += cardLen
	}
	return n
}
