package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	stdfs "io/fs"
	"net"
	"path"
	"strings"

	"github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo/blob"

	"exoplanetai/internal/exo"
)

// sums are the digests that a snapshot's own lists give its files.
type sums map[string]exo.Digest

// maxManifest bounds a version's manifest: 1,000,000 files of 400 bytes.
const maxManifest = 400 << 20

// readSums reads checksums/*.sha256 and the manifests of versions in a
// snapshot. Of a file with several lines the last counts. Lines that cannot be
// read prove nothing and are passed over.
func readSums(ctx context.Context, root fs.Directory) (sums, error) {
	all := sums{}
	err := children(ctx, root, "checksums", func(e fs.Entry) error {
		f, ok := e.(fs.File)
		if !ok || path.Ext(e.Name()) != ".sha256" {
			return nil
		}
		return reading(ctx, f, func(r io.Reader) error { return all.lines(r) })
	})
	if err != nil {
		return nil, err
	}
	err = children(ctx, root, "versions", func(e fs.Entry) error {
		d, ok := e.(fs.Directory)
		if !ok || strings.HasPrefix(e.Name(), ".") {
			return nil
		}
		m, err := d.Child(ctx, "manifest.json")
		if f, ok := m.(fs.File); err == nil && ok {
			return reading(ctx, f, func(r io.Reader) error { return all.manifest(e.Name(), r) })
		}
		return nil
	})
	return all, err
}

// children calls visit for what is in a folder of the root; a folder that is
// not there is empty.
func children(ctx context.Context, root fs.Directory, name string, visit func(fs.Entry) error) error {
	e, err := root.Child(ctx, name)
	if err != nil {
		return nil //nolint:nilerr // the walk that reads everything tells what cannot be read
	}
	d, ok := e.(fs.Directory)
	if !ok {
		return nil
	}
	return fs.IterateEntries(ctx, d, func(_ context.Context, e fs.Entry) error { return visit(e) })
}

// reading opens a file of a snapshot for use.
func reading(ctx context.Context, f fs.File, use func(io.Reader) error) error {
	r, err := f.Open(ctx)
	if err != nil {
		return unproved(ctx, f.Name(), err)
	}
	err = use(&proving{ctx, r, f.Name()})
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	return err
}

func (s sums) lines(r io.Reader) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 64<<10)
	for in.Scan() {
		hex, name, ok := strings.Cut(in.Text(), "  ")
		if !ok {
			continue
		}
		if d, err := exo.ParseDigest(hex); err == nil {
			s[name] = d
		}
	}
	return in.Err()
}

func (s sums) manifest(version string, r io.Reader) error {
	var m struct {
		Files []struct {
			Path string     `json:"path"`
			Hash exo.Digest `json:"hash"`
		} `json:"files"`
	}
	if err := json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&m); err != nil {
		return nil //nolint:nilerr // a manifest that cannot be read proves nothing
	}
	for _, f := range m.Files {
		s[path.Join("versions", version, "files", f.Path)] = f.Hash
	}
	return nil
}

// proving gives the errors of Kopia's readers their kind, before whoever copies
// takes them for errors of the disk that is copied to.
type proving struct {
	ctx context.Context // of one use
	io.Reader
	name string
}

func (p *proving) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err == io.EOF {
		return n, err
	}
	return n, unproved(p.ctx, p.name, err)
}

// unproved gives an error of reading a snapshot its kind: bytes that the
// repository has lost, or that do not open, are damaged; a place that cannot be
// reached is not.
func unproved(ctx context.Context, name string, err error) error {
	var disk *stdfs.PathError
	var line net.Error
	switch {
	case err == nil, ctx.Err() != nil, errors.As(err, new(*exo.Error)), errors.As(err, &disk), errors.As(err, &line), errors.Is(err, blob.ErrInvalidCredentials):
		return err
	}
	return exo.E("backup.read", exo.Corrupt, name, err).Say("%s cannot be read from the backup: the repository is damaged", name).
		Try("exoplanetai backup verify tells what else is; another snapshot may be whole")
}
