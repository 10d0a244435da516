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
	Other                      // a complex number, or something this standard does not know
)

// Card is one entry of a header: a keyword record, together with the CONTINUE
// records of its long string. It is a view of the header's bytes.
type Card struct {
	raw []byte // 80 bytes, and 80 more for each CONTINUE
}

// Bytes returns the records of the card as they stand in the file: 80 bytes,
// and 80 more for each CONTINUE. They must not be changed.
func (c Card) Bytes() []byte { return c.raw }

// Key returns the keyword without trailing blanks; of a HIERARCH card the
// words between HIERARCH and the equals sign.
func (c Card) Key() string { return string(keyOf(c.raw)) }

// Kind returns what the value is.
func (c Card) Kind() ValueKind {
	v, ok := valueField(c.raw)
	if !ok {
		return NoValue
	}
	return kindOf(v)
}

// Str returns the value of a text card, long strings joined, trailing blanks
// removed (FITS 4.0 §4.2.1). ok is false for any other kind of value.
func (c Card) Str() (s string, ok bool) {
	v, ok := valueField(c.raw)
	if !ok || len(v) == 0 || v[0] != '\'' {
		return "", false
	}
	s, _, err := unquote(v)
	if err != nil {
		return "", false
	}
	for i := cardLen; i < len(c.raw); i += cardLen {
		part, _, err := unquote(bytes.TrimLeft(c.raw[i+8:i+cardLen], " "))
		if err != nil {
			return "", false
		}
		s = strings.TrimSuffix(s, "&") + part
	}
	return s, true
}

// Int returns the value of an integer card that fits 64 bits.
func (c Card) Int() (int64, bool) {
	v, ok := valueField(c.raw)
	if !ok {
		return 0, false
	}
	return parseInt(token(v))
}

// Float returns the value of an integer or real card. The exponent letter D
// of FORTRAN is understood.
func (c Card) Float() (float64, bool) {
	v, ok := valueField(c.raw)
	if !ok {
		return 0, false
	}
	if k := kindOf(v); k != Integer && k != Real {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.Replace(string(token(v)), "D", "E", 1), 64)
	return f, err == nil
}

// Bool returns the value of a logical card.
func (c Card) Bool() (value, ok bool) {
	v, ok := valueField(c.raw)
	if !ok || kindOf(v) != Logical {
		return false, false
	}
	return token(v)[0] == 'T', true
}

// Text returns the value as text whatever its kind: a string without its
// quotes, anything else as written. It is empty for an undefined value; of a
// commentary card it is the commentary.
func (c Card) Text() string {
	if s, ok := c.Str(); ok {
		return s
	}
	v, ok := valueField(c.raw)
	if !ok {
		return string(bytes.TrimRight(c.raw[8:cardLen], " "))
	}
	return string(token(v))
}

// Comment returns the text behind the slash.
func (c Card) Comment() string {
	v, ok := valueField(c.raw)
	if !ok {
		return ""
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

// keyOf returns the keyword of the record.
func keyOf(raw []byte) []byte {
	if string(raw[:9]) == "HIERARCH " {
		if i := bytes.IndexByte(raw[:cardLen], '='); i > 9 {
			return bytes.TrimSpace(raw[9:i])
		}
	}
	return bytes.TrimRight(raw[:8], " ")
}

// valueField returns what follows the value indicator of the first record,
// leading blanks removed; false when there is none (FITS 4.0 §4.1.2.2).
func valueField(raw []byte) ([]byte, bool) {
	if raw[8] == '=' && raw[9] == ' ' {
		return bytes.TrimLeft(raw[10:cardLen], " "), true
	}
	if string(raw[:9]) == "HIERARCH " {
		if i := bytes.IndexByte(raw[:cardLen], '='); i > 9 {
			return bytes.TrimLeft(raw[i+1:cardLen], " "), true
		}
	}
	return nil, false
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
// §4.2.4, so that words such as NaN or 0x10 are no numbers.
func numberKind(t []byte) ValueKind {
	i, digits, kind := 0, 0, Integer
	if t[0] == '+' || t[0] == '-' {
		i++
	}
	for ; i < len(t); i++ {
		switch c := t[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && kind == Integer:
			kind = Real
		case (c == 'E' || c == 'D') && digits > 0:
			if e := t[i+1:]; len(e) > 0 && numberKind(e) == Integer {
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
	if len(t) == 0 || len(t) > 70 || numberKind(t) != Integer {
		return 0, false
	}
	n, err := strconv.ParseInt(string(t), 10, 64)
	return n, err == nil
}

// unquote reads a string that begins with a quote: its text without trailing
// blanks, and what follows the closing quote.
func unquote(v []byte) (text string, rest []byte, err error) {
	if len(v) == 0 || v[0] != '\'' {
		return "", nil, errNoString
	}
	for i := 1; i < len(v); i++ {
		if v[i] != '\'' {
			continue
		}
		if i+1 < len(v) && v[i+1] == '\'' {
			i++
			continue
		}
		s := string(bytes.TrimRight(v[1:i], " "))
		if strings.Contains(s, "''") {
			s = strings.ReplaceAll(s, "''", "'")
		}
		return s, v[i+1:], nil
	}
	return "", nil, errNoQuote
}
