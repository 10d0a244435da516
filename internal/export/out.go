package export

import (
	"io"

	"exoplanetai/internal/exo"
)

// block is how many bytes are gathered before they are written.
const block = 32 << 10

// out gathers bytes into blocks. Its error stays: a broken document is not
// written on, and never ended.
type out struct {
	w   io.Writer
	buf []byte
	err error
}

// spill writes a full block.
func (o *out) spill() error {
	if len(o.buf) < block {
		return o.err
	}
	return o.flush()
}

func (o *out) flush() error {
	if o.err == nil {
		if _, err := o.w.Write(o.buf); err != nil {
			o.err = exo.E(op, exo.KindOf(err), nil, err)
		}
	}
	o.buf = o.buf[:0]
	return o.err
}

func (o *out) fail(err error) error {
	o.err = err
	return err
}
