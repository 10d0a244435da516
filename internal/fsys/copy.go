package fsys

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"

	"exoplanetai/internal/exo"
)

// chunk is how much of a file is held in memory at a time.
const chunk = 256 << 10

// Digest reads a whole file.
func Digest(ctx context.Context, f FS, name string) (sum exo.Digest, size int64, err error) {
	in, err := Open(f, name)
	if err != nil {
		return sum, 0, err
	}
	h := sha256.New()
	size, err = io.CopyBuffer(h, cancelled{ctx, in}, make([]byte, chunk))
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	return exo.Digest(h.Sum(nil)), size, Typed("fsys.Digest", name, err)
}

// Copy copies a file to a new one, with these permissions, synced, and returns
// the digest of what was copied; exo.Exists if the name is taken. Of a copy that
// fails nothing stays. The name is not synced.
func Copy(ctx context.Context, from FS, name string, to FS, as string, perm fs.FileMode) (exo.Digest, error) {
	in, err := Open(from, name)
	if err != nil {
		return exo.Digest{}, err
	}
	sum, err := Fill(ctx, in, to, as, perm)
	if cerr := in.Close(); err == nil && cerr != nil {
		_ = to.Remove(as) // the first error is the one to tell
		err = cerr
	}
	return sum, err
}

// Fill writes all that is read to a new file, as Copy does.
func Fill(ctx context.Context, r io.Reader, to FS, as string, perm fs.FileMode) (exo.Digest, error) {
	out, err := Create(to, as, 0o600)
	if err != nil {
		return exo.Digest{}, err
	}
	h := sha256.New()
	_, err = io.CopyBuffer(plain{out}, io.TeeReader(cancelled{ctx, r}, h), make([]byte, chunk))
	if err == nil {
		err = out.Chmod(perm)
	}
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = to.Remove(as) // the first error is the one to tell
		return exo.Digest{}, Typed("fsys.Copy", as, err)
	}
	return exo.Digest(h.Sum(nil)), nil
}

// cancelled reads until its context ends.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, exo.E("fsys.Read", exo.KindOf(err), nil, err)
	}
	return c.Reader.Read(p)
}
