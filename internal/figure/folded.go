package figure

import (
	"math"
	"strconv"

	"exoplanetai/internal/preprocess"
)

// fold returns the hours from the nearest mid-transit.
func fold(t float64, e preprocess.Ephemeris) float64 {
	dt := t - e.T0
	if e.Period > 0 {
		dt -= e.Period * math.Floor(dt/e.Period+0.5)
	}
	return 24 * dt
}

// foldedPanel draws the processed flux against the hours from mid-transit, on
// six durations, with the means of bins of a sixth of one.
func foldedPanel(c *canvas, s *series, b box) {
	e := s.f.Ephemerides[0]
	half := 12.0
	if e.Duration > 0 {
		half = 72 * e.Duration
	}
	if e.Period > 0 {
		half = min(half, 12*e.Period)
	}
	var hours, flux []float64
	for _, part := range s.f.Parts {
		if part.Result == nil {
			continue
		}
		for i, v := range part.Result.Flux {
			if h := fold(part.Time[i], e); finite(v) && math.Abs(h) <= half {
				hours, flux = append(hours, h), append(flux, v)
			}
		}
	}
	title := "Folded"
	if e.Object != "" {
		title += " on " + e.Object
	}
	if e.Period > 0 {
		title += ", period " + strconv.FormatFloat(e.Period, 'f', 6, 64) + " d"
	}
	values := append([]float64(nil), flux...)
	p, ok := newPlot(c, b, title, "normalised flux", values)
	width := float64(p.b.x1 - p.b.x0)
	at := func(h float64) float64 { return float64(p.b.x0) + (h+half)/(2*half)*width }
	for _, h := range []float64{-12 * e.Duration, 12 * e.Duration} {
		for y := p.b.y0; y < p.b.y1 && math.Abs(h) < half; y += 8 {
			c.fill(box{int(at(h)), y, int(at(h)) + 1, y + 4}, c.p.strong)
		}
	}
	size := dotSize(len(hours), int(width))
	for i := range hours {
		if y, side := p.clipped(flux[i]); side != 0 {
			p.arrow(at(hours[i]), side, c.p.raw)
		} else {
			c.dot(p.b, int(at(hours[i])), int(y), size, c.p.raw)
		}
	}
	if ok {
		p.bins(hours, flux, half, at)
	}
	p.frame(p.b)
	list, step := ticks(-half, half, max(int(width)/110, 1))
	for _, v := range list {
		x, text := int(at(v)), label(v, step)
		c.fill(box{x, p.b.y1, x + 1, p.b.y1 + 5}, c.p.strong)
		c.text(c.small, text, x-c.width(c.small, text)/2, p.b.y1+19, c.p.text2)
	}
	const unit = "hours from mid-transit"
	c.text(c.small, unit, (p.b.x0+p.b.x1-c.width(c.small, unit))/2, p.b.y1+37, c.p.text2)
}

// bins draws the mean of each bin with a rim.
func (p *plot) bins(hours, flux []float64, half float64, at func(float64) float64) {
	const count = 73 // odd: one bin is centred on mid-transit
	var sum [count]float64
	var n [count]int
	for i, h := range hours {
		k := min(max(int((h+half)/(2*half)*count), 0), count-1)
		sum[k] += flux[i]
		n[k]++
	}
	for k := range n {
		if n[k] == 0 {
			continue
		}
		x := at(-half + 2*half*(float64(k)+0.5)/count)
		y, side := p.clipped(sum[k] / float64(n[k]))
		if side == 0 {
			p.c.disc(p.b, x, y, 5, p.c.p.surface)
			p.c.disc(p.b, x, y, 3.8, p.c.p.trend)
		}
	}
}
