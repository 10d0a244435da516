package figure

import (
	"image"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"exoplanetai/internal/exo"
)

type palette struct {
	bg, surface, shade, line, strong, text, text2, raw, processed, trend color.RGBA
	reason                                                               [reasonCount]color.RGBA
}

func rgb(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }

// paletteOf are the tokens of the web page, light or dark.
func paletteOf(dark bool) palette {
	if dark {
		return palette{rgb(0x0c1118), rgb(0x141b25), rgb(0x1b2431), rgb(0x263142), rgb(0x6b7a90), rgb(0xe9eef5), rgb(0xb3bfce), rgb(0x93a3b8), rgb(0x7cb8ff), rgb(0xff9a52),
			[reasonCount]color.RGBA{rgb(0x93a3b8), rgb(0xe38cc4), rgb(0xf0b440), rgb(0x4fcfa6), rgb(0x7cb8ff), rgb(0xff8f87)}}
	}
	return palette{rgb(0xf5f6f9), rgb(0xffffff), rgb(0xf0f2f6), rgb(0xdfe3ea), rgb(0x868fa0), rgb(0x141a24), rgb(0x4a5567), rgb(0x5d6b80), rgb(0x0b5cad), rgb(0xc44e00),
		[reasonCount]color.RGBA{rgb(0x5d6b80), rgb(0x9c3d7a), rgb(0xb06a00), rgb(0x007257), rgb(0x0b5cad), rgb(0xb3261e)}}
}

// box is a rectangle: x0 <= x < x1, y0 <= y < y1.
type box struct{ x0, y0, x1, y1 int }

type canvas struct {
	img                  *image.RGBA
	p                    palette
	regular, bold, small font.Face
}

func newCanvas(w, h int, dark bool) (*canvas, error) {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), p: paletteOf(dark)}
	for _, f := range []struct {
		face *font.Face
		ttf  []byte
		size float64
	}{{&c.regular, goregular.TTF, 14}, {&c.bold, gobold.TTF, 20}, {&c.small, goregular.TTF, 12.5}} {
		parsed, err := opentype.Parse(f.ttf)
		if err == nil {
			*f.face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull})
		}
		if err != nil {
			return nil, exo.E("figure.PNG", exo.Internal, "font", err)
		}
	}
	c.fill(box{0, 0, w, h}, c.p.bg)
	return c, nil
}

// fill fills a box, cut to the picture.
func (c *canvas) fill(b box, col color.RGBA) {
	r := image.Rect(b.x0, b.y0, b.x1, b.y1).Intersect(c.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.img.Pix[c.img.PixOffset(r.Min.X, y):]
		for x := range r.Dx() {
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = col.R, col.G, col.B, 255
		}
	}
}

// blend mixes a colour into a pixel; a is its share, 0 to 1.
func (c *canvas) blend(x, y int, col color.RGBA, a float64) {
	if a <= 0 || !(image.Point{X: x, Y: y}).In(c.img.Rect) {
		return
	}
	a = min(a, 1)
	p := c.img.Pix[c.img.PixOffset(x, y):]
	for i, v := range [3]uint8{col.R, col.G, col.B} {
		p[i] = uint8(math.Round(float64(p[i]) + float64(a*(float64(v)-float64(p[i])))))
	}
}

// line draws a straight line with round ends, smoothed, inside a box.
func (c *canvas) line(b box, x0, y0, x1, y1, width float64, col color.RGBA) {
	r := width/2 + 0.5
	left, right := max(int(min(x0, x1)-r), b.x0), min(int(max(x0, x1)+r)+1, b.x1)
	top, bottom := max(int(min(y0, y1)-r), b.y0), min(int(max(y0, y1)+r)+1, b.y1)
	dx, dy := x1-x0, y1-y0
	length := float64(dx*dx) + float64(dy*dy)
	for y := top; y < bottom; y++ {
		for x := left; x < right; x++ {
			px, py := float64(x)+0.5-x0, float64(y)+0.5-y0
			u := 0.0
			if length > 0 {
				u = min(max((float64(px*dx)+float64(py*dy))/length, 0), 1)
			}
			ex, ey := px-float64(u*dx), py-float64(u*dy)
			c.blend(x, y, col, r-math.Sqrt(float64(ex*ex)+float64(ey*ey)))
		}
	}
}

// disc draws a filled circle.
func (c *canvas) disc(b box, x, y, radius float64, col color.RGBA) {
	c.line(b, x, y, x, y, 2*radius, col)
}

// mark draws the symbol of a reason around a point.
func (c *canvas) mark(b box, reason int, x, y float64) {
	col, r := c.p.reason[reason], 4.0
	stroke := func(list ...float64) {
		for i := 0; i+3 < len(list); i += 2 {
			c.line(b, x+r*list[i], y+r*list[i+1], x+r*list[i+2], y+r*list[i+3], 1.6, col)
		}
	}
	switch reason {
	case byQuality:
		stroke(-.8, -.8, .8, .8)
		stroke(-.8, .8, .8, -.8)
	case byOutlier: // filled triangle
		for k := -1.0; k <= 1; k += 0.25 {
			half := (k + 1) / 2
			stroke(-half, k*.9, half, k*.9)
		}
	case byEdge: // filled diamond
		for k := -1.0; k <= 1; k += 0.25 {
			half := 1 - math.Abs(k)
			stroke(-half, k, half, k)
		}
	case byDuplicate:
		stroke(-1, 0, 1, 0)
		stroke(0, -1, 0, 1)
	case byTrend:
		stroke(-.8, -.8, .8, -.8, .8, .8, -.8, .8, -.8, -.8)
	default:
		c.dot(b, int(x), int(y), 3, col)
	}
}

// dot fills a square of a few pixels.
func (c *canvas) dot(b box, x, y, size int, col color.RGBA) {
	x, y = x-size/2, y-size/2
	c.fill(box{max(x, b.x0), max(y, b.y0), min(x+size, b.x1), min(y+size, b.y1)}, col)
}

// hatch fills a box with slanting lines.
func (c *canvas) hatch(b box, col color.RGBA) {
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			if (x+y)%8 == 0 {
				c.blend(x, y, col, 1)
			}
		}
	}
}

func (c *canvas) width(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }

func (c *canvas) text(face font.Face, s string, x, y int, col color.RGBA) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(col), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// textFit draws a text, cut with an ellipsis where it is longer than the room.
func (c *canvas) textFit(face font.Face, s string, x, y, room int, col color.RGBA) {
	const longest = 400 // characters; no text that is drawn has as many
	r := []rune(strings.ToValidUTF8(s, "?"))
	cut := len(r) > longest
	r = r[:min(len(r), longest)]
	for len(r) > 0 && c.width(face, string(r))+15 > room {
		r, cut = r[:len(r)-1], true
	}
	if s = string(r); cut {
		s += "…"
	}
	c.text(face, s, x, y, col)
}

// textUp draws a text that reads upwards, centred on y.
func (c *canvas) textUp(face font.Face, s string, x, y int, col color.RGBA) {
	w, h := c.width(face, s), face.Metrics().Height.Ceil()+4
	t := image.NewAlpha(image.Rect(0, 0, w, h))
	d := font.Drawer{Dst: t, Src: image.Opaque, Face: face, Dot: fixed.P(0, h-6)}
	d.DrawString(s)
	for i := range w {
		for j := range h {
			c.blend(x+j, y+w/2-i, col, float64(t.AlphaAt(i, j).A)/255)
		}
	}
}
