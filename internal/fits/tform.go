package fits

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errRepeat = errors.New("TFORM has a repeat count beyond the row")

// sizeOf gives the bytes of one element of a TFORM letter (FITS 4.0 table
// 18), 0 for an unknown letter; bits, X, are counted elsewhere.
func sizeOf(letter byte) int {
	switch letter {
	case 'L', 'B', 'A', 'X':
		return 1
	case 'I':
		return 2
	case 'J', 'E':
		return 4
	case 'K', 'D', 'C', 'P':
		return 8
	case 'M', 'Q':
		return 16
	}
	return 0
}

// finish checks the form against the width of a row, and what depends on it.
func (c *Column) finish(limit int) error {
	if err := c.form(limit); err != nil {
		return err
	}
	if strings.IndexByte(integers, c.Type) < 0 && strings.IndexByte(integers, c.Elem) < 0 {
		c.HasNull, c.Null = false, 0 // TNULL is for integers only (FITS 4.0 §7.3.2)
	}
	if c.HasNull && !c.nullRead {
		return errors.New("TNULL is no integer")
	}
	elems := 1
	for _, d := range c.Dim {
		if d > 0 && elems > c.Repeat/d {
			elems = c.Repeat + 1
			break
		}
		elems *= d
	}
	if len(c.Dim) > 0 && elems > c.Repeat && c.Elem == 0 {
		return errors.New("TDIM has more elements than TFORM")
	}
	return nil
}

// form reads TForm: repeat count, letter, and for P and Q the element letter
// and the largest length. limit is the width of a row.
func (c *Column) form(limit int) error {
	s := strings.TrimLeft(c.TForm, " ")
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	c.Repeat = 1
	if digits > 0 {
		n, err := strconv.Atoi(s[:digits])
		if err != nil {
			return errRepeat
		}
		c.Repeat = n
	}
	if digits == len(s) {
		return errors.New("TFORM is missing or has no letter")
	}
	c.Type = s[digits]
	switch size := sizeOf(c.Type); {
	case size == 0:
		return fmt.Errorf("TFORM has the unknown letter %q", c.Type)
	case c.Type == 'X':
		if c.Width = c.Repeat/8 + min(c.Repeat%8, 1); c.Width > limit {
			return errRepeat
		}
	case c.Repeat > limit/size:
		return errRepeat
	default:
		c.Width = c.Repeat * size
	}
	if c.Type == 'P' || c.Type == 'Q' {
		return c.array(s[digits+1:])
	}
	return nil
}

// array reads what follows P or Q: element letter and largest length.
func (c *Column) array(s string) error {
	if c.Repeat > 1 {
		return errors.New("TFORM has more than one array descriptor in a row")
	}
	if s == "" || sizeOf(s[0]) == 0 || s[0] == 'P' || s[0] == 'Q' {
		return errors.New("TFORM has no known letter for the elements of its arrays")
	}
	c.Elem, c.MaxLen = s[0], -1
	s = strings.TrimRight(s[1:], " ")
	if s == "" {
		return nil
	}
	inner, ok := strings.CutPrefix(s, "(")
	inner, ok2 := strings.CutSuffix(inner, ")")
	n, err := strconv.ParseInt(inner, 10, 64)
	if !ok || !ok2 || err != nil || n < 0 {
		return errors.New("TFORM has a largest length that is no number")
	}
	c.MaxLen = int(n)
	return nil
}

// parseDim reads a TDIM value, "(4,3)"; the fastest axis comes first.
func parseDim(s string) ([]int, bool) {
	s, ok := strings.CutPrefix(strings.TrimSpace(s), "(")
	s, ok2 := strings.CutSuffix(s, ")")
	if !ok || !ok2 {
		return nil, false
	}
	dim := make([]int, 0, strings.Count(s, ",")+1)
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil || n < 0 {
			return nil, false
		}
		dim = append(dim, int(n))
	}
	return dim, true
}
