package figure

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"exoplanetai/internal/exo"
)

// plot is the frame of one panel: the inner box and its limits in y.
type plot struct {
	c      *canvas
	b      box
	lo, hi float64
	edge   map[[2]int]bool // columns whose upper or lower edge has an arrow
}

func (p *plot) y(v float64) float64 {
	return float64(p.b.y1) - (v-p.lo)/(p.hi-p.lo)*float64(p.b.y1-p.b.y0)
}

// clipped returns the pixel of a value; side is -1 or 1 for one that lies below
// or above the limits.
func (p *plot) clipped(v float64) (y float64, side int) {
	switch {
	case v < p.lo:
		return float64(p.b.y1) - 6, -1
	case v > p.hi:
		return float64(p.b.y0) + 6, 1
	}
	return p.y(v), 0
}

// arrow points to a value outside the panel, once for each few columns.
func (p *plot) arrow(x float64, side int, col color.RGBA) {
	key := [2]int{int(x) / 5, side}
	if p.edge[key] {
		return
	}
	p.edge[key] = true
	y, d := float64(p.b.y1)-3, -5.0
	if side > 0 {
		y, d = float64(p.b.y0)+3, 5
	}
	p.c.line(p.b, x-3, y+d, x, y, 1.4, col)
	p.c.line(p.b, x+3, y+d, x, y, 1.4, col)
}

// newPlot draws the surface, the title and the y axis.
func newPlot(c *canvas, b box, title, unit string, values []float64) (*plot, bool) {
	lo, hi, ok := yRange(values)
	p := &plot{c: c, b: box{b.x0, b.y0 + 30, b.x1, b.y1 - 46}, lo: lo, hi: hi, edge: map[[2]int]bool{}}
	c.fill(p.b, c.p.surface)
	c.text(c.regular, title, b.x0, b.y0+19, c.p.text)
	if !ok {
		s := "no points to show"
		c.text(c.regular, s, (b.x0+b.x1-c.width(c.regular, s))/2, (p.b.y0+p.b.y1)/2, c.p.text2)
	}
	list, step := ticks(lo, hi, max((p.b.y1-p.b.y0)/52, 2))
	for _, v := range list {
		if y := int(p.y(v)); ok && y > p.b.y0+4 && y < p.b.y1-2 {
			c.fill(box{p.b.x0, y, p.b.x1, y + 1}, c.p.line)
			s := label(v, step)
			c.text(c.small, s, p.b.x0-8-c.width(c.small, s), y+4, c.p.text2)
		}
	}
	c.textUp(c.small, unit, 4, (p.b.y0+p.b.y1)/2, c.p.text2)
	return p, ok
}

func (p *plot) frame(b box) {
	col := p.c.p.strong
	p.c.fill(box{b.x0, b.y0, b.x1, b.y0 + 1}, col)
	p.c.fill(box{b.x0, b.y1, b.x1, b.y1 + 1}, col)
	p.c.fill(box{b.x0, b.y0, b.x0 + 1, b.y1}, col)
	p.c.fill(box{b.x1 - 1, b.y0, b.x1, b.y1}, col)
}

// timeBack draws what lies behind the points: sectors, gaps, breaks.
func (p *plot) timeBack(s *series) {
	c, b := p.c, p.b
	for i, part := range s.x.parts {
		x0, x1 := int(s.x.at(part.from)), int(s.x.at(part.to))
		if i%2 == 1 {
			c.fill(box{x0, b.y0, x1, b.y1}, c.p.shade)
		}
	}
	for _, part := range s.f.Parts {
		gaps(part.Time, func(from, to float64) {
			if x0, x1 := int(s.x.at(from))+3, int(s.x.at(to))-2; x1-x0 >= 4 {
				c.hatch(box{x0, b.y0, x1, b.y1}, c.p.line)
			}
		})
	}
	for i := 1; i < len(s.x.blocks); i++ {
		c.fill(box{int(s.x.blocks[i-1].x1), b.y0, int(s.x.blocks[i].x0), b.y1 + 1}, c.p.bg)
	}
}

// gaps calls f for each stretch without a time that is longer than ten steps.
func gaps(t []float64, f func(from, to float64)) {
	var steps []float64
	last := math.NaN()
	for _, v := range t {
		if finite(v) {
			if v > last {
				steps = append(steps, v-last)
			}
			last = v
		}
	}
	if len(steps) < 2 {
		return
	}
	slices.Sort(steps)
	limit := 10 * steps[len(steps)/2]
	last = math.NaN()
	for _, v := range t {
		if finite(v) {
			if v-last > limit {
				f(last, v)
			}
			last = v
		}
	}
}

// timeFront draws frames, ticks and labels over the points.
func (p *plot) timeFront(s *series) {
	c, b := p.c, p.b
	end := -1 << 30
	for _, bl := range s.x.blocks {
		inner := box{int(bl.x0), b.y0, int(bl.x1), b.y1}
		p.frame(inner)
		list, step := ticks(bl.from, bl.to, max(int(bl.x1-bl.x0)/110, 1))
		for _, v := range list {
			x, text := int(s.x.at(v)), label(v, step)
			w := c.width(c.small, text)
			c.fill(box{x, b.y1, x + 1, b.y1 + 5}, c.p.strong)
			if x-w/2 > end+8 && x+w/2 < b.x1+20 {
				c.text(c.small, text, x-w/2, b.y1+19, c.p.text2)
				end = x + w/2
			}
		}
	}
	if len(s.x.blocks) == 0 {
		p.frame(b)
	}
	unit := "time, days"
	if zero := s.f.Scale.Zero(); zero > 0 {
		unit = "time, BJD \u2212 " + strconv.FormatFloat(zero, 'f', 0, 64) + " (" + string(s.f.Scale) + "), days"
	} else if s.f.Scale == exo.BJD {
		unit = "time, BJD, days"
	}
	c.text(c.small, unit, (b.x0+b.x1-c.width(c.small, unit))/2, b.y1+37, c.p.text2)
	end = -1 << 30
	for _, part := range s.x.parts {
		w := c.width(c.small, part.label)
		x := int(s.x.at(part.to)) - w - 5
		if x < end+6 || part.label == "" || x < b.x0 {
			continue
		}
		c.fill(box{x - 3, b.y0 + 2, x + w + 3, b.y0 + 19}, c.p.surface)
		c.text(c.small, part.label, x, b.y0+15, c.p.text2)
		end = x + w
	}
	p.transits(s)
}

// transits marks the mid-times of the ephemerides at the lower edge.
func (p *plot) transits(s *series) {
	const most = 400
	for _, e := range s.f.Ephemerides {
		for _, bl := range s.x.blocks {
			first, n := 0.0, 1.0
			if e.Period > 0 {
				first = math.Ceil((bl.from - e.T0) / e.Period)
				n = math.Floor((bl.to-e.T0)/e.Period) - first + 1
			}
			if !(n <= most) {
				continue
			}
			for k := range int(max(n, 0)) {
				if t := e.T0 + (first+float64(k))*e.Period; t >= bl.from && t <= bl.to {
					x := s.x.at(t)
					p.c.line(p.b, x, float64(p.b.y1)-1, x, float64(p.b.y1)-9, 2, p.c.p.trend)
				}
			}
		}
	}
}

// size of a point: smaller the more there are.
func dotSize(n, width int) int {
	if n > 6*width {
		return 2
	}
	return 3
}

func rawPanel(c *canvas, s *series, b box) {
	s.x = newXAxis(s.f.Parts, b.x0, b.x1)
	var values []float64
	for k, part := range s.f.Parts {
		for i, v := range part.Flux {
			if s.reason[k][i] == keptRow && finite(part.Time[i]) && finite(v) {
				values = append(values, v)
			}
		}
	}
	if len(values) == 0 { // nothing was kept: what was removed is all there is
		for _, part := range s.f.Parts {
			for i, v := range part.Flux {
				if finite(part.Time[i]) && finite(v) {
					values = append(values, v)
				}
			}
		}
	}
	unit := "flux, " + s.f.FluxUnit
	if s.f.FluxUnit == "" || s.f.FluxUnit == "1" {
		unit = "relative flux"
	}
	p, ok := newPlot(c, b, "Raw", unit, values)
	p.timeBack(s)
	if ok {
		p.rawPoints(s)
		p.trend(s)
	}
	p.timeFront(s)
	p.legend(s)
}

func (p *plot) rawPoints(s *series) {
	size := dotSize(s.rows, p.b.x1-p.b.x0)
	for pass := range 2 { // removed points over the kept ones
		for k, part := range s.f.Parts {
			for i, v := range part.Flux {
				reason := int(s.reason[k][i])
				if !finite(v) || !finite(part.Time[i]) || (reason == keptRow) != (pass == 0) {
					continue
				}
				x := s.x.at(part.Time[i])
				y, side := p.clipped(v)
				switch {
				case side != 0:
					p.arrow(x, side, p.c.p.reason[reason])
				case reason == keptRow:
					p.c.dot(p.b, int(x), int(y), size, p.c.p.raw)
				default:
					p.c.mark(p.b, reason, x, y)
				}
			}
		}
	}
}

// trend draws the trend, averaged over pixels so that it is one line.
func (p *plot) trend(s *series) {
	for _, part := range s.f.Parts {
		if part.Result == nil {
			continue
		}
		lastX, lastY, lastT := math.NaN(), math.NaN(), math.NaN()
		col, sum, n := 0, 0.0, 0
		flush := func() {
			if n > 0 {
				x, y := float64(col)+0.5, p.y(sum/float64(n))
				y = min(max(y, float64(p.b.y0)-50), float64(p.b.y1)+50)
				if x-lastX < 12 {
					p.c.line(p.b, lastX, lastY, x, y, 2.2, p.c.p.trend)
				} else {
					p.c.disc(p.b, x, y, 1.1, p.c.p.trend)
				}
				lastX, lastY = x, y
			}
			sum, n = 0, 0
		}
		for i, v := range part.Result.Trend {
			t := part.Time[i]
			if !finite(v) || !finite(t) {
				continue
			}
			if x := int(s.x.at(t)); x != col {
				flush()
				col = x
			}
			if t < lastT {
				lastX = math.NaN()
			}
			sum, n, lastT = sum+v, n+1, t
		}
		flush()
	}
}

// legend lists what is shown with counts, right of the panel's title.
func (p *plot) legend(s *series) {
	type item struct {
		reason int
		text   string
	}
	var list []item
	results := false
	for _, part := range s.f.Parts {
		results = results || part.Result != nil
	}
	kept := "points"
	if results {
		kept = reasonNames[keptRow]
	}
	list = append(list, item{keptRow, kept + " " + commas(strconv.Itoa(s.counts[keptRow]))})
	for r := 1; r < reasonCount; r++ {
		if n := s.counts[r]; n > 0 || results && r <= byOutlier {
			list = append(list, item{r, reasonNames[r] + " " + commas(strconv.Itoa(n))})
		}
	}
	if results {
		list = append(list, item{-1, "trend"})
	}
	if n := s.noTime + s.noFlux; n > 0 {
		list = append(list, item{-2, "and " + commas(strconv.Itoa(n)) + " without a value"}) // nothing is drawn of them, so no symbol stands for them
	}
	c, x := p.c, p.b.x0+60
	y := p.b.y0 - 11
	for _, it := range list {
		w, symbol := c.width(c.small, it.text), 21
		if it.reason == -2 {
			symbol = 0
		}
		if x+w+30 > p.b.x1 {
			return
		}
		all := box{0, 0, c.img.Rect.Dx(), c.img.Rect.Dy()}
		switch it.reason {
		case -1:
			c.line(all, float64(x), float64(y-4), float64(x+16), float64(y-4), 2.2, c.p.trend)
		case -2:
		default:
			c.mark(all, it.reason, float64(x+8), float64(y-4))
		}
		c.text(c.small, it.text, x+symbol, y, c.p.text2)
		x += symbol + w + 18
	}
}

func processedPanel(c *canvas, s *series, b box) {
	var values []float64
	n := 0
	for _, part := range s.f.Parts {
		if part.Result == nil {
			continue
		}
		for i, v := range part.Result.Flux {
			if finite(v) && finite(part.Time[i]) {
				values = append(values, v)
			}
		}
	}
	n = len(values)
	p, ok := newPlot(c, b, "Processed", "normalised flux", values)
	p.timeBack(s)
	size := dotSize(n, p.b.x1-p.b.x0)
	for _, part := range s.f.Parts {
		if part.Result == nil || !ok {
			continue
		}
		for i, v := range part.Result.Flux {
			if !finite(v) || !finite(part.Time[i]) {
				continue
			}
			x := s.x.at(part.Time[i])
			if y, side := p.clipped(v); side != 0 {
				p.arrow(x, side, c.p.processed)
			} else {
				c.dot(p.b, int(x), int(y), size, c.p.processed)
			}
		}
	}
	p.timeFront(s)
}
