package fits

import (
	"errors"
	"fmt"
	"strconv"

	"exoplanetai/internal/exo"
)

var (
	errNoString = errors.New("has no string")
	errNoQuote  = errors.New("has a string without closing quote")
)

// hduName names an HDU in errors; the primary HDU is number 0.
func hduName(i int) string { return "HDU " + strconv.Itoa(i) }

// corrupt makes the error for damaged or malformed bytes of an HDU.
func corrupt(op string, hdu int, format string, args ...any) error {
	return exo.Errorf(op, exo.Corrupt, hduName(hdu), "%s: %s", hduName(hdu), fmt.Sprintf(format, args...))
}

// invalid makes the error for a call that does not suit the data.
func invalid(op, item, format string, args ...any) error {
	return exo.Errorf(op, exo.Invalid, item, format, args...)
}
