package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Staged is a file that is being written and checked; nobody sees it yet. It is
// hashed while it is written. One goroutine uses it at a time.
//
// It implements archive.Partial: Write appends, Offset tells how much is held,
// Reset drops it all. After an error of Write only Reset and Discard make sense;
// after one of the disk itself, only Discard.
type Staged struct {
	s      *Store
	name   string    // in the staging folder
	file   fsys.File // nil once sealed
	hash   hash.Hash
	size   int64
	digest exo.Digest // once sealed
	err    error      // first failure; sticks
	sealed bool
	gone   bool // published or discarded
}

// Stage makes a new staged file. The caller defers Discard, which does nothing
// after a publication. While Options.Room refuses, its error is returned.
func (s *Store) Stage(ctx context.Context) (*Staged, error) {
	const op = "store.Stage"
	if err := s.writable(op); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, exo.E(op, exo.KindOf(err), nil, err)
	}
	if err := s.room(); err != nil {
		return nil, err
	}
	n := s.serial.Add(1)
	name := fmt.Sprintf("%s/%08d.data", s.home.slot(n), n)
	file, err := fsys.Create(s.FS, name, 0o600)
	if err != nil {
		return nil, err
	}
	return &Staged{s: s, name: name, file: file, hash: sha256.New()}, nil
}

// slots is the number of folders in the staging folder. Files that are staged
// at the same time stand in different ones, so that the sync of a folder waits
// for nobody else's names.
const slots = 16

func (h home) slot(n uint64) string { return fmt.Sprintf("%s/%02d", h.dir, n%slots) }

// Write appends to the file.
func (st *Staged) Write(p []byte) (int, error) {
	const op = "store.Staged.Write"
	switch {
	case st.err != nil:
		return 0, st.err
	case st.file == nil:
		return 0, exo.Errorf(op, exo.Conflict, nil, "the staged file is complete")
	}
	n, err := st.file.Write(p)
	if err == nil && n < len(p) {
		err = exo.E(op, exo.Unavailable, nil, io.ErrShortWrite)
	}
	st.hash.Write(p[:n]) // never fails
	st.size += int64(n)
	st.err = err
	return n, err
}

// Offset tells how many bytes are held.
func (st *Staged) Offset() int64 { return st.size }

// Size tells how many bytes are held.
func (st *Staged) Size() int64 { return st.size }

// Digest returns the digest of the bytes held.
func (st *Staged) Digest() exo.Digest {
	if st.sealed {
		return st.digest
	}
	return exo.Digest(st.hash.Sum(nil))
}

// Reset drops the bytes held.
func (st *Staged) Reset() error {
	const op = "store.Staged.Reset"
	if st.file == nil {
		return exo.Errorf(op, exo.Conflict, nil, "the staged file is complete")
	}
	err := st.file.Truncate(0)
	if err == nil {
		_, err = st.file.Seek(0, io.SeekStart)
	}
	if st.err = err; err != nil {
		return err
	}
	st.size = 0
	st.hash.Reset()
	return nil
}

// Map shows the bytes held, for checks. They are good until unmap is called,
// and must not be written to.
func (st *Staged) Map() (data []byte, unmap func() error, err error) {
	if st.err != nil {
		return nil, nil, st.err
	}
	return st.s.FS.Map(st.name)
}

// Discard removes the file. After a publication, or a second time, it does
// nothing.
func (st *Staged) Discard() error {
	if st.gone {
		return nil
	}
	st.gone = true
	var err error
	if st.file != nil {
		err = st.file.Close()
		st.file = nil
	}
	if rerr := st.s.FS.Remove(st.name); err == nil {
		err = rerr
	}
	return err
}

// complete ends the writing: the length is compared and the file becomes
// read-only. sync must follow.
func (st *Staged) complete() error {
	const op = "store.Publish"
	switch {
	case st.gone:
		return exo.Errorf(op, exo.Internal, nil, "the staged file is gone already")
	case st.err != nil:
		return st.err
	case st.sealed:
		return nil
	}
	info, err := st.file.Stat()
	if err == nil && info.Size() != st.size {
		err = exo.Errorf(op, exo.Unavailable, nil, "the disk holds %d of %d bytes written", info.Size(), st.size)
	}
	if err == nil {
		err = st.file.Chmod(fileMode)
	}
	st.digest, st.err = exo.Digest(st.hash.Sum(nil)), err
	return err
}

// sync brings the bytes to the disk and closes the file. A failure is final: a
// second sync could report success for bytes that are lost.
func (st *Staged) sync() error {
	if st.file == nil {
		return st.err
	}
	err := st.file.Sync()
	if cerr := st.file.Close(); err == nil {
		err = cerr
	}
	st.file = nil
	st.err, st.sealed = err, err == nil
	return err
}
