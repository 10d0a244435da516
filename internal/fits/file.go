package fits

import "strings"

// Kind is what an HDU holds.
type Kind uint8

// The kinds of HDU.
const (
	KindPrimary  Kind = iota // the first one: an image, or no data
	KindImage                // IMAGE extension
	KindBinTable             // BINTABLE extension
	KindASCII                // TABLE extension, passed through
	KindOther                // any other extension, and random groups, passed through
)

// String returns the kind as one word.
func (k Kind) String() string {
	return [...]string{"primary", "image", "bintable", "ascii", "other"}[k]
}

// File is a FITS file: its HDUs in order, the primary HDU first.
type File struct {
	HDUs []*HDU
}

// Lookup returns the first HDU of that name, upper and lower case alike.
func (f *File) Lookup(name string) (*HDU, bool) {
	for _, h := range f.HDUs {
		if strings.EqualFold(h.Name(), name) {
			return h, true
		}
	}
	return nil, false
}

// HDU is one header and data unit. One that was parsed is a view of the bytes
// given to Parse, which must stay as they are while it is in use.
type HDU struct {
	Index  int // place in the file it was parsed from, 0 for the primary HDU
	Kind   Kind
	Header *Header

	data []byte // without padding
	raw  []byte // header, data and padding as parsed; nil for an HDU that was built
	body []byte // data and padding as parsed
}

// Name returns EXTNAME; PRIMARY for a first HDU without one.
func (h *HDU) Name() string {
	if s, ok := h.Header.Str("EXTNAME"); ok && s != "" {
		return s
	}
	if h.Index == 0 && h.Header.find("SIMPLE") == 0 {
		return "PRIMARY"
	}
	return ""
}

// Data returns the data without padding, as they stand in the file: numbers
// big-endian. They must not be changed.
func (h *HDU) Data() []byte { return h.data }
