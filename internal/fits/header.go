package fits

import (
	"bytes"
	"iter"
	"strings"
)

// Header is a sequence of cards. A header that was parsed is a view of the
// file's bytes, and values are read from them when they are asked for; the
// first change copies them. The zero Header is empty.
//
// When a keyword occurs more than once, the first card is the one that counts.
// Reading is safe from several goroutines, building is not.
type Header struct {
	cards []byte // 80 bytes each, without END
	block []byte // all bytes of a parsed header, END and blanks included; nil once changed
	owned bool   // cards is ours to change
	err   error  // first mistake in building
}

// NewHeader returns an empty header.
func NewHeader() *Header { return &Header{} }

// Clone returns a copy that can be changed without touching the original.
func (h *Header) Clone() *Header {
	return &Header{cards: bytes.Clone(h.cards), owned: true, err: h.err}
}

// Len returns the number of 80-byte records, END not counted.
func (h *Header) Len() int { return len(h.cards) / cardLen }

// Cards goes through the cards in order.
func (h *Header) Cards() iter.Seq[Card] {
	return func(yield func(Card) bool) {
		for i := 0; i < len(h.cards); {
			c := h.at(i)
			if !yield(c) {
				return
			}
			i += len(c.raw)
		}
	}
}

// Get returns the first card with the keyword. Words of a HIERARCH card are
// asked for with or without the word HIERARCH.
func (h *Header) Get(key string) (Card, bool) {
	i := h.find(key)
	if i < 0 {
		return Card{}, false
	}
	return h.at(i), true
}

// Has reports whether there is a card with the keyword and a value that is
// not undefined.
func (h *Header) Has(key string) bool {
	c, _ := h.Get(key)
	return c.Kind() > Undefined
}

// Str returns the text of the keyword; ok is false when it is absent,
// undefined, or not a string.
func (h *Header) Str(key string) (value string, ok bool) {
	c, _ := h.Get(key)
	return c.Str()
}

// Int returns the integer of the keyword; ok is false when it is absent,
// undefined, or not an integer of 64 bits.
func (h *Header) Int(key string) (value int64, ok bool) {
	c, _ := h.Get(key)
	return c.Int()
}

// Float returns the number of the keyword, integers included; ok is false
// when it is absent, undefined, or not a number.
func (h *Header) Float(key string) (value float64, ok bool) {
	c, _ := h.Get(key)
	return c.Float()
}

// Bool returns the logical value of the keyword; ok is false when it is
// absent, undefined, or neither T nor F.
func (h *Header) Bool(key string) (value, ok bool) {
	c, _ := h.Get(key)
	return c.Bool()
}

// Comments returns the texts of the COMMENT cards.
func (h *Header) Comments() []string { return h.commentary("COMMENT ") }

// History returns the texts of the HISTORY cards.
func (h *Header) History() []string { return h.commentary("HISTORY ") }

func (h *Header) commentary(key string) []string {
	var list []string
	for i := 0; i < len(h.cards); i += cardLen {
		if string(h.cards[i:i+8]) == key {
			list = append(list, string(bytes.TrimRight(h.cards[i+8:i+cardLen], " ")))
		}
	}
	return list
}

// at returns the card that begins at offset i.
func (h *Header) at(i int) Card {
	n := h.span(i)
	return Card{h.cards[i : i+n : i+n]}
}

// find returns the offset of the first card with the keyword, or -1.
func (h *Header) find(key string) int {
	if long, ok := strings.CutPrefix(key, "HIERARCH "); ok || len(key) > 8 || strings.IndexByte(key, ' ') >= 0 {
		return h.findLong(long)
	}
	k := [8]byte{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}
	copy(k[:], key)
	for i := 0; i+cardLen <= len(h.cards); i += cardLen {
		if [8]byte(h.cards[i:]) == k {
			return i
		}
	}
	return h.findLong(key)
}

// findLong looks among the HIERARCH cards.
func (h *Header) findLong(key string) int {
	for i := 0; i+cardLen <= len(h.cards); i += cardLen {
		if r := h.cards[i : i+cardLen]; isHierarch(r) && string(keyOf(r)) == key {
			return i
		}
	}
	return -1
}

// span returns the length of the card at offset i with its CONTINUE records
// (FITS 4.0 §4.2.1.2). That they follow a string that goes on was checked when
// they came in.
func (h *Header) span(i int) int {
	n := cardLen
	for i+n+cardLen <= len(h.cards) && string(h.cards[i+n:i+n+8]) == "CONTINUE" {
		n += cardLen
	}
	return n
}

// goesOn reports whether the record holds a string that ends in an ampersand.
func goesOn(raw []byte) bool {
	v, ok := valueField(raw)
	if string(raw[:8]) == "CONTINUE" {
		v, ok = continued(raw), true
	}
	if !ok {
		return false
	}
	end, err := closing(v)
	return err == nil && bytes.HasSuffix(bytes.TrimRight(v[1:end], " "), []byte("&"))
}
