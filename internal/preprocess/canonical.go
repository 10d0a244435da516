package preprocess

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// appendParams writes all parameters as canonical JSON: keys sorted by bytes, no
// blanks, numbers in the shortest form that reads back as the same value (as
// RFC 8785 writes them), infinities as "inf", text in ASCII so that it fits
// into a FITS header.
func appendParams(b []byte, p *Params) []byte {
	list := specs()
	slices.SortFunc(list, func(x, y spec) int { return strings.Compare(x.name, y.name) })
	for i, s := range list {
		b = append(b, "{,"[min(i, 1)])
		b = appendText(b, s.name)
		b = append(b, ':')
		b = appendField(b, s.field(p))
	}
	return append(b, '}')
}

// appendField writes one field; a nil pointer is null.
func appendField(b []byte, field any) []byte {
	switch v := field.(type) {
	case *bool:
		return strconv.AppendBool(b, *v)
	case **bool:
		if *v != nil {
			return strconv.AppendBool(b, **v)
		}
	case *int:
		return strconv.AppendInt(b, int64(*v), 10)
	case **int:
		if *v != nil {
			return strconv.AppendInt(b, int64(**v), 10)
		}
	case *int64:
		return strconv.AppendInt(b, *v, 10)
	case *float64:
		return appendNumber(b, *v)
	case **float64:
		if *v != nil {
			return appendNumber(b, **v)
		}
	case **Number:
		if *v != nil {
			return appendNumber(b, float64(**v))
		}
	case *string:
		return appendText(b, *v)
	case *Bitmask:
		if v.Preset != "" {
			return appendText(b, string(v.Preset))
		}
		return strconv.AppendInt(b, int64(v.Mask), 10)
	case *[]string:
		b = append(b, '[')
		for i, s := range *v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, s)
		}
		return append(b, ']')
	case *[]Ephemeris:
		return appendEphemerides(b, *v)
	}
	return append(b, "null"...)
}

func appendEphemerides(b []byte, list []Ephemeris) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		first := true
		for _, m := range ephemerisMembers() {
			field := m.field(&list[i])
			if empty(field) && !m.required {
				continue
			}
			b = append(b, ",{"[btoi(first)])
			first = false
			b = appendText(b, m.name)
			b = append(b, ':')
			b = appendField(b, field)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// empty reports whether an optional member of an ephemeris is left out.
func empty(field any) bool {
	switch v := field.(type) {
	case *float64:
		return *v == 0
	case *string:
		return *v == ""
	}
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// appendNumber writes a number as ECMAScript does: digits where these are few,
// else with an exponent.
func appendNumber(b []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, "null"...)
	case math.IsInf(v, 1):
		return append(b, `"inf"`...)
	case math.IsInf(v, -1):
		return append(b, `"-inf"`...)
	case v == 0:
		return append(b, '0') // minus zero as well
	}
	if a := math.Abs(v); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	start := len(b)
	b = strconv.AppendFloat(b, v, 'e', -1, 64)
	// one digit is enough in e-09
	if n := len(b); n-start >= 4 && b[n-2] == '0' && (b[n-3] == '-' || b[n-3] == '+') {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendText writes a string in printable ASCII.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ' && r < 0x7f:
			b = append(b, byte(r))
		case r <= 0xffff:
			b = appendUnit(b, r)
		default:
			hi, lo := utf16.EncodeRune(r)
			b = appendUnit(appendUnit(b, hi), lo)
		}
	}
	return append(b, '"')
}

func appendUnit(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
