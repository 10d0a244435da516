package candidate

import (
	"math"
	"strconv"
	"strings"
)

// maxDigits bounds the numbers that are worked on as decimal text. Longer ones
// go through binary floats: no archive prints them.
const maxDigits = 40

// decimal is a finite number as the archive printed it: digits without the
// point, and how many of them stand behind it.
type decimal struct {
	neg    bool
	digits string
	frac   int // digits behind the point; below 0: zeros that follow
}

// parseDecimal reads [+-]digits[.digits][e[+-]digits] within the range of a float.
// ok is false for anything else, NaN and infinities too.
func parseDecimal(s string) (d decimal, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg, s = s[0] == '-', s[1:]
	}
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.ParseInt(s[i+1:], 10, 16)
		if err != nil {
			return d, false
		}
		mantissa, exponent = s[:i], int(e)
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	d.digits, d.frac = whole+frac, len(frac)-exponent
	if d.digits == "" || len(d.digits) > 100 || exponent < -200 || exponent > 200 {
		return d, false
	}
	for i := range len(d.digits) {
		if d.digits[i]-'0' > 9 {
			return d, false
		}
	}
	return d, true
}

// isNumber tells whether the text is a number that parseDecimal reads.
func isNumber(s string) bool {
	i := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		i++
	}
	from, points := i, 0
	for i < len(s) && (s[i]-'0' <= 9 || s[i] == '.' && points == 0) {
		if s[i] == '.' {
			points++
		}
		i++
	}
	if i == len(s) {
		return i-from > points && i-from <= 100
	}
	_, ok := parseDecimal(s)
	return ok
}

// isZero tells whether the text is a number and 0.
func isZero(s string) bool {
	d, ok := parseDecimal(s)
	return ok && strings.Trim(d.digits, "0") == ""
}

// small tells whether the number can be written without an exponent in a few
// dozen characters.
func (d decimal) small() bool {
	return len(d.digits) <= maxDigits && d.frac <= maxDigits && d.frac >= -maxDigits
}

// String writes the number without an exponent, with all its digits.
func (d decimal) String() string {
	digits := d.digits
	if d.frac < 0 {
		digits += strings.Repeat("0", -d.frac)
	}
	frac := max(d.frac, 0)
	if n := frac + 1 - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	whole := strings.TrimLeft(digits[:len(digits)-frac], "0")
	if whole == "" {
		whole = "0"
	}
	if frac > 0 {
		whole += "." + digits[len(digits)-frac:]
	}
	if d.neg {
		return "-" + whole
	}
	return whole
}

// shift multiplies a printed number by a power of ten, exactly: "0.0512" by 4
// is "512". What is no number gives "".
func shift(s string, by int) string {
	d, ok := parseDecimal(s)
	if !ok {
		return ""
	}
	if d.frac -= by; d.small() {
		return d.String()
	}
	return float(s, func(v float64) float64 { return v * math.Pow10(by) })
}

// plus adds a whole number to a printed one, exactly: no digit behind the point
// is lost or made up. "170.5387500" and 2454833 give "2455003.5387500".
func plus(s string, n int64) string {
	d, ok := parseDecimal(s)
	if !ok {
		return ""
	}
	const places = 18 // 10^18 fits into 64 bits
	if d.frac < 0 && d.frac >= -places {
		d.digits, d.frac = d.digits+strings.Repeat("0", -d.frac), 0
	}
	if !d.small() || d.frac < 0 || d.frac > places || len(d.digits)-d.frac > places-2 {
		return float(s, func(v float64) float64 { return v + float64(n) })
	}
	if len(d.digits) <= d.frac {
		d.digits = strings.Repeat("0", d.frac+1-len(d.digits)) + d.digits
	}
	whole, _ := strconv.ParseInt(d.digits[:len(d.digits)-d.frac], 10, 64) // at most 16 digits
	var frac int64
	if d.frac > 0 {
		frac, _ = strconv.ParseInt(d.digits[len(d.digits)-d.frac:], 10, 64) // at most 18 digits
	}
	if d.neg {
		whole, frac = -whole, -frac
	}
	whole += n
	one := int64(math.Pow10(d.frac))
	switch { // both parts get one sign
	case whole > 0 && frac < 0:
		whole, frac = whole-1, frac+one
	case whole < 0 && frac > 0:
		whole, frac = whole+1, frac-one
	}
	sign := ""
	if whole < 0 || frac < 0 {
		sign, whole, frac = "-", -whole, -frac
	}
	text := sign + strconv.FormatInt(whole, 10)
	if d.frac == 0 {
		return text
	}
	tail := strconv.FormatInt(frac, 10)
	return text + "." + strings.Repeat("0", d.frac-len(tail)) + tail
}

// float converts by binary arithmetic and writes the shortest text that gives
// the same float; "" for what is no finite number.
func float(s string, f func(float64) float64) string {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return ""
	}
	v = f(v)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	if a := math.Abs(v); a != 0 && (a < 1e-5 || a >= 1e15) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// unsigned drops the sign of an error: two archives write lower errors below 0,
// one writes them above.
func unsigned(s string) string { return strings.TrimLeft(s, "+-") }
