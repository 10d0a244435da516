package fits

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"

	"exoplanetai/internal/exo"
)

// maxRatio bounds what a gzip file may unpack to: deflate reaches 1032:1 on
// zeros, light curves about 1.2:1, and nothing real above 100:1.
const maxRatio = 100

// Read reads a FITS file, at most limit bytes of it, and parses it. A file
// packed by gzip is recognised by its first bytes and unpacked, within the
// same limit. Errors are exo.TooLarge above the limit, exo.Corrupt for bytes
// that are no FITS file; an error of the reader is passed on.
func Read(r io.Reader, limit int64) (*File, error) {
	b, err := readAll(r, limit)
	if err != nil {
		return nil, err
	}
	if b, err = Gunzip(b, limit); err != nil {
		return nil, err
	}
	return Parse(b)
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, exo.E("fits.Read", exo.KindOf(err), nil, err)
	}
	if int64(len(b)) > limit {
		return nil, tooLarge(limit)
	}
	return b, nil
}

func tooLarge(limit int64) error {
	return exo.Errorf("fits.Read", exo.TooLarge, nil, "the file is larger than %d bytes", limit)
}

// Gunzip unpacks b when it begins as a gzip file does, and returns it as it
// is otherwise. It refuses more than limit bytes, a ratio that no light curve
// has, and a gzip file within the gzip file.
func Gunzip(b []byte, limit int64) ([]byte, error) {
	const op = "fits.Read"
	if !isGzip(b) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, exo.E(op, exo.Corrupt, nil, err).Say("the gzip header is damaged")
	}
	bound := min(limit, int64(len(b))*maxRatio)
	out, err := io.ReadAll(io.LimitReader(z, bound+1))
	switch {
	case err != nil:
		return nil, exo.E(op, exo.Corrupt, nil, err).Say("the gzip file is damaged")
	case int64(len(out)) > bound:
		return nil, tooLarge(bound)
	case isGzip(out):
		return nil, exo.Errorf(op, exo.Corrupt, nil, "the gzip file holds another gzip file")
	}
	return out, nil
}

func isGzip(b []byte) bool { return len(b) > 2 && b[0] == 0x1f && b[1] == 0x8b }
