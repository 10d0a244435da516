package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash/maphash"
	"io"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// whole is a file kept in memory.
type whole struct {
	*bytes.Reader
	data []byte
}

func (w whole) Close() error           { return nil }
func (w whole) bytes() ([]byte, error) { return w.data, nil }

// readWhole reads, checks and closes a file whose length has been compared.
func readWhole(f fsys.File, m Meta) (whole, error) {
	data := make([]byte, m.SizeBytes)
	_, err := io.ReadFull(f, data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return whole{}, damaged(m.Path, "does not have its length", err)
	case err != nil:
		return whole{}, err
	case exo.DigestOf(data) != m.SHA256:
		return whole{}, damaged(m.Path, "does not have its digest", nil)
	}
	return whole{bytes.NewReader(data), data}, nil
}

const blockSize = 1 << 20

// blocks is a large file of which one block is kept in memory. Each block is
// compared, whenever it is read, with the fingerprint that it had when the
// whole file had its digest.
type blocks struct {
	f     fsys.File
	meta  Meta
	seed  maphash.Seed
	marks []uint64 // fingerprint of each block
	block int64    // number of the block held, -1 none
	data  []byte
}

// readBlocks reads and checks a file whose length has been compared.
func readBlocks(ctx context.Context, f fsys.File, m Meta) (*blocks, error) {
	b := &blocks{f: f, meta: m, seed: maphash.MakeSeed(), block: -1, data: make([]byte, blockSize)}
	h := sha256.New()
	for left := m.SizeBytes; left > 0; {
		if err := ctx.Err(); err != nil {
			return nil, exo.E("store.Read", exo.KindOf(err), m.Path, err)
		}
		part := b.data[:min(left, blockSize)]
		if _, err := io.ReadFull(f, part); err != nil {
			return nil, fsys.Typed("store.Read", string(m.Path), err)
		}
		h.Write(part) // never fails
		b.marks = append(b.marks, maphash.Bytes(b.seed, part))
		left -= int64(len(part))
	}
	if exo.Digest(h.Sum(nil)) != m.SHA256 {
		return nil, damaged(m.Path, "does not have its digest", nil)
	}
	return b, nil
}

// load brings a block into memory.
func (b *blocks) load(n int64) error {
	if n == b.block {
		return nil
	}
	b.block = -1
	b.data = b.data[:min(blockSize, b.meta.SizeBytes-n*blockSize)]
	if _, err := b.f.ReadAt(b.data, n*blockSize); err != nil && err != io.EOF {
		return err
	}
	if maphash.Bytes(b.seed, b.data) != b.marks[n] {
		return damaged(b.meta.Path, "has changed while it was read", nil)
	}
	b.block = n
	return nil
}

func (b *blocks) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, exo.Errorf("store.File.ReadAt", exo.Invalid, b.meta.Path, "the offset lies before the file")
	}
	for n < len(p) {
		if off >= b.meta.SizeBytes {
			return n, io.EOF
		}
		if err := b.load(off / blockSize); err != nil {
			return n, err
		}
		c := copy(p[n:], b.data[off%blockSize:])
		n, off = n+c, off+int64(c)
	}
	return n, nil
}

func (b *blocks) Close() error { return b.f.Close() }

func (b *blocks) bytes() ([]byte, error) {
	data := make([]byte, b.meta.SizeBytes)
	if _, err := b.ReadAt(data, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return data, nil
}
