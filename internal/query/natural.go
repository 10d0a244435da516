package query

import (
	"cmp"
	"strings"
)

// natural compares two keys as a person orders them: runs of digits by their
// value, all else by its bytes. 9.01 comes before 10.01 and 101.01, K00752.01
// before K00752.02. Keys that differ only in leading zeros are ordered by their
// bytes, so that no two different keys are equal.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := run(x), run(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// run counts the digits that a text begins with.
func run(s string) int {
	n := 0
	for n < len(s) && s[n]-'0' < 10 {
		n++
	}
	return n
}
