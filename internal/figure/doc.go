// Package figure draws light curves as PNG pictures: the raw series with its
// trend and the removed points by reason, the processed series, and the same
// folded on an ephemeris. It is pure: values to bytes, and the same figure
// gives the same bytes.
//
// It draws on a small canvas of its own over golang.org/x/image, which brings
// the Go fonts and their rasterizer. gonum.org/v1/plot 0.17.0 was tried first:
// two panels of 20,000 points with a line through them took it 38 s, a stroke
// being one path with all its joins, and it has no broken axes.
package figure
