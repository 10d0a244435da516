package fits

import (
	"bytes"
	"strconv"
	"strings"
)

const (
	cardLen  = 80   // FITS 4.0 §4.1
	blockLen = 2880 // FITS 4.0 §3.1
)

// ValueKind is what a card's value is.
type ValueKind uint8

// The kinds of value (FITS 4.0 §4.2).
const (
	NoValue   ValueKind = iota // COMMENT, HISTORY, blank keyword, or no value indicator
	Undefined                  // a value indicator and nothing behind it: not known
	Text                       // a quoted string
	Logical                    // T or F
	Integer                    // a whole number
	Real                       // a number with point or exponent
	Other                      // a complex number, or something the standard does not know
)

// Card is one entry of a header: a keyword record, together with the CONTINUE
// records of its long string. It is a view of the header's bytes and reads
// them when it is asked. The zero Card has no keyword and no value.
type Card struct {
	raw []byte // 80 bytes, and 80 more for each CONTINUE
}

// Bytes returns the records of the card as they stand in the file: 80 bytes,
// and 80 more for each CONTINUE. They must not be changed.
func (c Card) Bytes() []byte { return c.raw }

// Key returns the keyword without trailing blanks; of a HIERARCH card the
// words between HIERARCH and the equals sign.
func (c Card) Key() string {
	if len(c.raw) < cardLen {
		return ""
	}
	return string(keyOf(c.raw))
}

// Kind returns what the value is.
func (c Card) Kind() ValueKind {
	v, ok := c.field()
	if !ok {
		return NoValue
	}
	return kindOf(v)
}

// Str returns the value of a text card, long strings joined (FITS 4.0
// §4.2.1.2), trailing blanks removed. ok is false for any other kind of value.
func (c Card) Str() (s string, ok bool) {
	v, ok := c.field()
	if !ok {
		return "", false
	}
	s, _, err := unquote(v)
	if err != nil || len(c.raw) == cardLen {
		return s, err == nil
	}
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(s, "&"))
	for i := cardLen; i < len(c.raw); i += cardLen {
		part, _, err := unquote(continued(c.raw[i:]))
		if err != nil {
			return "", false
		}
		if i+cardLen < len(c.raw) {
			part = strings.TrimSuffix(part, "&")
		}
		b.WriteString(part)
	}
	return strings.TrimRight(b.String(), " "), true
}

// Int returns the value of an integer card that fits 64 bits.
func (c Card) Int() (int64, bool) {
	v, ok := c.field()
	if !ok {
		return 0, false
	}
	return parseInt(token(v))
}

// Float returns the value of an integer or real card. The exponent letter D
// of FORTRAN is understood; a number beyond double precision is no number.
func (c Card) Float() (float64, bool) {
	v, ok := c.field()
	if !ok {
		return 0, false
	}
	return parseFloat(v)
}

// Bool returns the value of a logical card.
func (c Card) Bool() (value, ok bool) {
	v, ok := c.field()
	if !ok || kindOf(v) != Logical {
		return false, false
	}
	return v[0] == 'T', true
}

// Text returns the value as text whatever its kind: a string without its
// quotes, anything else as written. It is empty for an undefined value; of a
// commentary card it is the commentary.
func (c Card) Text() string {
	v, ok := c.field()
	switch {
	case !ok && c.raw == nil:
		return ""
	case !ok:
		return string(bytes.TrimRight(c.raw[8:cardLen], " "))
	case kindOf(v) == Text:
		s, _ := c.Str()
		return s
	}
	return string(token(v))
}

// Comment returns the text behind the slash, of a long string that of its
// last record.
func (c Card) Comment() string {
	v, ok := c.field()
	if !ok {
		return ""
	}
	if len(c.raw) > cardLen {
		v = continued(c.raw[len(c.raw)-cardLen:])
	}
	if len(v) > 0 && v[0] == '\'' {
		_, rest, err := unquote(v)
		if err != nil {
			return ""
		}
		v = rest
	}
	i := bytes.IndexByte(v, '/')
	if i < 0 {
		return ""
	}
	return string(bytes.TrimSpace(v[i+1:]))
}

// field returns what follows the value indicator.
func (c Card) field() ([]byte, bool) {
	if len(c.raw) < cardLen {
		return nil, false
	}
	return valueField(c.raw[:cardLen])
}

// isHierarch reports whether the record is of the HIERARCH convention.
func isHierarch(raw []byte) bool { return raw[0] == 'H' && string(raw[:9]) == "HIERARCH " }

// keyOf returns the keyword of the record.
func keyOf(raw []byte) []byte {
	if isHierarch(raw) {
		if i := bytes.IndexByte(raw[:cardLen], '='); i > 9 {
			return bytes.TrimSpace(raw[9:i])
		}
	}
	return bytes.TrimRight(raw[:8], " ")
}

// valueField returns what follows the value indicator of a record, leading
// blanks removed; false when there is none (FITS 4.0 §4.1.2.2).
func valueField(raw []byte) ([]byte, bool) {
	if raw[8] == '=' && raw[9] == ' ' {
		return trimLeft(raw[10:cardLen]), true
	}
	if isHierarch(raw) {
		if i := bytes.IndexByte(raw[:cardLen], '='); i > 9 {
			return trimLeft(raw[i+1 : cardLen]), true
		}
	}
	return nil, false
}

// continued returns the value field of a CONTINUE record.
func continued(raw []byte) []byte { return trimLeft(raw[8:cardLen]) }

// trimLeft removes leading blanks, eight at a time: numbers have about
// twenty, the end of a header has thousands.
func trimLeft(b []byte) []byte {
	for len(b) >= 8 && string(b[:8]) == "        " {
		b = b[8:]
	}
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	return b
}

// token returns the value of a field that is not a string: up to the slash.
func token(v []byte) []byte {
	if i := bytes.IndexByte(v, '/'); i >= 0 {
		v = v[:i]
	}
	return bytes.TrimRight(v, " ")
}

func kindOf(v []byte) ValueKind {
	if len(v) > 0 && v[0] == '\'' {
		return Text
	}
	t := token(v)
	switch {
	case len(t) == 0:
		return Undefined
	case len(t) == 1 && (t[0] == 'T' || t[0] == 'F'):
		return Logical
	}
	return numberKind(t)
}

// numberKind tells integers from reals by the grammar of FITS 4.0 §4.2.3 and
// §4.2.4, so that words such as NaN or 0x10 are no numbers. Lower-case
// exponent letters, which the standard does not allow, are common enough to
// be read.
func numberKind(t []byte) ValueKind {
	i, digits, kind := 0, 0, Integer
	if len(t) > 0 && (t[0] == '+' || t[0] == '-') {
		i++
	}
	for ; i < len(t); i++ {
		switch c := t[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && kind == Integer:
			kind = Real
		case (c == 'E' || c == 'D' || c == 'e' || c == 'd') && digits > 0:
			if numberKind(t[i+1:]) == Integer {
				return Real
			}
			return Other
		default:
			return Other
		}
	}
	if digits == 0 {
		return Other
	}
	return kind
}

// parseInt reads a decimal integer; false when it is none or above 64 bits.
func parseInt(t []byte) (int64, bool) {
	if numberKind(t) != Integer {
		return 0, false
	}
	n, err := strconv.ParseInt(string(t), 10, 64)
	return n, err == nil
}

// parseFloat reads the number of a value field.
func parseFloat(v []byte) (float64, bool) {
	if k := kindOf(v); k != Integer && k != Real {
		return 0, false
	}
	t := token(v)
	if bytes.ContainsAny(t, "Dd") {
		t = bytes.Map(func(r rune) rune {
			if r == 'D' || r == 'd' {
				return 'E'
			}
			return r
		}, t)
	}
	f, err := strconv.ParseFloat(string(t), 64)
	return f, err == nil
}

// unquote reads a string that begins with a quote: its text without trailing
// blanks, and what follows the closing quote (FITS 4.0 §4.2.1.1).
func unquote(v []byte) (text string, rest []byte, err error) {
	end, err := closing(v)
	if err != nil {
		return "", nil, err
	}
	s := string(bytes.TrimRight(v[1:end], " "))
	if strings.Contains(s, "''") {
		s = strings.ReplaceAll(s, "''", "'")
	}
	return s, v[end+1:], nil
}

// closing returns the place of the quote that ends the string at the start of v.
func closing(v []byte) (int, error) {
	if len(v) == 0 || v[0] != '\'' {
		return 0, errNoString
	}
	for i := 1; i < len(v); {
		n := bytes.IndexByte(v[i:], '\'')
		if n < 0 {
			break
		}
		if i += n; i+1 == len(v) || v[i+1] != '\'' {
			return i, nil
		}
		i += 2
	}
	return 0, errNoQuote
}
