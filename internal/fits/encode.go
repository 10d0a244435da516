package fits

import (
	"bytes"
	"io"

	"exoplanetai/internal/exo"
)

const opEncode = "fits.Encode"

// encoded returns the header as it stands in a file: cards, END, blanks. For
// a header that was parsed and not changed these are the bytes it came from.
func (h *Header) encoded() []byte {
	if h.block != nil {
		return h.block
	}
	n := roundUp(len(h.cards) + cardLen)
	b := append(make([]byte, 0, n), h.cards...)
	b = append(b, "END"...)
	return append(b, bytes.Repeat([]byte{' '}, n-len(b))...)
}

// padded appends data and padding: those of the file for an HDU that was
// parsed, else zeros, or blanks for an ASCII table (FITS 4.0 §3.3.2, §7.2.3).
func (h *HDU) padded(b []byte) []byte {
	if h.raw != nil {
		if b == nil {
			return h.body
		}
		return append(b, h.body...)
	}
	fill := byte(0)
	if h.Kind == KindASCII {
		fill = ' '
	}
	b = append(b, h.data...)
	return append(b, bytes.Repeat([]byte{fill}, roundUp(len(h.data))-len(h.data))...)
}

func roundUp(n int) int { return n + (blockLen-n%blockLen)%blockLen }

// Raw returns the bytes of the HDU in a file: header, data, padding. For an
// HDU that was parsed and not changed these are the bytes it came from. The
// error is the first mistake made in building the header.
func (h *HDU) Raw() ([]byte, error) {
	if err := h.Header.Err(); err != nil {
		return nil, err
	}
	if h.raw != nil && h.Header.block != nil {
		return h.raw, nil
	}
	head := h.Header.encoded()
	b := make([]byte, 0, len(head)+roundUp(len(h.data)))
	return h.padded(append(b, head...)), nil
}

// Encode writes the file. The first HDU must be a primary one and the others
// extensions, else the error is exo.Invalid; an error of the writer is passed
// on.
func (f *File) Encode(w io.Writer) error {
	for i, h := range f.HDUs {
		b, err := h.Raw()
		if err != nil {
			return err
		}
		if primary := bytes.HasPrefix(b, []byte("SIMPLE  =")); primary != (i == 0) {
			return invalid(opEncode, hduName(i), "%s: a file is one primary HDU and extensions behind it", hduName(i))
		}
		if _, err := w.Write(b); err != nil {
			return exo.E(opEncode, exo.KindOf(err), hduName(i), err)
		}
	}
	return nil
}

// Bytes returns the file as bytes.
func (f *File) Bytes() ([]byte, error) {
	n := 0
	for _, h := range f.HDUs {
		n += roundUp(len(h.Header.cards)+cardLen) + roundUp(len(h.data))
	}
	b := bytes.NewBuffer(make([]byte, 0, n))
	err := f.Encode(b)
	return b.Bytes(), err
}
