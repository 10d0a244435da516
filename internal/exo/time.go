package exo

import "time"

// Scale names the zero point of a barycentric time. Times of different scales
// are never compared or joined without conversion.
type Scale string

// The scales in use, all in days TDB at the solar-system barycentre.
const (
	BJD  Scale = "BJD"  // barycentric Julian date
	BKJD Scale = "BKJD" // BJD - 2454833, Kepler and K2
	BTJD Scale = "BTJD" // BJD - 2457000, TESS
)

// Zero returns the BJD at which the scale reads zero.
func (s Scale) Zero() float64 {
	switch s {
	case BKJD:
		return 2454833
	case BTJD:
		return 2457000
	}
	return 0
}

// Clock tells the time. The program's only clock is made in package app and
// handed down, so that tests can stop it.
type Clock func() time.Time

// Stamp formats a time as it stands in file names: UTC, 20260102_030405.
func Stamp(t time.Time) string { return t.UTC().Format("20060102_150405") }
