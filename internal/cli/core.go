package cli

import (
	"context"
	"errors"
)

// Reader is an open store that is only looked at.
type Reader struct {
	Close func() error
}

// Writer is an open store with all that feeds it.
type Writer struct {
	Ingest Ingester
	Close  func() error
}

// read opens the store for looking, does the work and closes it.
func (c *command) read(ctx context.Context, do func(context.Context, *Reader) error) (err error) {
	r, err := c.program.Read(ctx, c.common)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return do(ctx, r)
}

// write opens the store for writing, does the work and closes it.
func (c *command) write(ctx context.Context, do func(context.Context, *Writer) error) (err error) {
	w, err := c.program.Write(ctx, c.common)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return do(ctx, w)
}
