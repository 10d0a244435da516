package fits

import "strconv"

// NewPrimary makes a primary HDU without data. The header may hold the
// mandatory cards SIMPLE, BITPIX and NAXIS with comments of its own; those it
// lacks are put in. The header is taken over. The error is exo.Invalid.
func NewPrimary(h *Header) (*HDU, error) {
	h.ensure(0, "SIMPLE", true, "conforms to FITS standards")
	h.ensure(1, "BITPIX", 8, "array data type")
	h.ensure(2, "NAXIS", 0, "number of array dimensions")
	return newHDU("fits.NewPrimary", h, 0, nil)
}

// NewImage makes an image: the primary HDU when h begins with SIMPLE, an
// IMAGE extension otherwise. dims are the axes, the fastest first; data is
// []uint8, []int16, []int32, []int64, []float32 or []float64, whichever suits
// bitpix, and is stored as it is. Mandatory cards are those of NewPrimary,
// and PCOUNT and GCOUNT of an extension. The error is exo.Invalid.
func NewImage(h *Header, bitpix int, dims []int, data any) (*HDU, error) {
	const op = "fits.NewImage"
	letter := letterOf(int64(bitpix))
	if letter == 0 {
		return nil, invalid(op, "image", "there is no BITPIX %d", bitpix)
	}
	index := 1
	if h.find("SIMPLE") == 0 {
		index = 0
		h.ensure(0, "SIMPLE", true, "")
	} else {
		h.ensure(0, "XTENSION", "IMAGE", "Image extension")
	}
	h.ensure(1, "BITPIX", bitpix, "array data type")
	h.ensure(2, "NAXIS", len(dims), "number of array dimensions")
	n := min(len(dims), 1)
	for i, d := range dims {
		if d < 0 || d > 0 && n > maxData/d {
			return nil, invalid(op, "image", "axis %d cannot be %d pixels long", i+1, d)
		}
		h.ensure(3+i, "NAXIS"+strconv.Itoa(i+1), d, "length of dimension "+strconv.Itoa(i+1))
		n *= d
	}
	if index > 0 {
		h.ensure(3+len(dims), "PCOUNT", 0, "number of group parameters")
		h.ensure(4+len(dims), "GCOUNT", 1, "number of groups")
	}
	c := ColumnData{Name: "image", Data: data, Form: string(letter)}
	got, err := c.resolve()
	if err == nil && (got.count != n || c.Zero != 0) {
		return nil, invalid(op, "image", "%d pixels given as %T do not make an image of %d", got.count, data, n)
	}
	if err != nil {
		return nil, invalid(op, "image", "the image %s", err)
	}
	b := make([]byte, n*sizeOf(letter))
	c.fill(b, sizeOf(letter), got)
	return newHDU(op, h, index, b)
}

// maxData bounds what is built in memory: far above any light curve, and
// small enough that no product of sizes overflows.
const maxData = 1 << 40

// newHDU joins header and data, and checks that the header describes them.
func newHDU(op string, head *Header, index int, data []byte) (*HDU, error) {
	if err := head.Err(); err != nil {
		return nil, err
	}
	h := &HDU{Index: index, Header: head, data: data}
	if head.Len() < 3 {
		return nil, invalid(op, hduName(index), "the header lacks its mandatory cards")
	}
	size, err := h.shape()
	if err != nil || size != uint64(len(data)) {
		return nil, invalid(op, hduName(index), "the mandatory cards are not in order: %v", err)
	}
	return h, nil
}
