package store

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// hashFile reads a file and returns its size and digest. A link, a folder or
// anything else that is no plain file is exo.Corrupt.
func (s *Store) hashFile(name string) (int64, exo.Digest, error) {
	const op = "store.hashFile"
	f, err := s.openPlain(name)
	if err != nil {
		return 0, exo.Digest{}, err
	}
	h := sha256.New()
	n, err := io.CopyBuffer(h, reader{f}, make([]byte, 256<<10))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return n, exo.Digest{}, fsys.Typed(op, name, err)
	}
	return n, exo.Digest(h.Sum(nil)), nil
}

// openPlain opens a file if it is a plain one, and not a link to one.
func (s *Store) openPlain(name string) (fsys.File, error) {
	if err := s.plain(name); err != nil {
		return nil, err
	}
	return fsys.Open(s.FS, name)
}

// plain refuses with exo.Corrupt what is no plain file.
func (s *Store) plain(name string) error {
	info, err := s.FS.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return exo.Errorf("store.Read", exo.Corrupt, name, "%s is %s, not a plain file", name, what(info.Mode())).
			Try("run `exoplanetai storage verify` to see everything that is damaged")
	}
	return nil
}

func what(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a link"
	}
	return "a special file"
}

// reader hides all but Read.
type reader struct{ io.Reader }

// wholeLimit is the size up to which Read keeps a file in memory.
const wholeLimit = 16 << 20

// File is a stored file whose content has been checked against its digest. It
// is an io.ReadSeekCloser and an io.ReaderAt for one goroutine at a time.
type File struct {
	Meta    Meta
	content content
	offset  int64
}

// content gives checked bytes.
type content interface {
	io.ReaderAt
	io.Closer
	bytes() ([]byte, error)
}

// Read opens a stored file. The whole file has been read and its digest
// compared before Read returns, and no later byte can differ: up to 16 MiB are
// kept in memory; of a larger file each block of 1 MiB is compared again with a
// fingerprint taken in that first pass.
//
// Errors: exo.NotFound if there is no such file, exo.Corrupt if its bytes are
// not what they were, or gone.
func (s *Store) Read(ctx context.Context, p exo.Path) (*File, error) {
	m, err := s.Get(ctx, p)
	if err != nil {
		return nil, err
	}
	f, err := s.openPlain(string(p))
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return nil, damaged(p, "is missing", err)
		}
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() != m.SizeBytes:
		err = damaged(p, "does not have its length", nil)
	case m.SizeBytes <= wholeLimit:
		c, werr := readWhole(f, m)
		return opened(m, c, werr)
	default:
		c, berr := readBlocks(ctx, f, m)
		if berr == nil {
			return opened(m, c, nil)
		}
		err = berr
	}
	_ = f.Close() // only read
	return nil, err
}

func opened(m Meta, c content, err error) (*File, error) {
	if err != nil {
		return nil, err
	}
	return &File{Meta: m, content: c}, nil
}

func damaged(p exo.Path, how string, cause error) error {
	return exo.E("store.Read", exo.Corrupt, p, cause).Say("%s %s", p, how).
		Try("run `exoplanetai storage verify` to see everything that is damaged")
}

// Size returns the length of the file.
func (f *File) Size() int64 { return f.Meta.SizeBytes }

// Bytes returns the whole file. They are shared: do not write to them.
func (f *File) Bytes() ([]byte, error) { return f.content.bytes() }

// Read reads on.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.content.ReadAt(p, f.offset)
	f.offset += int64(n)
	if err == io.EOF && n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads from an offset.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.content.ReadAt(p, off) }

// Seek sets where Read goes on.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		offset += f.Meta.SizeBytes
	}
	if offset < 0 {
		return 0, exo.Errorf("store.File.Seek", exo.Invalid, f.Meta.Path, "the offset lies before the file")
	}
	f.offset = offset
	return offset, nil
}

// Close lets go of the file.
func (f *File) Close() error { return f.content.Close() }
