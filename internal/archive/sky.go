package archive

import "math"

// Separation returns the angle between two positions in arcsec, exact for small
// and large angles (Vincenty's form of the great-circle distance). Positions
// are in degrees.
func Separation(ra1, dec1, ra2, dec2 float64) float64 {
	const rad = math.Pi / 180
	sd1, cd1 := math.Sincos(dec1 * rad)
	sd2, cd2 := math.Sincos(dec2 * rad)
	sr, cr := math.Sincos((ra2 - ra1) * rad)
	return math.Atan2(math.Hypot(cd2*sr, cd1*sd2-sd1*cd2*cr), sd1*sd2+cd1*cd2*cr) / rad * 3600
}
