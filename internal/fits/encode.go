package fits

import (
	"bytes"
	"io"
	"strings"

	"exoplanetai/internal/exo"
)

// encoded returns the header as it stands in a file: cards, END, blanks. For
// a header that was parsed and not changed these are the bytes it came from.
func (h *Header) encoded() []byte {
	if h.block != nil {
		return h.block
	}
	n := len(h.cards) + cardLen
	n += (blockLen - n%blockLen) % blockLen
	b := make([]byte, n)
	for i := copy(b, h.cards); i < n; i++ {
		b[i] = ' '
	}
	copy(b[len(h.cards):], "END")
	return b
}

// Raw returns the bytes of the HDU in a file: header, data, padding. For an
// HDU that was parsed and not changed these are the bytes it came from. The
// error is the first mistake made in building the header.
func (h *HDU) Raw() ([]byte, error) {
	if h.Header.err != nil {
		return nil, h.Header.err
	}
	if h.raw != nil && h.Header.block != nil {
		return h.raw, nil
	}
	head := h.Header.encoded()
	n := len(head) + len(h.data)
	b := make([]byte, n+(blockLen-n%blockLen)%blockLen)
	copy(b, head)
	copy(b[len(head):], h.data)
	if h.Kind == KindASCII {
		copy(b[n:], strings.Repeat(" ", len(b)-n)) // FITS 4.0 §7.2.3
	}
	return b, nil
}

// Encode writes the file.
func (f *File) Encode(w io.Writer) error {
	for _, h := range f.HDUs {
		b, err := h.Raw()
		if err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return exo.E("fits.Encode", exo.KindOf(err), hduName(h.Index), err)
		}
	}
	return nil
}

// Bytes returns the file as bytes.
func (f *File) Bytes() ([]byte, error) {
	var b bytes.Buffer
	err := f.Encode(&b)
	return b.Bytes(), err
}
