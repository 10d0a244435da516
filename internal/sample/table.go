package sample

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// column describes one column of a served table. Types are those of the
// NASA Exoplanet Archive: int, long, double, char, date.
type column struct {
	name, kind, unit, desc string
}

func (c column) numeric() bool { return c.kind == "int" || c.kind == "long" || c.kind == "double" }

// table is a table in memory: cells as text, empty for null. It does not change
// after newTable, apart from what it works out on demand.
type table struct {
	name   string
	desc   string
	cols   []column
	rows   [][]string
	index  map[string]int // lower-case name to column
	digest uint64         // of the content, for validators
	verb   []byte         // bytes of the file it came from, where they are an archive's answer as they stand

	nums []numbers // per column, on demand
}

type numbers struct {
	once sync.Once
	vals []float64
}

func newTable(name string, cols []column, rows [][]string) *table {
	t := &table{name: name, cols: cols, rows: rows, index: make(map[string]int, len(cols)), nums: make([]numbers, len(cols))}
	for i, c := range cols {
		if _, dup := t.index[strings.ToLower(c.name)]; !dup {
			t.index[strings.ToLower(c.name)] = i
		}
	}
	h := uint64(fnvOffset)
	for _, c := range cols {
		h = fnv1a(h, c.name)
	}
	for _, r := range rows {
		for _, s := range r {
			h = fnv1a(h, s)
		}
	}
	t.digest = h
	return t
}

// Constants of the 64-bit FNV-1a hash.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// fnv1a continues a hash over a text and its end. The hash of the standard
// library would copy every cell.
func fnv1a(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h * fnvPrime
}

// col returns the position of a column, -1 if there is none.
func (t *table) col(name string) int {
	if i, ok := t.index[strings.ToLower(name)]; ok {
		return i
	}
	return -1
}

// cell returns a cell's text; "" for a column that is not there.
func (t *table) cell(row int, name string) string {
	if i := t.col(name); i >= 0 {
		return t.rows[row][i]
	}
	return ""
}

// floats returns a column's numbers, NaN where there is none.
func (t *table) floats(col int) []float64 {
	n := &t.nums[col]
	n.once.Do(func() {
		n.vals = make([]float64, len(t.rows))
		for i, r := range t.rows {
			n.vals[i] = number(r[col])
		}
	})
	return n.vals
}

// float returns a cell's number, NaN where there is none.
func (t *table) float(row int, name string) float64 {
	if i := t.col(name); i >= 0 {
		return t.floats(i)[row]
	}
	return math.NaN()
}

// number reads a cell's number; NaN for anything else.
func number(s string) float64 {
	if s == "" {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}
