package mast

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// row is a row of an answer. The archive's lists of columns and their types
// are not to be relied on: cells are read by name, leniently.
type row map[string]any

// null is what older answers write for an absent integer.
const null = -999

// text returns a cell as text; "" if it is absent or null.
func (r row) text(name string) string {
	switch v := r[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// int returns a cell as an integer; ok is false if it is absent or none.
func (r row) int(name string) (n int64, ok bool) {
	t := r.text(name)
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(t, 64)
		if ferr != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return 0, false
		}
		n = int64(f)
	}
	return n, n != null
}

// float returns a cell as a finite number; ok is false if it is absent or none.
func (r row) float(name string) (f float64, ok bool) {
	f, err := strconv.ParseFloat(r.text(name), 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && f != null
}
