package catalog

import (
	"math"
	"strconv"
	"strings"
)

// ColumnNamed returns the place of the column of that name, -1 if the table has
// none. Case, punctuation and repeated blanks do not count.
func (t *Table) ColumnNamed(name string) int {
	if j, ok := t.byName[canon(name)]; ok {
		return j
	}
	return -1
}

// Filled returns how many cells of column j have text.
func (t *Table) Filled(j int) int { return t.filled[j] }

// Need is a column that the program reads, and what it must be.
type Need struct {
	Column   int  // place in the table
	Required bool // the table is of no use without
	Number   bool // its cells are numbers or empty
}

// Needs lists the columns that are required or must hold numbers, in the order
// of their roles.
func (t *Table) Needs() []Need {
	var list []Need
	for _, f := range fields[t.Type] {
		if j := t.at[f.role]; j >= 0 && (f.required || f.number) {
			list = append(list, Need{j, f.required, f.number})
		}
	}
	return list
}

// Twins returns, for tables with a row for each paper, how many rows share the
// key of their first row but for the ordinal, by that row.
func (t *Table) Twins() map[int]int {
	n := make(map[int]int, len(t.twins))
	for _, rows := range t.twins {
		n[rows[0]] = len(rows)
	}
	return n
}

// Floats appends the numbers of column j, one for each row, to dst[:0]; NaN
// where the cell is empty or no finite decimal number.
func (t *Table) Floats(j int, dst []float64) []float64 {
	dst = dst[:0]
	for i := range t.Len() {
		dst = append(dst, ParseNumber(t.rows.Cell(i, j)))
	}
	return dst
}

// Numbers returns what Floats does for several columns, in one walk through the
// text.
func (t *Table) Numbers(columns []int) [][]float64 {
	all := make([]float64, len(columns)*t.Len())
	list := make([][]float64, len(columns))
	var filled []int
	for k, j := range columns {
		list[k] = all[k*t.Len() : (k+1)*t.Len() : (k+1)*t.Len()]
		if t.filled[j] > 0 {
			filled = append(filled, k)
			continue
		}
		for i := range list[k] {
			list[k][i] = math.NaN()
		}
	}
	for i := range t.Len() {
		for _, k := range filled {
			list[k][i] = ParseNumber(t.rows.Cell(i, columns[k]))
		}
	}
	return list
}

// IsNumber tells whether the text is a decimal number: 12, -.5, 1e-3. The words
// NaN and Inf are none.
func IsNumber(s string) bool { return s != "" && classify(s) != typeChar }

// powers are the powers of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// ParseNumber reads a decimal number, NaN if the text, without the blanks around
// it, is none or is beyond the range of a float64. The result is the nearest
// float64: numbers of up to 15 digits and small exponents are made of two exact
// values by one operation (Clinger 1990, PLDI 25, section 2), others by strconv.
func ParseNumber(s string) float64 {
	if s == "" {
		return math.NaN()
	}
	i, neg := 0, s[0] == '-'
	if neg || s[0] == '+' {
		i++
	}
	var mantissa uint64
	digits, point := 0, -1
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c < 10 {
			mantissa = mantissa*10 + uint64(c)
			digits++
		} else if s[i] == '.' && point < 0 {
			point = digits
		} else {
			break
		}
	}
	if digits == 0 || digits > 18 {
		return slowNumber(s)
	}
	exp := 0
	if point >= 0 {
		exp = point - digits
	}
	if i < len(s) {
		e, ok := exponent(s[i:])
		if !ok {
			return slowNumber(s)
		}
		exp += e
	}
	if mantissa >= 1<<53 || exp < -22 || exp > 22 {
		return slowNumber(s)
	}
	v := float64(mantissa)
	if exp < 0 {
		v /= powers[-exp]
	} else {
		v *= powers[exp]
	}
	if neg {
		return -v
	}
	return v
}

// exponent reads e-05 and the like.
func exponent(s string) (int, bool) {
	if len(s) < 2 || len(s) > 5 || s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s = s[1:]
	neg := s[0] == '-'
	if neg || s[0] == '+' {
		s = s[1:]
	}
	n := 0
	for k := range len(s) {
		if s[k]-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(s[k]-'0')
	}
	if neg {
		n = -n
	}
	return n, s != ""
}

func slowNumber(s string) float64 {
	s = strings.TrimSpace(s)
	if !IsNumber(s) {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// ParseAngle reads an angle in degrees, or sexagesimal text, whose right
// ascensions (hours) are in hours. The answer is in degrees; ok is false for
// text that is no angle.
func ParseAngle(s string, hours bool) (deg float64, ok bool) {
	deg, err := parseAngle(strings.TrimSpace(s), hours)
	return deg, err == nil
}
