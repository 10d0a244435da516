package fits

import "strconv"

// Image is a view of an image (FITS 4.0 §7.1): pixels in the order of the
// file, the first axis fastest.
type Image struct {
	Bitpix  int     // 8, 16, 32, 64, -32 or -64
	Dims    []int   // lengths of the axes, the fastest first; empty: no data
	Scale   float64 // BSCALE, 1 when absent
	Zero    float64 // BZERO, 0 when absent
	Null    int64   // BLANK of an integer image, where HasNull
	HasNull bool

	pixels source
}

// Image reads the description of an image: the primary HDU or an IMAGE
// extension; another kind is exo.Invalid. exo.Corrupt names a card that
// cannot be read.
func (h *HDU) Image() (*Image, error) {
	const op = "fits.Image"
	if h.Kind != KindPrimary && h.Kind != KindImage {
		return nil, invalid(op, hduName(h.Index), "%s is no image", hduName(h.Index))
	}
	bitpix, _ := h.Header.ordered(1, "BITPIX")
	naxis, _ := h.Header.ordered(2, "NAXIS")
	m := &Image{Bitpix: int(bitpix), Scale: 1, Dims: make([]int, naxis)}
	for i := range m.Dims {
		n, _ := h.Header.ordered(3+i, "NAXIS"+strconv.Itoa(i+1))
		m.Dims[i] = int(n)
	}
	for key, p := range map[string]*float64{"BSCALE": &m.Scale, "BZERO": &m.Zero} {
		if h.Header.Has(key) {
			var ok bool
			if *p, ok = h.Header.Float(key); !ok {
				return nil, corrupt(op, h.Index, "%s is no number", key)
			}
		}
	}
	if h.Header.Has("BLANK") && bitpix > 0 {
		if m.Null, m.HasNull = h.Header.Int("BLANK"); !m.HasNull {
			return nil, corrupt(op, h.Index, "BLANK is no integer")
		}
	}
	letter := letterOf(bitpix)
	m.pixels = source{letter: letter, data: h.data, groups: 1, each: len(h.data) / sizeOf(letter),
		scale: m.Scale, zero: m.Zero, null: m.Null, hasNull: m.HasNull}
	return m, nil
}

// Len returns the number of pixels.
func (m *Image) Len() int { return m.pixels.each }

// Float64 returns the pixels, scaled by BSCALE and BZERO, BLANK as NaN. The
// result is dst when that is large enough.
func (m *Image) Float64(dst []float64) []float64 {
	dst = resize(dst, m.Len())
	loadFloats(dst, m.pixels)
	return dst
}

// Float32 is Float64 in single precision.
func (m *Image) Float32(dst []float32) []float32 {
	dst = resize(dst, m.Len())
	loadFloats(dst, m.pixels)
	return dst
}

// Int32 returns the pixels of an integer image; exo.Invalid when it is none,
// or names the first pixel that is blank or does not fit.
func (m *Image) Int32(dst []int32) ([]int32, error) { return imageInts(m, "fits.Image.Int32", dst) }

// Int64 is Int32 in 64 bits.
func (m *Image) Int64(dst []int64) ([]int64, error) { return imageInts(m, "fits.Image.Int64", dst) }

func imageInts[T whole](m *Image, op string, dst []T) ([]T, error) {
	if m.Bitpix < 0 {
		return nil, invalid(op, "image", "the image holds fractions, BITPIX %d", m.Bitpix)
	}
	dst = resize(dst, m.Len())
	if at, why := loadInts(dst, m.pixels); why != "" {
		return nil, invalid(op, "image", "pixel %d %s", at+1, why)
	}
	return dst, nil
}
