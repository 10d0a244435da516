package fits

import (
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// Literal is a value written as it is given, for files whose layout is fixed:
// Literal("63.3738900000000000"), or a string with its quotes,
// Literal("'TIC 25155310'"). Numbers are set to the right of column 30.
type Literal string

// None is the undefined value (FITS 4.0 §4.1.2.3): a card that has a value
// indicator and no value.
const None = Literal("")

// Err returns the first mistake made in building the header; encoding
// returns it, too.
func (h *Header) Err() error { return h.err }

// Set changes the value of a keyword's first card, and its comment unless
// comment is empty; a keyword that is absent is appended. The value is a
// string, bool, int, int32, int64, uint64, float32, float64 or Literal.
func (h *Header) Set(key string, value any, comment string) {
	i := h.find(key)
	if i < 0 {
		h.Append(key, value, comment)
		return
	}
	n := h.span(i)
	if comment == "" {
		comment = Card{h.cards[i : i+n]}.Comment()
	}
	if card, ok := h.format(key, value, comment); ok {
		h.splice(i, i+n, card)
	}
}

// Append adds a card at the end, whether or not there is one with that
// keyword.
func (h *Header) Append(key string, value any, comment string) {
	if card, ok := h.format(key, value, comment); ok {
		h.splice(len(h.cards), len(h.cards), card)
	}
}

// Delete removes the first card of the keyword.
func (h *Header) Delete(key string) {
	if i := h.find(key); i >= 0 {
		h.splice(i, i+h.span(i), nil)
	}
}

// splice puts new cards in the place of those from i to j. The bytes that the
// header came from stay as they are.
func (h *Header) splice(i, j int, card []byte) {
	cards := make([]byte, 0, len(h.cards)+len(card)+10*cardLen)
	cards = append(append(append(cards, h.cards[:i]...), card...), h.cards[j:]...)
	h.cards, h.block = cards, nil
}

// AppendRaw adds one record as it is: at most 80 characters, filled up with
// blanks.
func (h *Header) AppendRaw(record string) {
	card := pad(record)
	if len(card) != cardLen {
		h.fail(record, "is longer than 80 characters")
		return
	}
	if err := checkCard(card); err != nil {
		h.fail(record, err.Error())
		return
	}
	h.splice(len(h.cards), len(h.cards), card)
}

// AppendComment adds COMMENT cards, 72 characters each.
func (h *Header) AppendComment(text string) { h.appendCommentary("COMMENT ", text) }

// AppendHistory adds HISTORY cards, 72 characters each.
func (h *Header) AppendHistory(text string) { h.appendCommentary("HISTORY ", text) }

func (h *Header) appendCommentary(key, text string) {
	for {
		n := min(len(text), cardLen-len(key))
		h.AppendRaw(key + text[:n])
		if text = text[n:]; text == "" {
			return
		}
	}
}

func (h *Header) fail(card, why string) {
	if h.err == nil {
		h.err = exo.Errorf("fits.Header", exo.Invalid, card, "card %s %s", card, why)
	}
}

func pad(s string) []byte {
	return append([]byte(s), strings.Repeat(" ", max(0, cardLen-len(s)))...)
}

// format makes the bytes of a card; false, with the mistake noted, when the
// value cannot be written.
func (h *Header) format(key string, value any, comment string) ([]byte, bool) {
	v, ok := valueText(value)
	if !ok {
		h.fail(key, "has a value that cannot be written")
		return nil, false
	}
	if strings.HasPrefix(v, "'") {
		v += strings.Repeat(" ", max(0, 20-len(v)))
	} else {
		v = strings.Repeat(" ", max(0, 20-len(v))) + v
	}
	s := key + strings.Repeat(" ", max(0, 8-len(key))) + "= " + v
	if comment != "" {
		s += " / " + comment
	}
	card := pad(s)
	if len(card) > cardLen {
		card = card[:cardLen]
	}
	return card, true
}

func valueText(value any) (string, bool) {
	switch v := value.(type) {
	case Literal:
		return string(v), true
	case string:
		s := strings.ReplaceAll(v, "'", "''")
		return "'" + s + strings.Repeat(" ", max(0, 8-len(s))) + "'", true
	case bool:
		if v {
			return "T", true
		}
		return "F", true
	case int:
		return strconv.Itoa(v), true
	case int32:
		return strconv.FormatInt(int64(v), 10), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case float32:
		return realText(float64(v), 32), true
	case float64:
		return realText(v, 64), true
	}
	return "", false
}

// realText writes a number so that it reads back the same, with a point, as
// FITS 4.0 §4.2.4 asks for.
func realText(v float64, bits int) string {
	s := strconv.FormatFloat(v, 'G', -1, bits)
	if strings.ContainsAny(s, ".") {
		return s
	}
	if i := strings.IndexByte(s, 'E'); i >= 0 {
		return s[:i] + ".0" + s[i:]
	}
	return s + ".0"
}
