package fits

import "strings"

const opHeader = "fits.Header"

// Err returns the first mistake made in building the header, exo.Invalid and
// naming the card. Encoding returns it, too, so that a long row of calls
// needs one check at its end.
func (h *Header) Err() error { return h.err }

// fail notes a mistake.
func (h *Header) fail(card, why string) {
	if h.err == nil {
		h.err = invalid(opHeader, card, "card %.80q %s", card, why)
	}
}

// Set changes the value of a keyword's first card, and its comment unless
// comment is empty; a keyword that is absent is appended. The value is a
// string, bool, int, int32, int64, uint64, float32, float64 or Literal.
//
// Values are written in fixed format (FITS 4.0 §4.2): numbers end in column
// 30, strings begin in column 11 and have at least eight characters, floats
// have as many digits as they need to read back the same. A comment is cut
// at the end of the record. A string too long for one record goes on in
// CONTINUE records, and LONGSTRN is put before it; a keyword that is longer
// than eight characters or has blanks is written by the HIERARCH convention.
func (h *Header) Set(key string, value any, comment string) {
	i := h.find(key)
	if i < 0 {
		h.Append(key, value, comment)
		return
	}
	old := h.at(i)
	if comment == "" {
		comment = old.Comment()
	}
	h.put(i, i+len(old.raw), key, value, comment)
}

// Append adds a card at the end, whether or not there is one with that
// keyword. Values are those of Set.
func (h *Header) Append(key string, value any, comment string) {
	h.put(len(h.cards), len(h.cards), key, value, comment)
}

// Delete removes the first card of the keyword.
func (h *Header) Delete(key string) {
	if i := h.find(key); i >= 0 {
		h.splice(i, i+h.span(i), nil)
	}
}

// AppendRaw adds a record as it is: at most 80 characters, filled up with
// blanks.
func (h *Header) AppendRaw(record string) {
	card := padded(record)
	switch {
	case len(card) > cardLen:
		h.fail(record, "is longer than 80 characters")
		return
	case strings.HasPrefix(record, "END     ") || strings.TrimRight(record, " ") == "END":
		h.fail(record, "ends the header, which is done by encoding it")
		return
	case strings.HasPrefix(record, "CONTINUE") && (len(h.cards) == 0 || !goesOn(h.cards[len(h.cards)-cardLen:])):
		h.fail(record, "is CONTINUE without a string to go on with")
		return
	}
	if err := checkCard([]byte(card)); err != nil {
		h.fail(record, err.Error())
		return
	}
	h.splice(len(h.cards), len(h.cards), []byte(card))
}

// AppendComment adds the text in COMMENT cards, 72 characters each.
func (h *Header) AppendComment(text string) { h.appendText("COMMENT ", text) }

// AppendHistory adds the text in HISTORY cards, 72 characters each.
func (h *Header) AppendHistory(text string) { h.appendText("HISTORY ", text) }

func (h *Header) appendText(key, text string) {
	for more := true; more; more = text != "" {
		n := min(len(text), cardLen-len(key))
		h.AppendRaw(key + text[:n])
		text = text[n:]
	}
}

// put writes a card in the place of the bytes from i to j.
func (h *Header) put(i, j int, key string, value any, comment string) {
	card, err := formatCard(key, value, comment)
	if err != nil {
		h.fail(key, err.Error())
		return
	}
	if len(card) > cardLen && h.find("LONGSTRN") < 0 {
		long, _ := formatCard("LONGSTRN", "OGIP 1.0", "The OGIP long string convention is used")
		card = long + card
	}
	h.splice(i, j, []byte(card))
}

// splice puts new records in the place of those from i to j. The bytes that
// the header came from stay as they are.
func (h *Header) splice(i, j int, card []byte) {
	if !h.owned {
		h.cards = append(make([]byte, 0, len(h.cards)+10*cardLen), h.cards...)
		h.owned = true
	}
	h.block = nil
	tail := len(h.cards) - j
	if grow := len(card) - (j - i); grow > 0 {
		h.cards = append(h.cards, make([]byte, grow)...)
	}
	copy(h.cards[i+len(card):], h.cards[j:j+tail])
	copy(h.cards[i:], card)
	h.cards = h.cards[:i+len(card)+tail]
}

// ensure sets the keyword to a value, keeping its comment when it has one, and
// puts it in as record number at when it is absent. It returns the number of
// records that were put in.
func (h *Header) ensure(at int, key string, value any, comment string) int {
	before := h.Len()
	if i := h.find(key); i >= 0 {
		h.Set(key, value, "")
		return h.Len() - before
	}
	i := min(at*cardLen, len(h.cards))
	h.put(i, i, key, value, comment)
	return h.Len() - before
}
