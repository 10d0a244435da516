package cache

import (
	"github.com/klauspost/compress/zstd"

	"exoplanetai/internal/exo"
)

// packFrom is the length in bytes from which a value is worth packing.
const packFrom = 1 << 10

// Packer makes values smaller with Zstandard (RFC 8878), for backends that keep
// them. It is safe for use by several goroutines, and none of its own runs.
type Packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewPacker makes a packer for values of at most max bytes; nothing longer comes
// out of it, whatever is unpacked.
func NewPacker(max int) (*Packer, error) {
	const op = "cache.NewPacker"
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, exo.E(op, exo.Internal, nil, err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(uint64(max)), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, exo.E(op, exo.Internal, nil, err)
	}
	return &Packer{enc, dec}, nil
}

// Pack returns the value in fewer bytes and true, or false where that is not
// worth it or not possible.
func (p *Packer) Pack(value []byte) ([]byte, bool) {
	if len(value) < packFrom {
		return nil, false
	}
	z := p.enc.EncodeAll(value, nil)
	return z, len(z) < len(value)
}

// Unpack returns the value of which Pack was given size bytes; false if these
// bytes are not what Pack returned.
func (p *Packer) Unpack(packed []byte, size int) ([]byte, bool) {
	value, err := p.dec.DecodeAll(packed, make([]byte, 0, size))
	return value, err == nil && len(value) == size
}

// Close lets go of what the packer holds.
func (p *Packer) Close() {
	_ = p.enc.Close() // nothing is open
	p.dec.Close()
}
