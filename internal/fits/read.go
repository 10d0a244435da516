package fits

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"

	"exoplanetai/internal/exo"
)

const opRead = "fits.Read"

// A gzip file may unpack to minUnpacked bytes, or to maxRatio times its size.
// Deflate reaches 1032:1 on zeros; headers have 10:1, light curves 1.2:1.
const (
	maxRatio    = 100
	minUnpacked = 1 << 20
)

// Read reads a FITS file and parses it. A file packed by gzip is recognised
// by its first bytes and unpacked. Neither the packed nor the unpacked file
// may be larger than limit bytes. Errors are exo.TooLarge above the limit or
// above a hundred times the packed size, exo.Corrupt for bytes that are no FITS file; an error
// of the reader is passed on.
func Read(r io.Reader, limit int64) (*File, error) {
	b, err := readAll(r, limit, 0)
	if err != nil {
		if exo.KindOf(err) != exo.TooLarge {
			err = exo.E(opRead, exo.KindOf(err), nil, err)
		}
		return nil, err
	}
	if b, err = Gunzip(b, limit); err != nil {
		return nil, err
	}
	return Parse(b)
}

// readAll reads at most limit bytes; hint is how many there may be.
func readAll(r io.Reader, limit, hint int64) ([]byte, error) {
	if l, ok := r.(interface{ Len() int }); ok {
		hint = int64(l.Len())
	}
	var buf bytes.Buffer
	buf.Grow(int(min(max(hint, 0), max(limit, 0), 1<<30)) + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	if err == nil && n > limit {
		err = exo.Errorf(opRead, exo.TooLarge, nil, "the file is larger than %d bytes", limit)
	}
	return buf.Bytes(), err
}

// Gunzip unpacks b when it begins as a gzip file does, and returns it as it
// is otherwise. It refuses more than limit bytes, a ratio that no light curve
// has, and a gzip file within the gzip file.
func Gunzip(b []byte, limit int64) ([]byte, error) {
	if !isGzip(b) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, exo.E(opRead, exo.Corrupt, nil, err).Say("the gzip header is damaged")
	}
	// The last four bytes state the length; a hint, never trusted beyond the bound.
	hint := int64(binary.LittleEndian.Uint32(b[len(b)-4:]))
	bound := min(limit, max(int64(len(b))*maxRatio, minUnpacked))
	out, err := readAll(z, bound, min(hint, int64(len(b))*8))
	switch {
	case exo.KindOf(err) == exo.TooLarge:
		return nil, err
	case err != nil:
		return nil, exo.E(opRead, exo.Corrupt, nil, err).Say("the gzip file is damaged")
	case isGzip(out):
		return nil, exo.Errorf(opRead, exo.Corrupt, nil, "the gzip file holds another gzip file")
	}
	return out, nil
}

func isGzip(b []byte) bool { return len(b) >= 18 && b[0] == 0x1f && b[1] == 0x8b }
