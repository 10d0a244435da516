package figure

import (
	"image/png"
	"io"
	"math"

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

// Limits of the picture, in pixels.
const (
	MinWidth, MaxWidth    = 400, 8000
	leastPanel, maxHeight = 150, 8000
	headHeight            = 72
	panelHeight           = 340
	footHeight            = 12
)

// PNG writes the picture. The same figure gives the same bytes. A width
// outside 400 to 8000 pixels, a height above 8000 or below what the panels need
// (150 each, and 84), and columns that differ in length, are exo.Invalid.
func PNG(w io.Writer, f Figure) error {
	panels, err := f.check()
	if err != nil {
		return err
	}
	c, err := newCanvas(f.Width, f.Height, f.Dark)
	if err != nil {
		return err
	}
	s := newSeries(f)
	c.textFit(c.bold, f.Title, 20, 32, f.Width-40, c.p.text)
	c.textFit(c.regular, f.Subtitle, 20, 55, f.Width-40, c.p.text2)
	y, each := headHeight, (f.Height-headHeight-footHeight)/len(panels)
	for _, draw := range panels {
		draw(c, s, box{x0: 96, x1: f.Width - 24, y0: y, y1: y + each})
		y += each
	}
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(w, c.img); err != nil {
		return exo.E("figure.PNG", exo.Unavailable, f.Title, err)
	}
	return nil
}

type panel func(c *canvas, s *series, b box)

// check completes the size and returns the panels to draw.
func (f *Figure) check() ([]panel, error) {
	const op = "figure.PNG"
	panels, results := []panel{rawPanel}, false
	for _, p := range f.Parts {
		n := len(p.Time)
		if len(p.Flux) != n || p.Result != nil && (len(p.Result.Flux) != n || len(p.Result.Trend) != n || len(p.Result.Flag) != n) {
			return nil, exo.Errorf(op, exo.Invalid, p.Label, "the columns of part %q differ in length", p.Label)
		}
		results = results || p.Result != nil
	}
	if results {
		panels = append(panels, processedPanel)
		if len(f.Ephemerides) > 0 {
			panels = append(panels, foldedPanel)
		}
	}
	if f.Width == 0 {
		f.Width = 1600
	}
	if f.Height == 0 {
		f.Height = headHeight + panelHeight*len(panels) + footHeight
	}
	if f.Width < MinWidth || f.Width > MaxWidth {
		return nil, exo.Errorf(op, exo.Invalid, "width", "the width %d is not in %d to %d pixels", f.Width, MinWidth, MaxWidth)
	}
	if least := headHeight + leastPanel*len(panels) + footHeight; f.Height < least || f.Height > maxHeight {
		return nil, exo.Errorf(op, exo.Invalid, "height", "the height %d is not in %d to %d pixels, for %d panels", f.Height, least, maxHeight, len(panels))
	}
	return panels, nil
}

// reasons for which a row with time and flux left, in the order in which one of
// several is shown.
const (
	keptRow = iota
	byQuality
	byOutlier
	byEdge
	byDuplicate
	byTrend
	reasonCount
)

var reasonNames = [reasonCount]string{"kept", "quality flag", "outlier", "short segment", "duplicate time", "trend not positive"}

// series is all parts with what the panels share.
type series struct {
	f      Figure
	x      xAxis
	reason [][]uint8 // of each part's rows
	counts [reasonCount]int
	noTime int
	noFlux int
	rows   int
}

func newSeries(f Figure) *series {
	s := &series{f: f, reason: make([][]uint8, len(f.Parts))}
	for k, p := range f.Parts {
		s.reason[k] = make([]uint8, len(p.Time))
		s.rows += len(p.Time)
		for i := range p.Time {
			switch {
			case !finite(p.Time[i]):
				s.noTime++
				continue
			case !finite(p.Flux[i]):
				s.noFlux++
				continue
			case p.Result != nil:
				s.reason[k][i] = reasonOf(p.Result.Flag[i], p.Result.Flux[i])
			}
			s.counts[s.reason[k][i]]++
		}
	}
	return s
}

func reasonOf(flag int32, flux float64) uint8 {
	switch {
	case finite(flux):
		return keptRow
	case flag&preprocess.FlagQuality != 0:
		return byQuality
	case flag&preprocess.FlagOutlier != 0:
		return byOutlier
	case flag&preprocess.FlagDuplicate != 0:
		return byDuplicate
	case flag&preprocess.FlagTrend != 0:
		return byTrend
	}
	return byEdge
}

// finite leaves out numbers so large that differences overflow.
func finite(v float64) bool { return math.Abs(v) < 1e300 }
