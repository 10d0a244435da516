package candidate

import (
	"strconv"
	"strings"
)

// degrees reads an angle: decimal degrees, which keep their text, or
// sexagesimal ("21:14:56.88", "00h44m59.67s", "-15d16m26.79s"), hours for a
// right ascension. A sexagesimal one is written with five decimals more than
// its seconds have: that is a hundredth of their last digit, so the seconds can
// be had back exactly. What is no angle gives "".
func degrees(s string, hours bool) string {
	if !strings.ContainsAny(s, ":hdms ") {
		if isNumber(s) {
			return s
		}
		return ""
	}
	sign := ""
	switch {
	case s[0] == '-':
		sign, s = "-", s[1:]
	case s[0] == '+':
		s = s[1:]
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(":hdms ", r) })
	if len(parts) < 2 || len(parts) > 3 {
		return ""
	}
	if len(parts) == 2 {
		parts = append(parts, "0")
	}
	whole, frac, _ := strings.Cut(parts[2], ".")
	if len(frac) > 9 {
		return ""
	}
	h, err1 := strconv.ParseUint(parts[0], 10, 9)
	m, err2 := strconv.ParseUint(parts[1], 10, 6)
	sec, err3 := strconv.ParseUint(whole, 10, 6)
	f, err4 := strconv.ParseUint("0"+frac, 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || m >= 60 || sec >= 60 {
		return ""
	}
	one := uint64(1)
	for range len(frac) {
		one *= 10
	}
	// In units of 10^-n seconds; a degree is 3600 of arc, 240 of time. Below
	// 10^16 by the bounds above, so the product fits.
	total, per := (h*3600+m*60+sec)*one+f, uint64(3600)
	if hours {
		per = 240
	}
	places := len(frac) + 5
	unit := total / per // whole units of 10^-n degrees
	rest := (total%per*100_000*2 + per) / (2 * per)
	if rest == 100_000 {
		unit, rest = unit+1, 0
	}
	d := decimal{digits: strconv.FormatUint(unit, 10) + pad(rest), frac: places}
	return sign + d.String()
}

// pad writes five digits.
func pad(n uint64) string {
	s := strconv.FormatUint(n, 10)
	return "00000"[min(len(s), 5):] + s
}
