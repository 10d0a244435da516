// Package figure draws light curves as PNG pictures: the raw series with its
// trend and the removed points by reason, the processed series, and the same
// folded on an ephemeris. It is pure: values to bytes.
package figure

import (
	"io"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
)

// Part is one file of a light curve.
type Part struct {
	Label  string             // "S27", "Q4", "C5"
	Time   []float64          // days on Scale
	Flux   []float64          // raw
	Result *preprocess.Result // nil: only the raw panel is drawn
}

// Figure says what to draw.
type Figure struct {
	Title       string // "TIC 441420236 (AU Mic)"
	Subtitle    string // "profile transit, recipe 0123abcd, 2 sectors"
	Scale       exo.Scale
	FluxUnit    string
	Parts       []Part
	Ephemerides []preprocess.Ephemeris // the first is folded on; none: no folded panel
	Width       int                    // pixels; 0: 1600
	Height      int                    // pixels; 0: by the number of panels
	Dark        bool
}

// PNG writes the picture. The same figure gives the same bytes.
func PNG(w io.Writer, f Figure) error {
	return exo.Errorf("figure.PNG", exo.Internal, nil, "not built")
}
