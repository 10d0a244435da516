package catalog

import (
	"math"
	"strconv"
	"strings"
)

// Clip shortens a cell for a message to at most 200 bytes.
func Clip(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// parseAngle reads degrees, or sexagesimal text: 21:14:56.88, 07h29m25.85s,
// -12d41m45.46s. Sexagesimal right ascensions are in hours. The answer is in
// degrees.
func parseAngle(s string, hours bool) (float64, error) {
	if !strings.ContainsAny(s, ":hdms ") {
		v, err := strconv.ParseFloat(s, 64)
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			err = strconv.ErrRange
		}
		return v, err
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(":hdms ", r) })
	if len(parts) == 0 || len(parts) > 3 {
		return 0, strconv.ErrSyntax
	}
	sign, total, scale := 1.0, 0.0, 1.0
	if strings.HasPrefix(parts[0], "-") {
		sign = -1
	}
	parts[0] = strings.TrimLeft(parts[0], "+-")
	for k, p := range parts {
		if p == "" || p[0] == '-' || p[0] == '+' || classify(p) == typeChar {
			return 0, strconv.ErrSyntax
		}
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || k > 0 && v >= 60 {
			return 0, strconv.ErrSyntax
		}
		total += v / scale
		scale *= 60
	}
	if hours {
		total *= 15
	}
	return sign * total, nil
}
