package fits

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// sizes gives the bytes of one element of each TFORM letter (FITS 4.0 table
// 18); X is counted in bits.
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
			return fmt.Errorf("has a repeat count beyond the row: %.40q", s)
		}
		c.Repeat = n
	}
	if digits == len(s) {
		return errors.New("is missing or has no letter")
	}
	c.Type = s[digits]
	size := sizeOf(c.Type)
	if size == 0 {
		return fmt.Errorf("has the unknown letter %q", c.Type)
	}
	if c.Type == 'X' {
		if c.Repeat > limit*8 {
			return errors.New("has a repeat count beyond the row")
		}
		c.Width = (c.Repeat + 7) / 8
		return nil
	}
	if c.Repeat > limit/size {
		return errors.New("has a repeat count beyond the row")
	}
	c.Width = c.Repeat * size
	if c.Type == 'P' || c.Type == 'Q' {
		return c.array(s[digits+1:])
	}
	return nil
}

// array reads what follows P or Q: element letter and largest length.
func (c *Column) array(s string) error {
	if c.Repeat > 1 {
		return errors.New("has more than one array descriptor in a row")
	}
	if s == "" || sizeOf(s[0]) == 0 || s[0] == 'P' || s[0] == 'Q' {
		return errors.New("has no known element letter")
	}
	c.Elem, c.MaxLen = s[0], -1
	if s = s[1:]; strings.HasPrefix(s, "(") && strings.Contains(s, ")") {
		n, err := strconv.Atoi(s[1:strings.IndexByte(s, ')')])
		if err != nil || n < 0 {
			return errors.New("has a largest length that is no number")
		}
		c.MaxLen = n
	}
	return nil
}
