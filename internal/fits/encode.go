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

func roundUp(n int) int { return n + (blockLen-n%blockLen)%blockLen }

// parts returns the bytes of the HDU in a file in three pieces, so that large
// data are not copied: the header; the data, with the padding they had in the
// file they were parsed from; else the padding (FITS 4.0 §3.3.2).
func (h *HDU) parts() (parts [3][]byte, err error) {
	if err := h.Header.Err(); err != nil {
		return parts, err
	}
	head := h.Header.encoded()
	if h.raw != nil {
		return [3][]byte{head, h.body}, nil
	}
	return [3][]byte{head, h.data, make([]byte, roundUp(len(h.data))-len(h.data))}, nil
}

// Raw returns the bytes of the HDU in a file: header, data, padding. For an
// HDU that was parsed and not changed these are the bytes it came from. The
// error is the first mistake made in building the header.
func (h *HDU) Raw() ([]byte, error) {
	parts, err := h.parts()
	if err != nil {
		return nil, err
	}
	if h.raw != nil && h.Header.block != nil {
		return h.raw, nil
	}
	return bytes.Join(parts[:], nil), nil
}

// Encode writes the file. The first HDU must be a primary one and the others
// extensions, else the error is exo.Invalid; an error of the writer is passed
// on.
func (f *File) Encode(w io.Writer) error {
	for i, h := range f.HDUs {
		parts, err := h.parts()
		if err != nil {
			return err
		}
		if primary := bytes.HasPrefix(parts[0], []byte("SIMPLE  =")); primary != (i == 0) {
			return invalid(opEncode, hduName(i), "%s: a file is one primary HDU and extensions behind it", hduName(i))
		}
		for _, p := range parts {
			if _, err := w.Write(p); err != nil {
				return exo.E(opEncode, exo.KindOf(err), hduName(i), err)
			}
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
	if err := f.Encode(b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
